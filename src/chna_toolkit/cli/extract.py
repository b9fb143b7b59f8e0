"""`chna extract`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say, stdout_may_close
from chna_toolkit.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from chna_toolkit.inputs import Input
    from chna_toolkit.model import Document
    from chna_toolkit.texts import Explained


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("extract")(extract)


def extract(
    paths: Annotated[
        list[str], typer.Argument(metavar="PDF", help="PDFs, folders, globs, URLs, or - for a list on stdin.")
    ],
    form: Annotated[
        str,
        typer.Option("--format", metavar="text|jsonl", help="Text with a form feed after each page, or passages."),
    ] = "text",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="One file a document, named after it; else stdout."),
    ] = None,
    debug: Annotated[
        Path | None,
        typer.Option("--debug", metavar="DIR", help="Draw what was seen on each page, as DIR/NAME.pdf/p001.png, …"),
    ] = None,
    pages: Annotated[str, typer.Option("--pages", metavar="3,5-7", help="Draw only these pages.")] = "",
    jobs: options.Jobs = None,
    cluster: options.Cluster = None,
    tables: options.Tables = None,
    ocr: options.Ocr = None,
    ocr_language: options.OcrLanguage = None,
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
    given = options.given(locals(), but="output")
    from chna_toolkit.config import load_settings
    from chna_toolkit.inputs import find_inputs
    from chna_toolkit.scan import make_plan
    from chna_toolkit.texts import SUFFIXES, Pictures, check_pictures, output_names, read_texts

    if form not in SUFFIXES:
        raise UsageError(f"--format {form!r} is unknown", f"Choose one of {', '.join(SUFFIXES)}.")
    settings = load_settings(given, config=config)
    inputs = find_inputs(paths, sys.stdin if "-" in paths else ())
    names = output_names(inputs, output, form, force=force) if output else {}
    pictures = Pictures(debug, parse_pages(pages)) if debug else None
    if pictures:
        check_pictures(inputs, pictures, force=force)
    elif pages:
        raise UsageError("--pages chooses what --debug draws", "Give --debug DIR as well.")
    with stdout_may_close():
        plan = make_plan(settings, explains=verbose)
        failed, cut, by_ocr = _write_all(read_texts(inputs, plan, settings, pictures), form, names)
    if by_ocr and not quiet:
        say(f"{by_ocr} pages read by OCR: check quotes against them")
    if names and not quiet:
        say(f"{len(names)} files in {output}")
    if failed or cut:
        raise typer.Exit(ExitCode.NO_INPUT if failed == len(inputs) else ExitCode.PARTIAL)


def _write_all(
    readings: Iterable[tuple[Input, Explained]], form: str, names: Mapping[str, Path]
) -> tuple[int, int, int]:
    """Write the texts and say what was amiss; return how many were not read, how many in part, and pages by OCR."""
    from chna_toolkit.cli.progress import explain, failure_line
    from chna_toolkit.extraction.watch import CUT
    from chna_toolkit.model import DocumentStatus

    failed = cut = by_ocr = 0
    for item, (document, asides) in readings:
        failed += not document.status.is_searchable
        cut += not CUT.isdisjoint(document.warnings)
        by_ocr += document.ocr_pages
        if document.status is not DocumentStatus.OK:
            say(failure_line(item.file, document))
        explain(item.file, asides)
        _write(item, document, form, names)
    return failed, cut, by_ocr


def _write(item: Input, document: Document, form: str, names: Mapping[str, Path]) -> None:
    """Write the text of a document to its files, and those of its copies, or to stdout."""
    from chna_toolkit.texts import as_jsonl, as_text, write_text

    if not names:
        sys.stdout.write(as_text(document) if form == "text" else as_jsonl(item.file, document))
    for file in (item.file, *(copy.file for copy in item.copies)) if names else ():
        write_text(names[file], as_text(document) if form == "text" else as_jsonl(file, document))


def parse_pages(text: str) -> tuple[int, ...]:
    """Return the page numbers that `3,5-7` names, sorted. Raises `UsageError`."""
    found: set[int] = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        first, dash, last = part.partition("-")
        if (
            not (first.isdecimal() and (last.isdecimal() or not dash))
            or not 0 < int(first) <= int(last or first) < 10**5
        ):
            raise UsageError(f"--pages: {part!r} is no page and no range of pages", "Write them like 3,5-7.")
        found.update(range(int(first), int(last or first) + 1))
    return tuple(sorted(found))
