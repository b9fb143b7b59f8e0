"""`chna lexicon check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chna_toolkit.cli.lexicon.sharing import Formats, Output, finish
from chna_toolkit.cli.output import say
from chna_toolkit.errors import ExitCode

if TYPE_CHECKING:
    from chna_toolkit.lexicon_ci.check import Checked
    from chna_toolkit.lexicon_ci.formats import Report


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("check")(check)


def check(
    folder: Annotated[
        Path | None, typer.Argument(metavar="LEXICON", help="A folder or a shipped lexicon; else the built-in one.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="First put right what changes no match: long lists, phrases listed twice.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 for warnings as well.")] = False,
    examples: Annotated[
        bool, typer.Option("--examples/--no-examples", help="Look which rules no example exercises.")
    ] = True,
    form: Formats = "text",
    output: Output = None,
) -> None:
    """Find every mistake in a lexicon, with file, line, rule and remedy.

    Findings are errors, warnings or notes; `allow` in the lexicon leaves one out, with a reason.
    Exit code 0; 1 for errors; 2 for a lexicon that cannot be used.
    """
    from chna_toolkit.lexicon_ci.check import check as find
    from chna_toolkit.lexicon_ci.fix import fix as put_right

    found = find(folder, run_examples=examples)
    if fix and found.is_valid:
        for file in put_right(found.findings):
            say(f"{file} fixed")
        found = find(folder, run_examples=examples)
    try:
        finish(_report(found), form, output, "warning" if strict else "error")
    except typer.Exit as end:
        raise (end if found.is_valid else typer.Exit(ExitCode.USAGE)) from None


def _report(found: Checked) -> Report:
    from chna_toolkit.lexicon_ci.formats import Report

    allowed = f"{found.allowed:,} more findings are allowed in the lexicon, each with its reason."
    summary = (allowed,) if found.allowed else ()
    return Report(command="check", lexicon=found.name, findings=found.findings, summary=summary)
