"""`datapackage.json`: what it says of the tables is true, says the library that others would use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chna_toolkit.results.datapackage import DATAPACKAGE, foreign_keys
from chna_toolkit.results.run import Run, write_run
from chna_toolkit.results.schemas import tables
from results.made_up import harbor, make_run, write


@pytest.fixture
def validate():
    """Validation by the frictionless library: gives the errors."""
    frictionless = pytest.importorskip("frictionless", reason="needs frictionless: pip install '.[test-exports]'")

    def errors(folder: Path) -> list[str]:
        report = frictionless.validate(str(folder / DATAPACKAGE))
        return [f"{one[0]} {one[1]}" for one in report.flatten(["type", "message"])]

    return errors


def test_frictionless_finds_the_package_valid(folder: Path, validate):
    assert validate(folder) == []


def test_every_table_and_column_is_described(folder: Path, run: Run):
    package = json.loads((folder / DATAPACKAGE).read_text("utf-8"))
    found = {one["name"]: [field["name"] for field in one["schema"]["fields"]] for one in package["resources"]}
    assert found == {table.name: list(table.header) for table in run.schemas}
    assert all(field["description"] for one in package["resources"] for field in one["schema"]["fields"])
    assert all(one["schema"]["primaryKey"] for one in package["resources"])


@pytest.mark.parametrize(
    ("name", "old", "new", "error"),
    [
        ("lesson_results", ",covered,", ",shown,", "constraint-error"),
        ("lesson_results", ",true,", ",maybe,", "type-error"),
        ("lesson_results", ",L02,", ",L99,", "foreign-key"),
        ("documents", "size_bytes", "size", "incorrect-label"),
        ("lessons", "L02,", "L01,", "primary-key"),
        ("lessons", "L02,", "L02 ,", "hash-count"),
    ],
)
def test_frictionless_sees_what_is_wrong(folder: Path, validate, name: str, old: str, new: str, error: str):
    path = folder / f"{name}.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    package = json.loads((folder / DATAPACKAGE).read_text("utf-8"))
    if error != "hash-count":  # of a changed file, nothing else is looked at
        for resource in package["resources"]:
            del resource["hash"], resource["bytes"]
    (folder / DATAPACKAGE).write_text(json.dumps(package), encoding="utf-8")
    assert any(one.startswith(error) for one in validate(folder))


def test_tables_without_rows_are_valid_too(tmp_path: Path, validate):
    empty = make_run([])
    write_run(tmp_path, empty.tables, empty.manifest)
    assert validate(tmp_path) == []


def test_any_number_of_lessons(tmp_path: Path, validate):
    small = make_run([write().shows(1, 3).done("a.pdf", harbor(), lessons=("L01", "L03"))])
    write_run(tmp_path, small.tables, small.manifest)
    assert validate(tmp_path) == []
    fields = json.loads((tmp_path / DATAPACKAGE).read_text("utf-8"))["resources"][0]["schema"]["fields"]
    assert [one["name"] for one in fields if one["name"].endswith("_status")] == ["L01_status", "L03_status"]


def test_what_points_where():
    found = {table.name: {target: columns for columns, target in foreign_keys(table)} for table in tables(())}
    assert found["mentions"] == {"documents": ("document_id",), "lessons": ("lesson_id",)}
    assert found["gaps"]["coverage_matrix"] == ("hospital_key", "chna_year")
    assert found["documents"] == found["lessons"] == found["coverage_matrix"] == {}


def test_it_holds_no_path_of_the_machine(folder: Path):
    text = (folder / DATAPACKAGE).read_text("utf-8")
    assert "/home/somebody" not in text
    assert "../pdfs" not in text
