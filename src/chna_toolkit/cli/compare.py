"""`chna compare`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say, stdout_may_close
from chna_toolkit.errors import ExitCode, UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(compare)


def compare(
    base: Annotated[Path, typer.Argument(metavar="BASE", help="The folder of the run before.")],
    head: Annotated[Path | None, typer.Argument(metavar="[HEAD]", help="That of the run after.")] = None,
    cycles: Annotated[
        bool, typer.Option("--cycles", help="Within BASE, each cycle of a hospital with the one before.")
    ] = False,
    hospital: Annotated[
        str,
        typer.Option("--hospital", metavar="NAME", help="With --cycles: only this one, by key or part of its name."),
    ] = "",
    form: Annotated[
        str,
        typer.Option("--format", metavar="text|csv|markdown|html", help="csv also has changes without a flip."),
    ] = "text",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there instead of stdout.")
    ] = None,
    max_flips: Annotated[
        int | None, typer.Option("--max-flips", metavar="N", min=0, help="Exit with 1 if more statuses flipped.")
    ] = None,
    force: options.Force = False,
) -> None:
    """Show which statuses flipped between two runs, by which passages, and why; or between cycles."""
    from chna_toolkit.comparison import compare_cycles, compare_runs
    from chna_toolkit.exports.files import check_free, whole_file
    from chna_toolkit.reports.comparison import FORMATS, headline, render_comparison
    from chna_toolkit.results.run import read_run

    if form not in FORMATS:
        raise UsageError(f"--format {form!r} is unknown", f"Choose one of {', '.join(FORMATS)}.")
    if cycles == (head is not None) or (hospital and not cycles):
        raise UsageError("two runs or the cycles of one are compared", "Give BASE HEAD, or BASE --cycles.")
    if output:
        check_free(output, force=force)
    found = compare_runs(read_run(base), read_run(head)) if head else compare_cycles(read_run(base), hospital)
    text = render_comparison(found, form)
    if output:
        with whole_file(output) as partial:
            partial.write_text(text, encoding="utf-8", newline="")
    else:
        with stdout_may_close():
            sys.stdout.write(text)
    if max_flips is not None and len(found.flips) > max_flips:
        say(f"{headline(found)} At most {max_flips} may.")
        raise typer.Exit(ExitCode.CHECK_FAILED)
