"""What `--peers` may be in a finished run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chna_toolkit.errors import UsageError

if TYPE_CHECKING:
    from chna_toolkit.results.run import Run


def checked_peers(run: Run, grouping: str | None) -> str:
    """Return the grouping that was asked for; "" if none was.

    Raises `UsageError` for one that is unknown, or for which no hospital of the run has a value.
    """
    from chna_toolkit.results.peers import missing
    from chna_toolkit.results.schemas import GROUPINGS

    if grouping and grouping not in GROUPINGS:
        raise UsageError(f"--peers {grouping!r} is unknown", f"Choose one of {', '.join(GROUPINGS)}.")
    if grouping and (lacking := missing(run.tables, grouping)):
        raise UsageError(*lacking)
    return grouping or ""
