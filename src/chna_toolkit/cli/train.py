"""`chna train`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.evaluate import Documents, find_text
from chna_toolkit.cli.output import say, stdout_may_close
from chna_toolkit.errors import OutputError, UsageError

if TYPE_CHECKING:
    from chna_toolkit.config import Settings
    from chna_toolkit.evaluation.gold import GoldUnit
    from chna_toolkit.tagging.learned import Model


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train")(train)


def train(
    gold: Annotated[list[Path], typer.Argument(metavar="GOLD...", help="Coded text: .jsonl, .csv or .xlsx.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the model.")],
    without: Annotated[
        str, typer.Option("--without", metavar="PARTS", help="Parts to leave out, such as held, or check,held.")
    ] = "",
    documents: Documents = None,
    encoder: Annotated[
        Path | None, typer.Option("--encoder", metavar="FILE", help="Join it with this encoder, for --method encoder.")
    ] = None,
    encoder_blind: Annotated[
        Path | None,
        typer.Option("--encoder-blind", metavar="FILE", help="The same encoder, trained without the part check."),
    ] = None,
    joined_as: Annotated[
        Path | None,
        typer.Option("--joined-as", metavar="DIR", help="Or: weigh it as this model weighs the one it went on from."),
    ] = None,
    lexicon: options.LexiconFolder = None,
    jobs: options.Jobs = None,
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
    config: options.Config = None,
) -> None:
    """Train the learned layer of the tagger on coded text and the lexicon's examples.

    Needs scikit-learn: pip install "chna-toolkit[train]". The same input gives the same files. To
    measure a model, train it --without held and evaluate it on that part.
    """
    given = options.given(locals(), but="output")
    _check(encoder, encoder_blind, joined_as)
    from chna_toolkit.config import load_settings
    from chna_toolkit.evaluation import load_gold
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.tagging.encoder import load_encoder
    from chna_toolkit.tagging.learned import load_model
    from chna_toolkit.training import read_material, rejoined, train

    settings = load_settings(given, config=config)
    loaded = load_lexicon(settings.lexicon)

    def load(path: Path) -> list[GoldUnit]:
        return _with_text(load_gold(path), path, tuple(documents or ()), settings)

    parts = [part.strip() for part in without.split(",") if part.strip()]
    material, facts = read_material(gold, loaded, parts, load)
    encoders = (load_encoder(encoder), load_encoder(encoder_blind)) if encoder and encoder_blind else None
    training = train(loaded, material, facts, encoders)
    model = training.model
    if encoder and joined_as:
        model = rejoined(model, load_encoder(encoder), load_model(joined_as))
    _save(model, encoder, output)
    with stdout_may_close():
        for name, figures in training.out_of_fold():
            sys.stdout.write(f"{name}: {figures}\n")
        sys.stdout.write(f"{output}: {len(model.words)} words and pairs, ")
        sys.stdout.write(f"{len(model.classes)} classes, lexicon {loaded.hash[:12]}\n")


def _with_text(units: list[GoldUnit], path: Path, documents: tuple[str, ...], settings: Settings) -> list[GoldUnit]:
    if not documents or all(unit.text for unit in units):
        return units  # what has its text is learned from as it is written
    found = find_text(units, documents, settings)
    for note in found.notes:
        say(f"{path.name}: {note}")
    return found.units


def _check(encoder: Path | None, encoder_blind: Path | None, joined_as: Path | None) -> None:
    if (encoder is not None) != ((encoder_blind is None) != (joined_as is None)):
        raise UsageError(
            "--encoder goes with --encoder-blind or --joined-as", "Make encoders with tools/train_encoder.py."
        )


def _save(model: Model, encoder: Path | None, output: Path) -> None:
    """Write a model with the encoder that it reads with."""
    from chna_toolkit.tagging.encoder import FILE

    try:
        model.save(output)
        if encoder and encoder.resolve() != (output / FILE).resolve():
            shutil.copyfile(encoder, output / FILE)
    except OSError as error:
        raise OutputError(f"{output}: {error.strerror or error}", "Choose a folder that can be written.") from error
