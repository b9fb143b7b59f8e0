"""A small lexicon in a folder, to be made wrong in one place at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_lexicon import CUES, HEAD, LESSON, OTHER, Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a lexicon folder: `write("name", file=text)`; without files the sound small one."""

    def written(name: str = "lexicon", **files: str) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        content = files or {"lexicon": HEAD, "L01": LESSON, "L02": OTHER, "cues": CUES}
        for stem, text in content.items():
            (folder / f"{stem}.toml").write_text(text, "utf-8")
        return folder

    return written
