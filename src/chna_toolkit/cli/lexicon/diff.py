"""`chna lexicon diff`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.lexicon.sharing import Formats, Output, finish
from chna_toolkit.cli.output import say
from chna_toolkit.errors import OutputError, UsageError

if TYPE_CHECKING:
    from chna_toolkit.config import Settings
    from chna_toolkit.lexicon.model import Lexicon
    from chna_toolkit.lexicon_ci.corpus import Corpus, Snapshot


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("diff")(diff)


def diff(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A folder, a git revision (HEAD~1, v1:lexicons) or a baseline .json.")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A folder, a shipped lexicon or a git revision.")],
    corpus: Annotated[
        list[Path],
        typer.Option("--corpus", metavar="RUN|DIR|GOLD", help="A run folder, PDFs, or labelled .jsonl files."),
    ],
    max_flips: Annotated[
        int | None, typer.Option("--max-flips", metavar="N", help="Exit code 1 if more statuses flip.")
    ] = None,
    max_lost: Annotated[
        int | None, typer.Option("--max-lost", metavar="N", help="Exit code 1 if more places are lost.")
    ] = None,
    max_changed: Annotated[
        int | None, typer.Option("--max-changed", metavar="N", help="Exit code 1 if more places change in any way.")
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
    from chna_toolkit.lexicon_ci.corpus import labelled_texts, open_corpus
    from chna_toolkit.lexicon_ci.diff import Gates, compare, report

    _check(old, accept=accept)
    given = {"method": method, "ocr": ocr, "jobs": jobs, "cache_dir": cache_dir, "cache": False if no_cache else None}
    settings = load_settings({name: value for name, value in given.items() if value is not None})
    gates = Gates() if accept else Gates(max_flips, max_lost, max_changed, fail_under)
    there = Path(new) if Path(new).is_dir() else folder
    with ExitStack() as stack:
        texts = open_corpus(corpus[0], hospitals) if len(corpus) == 1 else labelled_texts(corpus)
        known = _known(Path(old), accept=accept) if _is_baseline(old) else None
        before, after, lexicon = _take(known, old, new, there, texts, settings, stack)
        result = report(compare(before or after, after), gates, lexicon)
    if accept:
        _write(Path(old), after.to_json())
    finish(result, form, output)


def _check(old: str, *, accept: bool) -> None:
    """Refuse what cannot be done before the corpus is read."""
    if accept and not _is_baseline(old):
        raise UsageError("--accept writes a baseline", "Name its file as OLD, such as baseline.json.")
    if _is_baseline(old) and not accept and not Path(old).is_file():
        raise UsageError(f"there is no baseline {old}", "Make it with --accept.")


def _is_baseline(old: str) -> bool:
    return old.endswith(".json")


def _known(file: Path, *, accept: bool) -> Snapshot | None:
    """Return a baseline; `None` if there is none, or one that cannot be read and is to be written anew."""
    from chna_toolkit.lexicon_ci.corpus import Snapshot

    try:
        return Snapshot.from_json(_read(file), file) if file.is_file() else None
    except UsageError:
        if accept:
            return None
        raise


def _take(
    known: Snapshot | None, old: str, new: str, folder: Path, corpus: Corpus, settings: Settings, stack: ExitStack
) -> tuple[Snapshot | None, Snapshot, Lexicon]:
    """Return what OLD (`None`: a baseline that is not there yet) and NEW find, and the new lexicon."""
    from chna_toolkit.lexicon_ci.corpus import snapshots
    from chna_toolkit.lexicon_ci.revisions import opened

    names = [new] if _is_baseline(old) else [new, old]
    lexicons = [stack.enter_context(opened(name, folder)) for name in names]
    found = snapshots(corpus, lexicons, settings)
    return (known if _is_baseline(old) else found[1]), found[0], lexicons[0]


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
