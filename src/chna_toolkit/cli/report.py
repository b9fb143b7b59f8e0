"""`chna report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import stdout_may_close
from chna_toolkit.cli.peers import checked_peers

if TYPE_CHECKING:
    from chna_toolkit.results.run import Run
    from chna_toolkit.storage import Place


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that a scan has written.")],
    peers: options.Peers = None,
    quiet: options.Quiet = False,
) -> None:
    """Render the reports of a finished run again. No PDF is opened."""
    from chna_toolkit.reports import write_reports
    from chna_toolkit.results.run import MANIFEST, read_run

    finished, out = read_run(run), run.parent if run.name == MANIFEST else run
    write_reports(finished, out, checked_peers(finished, peers))
    if not quiet:
        show_run(finished, out)


def show_run(run: Run, out: Place) -> None:
    """Write the summary table, the closing sentence and where the report stands to stdout."""
    from chna_toolkit.reports.terminal import print_summary
    from chna_toolkit.results.summary import ocr_sentence
    from chna_toolkit.results.view import view_of

    index = (out / "index.html").as_posix() if isinstance(out, Path) else out / "index.html"
    ocr = ocr_sentence(run.manifest)
    with stdout_may_close():
        print_summary(view_of(run), sys.stdout)
        sys.stdout.write(f"\n{ocr}\n" if ocr else "\n")
        sys.stdout.write(f"{run.manifest.closing} Report: {index}\n")
