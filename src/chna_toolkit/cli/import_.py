"""`chna import`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say
from chna_toolkit.errors import NoInputError, UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_)


def import_(
    project: Annotated[Path, typer.Argument(metavar="CODED.qdpx", help="A project from a program for coding.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the gold, one file a coder.")
    ],
    coder: Annotated[
        list[str] | None,
        typer.Option("--coder", metavar="NAME", help="Only this coder, may be repeated; by default all but the tool."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also texts that the coder coded nothing in: they were read and bear nothing.")
    ] = False,
    lexicon: options.LexiconFolder = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Take what people coded as gold, in JSON lines for evaluate, agree and train.

    A code is a lesson if its name begins with the lesson's id or is its title; sub-codes practice,
    plan, call, lack and maybe say how.
    """
    from chna_toolkit.config import load_settings
    from chna_toolkit.exports.files import check_free
    from chna_toolkit.exports.qda import TOOL, coders_of, gold_of, write_gold
    from chna_toolkit.exports.refi import read_qdpx
    from chna_toolkit.lexicon import load_lexicon

    lessons = load_lexicon(load_settings({"lexicon": lexicon}).lexicon).lessons
    read = read_qdpx(project)
    there = coders_of(read)
    if unknown := [name for name in coder or () if name not in there]:
        raise UsageError(f"nobody called {unknown[0]!r} coded anything", f"There are: {', '.join(there) or 'none'}.")
    chosen = coder or [name for name in there if not name.startswith(TOOL)]
    if not chosen:
        hint = f"If you reviewed its codings, take them with --coder {there[0]!r}." if there else "Code something."
        raise NoInputError(f"{project}: nobody but the tool coded anything", hint)
    paths = {name: output / f"{_plain(name)}.jsonl" for name in chosen}
    if len(set(paths.values())) < len(paths):
        raise UsageError("two coders would have the same file", "Take them one by one with --coder.")
    for path in paths.values():
        check_free(path, force=force)
    for name, path in paths.items():
        rows = list(gold_of(read, [name], lessons, everything))
        write_gold(rows, path)
        if not quiet:
            say(f"{path}: {len(rows)} units, {sum(len(row['labels']) for row in rows)} labels by {name or 'no name'}")


def _plain(name: str) -> str:
    """Return a name as a file may have it."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "coder"
