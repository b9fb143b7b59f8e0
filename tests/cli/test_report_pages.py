"""Thumbnails and the report as a site, as a user asks for them, on the sample reports."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from chna_toolkit.cli.app import main
from chna_toolkit.errors import ExitCode

from .conftest import Done

NAMES = ("wagon-creek-chna-2024.pdf", "meridian-flats-chna-2024.pdf")


@pytest.fixture
def pdfs(home: Path, sample_reports: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two real PDFs in a folder, and the built-in lexicon."""
    monkeypatch.delenv("CHNA_LEXICON")
    folder = home / "pdfs"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(sample_reports / name, folder)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run a command as it is, with real documents."""

    def run(*arguments: object) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Done(int(ended.value.code or 0), captured.out, captured.err)

    return run


def files(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_thumbnails_from_the_scan_to_a_run_whose_pdfs_are_gone(
    run: Callable[..., Done], pdfs: Path, home: Path
) -> None:
    out = home / "out"
    done = run("scan", pdfs, "-o", out, "--thumbnails", "--ocr", "off")
    assert done.code == ExitCode.OK
    assert "drawing " in done.err
    scanned = files(out)
    page = scanned["index.html"].decode()
    assert page.count("data:image/png;base64,") > 3
    assert "report/files.txt" not in scanned
    assert json.loads(scanned["run.json"])["settings"]["thumbnails"] == {
        "value": True,
        "origin": "argument --thumbnails",
    }

    # the same from the finished run; nothing but the reports is written
    assert run("report", out, "--thumbnails").code == ExitCode.OK
    assert files(out) == scanned

    done = run("report", out, "--thumbnails", "--report", "site")
    assert done.code == ExitCode.OK
    found = files(out)
    assert {name: found[name] for name in scanned if name != "index.html"} == {
        name: data for name, data in scanned.items() if name != "index.html"
    }
    pictures = {name: data for name, data in found.items() if name.startswith("report/pages/")}
    assert len(pictures) == page.count("data:image/png;base64,")
    assert all(data.startswith(b"\x89PNG") for data in pictures.values())
    hospitals = [
        name for name in found if name.endswith(".html") and name not in ("index.html", "report/documents.html")
    ]
    assert len(hospitals) == 2

    # one PDF is another now, the other is gone: said, and gone on without
    (pdfs / NAMES[0]).write_bytes((pdfs / NAMES[0]).read_bytes() + b"\n")
    (pdfs / NAMES[1]).unlink()
    done = run("report", out, "--thumbnails")
    assert done.code == ExitCode.OK
    assert f"no thumbnails of {NAMES[0]}: the PDF is another one than was scanned" in done.err
    assert f"no thumbnails of {NAMES[1]}: the PDF cannot be opened" in done.err
    assert "image/png" not in (out / "index.html").read_text("utf-8")
    assert files(out).keys() == scanned.keys()

    # without the option no PDF is opened, which is said where pictures are lost by it
    done = run("report", out)
    assert "without thumbnails: the PDFs are opened for --thumbnails only" in done.err


def test_the_form_can_be_set_in_a_file_and_is_remembered(run: Callable[..., Done], pdfs: Path, home: Path) -> None:
    out = home / "out"
    (home / "chna.toml").write_text('report = "site"\nthumbnails = true\n')
    (pdfs / NAMES[1]).unlink()
    assert run("scan", pdfs, "-o", out, "-q", "--ocr", "off").code == ExitCode.OK
    assert any(name.startswith("report/pages/") for name in files(out))
    (home / "chna.toml").unlink()
    run("report", out, "-q")
    assert "report/style.css" in files(out)
    assert not any(name.startswith("report/pages/") for name in files(out))
    run("report", out, "-q", "--report", "file")
    assert not any(name.startswith("report/") for name in files(out))


def test_an_unknown_form_is_refused_with_the_ones_there_are(run: Callable[..., Done], pdfs: Path, home: Path) -> None:
    done = run("scan", pdfs, "-o", home / "out", "--report", "pages")
    assert done.code == ExitCode.USAGE
    assert 'must be "auto", "file" or "site"' in done.err
