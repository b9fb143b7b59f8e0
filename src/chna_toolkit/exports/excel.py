"""A workbook with all tables of a run, for people who filter and sort.

Text is written as text cells, never as a formula or link, whatever it begins with. What Excel
cannot hold is told: a cell ends with a mark where it was cut, a long table goes on in a second sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chna_toolkit.exports.files import needs, whole_file
from chna_toolkit.model import Status
from chna_toolkit.reports.words import MEANINGS
from chna_toolkit.results.frames import values_of
from chna_toolkit.results.run import Manifest, Run
from chna_toolkit.results.schemas import Column, Table, Value

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_CHARACTERS = 32_767  # of a cell
CUT = " […cut: the whole text is in the CSV]"
MOST_ROWS = 1_048_575  # of a sheet, below its header
_WIDEST = 60  # characters of a column
_LINE = 15  # points
DICTIONARY = ("sheet", "column", "type", "unit", "key", "possible values", "meaning")
_STATUSES = frozenset(status.value for status in Status)
# The colours of the HTML report: one hue, darker is more; what was not assessed is hatched.
_FILLS: dict[Status, dict[str, Any]] = {
    Status.COVERED: {"bg_color": "#14506e", "font_color": "#ffffff"},
    Status.PLANNED: {"bg_color": "#a9cfe0", "font_color": "#0b2f41"},
    Status.ACKNOWLEDGED: {"bg_color": "#d6e8f1", "font_color": "#14506e"},
    Status.SILENT: {"font_color": "#626d79"},
    Status.NOT_ASSESSED: {"pattern": 14, "fg_color": "#d5d0c5", "bg_color": "#ffffff", "font_color": "#565d64"},
}


def dictionary(tables: Iterable[Table]) -> Iterator[tuple[str, ...]]:
    """Yield what every column of the tables means, in the columns of `DICTIONARY`."""
    for table in tables:
        for one in table.columns:
            key, values = "key" if one.key else "", ", ".join(one.values)
            yield table.name, one.name, one.type, one.unit, key, values, one.description


def write_excel(run: Run, path: Path) -> None:
    """Write the workbook. The same run gives the same bytes.

    Raises `MissingDependencyError` without XlsxWriter, `OutputError` where it cannot be written.
    """
    with needs("XlsxWriter", "excel"):
        from xlsxwriter import Workbook

    with whole_file(path) as partial:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        workbook = Workbook(str(partial), {**options, "strings_to_numbers": False})
        workbook.set_properties(_properties(run.manifest))
        _Writer(workbook).write(run)
        workbook.close()


def _properties(manifest: Manifest) -> dict[str, Any]:
    ended = datetime.fromisoformat(manifest.ended).replace(tzinfo=None)
    return {"title": "Results of chna", "comments": manifest.closing, "created": ended}


class _Writer:
    """Writes the sheets of one workbook, each from its first row to its last."""

    def __init__(self, workbook: Workbook) -> None:
        self.book = workbook
        self.head = self._format(
            bold=True, bg_color="#e9e5dc", text_wrap=True, valign="vcenter", border_color="#bdb7a9"
        )
        self.head.set_bottom(1)
        self.text = self._format(valign="top")
        self.wrapped = self._format(valign="top", text_wrap=True)
        self.title = self._format(bold=True, font_size=14)
        self.bold = self._format(bold=True, valign="top")
        self.fills = {status: self._format(**fill) for status, fill in _FILLS.items()}
        self.numbers = {n: self._format(valign="top", num_format="0." + "0" * n if n else "0") for n in range(7)}

    def _format(self, **properties: Any) -> Format:
        return self.book.add_format(properties)

    def write(self, run: Run) -> None:
        sheets = [(table, name) for table in run.schemas for name in sheet_names(table, len(run.tables[table.name]))]
        self._read_me(run.manifest, sheets)
        for table in run.schemas:
            rows = values_of(run.tables[table.name])
            for name in sheet_names(table, len(run.tables[table.name])):
                self._table(name, table.columns, islice(rows, MOST_ROWS))
        self._dictionary(run.schemas)

    def _table(self, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> None:
        sheet = self.book.add_worksheet(name)
        self._header(sheet, [column.name for column in columns])
        widths = [_width(column) for column in columns]
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width, self.text)
        last = 0
        for last, row in enumerate(rows, 1):
            for place, (value, column) in enumerate(zip(row, columns, strict=True)):
                self._cell(sheet, last, place, value, column)
        sheet.freeze_panes(1, _frozen(columns))
        sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for place, column in enumerate(columns):
            if column.values and _STATUSES.issuperset(column.values):
                self._colour(sheet, max(last, 1), place)

    def _header(self, sheet: Worksheet, names: Iterable[str]) -> None:
        sheet.set_row(0, 30)
        for place, name in enumerate(names):
            sheet.write_string(0, place, name, self.head)

    def _cell(self, sheet: Worksheet, row: int, place: int, value: Value, column: Column) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, place, value, self.text)
        elif isinstance(value, (int, float)):
            sheet.write_number(row, place, value, self.numbers[column.decimals if column.type == "number" else 0])
        else:
            sheet.write_string(row, place, fit(value), self.text)

    def _colour(self, sheet: Worksheet, last: int, place: int) -> None:
        for status, fill in self.fills.items():
            rule = {"type": "cell", "criteria": "==", "value": f'"{status.value}"', "format": fill}
            sheet.conditional_format(1, place, last, place, rule)

    def _read_me(self, manifest: Manifest, sheets: Iterable[tuple[Table, str]]) -> None:
        sheet = self.book.add_worksheet("read_me")
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 100)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        lines = _Lines(sheet)
        lines.add("What the CHNAs show", "", self.title)
        sheet.set_row(0, 2 * _LINE)
        lines.add(manifest.closing, "")
        lines.skip()
        lines.add("Sheet", "What it holds", self.bold, self.bold)
        for table, name in sheets:
            lines.add(name, table.description, self.text, self.wrapped)
        lines.add("data_dictionary", "Every column of every sheet: type, unit, possible values, meaning.")
        lines.skip()
        lines.add("Status", "Meaning", self.bold, self.bold)
        for status in Status:
            lines.add(status.value, MEANINGS[status], self.fills[status])
        lines.skip()
        lines.add("Before you quote", _CAUTION, self.bold, self.wrapped)
        lines.add("Cells", _CELLS, self.bold, self.wrapped)
        lines.skip()
        for name, value in _provenance(manifest):
            lines.add(name, value, self.bold, self.wrapped)

    def _dictionary(self, tables: Iterable[Table]) -> None:
        sheet = self.book.add_worksheet("data_dictionary")
        self._header(sheet, DICTIONARY)
        for place, width in enumerate((20, 26, 10, 26, 6, 40, 100)):
            sheet.set_column(place, place, width)
        row = 0
        for row, entry in enumerate(dictionary(tables), 1):
            for place, value in enumerate(entry):
                sheet.write_string(row, place, value, self.wrapped if place > 4 else self.text)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, row, 6)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)


class _Lines:
    """Writes lines of two cells from the top."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet, self.row = sheet, 0

    def add(self, left: str, right: str, look: Format | None = None, right_look: Format | None = None) -> None:
        self.sheet.write_string(self.row, 0, fit(left), look)
        # Programs do not agree on when a row grows by itself.
        self.sheet.set_row(self.row, _LINE * max(1, -(-len(right) // 95)))
        if right:
            self.sheet.write_string(self.row, 1, fit(right), right_look)
        self.row += 1

    def skip(self) -> None:
        self.row += 1


_CAUTION = (
    "Statuses come from rules that read text. Read the passages in the sheet mentions before you rely on one, "
    "and do not count a document that could not be assessed as a gap."
)
_CELLS = (
    "An empty cell means missing. Identifiers are text and keep their leading zeros. Text stands as it is in the "
    f"document; a text longer than {MOST_CHARACTERS:,} characters, the most a cell can hold, is cut and says so."
)


def _provenance(manifest: Manifest) -> Iterator[tuple[str, str]]:
    yield "Tool", f"chna-toolkit {manifest.tool_version}"
    yield "Lexicon", f"{manifest.lexicon_name} {manifest.lexicon_version}"
    yield "Lexicon hash", manifest.lexicon_hash
    yield "Scanned", f"{manifest.started} to {manifest.ended}"
    yield "Thresholds", ", ".join(f"{name} {value}" for name, value in manifest.thresholds.items())


def fit(text: str, room: int = 0) -> str:
    """Return text as a cell can hold it with `room` for more characters; where it was cut, it says so."""
    # Excel counts UTF-16 units: a character beyond the first plane counts twice.
    most = MOST_CHARACTERS - room
    if len(text) * 2 <= most or _units(text) <= most:
        return text
    kept = text.encode("utf-16-le")[: 2 * (most - _units(CUT))]
    return kept.decode("utf-16-le", "ignore") + CUT


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def sheet_names(table: Table, rows: int) -> list[str]:
    """Return the names of the sheets that a table with so many rows takes."""
    parts = max(1, -(-rows // MOST_ROWS))
    return [table.name, *(f"{table.name}_{part}" for part in range(2, parts + 1))]


def _width(column: Column) -> float:
    head = min(len(column.name) + 4, 24)  # with room for the filter's button
    if column.values:
        return max(head, *(len(value) + 2 for value in column.values))
    if column.type != "string":
        return max(head, 9)
    if column.name in ("sha256", "lexicon_hash"):
        return 18
    is_short = column.unit or column.key or column.name in ("ccn", "ein", "state", "page_label", "slug", "file")
    return min(_WIDEST, max(head, 16 if is_short else 36))


def _frozen(columns: Sequence[Column]) -> int:
    """Return how many columns stay in sight: as far as the hospital's name, where it is among the first."""
    names = [column.name for column in columns[:4]]
    return names.index("hospital_name") + 1 if "hospital_name" in names else 0
