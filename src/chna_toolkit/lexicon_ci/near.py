"""Did you mean: the name next to one that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest_name(asked: str, known: Iterable[str]) -> str:
    """Return the known name that is most like the one asked for; "" if none is near."""
    return next(iter(difflib.get_close_matches(asked, list(known), n=1)), "")
