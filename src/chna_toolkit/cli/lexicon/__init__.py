"""The command group `chna lexicon`: one module a command."""

from __future__ import annotations

import typer

from chna_toolkit.cli.lexicon import check, diff, draft, explain, export, new, schema, stats, test

_COMMANDS = (new, check, test, explain, stats, diff, draft, export, schema)  # in the order of the help


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Check, test, compare and export a lexicon.", no_args_is_help=True, rich_markup_mode=None)
    for command in _COMMANDS:
        command.register(group)
    app.add_typer(group, name="lexicon")
