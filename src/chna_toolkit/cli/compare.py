"""`chna compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say
from chna_toolkit.cli.peers import checked_peers
from chna_toolkit.cli.writing import check_choice, check_output, terminal_width, write_out
from chna_toolkit.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from chna_toolkit.comparison import Comparison
    from chna_toolkit.results.run import Run


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(compare)


def compare(
    base: Annotated[Path, typer.Argument(metavar="BASE", help="The folder of the run before.")],
    head: Annotated[Path | None, typer.Argument(metavar="[HEAD]", help="That of the run after.")] = None,
    cycles: Annotated[
        bool, typer.Option("--cycles", help="Within BASE, each cycle of a hospital with the one before.")
    ] = False,
    peers: Annotated[
        str | None,
        typer.Option(
            "--peers",
            metavar="all|system|state|size",
            help="Within BASE, each hospital beside the others: all, or those of its system, state or size by beds.",
        ),
    ] = None,
    hospital: Annotated[
        str,
        typer.Option(
            "--hospital", metavar="NAME", help="With --cycles or --peers: only this one, by key or part of its name."
        ),
    ] = "",
    form: Annotated[
        str,
        typer.Option(
            "--format", metavar="text|csv|csv-excel|markdown|html", help="csv also has changes without a flip."
        ),
    ] = "text",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there instead of stdout.")
    ] = None,
    max_flips: Annotated[
        int | None, typer.Option("--max-flips", metavar="N", min=0, help="Exit with 1 if more statuses flipped.")
    ] = None,
    force: options.Force = False,
) -> None:
    """Show which statuses flipped between two runs or cycles, by which passages, and why; or put peers side by side.

    BASE HEAD compares two runs, BASE --cycles the cycles of a hospital, BASE --peers state hospitals of a state.
    """
    from chna_toolkit.reports.comparison import FORMATS, headline, render_comparison
    from chna_toolkit.results.run import read_run

    check_choice("--format", form, FORMATS)
    if (head is not None) + cycles + (peers is not None) != 1 or (hospital and head):
        raise UsageError(
            "two runs are compared, the cycles of one, or its hospitals",
            "Give BASE HEAD, or BASE --cycles, or BASE --peers state.",
        )
    if peers and max_flips is not None:
        raise UsageError("--max-flips counts flips, and --peers has none", "Leave one of them out.")
    check_output(output, force=force)
    if peers:
        write_out(_beside(read_run(base), peers, hospital, form), output)
        return
    found = _flips(base, head, hospital)
    write_out(render_comparison(found, form, terminal_width(output)), output)
    if max_flips is not None and len(found.flips) > max_flips:
        say(f"{headline(found)} At most {max_flips} may.")
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _flips(base: Path, head: Path | None, hospital: str) -> Comparison:
    from chna_toolkit.comparison import compare_cycles, compare_runs
    from chna_toolkit.results.run import read_run

    return compare_runs(read_run(base), read_run(head)) if head else compare_cycles(read_run(base), hospital)


def _beside(run: Run, peers: str, hospital: str, form: str) -> str:
    """Return the hospitals of a run beside their peers; with a name only that one, in all its cycles."""
    from chna_toolkit.reports.brief import find_hospital
    from chna_toolkit.reports.peers import render_peers
    from chna_toolkit.results.view import view_of

    view = view_of(run, checked_peers(run, peers))
    shown = view.hospitals
    if hospital:
        key = find_hospital(view, hospital).key
        shown = tuple(one for one in shown if one.key == key)
    return render_peers(run, view, shown, form)
