"""Gold: coded passages, with their text or keyed to a document, from JSON lines, CSV or Excel."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from chna_toolkit.errors import UsageError
from chna_toolkit.model import Assertion

# Shares of the ids, in percent, of the three parts that gold is split into by the hash of the id:
# rules are written looking at the first, checked by figures alone on the second, reported on the third.
SPLIT = {"read": 55, "check": 20, "held": 25}
PARTS = (*SPLIT, "all")

YES = "yes"  # for an assertion: the lesson is borne, how is open
MAYBE = "maybe"
ASSERTIONS = tuple(assertion.value for assertion in Assertion)

_LESSON = re.compile(r"[A-Za-z]*0*(\d+)")
_CODE = re.compile(rf"([A-Za-z]*\d+)\s*[:=\s]\s*({'|'.join((*ASSERTIONS, YES, MAYBE, 'no'))})", re.IGNORECASE)
_HINT = (
    'A line of JSON is {"id": …, "text": …, "labels": {"10": "practice"}}, without its text {"id", "doc", "key", '
    '"labels"}; a table has the columns id, text and L01, L02, … or labels ("10:practice; 3:plan").'
)


@dataclass(frozen=True, slots=True)
class GoldUnit:
    """One coded text: `labels` maps lesson numbers (as text) to assertions; `maybe` is neither right nor wrong."""

    id: str
    text: str  # "" of a keyed unit that has not been found in its document yet
    prev: str
    labels: Mapping[str, str]  # an assertion, or `YES`
    maybe: frozenset[str]
    doc: str = ""  # the document it stands in, by the stem of its name or its SHA-256; "" of a text written for coding
    key: str = ""  # hash of the text, see `text_key`
    page: int = 0  # from 1; 0: unknown
    sha256: str = ""  # of the document's bytes, where known
    form: str = ""  # what it is: sentence, bullet, cell, caps, …; "": see `measures.form_of`
    kind: str = ""  # of the passage in its document, see `model.Kind`; "" of a text alone
    section: tuple[str, ...] = ()  # headings above it
    headers: tuple[str, ...] = ()  # of its row and column
    how: str = ""  # how it came to be drawn
    weight: float = 1.0  # passages of the population that it stands for
    invented: bool = False  # the document was written to be coded


def text_key(text: str) -> str:
    """Return what names a passage without its text: 16 hexadecimal digits, blind to capitals and punctuation."""
    plain = re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def split_of(unit_id: str) -> str:
    """Name of the part (see `SPLIT`) that a unit belongs to, by the SHA-256 of its id."""
    place = int(hashlib.sha256(unit_id.encode()).hexdigest()[:8], 16) % 100
    bound = 0
    for name, share in SPLIT.items():
        bound += share
        if place < bound:
            return name
    raise AssertionError("the shares of SPLIT add up to 100")


def lesson_number(name: str) -> str:
    """Return the number of a lesson, as text, from `5`, `05`, `L05` or `L05 know-your-role`. Raises `ValueError`."""
    found = _LESSON.match(name.strip())
    if not found:
        raise ValueError(f"{name!r} is no lesson")
    return found[1]


def load_gold(path: Path) -> list[GoldUnit]:
    """Read coded units: JSON lines, or a table (.csv, .xlsx) as `chna sample` and `chna agree` write them.

    Raises `UsageError` naming the line.
    """
    units = []
    for number, row in read_rows(path, _HINT):
        try:
            if unit := _unit_of(row):
                units.append(unit)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{path}:{number}: not a gold unit: {error!r}", _HINT) from None
    if not units:
        raise UsageError(f"{path} holds no coded unit", _HINT)
    return units


def read_rows(path: Path, hint: str) -> Iterator[tuple[int, Any]]:
    """Yield what the lines of a file hold, with their number: JSON lines, or a table (.csv, .tsv, .xlsx).

    Raises `UsageError`, with the `hint` where a line is no JSON.
    """
    if path.suffix.lower() in (".csv", ".tsv", ".xlsx"):
        yield from read_table(path)
    else:
        yield from _json_lines(path, hint)


def read_table(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a CSV or Excel file with their line; the first row names the columns.

    Raises `UsageError`, and `MissingDependencyError` where Excel cannot be read.
    """
    if path.suffix.lower() == ".xlsx":
        from chna_toolkit.evaluation.sheets import read_xlsx

        yield from read_xlsx(path)
        return
    from chna_toolkit.results.cells import expose

    csv.field_size_limit(2**31 - 1)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            head = stream.readline()
            stream.seek(0)
            reader = csv.DictReader(stream, delimiter=max(",;\t", key=head.count))
            for row in reader:
                if None in row:
                    raise UsageError(f"{path}:{reader.line_num}: more cells than columns", "Save it as CSV (UTF-8).")
                yield reader.line_num, {name.strip(): expose(cell or "") for name, cell in row.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: {error}", "Save it as CSV (UTF-8).") from error


def _json_lines(path: Path, hint: str) -> Iterator[tuple[int, Any]]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}", "Check the path; gold is written in UTF-8.") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise UsageError(f"{path}:{number}: not JSON: {error}", hint) from None


def _unit_of(row: Mapping[str, Any]) -> GoldUnit | None:
    """Make a unit of a line; None if its coder skipped it."""
    if str(row.get("skip") or "").strip():
        return None
    text = str(row.get("text") or "")
    key = str(row.get("key") or "")
    if not text and not (key and (row.get("doc") or row.get("sha256"))):
        raise KeyError("text")
    labels, maybe = codes_of(row)
    doc = str(row.get("doc") or "") or PurePosixPath(str(row.get("file") or "")).stem
    return GoldUnit(
        id=str(row["id"]),
        text=text,
        prev=str(row.get("prev") or ""),
        labels=labels,
        maybe=frozenset(maybe),
        doc=doc,
        key=key or text_key(text),
        page=int(row.get("page") or 0),
        sha256=str(row.get("sha256") or ""),
        form=str(row.get("form") or ""),
        kind=str(row.get("kind") or "") if doc else "",
        section=_lines(row.get("section")),
        headers=_lines(row.get("headers")),
        how=str(row.get("how") or row.get("stratum") or ""),
        weight=float(row.get("weight") or 1.0),
        invented=bool(row.get("invented")),
    )


def _lines(value: Any) -> tuple[str, ...]:
    parts = value.split(" > ") if isinstance(value, str) else value or ()
    return tuple(str(part) for part in parts if part)


def codes_of(row: Mapping[str, Any]) -> tuple[dict[str, str], set[str]]:
    """Return the labels and the maybes of a line: from `labels` and `maybe`, or from a column a lesson.

    What was settled by hand (`settled`) overrules both. Raises `ValueError` for a word that is no code.
    """
    given = row["labels"] if "labels" in row else _wide(row)
    codes = _listed(given) if isinstance(given, str) else dict(given)
    maybe = row.get("maybe") or ()
    for lesson in re.split(r"[;,\s]+", maybe) if isinstance(maybe, str) else maybe:
        if str(lesson).strip():
            codes.setdefault(str(lesson), MAYBE)
    settled = row.get("settled") or ""
    codes = {lesson_number(str(lesson)): str(code).strip().lower() for lesson, code in codes.items()}
    for lesson, code in (_listed(settled) if isinstance(settled, str) else settled).items():
        codes[lesson_number(lesson)] = code
    if unknown := sorted(set(codes.values()) - {*ASSERTIONS, YES, MAYBE, "no", ""}):
        raise ValueError(f"{unknown[0]!r} is none of {', '.join((*ASSERTIONS, YES, MAYBE))}")
    labels = {lesson: code for lesson, code in codes.items() if code in ASSERTIONS or code == YES}
    return labels, {lesson for lesson, code in codes.items() if code == MAYBE}


def _wide(row: Mapping[str, Any]) -> dict[str, str]:
    columns = [name for name in row if re.fullmatch(r"[A-Z]\d+(?: .*)?", str(name))]
    if not columns:
        raise KeyError("labels")
    return {name: str(row[name]) for name in columns if str(row[name] or "").strip()}


def _listed(text: str) -> dict[str, str]:
    """Read `10:practice; 3:plan`, or the same as JSON."""
    if text.lstrip().startswith("{"):
        return dict(json.loads(text))
    parts = [part.strip() for part in re.split(r"[;,]", text) if part.strip()]
    found = [_CODE.fullmatch(part) for part in parts]
    if None in found:
        raise ValueError(f"{text!r} is not written like 10:practice; 3:plan")
    return {match[1]: match[2].lower() for match in found if match}


def weighted(units: Sequence[GoldUnit], key: Path) -> list[GoldUnit]:
    """Return the units with document, stratum and weight from the key of their sample. Raises `UsageError`."""
    known = {str(row.get("id", "")): row for _, row in read_table(key)}
    if missing := [unit.id for unit in units if unit.id not in known]:
        raise UsageError(f"{key} knows nothing of {missing[0]}", "Give the key that was written with the sample.")
    try:
        return [
            replace(
                unit,
                doc=known[unit.id]["doc"],
                sha256=known[unit.id]["sha256"],
                how=known[unit.id]["stratum"],
                weight=float(known[unit.id]["weight"]),
            )
            for unit in units
        ]
    except (KeyError, ValueError) as error:
        raise UsageError(f"{key} is not the key of a sample: {error!r}", "See `chna sample --help`.") from error
