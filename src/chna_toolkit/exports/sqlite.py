"""One SQLite file with all tables, full-text search over the evidence, and views for the usual questions.

It is made from the schemas: primary and foreign keys, so that programs that follow them, such as
Datasette, link a mention to its document and its lesson.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from chna_toolkit.errors import MissingDependencyError
from chna_toolkit.exports.files import whole_file
from chna_toolkit.results.datapackage import foreign_keys
from chna_toolkit.results.frames import values_of
from chna_toolkit.results.run import Manifest, Run
from chna_toolkit.results.schemas import Column, Table, Type, Value

_TYPES: dict[Type, str] = {"string": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}
_INDEXES = (("mentions", "lesson_id"), ("mentions", "rule_id"), ("gaps", "lesson_id"), ("lesson_results", "status"))
# Datasette finds the index of a table by this spelling of `content`.
_SEARCH = """
CREATE VIRTUAL TABLE mentions_fts USING fts5(
    sentence, section, keyword, content="mentions", tokenize="unicode61 remove_diacritics 2"
);
INSERT INTO mentions_fts(mentions_fts) VALUES ('rebuild');
"""

_VIEWS = """
-- What each hospital shows of each lesson in its latest cycle that could be assessed.
CREATE VIEW latest_status AS
SELECT hospital_key, hospital_name, system, state, chna_year, lesson_id, lesson_title, status FROM (
    SELECT *, row_number() OVER (
        PARTITION BY hospital_key, lesson_id ORDER BY status = 'not_assessed', chna_year DESC
    ) AS place FROM hospital_status
) WHERE place = 1;

-- How many hospitals show each lesson, each by its latest cycle that could be assessed.
CREATE VIEW lesson_prevalence AS
SELECT lesson_id, lesson_title,
    sum(status <> 'not_assessed') AS hospitals_assessed,
    sum(status = 'covered') AS covered, sum(status = 'planned') AS planned,
    sum(status = 'acknowledged') AS acknowledged, sum(status = 'silent') AS silent,
    round(100.0 * sum(status = 'covered') / nullif(sum(status <> 'not_assessed'), 0), 1) AS covered_percent
FROM latest_status GROUP BY lesson_id, lesson_title ORDER BY lesson_id;

-- What changed at a hospital from one cycle to the next that could be assessed.
CREATE VIEW changes_over_cycles AS
SELECT * FROM (
    SELECT hospital_key, hospital_name, lesson_id, lesson_title,
        lag(chna_year) OVER cycles AS year_before, lag(status) OVER cycles AS status_before,
        chna_year AS year_after, status AS status_after
    FROM hospital_status WHERE status <> 'not_assessed' AND chna_year IS NOT NULL
    WINDOW cycles AS (PARTITION BY hospital_key, lesson_id ORDER BY chna_year)
) WHERE status_before <> status_after;

-- The best passages for each lesson of each hospital, best first.
CREATE VIEW best_evidence AS
SELECT h.hospital_key, h.hospital_name, h.chna_year, m.lesson_id, l.title AS lesson_title, m.evidence_rank,
    m.assertion, m.confidence, m.sentence, m.file, m.page_number, m.page_label, m.section, m.rule_id, m.mention_id
FROM mentions m
JOIN document_hospitals h ON h.document_id = m.document_id
JOIN lessons l ON l.lesson_id = m.lesson_id
WHERE m.counted AND m.evidence_rank IS NOT NULL
ORDER BY h.hospital_name, h.chna_year, m.lesson_id, m.evidence_rank;

-- Lessons that peers cover and a hospital does not, those that most peers cover first.
CREATE VIEW gaps_that_peers_cover AS
SELECT hospital_name, state, chna_year, lesson_id, lesson_title, status, gap_kind, peers_covered, peers_assessed,
    peers_covered_percent, nearest_1_quote, nearest_1_why, recommendation
FROM gaps ORDER BY peers_covered_percent DESC, hospital_name, lesson_id;

-- Which rules found what.
CREATE VIEW rule_use AS
SELECT lesson_id, rule_id, sum(counted) AS counted, sum(NOT counted) AS set_aside,
    count(DISTINCT document_id) AS documents
FROM mentions GROUP BY lesson_id, rule_id ORDER BY counted DESC, rule_id;

-- Documents of which nothing, or not all, can be said. They are no gaps.
CREATE VIEW could_not_be_assessed AS
SELECT file, extraction_status, reason, hint, pages, readable_pages FROM documents WHERE NOT assessed
UNION ALL
SELECT file, slug, message, hint, NULL, NULL FROM failures WHERE document_id IS NULL;
"""


def write_sqlite(run: Run, path: Path) -> None:
    """Write the database. Raises `OutputError` where it cannot be written.

    An empty text is NULL, as it is missing in the CSV; truth is 0 or 1.
    """
    with whole_file(path) as partial, closing(sqlite3.connect(partial)) as database:
        _check_search(database)
        for table in run.schemas:
            database.execute(_create(table))
            _insert(database, table.name, len(table.columns), values_of(run.tables[table.name]))
        _describe(database, run)
        for table_name, column in _INDEXES:
            database.execute(f"CREATE INDEX {_name(f'{table_name}_{column}')} ON {table_name} ({_name(column)})")
        database.executescript(_SEARCH)
        database.execute(_hospital_status(run.lessons))
        database.executescript(_VIEWS)
        database.commit()
        database.execute("VACUUM")


def _check_search(database: sqlite3.Connection) -> None:
    options = {str(row[0]) for row in database.execute("PRAGMA compile_options")}
    if "ENABLE_FTS5" not in options:
        raise MissingDependencyError(
            "this Python's SQLite has no full-text search (FTS5)", "Use Python from python.org or your distribution."
        )


def _create(table: Table) -> str:
    parts = [f"{_name(column.name)} {_TYPES[column.type]}" for column in table.columns]
    parts.append(f"PRIMARY KEY ({_names(table.key)})")
    parts += [
        f"FOREIGN KEY ({_names(columns)}) REFERENCES {_name(target)} ({_names(columns)})"
        for columns, target in foreign_keys(table)
    ]
    return f"CREATE TABLE {_name(table.name)} ({', '.join(parts)})"


def _insert(database: sqlite3.Connection, table: str, columns: int, rows: Iterable[tuple[Value, ...]]) -> None:
    cells = ", ".join("?" * columns)
    kept = (tuple(None if value == "" else value for value in row) for row in rows)
    database.executemany(f"INSERT INTO {_name(table)} VALUES ({cells})", kept)


def _describe(database: sqlite3.Connection, run: Run) -> None:
    """Write the data dictionary and what is needed to cite the run."""
    database.execute(
        "CREATE TABLE data_dictionary (table_name TEXT, column_name TEXT, type TEXT, unit TEXT, is_key INTEGER, "
        "possible_values TEXT, meaning TEXT, PRIMARY KEY (table_name, column_name))"
    )
    columns = ((table.name, column) for table in run.schemas for column in table.columns)
    _insert(database, "data_dictionary", 7, (_entry(name, column) for name, column in columns))
    database.execute("CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT)")
    _insert(database, "run", 2, _provenance(run.manifest))


def _entry(table: str, column: Column) -> tuple[Value, ...]:
    values = ", ".join(column.values)
    return table, column.name, column.type, column.unit, column.key, values, column.description


def _provenance(manifest: Manifest) -> Iterator[tuple[str, str]]:
    # Not the settings: they may hold paths of the machine that scanned.
    for name in ("closing", "tool_version", "lexicon_name", "lexicon_version", "lexicon_hash", "started", "ended"):
        yield name, str(getattr(manifest, name))
    yield "thresholds", json.dumps(dict(manifest.thresholds))


def _hospital_status(lessons: Iterable[str]) -> str:
    """Return the view with one row a hospital, cycle and lesson: the coverage matrix, turned."""
    selects = [
        "SELECT m.hospital_key, m.hospital_name, m.system, m.state, m.chna_year, l.lesson_id, "
        f"l.title AS lesson_title, m.{_name(f'{lesson}_status')} AS status "
        f"FROM coverage_matrix m JOIN lessons l ON l.lesson_id = '{_escape(lesson)}'"
        for lesson in lessons
    ]
    return f"CREATE VIEW hospital_status AS {' UNION ALL '.join(selects)}"


def _escape(text: str) -> str:
    return text.replace("'", "''")


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _names(names: Iterable[str]) -> str:
    return ", ".join(_name(name) for name in names)
