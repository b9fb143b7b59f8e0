"""The tables as CSV for people who open it by a click: no text runs as a formula or turns into a number or date.

The run's own tables hold text exactly, for programs. These copies have what a spreadsheet wants
instead; `results.cells.protect` has the rule, `expose` undoes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from chna_toolkit.exports.excel import DICTIONARY, MOST_CHARACTERS, MOST_ROWS, dictionary, fit, sheet_names
from chna_toolkit.exports.files import whole_file
from chna_toolkit.results.cells import BOM, write_csv
from chna_toolkit.results.frames import values_of
from chna_toolkit.results.run import Run
from chna_toolkit.results.schemas import Column, Value

_READ_ME = "read_me.txt"
_DICTIONARY = "data_dictionary.csv"
RULE = f"""\
Tables of chna for spreadsheets
===============================

UTF-8 with a byte order mark, commas, line ends of Windows. data_dictionary.csv explains every column.

A spreadsheet runs a cell that begins with =, +, - or @ as a formula, and makes numbers and dates of
text such as 050001, 3-15 or 5.10. Such a text stands behind one apostrophe here; a text that has an
apostrophe before such a beginning itself has one more. To get the exact text, take one apostrophe away
from a cell that begins with an apostrophe and would, without it, be such a text.

A text longer than {MOST_CHARACTERS:,} characters, the most that a cell can hold, is cut and says so. A table longer
than {MOST_ROWS:,} rows, the most that a sheet can hold, goes on in a second file.

Do not analyse these copies by program: the tables of the run hold the same, exactly.
The workbook of `chna export RUN --excel FILE.xlsx` needs no apostrophes.
"""


def excel_csv_paths(run: Run, folder: Path) -> list[Path]:
    """Return the files that `write_excel_csv` writes."""
    tables = [f"{name}.csv" for table in run.schemas for name in sheet_names(table, len(run.tables[table.name]))]
    return [folder / name for name in (_READ_ME, *tables, _DICTIONARY)]


def write_excel_csv(run: Run, folder: Path) -> None:
    """Write the copies into a folder. The same run gives the same bytes.

    Raises `OutputError` where they cannot be written.
    """
    with whole_file(folder / _READ_ME) as partial_file:
        partial_file.write_text(BOM + RULE.replace("\n", "\r\n"), encoding="utf-8", newline="")
    for table in run.schemas:
        rows = values_of(run.tables[table.name])
        for name in sheet_names(table, len(run.tables[table.name])):
            _write(folder / f"{name}.csv", table.columns, islice(rows, MOST_ROWS))
    columns = [Column(name, "string", "") for name in DICTIONARY]
    _write(folder / _DICTIONARY, columns, dictionary(run.schemas))


def _write(path: Path, columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> None:
    with whole_file(path) as partial_file, partial_file.open("w", encoding="utf-8", newline="") as stream:
        write_csv(stream, columns, _fitted(rows), for_excel=True)


def _fitted(rows: Iterable[Sequence[Value]]) -> Iterator[list[Value]]:
    for row in rows:
        yield [fit(value, room=1) if isinstance(value, str) else value for value in row]
