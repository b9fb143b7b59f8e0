"""A run folder: the tables as CSV and `run.json`, written whole or not at all, and read back."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from chna_toolkit.errors import NoInputError, OutputError, UsageError
from chna_toolkit.results import schemas
from chna_toolkit.results.cells import read_csv, write_csv
from chna_toolkit.results.datapackage import DATAPACKAGE, describe
from chna_toolkit.results.frames import frame_of_values, rows_of, values_of
from chna_toolkit.storage import Place, Url, door_of

# Format of run.json and the tables. Raised when a reader of the old one would go wrong.
#   1  first public format
#   2  text in the tables is exact, without apostrophes for spreadsheets; peers.csv, beds
FORMAT = 2

MANIFEST = "run.json"
_PROBE = ".chna-can-write"  # an object that is there for a moment, to know before hours of work


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as it was used and where it came from."""

    value: Any  # what JSON can hold
    origin: str  # "default", "config", "environment", "argument"


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was scanned. `link` is its path relative to the run folder, "" if unknown."""

    file: str
    sha256: str
    size: int  # bytes
    link: str = ""


@dataclass(frozen=True)
class Manifest:
    """What is needed to cite a run and to repeat it: the content of `run.json`."""

    tool_version: str
    lexicon_name: str
    lexicon_version: str
    lexicon_hash: str
    libraries: Mapping[str, str]  # name -> version
    python: str
    platform: str
    command: Sequence[str]
    started: str  # UTC, ISO 8601
    ended: str
    settings: Mapping[str, Setting]
    thresholds: Mapping[str, float]
    inputs: Sequence[InputFile]
    counts: Mapping[str, int | float | None]
    seconds: Mapping[str, float]  # by stage, wall time
    exit_code: int
    closing: str  # the sentence people quote
    format: int = FORMAT
    extra: Mapping[str, Any] = field(default_factory=dict)  # what later versions add

    def to_json(self) -> str:
        """Return the text of `run.json`."""
        values = asdict(self)
        ordered = {"format": values.pop("format"), **values}
        return json.dumps(ordered, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read `run.json`. Raises `UsageError` if it is of another format or damaged."""
        try:
            values = json.loads(text)
            if values["format"] != FORMAT:
                raise UsageError(
                    f"{MANIFEST} has format {values['format']}, this version reads {FORMAT}",
                    "Scan again, or use the version of chna that made the run.",
                )
            values["settings"] = {name: Setting(**one) for name, one in values["settings"].items()}
            values["inputs"] = tuple(InputFile(**one) for one in values["inputs"])
            return cls(**values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{MANIFEST} cannot be read: {error}", "Scan again.") from error


@dataclass(frozen=True)
class Run:
    """A finished run: its manifest and its tables by name."""

    manifest: Manifest
    tables: Mapping[str, pd.DataFrame]

    def rows(self, table: str) -> list[dict[str, schemas.Value]]:
        """Return the rows of a table with plain values; missing is `None`."""
        return rows_of(self.tables[table])

    @property
    def lessons(self) -> tuple[str, ...]:
        """Ids of the lessons in the order of their numbers."""
        return _by_number(self.tables["lessons"])

    @property
    def schemas(self) -> tuple[schemas.Table, ...]:
        """The schemas of its tables."""
        return schemas.tables(self.lessons)


def _by_number(codebook: pd.DataFrame) -> tuple[str, ...]:
    """Ids of the lessons; the table itself is sorted by id, where L10 may come before L9."""
    return tuple(codebook.sort_values("number")["lesson_id"])


def check_output(out: Place, *, force: bool = False) -> None:
    """Raise `OutputError` if a run cannot or should not be written to `out`.

    A folder that is empty, or holds an earlier run (also an interrupted one), can be written
    to; another only with `force`. Nothing is changed but that the folder is made.
    """
    if isinstance(out, Path) and out.exists() and not out.is_dir():
        raise OutputError(f"{out} is not a folder", "Name another with -o.")
    try:
        held = _held(out) if isinstance(out, Path) else _held_elsewhere(out)
    except OSError as error:
        raise OutputError(
            f"cannot write to {out}: {error.strerror or error}", "Name another folder with -o."
        ) from error
    ours = {MANIFEST, *(f"{table.name}.csv" for table in schemas.tables(()))}
    if held and not held & ours and not force:
        raise OutputError(f"{out} holds other files", "Name a new folder with -o, or write into this one with --force.")


def _held(folder: Path) -> set[str]:
    """Make the folder, try to write into it, and return what it holds."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
    return {entry.name for entry in folder.iterdir()}


def _held_elsewhere(prefix: Url) -> set[str]:
    door = door_of(prefix)
    door.put(_PROBE, b"")
    door.delete(_PROBE)
    return {name.partition("/")[0] for name, _ in door.names("")}


def write_run(out: Path, tables: Mapping[str, pd.DataFrame], manifest: Manifest) -> None:
    """Write the tables, `datapackage.json` and then `run.json` into `out`.

    Each file appears whole or not at all. An earlier `run.json` goes first and the new one
    comes last: a folder with a `run.json` always holds the tables that belong to it.
    Raises `OutputError`.
    """
    lessons = _by_number(tables["lessons"])
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / MANIFEST).unlink(missing_ok=True)
        for table in schemas.tables(lessons):
            with write_whole(out / f"{table.name}.csv") as stream:
                write_csv(stream, table.columns, values_of(tables[table.name]))
            (out / f"{table.name}.parquet").unlink(missing_ok=True)  # made from an earlier table
        write_text(out / DATAPACKAGE, describe(schemas.tables(lessons), manifest, out))
        write_text(out / MANIFEST, manifest.to_json())
    except OSError as error:
        raise OutputError(
            f"cannot write to {out}: {error.strerror or error}", "Name another folder with -o."
        ) from error


def read_run(path: Path) -> Run:
    """Read a run from its folder (or from its `run.json`) with the types the schemas say.

    Raises `NoInputError` if there is none, `UsageError` if it cannot be read.
    """
    folder = path.parent if path.name == MANIFEST else path
    try:
        text = (folder / MANIFEST).read_bytes().decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        raise NoInputError(f"{folder} holds no finished run", "Make one with `chna scan PATHS -o FOLDER`.") from None
    except OSError as error:
        raise UsageError(f"{folder / MANIFEST}: {error.strerror or error}", "Check that you may read it.") from error
    manifest = Manifest.from_json(text)
    codebook = _read_table(folder, schemas.LESSONS)
    lessons = _by_number(codebook)
    run = Run(manifest, {table.name: _read_table(folder, table) for table in schemas.tables(lessons)})
    _check_whole(run, folder)
    return run


def _check_whole(run: Run, folder: Path) -> None:
    """Raise `UsageError` if rows are missing that others speak of: somebody edited a table."""
    documents = {row["document_id"] for row in run.rows("documents")}
    wanted = {(document, lesson) for document in documents for lesson in run.lessons}
    found = {(row["document_id"], row["lesson_id"]) for row in run.rows("lesson_results")}
    if wanted != found:
        raise UsageError(f"{folder / 'lesson_results.csv'} has not one row for each document and lesson", "Scan again.")
    spoken_of = {
        "coverage_matrix": {one for row in run.rows("coverage_matrix") for one in str(row["document_ids"]).split(";")},
        **{name: set(run.tables[name]["document_id"]) for name in ("mentions", "document_hospitals")},
    }
    for name, ids in spoken_of.items():
        if unknown := sorted(ids - documents):
            raise UsageError(
                f"{folder / name}.csv speaks of a document that documents.csv lacks: {unknown[0]}", "Scan again."
            )


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    with write_whole(path) as stream:
        stream.write(text)


@contextlib.contextmanager
def write_whole(path: Path) -> Iterator[TextIO]:
    """Give a stream into a temporary file beside `path`, which gets its name if all went well."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="", errors="replace") as stream:
            yield stream
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)  # mkstemp makes files that only their owner may read
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _read_table(folder: Path, table: schemas.Table) -> pd.DataFrame:
    path = folder / f"{table.name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return frame_of_values(table, read_csv(stream, table.columns))
    except FileNotFoundError as error:
        raise UsageError(f"{path} is missing from the run", "Scan again.") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}", "Check that you may read it.") from error
    except (ValueError, KeyError) as error:
        raise UsageError(f"{path} is not a table of this version: {error}", "Scan again.") from error
