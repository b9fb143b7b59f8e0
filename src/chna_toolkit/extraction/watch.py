"""What goes along with the reading of a document: how far it is, what it costs, what it leaves out.

The reader tells its watch which page it is at before it touches it, so that whoever ends the
process knows which page did not end; and asks whether there is time for another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from chna_toolkit.model import Box

AFTER_PAGES = 0  # told as page when all are read: what follows regards the whole document


class Loss(StrEnum):
    """Why a page could not be read, in an attempt that went on without it, or ended there."""

    TIME = "time"
    MEMORY = "memory"
    CRASH = "crash"


CUT = {f"cut_by_{loss}" for loss in Loss}  # warnings of documents of which limits left pages out


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


class Watch:
    """Goes along with one attempt to read a document.

    `seconds` are left for reading pages. `lost` says which pages ended earlier attempts and are not
    to be tried again, and with `end` none from that page on is. `told` hears the number of each
    page before it is read. With `explains` every decision to leave text out is kept in `asides`,
    and the tables' cells in `grids`.
    """

    def __init__(
        self,
        *,
        seconds: float = inf,
        lost: Mapping[int, Loss] | None = None,
        end: int = 0,
        told: Callable[[int], None] | None = None,
        explains: bool = False,
    ) -> None:
        self.lost = dict(lost or {})
        self.explains = explains
        self.asides: list[Aside] = []
        self.grids: list[Grid] = []
        self.costs: dict[str, float] = {}  # CPU seconds by stage
        self._end = end
        self._deadline = time.monotonic() + seconds
        self._told = told
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

    def grid(self, page: int, cells: Sequence[Box]) -> None:
        """Keep the cells of a table, if anybody asked for explanations."""
        if self.explains:
            self.grids.append(Grid(page, tuple(cells)))
