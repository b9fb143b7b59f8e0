"""Shares of a count with their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

_Z = 1.959964  # 95 %


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval (0..1) of a share; (0, 1) of nothing."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    # At the ends the interval touches them; rounding must not push it beyond.
    return (0.0 if hits == 0 else middle - half), (1.0 if hits == of else middle + half)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a hospital's peers cover a lesson."""

    group: str  # what makes them peers, such as "OH"; "" for all, or if it is not known
    assessed: int
    covered: int
    joint: int  # of those assessed, how many share a document with the hospital
    why_none: str  # why there is nobody to compare with; "" if there is

    @property
    def percent(self) -> float | None:
        """The share that covers it; None of nobody."""
        return 100 * self.covered / self.assessed if self.assessed else None

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """Its 95 % Wilson interval in percent; None of nobody."""
        if not self.assessed:
            return None, None
        low, high = wilson(self.covered, self.assessed)
        return 100 * low, 100 * high
