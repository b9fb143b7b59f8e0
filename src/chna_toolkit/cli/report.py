"""`chna report`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say, stdout_may_close
from chna_toolkit.cli.peers import checked_peers

if TYPE_CHECKING:
    from chna_toolkit.config import Settings
    from chna_toolkit.results.run import Run
    from chna_toolkit.storage import Place


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that a scan has written.")],
    peers: options.Peers = None,
    report: options.Report = None,
    thumbnails: options.Thumbnails = False,
    jobs: options.Jobs = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    passwords: options.Passwords = None,
    keyring: options.Keyring = False,
    config: options.Config = None,
    quiet: options.Quiet = False,
) -> None:
    """Render the reports of a finished run again. Only for --thumbnails the PDFs are opened."""
    given = options.given(locals(), but="peers")
    from chna_toolkit.results.run import MANIFEST, read_run
    from chna_toolkit.run_texts import settings_of

    finished, out = read_run(run), run.parent if run.name == MANIFEST else run
    settings = settings_of(finished, out, given, config)
    _write(finished, out, settings, checked_peers(finished, peers), quiet)
    if not quiet:
        show_run(finished, out)


def _write(run: Run, out: Path, settings: Settings, peers: str, quiet: bool) -> None:
    """Write the reports, with pictures if they are asked for; say what has none."""
    from chna_toolkit.reports import write_views
    from chna_toolkit.results.view import view_of

    view, had = view_of(run, peers), run.manifest.settings.get("thumbnails")
    with ExitStack() as stack:
        pictures = None
        if settings.thumbnails:
            from chna_toolkit.run_texts import inputs_of
            from chna_toolkit.scan import make_plan
            from chna_toolkit.thumbnails import draw_pages

            tell: Callable[[str], None] = (lambda _: None) if quiet else say
            drawn = draw_pages(view, inputs_of(run, out), make_plan(settings), settings, tell, say)
            pictures = stack.enter_context(drawn)
        elif had and had.value:
            say("without thumbnails: the PDFs are opened for --thumbnails only")
        write_views(view, out, form=settings.report, pictures=pictures)


def show_run(run: Run, out: Place) -> None:
    """Write the summary table, the closing sentence and where the report stands to stdout."""
    from chna_toolkit.reports.terminal import print_summary
    from chna_toolkit.results.summary import ocr_sentence
    from chna_toolkit.results.view import view_of

    index = (out / "index.html").as_posix() if isinstance(out, Path) else out / "index.html"
    ocr = ocr_sentence(run.manifest)
    with stdout_may_close():
        print_summary(view_of(run), sys.stdout)
        sys.stdout.write(f"\n{ocr}\n" if ocr else "\n")
        sys.stdout.write(f"{run.manifest.closing} Report: {index}\n")
