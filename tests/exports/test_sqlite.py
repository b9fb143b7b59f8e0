"""The database: all tables, searchable, with views that agree with the report."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chna_toolkit.errors import ExitCode
from chna_toolkit.exports.sqlite import write_sqlite
from chna_toolkit.model import Status
from chna_toolkit.results.run import Run
from chna_toolkit.results.view import view_of
from results.made_up import harbor, make_run, write


@pytest.fixture(scope="module")
def path(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "results.sqlite"
    write_sqlite(run, path)
    return path


@pytest.fixture
def database(path: Path):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def test_every_table_holds_every_value(run: Run, database):
    for table in run.schemas:
        found = [dict(row) for row in database.execute(f"SELECT * FROM {table.name} ORDER BY rowid")]
        wanted = [{name: None if value == "" else value for name, value in row.items()} for row in run.rows(table.name)]
        assert found == wanted


def test_keys_are_declared_and_hold(run: Run, database):
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    pointed = {row["table"] for row in database.execute("PRAGMA foreign_key_list(mentions)")}
    assert pointed == {"documents", "lessons"}


def test_evidence_is_found_by_its_words(database):
    query = "SELECT m.sentence FROM mentions_fts f JOIN mentions m ON m.rowid = f.rowid WHERE mentions_fts MATCH ?"
    found = [row[0] for row in database.execute(query, ['"memorandum of understanding"'])]
    assert found and all("memorandum of understanding" in one.casefold() for one in found)
    assert database.execute(query, ["zeppelin"]).fetchall() == []


def test_prevalence_is_that_of_the_report(run: Run, database):
    found = {row["lesson_id"]: row for row in database.execute("SELECT * FROM lesson_prevalence")}
    view = view_of(run)
    assert set(found) == {lesson.id for lesson in view.lessons}
    for lesson in view.lessons:
        row = found[lesson.id]
        assert row["hospitals_assessed"] == lesson.assessed
        for status in (Status.COVERED, Status.PLANNED, Status.ACKNOWLEDGED, Status.SILENT):
            assert row[status.value] == lesson.tally[status]


def test_changes_over_cycles(database):
    rows = [dict(row) for row in database.execute("SELECT * FROM changes_over_cycles")]
    assert {row["hospital_name"] for row in rows} == {"Stonebridge General"}
    assert {(row["lesson_id"], row["status_before"], row["status_after"]) for row in rows} >= {
        ("L02", "silent", "planned"),
        ("L05", "silent", "covered"),
    }
    assert {(row["year_before"], row["year_after"]) for row in rows} == {(2019, 2025)}


def test_every_view_answers(run: Run, database):
    views = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
    assert len(views) >= 8
    counts = {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in views}
    assert all(counts.values()), counts
    assert counts["hospital_status"] == len(run.tables["coverage_matrix"]) * len(run.lessons)


def test_what_could_not_be_assessed_is_no_gap(database):
    files = {row["file"] for row in database.execute("SELECT file FROM could_not_be_assessed")}
    assert {"old-mill-scan.pdf", "locked.pdf", "gone.pdf", "leaflet.pdf"} <= files


def test_the_dictionary_and_the_provenance_come_along(run: Run, database):
    count = database.execute("SELECT count(*) FROM data_dictionary").fetchone()[0]
    assert count == sum(len(table.columns) for table in run.schemas)
    about = dict(database.execute("SELECT name, value FROM run").fetchall())
    assert about["lexicon_hash"] == run.manifest.lexicon_hash


def test_no_path_of_the_machine_is_in_it(path: Path):
    assert b"/home/somebody" not in path.read_bytes()


def test_the_same_run_gives_the_same_bytes(run: Run, path: Path, tmp_path: Path):
    write_sqlite(run, tmp_path / "again.sqlite")
    assert (tmp_path / "again.sqlite").read_bytes() == path.read_bytes()


def test_any_number_of_lessons(tmp_path: Path):
    small = make_run([write().shows(1, 3).fill(60).done("a.pdf", harbor(), lessons=("L01", "L03"))])
    write_sqlite(small, tmp_path / "small.sqlite")
    with closing(sqlite3.connect(tmp_path / "small.sqlite")) as connection:
        found = connection.execute("SELECT lesson_id, covered FROM lesson_prevalence").fetchall()
    assert [one for one, _ in found] == ["L01", "L03"]


def test_the_command(chna, folder: Path, tmp_path: Path):
    target = tmp_path / "results.sqlite"
    assert chna("export", folder, "--sqlite", target).code == ExitCode.OK
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT count(*) FROM documents").fetchone()[0] == 10


def test_datasette_finds_the_full_text_index(path: Path):
    utils = pytest.importorskip("datasette.utils", reason="needs datasette")
    with closing(sqlite3.connect(path)) as connection:
        assert utils.detect_fts(connection, "mentions") == "mentions_fts"
