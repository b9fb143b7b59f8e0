"""`chna evaluate` on statuses of documents: of a run, and made now."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from chna_toolkit.errors import ExitCode

OWNER = "The food bank has L09 for this strategy and its three parts."


@pytest.fixture
def pdfs(home: Path) -> Path:
    """Two documents: one with an owner and a lead agency, one with nothing."""
    folder = home / "pdfs"
    folder.mkdir()
    (folder / "north.pdf").write_text(f"# North Hospital\n{OWNER}\nL05 stands here and is not meant.\n" + "x\n" * 9)
    (folder / "south.pdf").write_text("# South Hospital\nnothing\n" + "y\n" * 9)
    return folder


@pytest.fixture
def truth(home: Path) -> Path:
    rows = [
        {"file": "north.pdf", "lesson": "L05", "status": "silent", "complete": True},
        {"file": "north.pdf", "lesson": "L09", "status": "covered", "best": [f"1: {OWNER}"]},
        {"file": "north.pdf", "lesson": "L10", "status": "acknowledged", "maybe": ["silent"]},
        *({"file": "south.pdf", "lesson": lesson, "status": "silent"} for lesson in ("L05", "L09", "L10")),
    ]
    path = home / "truth.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_statuses_made_now(chna, truth, pdfs):
    done = chna("evaluate", truth, "--documents", pdfs, "--format", "json", "--method", "rules")
    assert done.code == ExitCode.OK, done.err
    found = json.loads(done.out)
    assert (found["all"]["statuses"], found["all"]["exact"], found["all"]["accepted"]) == (6, 4, 5)
    assert found["all"]["evidence"] == {"right": 1, "wrong": 1, "unclear": 0, "unjudged": 0}
    assert found["figures"]["found"]["value"] == 1.0
    assert {(one["true"], one["given"]): one["statuses"] for one in found["confusion"]} == {
        ("covered", "covered"): 1, ("silent", "covered"): 1, ("acknowledged", "silent"): 1, ("silent", "silent"): 3,
    }  # fmt: skip


def test_a_run_says_the_same_as_the_tagger(chna, truth, pdfs, home):
    assert chna("scan", pdfs, "-o", "run").code == ExitCode.OK
    by_run = json.loads(chna("evaluate", truth, "--labels", "run", "--format", "json").out)
    made = json.loads(chna("evaluate", truth, "--documents", pdfs, "--format", "json", "--method", "rules").out)
    assert by_run["statuses_by"] == "run"
    assert by_run["all"] == made["all"]
    assert by_run["figures"]["status"] == made["figures"]["status"]


def test_text_and_markdown_name_what_is_wrong_and_quote_only_where_wanted(chna, truth, pdfs):
    ask = ("evaluate", truth, "--documents", pdfs, "--method", "rules")
    text, markdown = chna(*ask).out, chna(*ask, "--format", "markdown").out
    for out in (text, markdown):
        assert "4 of 6" in out
        assert "L05 stands here and is not meant." in out
        assert "Wilson" in out
    assert "### Statuses confused" in markdown
    assert "L05 stands here" not in chna(*ask, "--no-quotes").out


def test_csv_is_one_tidy_table(chna, truth, pdfs):
    out = chna("evaluate", truth, "--documents", pdfs, "--format", "csv", "--method", "rules").out
    rows = {(row["group"], row["name"]): row for row in csv.DictReader(io.StringIO(out))}
    assert rows["lesson", "L05"]["exact"] == "1"
    assert rows["document", "south.pdf"]["value"] == "1.0000"
    assert float(rows["figure", "status"]["value"]) == pytest.approx(4 / 6, abs=1e-4)
    assert rows["all", "all"]["evidence_wrong"] == "1"


def test_bars_and_junit(chna, truth, pdfs):
    ask = ("evaluate", truth, "--documents", pdfs, "--method", "rules")
    assert chna(*ask, "--fail-under", "status=0.6,evidence=0.5,L09=1").code == ExitCode.OK
    done = chna(*ask, "--format", "junit", "--fail-under", "status=0.8,accepted=0.8")
    assert done.code == ExitCode.CHECK_FAILED
    assert "status is 0.667, and must reach 0.8" in done.err
    cases = ET.fromstring(done.out).findall(".//testcase")
    assert [(case.get("name"), case.find("failure") is not None) for case in cases] == [
        ("status >= 0.8", True),
        ("accepted >= 0.8", False),
    ]
    assert chna(*ask, "--format", "junit").code == ExitCode.USAGE
    assert chna(*ask, "--fail-under", "micro=0.5").code == ExitCode.USAGE


def test_another_run_is_compared(chna, truth, pdfs, home):
    assert chna("scan", pdfs, "-o", "run").code == ExitCode.OK
    ask = ("evaluate", truth, "--documents", pdfs, "--method", "rules", "--compare", "run")
    found = json.loads(chna(*ask, "--format", "json").out)["comparison"]
    assert found["figures"]["status"]["this"] == found["figures"]["status"]["other"]
    assert "Compared with run" in chna(*ask).out


def test_what_cannot_be_asked_is_refused_with_a_reason(chna, truth, pdfs, home):
    for arguments, said in (
        ((), "--documents"),
        (("--documents", pdfs, "--part", "held"), "--part is for gold of passages"),
        (("--documents", pdfs, "--baseline", "tfidf"), "--baseline tfidf is for gold of passages"),
        (("--documents", pdfs, "--baseline", "keyword"), "the keyword lists are for the 15 lessons"),
        (("--labels", "nowhere"), "nowhere"),
        (("--labels", "run", "--baseline", "keyword"), "both say what to measure"),
    ):
        done = chna("evaluate", truth, *arguments)
        assert (done.code, said in done.err) == (ExitCode.USAGE, True), (arguments, done.err)
    (home / "gold.jsonl").write_text('{"id": 1, "text": "x", "labels": {}}\n')
    done = chna("evaluate", truth, "gold.jsonl", "--documents", pdfs)
    assert (done.code, "Evaluate them one by one" in done.err) == (ExitCode.USAGE, True)
