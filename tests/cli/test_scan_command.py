"""What a user of `chna scan` and `chna report` sees, and that interrupting it loses nothing."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chna_toolkit.cli import progress as shown
from chna_toolkit.errors import ExitCode

SLOW_CHNA = Path(__file__).parent / "slow_chna.py"


def tables(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.suffix == ".csv"}


def test_stdout_has_the_table_and_a_closing_sentence_and_stderr_the_talk(chna, documents):
    done = chna("scan", documents, "-o", "out")
    assert "North Hospital" in done.out
    assert done.out.splitlines()[-1].endswith("Report: out/index.html")
    assert done.err.splitlines()[0] == "2 documents: 0 cached, 2 to do"
    assert done.err.splitlines()[-1] == "2/2 documents: 2 ok, 0 cached, 0 failed"


def test_a_second_run_says_that_it_has_nothing_to_do(chna, documents):
    chna("scan", documents, "-o", "out")
    assert chna("scan", documents, "-o", "out").err.splitlines() == [
        "2 documents: 2 cached, 0 to do",
        "2/2 documents: 0 ok, 2 cached, 0 failed",
    ]
    assert "0 cached, 2 to do" in chna("scan", documents, "-o", "out", "--no-cache").err


def test_quiet_says_nothing_and_verbose_explains_each_document(chna, documents):
    done = chna("scan", documents, "-o", "out", "-q")
    assert (done.out, done.err) == ("", "")
    (documents / "bad.pdf").write_text("needs_ocr\n")
    done = chna("scan", documents, "-o", "out", "-v", "-j", "1")
    assert re.search(r"north\.pdf: ok; pages: 1 \(1 readable\), words: 100, mentions: 1 counted, 0 set aside", done.err)
    assert re.search(r"bad\.pdf: needs ocr: it is needs_ocr mend it", done.err)
    assert "cached; load" in done.err


def test_a_list_on_stdin_and_a_selection(chna, documents):
    listed = f"{documents / 'north.pdf'}\n"
    done = chna("scan", "-", "-o", "out", "--select", "5,formal-agreements", stdin=listed)
    assert done.code == ExitCode.OK
    lines = Path("out/lesson_results.csv").read_text().splitlines()
    assert len(lines) == 1 + 2


def test_run_json_tells_settings_with_origins_inputs_and_code(chna, documents, home):
    (home / "chna.toml").write_text("timeout = 30\n")
    chna("scan", documents, "-o", "out", "-j", "1")
    run = json.loads(Path("out/run.json").read_text())
    assert run["settings"]["timeout"] == {"value": 30.0, "origin": "config chna.toml:1"}
    assert run["settings"]["jobs"] == {"value": 1, "origin": "argument --jobs"}
    assert run["settings"]["lexicon"]["origin"] == "environment CHNA_LEXICON"
    assert run["settings"]["thresholds.covered"]["origin"] == "default"
    assert [one["file"] for one in run["inputs"]] == ["north.pdf", "south.pdf"]
    assert run["inputs"][0]["link"] == "../pdfs/north.pdf"
    assert run["exit_code"] == 0
    assert run["lexicon_name"] == "A lexicon for tests"
    assert set(run["seconds"]) >= {"hash", "extract", "tag", "score", "tabulate"}


def test_report_renders_again_without_any_pdf(chna, documents):
    first = chna("scan", documents, "-o", "out")
    page = Path("out/index.html").read_bytes()
    Path("out/index.html").unlink()
    for path in documents.iterdir():
        path.unlink()
    done = chna("report", "out")
    assert done.code == ExitCode.OK
    assert Path("out/index.html").read_bytes() == page
    assert done.out == first.out


def test_a_run_that_was_moved_says_where_it_stands_now(chna, documents, home):
    chna("scan", documents, "-o", home / "out")
    assert str(home) not in Path("out/summary.md").read_text()
    Path("out").rename("elsewhere")
    assert chna("report", "elsewhere").out.splitlines()[-1].endswith(" Report: elsewhere/index.html")
    assert chna("report", "elsewhere/run.json").out.splitlines()[-1].endswith(" Report: elsewhere/index.html")


def test_names_that_try_to_steer_the_terminal_are_shown_plain(chna, documents):
    (documents / "\x1b[2J[bold]x[\\nope].pdf").write_text("damaged\n")
    done = chna("scan", documents, "-o", "out")
    assert done.code == ExitCode.PARTIAL
    assert "\x1b" not in done.err + done.out
    assert "[bold]x[\\nope].pdf" in done.err


def test_a_line_now_and_then_where_there_is_no_terminal(capsys, monkeypatch):
    lines = shown.Lines()
    monkeypatch.setattr(shown.time, "monotonic", lambda: 0.0)
    lines.start(100, 0)
    for _ in range(60):
        lines.ok += 1
        monkeypatch.setattr(shown.Counting, "advance", lambda self, finding: None)
        lines.advance(Finding)
    assert capsys.readouterr().err.splitlines() == [
        "100 documents: 0 cached, 100 to do",
        "25/100 documents: 25 ok, 0 cached, 0 failed, 0 s left",
        "50/100 documents: 50 ok, 0 cached, 0 failed, 0 s left",
    ]


class Finding:
    """A finding of a document that was read."""

    class assessed:  # noqa: N801
        class document:  # noqa: N801
            class status:  # noqa: N801
                is_searchable = True


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are for Unix")
def test_on_a_terminal_there_is_a_bar(home, documents):
    (documents / "bad.pdf").write_text("damaged\n")
    ours, theirs = pty.openpty()
    command = [sys.executable, str(SLOW_CHNA), "scan", str(documents), "-o", "out"]
    process = subprocess.Popen(command, stderr=theirs, stdout=subprocess.PIPE, env=os.environ | {"TERM": "xterm"})
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 4096):
            seen += piece
    except OSError:  # Linux says so when the other end closes
        pass
    assert process.wait(timeout=30) == ExitCode.PARTIAL
    assert b"3/3" in seen
    assert b"2 ok, 0 cached, 1 failed" in seen
    assert b"bad.pdf: damaged" in seen


def hear_ctrl_c() -> None:
    """A job that a shell runs in the background ignores Ctrl-C, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name == "nt", reason="sends a Unix signal")
@pytest.mark.parametrize("to_group", [False, True], ids=["to the process", "to its group, as a terminal does"])
def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(chna, home, to_group):
    folder = home / "many"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.pdf").write_text(f"!slow 0.1\n# Hospital {number}\nL05 L09\n")
    command = [sys.executable, str(SLOW_CHNA), "scan", str(folder), "-o", "out", "-j", "2", "-v"]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )
    assert process.stderr
    for line in process.stderr:
        if line.startswith("[2/8]"):
            break
    (os.killpg if to_group else os.kill)(process.pid, signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(timeout=30) == ExitCode.INTERRUPTED
    assert re.search(r"^interrupted: \d of 8 documents were done\. .*the same command goes on", rest, re.M)
    assert "Traceback" not in rest
    assert not Path("out/run.json").exists()
    if to_group:
        return  # what follows is tried the other time

    resumed = chna("scan", folder, "-o", "out", "-j", "2")
    assert resumed.code == ExitCode.OK
    done = int(re.match(r"8 documents: (\d+) cached", resumed.err)[1])
    assert 2 <= done < 8
    assert chna("scan", folder, "-o", "fresh", "-j", "2", "--no-cache").code == ExitCode.OK
    assert tables(home / "out") == tables(home / "fresh")
