"""Sheets for coders: one row a passage, one column a lesson, as CSV or as Excel with drop-downs.

Text never becomes a formula or a date: in CSV it stands behind an apostrophe where it looks like one, in
Excel it is stored as text and marked as such, so that it stays text when somebody edits the cell.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from chna_toolkit.errors import MissingDependencyError, OutputError, UsageError
from chna_toolkit.evaluation.gold import ASSERTIONS, MAYBE
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.results.cells import write_csv
from chna_toolkit.results.schemas import Column

FORMATS = (".csv", ".xlsx")
PROJECT = ".qdpx"  # for programs of qualitative analysis
SKIP = "skip"
CHOICES = (*ASSERTIONS, MAYBE)
_LONGEST = 32_767  # characters that Excel keeps in a cell
_CUT = " … [cut]"
_WIDE = {"text": 80, "prev": 30, "section": 30, "note": 30, "dispute": 40, "settled": 24}


def check_format(path: Path, *others: str) -> None:
    """Raise `UsageError` if a sheet (or a file of another ending allowed) cannot be written as the name says."""
    known = (*FORMATS, *others)
    if path.suffix.lower() not in known:
        raise UsageError(f"{path}: cannot tell the format from the name", f"End it with {' or '.join(known)}.")


def write_sheet(
    path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]], lexicon: Lexicon, *, force: bool = False
) -> None:
    """Write rows of text as CSV or Excel, by the ending. Columns called as a lesson get a drop-down of the codes.

    Raises `OutputError`, and `MissingDependencyError` without openpyxl.
    """
    check_format(path)
    if path.exists() and not force:
        raise OutputError(f"{path} exists", "Name another file with -o, or overwrite with --force.")
    data = _csv(columns, rows) if path.suffix.lower() == ".csv" else _xlsx(columns, rows, lexicon)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}", "Name another file.") from error


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    stream = io.StringIO(newline="")
    cells = ([row[name] for name in columns] for row in rows)
    write_csv(stream, [Column(name, "string", "") for name in columns], cells, for_excel=True)
    return stream.getvalue().encode()


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ImportError:
        raise MissingDependencyError(
            "Excel sheets need openpyxl", 'Run: python -m pip install "chna-toolkit[excel]", or use .csv.'
        ) from None
    return openpyxl


def _xlsx(columns: Sequence[str], rows: Sequence[Mapping[str, str]], lexicon: Lexicon) -> bytes:
    """Write a workbook: the sheet to code in, and the codebook."""
    from datetime import datetime

    openpyxl = _openpyxl()
    book = openpyxl.Workbook()
    epoch = datetime(2000, 1, 1)  # the same content is the same file
    book.properties.created = book.properties.modified = epoch
    sheet = book.active
    sheet.title = "coding"
    lessons = {lesson.id: lesson for lesson in lexicon.lessons}
    for place, name in enumerate(columns, 1):
        head = _put(sheet, 1, place, name)
        head.font = openpyxl.styles.Font(bold=True)
        head.alignment = openpyxl.styles.Alignment(wrap_text=True, vertical="top")
        letter = openpyxl.utils.get_column_letter(place)
        sheet.column_dimensions[letter].width = _WIDE.get(name, 11)
        if name in lessons:
            _add_choices(openpyxl, sheet, letter, len(rows), CHOICES, lessons[name].title, lessons[name].brief)
        elif name == SKIP:
            _add_choices(openpyxl, sheet, letter, len(rows), (SKIP,), "Not coded", "This passage was not judged.")
    for number, row in enumerate(rows, 2):
        for place, name in enumerate(columns, 1):
            cell = _put(sheet, number, place, row[name])
            cell.alignment = openpyxl.styles.Alignment(wrap_text=name in _WIDE, vertical="top")
    text = columns.index("text") + 1 if "text" in columns else 1
    sheet.freeze_panes = sheet.cell(2, text + 1)
    sheet.auto_filter.ref = sheet.dimensions
    _write_codebook(openpyxl, book.create_sheet("codebook"), lexicon)
    stream = io.BytesIO()
    book.save(stream)
    return _without_times(stream.getvalue())


def _put(sheet: Any, row: int, column: int, text: str) -> Any:
    """Write text as text, whatever it begins with."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    plain = ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)
    plain = plain if len(plain) <= _LONGEST else plain[: _LONGEST - len(_CUT)] + _CUT
    cell = sheet.cell(row, column)
    if plain:
        cell.value = plain
        cell.data_type = "s"
        cell.quotePrefix = plain[0] in "=+-@\t\r"
    return cell


def _add_choices(
    openpyxl: Any, sheet: Any, letter: str, rows: int, choices: Sequence[str], title: str, said: str
) -> None:
    rule = openpyxl.worksheet.datavalidation.DataValidation(
        type="list", formula1=f'"{",".join(choices)}"', allow_blank=True, showErrorMessage=True
    )
    rule.promptTitle, rule.prompt, rule.showInputMessage = title[:32], said[:255], True
    rule.errorTitle, rule.error = "Not a code", f"Leave it empty, or choose {', '.join(choices)}."
    rule.add(f"{letter}2:{letter}{max(rows, 1) + 1}")
    sheet.add_data_validation(rule)


def _write_codebook(openpyxl: Any, sheet: Any, lexicon: Lexicon) -> None:
    header = ("lesson", "title", "definition", "code when", "do not code when")
    widths = (8, 30, 60, 60, 60)
    for place, (name, width) in enumerate(zip(header, widths, strict=True), 1):
        _put(sheet, 1, place, name).font = openpyxl.styles.Font(bold=True)
        sheet.column_dimensions[openpyxl.utils.get_column_letter(place)].width = width
    for row, one in enumerate(lexicon.lessons, 2):
        texts = (one.id, one.title, one.definition, one.code_when, one.do_not_code_when)
        for place, text in enumerate(texts, 1):
            _put(sheet, row, place, text).alignment = openpyxl.styles.Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"


def _without_times(data: bytes) -> bytes:
    """Return a workbook whose parts bear no time of writing, so that the same content is the same file."""
    import re
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2000-01-01T00:00:00Z", part)
            new.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), part, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def read_xlsx(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of the first sheet of a workbook with their number; the first names the columns.

    Raises `UsageError`, and `MissingDependencyError` without openpyxl.
    """
    openpyxl = _openpyxl()
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        rows = book.worksheets[0].iter_rows(values_only=True)
        columns = [str(name or "").strip() for name in next(rows, ())]
        for number, row in enumerate(rows, 2):
            cells = ["" if cell is None else str(cell) for cell in row]
            if any(cells):
                yield number, {name: cell for name, cell in zip(columns, cells, strict=False) if name}
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise UsageError(f"{path} is no Excel workbook: {error}", "Save it as .xlsx or .csv.") from error
    except Exception as error:  # zipfile and XML errors of a damaged file have no common class
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{path} cannot be read: {error}", "Save it again as .xlsx or .csv.") from error
