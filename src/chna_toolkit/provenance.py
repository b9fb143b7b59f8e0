"""What is needed to cite a run and to repeat it: versions, hashes, settings, inputs, times."""

from __future__ import annotations

import os
import platform
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chna_toolkit import __version__
from chna_toolkit.config import Settings
from chna_toolkit.extraction.ocr import Ocr
from chna_toolkit.inputs import Input
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.storage import Place, Url, scrub

if TYPE_CHECKING:  # it brings pandas
    from chna_toolkit.results.run import InputFile, Manifest, Setting

# Distributions whose version can change what a run gives, or how it looks.
LIBRARIES = ("pypdfium2", "pdfplumber", "pdfminer.six", "spacy", "simplemma", "nupunkt", "pandas", "jinja2", "rich")


@dataclass(frozen=True, slots=True)
class Course:
    """How a run went, as far as its tables do not show it."""

    command: Sequence[str]
    started: datetime
    seconds: Mapping[str, float]  # by stage; those of the workers are added up
    cpu_seconds: Mapping[str, float]  # by stage, added up over the documents read in this run
    cached: int  # documents that were neither read nor tagged anew
    exit_code: int
    ocr: Ocr | None = None  # what read pictures, if anything could


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def library_versions() -> dict[str, str]:
    """Return the version of each library that matters; "" for one that is not installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def make_manifest(
    course: Course,
    lexicon: Lexicon,
    settings: Settings,
    inputs: Sequence[Input],
    counts: Mapping[str, int | float | None],
    closing: str,
) -> Manifest:
    """Return the content of `run.json`. What may differ between equal runs stands in `extra` and times."""
    from chna_toolkit.results.run import Manifest

    return Manifest(
        tool_version=__version__,
        lexicon_name=lexicon.name,
        lexicon_version=lexicon.version,
        lexicon_hash=lexicon.hash,
        libraries=library_versions() | _programs(course),
        python=platform.python_version(),
        platform=platform.platform(),
        command=[scrub(word if settings.absolute_paths else _without_folders(word)) for word in course.command],
        started=course.started.isoformat(timespec="seconds"),
        ended=now().isoformat(timespec="seconds"),
        settings=_settings(settings),
        thresholds=asdict(settings.thresholds),
        inputs=_inputs(inputs, settings),
        counts=counts,
        seconds={stage: round(value, 3) for stage, value in sorted(course.seconds.items())},
        exit_code=course.exit_code,
        closing=closing,
        extra={
            "cached": course.cached,
            "lexicon_note": lexicon.note,
            "workers": settings.workers,
            "cpu_seconds": {stage: round(value, 3) for stage, value in sorted(course.cpu_seconds.items())},
            "ocr": course.ocr.key if course.ocr else "",
        },
    )


def _programs(course: Course) -> dict[str, str]:
    engine = course.ocr.engine if course.ocr else None
    return {"tesseract": f"{engine.version} ({engine.languages})"} if engine else {}


def _settings(settings: Settings) -> dict[str, Setting]:
    from chna_toolkit.results.run import Setting

    values: dict[str, Any] = {one.name: getattr(settings, one.name) for one in fields(settings)}
    for name in ("origins", "config_file", "warnings"):
        del values[name]
    values |= {f"thresholds.{name}": value for name, value in asdict(values.pop("thresholds")).items()}
    found = {}
    for name, value in values.items():
        if isinstance(value, Path):
            value = _way(value, settings) or f"…/{value.name}"
        elif isinstance(value, (Url, str)):
            value = scrub(str(value))
        # Settings made by a program, not by `load_settings`, know no origins.
        origin = settings.origins.get(name, "program")
        found[name] = Setting(list(value) if isinstance(value, tuple) else value, origin)
    return found


def _inputs(inputs: Sequence[Input], settings: Settings) -> list[InputFile]:
    from chna_toolkit.results.run import InputFile

    files = sorted((one for item in inputs for one in (item, *item.copies)), key=lambda one: one.file)
    return [InputFile(one.file, one.sha256, one.size, _link(one, settings)) for one in files]


def _link(one: Input, settings: Settings) -> str:
    return _link_elsewhere(one.source, settings.output) if one.source else _way(one.path, settings)


def has_lost_links(inputs: Sequence[Input], settings: Settings) -> bool:
    """Whether documents of this machine lie so far from the run that a link would tell where it keeps its files."""
    is_here = isinstance(settings.output, Path)
    return is_here and any(not one.source and not _way(one.path, settings) for one in inputs)


def _way(path: Path, settings: Settings) -> str:
    """Return the path from the run folder, with `/`; "" where there is none.

    There is none from another drive or storage, nor, unless it was asked for, one that climbs to the
    root or to where the homes of users are: it would tell the absolute path and the user's name.
    """
    out = settings.output
    if not isinstance(out, Path):
        return ""
    # A link to a PDF is linked to where it was found: where it leads is nobody's business.
    found, start = path.parent.resolve() / path.name, out.resolve()
    try:
        common = Path(os.path.commonpath((found.parent, start)))
        relative = os.path.relpath(found, start)
    except ValueError:
        return ""
    if not settings.absolute_paths and (common == common.parent or common in _home().parents):
        return ""
    return Path(os.fsencode(relative).decode("utf-8", "backslashreplace")).as_posix()


def _home() -> Path:
    try:
        return Path.home().resolve()
    except RuntimeError:  # a user without one
        return Path()


# An absolute path within a word of a command: all of it, after =, or after the letter of an option.
_ABSOLUTE = re.compile(r"^(--?[\w-]+=|-\w)?(?:[\\/~]|[A-Za-z]:[\\/]|file:/)")


def _without_folders(word: str) -> str:
    """Return a word of a command, of an absolute path only the last name."""
    if found := _ABSOLUTE.match(word):
        name = re.split(r"[\\/]", word.rstrip("\\/"))[-1]
        return f"{found[1] or ''}…/{name}"
    return word


def _link_elsewhere(source: Url, out: Place | None) -> str:
    """Return the URL of a document on the web, or the way from a run in the same bucket."""
    if source.is_web:  # one that needs credentials is of no use to others
        return str(source) if source.is_bare and source.scheme == "https" else ""
    is_same = isinstance(out, Url) and (out.scheme, out.parts[0]) == (source.scheme, source.parts[0])
    return posixpath.relpath("/".join(source.parts), "/".join(out.parts)) if isinstance(out, Url) and is_same else ""
