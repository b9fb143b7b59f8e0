"""Real PDFs that are locked, cut or hostile, by the command line: limits, passwords, explanations, pictures."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from chna_toolkit.cli.app import main

from .conftest import Done

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "extraction"))
import bombs  # noqa: E402 - found by the line above

SECRET = "open-sesame"
TEXT = "We formed a partnership with the school district, and both partners signed an agreement."


def write_pdf(path: Path, pages: int = 3, encrypt: StandardEncryption | None = None) -> None:
    canvas = Canvas(str(path), pagesize=(612, 792), invariant=1, encrypt=encrypt)
    for number in range(pages):
        canvas.drawString(72, 760, "Hill County plan \x1b[31m")
        canvas.drawString(72, 500 - 40 * number, f"{TEXT} ({number})")
        canvas.showPage()
    canvas.save()


@pytest.fixture
def pdfs(home: Path) -> Path:
    folder = home / "pdfs"
    folder.mkdir()
    write_pdf(folder / "good.pdf")
    write_pdf(folder / "locked.pdf", encrypt=StandardEncryption(SECRET, "owner"))
    return folder


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    monkeypatch.setenv("CHNA_METHOD", "rules")
    monkeypatch.setenv("CHNA_OCR", "off")

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
        monkeypatch.setattr(sys, "argv", ["chna", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Done(int(ended.value.code or 0), captured.out, captured.err)

    return run


def table(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["file"]: row for row in csv.DictReader(stream)}


def everything_below(folder: Path) -> bytes:
    """Names and contents of all files."""
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in folder.rglob("*") if path.is_file())


def passwords(home: Path, text: str) -> Path:
    path = home / "secrets.txt"
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_password_opens_its_document_and_is_shown_nowhere(run, pdfs, home, tmp_path):
    without = run("scan", pdfs, "-o", "without")
    assert without.code == 4
    assert table(home / "without" / "failures.csv")["locked.pdf"]["slug"] == "encrypted"
    assert "--passwords FILE" in table(home / "without" / "failures.csv")["locked.pdf"]["hint"]

    secrets = passwords(home, f"locked.pdf\tnot-this-one\n{SECRET}\n")
    done = run("scan", pdfs, "-o", "out", "--passwords", secrets, "-v")
    assert done.code == 0, done.err
    documents = table(home / "out" / "documents.csv")
    assert documents["locked.pdf"]["warnings"] == "opened_with_password"
    assert documents["locked.pdf"]["extraction_status"] == "ok"
    secrets.unlink()
    for word in (SECRET, "not-this-one"):
        assert word not in done.out + done.err
        assert word.encode() not in everything_below(tmp_path)


def test_the_cache_gives_a_locked_text_only_to_who_has_the_password(run, pdfs, home):
    secrets = passwords(home, f"{SECRET}\n")
    assert run("extract", pdfs / "locked.pdf", "--passwords", secrets).out.count(TEXT) == 3
    for more in ([], ["--passwords", passwords(home, "guess\n")]):
        again = run("extract", pdfs / "locked.pdf", *more)
        assert (again.code, again.out) == (3, "")
    assert "none of those given opens it" in again.err
    assert run("extract", pdfs / "locked.pdf", "--passwords", passwords(home, f"{SECRET}\n")).out.count(TEXT) == 3


def test_a_password_file_that_others_can_read_is_warned_of(run, pdfs, home):
    secrets = passwords(home, f"{SECRET}\n")
    secrets.chmod(0o644)
    assert "chmod 600" in run("scan", pdfs, "-o", "out", "--passwords", secrets).err


def test_the_keyring_is_asked_if_wanted(pdfs, home, tmp_path):
    pytest.importorskip("keyring")
    (tmp_path / "ring_for_tests.py").write_text(
        "from keyring.backend import KeyringBackend\n"
        "class Ring(KeyringBackend):\n"
        "    priority = 1\n"
        "    def get_password(self, service, user):\n"
        f"        return {SECRET!r} if (service, user) == ('chna', 'locked.pdf') else None\n"
        "    def set_password(self, service, user, password): ...\n"
    )
    command = [sys.executable, "-m", "chna_toolkit", "extract", str(pdfs / "locked.pdf"), "--no-cache", "--keyring"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHON_KEYRING_BACKEND": "ring_for_tests.Ring"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout.count(TEXT)) == (0, 3), done.stderr
    environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 5
    assert "--passwords" in done.stderr


def test_a_bomb_costs_its_page_and_is_told(run, pdfs, home):
    bombs.million_operators(pdfs / "bomb.pdf")
    (pdfs / "locked.pdf").unlink()
    done = run("scan", pdfs, "-o", "out", "--memory", "600", "--timeout", "20")
    assert done.code == 4
    row = table(home / "out" / "failures.csv")["bomb.pdf"]
    assert row["slug"] == "partial"
    assert row["message"].startswith("2 of 3 pages were read:")
    assert row["hint"] == "Allow more with --memory."
    documents = table(home / "out" / "documents.csv")
    assert (documents["bomb.pdf"]["pages"], documents["bomb.pdf"]["readable_pages"]) == ("3", "2")
    assert documents["good.pdf"]["extraction_status"] == "ok"
    first = (home / "out" / "documents.csv").read_bytes()
    assert run("scan", pdfs, "-o", "again", "--memory", "600", "--timeout", "20").code == 4
    assert (home / "again" / "documents.csv").read_bytes() == first


def test_too_little_memory_for_any_worker_is_said_at_once(run, pdfs):
    done = run("scan", pdfs, "-o", "out", "--memory", "20")
    assert done.code != 0
    assert "allow more memory with --memory" in done.err


def test_the_time_of_each_stage_stands_in_the_manifest(run, pdfs, home):
    (pdfs / "locked.pdf").unlink()
    run("scan", pdfs, "-o", "out")
    manifest = json.loads((home / "out" / "run.json").read_text())
    spent = manifest["extra"]["cpu_seconds"]
    assert {"open", "words", "tables", "layout", "structure", "tagging"} <= set(spent)
    assert all(0 <= seconds < 20 for seconds in spent.values())
    assert manifest["settings"]["memory_mb"] == {"value": 2048, "origin": "default"}


def test_verbose_says_what_was_left_out_and_why(run, pdfs):
    done = run("scan", pdfs, "-o", "out", "-v")
    line = next(line for line in done.err.splitlines() if "running head" in line)
    assert line.startswith("    good.pdf: page 1: running head: Hill County plan")
    assert "\x1b" not in done.err
    assert "running head" not in run("scan", pdfs, "-o", "other").err
    assert "good.pdf: page 3: running head" in run("extract", pdfs / "good.pdf", "-v", "--no-cache").err


def test_pictures_of_chosen_pages(run, pdfs, home):
    done = run("extract", pdfs / "good.pdf", "--debug", "seen", "--pages", "1,3-9")
    assert (done.code, done.out.count(TEXT)) == (0, 3)
    assert sorted(path.name for path in (home / "seen" / "good.pdf").iterdir()) == ["p001.png", "p003.png"]
    assert run("extract", pdfs / "good.pdf", "--debug", "seen").code == 6
    assert run("extract", pdfs / "good.pdf", "--debug", "seen", "--force").code == 0
    assert len(list((home / "seen" / "good.pdf").iterdir())) == 3


@pytest.mark.parametrize("pages", ["0", "x", "5-3", "1-", "-", "1,,x", "99999999"])
def test_pages_that_make_no_sense_are_refused(run, pdfs, pages):
    done = run("extract", pdfs / "good.pdf", "--debug", "seen", "--pages", pages)
    assert done.code == 2
    assert "--pages" in done.err
