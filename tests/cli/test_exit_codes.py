"""Exit codes are part of the interface: each of them, and what is said with it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import chna_toolkit.scan
from chna_toolkit import doctor, provenance
from chna_toolkit.cli.app import main
from chna_toolkit.errors import ExitCode


def test_0_when_all_is_done(chna, documents):
    done = chna("scan", documents, "-o", "out")
    assert done.code == ExitCode.OK


def test_1_when_a_check_fails(chna, home, monkeypatch):
    (home / "file").write_text("")
    monkeypatch.setenv("CHNA_CACHE_DIR", str(home / "file"))
    done = chna("doctor")
    assert done.code == ExitCode.CHECK_FAILED
    assert "BAD cache" in done.out
    assert "--cache-dir" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scan"], "Missing argument"),
        (["no-such-command"], "No such command"),
        (["scan", "pdfs", "--jobs", "x", "-o", "out"], "Invalid value for '--jobs'"),
        (["scan", "pdfs"], "no output folder"),
        (["scan", "missing.pdf", "-o", "out"], "missing.pdf: no such file or folder"),
        (["scan", "pdfs", "-o", "out", "-q", "-v"], "exclude each other"),
        (["scan", "pdfs", "-o", "out", "--select", "L99"], "unknown lesson 'L99'"),
        (["scan", "pdfs", "-o", "out", "--tables", "on"], '--tables: tables: must be "auto" or "off"'),
        (["scan", "pdfs", "-o", "out", "--config", "no.toml"], "no.toml: no such file"),
        (["scan", "pdfs", "-o", "out", "--hospitals", "no.csv"], "no.csv: No such file"),
        (["scan", "pdfs", "-o", "out", "--lexicon", "pdfs"], "no lexicon"),
        (["lesson", "L99"], "unknown lesson"),
        (["tag", "words.doc"], "cannot tell the format"),
        (["tag", "words.txt", "--input-format", "doc"], "--input-format 'doc' is unknown"),
        (["tag", "missing.jsonl"], "missing.jsonl: No such file"),
        (["extract", "pdfs", "--format", "docx"], "--format 'docx' is unknown"),
        (["cache", "burn"], "unknown action 'burn'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_2_for_what_cannot_be_used(chna, documents, arguments, message):
    done = chna(*arguments)
    assert done.code == ExitCode.USAGE
    assert message in done.err
    assert done.out == ""


def test_2_for_a_mistake_in_the_configuration(chna, documents, home):
    (home / "chna.toml").write_text("jobs = 1\ntimout = 5\n")
    done = chna("scan", documents, "-o", "out")
    assert done.code == ExitCode.USAGE
    assert "chna.toml:2: unknown setting 'timout'" in done.err
    assert "hint: Did you mean 'timeout'?" in done.err


def test_3_when_nothing_is_found_or_usable(chna, home):
    (home / "empty").mkdir()
    assert chna("scan", "empty", "-o", "out").code == ExitCode.NO_INPUT
    (home / "bad.pdf").write_text("encrypted\n")
    assert chna("scan", "bad.pdf", "-o", "out").code == ExitCode.NO_INPUT
    assert chna("extract", "bad.pdf").code == ExitCode.NO_INPUT
    assert chna("report", "empty").code == ExitCode.NO_INPUT


def test_4_when_some_documents_failed_and_the_rest_is_written(chna, documents):
    (documents / "bad.pdf").write_text("!die\n")
    done = chna("scan", documents, "-o", "out")
    assert done.code == ExitCode.PARTIAL
    assert "bad.pdf: damaged: Reading it crashed" in done.err
    assert Path("out/coverage_matrix.csv").read_text().count("Hospital") == 2
    assert chna("extract", documents).code == ExitCode.PARTIAL


def test_5_when_a_package_is_missing(chna, monkeypatch):
    monkeypatch.setattr(provenance, "LIBRARIES", (*provenance.LIBRARIES, "no-such-package"))
    done = chna("doctor")
    assert done.code == ExitCode.MISSING_DEPENDENCY
    assert "pip install no-such-package" in done.out


def test_5_when_a_package_is_missing_in_the_middle(chna, documents, monkeypatch):
    def scan(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'pandas'", name="pandas")

    monkeypatch.setattr(chna_toolkit.scan, "scan", scan)
    done = chna("scan", documents, "-o", "out")
    assert done.code == ExitCode.MISSING_DEPENDENCY
    assert "the package pandas is missing" in done.err


def test_6_when_the_output_cannot_be_written_or_is_taken(chna, documents, home):
    (home / "mine").mkdir()
    (home / "mine" / "thesis.docx").write_text("")
    assert chna("scan", documents, "-o", "mine").code == ExitCode.OUTPUT
    assert chna("scan", documents, "-o", documents / "north.pdf").code == ExitCode.OUTPUT
    assert chna("scan", documents, "-o", "mine", "--force").code == ExitCode.OK
    assert chna("extract", documents, "-o", "texts").code == ExitCode.OK
    assert chna("extract", documents, "-o", "texts").code == ExitCode.OUTPUT
    assert chna("extract", documents, "-o", "texts", "--force").code == ExitCode.OK


def test_70_for_a_bug_which_asks_to_be_reported(chna, documents, monkeypatch):
    def scan(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(chna_toolkit.scan, "scan", scan)
    done = chna("scan", documents, "-o", "out")
    assert done.code == ExitCode.INTERNAL
    assert "internal error: ZeroDivisionError: oops" in done.err
    assert "please report it" in done.err.lower()


def test_70_for_a_document_that_meets_a_bug_is_4_instead(chna, documents):
    (documents / "odd.pdf").write_text("!bug\n")
    done = chna("scan", documents, "-o", "out", "-v")
    assert done.code == ExitCode.PARTIAL
    assert "in fail" in done.err  # -v shows the traceback of the worker


def test_141_when_nobody_reads_on(home):
    script = "from chna_toolkit.cli.app import main; main(['lesson', '--all', '--json'])"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert process.wait(timeout=30) == 141
    assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_6_when_stdout_is_full(home):
    script = "from chna_toolkit.cli.app import main; main(['lesson', '--all', '--json'])"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", script], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == ExitCode.OUTPUT
    assert done.stderr.startswith("error: cannot write to stdout: No space left")


def test_0_when_a_service_gives_no_streams_at_all(home, monkeypatch):
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    with pytest.raises(SystemExit) as ended:
        main(["lesson", "L05"])
    assert ended.value.code == ExitCode.OK


def test_the_doctor_is_well_here(chna):
    done = chna("doctor")
    assert done.code == ExitCode.OK
    assert "A lexicon for tests 1.0, 3 lessons" in done.out
    assert "lexicon from environment CHNA_LEXICON" in done.out
    assert re.search(r"ok +working folder +\S+: can be written", done.out)


def test_the_doctor_looks_at_another_lexicon_and_for_ocr_programs(chna, home):
    assert "BAD lexicon" in chna("doctor", "--lexicon", home).out
    names = {check["name"] for check in json.loads(chna("doctor", "--json").out)}
    assert {"tesseract", "lexicon", "cache", "working folder"} <= names


def test_a_lexicon_that_cannot_be_read_is_a_failed_check(chna, home, monkeypatch):
    monkeypatch.setenv("CHNA_LEXICON", str(home))
    done = chna("doctor", "--json")
    assert done.code == ExitCode.CHECK_FAILED
    assert '"name": "lexicon",\n    "ok": false' in done.out


def test_checks_decide_the_code():
    good, bad = doctor.Check("a", True, ""), doctor.Check("b", False, "")
    package = doctor.Check("c", False, "", is_package=True)
    assert doctor.exit_code([good]) is ExitCode.OK
    assert doctor.exit_code([good, bad]) is ExitCode.CHECK_FAILED
    assert doctor.exit_code([bad, package]) is ExitCode.MISSING_DEPENDENCY
