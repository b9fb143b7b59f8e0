"""`chna lexicon new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli.output import say


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("new")(new)


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty or not there yet.")],
    extends: Annotated[
        str, typer.Option("--extends", metavar="LEXICON", help="What it builds on: a shipped lexicon, or ../folder.")
    ] = "builtin",
    framework: Annotated[
        bool, typer.Option("--framework", help="Begin lessons of your own instead of adding to the 15.")
    ] = False,
) -> None:
    """Begin a lexicon of your own: first files that pass check and test, and the schema for your editor."""
    from chna_toolkit.lexicon_ci.new import new as begin

    for file in begin(folder, extends=extends, framework=framework):
        say(f"{file} written")
    say(f"Edit them, then: chna lexicon check {folder}; chna lexicon test {folder}")
