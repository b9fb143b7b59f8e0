"""`chna train`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import stdout_may_close
from chna_toolkit.errors import OutputError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train")(train)


def train(
    gold: Annotated[list[Path], typer.Argument(metavar="GOLD...", help="Coded text, JSON lines.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the model.")],
    without: Annotated[
        str, typer.Option("--without", metavar="PARTS", help="Parts to leave out, such as held, or check,held.")
    ] = "",
    lexicon: options.LexiconFolder = None,
) -> None:
    """Train the learned layer of the tagger on coded text and the lexicon's examples.

    Needs scikit-learn: pip install "chna-toolkit[train]". The same input gives the same files. To
    measure a model, train it --without held and evaluate it on that part.
    """
    from chna_toolkit.config import load_settings
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.training import read_material, train

    loaded = load_lexicon(load_settings({"lexicon": lexicon}).lexicon)
    material, facts = read_material(gold, loaded, [part.strip() for part in without.split(",") if part.strip()])
    training = train(loaded, material, facts)
    try:
        training.model.save(output)
    except OSError as error:
        raise OutputError(f"{output}: {error.strerror or error}", "Choose a folder that can be written.") from error
    with stdout_may_close():
        for name, figures in training.out_of_fold():
            sys.stdout.write(f"{name}: {figures}\n")
        sys.stdout.write(f"{output}: {len(training.model.words)} words and pairs, ")
        sys.stdout.write(f"{len(training.model.classes)} classes, lexicon {loaded.hash[:12]}\n")
