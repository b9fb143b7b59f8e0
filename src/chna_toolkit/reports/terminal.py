"""The summary table on the terminal: one row a hospital, one character a lesson."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from typing import TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from chna_toolkit.model import Status
from chna_toolkit.reports.words import SIGNS, WORDS, cycle, is_guess, printable, shown
from chna_toolkit.results.view import HospitalView, RunView

_STYLES = {
    Status.COVERED: "bold green",
    Status.PLANNED: "cyan",
    Status.ACKNOWLEDGED: "yellow",
    Status.SILENT: "dim",
    Status.NOT_ASSESSED: "dim",
}
_NAME = 18  # least width of the hospital's name
_MOST = 40  # hospitals shown on a terminal; a pipe gets all


def print_summary(view: RunView, stream: TextIO) -> None:
    """Write the summary table to a stream: coloured and fitted to a terminal, else plain and in full."""
    if stream.isatty():
        width = shutil.get_terminal_size().columns
        stream.write(summary_table(view, width=width, colour=True, most=_MOST))
    else:
        stream.write(summary_table(view))


def summary_table(view: RunView, width: int | None = None, colour: bool = False, most: int | None = None) -> str:
    """Return the table with its legend, ending in a line end.

    `width` in characters, `None` for as wide as it needs. Lessons stand in one narrow column
    each, with upright numbers where the terminal is too small for two digits side by side.
    """
    hospitals = view.hospitals[:most]
    longest = max((cell_len(_name(hospital)) for hospital in hospitals), default=0)
    wanted = max(longest, _NAME)
    step = 3
    is_wide = width is not None and 2 + wanted + 2 + 5 + 2 + 5 + 1 + 3 * len(view.lessons) > width
    if is_wide or any(lesson.number > 99 for lesson in view.lessons):
        step = 2
    fixed = 2 + 6 + 6 + 1 + step * len(view.lessons)
    room = wanted if width is None else max(_NAME, min(wanted, width - fixed))
    lines = [*_head(view, room, step), *(_row(hospital, room, step) for hospital in hospitals)]
    if len(hospitals) < len(view.hospitals):
        lines.append(Text(f"{len(view.hospitals) - len(hospitals)} more in coverage_matrix.csv", "dim"))
    lines += [Text(), *_legend(view, width)]
    return _render(lines, colour)


def _head(view: RunView, room: int, step: int) -> list[Text]:
    """Return the column heads: `01 02 …` or, in narrow columns, the digits one above the other."""
    digits = max(2, *(len(str(lesson.number)) for lesson in view.lessons), 0)
    numbers = [f"{lesson.number:0{digits}}" for lesson in view.lessons]
    names = f"{set_cell_size('Hospital', room)}  Cycle Shown"
    if step == 3:
        return [Text(f"{names}  {' '.join(numbers)}", "bold")]
    blank = " " * cell_len(names)
    before = [blank] * (digits - 1)
    return [
        Text(f"{start}  {' '.join(number[place] for number in numbers)}", "bold")
        for place, start in enumerate((*before, names))
    ]


def _row(hospital: HospitalView, room: int, step: int) -> Text:
    line = Text(_fit(_name(hospital), room))
    line.append(f"  {cycle(hospital):<5} {shown(hospital):>5}  ")
    for finding in hospital.findings:
        line.append(SIGNS[finding.status].ljust(step), _STYLES[finding.status])
    line.rstrip()
    return line


def _name(hospital: HospitalView) -> str:
    return printable(hospital.name) + (" (incomplete)" if hospital.is_incomplete and hospital.is_assessed else "")


def _fit(text: str, room: int) -> str:
    """Pad or cut to a width in terminal cells, which wide characters fill twice."""
    return set_cell_size(text, room) if cell_len(text) <= room else set_cell_size(text, room - 1) + "…"


def _legend(view: RunView, width: int | None) -> list[Text]:
    line = Text()
    for status in Status:
        line.append(SIGNS[status], _STYLES[status])
        line.append(f" {WORDS[status]}   ")
    line.rstrip()
    notes = [line]
    if any(is_guess(hospital) for hospital in view.hospitals):
        notes.append(Text("~ cycle guessed from the document; name it in hospitals.csv", "dim"))
    if not all(hospital.is_known for hospital in view.hospitals):
        notes.append(Text("a file name: its hospital is not known; name it in hospitals.csv", "dim"))
    return [*notes, *_names(view, width)]


def _names(view: RunView, width: int | None) -> list[Text]:
    """Return which lesson each number is, as many side by side as fit."""
    names = [f"{lesson.number:02} {lesson.name}" for lesson in view.lessons]
    if not names:
        return []
    wide = max(len(name) for name in names) + 2
    across = max(1, min(3, (width or 100) // wide))
    down = -(-len(names) // across)
    return [Text("".join(name.ljust(wide) for name in names[row::down]).rstrip(), "dim") for row in range(down)]


def _render(lines: Sequence[Text], colour: bool) -> str:
    if not colour:
        return "".join(f"{line.plain}\n" for line in lines)
    stream = io.StringIO()
    # Text is never parsed for markup; nor may rich colour numbers in hospital names.
    console = Console(file=stream, force_terminal=True, width=10_000, highlight=False, markup=False)
    for line in lines:
        console.print(line, soft_wrap=True)
    return stream.getvalue()
