"""`chna tag`."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import stdout_may_close
from chna_toolkit.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("tag")(tag)


def tag(
    source: Annotated[str, typer.Argument(metavar="FILE|-", help="A .jsonl, .csv or .txt file, or - for stdin.")],
    input_format: Annotated[
        str, typer.Option("--input-format", metavar="jsonl|csv|txt", help="If the name does not say it.")
    ] = "",
    text_column: Annotated[
        str, typer.Option("--text-column", metavar="NAME", help="Column of a CSV file with the text.")
    ] = "text",
    id_column: Annotated[
        str, typer.Option("--id-column", metavar="NAME", help="Column with the id; else `id`, else the row number.")
    ] = "",
    lexicon: options.LexiconFolder = None,
    select: options.Select = None,
    method: options.Method = None,
    config: options.Config = None,
) -> None:
    """Label text that is not a PDF: one line of JSON out for each unit in, in order, as a stream.

    JSON lines in: {"id": 1, "text": "...", "prev": "..."}; of a .txt file each line is a unit.
    """
    from chna_toolkit.config import load_settings
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.scan import select_lessons
    from chna_toolkit.tagging import Tagger
    from chna_toolkit.units import UnitFormat, label_units, read_units

    settings = load_settings({"lexicon": lexicon, "select": select, "method": method}, config=config)
    form = UnitFormat.of(source, input_format, text_column, id_column)
    with ExitStack() as stack:
        stream = sys.stdin.buffer if source == "-" else stack.enter_context(_open(source))
        loaded = load_lexicon(settings.lexicon)
        tagger = Tagger(loaded, select_lessons(loaded, settings.select), settings.method)
        name = "stdin" if source == "-" else source
        with stdout_may_close():
            for answers in label_units(read_units(stream, name, form), tagger):
                sys.stdout.write(answers)
                sys.stdout.flush()


def _open(source: str) -> BinaryIO:
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise UsageError(f"{source}: {error.strerror or error}", "Check the path, or use - for stdin.") from error
