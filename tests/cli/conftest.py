"""Ways to run `chna` in the tests."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import chna_toolkit.scan
from chna_toolkit.cli.app import main

TESTS = Path(__file__).resolve().parent.parent
LEXICON = TESTS / "scan" / "lexicon"
sys.path.insert(0, str(TESTS / "cli"))
import slow_chna  # noqa: E402 - found by the line above, here as in worker processes


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with nothing in it, an own cache and no settings."""
    for name in list(os.environ):
        if name.startswith("CHNA_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CHNA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("CHNA_LEXICON", str(LEXICON))
    monkeypatch.setenv("CHNA_JOBS", "1")
    monkeypatch.setenv("COLUMNS", "80")
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def chna(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run a command in this process; documents are text files that pose as PDFs."""
    monkeypatch.setattr(chna_toolkit.scan, "Stages", lambda: slow_chna.STAGES)

    def run(*arguments: object, stdin: bytes | str = b"") -> Done:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Done(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def documents(home: Path) -> Path:
    folder = home / "pdfs"
    folder.mkdir()
    (folder / "north.pdf").write_text("# North Hospital\nL05 and more\n# CHNA 2022\n")
    (folder / "south.pdf").write_text("# South Hospital\nnothing\n")
    return folder
