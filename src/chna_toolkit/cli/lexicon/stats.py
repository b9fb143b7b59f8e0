"""`chna lexicon stats`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import plain, stdout_may_close


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("stats")(stats)


def stats(
    corpus: Annotated[
        Path, typer.Argument(metavar="CORPUS|RUN", help="PDFs, a run folder, or a labelled .jsonl file.")
    ],
    gold: Annotated[
        Path | None, typer.Option("--gold", metavar="FILE", help="Labelled texts, for precision and recall.")
    ] = None,
    lexicon: options.LexiconFolder = None,
    hospitals: Annotated[
        Path | None, typer.Option("--hospitals", metavar="FILE", help="hospitals.csv, as for a scan.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="text|json|csv|markdown", help="How the result is written.")
    ] = "text",
    every: Annotated[bool, typer.Option("--all", help="All rules, not only those with advice.")] = False,
    ocr: options.Ocr = None,
    jobs: options.Jobs = None,
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Count what each rule finds: alone, with others, against others, rightly, or never.

    `dead`: finds nothing here. `noisy`: finds far more than most (median and MAD). `imprecise`: more
    often wrong than right on gold. `hinge`: a hospital's status hangs on it alone.
    """
    from chna_toolkit.config import load_settings
    from chna_toolkit.evaluation import load_gold
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.lexicon_ci.corpus import open_corpus
    from chna_toolkit.lexicon_ci.stats import measure

    given = {"ocr": ocr, "jobs": jobs, "cache_dir": cache_dir, "cache": False if no_cache else None, "lexicon": lexicon}
    settings = load_settings({name: value for name, value in given.items() if value is not None})
    labelled = load_gold(gold) if gold else ()
    found = measure(load_lexicon(settings.lexicon), open_corpus(corpus, hospitals), settings, labelled)
    with stdout_may_close():
        sys.stdout.write(plain(found.render(form, every=every)))
