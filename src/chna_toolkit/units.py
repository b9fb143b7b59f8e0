"""Text that is no PDF: units read from JSON lines, CSV or plain lines, labelled in a stream.

Memory is bounded by the longest line. A unit that cannot be read is an error that names its
line; those before it have been answered by then, in order.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from chna_toolkit.errors import UsageError

if TYPE_CHECKING:
    from chna_toolkit.tagging import Label, Tagger

FORMATS = ("jsonl", "csv", "txt")
_CHUNK = 1 << 16  # bytes asked for at once; a pipe gives what it has
_ROWS = 200  # of a CSV file, labelled together


@dataclass(frozen=True, slots=True)
class Unit:
    """A text to label. `id` is whatever JSON value the input gives, else the line's number."""

    id: Any
    text: str
    prev: str = ""


@dataclass(frozen=True, slots=True)
class UnitFormat:
    """How units are written: `name` is one of `FORMATS`, the columns are those of a CSV file."""

    name: str
    text_column: str = "text"
    id_column: str = ""  # "": the column `id` if there is one, else the number of the row

    @classmethod
    def of(cls, source: str, name: str = "", text_column: str = "text", id_column: str = "") -> UnitFormat:
        """Return the named format, or the one that the source's ending says (`-` is JSON lines)."""
        found = name or ("jsonl" if source == "-" else Path(source).suffix.lower().lstrip("."))
        found = {"ndjson": "jsonl", "text": "txt"}.get(found, found)
        if found not in FORMATS:
            what = f"--input-format {name!r} is unknown" if name else f"{source}: cannot tell the format from the name"
            raise UsageError(what, f"Say what it holds with --input-format {'|'.join(FORMATS)}.")
        return cls(found, text_column, id_column)


def read_units(stream: BinaryIO, name: str, form: UnitFormat) -> Iterator[list[Unit]]:
    """Yield the units of a stream in batches, each as soon as it can be read.

    `name` is what messages call the stream. Raises `UsageError` naming the line.
    """
    if form.name == "csv":
        yield from _read_csv(stream, name, form)
        return
    parse = _parse_json if form.name == "jsonl" else _parse_plain
    line = 0
    for lines in _read_lines(stream):
        units: list[Unit] = []
        for data in lines:
            line += 1
            try:
                if unit := parse(data, line):
                    units.append(unit)
            except ValueError as error:
                if units:
                    yield units  # what stands before the mistake is answered first
                raise UsageError(f"{name}:{line}: {error}", _LINE_HINTS[form.name]) from error
        if units:
            yield units


def label_units(batches: Iterable[list[Unit]], tagger: Tagger) -> Iterator[str]:
    """Yield for each batch the answers as text: one line of JSON a unit, in the order of the units."""
    for units in batches:
        labels = tagger.labels((unit.text, unit.prev) for unit in units)
        yield "".join(_answer(unit, found) for unit, found in zip(units, labels, strict=True))


_LINE_HINTS = {
    "jsonl": 'Each line must be an object such as {"id": 1, "text": "…"}, with "prev" where it is known.',
    "txt": "Save the file as UTF-8.",
}


def _answer(unit: Unit, labels: dict[str, Label]) -> str:
    answer = {
        "id": unit.id,
        "labels": {
            lesson: {
                "assertion": str(label.assertion),
                "confidence": round(label.confidence, 4),
                "rules": label.rules,
                "spans": label.spans,
            }
            for lesson, label in labels.items()
        },
    }
    return json.dumps(answer) + "\n"  # ASCII, whatever the terminal can show


def _read_lines(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Yield the whole lines of each piece that can be read without waiting for the next."""
    read = getattr(stream, "read1", stream.read)
    rest: list[bytes] = []
    while piece := read(_CHUNK):
        *lines, last = piece.split(b"\n")
        if lines:
            lines[0] = b"".join([*rest, lines[0]])
            rest = []
            yield lines
        rest.append(last)
    if tail := b"".join(rest):
        yield [tail]


def _parse_json(data: bytes, line: int) -> Unit | None:
    if not data.strip():
        return None  # an empty line is no unit
    if line == 1:
        data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        value = json.loads(data, parse_constant=_refuse_constant, parse_float=_parse_float)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: {error.reason}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError("not an object")
    text, prev = value.get("text"), value.get("prev")
    if not isinstance(text, str):
        raise ValueError('"text" is missing' if text is None else '"text" is not a string')
    if not isinstance(prev, str | None):
        raise ValueError('"prev" is not a string')
    return Unit(value.get("id", line), text, prev or "")


def _refuse_constant(name: str) -> float:
    # Python reads and writes them, but they are no JSON: an answer with one could not be read elsewhere.
    raise ValueError(f"{name} is no number")


def _parse_float(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _refuse_constant(text)


def _parse_plain(data: bytes, line: int) -> Unit:
    try:
        return Unit(line, data.decode("utf-8-sig" if line == 1 else "utf-8").rstrip("\r"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: {error.reason}") from error


def _read_csv(stream: BinaryIO, name: str, form: UnitFormat) -> Iterator[list[Unit]]:
    csv.field_size_limit(2**31 - 1)  # a cell may hold a whole chapter
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    units: list[Unit] = []
    reader = csv.DictReader(text, strict=True)
    try:
        first = text.readline()
        # Spreadsheets of many languages write semicolons.
        delimiter = max(",;\t", key=first.count)
        reader = csv.DictReader(chain([first] if first else [], text), strict=True, delimiter=delimiter)
        columns = list(reader.fieldnames or ())
        for wanted in filter(None, (form.text_column, form.id_column)):
            if wanted not in columns:
                option = "--text-column" if wanted == form.text_column else "--id-column"
                shown = ", ".join(columns) or "none"
                raise UsageError(f"{name}:1: no column {wanted!r}", f"Name one with {option}; there are: {shown}.")
        id_column = form.id_column or ("id" if "id" in columns else "")
        for number, row in enumerate(reader, 1):
            if row[form.text_column] is None or None in row:
                raise ValueError("has more or fewer cells than the header")
            units.append(Unit(row[id_column] if id_column else number, row[form.text_column], row.get("prev") or ""))
            if len(units) == _ROWS:
                yield units
                units = []
    except (csv.Error, ValueError) as error:
        if units:
            yield units
        what = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        hint = "Save it as CSV (UTF-8), with quotes around cells that hold commas."
        raise UsageError(f"{name}:{reader.line_num}: {what}", hint) from error
    if units:
        yield units
