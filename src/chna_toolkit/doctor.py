"""Is everything there that `chna` needs? A list of checks, each with the remedy for what is wrong."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chna_toolkit import __version__
from chna_toolkit.cache import Store, default_folder
from chna_toolkit.config import Settings, processors
from chna_toolkit.errors import ChnaError, ExitCode
from chna_toolkit.extraction.ocr import OcrError, find_engine, installed_languages
from chna_toolkit.provenance import library_versions

_OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    hint: str = ""  # the remedy, or what a thing that may be missing is good for
    is_package: bool = False  # a package without which nothing works


def examine(settings: Settings) -> list[Check]:
    """Return all checks. None of them raises, and nothing is changed but the cache folder made."""
    checks = [_python(), *_libraries(), _guarded("lexicon", lambda: _lexicon(settings))]
    checks += [_guarded("learned model", lambda: _model(settings))]
    checks += [_guarded("cache", lambda: _cache(settings)), _folder("temporary folder", tempfile.gettempdir())]
    checks += [_folder("working folder", "."), _ocr(settings)]
    checks += [Check("processors", True, f"{processors()} for this process; -j {settings.workers} by default")]
    checks += [_configuration(settings), Check("chna-toolkit", True, __version__)]
    return sorted(checks, key=lambda check: check.name != "chna-toolkit")


def exit_code(checks: list[Check]) -> ExitCode:
    """Return the exit code these checks call for."""
    if any(check.is_package and not check.ok for check in checks):
        return ExitCode.MISSING_DEPENDENCY
    return ExitCode.OK if all(check.ok for check in checks) else ExitCode.CHECK_FAILED


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except ChnaError as error:
        return Check(name, False, error.message, error.hint)
    except ImportError as error:  # the missing package has a check of its own
        return Check(name, False, str(error), "Install the missing packages first.")


def _python() -> Check:
    ok = sys.version_info >= _OLDEST_PYTHON
    hint = "" if ok else f"Install Python {'.'.join(map(str, _OLDEST_PYTHON))} or newer."
    return Check("python", ok, f"{platform.python_version()} on {platform.platform()}", hint)


def _libraries() -> Iterator[Check]:
    for name, found in library_versions().items():
        hint = "" if found else f"Run: {Path(sys.executable).name} -m pip install {name}"
        yield Check(name, bool(found), found or "not installed", hint, is_package=True)


def _lexicon(settings: Settings) -> Check:
    from chna_toolkit.lexicon import load_lexicon

    lexicon = load_lexicon(settings.lexicon)
    detail = f"{lexicon.name} {lexicon.version}, {len(lexicon.lessons)} lessons, hash {lexicon.hash[:12]}"
    return Check("lexicon", True, detail)


def _model(settings: Settings) -> Check:
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.tagging.encoder import load_encoder
    from chna_toolkit.tagging.learned import load_model
    from chna_toolkit.tagging.tagger import OTHER_ENCODER, suitability

    model = load_model()
    hints = {
        "learned_model_for_other_lessons": "The lexicon has other lessons: rules alone are used. Or run `chna train`.",
        "learned_model_without_this_encoder": "It was trained with another encoder: run `chna train --encoder`.",
        "learned_model_of_other_lexicon": "The lexicon has changed since the training: its figures may not hold.",
    }
    slug = suitability(model, load_lexicon(settings.lexicon))
    if not slug and not model.is_joined_with(load_encoder()):
        slug = OTHER_ENCODER
    detail = f"of lexicon {model.lexicon[:12]}, {len(model.words) + len(model.classes)} features"
    return Check("learned model", True, f"{detail}{': ' if slug else ''}{slug}", hints.get(slug, ""))


def _cache(settings: Settings) -> Check:
    if not settings.cache:
        return Check("cache", True, "switched off")
    store = Store(settings.cache_dir or default_folder())
    store.prepare()
    sizes = ", ".join(f"{one.entries} {one.kind}" for one in store.usage())
    return Check("cache", True, f"{store.folder}: {sizes}, {megabytes(sum(one.bytes for one in store.usage()))}")


def _folder(name: str, folder: str) -> Check:
    path = Path(folder).resolve()
    try:
        with tempfile.TemporaryFile(dir=path):
            return Check(name, True, f"{path}: can be written, {shutil.disk_usage(path).free / 1e9:,.1f} GB free")
    except OSError as error:
        hint = "Set TMPDIR to another folder." if name.startswith("temp") else "Name a folder elsewhere with -o."
        return Check(name, False, f"{path}: cannot be written: {error.strerror or error}", hint)


def _ocr(settings: Settings) -> Check:
    """Look for the program that reads scanned pages; without it, all else works."""
    try:
        engine = find_engine(settings.ocr_language)
        languages = ", ".join(installed_languages(engine.program)[1])
    except OcrError as error:
        is_fine = error.is_missing and not settings.wants_ocr
        detail = f"{error.reason}; scanned pages stay unread" if error.is_missing else error.reason
        return Check("tesseract", is_fine or settings.ocr == "off", detail, error.hint)
    detail = f"{engine.version} at {engine.program}; languages: {languages}; --ocr {settings.ocr} by default"
    return Check("tesseract", True, f"{detail}, reads {engine.languages}")


def _configuration(settings: Settings) -> Check:
    given = {name: origin for name, origin in settings.origins.items() if origin != "default"}
    shown = "; ".join(f"{name} from {origin}" for name, origin in given.items())
    return Check(
        "configuration",
        not settings.warnings,
        f"{settings.config_file or 'no file'}{': ' if shown else ''}{shown}",
        " ".join(settings.warnings),
    )


def megabytes(size: int) -> str:
    """Return a size in bytes as megabytes with one decimal."""
    return f"{size / 1e6:,.1f} MB"
