"""Copies of the tables for spreadsheets: no formula, no date that was none, nothing lost; opened by LibreOffice."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from chna_toolkit.errors import ExitCode
from chna_toolkit.exports.excel import CUT, MOST_CHARACTERS
from chna_toolkit.exports.excel_csv import RULE, write_excel_csv
from chna_toolkit.results.cells import expose
from chna_toolkit.results.run import Run
from results.made_up import harbor, make_run, write


def cells(path: Path) -> list[list[str]]:
    csv.field_size_limit(2**31 - 1)
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_every_text_comes_back_exactly_and_none_is_a_formula(chna, folder, run: Run, tmp_path):
    done = chna("export", folder, "--csv-excel", tmp_path / "safe")
    assert done.code == ExitCode.OK
    hostile = 0
    for table in run.schemas:
        head, *rows = cells(tmp_path / "safe" / f"{table.name}.csv")
        assert tuple(head) == table.header
        texts = [place for place, column in enumerate(table.columns) if column.type == "string"]
        for row, known in zip(rows, run.rows(table.name), strict=True):
            for place in texts:
                assert not row[place].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
                assert expose(row[place]) == known[table.header[place]]
                hostile += row[place].startswith("'")
    assert hostile > 10  # or else this test says nothing


def test_the_tables_of_the_run_hold_text_exactly(folder, run: Run):
    sentences = {row["sentence"] for row in run.rows("mentions")}
    with (folder / "mentions.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["sentence"] for row in csv.DictReader(stream)} == sentences
    assert any(str(one).startswith("=HYPERLINK") for one in sentences)


def test_the_folder_explains_itself(folder, run: Run, chna, tmp_path):
    chna("export", folder, "--csv-excel", tmp_path, "-q", "--force")
    assert (tmp_path / "read_me.txt").read_text("utf-8-sig") == RULE
    entries = [tuple(entry[:2]) for entry in cells(tmp_path / "data_dictionary.csv")[1:]]
    assert entries == [(table.name, one.name) for table in run.schemas for one in table.columns]


def test_a_text_that_no_cell_can_hold_is_cut_and_says_so(tmp_path):
    long = "=SUM(" + "word " * 10_000
    write_excel_csv(make_run([write().fill(30).say(long).bears("L03", "=SUM(").done("a.pdf", harbor())]), tmp_path)
    head, row = cells(tmp_path / "mentions.csv")
    cell = row[head.index("sentence")]
    assert len(cell) == MOST_CHARACTERS
    assert cell.startswith("'=SUM(")
    assert cell.endswith(CUT)


def test_the_tables_of_the_run_are_not_replaced(chna, folder):
    before = (folder / "mentions.csv").read_bytes()
    assert chna("export", folder, "--csv-excel", folder, "--force").code == ExitCode.USAGE
    assert (folder / "mentions.csv").read_bytes() == before


def test_libreoffice_finds_the_same_texts_and_no_formula(run: Run, tmp_path):
    office = shutil.which("soffice")
    if not office:
        pytest.skip("needs LibreOffice (soffice)")
    openpyxl = pytest.importorskip("openpyxl", reason="needs openpyxl: pip install '.[excel]'")
    write_excel_csv(run, tmp_path)
    names = ("mentions", "documents", "coverage_matrix", "peers")
    # Comma, quote, UTF-8, …: the last token has cells read as what they look like, as when a file is opened by a click.
    filter_name = "CSV:44,34,76,1,,1033,false,true"
    subprocess.run(
        [
            office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx",
            f"--infilter={filter_name}", "--outdir", tmp_path / "read", *(tmp_path / f"{name}.csv" for name in names),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )  # fmt: skip
    for table in run.schemas:
        if table.name not in names:
            continue
        sheet = openpyxl.load_workbook(tmp_path / "read" / f"{table.name}.xlsx").active
        rows = list(sheet.iter_rows(min_row=2))
        texts = [place for place, column in enumerate(table.columns) if column.type == "string"]
        for row, known in zip(rows, run.rows(table.name), strict=True):
            assert all(cell.data_type not in ("f", "d") for cell in row)
            for place in texts:
                value = known[table.header[place]]
                read = row[place].value
                assert expose("" if read is None else str(read)) == _as_workbook(str(value)), table.header[place]


def _as_workbook(text: str) -> str:
    """Return text as a workbook can hold it: a lone carriage return is a line end there."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
