"""`chna lexicon explain`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli.output import plain, stdout_may_close


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("explain")(explain)


def explain(
    asked: Annotated[str, typer.Argument(metavar="RULE|LESSON", help="A rule's id, or a lesson's id, number or slug.")],
    text: Annotated[str, typer.Argument(metavar="SENTENCE", help="In quotation marks; - reads it from stdin.")],
    folder: Annotated[
        Path | None, typer.Option("--lexicon", metavar="DIR", help="Another lexicon than the built-in one.")
    ] = None,
    kind: Annotated[
        str, typer.Option("--kind", metavar="KIND", help="heading, list_item, table_cell, …")
    ] = "paragraph",
    under: Annotated[
        list[str] | None, typer.Option("--under", metavar="HEADING", help="A heading above it; may be repeated.")
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option("--header", metavar="TEXT", help="A header of its cell: row, then column.")
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="text|json", help="How the result is written.")] = "text",
) -> None:
    """Say why a rule or lesson is found in a sentence or is not: part by part, with what decided."""
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.lexicon_ci.explaining import Setting, explain

    sentence = sys.stdin.read().strip() if text == "-" else text
    setting = Setting(kind, tuple(under or ()), tuple(header or ()))
    account = explain(load_lexicon(folder), asked, sentence, setting)
    with stdout_may_close():
        sys.stdout.write(plain(account.render(form)))
