"""Python's collector of cycles, kept out of the way where it has nothing to find."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_RARE = 200_000  # objects made between two looks


@contextmanager
def no_collection() -> Iterator[None]:
    """Spare looking for cycles where very many small values are made and none is part of one."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def rare_collection() -> Iterator[None]:
    """Look for cycles seldom where many small values are made, few of them part of one, and there is no bound."""
    before = gc.get_threshold()
    gc.set_threshold(max(_RARE, before[0]) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
