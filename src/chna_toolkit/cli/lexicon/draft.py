"""`chna lexicon draft`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import plain, say, stdout_may_close
from chna_toolkit.errors import UsageError

if TYPE_CHECKING:
    from chna_toolkit.config import Settings
    from chna_toolkit.evaluation.documents import Resolved


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("draft")(draft)


def draft(
    gold: Annotated[
        list[Path],
        typer.Option("--from", metavar="GOLD", help="Coded text: .jsonl, .csv or .xlsx; may be repeated."),
    ],
    folder: Annotated[
        Path | None, typer.Argument(metavar="LEXICON", help="A folder or a shipped lexicon; else the built-in one.")
    ] = None,
    documents: Annotated[
        list[str] | None,
        typer.Option("--documents", metavar="DIR", help="PDFs (and .txt) that keyed gold speaks of; may be repeated."),
    ] = None,
    select: options.Select = None,
    part: Annotated[
        str,
        typer.Option(
            "--part", metavar="read|check|both", help="Part of the gold that proposals come from; never held."
        ),
    ] = "read",
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="Proposals for each lesson.")] = 5,
    least: Annotated[
        int, typer.Option("--least", metavar="N", min=1, help="Coded texts that each must put right, on balance.")
    ] = 3,
    form: Annotated[str, typer.Option("--format", metavar="text|json", help="How the result is written.")] = "text",
    jobs: options.Jobs = None,
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Propose phrases, class members, rules and exclusions that coded texts suggest. Edits nothing.

    Each proposal has been tried: no example fails with it, and you see which texts it puts right and
    which it spoils, with the lines to paste. Texts of the part `check` are counted and not shown.
    """
    from chna_toolkit.config import load_settings
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.lexicon_ci.draft_text import render
    from chna_toolkit.lexicon_ci.drafting import draft as propose
    from chna_toolkit.scan import select_lessons

    if form not in ("text", "json"):
        raise UsageError(f"unknown format {form!r}", "Choose text or json.")
    given = {"jobs": jobs, "cache_dir": cache_dir, "cache": False if no_cache else None}
    settings = load_settings({name: value for name, value in given.items() if value is not None})
    lexicon = load_lexicon(folder)
    lessons = select_lessons(lexicon, select.split(",")) if select else None
    found = propose(
        lexicon,
        _resolved(gold, tuple(documents or ()), settings),
        lessons,
        part=part,
        top=top,
        least=least,
        progress=say if sys.stderr.isatty() else lambda _: None,
    )
    with stdout_may_close():
        sys.stdout.write(plain(render(found, form)))


def _resolved(gold: list[Path], documents: tuple[str, ...], settings: Settings) -> Resolved:
    """Return the coded texts, those that are keyed with their text; what is held back is dropped first."""
    from chna_toolkit.cli.evaluate import find_text, load_units
    from chna_toolkit.evaluation.documents import Resolved
    from chna_toolkit.evaluation.gold import split_of

    units = [unit for unit in load_units(gold)[0] if split_of(unit.id) != "held"]
    if documents:
        return find_text(units, documents, settings)
    if keyed := [unit for unit in units if not unit.text]:
        raise UsageError(
            f"{len(keyed):,} units of the gold have no text of their own, such as {keyed[0].id}",
            "Name the folder of their documents with --documents.",
        )
    nowhere = [None] * len(units)
    return Resolved(units, list(nowhere), list(nowhere))
