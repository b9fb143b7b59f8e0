"""The workbook: whole, filterable, and never a formula."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import pytest

from chna_toolkit.errors import ExitCode
from chna_toolkit.model import Status
from chna_toolkit.results import schemas
from chna_toolkit.results.run import Run
from results.made_up import harbor, make_run, write

openpyxl = pytest.importorskip("openpyxl", reason="needs openpyxl, to read workbooks: pip install '.[test-exports]'")
pytest.importorskip("xlsxwriter", reason="needs XlsxWriter: pip install '.[excel]'")

from chna_toolkit.exports.excel import CUT, MOST_CHARACTERS, fit, write_excel  # noqa: E402


@pytest.fixture(scope="module")
def path(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("excel") / "results.xlsx"
    write_excel(run, path)
    return path


@pytest.fixture(scope="module")
def book(path: Path):
    return openpyxl.load_workbook(path)


def plain(cell: object) -> object:
    """A cell or value as it would be compared: empty is missing, control characters unescaped."""
    text = openpyxl.utils.escape.unescape(cell) if isinstance(cell, str) else cell
    return None if text == "" else text


def test_every_table_is_a_sheet_with_all_its_values(run: Run, book):
    assert book.sheetnames == ["read_me", *(table.name for table in run.schemas), "data_dictionary"]
    for table in run.schemas:
        rows = list(book[table.name].iter_rows(values_only=True))
        assert rows[0] == table.header
        found = run.rows(table.name)
        assert len(rows) == 1 + len(found)
        for row, cells in zip(found, rows[1:], strict=True):
            for name, cell in zip(table.header, cells, strict=True):
                assert plain(cell) == plain(row[name]), (table.name, name)


def test_no_cell_is_a_formula_or_a_link(run: Run, book):
    hostile = [row["sentence"] for row in run.rows("mentions") if str(row["sentence"]).startswith(("=", "+", "-"))]
    assert len(hostile) == 3  # or else this test says nothing
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate)
                assert cell.hyperlink is None
    place = schemas.MENTIONS.header.index("sentence")
    assert set(hostile) <= {plain(row[place]) for row in book["mentions"].iter_rows(values_only=True)}


def test_identifiers_keep_their_leading_zeros(book):
    values = [row[:6] for row in book["coverage_matrix"].iter_rows(values_only=True)]
    assert any("05001F" in row and "012345678" in row for row in values)


def test_headers_stay_in_sight_and_filter(run: Run, book):
    for table in run.schemas:
        sheet = book[table.name]
        assert sheet.freeze_panes and sheet.freeze_panes.endswith("2")
        assert sheet.auto_filter.ref.startswith("A1:")
    assert book["coverage_matrix"].freeze_panes == "D2"  # the hospital's name stays as well


def test_statuses_are_filled_by_status(run: Run, book):
    rules = book["coverage_matrix"].conditional_formatting
    assert {rule.formula[0] for area in rules for rule in area.rules} == {f'"{status}"' for status in Status}
    assert len(list(rules)) == len(run.lessons)
    assert len(list(book["gaps"].conditional_formatting)) == 1
    assert len(list(book["mentions"].conditional_formatting)) == 0


def test_the_dictionary_explains_every_column(run: Run, book):
    rows = list(book["data_dictionary"].iter_rows(min_row=2, max_col=2, values_only=True))
    assert rows == [(table.name, column.name) for table in run.schemas for column in table.columns]


def test_the_first_sheet_says_what_this_is(run: Run, book):
    texts = {cell for row in book["read_me"].iter_rows(values_only=True) for cell in row if cell}
    assert run.manifest.closing in texts
    assert run.manifest.lexicon_hash in texts
    assert {status.value for status in Status} <= texts


def test_what_a_cell_cannot_hold_is_cut_and_says_so():
    assert fit("a" * MOST_CHARACTERS) == "a" * MOST_CHARACTERS
    for text in ("a" * 40_000, "\N{GRINNING FACE}" * 20_000, "a" + "\N{GRINNING FACE}" * 20_000):
        short = fit(text)
        assert short.endswith(CUT)
        assert len(short.encode("utf-16-le")) // 2 in (MOST_CHARACTERS - 1, MOST_CHARACTERS)


def test_a_long_table_goes_on_in_a_second_sheet(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("chna_toolkit.exports.excel.MOST_ROWS", 100)
    write_excel(run, tmp_path / "long.xlsx")
    book = openpyxl.load_workbook(tmp_path / "long.xlsx")
    parts = [name for name in book.sheetnames if name.startswith("lesson_results")]
    assert parts == ["lesson_results", "lesson_results_2"]
    assert sum(book[name].max_row - 1 for name in parts) == len(run.tables["lesson_results"])
    assert [book[name]["A1"].value for name in parts] == ["document_id"] * 2


def test_the_same_run_gives_the_same_bytes(run: Run, path: Path, tmp_path: Path):
    write_excel(run, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()


def test_any_number_of_lessons(tmp_path: Path):
    small = make_run([write().shows(1, 3).done("a.pdf", harbor(), lessons=("L01", "L03"))])
    write_excel(small, tmp_path / "small.xlsx")
    header = next(openpyxl.load_workbook(tmp_path / "small.xlsx")["coverage_matrix"].iter_rows(values_only=True))
    assert [name for name in header if name.endswith("_status")] == ["L01_status", "L03_status"]


def test_the_command_does_not_overwrite_unasked(chna, folder: Path, tmp_path: Path):
    target = tmp_path / "new" / "out.xlsx"
    done = chna("export", folder, "--excel", target)
    assert (done.code, done.out) == (ExitCode.OK, "")
    assert "out.xlsx" in done.err
    assert chna("export", folder, "--excel", target).code == ExitCode.OUTPUT
    assert chna("export", folder, "--excel", target, "--force", "-q").err == ""
    assert [path.name for path in target.parent.iterdir()] == ["out.xlsx"]


def test_an_export_of_nothing_is_a_usage_error(chna, folder: Path):
    assert chna("export", folder).code == ExitCode.USAGE


def test_a_missing_package_is_named_with_its_remedy(chna, folder: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "xlsxwriter", None)
    done = chna("export", folder, "--excel", tmp_path / "out.xlsx")
    assert done.code == ExitCode.MISSING_DEPENDENCY
    assert "chna-toolkit[excel]" in done.err


@pytest.mark.slow
def test_libreoffice_opens_it(run: Run, path: Path, tmp_path: Path):
    office = shutil.which("soffice")
    if not office:
        pytest.skip("needs LibreOffice (soffice)")
    form = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [office, profile, "--headless", "--convert-to", form, "--outdir", str(tmp_path / "csv"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for table in run.schemas:
        with (tmp_path / "csv" / f"results-{table.name}.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        assert tuple(rows[0]) == table.header
        assert len(rows) - 1 == len(run.tables[table.name])
    with (tmp_path / "csv" / "results-mentions.csv").open(encoding="utf-8", newline="") as stream:
        sentences = [row["sentence"] for row in csv.DictReader(stream)]
    assert any(one.startswith("=HYPERLINK(") for one in sentences)
