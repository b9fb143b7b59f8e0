"""Results for machines: valid, escaped, in a fixed order."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from chna_toolkit.errors import UsageError
from chna_toolkit.lexicon_ci.findings import Finding, Severity, in_order
from chna_toolkit.lexicon_ci.formats import ANNOTATIONS, FORMATS, Check, Report, render

NASTY = 'a <b> & "c" | `d` [e](f) 100%, ::error::\n  second line'
FINDINGS = tuple(
    Finding(Path("lexicons/L01 a,b.toml"), line, f"L01.r{line}", "some-slug", Severity.ERROR, NASTY, "Mend it.")
    for line in range(1, 13)
)
NOTE = Finding(Path("lexicons/lexicon.toml"), 0, "", "other-slug", Severity.NOTE, "worth a look")
REPORT = Report(
    "test",
    "Pacts 1",
    tuple(in_order((*FINDINGS, NOTE))),
    ("one line",),
    (Check("L01", "3 a pact"), Check("L01", "9 another", "L01 is not found\nexpected: \x00 x")),
)
EMPTY = Report("check", "Pacts 1", (), ("nothing",))


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_can_be_written_twice_alike(form: str) -> None:
    assert render(REPORT, form) == render(REPORT, form)
    assert render(EMPTY, form).endswith("\n")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="yaml"):
        render(EMPTY, "yaml")


def test_json_has_all_findings() -> None:
    values = json.loads(render(REPORT, "json"))
    assert values["failed"] is True
    assert values["counts"] == {"error": 12, "warning": 0, "note": 1}
    assert values["findings"][0]["message"] == NASTY
    assert len(values["findings"]) == 13
    assert json.loads(render(EMPTY, "json"))["failed"] is False


def test_github_shows_ten_annotations_and_a_count_and_nothing_breaks_out() -> None:
    lines = render(REPORT, "github").splitlines()
    assert sum(line.startswith("::error ") for line in lines) == ANNOTATIONS
    assert "::notice::3 more findings: see the log or --format text" in lines
    assert lines[0].startswith("::error file=lexicons/L01 a%2Cb.toml,line=1,title=some-slug L01.r1::a <b>")
    assert "100%25, ::error::%0A  second line" in lines[0]


def test_text_names_place_rule_and_remedy() -> None:
    text = render(REPORT, "text")
    assert text.startswith('lexicons/L01 a,b.toml:1: error: L01.r1: a <b> & "c"')
    assert "\n    → Mend it.\n" in text
    assert text.endswith("test: 12 errors, 1 note (Pacts 1)\n")


def test_markdown_escapes_what_lexicons_and_documents_say() -> None:
    text = render(REPORT, "markdown")
    assert text.startswith("## ❌ chna lexicon test")
    assert render(EMPTY, "markdown").startswith("## ✅")
    row = next(line for line in text.splitlines() if "a,b.toml:1 " in line)
    assert "&lt;b>" in row
    assert "\\|" in row
    assert "\\[e](f)" in row


def test_junit_is_read_by_a_library_and_counts_what_passed() -> None:
    root = ET.fromstring(render(REPORT, "junit"))
    suite = root.find("testsuite[@name='L01']")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert "\x00" not in ET.tostring(root, encoding="unicode")
    junitparser = pytest.importorskip("junitparser")
    parsed = junitparser.JUnitXml.fromstring(render(REPORT, "junit").encode())
    assert sum(suite.failures for suite in parsed) == 13  # one of the checks, and twelve errors beside them
    assert len(ET.fromstring(render(EMPTY, "junit")).findall(".//testcase")) == 1


def test_sarif_is_read_by_a_library() -> None:
    text = render(REPORT, "sarif")
    run = json.loads(text)["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["other-slug", "some-slug"]
    assert all(one["ruleId"] == run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] for one in run["results"])
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "lexicons/L01%20a,b.toml"}, "region": {"startLine": 1}}
    assert "region" not in run["results"][-1]["locations"][0]["physicalLocation"]
    pydantic_model = pytest.importorskip("sarif_pydantic")
    assert len(pydantic_model.Sarif.model_validate_json(text).runs[0].results) == 13


def test_fingerprints_outlive_moved_lines() -> None:
    def fingerprint(line: int) -> str:
        finding = Finding(Path("a.toml"), line, "L01.r", "some-slug", Severity.ERROR, "wrong")
        run = json.loads(render(Report("check", "x", (finding,), ()), "sarif"))["runs"][0]
        return str(run["results"][0]["partialFingerprints"])

    assert fingerprint(3) == fingerprint(30)
