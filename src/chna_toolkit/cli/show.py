"""`chna show` and `chna open`."""

from __future__ import annotations

import shutil
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say, stdout_may_close
from chna_toolkit.cli.peers import checked_peers
from chna_toolkit.errors import NoInputError

_WIDEST = 100  # characters; longer lines are hard to read
_Run = Annotated[Path, typer.Argument(metavar="RUN", help="The folder that a scan has written.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("show")(show)
    app.command("open")(open_)


def show(
    run: _Run,
    hospital: Annotated[str, typer.Argument(metavar="HOSPITAL", help="Part of its name, or its CCN or EIN.")],
    year: Annotated[int | None, typer.Option("--year", metavar="YEAR", help="A cycle; by default the latest.")] = None,
    evidence: Annotated[
        int, typer.Option("--evidence", metavar="N", min=0, help="Passages for each lesson; by default 1.")
    ] = 1,
    peers: options.Peers = None,
) -> None:
    """Show a hospital on the terminal: what it shows, with proof, and what it lacks, with advice."""
    from chna_toolkit.reports.brief import find_hospital, render_brief
    from chna_toolkit.results.run import read_run
    from chna_toolkit.results.view import view_of

    finished = read_run(run)
    view = view_of(finished, checked_peers(finished, peers))
    width = min(_WIDEST, shutil.get_terminal_size((80, 24)).columns)
    text = render_brief(view, find_hospital(view, hospital, year), width, evidence)
    with stdout_may_close():
        sys.stdout.write(text)


def open_(run: _Run) -> None:
    """Open the report of a run in the web browser."""
    index = (run.parent if run.is_file() else run) / "index.html"
    if not index.is_file():
        raise NoInputError(f"{index} is not there", "Write it with `chna report RUN`.")
    if not webbrowser.open(index.resolve().as_uri()):
        say(f"no browser could be started; open {index}")
