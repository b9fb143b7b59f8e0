"""From a finished run to what people look at. Reads the run, never a PDF; one writer a file."""

from __future__ import annotations

from pathlib import Path

from chna_toolkit.errors import OutputError
from chna_toolkit.results.run import Run


def write_reports(run: Run, out: Path, peers: str = "") -> list[Path]:
    """Write `index.html` and `summary.md` into the run folder and return their paths.

    `peers` is the grouping in which hospitals stand beside each other; by default that of the scan.

    Raises `OutputError` if that is impossible.
    """
    # jinja2 and pandas are slow to import, and `chna --help` needs neither.
    from chna_toolkit.reports.html import render_html
    from chna_toolkit.reports.markdown import render_markdown
    from chna_toolkit.results.run import write_text
    from chna_toolkit.results.view import view_of

    view = view_of(run, peers)
    paths = []
    try:
        for name, render in (("index.html", render_html), ("summary.md", render_markdown)):
            write_text(out / name, render(view))
            paths.append(out / name)
    except OSError as error:
        raise OutputError(
            f"cannot write to {out}: {error.strerror or error}", "Name another folder with -o."
        ) from error
    return paths
