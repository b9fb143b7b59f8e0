"""Options and endings that the commands of `chna lexicon` share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from chna_toolkit.cli.output import plain, say, stdout_may_close
from chna_toolkit.errors import ExitCode, OutputError, UsageError

if TYPE_CHECKING:
    from chna_toolkit.lexicon_ci.formats import Report

Formats = Annotated[
    str, typer.Option("--format", metavar="text|json|junit|github|sarif|markdown", help="How the result is written.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there; stdout then has the text format.")
]
FailOn = Annotated[
    str, typer.Option("--fail-on", metavar="error|warning|note", help="The least severity that makes exit code 1.")
]


def finish(report: Report, form: str, output: Path | None, fail_on: str = "error") -> NoReturn:
    """Write a report and end: exit code 1 if it fails."""
    from chna_toolkit.lexicon_ci.findings import Severity
    from chna_toolkit.lexicon_ci.formats import render

    if fail_on not in list(Severity):
        raise UsageError(f"unknown severity {fail_on!r}", f"Choose one of: {', '.join(Severity)}.")
    text = render(report, form)
    if output:
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_text(text, "utf-8")
        except OSError as error:
            raise OutputError(f"{output}: {error.strerror or error}", "Name another file with --output.") from error
        say(f"{output} written")
        text = render(report, "text")
    with stdout_may_close():
        sys.stdout.write(plain(text))
    raise typer.Exit(ExitCode.CHECK_FAILED if report.fails(Severity(fail_on)) else ExitCode.OK)
