"""`chna lesson`."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import stdout_may_close

_WIDEST = 100  # characters; longer lines are hard to read


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("lesson")(lesson)


def lesson(
    key: Annotated[str | None, typer.Argument(metavar="LESSON", help="Id, number or slug; without it, a list.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="The entries of all lessons.")] = False,
    as_json: options.AsJson = False,
    lexicon: options.LexiconFolder = None,
) -> None:
    """Show the codebook entry of a lesson: what it means, when to code it, when not, examples."""
    from chna_toolkit.codebook import entry, entry_text, list_text
    from chna_toolkit.config import load_settings
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.scan import select_lessons

    loaded = load_lexicon(load_settings({"lexicon": lexicon}).lexicon)
    wanted = select_lessons(loaded, [key] if key and not everything else [])
    lessons = tuple(one for one in loaded.lessons if one.id in wanted)
    width = min(_WIDEST, shutil.get_terminal_size((80, 24)).columns)
    if as_json:
        entries = [entry(one) for one in lessons]
        text = json.dumps(entries if len(entries) > 1 else entries[0], indent=2, ensure_ascii=False) + "\n"
    elif key or everything:
        text = "\n".join(entry_text(one, width) for one in lessons)
    else:
        text = list_text(lessons, width)
    with stdout_may_close():
        sys.stdout.write(text)
