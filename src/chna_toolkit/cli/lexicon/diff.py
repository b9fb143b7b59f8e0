"""`chna lexicon diff`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.lexicon.sharing import Formats, Output, finish
from chna_toolkit.cli.output import say
from chna_toolkit.errors import OutputError, UsageError


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("diff")(diff)


def diff(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A folder, a git revision (HEAD~1, v1:lexicons) or a baseline .json.")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A folder or a git revision.")],
    corpus: Annotated[
        Path, typer.Option("--corpus", metavar="RUN|DIR|GOLD", help="A run folder, PDFs, or a labelled .jsonl file.")
    ],
    max_flips: Annotated[
        int | None, typer.Option("--max-flips", metavar="N", help="Exit code 1 if more statuses flip.")
    ] = None,
    max_lost: Annotated[
        int | None, typer.Option("--max-lost", metavar="N", help="Exit code 1 if more places are lost.")
    ] = None,
    fail_under: Annotated[
        float | None, typer.Option("--fail-under", metavar="F1", help="Exit code 1 if F1 against gold is lower.")
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Write what NEW finds into the baseline OLD, and do not fail.")
    ] = False,
    hospitals: Annotated[
        Path | None, typer.Option("--hospitals", metavar="FILE", help="hospitals.csv, as for a scan.")
    ] = None,
    folder: Annotated[
        Path, typer.Option("--lexicon", metavar="DIR", help="Folder of a revision that names none.")
    ] = Path("lexicons"),
    method: options.Method = "rules",
    form: Formats = "text",
    output: Output = None,
    ocr: options.Ocr = None,
    jobs: options.Jobs = None,
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Compare two lexicons on a corpus: places gained and lost, assertions, statuses that flip and why.

    By the rules alone unless --method hybrid is given.
    """
    from chna_toolkit.config import load_settings
    from chna_toolkit.lexicon_ci.corpus import Snapshot, open_corpus, snapshots
    from chna_toolkit.lexicon_ci.diff import Gates, compare, report
    from chna_toolkit.lexicon_ci.revisions import opened

    is_baseline = old.endswith(".json")
    if accept and not is_baseline:
        raise UsageError("--accept writes a baseline", "Name its file as OLD, such as baseline.json.")
    given = {"method": method, "ocr": ocr, "jobs": jobs, "cache_dir": cache_dir, "cache": False if no_cache else None}
    settings = load_settings({name: value for name, value in given.items() if value is not None})
    texts = open_corpus(corpus, hospitals)
    with ExitStack() as stack:
        there = Path(new) if Path(new).is_dir() else folder
        lexicons = [stack.enter_context(opened(new, there))]
        if not is_baseline:
            lexicons.append(stack.enter_context(opened(old, there)))
        found = snapshots(texts, lexicons, settings)
        if not is_baseline:
            before = found[1]
        elif accept and not Path(old).is_file():
            before = found[0]
        else:
            before = Snapshot.from_json(_read(Path(old)), Path(old))
        gates = Gates() if accept else Gates(max_flips, max_lost, fail_under)
        result = report(compare(before, found[0]), gates, lexicons[0])
    if accept:
        _write(Path(old), found[0].to_json())
    finish(result, form, output)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}", "Make a baseline with --accept.") from error


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise OutputError(f"{file}: {error.strerror or error}", "Name another file.") from error
    say(f"{file} written")
