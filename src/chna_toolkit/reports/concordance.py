"""A concordance in aligned columns, as CSV, or as one HTML file."""

from __future__ import annotations

import io
from collections.abc import Sequence

from chna_toolkit.concordance import TABLE, Place
from chna_toolkit.reports.page import page, safe
from chna_toolkit.reports.words import printable
from chna_toolkit.results.cells import write_csv

FORMATS = ("text", "csv", "csv-excel", "html")
_FOUND = 60  # characters of what was found; a rule's parts may lie far apart, and CSV has it whole
_LEAST = 12  # characters of context on either side, however narrow the terminal


def render_places(places: Sequence[Place], form: str, title: str = "", width: int | None = None) -> str:
    """Return the places in one of `FORMATS`; text is fitted to a width, None for as wide as it needs."""
    if form.startswith("csv"):
        stream = io.StringIO(newline="")
        write_csv(stream, TABLE.columns, (place.values() for place in places), for_excel=form == "csv-excel")
        return stream.getvalue()
    return _html(places, title) if form == "html" else _text(places, width)


def _text(places: Sequence[Place], width: int | None) -> str:
    """Return one line a place, what was found below each other; where room is scarce, files by a number."""
    where = [_where(one) for one in places]
    files = {file: f"[{number}]" for number, file in enumerate(sorted({one.file for one in places}), 1)}
    is_short = width is not None and max(map(len, where), default=0) > max(_LEAST, width // 4)
    if is_short:
        where = [_short(one, files[one.file]) for one in places]
    texts = ([printable(text) for text in (one.left, one.keyword, one.right)] for one in places)
    rows = [(start, *rest) for start, rest in zip(where, texts, strict=True)]
    wide = [max((len(row[place]) for row in rows), default=0) for place in range(4)]
    wide[2] = min(wide[2], _FOUND)
    if width:
        wide[2] = min(wide[2], max(_LEAST, 2 * width // 5))
        side = max(_LEAST, (width - wide[0] - wide[2] - 6) // 2)
        wide[1], wide[3] = min(wide[1], side), min(wide[3], side)
    lines = [_line(row, wide) for row in rows]
    if is_short:
        lines += ["", *(f"{number} {printable(file)}" for file, number in files.items())]
    return "".join(f"{line}\n" for line in lines)


def _short(one: Place, file: str) -> str:
    """Return where a place is and what is said there, with a number for the file."""
    said = f" {one.assertion}" if one.rule else ""
    return f"{file} p. {one.page}{said}{' (aside)' if one.set_aside else ''}"


def _line(row: tuple[str, ...], wide: Sequence[int]) -> str:
    where, left, found, right = row
    cells = (
        _cut_left(where, wide[0]).ljust(wide[0]),
        _cut_left(left, wide[1]).rjust(wide[1]),
        _cut(found, wide[2]).center(wide[2]),
        _cut(right, wide[3]),
    )
    return "  ".join(cells).rstrip()


def _where(one: Place) -> str:
    said = f" {one.rule} {one.assertion}" if one.rule else ""
    aside = f" (set aside: {one.set_aside})" if one.set_aside else ""
    return printable(f"{one.file} p. {one.page}{said}{aside}")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _cut_left(text: str, width: int) -> str:
    return text if len(text) <= width else "…" + text[len(text) - width + 1 :]


def _html(places: Sequence[Place], title: str) -> str:
    rows = "".join(
        f'<tr><td class="left">{safe(one.left)}</td><td class="found"><mark>{safe(one.keyword)}</mark></td>'
        f'<td>{safe(one.right)}</td><td class="where">{safe(_where(one))}'
        f"{f'<br>{safe(one.section)}' if one.section else ''}</td></tr>\n"
        for one in places
    )
    head = "".join(
        f'<th scope="col" class="{name}">{text}</th>'
        for name, text in (("left", "Before"), ("found", "Found"), ("right", "After"), ("where", "Where"))
    )
    caption = f"<caption>{safe(title)}: {len(places):,} places</caption>"
    return page(title, f"<table>{caption}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n")
