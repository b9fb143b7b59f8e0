"""CSV cells: the tables hold text exactly; the copies for spreadsheets hold what none of them misreads."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chna_toolkit.results.cells import expose, protect, read_csv, tidy, write_csv
from chna_toolkit.results.schemas import Column, Value

TEXT = Column("text", "string", "")
COLUMNS = (TEXT, Column("n", "integer", ""), Column("x", "number", "", decimals=2), Column("b", "boolean", ""))

# Texts of the characters that matter to CSV, spreadsheets and terminals, and any others.
# What begins a formula, also behind white space that a program may strip.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")

hostile = st.text(st.sampled_from("'=+-@\t\r\n,\"a1| \u202e\x00\x1b") | st.characters(codec="utf-8"))


def csv_text(columns: Sequence[Column], rows: Iterable[Sequence[Value]], *, for_excel: bool = False) -> str:
    stream = io.StringIO(newline="")
    write_csv(stream, columns, rows, for_excel=for_excel)
    return stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("https://evil.example","open")',
        "+1 000 residents",
        "@SUM(A1)",
        "-2+3+cmd|' /C calc'!A0",
        "- Expand the mobile clinic",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "-5",
        "050001",  # a CCN would lose its zero
        "123456789012",  # a document_id, shown as 1.23E+11
        "12345e678901",
        "3-15",  # a span, turned into the 15th of March
        "1/2",
        "7:30 pm",
        "5.10",
        "(12)",
        "$1,200",
        "Mar-24",
        "12 March 2024",
        "TRUE",
    ],
)
def test_text_that_a_spreadsheet_would_run_or_misread_stands_behind_an_apostrophe(text: str) -> None:
    assert protect(text) == f"'{text}"
    assert expose(protect(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "plain", "'quoted'", "12", "0", "6.25", "a=b", "'twas = so", "L10", "A-1", "iv", "May", "3rd floor",
        "Dr. Decker said 12", "May they thrive in 2024",
    ],
)  # fmt: skip
def test_other_text_is_exact(text: str) -> None:
    assert protect(text) == text
    assert expose(text) == text


def test_an_apostrophe_of_the_text_itself_survives() -> None:
    assert protect("'=1") == "''=1"
    assert expose("''=1") == "'=1"


@given(hostile)
def test_protection_is_undone_exactly(text: str) -> None:
    assert expose(protect(text)) == text
    assert not protect(text).startswith(FORMULA)
    assert not protect(text).lstrip().startswith(FORMULA)


@given(st.text(st.sampled_from("'0123456789.,:/-+eE%() aApPmMTRUEfalsjnov"), max_size=12))
def test_so_is_that_of_numbers_dates_and_times(text: str) -> None:
    assert expose(protect(text)) == text


@pytest.mark.parametrize("char", [*"'= 1,a\n", "May ", "1 ", "' "])
def test_long_text_takes_no_time(char: str) -> None:
    start = time.process_time()
    protect(char * 100_000)
    assert time.process_time() - start < 1


values = st.tuples(hostile, st.none() | st.integers(), st.none() | st.floats(-1e9, 1e9), st.none() | st.booleans())


@given(st.lists(values, max_size=5))
def test_rows_come_back_as_they_were_written(rows: list[tuple[Value, ...]]) -> None:
    tidied = [[tidy(value, column) for value, column in zip(row, COLUMNS, strict=True)] for row in rows]
    text = csv_text(COLUMNS, tidied)
    assert list(read_csv(io.StringIO(text, newline=""), COLUMNS)) == tidied
    # Any other reader of CSV sees the same cells.
    cells = list(csv.reader(io.StringIO(text, newline="")))
    assert [row[0] for row in cells[1:]] == [row[0] for row in tidied]


@given(st.lists(values, max_size=5))
def test_for_excel_no_text_is_a_formula_and_each_comes_back(rows: list[tuple[Value, ...]]) -> None:
    tidied = [[tidy(value, column) for value, column in zip(row, COLUMNS, strict=True)] for row in rows]
    text = csv_text(COLUMNS, tidied, for_excel=True)
    assert text.startswith("\ufefftext,")
    cells = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))[1:]
    assert not any(row[0].startswith(FORMULA) for row in cells)
    assert [expose(row[0]) for row in cells] == [row[0] for row in tidied]


def test_for_excel_lines_end_as_on_windows() -> None:
    assert csv_text(COLUMNS[:2], [("a", 1), ("b", None)], for_excel=True) == "\ufefftext,n\r\na,1\r\nb,\r\n"


def test_numbers_have_a_fixed_number_of_decimals_and_missing_is_empty() -> None:
    text = csv_text(COLUMNS, [("a", 1, 0.5, True), ("", None, None, False), ("b", 0, 0.001, True)])
    rows = ["text,n,x,b", "a,1,0.50,true", ",,,false", "b,0,0.00,true"]
    assert text == "\n".join(rows) + "\n"
    assert tidy(-0.001, COLUMNS[2]) == 0.0
    assert str(tidy(-0.001, COLUMNS[2])) == "0.0"


def test_text_that_utf8_cannot_carry_does_not_stop_the_run() -> None:
    assert tidy("broken \udc80 name", TEXT) == "broken ? name"


def test_another_header_or_type_is_an_error() -> None:
    with pytest.raises(ValueError, match="columns are"):
        list(read_csv(io.StringIO("text,other\n"), COLUMNS))
    with pytest.raises(ValueError, match="invalid literal"):
        list(read_csv(io.StringIO("text,n,x,b\na,many,,\n"), COLUMNS))


def test_a_cell_may_be_longer_than_the_csv_module_allows() -> None:
    long = "word " * 40_000
    text = csv_text((TEXT,), [(long,)])
    assert list(read_csv(io.StringIO(text), (TEXT,))) == [[long]]
