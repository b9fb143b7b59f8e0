"""All numbers that stand in two tables are the same, worked out anew from the files of a run."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from chna_toolkit.results.run import write_run
from results.cross_check import problems
from results.made_up import make_run, sample_run, write


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made = sample_run()
    write_run(tmp_path, made.tables, made.manifest)
    return tmp_path


def test_the_tables_of_a_run_agree(run: Path) -> None:
    assert list(problems(run)) == []


def test_so_do_those_of_a_run_without_documents_and_of_a_selection(tmp_path: Path) -> None:
    part = make_run([write().shows(3).plans(14).done("-a;b.pdf", lessons=("L03", "L14"))])
    for number, made in enumerate((make_run([]), part)):
        write_run(tmp_path / str(number), made.tables, made.manifest)
        assert list(problems(tmp_path / str(number))) == []


Edit = Callable[[list[dict[str, str]]], object]


def put(column: str, value: str, row: int = 0) -> Edit:
    return lambda rows: rows[row].__setitem__(column, value)


@pytest.mark.parametrize(
    ("table", "edit", "problem"),
    [
        ("lesson_results", lambda rows: rows.pop(), "not one row for each document and lesson"),
        ("lesson_results", put("mentions_per_10k_words", "99.00"), "the rate is"),
        ("lesson_results", put("mentions_plan", "7"), "assertions do not add up"),
        ("lesson_results", put("status", "shown"), "is none of its values"),
        ("lesson_results", put("distinct_rules", "9"), "rules differ"),
        ("lesson_results", lambda rows: rows.reverse(), "not sorted by its key"),
        ("documents", put("lessons_silent", "14"), "lessons by status differ"),
        ("documents", put("lesson_coverage_percent", "12.3"), "the share is"),
        ("documents", put("words", "many"), "is no integer"),
        ("coverage_matrix", put("L01_status", "silent", 1), "coverage_matrix"),
        ("gaps", lambda rows: rows.pop(), "not exactly the lessons"),
        ("gaps", put("peers_covered", "99"), "peers differ"),
        ("mentions", put("pdf_link", "https://elsewhere.example/"), "the link leads elsewhere"),
        ("mentions", lambda rows: rows.pop(0), "differ"),
        ("failures", lambda rows: rows.clear(), "not among them"),
    ],
)
def test_the_check_finds_what_is_wrong(run: Path, table: str, edit: Edit, problem: str) -> None:
    path = run / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    header = list(rows[0])
    edit(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, lineterminator="\n", quoting=csv.QUOTE_ALL)  # lone \r
        writer.writeheader()
        writer.writerows(rows)
    assert any(problem in found for found in problems(run)), list(problems(run))
