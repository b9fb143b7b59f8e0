"""A lexicon of one lesson, whose examples the tests exchange."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pacts import CUES, EXAMPLES, HEAD, LESSON

from chna_toolkit.lexicon import Lexicon, load_lexicon

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write the lexicon with examples (its own by default); `lesson` replaces its rules."""

    def made(examples: str = EXAMPLES, *, lesson: str = LESSON, name: str = "lexicon", cues: str = CUES) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "lexicon.toml").write_text(HEAD)
        (folder / "cues.toml").write_text(cues)
        (folder / "L01-pacts.toml").write_text(lesson + examples)
        return folder

    return made


@pytest.fixture
def load(make: Make) -> Callable[..., Lexicon]:
    """Write and load it."""
    return lambda *arguments, **named: load_lexicon(make(*arguments, **named))
