"""Looking in text: aligned, sorted, escaped."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chna_toolkit.concordance import (
    TABLE,
    Place,
    arrange,
    lesson_of,
    pattern_of,
    places_of_lesson,
    places_of_pattern,
)
from chna_toolkit.errors import ExitCode, UsageError
from chna_toolkit.reports.concordance import render_places
from chna_toolkit.results.run import Run
from results.made_up import make_run, sample_assessed, write


def found(what: str, *texts: str, words: int = 8) -> list[Place]:
    writer = write()
    for text in texts:
        writer.say(text)
    return list(places_of_pattern(pattern_of(what), [("a.pdf", writer.done("a.pdf").document)], words))


def test_a_phrase_is_found_in_whole_words_whatever_the_capitals():
    places = found("food bank", "The Food Bank and the food  bank.", "Food banks are others, seafood bank too.")
    assert [one.keyword for one in places] == ["Food Bank", "food bank"]
    assert (places[0].left, places[0].right) == ("The", "and the food bank. Food banks are others,")


@pytest.mark.parametrize("text", ["co-design teams", "co design teams", "co‑design teams", "co-\ndesign teams"])
def test_hyphens_blanks_and_line_ends_are_the_same(text: str):
    assert len(found("co-design teams", text)) == len(found("co design teams", text)) == 1


def test_quotes_typed_and_typeset_are_the_same():
    assert len(found("hospital's", "the hospital’s plan and the hospital's plan")) == 2


def test_a_regular_expression_stands_between_slashes():
    assert [one.keyword for one in found(r"/partner\w*/", "Partners and partnership.")] == ["Partners", "partnership"]
    assert found("/x*/y", "a")[:0] == []  # only one slash at the end: a phrase
    with pytest.raises(UsageError, match="no regular expression"):
        pattern_of("/(/")
    with pytest.raises(UsageError, match="matches everywhere"):
        pattern_of("/x*/")
    with pytest.raises(UsageError, match="matches everywhere"):
        pattern_of("  ")


@given(st.text(min_size=1, max_size=20))
def test_any_phrase_is_text_and_no_pattern(what: str):
    try:
        pattern = pattern_of(what)
    except UsageError:
        return
    if len(what) > 2 and what[0] == what[-1] == "/":
        return
    assert not pattern.fullmatch(what + "x")


def test_a_place_is_where_it_says():
    document = sample_assessed()[0].document
    places = list(places_of_pattern(pattern_of("memorandum of understanding"), [("a.pdf", document)]))
    assert places
    for one in places:
        text = document.pages[one.page - 1].text
        assert text[one.start :].casefold().startswith("memorandum of understanding")
        assert one.section == "Our work > Partners"


def test_lessons_come_from_the_run(run: Run):
    assert lesson_of(run, "l10") == lesson_of(run, "formal-agreements") == "L10"
    assert lesson_of(run, "L5") == lesson_of(run, "l005") == "L05"
    assert lesson_of(run, "L1") == "L01"
    assert lesson_of(run, "agreements") == ""
    counted = places_of_lesson(run, "L10")
    assert {one.set_aside for one in counted} == {""}
    everything = places_of_lesson(run, "L10", set_aside=True)
    assert len(everything) > len(counted)
    assert {one.rule for one in everything} <= {row["rule_id"] for row in run.rows("mentions")}


def places() -> list[Place]:
    sides = [("b a", "x"), ("a b", "y"), ("c a", "w")]
    return [Place("f.pdf", number, 0, "", "", left, "k", right) for number, (left, right) in enumerate(sides, 1)]


def test_sorting_left_begins_at_the_keyword():
    assert [one.left for one in arrange(places(), "left")] == ["b a", "c a", "a b"]
    assert [one.right for one in arrange(places(), "right")] == ["w", "x", "y"]
    assert [one.page for one in arrange(places()[::-1], "text")] == [1, 2, 3]


def test_columns_are_aligned_on_the_keyword():
    sides = (("a", "at night"), ("the long way to the", ""))
    lines = render_places([Place("f.pdf", 1, 0, "", "", *side[:1], "bank", side[1]) for side in sides], "text")
    assert len({line.index("bank") for line in lines.splitlines()}) == 1


def test_text_fits_the_terminal():
    lines = render_places(found("bank", f"{'long ' * 30}bank{' after' * 30}"), "text", width=80).splitlines()
    assert all(len(line) <= 80 for line in lines)


def test_long_file_names_become_numbers_where_room_is_scarce():
    names = ("a-very-long-name-of-a-hospital-2024.pdf", "b-the-same-hospital-three-years-later.pdf")
    places = [Place(name, 3, 0, "", "", "under a", "memorandum of understanding", "with") for name in names]
    lines = render_places(places, "text", width=80).splitlines()
    assert lines[0].startswith("[1] p. 3  under a  memorandum of understanding  with")
    assert lines[-2:] == [f"[1] {names[0]}", f"[2] {names[1]}"]
    assert render_places(places, "text").startswith(names[0])


def test_mentions_of_one_passage_that_say_the_same_are_one_line():
    writer = write().fill(20).say("A signed lease and a written contract are in force.")
    writer.bears("L10", "signed lease", confidence=0.6, rule="L10.lease")
    writer.bears("L10", "written contract", confidence=0.9, rule="L10.contract")
    run = make_run([writer.done("a.pdf")])
    assert len(places_of_lesson(run, "L10")) == 2
    (one,) = places_of_lesson(run, "L10", every=False)
    assert (one.keyword, one.rule) == ("written contract", "L10.contract +1")


HOSTILE = "<script>alert(1)</script> \x1b[31mred\x1b[0m \u202eturn bank =1+1"


def test_nothing_from_a_document_is_markup_or_steers_the_terminal():
    page = render_places(found("bank", HOSTILE), "html", "bank <b>")
    assert "<script" not in page
    assert "bank &lt;b&gt;" in page
    assert "default-src 'none'" in page
    text = render_places(found("bank", HOSTILE), "text")
    assert not re.search("[\x1b\u202e]", text)


def test_csv_has_the_columns_of_its_schema_and_for_excel_no_formula():
    rows = list(csv.DictReader(io.StringIO(render_places(found("bank", "a bank =1+1"), "csv"))))
    assert tuple(rows[0]) == TABLE.header
    assert rows[0]["right"] == "=1+1"
    safe = render_places(found("bank", "a bank =1+1"), "csv-excel")
    assert "'=1+1" in safe
    assert safe.startswith("\ufefffile,")


# -- the commands


def test_kwic_of_a_lesson_needs_no_text(chna, folder: Path):
    done = chna("kwic", "L10", folder, "--sort", "right")
    assert done.code == ExitCode.OK
    assert "memorandum of understanding" in done.out
    assert len(done.out.splitlines()) < len(chna("kwic", "L10", folder, "--set-aside").out.splitlines())


def test_kwic_writes_a_file(chna, folder: Path, tmp_path: Path):
    assert chna("kwic", "L10", folder, "--format", "html", "-o", tmp_path / "k.html").out == ""
    assert (tmp_path / "k.html").read_text("utf-8").startswith("<!doctype html>")
    assert chna("kwic", "L10", folder, "-o", tmp_path / "k.html").code == ExitCode.OUTPUT


@pytest.mark.parametrize("option", [["--sort", "up"], ["--format", "pdf"]])
def test_what_is_unknown_is_a_usage_error(chna, folder: Path, option: list[str]):
    assert chna("kwic", "L10", folder, *option).code == ExitCode.USAGE
