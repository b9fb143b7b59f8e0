"""`chna extract`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say, stdout_may_close
from chna_toolkit.errors import ExitCode, UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("extract")(extract)


def extract(
    paths: Annotated[list[str], typer.Argument(metavar="PDF", help="PDFs, folders, globs, or - for a list on stdin.")],
    form: Annotated[
        str,
        typer.Option("--format", metavar="text|jsonl", help="Text with a form feed after each page, or passages."),
    ] = "text",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="One file a document, named after it; else stdout."),
    ] = None,
    jobs: options.Jobs = None,
    tables: options.Tables = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    passwords: options.Passwords = None,
    keyring: options.Keyring = False,
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
    force: options.Force = False,
    config: options.Config = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write the text of PDFs, as the scan reads it."""
    from chna_toolkit.cli.progress import explain, failure_line
    from chna_toolkit.config import load_settings
    from chna_toolkit.inputs import find_inputs
    from chna_toolkit.model import DocumentStatus
    from chna_toolkit.scan import make_plan
    from chna_toolkit.texts import SUFFIXES, as_jsonl, as_text, output_names, read_texts, write_text

    if form not in SUFFIXES:
        raise UsageError(f"--format {form!r} is unknown", f"Choose one of {', '.join(SUFFIXES)}.")
    given: dict[str, object] = {
        "jobs": jobs,
        "tables": tables,
        "timeout": timeout,
        "memory_mb": memory,
        "passwords": passwords,
        "keyring": keyring or None,
        "cache": False if no_cache else None,
        "cache_dir": cache_dir,
    }
    settings = load_settings(given, config=config)
    inputs = find_inputs(paths, sys.stdin if "-" in paths else ())
    names = output_names(inputs, output, form, force=force) if output else {}
    failed = 0
    with stdout_may_close():
        plan = make_plan(settings, explains=verbose)
        for item, (document, asides) in read_texts(inputs, plan, settings):
            if not document.status.is_searchable:
                failed += 1
                say(failure_line(item.file, document))
            elif document.status is DocumentStatus.PARTIAL:
                say(failure_line(item.file, document))
            explain(item.file, asides)
            if not names:
                sys.stdout.write(as_text(document) if form == "text" else as_jsonl(item.file, document))
            for file in (item.file, *(copy.file for copy in item.copies)) if names else ():
                write_text(names[file], as_text(document) if form == "text" else as_jsonl(file, document))
    if names and not quiet:
        say(f"{len(names)} files in {output}")
    if failed:
        raise typer.Exit(ExitCode.NO_INPUT if failed == len(inputs) else ExitCode.PARTIAL)
