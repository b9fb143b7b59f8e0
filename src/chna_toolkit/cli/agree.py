"""`chna agree`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say, stdout_may_close


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("agree")(agree)


def agree(
    coders: Annotated[
        list[Path], typer.Argument(metavar="A B [C...]", help="A file a coder: .csv, .xlsx or .jsonl, the same ids.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="What they say together: .jsonl, .csv or .xlsx."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Key of the sample: adds documents and weights.")
    ] = None,
    maybe: Annotated[
        str, typer.Option("--maybe", metavar="no|open|yes", help="What a maybe is taken for; open: no rating.")
    ] = "no",
    form: Annotated[str, typer.Option("--format", metavar="text|json|csv|markdown", help="How to write.")] = "text",
    worst: Annotated[int, typer.Option("--worst", metavar="N", min=0, help="Disagreements shown.")] = 20,
    quotes: Annotated[bool, typer.Option("--quotes/--no-quotes", help="Whether their text is shown.")] = True,
    resamples: Annotated[int, typer.Option("--resamples", metavar="N", min=1, help="For the intervals.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the resamples.")] = 15,
    lexicon: options.LexiconFolder = None,
    force: options.Force = False,
    config: options.Config = None,
) -> None:
    """Say how far coders agree, where they do not, and what they say together.

    Percent agreement, Cohen's and Fleiss' kappa, Gwet's AC1 and Krippendorff's alpha, by lesson and over all.
    In the file of -o what all give is a label, what some give is maybe; the column `settled` is for a decision
    such as "L03 practice; L05 no". `chna evaluate` and `chna train` take it.
    """
    from chna_toolkit.config import load_settings
    from chna_toolkit.evaluation.coding import adjudicated, compare_coders, read_coders
    from chna_toolkit.evaluation.coding_report import render, write_adjudicated
    from chna_toolkit.lexicon import load_lexicon

    loaded = load_lexicon(load_settings({"lexicon": lexicon}, config=config).lexicon)
    read = read_coders(coders, key)
    text = render(compare_coders(read, loaded, resamples, seed, maybe), form, worst, quotes=quotes)
    if output:
        write_adjudicated(output, adjudicated(read, loaded), loaded, force=force)
    with stdout_may_close():
        sys.stdout.write(text)
    if output:
        say(f"together: {output}")
