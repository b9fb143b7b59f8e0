"""True statuses of lessons in documents, by careful reading: written as JSON lines, CSV or Excel.

A line is a document and a lesson. Passages are named by their page and either a hash of their text
(`gold.text_key`), which gives no text of others away, or a quote.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation.gold import lesson_number, read_rows, text_key
from chna_toolkit.model import Status

RIGHT, WRONG, UNCLEAR = "right", "wrong", "unclear"

_FIELDS = ("file", "sha256", "lesson", "status", "maybe", "reader", "best", RIGHT, WRONG, UNCLEAR, "complete", "note")
_STATUSES = ", ".join(status.value for status in Status)
_KEY = re.compile(r"[0-9a-f]{16}")
_SHA256 = re.compile(r"[0-9a-f]{12,64}")
_REFERENCE = re.compile(r"\s*(\d+)\s*:\s*(\S.*?)\s*", re.DOTALL)
_PLAIN = re.compile(r"[^a-z0-9]+")
_SHORTEST = 20  # letters and digits that a part of a passage must have to stand for it
_WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}
_HINT = (
    'A line of JSON is {"file": …, "sha256": …, "lesson": "L03", "status": "covered", "best": ["12: quote or key"]}; '
    "a table has columns of these names. See docs/evaluation.md."
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A passage as a reader names it: by the hash of its text, or by words of it."""

    page: int
    key: str = ""
    quote: str = ""

    def fits(self, text: str, page: int) -> bool:
        """Say whether a passage that begins on a page is the one that is meant.

        The same text is the same passage wherever it stands. A quote may be longer or shorter than
        the passage, if what they share is long enough to tell it, on that page or the next to it.
        """
        if self.key:
            return text_key(text) == self.key
        mine, other = _squash(self.quote), _squash(text)
        if mine == other:
            return bool(mine)
        shorter, longer = sorted((mine, other), key=len)
        return len(shorter) >= _SHORTEST and shorter in longer and abs(page - self.page) <= 1

    def __str__(self) -> str:
        return f"{self.page}:{self.key}" if self.key else f"{self.page}: {self.quote}"


@dataclass(frozen=True, slots=True)
class StatusTruth:
    """What a reader says of one lesson in one document."""

    file: str  # for people; "" if only the hash is known
    sha256: str  # or its beginning; "": the name decides
    lesson: str  # number as text
    status: Status
    maybe: frozenset[Status]  # others that can be argued for
    best: tuple[Reference, ...]  # the best evidence that the reader found; right by itself
    judged: Mapping[str, tuple[Reference, ...]]  # passages that a tool gave as evidence, by RIGHT, WRONG, UNCLEAR
    is_complete: bool  # what is neither named right nor unclear is wrong
    reader: str
    line: str  # where it is written, as file:line

    @property
    def document(self) -> str:
        """What names the document."""
        return self.sha256 or self.file

    def verdict(self, text: str, page: int) -> str:
        """Return RIGHT, WRONG or UNCLEAR of a passage that is given as evidence; "" if nobody judged it."""
        for verdict in (RIGHT, WRONG, UNCLEAR):
            given = self.judged.get(verdict, ()) + (self.best if verdict == RIGHT else ())
            if any(one.fits(text, page) for one in given):
                return verdict
        return WRONG if self.is_complete else ""


def is_status_truth(path: Path) -> bool:
    """Say whether a file of gold speaks of documents and lessons, and not of passages."""
    first = next(iter(read_rows(path, _HINT)), None)
    return first is not None and isinstance(first[1], dict) and "lesson" in first[1] and "labels" not in first[1]


def load_truths(paths: Sequence[Path]) -> list[StatusTruth]:
    """Read true statuses. Raises `UsageError` naming file and line, also where one is given twice."""
    truths: list[StatusTruth] = []
    seen: dict[tuple[str, str], str] = {}
    for path in paths:
        for number, row in read_rows(path, _HINT):
            line = f"{path}:{number}"
            try:
                truth = _truth(row, line)
            except (ValueError, TypeError, AttributeError) as error:
                raise UsageError(f"{line}: {error}", _HINT) from None
            twin = seen.setdefault((truth.document, truth.lesson), line)
            if twin != line:
                raise UsageError(
                    f"{line}: lesson {truth.lesson} of {truth.file or truth.sha256} has a status already, at {twin}",
                    "Settle it in one line; what else can be argued for goes into `maybe`.",
                )
            truths.append(truth)
    if not truths:
        raise UsageError(f"{', '.join(map(str, paths))}: no status is given", _HINT)
    return truths


def _truth(row: Any, line: str) -> StatusTruth:
    """Make sense of a row. Raises `ValueError` saying what is wrong."""
    if not isinstance(row, dict):
        raise ValueError("not an object with named fields")
    if unknown := sorted(set(row) - {*_FIELDS}):
        raise ValueError(f"unknown field {unknown[0]!r}; there are {', '.join(_FIELDS)}")
    file, sha256 = (str(row.get(name) or "").strip() for name in ("file", "sha256"))
    if not (file or sha256):
        raise ValueError("names no document: `file` or `sha256` is needed")
    if sha256 and not _SHA256.fullmatch(sha256.lower()):
        raise ValueError(f"{sha256!r} is no SHA-256: 64 hexadecimal digits, or the first 12 or more")
    if not str(row.get("lesson") or "").strip():
        raise ValueError("names no lesson")
    judged = {verdict: _references(row.get(verdict), verdict) for verdict in (RIGHT, WRONG, UNCLEAR)}
    best = _references(row.get("best"), "best")
    named = [one for verdict in (RIGHT, WRONG, UNCLEAR) for one in judged[verdict]]
    if twice := next((one for place, one in enumerate(named) if one in named[:place]), None):
        raise ValueError(f"{twice} is judged twice")
    if both := next((one for one in best if one in judged[WRONG]), None):
        raise ValueError(f"{both} is both the best evidence and wrong")
    return StatusTruth(
        file=file,
        sha256=sha256.lower(),
        lesson=lesson_number(str(row["lesson"])),
        status=_status(row.get("status")),
        maybe=frozenset(map(_status, _items(row.get("maybe"), r"[;,\s]+"))),
        best=best,
        judged=judged,
        is_complete=_is_yes(row.get("complete")),
        reader=str(row.get("reader") or ""),
        line=line,
    )


def _status(value: Any) -> Status:
    try:
        return Status(str(value or "").strip().lower())
    except ValueError:
        raise ValueError(f"{value!r} is no status: {_STATUSES}") from None


def _is_yes(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value or "").strip().lower()
    if word not in _WORDS:
        raise ValueError(f"complete: {value!r} is neither yes nor no")
    return _WORDS[word]


def _items(value: Any, separator: str) -> list[str]:
    """Return a list as it stands, or the parts of a cell."""
    if value is None or isinstance(value, str):
        return [part.strip() for part in re.split(separator, value or "") if part.strip()]
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no list")
    return [str(one) for one in value]


def _references(value: Any, field: str) -> tuple[Reference, ...]:
    """Read `12: key or quote`; in a cell several with ` | ` between them."""
    found = []
    for item in _items(value, r"\s+\|\s+"):
        match = _REFERENCE.fullmatch(item)
        if not match or int(match[1]) < 1:
            raise ValueError(f"{field}: {item!r} is not written like 12: quote, with the page before it")
        is_key = bool(_KEY.fullmatch(match[2]))
        found.append(Reference(int(match[1]), *((match[2], "") if is_key else ("", match[2]))))
    return tuple(dict.fromkeys(found))


def _squash(text: str) -> str:
    """Letters and digits alone: hyphens, ligatures and quotes do not tell passages apart."""
    return _PLAIN.sub("", unicodedata.normalize("NFKC", text).lower())


def stem_of(file: str) -> str:
    """Return the name of a document without folder and ending."""
    return PurePosixPath(file.replace("\\", "/")).stem
