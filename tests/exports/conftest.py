"""Runs in their folders, for the tests of what is made from them."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chna_toolkit.cli.app import main
from chna_toolkit.results.run import Run, write_run
from results.made_up import sample_run

TESTS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def run() -> Run:
    """The run over all invented documents."""
    return sample_run()


@pytest.fixture
def folder(tmp_path: Path, run: Run) -> Path:
    """Its folder."""
    write_run(tmp_path / "run", run.tables, run.manifest)
    return tmp_path / "run"


@pytest.fixture
def chna(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run a command in this process."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("CHNA_LEXICON", str(TESTS / "scan" / "lexicon"))  # a small one is read faster

    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b""), "utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Done(int(ended.value.code or 0), captured.out, captured.err)

    return call
