"""Small tables as text for a terminal and as Markdown. Text of documents is untrusted in both."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

FEW = 10  # documents


@dataclass(frozen=True, slots=True)
class Section:
    """A table, or lines, under a title."""

    title: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()  # before the table
    left: int = 1  # columns from the left that hold words


def number(value: float, decimals: int = 2) -> str:
    """Return a figure, – where it is undefined."""
    return "–" if isnan(value) else f"{round(value, decimals) + 0.0:.{decimals}f}"


def spread_note(resamples: int, clusters: int, seed: int) -> str:
    """Say how intervals were made, and warn where documents are too few for them."""
    few = "; so few documents make them a rough guide" if clusters < FEW else ""
    return f"95 % intervals by {resamples:,} resamples of {clusters:,} documents or single passages (seed {seed}){few}"


def count(value: float) -> str:
    """Return a count, with a decimal only where it was weighted."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def between(interval: tuple[float, float] | None) -> str:
    """Return a confidence interval."""
    return "" if interval is None or isnan(interval[0]) else f"{number(interval[0])}–{number(interval[1])}"


def shortened(text: str, width: int) -> str:
    """Return the text on one line, without control characters, cut to a width."""
    line = " ".join("".join(char if unicodedata.category(char)[0] != "C" else " " for char in text).split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def as_text(sections: Sequence[Section]) -> str:
    """Return sections for a terminal."""
    parts = []
    for section in sections:
        lines = [section.title, *section.lines] if section.title else list(section.lines)
        if section.header:
            table = [section.header, *section.rows]
            widths = [max(len(row[place]) for row in table) for place in range(len(section.header))]
            lines += [_aligned(row, widths, section.left) for row in table]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _aligned(row: tuple[str, ...], widths: Sequence[int], left: int) -> str:
    last = len(row) - 1
    cells = [
        (cell if place == last and place < left else cell.ljust(width)) if place < left else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  " + "  ".join(cells).rstrip()


def as_markdown(sections: Sequence[Section]) -> str:
    """Return sections as Markdown."""
    parts = []
    for section in sections:
        lines = [f"### {section.title}", ""] if section.title else []
        lines += [f"{_cell(line)}  " for line in section.lines]
        if section.header:
            lines += [""] if section.lines else []
            lines.append("| " + " | ".join(section.header) + " |")
            marks = ("---" if place < section.left else "---:" for place in range(len(section.header)))
            lines.append("| " + " | ".join(marks) + " |")
            lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in section.rows]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    """No mark-up of its own."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("[", "\\[")
    return plain.replace("`", "\\`").replace("*", "\\*").replace("_", "\\_")
