"""The tables: they follow their schemas, keep every document apart or together as they should."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest

from chna_toolkit.model import Assertion, DocumentStatus, Identity, Status
from chna_toolkit.results import schemas
from chna_toolkit.results.cells import split_names
from chna_toolkit.results.frames import frame_of
from chna_toolkit.results.run import Run
from chna_toolkit.results.tables import pdf_link
from results.made_up import (
    LESSONS,
    harbor,
    lexicon,
    make_run,
    sample_assessed,
    sample_failures,
    sample_run,
    write,
)

DTYPES = {"string": "string", "integer": "Int64", "number": "Float64", "boolean": "boolean"}


@pytest.fixture(scope="module")
def run() -> Run:
    return sample_run()


def row_of(run: Run, table: str, **wanted: object) -> dict[str, schemas.Value]:
    """The one row with these values."""
    rows = [row for row in run.rows(table) if all(row[name] == value for name, value in wanted.items())]
    assert len(rows) == 1, rows
    return rows[0]


@pytest.mark.parametrize("table", schemas.tables(LESSONS), ids=lambda table: table.name)
def test_a_table_has_the_columns_types_values_and_order_of_its_schema(run: Run, table: schemas.Table) -> None:
    frame = run.tables[table.name]
    assert tuple(frame.columns) == table.header
    assert [str(dtype) for dtype in frame.dtypes] == [DTYPES[column.type] for column in table.columns]
    for column in table.columns:
        if column.values:
            assert set(frame[column.name]) <= set(column.values)
        if column.type == "string":
            assert not frame[column.name].isna().any()
    keys = [tuple((row[name] is not None, row[name]) for name in table.key) for row in run.rows(table.name)]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("table", schemas.tables(LESSONS), ids=lambda table: table.name)
def test_every_column_is_explained(table: schemas.Table) -> None:
    assert table.description.endswith(".")
    assert table.key
    assert len(set(table.header)) == len(table.header)
    assert all(column.description.endswith(".") for column in table.columns)


def test_without_documents_every_table_is_there_and_empty() -> None:
    empty = make_run([])
    assert {name: len(frame) for name, frame in empty.tables.items() if len(frame)} == {"lessons": 15}
    assert tuple(empty.tables["mentions"].columns) == schemas.MENTIONS.header


def test_every_document_has_one_result_a_lesson(run: Run) -> None:
    counts = Counter(row["document_id"] for row in run.rows("lesson_results"))
    assert set(counts) == {row["document_id"] for row in run.rows("documents")}
    assert set(counts.values()) == {15}


def test_the_order_of_the_documents_does_not_matter(run: Run) -> None:
    shuffled = sample_assessed()
    random.Random(1).shuffle(shuffled)
    again = make_run(shuffled, sample_failures())
    for name, frame in run.tables.items():
        pd.testing.assert_frame_equal(frame, again.tables[name])


def test_offsets_point_at_the_keyword_on_its_page(run: Run) -> None:
    pages = {one.document_id: one.document.pages for one in sample_assessed()}
    rows = run.rows("mentions")
    assert rows
    for row in rows:
        text = pages[str(row["document_id"])][row["page_number"] - 1].text  # type: ignore[operator]
        assert text[row["start_char"] : row["end_char"]] == row["keyword"]  # type: ignore[misc]
        spans = [tuple(map(int, part.split("-"))) for part in str(row["marks"]).split(";")]
        assert str(row["sentence"])[spans[0][0] : spans[-1][1]] == row["keyword"]


def test_a_mention_stands_in_its_context(run: Run) -> None:
    row = row_of(run, "mentions", rule_id="L11.no")
    assert row["keyword"] == "no bridge money"
    assert row["left"] == "us that short grants hinder them: there is"
    assert row["right"] == ". The hospital accepts contracts with all payers."
    assert row["section"] == "Action plan"
    assert row["assertion"] == "lack"
    assert row["pdf_link"] == "harbor/harbor-point-chna-2024.pdf#page=12"
    cell = row_of(run, "mentions", rule_id="L09.owner-cell")
    assert (cell["kind"], cell["row_header"], cell["column_header"]) == (
        "table_cell", "Expand visits", "Responsible",
    )  # fmt: skip


def test_mention_ids_are_short_and_unique(run: Run) -> None:
    ids = [str(row["mention_id"]) for row in run.rows("mentions")]
    assert len(set(ids)) == len(ids)
    assert all(len(one) == 12 and int(one, 16) >= 0 for one in ids)


def test_what_is_set_aside_says_why(run: Run) -> None:
    for row in run.rows("mentions"):
        assert row["counted"] == (row["set_aside_reason"] == "")


def test_the_same_rule_at_the_same_place_is_one_mention() -> None:
    writer = write().fill(20).say("A charter and a charter.")
    writer.bears("L10", "charter").bears("L10", "charter", confidence=0.3)
    rows = make_run([writer.done("twice.pdf")]).rows("mentions")
    assert [row["confidence"] for row in rows] == [0.8]


def test_links_are_relative_and_percent_encoded() -> None:
    assert pdf_link("a b/c#1?.pdf", 3) == "a%20b/c%231%3F.pdf#page=3"


def test_ids_keep_their_leading_zeros(run: Run) -> None:
    row = row_of(run, "coverage_matrix", hospital_key="05001F")
    assert (row["ccn"], row["ein"]) == ("05001F", "012345678")


def test_a_hospital_has_the_best_of_its_documents(run: Run) -> None:
    row = row_of(run, "coverage_matrix", hospital_key="05001F")
    assert row["documents"] == 2
    assert row["L01_status"] == "covered"  # in the CHNA
    assert row["L05_status"] == "planned"  # in the implementation strategy
    assert (row["covered"], row["planned"], row["silent"]) == (11, 4, 0)
    assert row["lesson_coverage_percent"] == 73.3


def test_a_joint_document_speaks_for_each_of_its_hospitals(run: Run) -> None:
    east = row_of(run, "coverage_matrix", hospital_key="110001")
    west = row_of(run, "coverage_matrix", hospital_key="110002")
    assert east["document_ids"] == west["document_ids"]
    assert row_of(run, "documents", file="two-rivers-joint.pdf")["hospitals"] == 2


def test_cycles_of_a_hospital_stand_apart(run: Run) -> None:
    rows = [row for row in run.rows("coverage_matrix") if row["hospital_key"] == "330044"]
    assert [(row["chna_year"], row["covered"]) for row in rows] == [(2019, 2), (2025, 7)]


def test_a_document_that_could_not_be_read_is_a_failure_and_never_a_gap(run: Run) -> None:
    unread = {row["hospital_key"] for row in run.rows("coverage_matrix") if row["covered"] == 0}
    assert unread == {"leaflet clinic", "locked.pdf", "old mill hospital"}
    assert not unread & {row["hospital_key"] for row in run.rows("gaps")}
    failures = {(row["file"], row["slug"]) for row in run.rows("failures")}
    assert failures == {
        ("gone.pdf", "unreadable"), ("locked.pdf", "encrypted"), ("old-mill-scan.pdf", "needs-ocr"),
        ("pine-2022.pdf", "partial"),
    }  # fmt: skip


def test_a_hospital_with_an_unread_document_is_incomplete_but_assessed() -> None:
    scan = write().done("scan.pdf", harbor(), status=DocumentStatus.NEEDS_OCR, unread=9)
    row = row_of(make_run([write().fill(30).done("read.pdf", harbor()), scan]), "coverage_matrix")
    assert row["silent"] == 15
    assert row["incomplete"] is True
    gap = make_run([write().fill(30).done("read.pdf", harbor()), scan]).rows("gaps")[0]
    assert (gap["documents_searched"], gap["documents_unread"]) == (1, 1)
    assert (gap["readable_pages"], gap["pages"]) == (1, 10)


def test_gaps_are_the_assessed_lessons_without_practice(run: Run) -> None:
    gaps = {(row["hospital_key"], row["chna_year"], row["lesson_id"]): row["status"] for row in run.rows("gaps")}
    expected = {
        (row["hospital_key"], row["chna_year"], lesson): row[f"{lesson}_status"]
        for row in run.rows("coverage_matrix")
        for lesson in LESSONS
        if row[f"{lesson}_status"] not in ("covered", "not_assessed")
    }
    assert gaps == expected


def test_a_gap_says_what_kind_it_is_what_came_near_and_what_others_do(run: Run) -> None:
    call = row_of(run, "gaps", hospital_key="110001", lesson_id="L04")
    assert call["gap_kind"] == "named_by_document"
    assert call["nearest_1_quote"] == "Participants recommended a youth council that shapes the programmes."
    assert call["nearest_1_why"] == "called for, by nobody who commits to it"
    silent = row_of(run, "gaps", hospital_key="110001", lesson_id="L10")
    assert silent["gap_kind"] == "silent"
    assert silent["nearest_1_why"] == "set aside: excluded: L10.x.consultant"
    assert silent["nearest_2_quote"] == ""
    # Of the five other assessed hospitals two cover it; each counts once, by its latest cycle.
    assert (silent["peers_assessed"], silent["peers_covered"]) == (5, 2)
    assert silent["peers_covered_percent"] == 40.0
    assert row_of(run, "gaps", hospital_key="110001", lesson_id="L01")["gap_kind"] == "planned_only"
    assert silent["rules_tried"] == 2
    assert silent["recommendation"]


def test_evidence_too_weak_to_count_is_a_gap_of_its_own_kind() -> None:
    writer = write().fill(20).say("Perhaps a charter.").bears("L10", "charter", confidence=0.3)
    row = row_of(make_run([writer.done("faint.pdf")]), "gaps", lesson_id="L10")
    assert (row["status"], row["gap_kind"]) == ("silent", "weak_evidence")
    assert row["nearest_1_why"] == "practice, but too weak to count alone"


def test_a_hospital_status_is_fragile_unless_documents_confirm_each_other(run: Run) -> None:
    def shows(file: str, rule: str) -> object:
        text = f"A charter binds the partners of {file}."
        return write().fill(20).say(text).bears("L10", "charter", rule=rule).done(file, harbor())

    def fragile(*documents: object) -> bool:
        return "L10" in str(row_of(make_run(list(documents)), "coverage_matrix")["fragile_lessons"])  # type: ignore[arg-type]

    assert fragile(shows("a.pdf", "L10.a"))
    assert fragile(shows("a.pdf", "L10.a"), shows("b.pdf", "L10.a"))  # one and the same rule
    assert not fragile(shows("a.pdf", "L10.a"), shows("b.pdf", "L10.b"))


def test_copies_of_a_file_count_once_and_keep_all_names() -> None:
    def copy(file: str, *identities: Identity) -> object:
        return write().shows(3).done(file, *identities, content="same bytes")

    guess = Identity("Guessed name", source="guess")
    run = make_run([copy("b.pdf", guess), copy("a.pdf", harbor())])  # type: ignore[list-item]
    row = row_of(run, "documents")
    assert (row["file"], row["other_files"]) == ("a.pdf", "b.pdf")
    assert row_of(run, "coverage_matrix")["hospital_name"] == "Harbor Point Children's Hospital"
    assert run.manifest.closing.startswith("1 document (1 copy counted once) of 1 hospital: 1 assessed")


def test_a_document_without_a_name_stands_for_itself_and_is_no_hospital() -> None:
    run = make_run([write().fill(30).done("x/chna.pdf"), write().fill(31).done("y/chna.pdf")])
    assert [row["hospital_name"] for row in run.rows("coverage_matrix")] == ["x/chna.pdf", "y/chna.pdf"]
    assert {row["identity_source"] for row in run.rows("document_hospitals")} == {"none"}
    assert (run.manifest.counts["hospitals"], run.manifest.counts["nameless"]) == (0, 2)
    assert run.manifest.closing.startswith("2 documents of unknown hospitals: 2 assessed")


def test_the_year_of_a_document_of_an_unknown_hospital_is_a_guess() -> None:
    run = make_run([write().fill(30).done("a-2022.pdf", Identity("a-2022.pdf", year=2022))])
    row = row_of(run, "coverage_matrix")
    assert (row["chna_year"], row["year_source"]) == (2022, "guess")


def test_a_semicolon_in_the_name_of_a_copy_does_not_make_two_of_it() -> None:
    names = ("a.pdf", "b;c.pdf", "d.pdf")
    lost = [write().done(name, status=DocumentStatus.EMPTY, reason="no bytes", content="the same") for name in names]
    run = make_run(lost)
    assert (run.manifest.counts["documents"], run.manifest.counts["copies"]) == (1, 2)
    assert split_names(str(row_of(run, "documents")["other_files"])) == ["b;c.pdf", "d.pdf"]


def test_names_from_hospitals_csv_go_before_guesses() -> None:
    guess = Identity("harbour pt", "05001F", state="XX", year=2024, source="guess")
    run = make_run([write().fill(30).done("a.pdf", guess), write().fill(31).done("b.pdf", harbor())])
    row = row_of(run, "coverage_matrix")
    assert (row["hospital_name"], row["state"]) == ("Harbor Point Children's Hospital", "CA")
    assert row["year_source"] == "hospitals_csv;guess"


def test_selected_lessons_are_the_only_ones() -> None:
    chosen = ("L03", "L14")
    run = make_run([write().fill(30).shows(3).done("a.pdf", lessons=chosen)])
    assert run.lessons == chosen
    row = row_of(run, "coverage_matrix")
    assert [name for name in row if name.endswith("_status")] == ["L03_status", "L14_status"]
    assert row["lesson_coverage_percent"] == 50.0


def test_rates_stand_beside_counts(run: Run) -> None:
    row = next(row for row in run.rows("lesson_results") if row["mentions_counted"])
    words = row_of(run, "documents", document_id=row["document_id"])["words"]
    assert row["mentions_per_10k_words"] == round(10_000 * row["mentions_counted"] / words, 2)  # type: ignore[operator]


def test_a_file_that_could_not_be_opened_is_counted_as_failed(run: Run) -> None:
    counts = run.manifest.counts
    kinds = ("assessed", "needs_ocr", "too_little_text", "failed")
    assert [counts[kind] for kind in kinds] == [7, 1, 1, 2]
    assert counts["documents"] == 11
    assert run.manifest.closing == (
        "11 documents of 8 hospitals (unknown for 1): 7 assessed, 1 needs OCR, 1 with too little text, 2 failed. "
        "Median coverage 3 of 15 lessons."
    )


def test_what_was_read_by_ocr_is_marked_as_such() -> None:
    scan = write().fill(40).shows(1).done("scan.pdf", harbor(), ocr=0.9)
    run = make_run([scan, write().fill(40).shows(1).done("digital.pdf")])
    documents = {row["file"]: (row["ocr_pages"], row["ocr_confidence"]) for row in run.rows("documents")}
    assert documents == {"scan.pdf": (2, 0.9), "digital.pdf": (0, None)}
    mentions = {row["file"]: row["ocr_confidence"] for row in run.rows("mentions")}
    assert mentions == {"scan.pdf": 0.9, "digital.pdf": None}
    assert (run.manifest.counts["read_by_ocr"], run.manifest.counts["ocr_pages"]) == (1, 2)
    assert "2 assessed (1 read by OCR), 0 need OCR" in run.manifest.closing


def test_a_partly_read_document_is_assessed_and_not_failed() -> None:
    read = write().fill(40).done("part.pdf", status=DocumentStatus.PARTIAL, unread=1)
    run = make_run([read])
    assert run.manifest.counts["failed"] == 0
    assert (row_of(run, "failures")["slug"], row_of(run, "documents")["assessed"]) == ("partial", True)


def test_a_row_that_does_not_fit_its_schema_is_a_bug() -> None:
    with pytest.raises(ValueError, match="failures: row does not fit"):
        frame_of(schemas.FAILURES, [{"file": "x"}])
    row = dict.fromkeys(schemas.FAILURES.header, "x")
    with pytest.raises(ValueError, match="two rows with the key"):
        frame_of(schemas.FAILURES, [row, row])


def test_assertions_are_counted_apart() -> None:
    writer = write().fill(20)
    for number, assertion in enumerate(Assertion):
        writer.say(f"Charter {number} of the partners.").bears("L10", "partners", assertion)
    row = row_of(make_run([writer.done("a.pdf")]), "lesson_results", lesson_id="L10")
    assert [row[f"mentions_{assertion}"] for assertion in Assertion] == [1, 1, 1, 1]
    assert row["status"] == Status.COVERED.value


def test_the_codebook_of_the_run_is_the_lexicon(run: Run) -> None:
    book = lexicon()
    assert [row["title"] for row in run.rows("lessons")] == [lesson.title for lesson in book.lessons]
    assert {row["lexicon_hash"] for row in run.rows("lessons")} == {book.hash}


def test_an_identity_repeated_for_a_document_is_one_row() -> None:
    twice = (harbor(), replace(harbor(), document_type="joint_chna"))
    run = make_run([write().fill(30).done("a.pdf", *twice)])
    assert len(run.rows("document_hospitals")) == 1
    assert row_of(run, "coverage_matrix")["documents"] == 1


def test_the_best_mentions_tell_what_stands_around_them() -> None:
    writer = write().say("First.").say("A memorandum binds them.").bears("L10", "memorandum").say("Each year. " * 50)
    for number in range(6):
        writer.say(f"Charter {number} of the partners.").bears("L10", "partners", confidence=0.1)
    mentions = make_run([writer.done("a.pdf")]).rows("mentions")
    best = next(row for row in mentions if row["evidence_rank"] == 1)
    assert best["before"] == "First."
    assert str(best["after"]).startswith("Each year. Each year.")
    assert str(best["after"]).endswith(" …")
    assert len(str(best["after"])) <= schemas.NEIGHBOUR + 2
    assert [row["evidence_rank"] for row in mentions if not row["before"]] == [6, 7]
