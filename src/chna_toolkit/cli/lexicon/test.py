"""`chna lexicon test`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli.lexicon.sharing import FailOn, Formats, Output, finish
from chna_toolkit.cli.output import say

_LEXICON = "A folder or a shipped lexicon; else the built-in one."


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("test")(test)


def test(
    folder: Annotated[Path | None, typer.Argument(metavar="LEXICON", help=_LEXICON)] = None,
    select: Annotated[
        str | None, typer.Option("--select", metavar="L01,L05", help="Examples of these lessons alone.")
    ] = None,
    keyword: Annotated[
        str, typer.Option("-k", metavar="TEXT", help="Examples alone whose place, text or rule has this in it.")
    ] = "",
    mutate: Annotated[
        bool, typer.Option("--mutate", help="Drop or weaken each rule in turn: some example must notice.")
    ] = False,
    survivors: Annotated[
        bool, typer.Option("--survivors", help="With --mutate, list the weakened rules that no example notices.")
    ] = False,
    texts: Annotated[
        list[Path] | None,
        typer.Option("--texts", metavar="GOLD", help="With --mutate, labelled .jsonl texts that may notice, too."),
    ] = None,
    form: Formats = "text",
    output: Output = None,
    fail_on: FailOn = "error",
) -> None:
    """Test a lexicon by its own examples: all that fails at once, and what no example exercises.

    Each example is judged as written and in variants: line breaks, capitals, plural or a bullet
    must change nothing, "no", "plans to" and "should" must change the assertion. Exit code 1 if
    something fails.
    """
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.lexicon_ci.corpus import labelled_texts
    from chna_toolkit.lexicon_ci.testing import examine
    from chna_toolkit.scan import select_lessons

    lexicon = load_lexicon(folder)
    lessons = select_lessons(lexicon, select.split(",")) if select else None
    report = examine(
        lexicon,
        lessons,
        keyword=keyword,
        mutants=mutate,
        survivors=survivors,
        texts=labelled_texts(texts or ()).gold,
        progress=_progress if mutate and sys.stderr.isatty() else None,
    )
    finish(report, form, output, fail_on)


def _progress(done: int, total: int) -> None:
    if done % 200 == 0:
        say(f"mutant {done:,} of {total:,}")
