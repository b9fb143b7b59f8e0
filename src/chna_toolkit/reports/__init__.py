"""From a finished run to what people look at. Reads the run, never a PDF; one writer a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chna_toolkit.errors import OutputError

if TYPE_CHECKING:  # slow to import, and `chna --help` needs none of it
    from chna_toolkit.reports.pictures import Pictures
    from chna_toolkit.results.run import Run
    from chna_toolkit.results.view import RunView


def write_reports(
    run: Run, out: Path, peers: str = "", *, form: str = "auto", pictures: Pictures | None = None
) -> list[Path]:
    """Write `index.html` and `summary.md` into the run folder and return their paths.

    `peers` is the grouping in which hospitals stand beside each other; by default that of the scan.
    `form` is `file`, `site`, or `auto`: the HTML report is one file, with a folder `report/` of
    pages beside it, or the latter if it is large. `pictures` are shown beside what stands on them.

    Raises `OutputError` if that is impossible.
    """
    from chna_toolkit.results.view import view_of

    return write_views(view_of(run, peers), out, form=form, pictures=pictures)


def write_views(view: RunView, out: Path, *, form: str = "auto", pictures: Pictures | None = None) -> list[Path]:
    """Do the same with the view of a run."""
    from chna_toolkit.reports.markdown import render_markdown
    from chna_toolkit.reports.site import write_html
    from chna_toolkit.results.run import write_text

    try:
        index = write_html(view, out, form, pictures or {})
        write_text(out / "summary.md", render_markdown(view))
    except OSError as error:
        raise OutputError(
            f"cannot write to {out}: {error.strerror or error}", "Name another folder with -o."
        ) from error
    return [index, out / "summary.md"]
