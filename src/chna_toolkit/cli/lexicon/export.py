"""`chna lexicon export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli.output import say, stdout_may_close
from chna_toolkit.errors import OutputError


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("export")(export)


def export(
    folder: Annotated[
        Path | None, typer.Argument(metavar="LEXICON", help="A folder or a shipped lexicon; else the built-in one.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="markdown|csv|qdc", help="qdc: a codebook for NVivo, ATLAS.ti, MAXQDA.")
    ] = "markdown",
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Else to stdout.")] = None,
) -> None:
    """Write the codebook: what each lesson means, when it is coded, when not, examples.

    The codes of a .qdc have lasting identifiers, so that codings made with it can be brought together.
    """
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.lexicon_ci.export import export as write

    text = write(load_lexicon(folder), form)
    if output:
        try:
            output.write_text(text, "utf-8")
        except OSError as error:
            raise OutputError(f"{output}: {error.strerror or error}", "Name another file with --output.") from error
        say(f"{output} written")
    else:
        with stdout_may_close():
            sys.stdout.write(text)
