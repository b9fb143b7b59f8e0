"""`chna scan`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say
from chna_toolkit.cli.report import show_run
from chna_toolkit.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from chna_toolkit.cli.progress import Counting
    from chna_toolkit.config import Settings
    from chna_toolkit.scan import ScanOutcome


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("scan")(scan)


def scan(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATHS", help="PDFs, folders, globs, URLs (https, s3, gs), or - for a list on stdin."),
    ],
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="OUT", help="Folder for the tables and the report, or s3://bucket/…"),
    ] = None,
    hospitals: Annotated[
        Path | None, typer.Option("--hospitals", metavar="FILE", help="hospitals.csv: which document is whose.")
    ] = None,
    lexicon: options.LexiconFolder = None,
    select: options.Select = None,
    jobs: options.Jobs = None,
    cluster: options.Cluster = None,
    method: options.Method = None,
    tables: options.Tables = None,
    ocr: options.Ocr = None,
    ocr_language: options.OcrLanguage = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    peers: options.Peers = None,
    report: options.Report = None,
    thumbnails: options.Thumbnails = False,
    passwords: options.Passwords = None,
    keyring: options.Keyring = False,
    absolute_paths: options.AbsolutePaths = False,
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
    force: options.Force = False,
    config: options.Config = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Find in a folder of CHNA PDFs which lessons each hospital shows, which it lacks, and the proof.

    Writes OUT/index.html, summary.md, run.json and the tables as CSV. Run again after an
    interruption or with more PDFs, it only does what is new.
    """
    given = options.given(locals())
    from chna_toolkit.cli.progress import make_progress
    from chna_toolkit.config import load_settings

    if quiet and verbose:
        raise UsageError("-q and -v exclude each other", "Give one of them.")
    settings = load_settings(given, config=config)
    outcome = _run(paths, settings, make_progress(quiet, verbose), force, verbose)
    if not quiet:
        show_run(outcome.run, outcome.out)
    raise typer.Exit(outcome.exit_code)


def _run(paths: list[str], settings: Settings, progress: Counting, force: bool, explains: bool) -> ScanOutcome:
    from chna_toolkit.scan import scan as run_scan

    listed = sys.stdin if "-" in paths else ()
    try:
        command = ["chna", *sys.argv[1:]]
        return run_scan(paths, settings, progress, listed=listed, force=force, command=command, explains=explains)
    except KeyboardInterrupt:
        kept = "Finished documents are kept: the same command goes on from there." if settings.cache else ""
        say(f"interrupted: {progress.done} of {progress.total} documents were done. {kept}".rstrip())
        raise typer.Exit(ExitCode.INTERRUPTED) from None
