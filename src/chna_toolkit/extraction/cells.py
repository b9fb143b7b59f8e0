"""What a table is made of: cells with the rows and columns they span."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from chna_toolkit.extraction.words import Line, Word

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_WITH_UNIT = re.compile(r"[-–<>≤≥~$]?\s?\d[\d.,]*\s?[^\W\d]{1,4}\.?")
Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Cell:
    """One cell, with the rows and columns it spans (0-based, end exclusive)."""

    box: Box
    rows: tuple[int, int]
    columns: tuple[int, int]
    lines: list[Line] = field(default_factory=list)
    rest: list[Line] = field(default_factory=list)  # of the same cell, on the next page
    row_header: str = ""
    column_header: str = ""
    header: bool = False

    @property
    def text(self) -> str:
        """The words as they stand."""
        return " ".join(line.text for line in [*self.lines, *self.rest])


@dataclass(slots=True)
class Table:
    """Cells row by row. `edges` are the columns' left edges in points."""

    box: Box
    cells: list[Cell]
    rows: int
    columns: int
    edges: tuple[float, ...]
    head: int = 0  # how many rows are column headers; 0 until that is known


def is_number(text: str) -> bool:
    """Whether a cell shows a figure, also one with its unit, rather than words; years may be a header."""
    rest = _YEAR.sub("", text)
    digits = sum(c.isdigit() for c in rest)
    return digits > sum(c.isalpha() for c in rest) or bool(_WITH_UNIT.fullmatch(rest))


def holds(box: Box, word: Word) -> bool:
    """Whether the middle of a word lies in a box."""
    x, y = (word.x0 + word.x1) / 2, (word.top + word.bottom) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]
