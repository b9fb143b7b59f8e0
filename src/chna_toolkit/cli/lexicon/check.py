"""`chna lexicon check`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli.output import stdout_may_close
from chna_toolkit.errors import ExitCode


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("check")(check)


def check(
    folder: Annotated[Path | None, typer.Argument(metavar="LEXICON", help="A folder; else the built-in one.")] = None,
) -> None:
    """Find every mistake in a lexicon, with file, line, rule and remedy."""
    from chna_toolkit.lexicon_ci.check import check as find
    from chna_toolkit.lexicon_ci.findings import Severity, counts

    findings = find(folder)
    with stdout_may_close():
        for one in findings:
            sys.stdout.write(f"{one.file}:{one.line}: {one.severity}: {one.message} [{one.slug}]\n")
    raise typer.Exit(ExitCode.CHECK_FAILED if counts(findings)[Severity.ERROR] else ExitCode.OK)
