"""Shares of a count with their uncertainty."""

from __future__ import annotations

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
