"""`chna export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say
from chna_toolkit.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that a scan has written.")],
    excel: Annotated[
        Path | None, typer.Option("--excel", metavar="FILE.xlsx", help="One workbook with all tables. Extra: [excel].")
    ] = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a finished run in the formats of other programs. No PDF is opened but for --qdpx."""
    from chna_toolkit.exports.files import check_free
    from chna_toolkit.results.run import read_run

    targets = [path for path in (excel,) if path]
    if not targets:
        raise UsageError("nothing to export", "Say what, such as --excel results.xlsx.")
    for path in targets:
        check_free(path, force=force)
    finished = read_run(run)
    if excel:
        from chna_toolkit.exports.excel import write_excel

        write_excel(finished, excel)
    if not quiet:
        for path in targets:
            say(f"written: {path}")
