"""Settings of a scan: defaults, then a file, then the environment, then arguments.

The file is `chna.toml`, or the table `[tool.chna]` of `pyproject.toml`; of several the nearest
one, looking upward from the working folder, counts alone. Each value remembers where it came
from, and every mistake is named with its place and a remedy.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from chna_toolkit.errors import UsageError
from chna_toolkit.extraction.ocr import DEFAULT_LANGUAGE, is_language
from chna_toolkit.scoring import DEFAULT_THRESHOLDS, Thresholds
from chna_toolkit.storage import Place, is_url, parse_url, scrub

FILE, SHARED_FILE = "chna.toml", "pyproject.toml"
_PREFIX = "CHNA_"
_CONFIG, _NO_CACHE = "CHNA_CONFIG", "CHNA_NO_CACHE"  # variables that are no setting by themselves
_OPTIONS = {"memory_mb": "memory"}  # whose names are not the setting's
_THRESHOLDS = tuple(one.name for one in fields(Thresholds))


@dataclass(frozen=True, slots=True)
class Settings:
    """How a scan is done. `origins` says for each name where its value came from."""

    output: Place | None = None  # the run folder
    hospitals: Path | None = None  # hospitals.csv
    lexicon: Path | None = None  # a folder, or a shipped lexicon by its name; None: the built-in one
    select: tuple[str, ...] = ()  # lessons; empty: all
    jobs: int = 0  # worker processes; 0: one a processor
    method: str = "encoder"  # or "hybrid", "rules": how passages are tagged
    tables: str = "auto"  # "auto" or "off": whether tables are read cell by cell
    ocr: str = "auto"  # or "off", "force": which pages are read by OCR
    ocr_language: str = DEFAULT_LANGUAGE  # what tesseract calls it; several joined by "+"
    timeout: float = 120.0  # seconds for one document
    memory_mb: int = 2048  # of a worker, in MiB; 0: no limit
    peers: str = "all"  # or "system", "state", "size": beside whom a report puts each hospital
    report: str = "auto"  # "file", "site", or a site if one file would be large
    thumbnails: bool = False  # whether the report shows the pages that its best passages stand on
    passwords: Path | None = None  # file with passwords of PDFs
    keyring: bool = False  # whether to ask the system's keyring for passwords
    download_mb: int = 500  # of a document elsewhere, in MiB; its time is that of `timeout` again
    cluster: str = ""  # address of a Dask scheduler; "": worker processes of this machine
    absolute_paths: bool = False  # whether run.json and links may tell where this machine keeps its files
    cache: bool = True
    cache_dir: Place | None = None  # None: the user's cache folder
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    origins: Mapping[str, str] = field(default_factory=dict)
    config_file: Path | None = None
    warnings: tuple[str, ...] = ()

    @property
    def wants_ocr(self) -> bool:
        """Whether somebody asked for OCR, so that its absence is an error."""
        return self.ocr == "force" or (self.ocr == "auto" and self.ocr_language != DEFAULT_LANGUAGE)

    @property
    def workers(self) -> int:
        """Number of worker processes to start."""
        return self.jobs or processors()


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_settings(
    arguments: Mapping[str, object] | None = None,
    *,
    config: Path | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings. Arguments that are None were not given.

    `config` names the file; without it the nearest one above `folder` (the working folder) is
    taken. Raises `UsageError` for unknown names and values that cannot be used.
    """
    environment = os.environ if environment is None else environment
    found = _Collected()
    # 1. defaults: those of the classes
    # 2. the file
    path = _named_config(config, environment) or _nearest_config(folder or Path.cwd())
    if path:
        _take_file(found, path)
    # 3. the environment
    _take_environment(found, environment)
    # 4. arguments
    for name, value in (arguments or {}).items():
        if value is not None:
            found.take(name, value, f"argument --{_OPTIONS.get(name, name.replace('_', '-'))}", Path())
    return found.settings(path)


class _Collected:
    """Values by name as they come in, later ones over earlier ones."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.origins = dict.fromkeys((*_PARSERS, *(f"thresholds.{name}" for name in _THRESHOLDS)), "default")
        self.warnings: list[str] = []

    def take(self, name: str, value: object, origin: str, base: Path, place: str = "") -> None:
        """Check and keep a value. `base` is the folder relative paths start from."""
        try:
            self.values[name] = _PARSERS[name](value, base)
        except ValueError as error:
            where = place or origin.split(" ", 1)[-1]
            raise UsageError(f"{where}: {name}: {error}, not {scrub(repr(value))}", "Correct the value.") from error
        self.origins[name] = origin

    def take_threshold(self, name: str, value: object, origin: str, place: str) -> None:
        kind = type(getattr(DEFAULT_THRESHOLDS, name))
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or (kind is int and not isinstance(value, int)) or float(str(value)) < 0:
            what = "a whole number" if kind is int else "a number"
            raise UsageError(f"{place}: thresholds.{name}: must be {what}, 0 or more", "Correct the value.")
        self.values.setdefault("thresholds", {})[name] = value
        self.origins[f"thresholds.{name}"] = origin

    def settings(self, path: Path | None) -> Settings:
        values = dict(self.values)
        values["thresholds"] = Thresholds(**values.get("thresholds", {}))
        return Settings(**values, origins=self.origins, config_file=path, warnings=tuple(self.warnings))


def _named_config(config: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = config or (Path(environment[_CONFIG]) if environment.get(_CONFIG) else None)
    if named and not named.is_file():
        raise UsageError(f"{named}: no such file", f"Check {'--config' if config else _CONFIG}.")
    return named


def _nearest_config(folder: Path) -> Path | None:
    for current in (folder.resolve(), *folder.resolve().parents):
        own, shared = current / FILE, current / SHARED_FILE
        if own.is_file():
            return own
        # A pyproject.toml that does not speak of us need not even be sound.
        if shared.is_file() and "[tool.chna" in shared.read_text("utf-8", "replace"):
            return shared
    return None


def _take_file(found: _Collected, path: Path) -> None:
    try:
        text = path.read_text(encoding="utf-8")
        values: Any = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}", "Check the file.") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise UsageError(f"{path}: not TOML: {error}", "Correct the file.") from error
    table = ""
    if path.name == SHARED_FILE:
        values, table = values.get("tool", {}).get("chna", {}), "tool.chna"
    for name, value in values.items():
        place = _Place(path, text, table)
        if name == "thresholds" and isinstance(value, dict):
            within = _Place(path, text, f"{table}.thresholds".lstrip("."))
            for inner, number in value.items():
                _check_name(inner, _THRESHOLDS, within(inner))
                found.take_threshold(inner, number, f"config {within.short(inner)}", within(inner))
        else:
            _check_name(name, (*_PARSERS, "thresholds"), place(name))
            if name == "thresholds":
                raise UsageError(f"{place(name)}: thresholds must be a table", "Write [thresholds].")
            found.take(name, value, f"config {place.short(name)}", path.parent, place(name))


@dataclass(frozen=True, slots=True)
class _Place:
    """Finds the line of a key, which the standard parser does not tell."""

    path: Path
    text: str
    table: str

    def __call__(self, key: str) -> str:
        return f"{self.path}:{self._line(key)}"

    def short(self, key: str) -> str:
        return f"{self.path.name}:{self._line(key)}"

    def _line(self, key: str) -> int:
        current = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
                current = header[1]
            dotted = f"{current}.{_key_of(line)}".lstrip(".")
            if _key_of(line) and dotted == f"{self.table}.{key}".lstrip("."):
                return number
        return 1


def _key_of(line: str) -> str:
    # The key that the line sets, without quotes and spaces; "" if none.
    match = re.match(r"\s*([\w.\-\"' ]+?)\s*=", line)
    return re.sub(r"[\"' ]", "", match[1]) if match else ""


def _check_name(name: str, known: tuple[str, ...], place: str) -> None:
    if name not in known:
        close = difflib.get_close_matches(name.replace("-", "_"), known, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"Known are {', '.join(known)}."
        raise UsageError(f"{place}: unknown setting {name!r}", hint)


def _take_environment(found: _Collected, environment: Mapping[str, str]) -> None:
    known = {f"{_PREFIX}{name.upper()}": name for name in _PARSERS if name != "cache"}
    for variable in sorted(environment):
        text = environment[variable]
        if variable in known:
            if text:  # empty means unset, as for NO_COLOR
                found.take(known[variable], text, f"environment {variable}", Path())
        elif variable == _NO_CACHE:
            if text and text.lower() not in ("0", "false", "no"):
                found.take("cache", False, f"environment {variable}", Path())
        elif variable.startswith(_PREFIX) and variable != _CONFIG:
            close = difflib.get_close_matches(variable, [*known, _NO_CACHE, _CONFIG], n=1, cutoff=0.75)
            if close:  # no error: the variable may belong to somebody else
                found.warnings.append(f"{variable} is not a setting; did you mean {close[0]}?")


# -- values: each takes what a file, the environment or an argument gives, or raises ValueError


def _path(value: object, base: Path) -> Path:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value:
        raise ValueError("must be a path")
    if is_url(value):
        raise ValueError("must be a path on this machine")
    return base / os.path.expanduser(value)  # noqa: PTH111 - Path.expanduser fails for a user that is not there


def _lexicon(value: object, base: Path) -> Path:
    """A shipped lexicon by its name, or a folder."""
    path = _path(value, base)
    bare = value if isinstance(value, str) else str(path)
    if path.is_dir() or not bare or len(Path(bare).parts) > 1:
        return path
    from chna_toolkit.lexicon.shipped import find_lexicon

    found = find_lexicon(Path(bare))
    return found if found.is_dir() else path


def _place(value: object, base: Path) -> Place:
    """A path, or the URL of a prefix in a bucket."""
    if not isinstance(value, str) or not is_url(value):
        return _path(value, base)
    url = parse_url(value)
    if url.is_web:
        raise ValueError("must be a path or a bucket, such as s3://bucket/folder")
    return url


def _address(value: object, _: Path) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"(tcp|tls|ws|wss|ucx)://\S+", value):
        raise ValueError("must be the address of a Dask scheduler, such as tcp://host:8786")
    return value


def _select(value: object, _: Path) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)) or not all(isinstance(part, str) for part in parts):
        raise ValueError('must be lessons, such as "L01,L05"')
    return tuple(part.strip() for part in parts if part.strip())


def _whole(value: object, _: Path) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d+", str(value)):
        raise ValueError("must be a whole number, 0 or more")
    return int(str(value))


def _seconds(value: object, _: Path) -> float:
    try:
        number = float(str(value)) if not isinstance(value, bool) else 0.0
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ValueError("must be a number of seconds above 0")
    return number


def _method(value: object, _: Path) -> str:
    if value not in ("encoder", "hybrid", "rules"):
        raise ValueError('must be "encoder", "hybrid" or "rules"')
    return str(value)


def _peers(value: object, _: Path) -> str:
    if value not in ("all", "system", "state", "size"):
        raise ValueError('must be "all", "system", "state" or "size"')
    return str(value)


def _report(value: object, _: Path) -> str:
    if value not in ("auto", "file", "site"):
        raise ValueError('must be "auto", "file" or "site"')
    return str(value)


def _tables(value: object, _: Path) -> str:
    if value not in ("auto", "off"):
        raise ValueError('must be "auto" or "off"')
    return str(value)


def _ocr(value: object, _: Path) -> str:
    if value not in ("auto", "off", "force"):
        raise ValueError('must be "auto", "off" or "force"')
    return str(value)


def _ocr_language(value: object, _: Path) -> str:
    if not isinstance(value, str) or not is_language(value):
        raise ValueError('must be languages as tesseract calls them, such as "eng" or "eng+spa"')
    return value


def _truth(value: object, _: Path) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _switch(value: object, base: Path) -> bool:
    # The environment has no truth values.
    return _truth({"1": True, "true": True, "0": False, "false": False}.get(str(value).lower(), value), base)


_PARSERS: dict[str, Callable[[object, Path], Any]] = {
    "output": _place,
    "hospitals": _path,
    "lexicon": _lexicon,
    "select": _select,
    "jobs": _whole,
    "method": _method,
    "tables": _tables,
    "ocr": _ocr,
    "ocr_language": _ocr_language,
    "timeout": _seconds,
    "memory_mb": _whole,
    "peers": _peers,
    "report": _report,
    "thumbnails": _switch,
    "passwords": _path,
    "keyring": _switch,
    "absolute_paths": _switch,
    "cache": _truth,
    "cache_dir": _place,
    "cluster": _address,
    "download_mb": _whole,
}
