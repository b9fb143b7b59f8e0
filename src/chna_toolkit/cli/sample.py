"""`chna sample`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say, stdout_may_close
from chna_toolkit.errors import OutputError

if TYPE_CHECKING:
    from chna_toolkit.evaluation.sampling import Sample
    from chna_toolkit.lexicon.model import Lexicon
    from chna_toolkit.results.run import Run

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder that a scan has written.")]
Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="For the coders: .csv, .xlsx (with drop-downs), .qdpx (NVivo, MAXQDA, …).",
    ),
]
PerLesson = Annotated[
    int, typer.Option("--per-lesson", metavar="N", min=0, help="Of what the run labels, a lesson; over its statuses.")
]
Aside = Annotated[int, typer.Option("--aside", metavar="N", min=0, help="Of what it set aside, a lesson.")]
Untagged = Annotated[
    int, typer.Option("--untagged", metavar="N", min=0, help="Of all other text, so that recall can be estimated.")
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="The same seed draws the same.")]
Documents = Annotated[
    list[str] | None,
    typer.Option("--documents", metavar="DIR", help="Where the run's PDFs are now, if they were moved."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sample")(sample)


def sample(
    run: RunFolder,
    output: Output,
    per_lesson: PerLesson = 20,
    aside: Aside = 5,
    untagged: Untagged = 200,
    seed: Seed = 15,
    documents: Documents = None,
    lexicon: options.LexiconFolder = None,
    jobs: options.Jobs = None,
    passwords: options.Passwords = None,
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
    force: options.Force = False,
    config: options.Config = None,
) -> None:
    """Draw a stratified random sample of a run's passages for coding by hand.

    Coders fill in a column a lesson with practice, plan, call, lack or maybe; an empty row bears nothing, `skip`
    leaves it out. A .qdpx comes back by `chna import --all`. What the run thinks of each passage, and how many
    passages it stands for, is written beside as NAME.key.csv, for `chna agree --key` and `chna evaluate --key`:
    keep it from the coders.
    """
    given = options.given(locals(), but="output")
    from chna_toolkit.config import load_settings
    from chna_toolkit.evaluation.documents import read_sources
    from chna_toolkit.evaluation.sampling import Quota, draw, places_of
    from chna_toolkit.evaluation.sheets import PROJECT, check_format
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.results.run import read_run

    finished = read_run(run)
    folder = run if run.is_dir() else run.parent
    used = finished.manifest.settings  # what was read with other settings has other passages
    same = {name: used[name].value for name in ("tables", "ocr", "ocr_language") if name in used}
    settings = load_settings({**given, **same}, config=config)
    check_format(output, PROJECT)
    places = documents or places_of(finished, folder)
    wanted = {str(row["sha256"]) for row in finished.rows("documents")}
    sources = read_sources(places, settings, wanted) if places else []
    drawn = draw(finished, sources, Quota(per_lesson, aside, untagged), seed)
    _write(output, drawn, finished, load_lexicon(settings.lexicon), force)
    with stdout_may_close():
        sys.stdout.write(_told(drawn, output))
    for file in drawn.missing:
        say(f"warning: {file}: not found or not readable, nothing is drawn from it")


def _write(output: Path, drawn: Sample, run: Run, lexicon: Lexicon, force: bool) -> None:
    """Write what coders get, and its key."""
    from chna_toolkit.evaluation.sampling import KEY_COLUMNS, coding_columns, coding_rows, key_path, key_rows
    from chna_toolkit.evaluation.sheets import PROJECT, write_sheet

    for path in (output, key_path(output)):
        if path.exists() and not force:
            raise OutputError(f"{path} exists", "Name another file with -o, or overwrite with --force.")
    if output.suffix.lower() == PROJECT:
        from chna_toolkit.evaluation.sample_project import write_sample_project

        drawn = write_sample_project(output, drawn, run)
    else:
        write_sheet(output, coding_columns(run.lessons), coding_rows(drawn, run.lessons), lexicon, force=True)
    write_sheet(key_path(output), KEY_COLUMNS, key_rows(drawn), lexicon, force=True)


def _told(drawn: Sample, output: Path) -> str:
    from chna_toolkit.evaluation.sampling import key_path
    from chna_toolkit.evaluation.tables import Section, as_text

    rows = tuple(
        (name, f"{held:,}", str(taken), f"{held / taken:,.1f}") for name, (held, taken) in drawn.strata.items()
    )
    section = Section(
        f"{len(drawn.drawn):,} passages in {output}, their key in {key_path(output)}",
        ("stratum", "passages", "drawn", "each stands for"),
        rows,
    )
    return as_text([section])
