"""What goes along with the reading of a document: how far it is, what it costs, what it leaves out.

The reader tells its watch which page it is at before it touches it, so that whoever ends the
process knows which page did not end; and asks whether there is time for another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from chna_toolkit.model import Box, Kind

AFTER_PAGES = 0  # told as page when all are read: what follows regards the whole document


class Loss(StrEnum):
    """Why a page could not be read, in an attempt that went on without it, or ended there."""

    TIME = "time"
    MEMORY = "memory"
    CRASH = "crash"
    FILE = "file"  # it is not in the file, which was cut off or damaged


# Warnings of documents of which limits left pages out.
CUT = {f"cut_by_{loss}" for loss in (Loss.TIME, Loss.MEMORY, Loss.CRASH)}


@dataclass(frozen=True, slots=True)
class Aside:
    """Text that stands on a page and in no passage, or an unusual decision about it, with the reason."""

    page: int
    reason: str
    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a table."""

    page: int
    cells: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A block of text on one page, in reading order; `continues` one that began on the page or in the column before."""

    page: int
    kind: Kind
    level: int  # of a heading
    box: Box
    continues: bool


class Watch:
    """Goes along with one attempt to read a document.

    `seconds` are left for reading pages. `lost` says which pages ended earlier attempts and are not
    to be tried again, and with `end` none from that page on is. `told` hears the number of each
    page before it is read, `allowed` how many seconds more (or, below 0, less) the reading may take
    than its limits say. With `explains` every decision to leave text out is kept in `asides`,
    the blocks of text in `pieces`, and the tables' cells in `grids`.
    """

    def __init__(
        self,
        *,
        seconds: float = inf,
        lost: Mapping[int, Loss] | None = None,
        end: int = 0,
        told: Callable[[int], None] | None = None,
        allowed: Callable[[float], None] | None = None,
        explains: bool = False,
    ) -> None:
        self.lost = dict(lost or {})
        self.explains = explains
        self.asides: list[Aside] = []
        self.grids: list[Grid] = []
        self.pieces: list[Piece] = []
        self.costs: dict[str, float] = {}  # CPU seconds by stage
        self._end = end
        self._deadline = time.monotonic() + seconds
        self._told = told
        self._allowed = allowed
        self._last = time.process_time()

    def may_read(self, page: int) -> bool:
        """Whether to read the page now: not if it is known to be fatal, nor if the time is over."""
        if self._end and page >= self._end:
            self.lost.setdefault(page, self.lost[self._end])
        if page in self.lost:
            return False
        if time.monotonic() > self._deadline:
            self.lost[page] = Loss.TIME
            return False
        if self._told:
            self._told(page)
        return True

    @contextmanager
    def apart(self, most: float) -> Iterator[None]:
        """Let what is done inside take up to `most` seconds of its own, which the limits do not count."""
        start = time.monotonic()
        self._allow(most)
        try:
            yield
        finally:
            self._allow(min(0.0, time.monotonic() - start - most))

    def _allow(self, seconds: float) -> None:
        self._deadline += seconds
        if self._allowed:
            self._allowed(seconds)

    def has_read_pages(self) -> None:
        """Tell that what follows regards the whole document."""
        if self._told:
            self._told(AFTER_PAGES)

    def lap(self, stage: str, more: float = 0.0) -> None:
        """Charge the CPU time since the last lap to a stage, and `more` (seconds of a child process)."""
        now = time.process_time()
        self.costs[stage] = self.costs.get(stage, 0.0) + now - self._last + more
        self._last = now

    def aside(self, page: int, reason: str, text: str, box: Box) -> None:
        """Keep a decision, if anybody asked for explanations."""
        if self.explains:
            self.asides.append(Aside(page, reason, text, box))

    def piece(self, page: int, kind: Kind, level: int, box: Box, continues: bool) -> None:
        """Keep a block of text, if anybody asked for explanations."""
        if self.explains:
            self.pieces.append(Piece(page, kind, level, box, continues))

    def grid(self, page: int, cells: Sequence[Box]) -> None:
        """Keep the cells of a table, if anybody asked for explanations."""
        if self.explains:
            self.grids.append(Grid(page, tuple(cells)))
