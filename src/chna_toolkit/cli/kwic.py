"""`chna kwic`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say
from chna_toolkit.cli.writing import check_choice, check_output, terminal_width, write_out
from chna_toolkit.errors import ExitCode

if TYPE_CHECKING:
    from chna_toolkit.config import Settings
    from chna_toolkit.model import Document
    from chna_toolkit.results.run import Run


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("kwic")(kwic)


def kwic(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="A phrase, a lesson such as L05, or a /regular expression/.")
    ],
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that a scan has written.")],
    sort: Annotated[
        str, typer.Option("--sort", metavar="text|left|right", help="By place, or by the words before or after.")
    ] = "text",
    words: Annotated[int, typer.Option("--words", metavar="N", min=1, max=50, help="Words on either side.")] = 8,
    set_aside: Annotated[
        bool, typer.Option("--set-aside", help="Of a lesson, also the mentions that do not count.")
    ] = False,
    form: Annotated[
        str, typer.Option("--format", metavar="text|csv|csv-excel|html", help="How it is written.")
    ] = "text",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there instead of stdout.")
    ] = None,
    jobs: options.Jobs = None,
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
    force: options.Force = False,
) -> None:
    """Show every place of a phrase, a pattern or a lesson in the documents of a run, with its context.

    Exit code 1: it stands nowhere. Texts come from the cache; what it lacks is read again.
    """
    given = options.given(locals(), but="output")
    from chna_toolkit.concordance import SORTS, arrange, lesson_of, pattern_of, places_of_lesson, places_of_pattern
    from chna_toolkit.reports.concordance import FORMATS, render_places
    from chna_toolkit.results.run import MANIFEST, read_run

    check_choice("--sort", sort, SORTS)
    check_choice("--format", form, FORMATS)
    check_output(output, force=force)
    finished, folder = read_run(run), run.parent if run.name == MANIFEST else run
    if lesson := lesson_of(finished, what):
        found = places_of_lesson(finished, lesson, set_aside, every=form.startswith("csv"))
    else:
        from chna_toolkit.run_texts import settings_of

        documents = _documents(finished, folder, settings_of(finished, folder, given))
        found = list(places_of_pattern(pattern_of(what), documents, words))
    write_out(render_places(arrange(found, sort), form, what, terminal_width(output)), output)
    if not found:
        say(f"{what} stands nowhere in the documents that could be searched")
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _documents(run: Run, folder: Path, settings: Settings) -> Iterator[tuple[str, Document]]:
    from chna_toolkit.run_texts import read_again

    files = {str(row["document_id"]): str(row["file"]) for row in run.rows("documents")}
    for identity, document in read_again(run, folder, settings, exact=False):
        yield files[identity], document
