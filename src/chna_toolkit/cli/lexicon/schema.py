"""`chna lexicon schema`."""

from __future__ import annotations

import sys

import typer

from chna_toolkit.cli.output import stdout_may_close


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("schema")(schema)


def schema() -> None:
    """Print the JSON Schema of lexicon files, with which editors complete and check them."""
    from chna_toolkit.lexicon.schema import schema_text

    with stdout_may_close():
        sys.stdout.write(schema_text())
