"""What changed from run to run and from cycle to cycle, and why."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from chna_toolkit.comparison import TABLE, compare_cycles, compare_runs
from chna_toolkit.errors import ExitCode, UsageError
from chna_toolkit.model import Assertion, Identity
from chna_toolkit.reports.comparison import headline, render_comparison
from chna_toolkit.results.run import Run, Setting, read_run, write_run
from results.made_up import LESSONS, Writer, harbor, make_run, write


def run_of(writer: Writer, **differs: object) -> Run:
    """A run over one document of one hospital."""
    run = make_run([writer.done("a.pdf", harbor())])
    return Run(replace(run.manifest, **differs), run.tables)  # type: ignore[arg-type]


def base() -> Writer:
    return write().fill(30).shows(1, 3).plans(10)


def test_the_same_run_twice_differs_in_nothing(run: Run):
    found = compare_runs(run, run)
    assert (found.changes, found.differences) == ((), ())
    assert found.compared == len(run.tables["coverage_matrix"])
    assert headline(found).startswith("0 statuses flipped, 0 counted mentions gained, 0 lost")


def test_a_flip_comes_with_the_passages_that_caused_it():
    found = compare_runs(run_of(base()), run_of(base().shows(10), lexicon_hash="f" * 64))
    (flip,) = found.flips
    assert (flip.lesson, flip.status_base, flip.status_head, flip.kind) == ("L10", "planned", "covered", "better")
    assert (flip.mentions_base, flip.mentions_head) == (1, 2)
    assert [(one.rule, one.page, one.assertion) for one in flip.gained] == [("L10.memorandum", 5, "practice")]
    assert flip.lost == ()
    assert flip.causes == ("lexicon",)
    assert any(one.startswith("lexicon: ") for one in found.differences)


def test_a_mention_that_says_another_thing_is_lost_and_gained():
    def said(assertion: Assertion) -> Writer:
        return write().fill(30).say("The board met.").bears("L02", "board met", assertion)

    found = compare_runs(run_of(said(Assertion.PRACTICE)), run_of(said(Assertion.CALL), lexicon_hash="f" * 64))
    (change,) = found.changes
    assert (len(change.gained), len(change.lost), change.kind) == (1, 1, "worse")


def test_a_passage_that_only_moved_is_the_same():
    moved = compare_runs(run_of(write().fill(30).shows(3)), run_of(write().fill(31).shows(3)))
    assert moved.changes == ()


@pytest.mark.parametrize(
    ("differs", "cause"),
    [
        ({"lexicon_hash": "f" * 64}, ("lexicon",)),
        ({"thresholds": {"covered": 0.9}}, ("settings",)),
        ({"settings": {"tables": Setting("off", "argument")}}, ("settings",)),
        ({"tool_version": "9.9"}, ("tool",)),
        ({"libraries": {"spacy": "9"}}, ("tool",)),
        ({"tool_version": "9.9", "lexicon_hash": "f" * 64}, ("lexicon", "tool")),
        ({}, ("tool",)),  # nothing else is left
    ],
)
def test_what_differs_is_the_cause(differs: dict[str, object], cause: tuple[str, ...]):
    (change,) = compare_runs(run_of(base()), run_of(base().shows(12), **differs)).changes
    assert change.causes == cause


def test_other_bytes_under_the_same_name_are_another_text():
    old = make_run([base().done("a.pdf", harbor(), content="old")])
    new = make_run([base().shows(12).done("a.pdf", harbor(), content="new")])
    (change,) = compare_runs(old, new).changes
    assert change.causes == ("text",)


def test_the_number_of_workers_is_no_difference(run: Run):
    other = replace(run.manifest, settings={**run.manifest.settings, "jobs": Setting(8, "argument")})
    assert compare_runs(run, Run(other, run.tables)).differences == ()


def test_a_lexicon_is_no_cause_where_the_mentions_are_the_same():
    def aside(counts: bool) -> Run:
        run = run_of(base(), lexicon_hash=("e" if counts else "f") * 64, thresholds={"covered": 0.5 + 0.1 * counts})
        tables = dict(run.tables)
        if counts:
            tables["coverage_matrix"] = tables["coverage_matrix"].assign(L01_status="planned")
        return Run(run.manifest, tables)

    (flip,) = compare_runs(aside(False), aside(True)).flips
    assert flip.causes == ("settings",)


def test_a_hospital_that_is_gone_is_a_flip_and_a_new_one_is_none():
    one, two = base().done("a.pdf", harbor()), base().done("b.pdf", Identity("Other", year=2024))
    lost = compare_runs(make_run([one, two]), make_run([one]))
    assert {change.kind for change in lost.changes} == {"lost"}
    assert len(lost.flips) == len(LESSONS)
    new = compare_runs(make_run([one]), make_run([one, two]))
    assert {change.kind for change in new.changes} == {"new"}
    assert new.flips == ()
    assert new.compared == 1


def test_lessons_that_only_one_run_has_are_named():
    few = make_run([base().done("a.pdf", harbor(), lessons=("L01", "L03"))])
    found = compare_runs(run_of(base()), few)
    assert found.changes == ()
    assert "lessons only in base, not compared: L02, L04" in found.differences[0]


def test_cycles_of_a_hospital(run: Run):
    found = compare_cycles(run)
    assert found.compared == 1
    assert {change.hospital for change in found.changes} == {"Stonebridge General"}
    assert [flip.lesson for flip in found.flips] == ["L02", "L05", "L07", "L09", "L10", "L15"]
    assert {flip.kind for flip in found.flips} == {"better"}
    assert {(one.year_base, one.year_head) for one in found.changes} == {(2019, 2025)}
    assert compare_cycles(run, "stonebridge").changes == compare_cycles(run, "330044").changes == found.changes
    with pytest.raises(UsageError, match="no hospital like 'harbor'"):
        compare_cycles(run, "harbor")


def test_csv_has_the_columns_of_its_schema(run: Run):
    rows = list(csv.DictReader(io.StringIO(render_comparison(compare_cycles(run), "csv"))))
    assert tuple(rows[0]) == TABLE.header
    assert [row["lesson_id"] for row in rows if row["change"] == "better"] == ["L02", "L05", "L07", "L09", "L10", "L15"]


def hostile() -> Run:
    text = "<img src=x onerror=alert(1)> | \x1b[31m `x` memorandum"
    writer = write().fill(30).say(text).bears("L10", "memorandum")
    return make_run([writer.done("a|b<i>.pdf", Identity("<script> | Clinic", year=2024, source="hospitals_csv"))])


def test_nothing_from_a_document_is_markup():
    empty = make_run([write().fill(30).done("a|b<i>.pdf", Identity("<script> | Clinic", year=2024))])
    found = compare_runs(empty, hostile())
    assert found.flips
    markdown, text, page = (render_comparison(found, form) for form in ("markdown", "text", "html"))
    assert not any(tag in form for tag in ("<img", "<script") for form in (markdown, page))
    assert "default-src 'none'" in page and "&lt;script&gt; | Clinic" in page
    rows = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {7}
    assert "\x1b" not in markdown + text + page


# -- the command


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    for name, writer in (("base", base()), ("head", base().shows(10, 12))):
        run = run_of(writer)
        write_run(tmp_path / name, run.tables, run.manifest)
    return tmp_path / "base", tmp_path / "head"


def test_the_command_says_what_flipped(chna, two):
    done = chna("compare", *two)
    assert (done.code, done.err) == (ExitCode.OK, "")
    assert done.out.startswith("2 statuses flipped (2 better)")
    assert "  L10  Formalize expectations\n      planned → covered (better)" in done.out
    assert "+ a.pdf p. 5: “A memorandum of understanding" in done.out


def test_on_a_terminal_long_lines_are_folded(two):
    base, head = (read_run(one) for one in two)
    lines = render_comparison(compare_runs(base, head), "text", width=60).splitlines()
    assert max(map(len, lines)) <= 60
    assert "".join(" ".join(lines).split()) == "".join(render_comparison(compare_runs(base, head), "text").split())


def test_the_gate_fails_beyond_the_number_allowed(chna, two):
    assert chna("compare", *two, "--max-flips", 2).code == ExitCode.OK
    done = chna("compare", *two, "--max-flips", 1)
    assert done.code == ExitCode.CHECK_FAILED
    assert "At most 1 may" in done.err
    assert chna("compare", two[0], two[0], "--max-flips", 0).code == ExitCode.OK


def test_the_command_writes_a_file(chna, two, tmp_path: Path):
    target = tmp_path / "c.csv"
    assert chna("compare", *two, "--format", "csv", "-o", target).out == ""
    assert len(target.read_text("utf-8").splitlines()) == 3
    assert chna("compare", *two, "--format", "csv", "-o", target).code == ExitCode.OUTPUT


@pytest.mark.parametrize(
    "arguments", [[], ["--cycles", "HEAD"], ["HEAD", "--hospital", "x"], ["HEAD", "--format", "x"]]
)
def test_what_cannot_be_compared_is_a_usage_error(chna, two, arguments: list[str]):
    asked = [two[1] if one == "HEAD" else one for one in arguments]
    assert chna("compare", two[0], *asked).code == ExitCode.USAGE


def test_the_cycles_within_one_run(chna, folder: Path):
    done = chna("compare", folder, "--cycles", "--format", "markdown")
    assert "Stonebridge General 2019 → 2025" in done.out
    assert chna("compare", folder, "--cycles", "--hospital", "nobody").code == ExitCode.USAGE
