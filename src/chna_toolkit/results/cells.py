"""Values to CSV text and back, without loss; and a way to write text that no spreadsheet reads as something else."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TextIO

from chna_toolkit.results.schemas import Column, Value

# What a spreadsheet runs as a formula, or would if white space before it were lost. The wide signs are typed in Asia.
_FORMULA = re.compile(r"'*+[\s\x00]*[=+@\t\r\n＝＋－＠-]")
# What it shows as a number, date or time of its own making, such as 050001, 3-15, 1e5, (12), 5.10; but not 12 or 6.25.
_SIGNS = r"[\d\s.,:;/%()$€£eE+\-–]*"
_NUMBER = re.compile(rf"'*+(?!(?:0|[1-9]\d{{0,8}})(?:\.\d{{0,8}}[1-9])?\Z){_SIGNS}?\d{_SIGNS}(?:[aApP][mM]?)?")
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_AROUND = r"[\d\s.,:/-]*"
_DATE = re.compile(rf"'*+(?:\d{_AROUND}{_MONTH}{_AROUND}|{_MONTH}{_AROUND}?\d{_AROUND})", re.IGNORECASE)
_TRUTH = re.compile(r"'*+(?:true|false)", re.IGNORECASE)
_BETWEEN_NAMES = re.compile(r"(?<!\\);")
_QUOTED = re.compile(r'[",\r\n]')
BOM = "\ufeff"


def protect(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula, number, date or truth value.

    A text that already has apostrophes before such a beginning gets one more, so that
    `expose` undoes exactly this.
    """
    return f"'{text}" if _is_misread(text) else text


def expose(cell: str) -> str:
    """Undo `protect`."""
    return cell[1:] if cell.startswith("'") and _is_misread(cell[1:]) else cell


def _is_misread(text: str) -> bool:
    if _FORMULA.match(text):
        return True
    return any(one.fullmatch(text) for one in (_NUMBER, _DATE, _TRUTH))


def join_names(names: Iterable[str]) -> str:
    """Return several names as one text; a `;` within a name is written `\\;`."""
    return ";".join(name.replace(";", "\\;") for name in names)


def split_names(text: str) -> list[str]:
    """Undo `join_names`."""
    return [name.replace("\\;", ";") for name in _BETWEEN_NAMES.split(text) if name]


def tidy(value: Value, column: Column) -> Value:
    """Return the value as its column holds it: numbers rounded, text that UTF-8 can carry."""
    if value is None:
        return "" if column.type == "string" else None
    if column.type == "string":
        text = str(value)
        if text.isascii():
            return text
        try:
            text.encode()
        except UnicodeEncodeError:  # half a surrogate pair, from a broken font table, must not stop the run
            return text.encode("utf-8", "replace").decode("utf-8")
        return text
    if column.type == "number":
        return round(float(value), column.decimals) + 0.0  # + 0.0 turns -0.0 into 0.0
    return bool(value) if column.type == "boolean" else int(value)


def write_csv(
    stream: TextIO, columns: Sequence[Column], rows: Iterable[Sequence[Value]], *, for_excel: bool = False
) -> None:
    """Write header and rows. `stream` must not translate line ends (`newline=""`).

    Text stands exactly as it is; with `for_excel` as `protect` gives it, behind a byte order mark and
    with the line ends of Windows, which is what a spreadsheet wants of a file that is opened by a click.
    """
    end = "\r\n" if for_excel else "\n"
    stream.write((BOM if for_excel else "") + ",".join(column.name for column in columns) + end)
    to_text = [_to_text(column, for_excel) for column in columns]
    for row in rows:
        stream.write(",".join([write(value) for write, value in zip(to_text, row, strict=True)]) + end)


def read_csv(stream: TextIO, columns: Sequence[Column]) -> Iterator[list[Value]]:
    """Yield the rows with the types of the columns, of a file that was not written for Excel.

    Raises `ValueError` if the header is another or a cell has another type.
    """
    csv.field_size_limit(2**31 - 1)  # a run-on table cell can pass the default of 131,072
    reader = csv.reader(stream)
    header = next(reader, [])
    expected = [column.name for column in columns]
    if header != expected:
        raise ValueError(f"columns are {header}, not {expected}")
    try:
        for row in reader:
            if len(row) != len(columns):
                raise ValueError(f"{len(row)} cells instead of {len(columns)}")
            yield [_from_text(cell, column) for cell, column in zip(row, columns, strict=True)]
    except (csv.Error, ValueError, KeyError) as error:
        raise ValueError(f"line {reader.line_num}: {error}") from error


def _to_text(column: Column, for_excel: bool) -> Callable[[Value], str]:
    """Return what writes the cells of a column."""
    if column.type == "string":
        return _protected if for_excel else _quoted
    if column.type == "number":
        return lambda value: "" if value is None else f"{value:.{column.decimals}f}"
    return lambda value: "" if value is None else str(value).lower()


def _protected(value: Value) -> str:
    return "" if value is None else _quoted(protect(str(value)))


def _quoted(value: Value) -> str:
    text = "" if value is None else str(value)
    # csv.writer leaves a lone carriage return bare, and reading then breaks the row.
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _from_text(cell: str, column: Column) -> Value:
    if column.values and cell not in column.values:
        raise ValueError(f"{column.name} cannot be {cell!r}")
    if column.type == "string":
        return cell
    if cell == "":
        return None
    if column.type == "boolean":
        return {"true": True, "false": False}[cell]
    return int(cell) if column.type == "integer" else float(cell)
