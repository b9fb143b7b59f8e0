"""Which hospital a document speaks for: the rows of `hospitals.csv`, or a guess marked as one.

A row joins every document it matches to one hospital, so a document may have several hospitals
and a hospital several documents. Identifiers are text: leading zeros are kept, and an identifier
that lost them in a spreadsheet is refused with the remedy.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path, PurePosixPath

from chna_toolkit.errors import UsageError
from chna_toolkit.model import Document, Identity, Kind

COLUMNS = ("file", "sha256", "ccn", "ein", "name", "system", "state", "beds", "cycle_year", "document_type")
DOCUMENT_TYPES = ("chna", "implementation_strategy", "joint_chna", "other")

_STATE_CODES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND"
    " OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI"
)
_STATES = frozenset(_STATE_CODES.split())
_MOST_PROBLEMS = 10  # shown at once


@dataclass(frozen=True, slots=True)
class HospitalRow:
    """A row of `hospitals.csv`: speaks of documents whose hash begins with `sha256`, else whose name fits."""

    line: int
    pattern: str
    sha256: str
    identity: Identity

    def matches(self, file: str, sha256: str) -> bool:
        """Return whether the row speaks of the document, by its hash if it gives one, else by its name."""
        if self.sha256:
            return sha256.startswith(self.sha256)
        pattern = self.pattern.casefold()
        names = (file.casefold(), PurePosixPath(file).name.casefold())
        return any(name == pattern or fnmatchcase(name, pattern) for name in names)


@dataclass(frozen=True, slots=True)
class HospitalList:
    """The rows of one `hospitals.csv`, and what is odd about the file without being wrong."""

    path: Path
    rows: tuple[HospitalRow, ...]
    warnings: tuple[str, ...] = ()

    def identities(self, file: str, sha256: str) -> tuple[Identity, ...]:
        """Return the hospitals of a document, in the order of the rows; empty if no row matches."""
        found = (row.identity for row in self.rows if row.matches(file, sha256))
        return tuple(dict.fromkeys(found))

    def unmatched(self, documents: Sequence[tuple[str, str]]) -> list[str]:
        """Return a warning for each row that matches none of the documents (name shown, SHA-256)."""
        return [
            f"{self.path}:{row.line}: no document matches {row.sha256 or row.pattern!r}"
            for row in self.rows
            if not any(row.matches(file, sha256) for file, sha256 in documents)
        ]


def read_hospitals(path: Path) -> HospitalList:
    """Read `hospitals.csv`. Raises `UsageError` naming file, line, column and remedy of each fault."""
    text = _read_text(path)
    # Spreadsheets of many languages write semicolons.
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        lines += [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise UsageError(
            f"{path}:{reader.line_num}: not a table: {error}", "Save it from the spreadsheet as CSV UTF-8."
        ) from error
    warnings = _check_header(path, header)
    rows: list[HospitalRow] = []
    problems: list[str] = []
    for line, cells in lines:
        if len(cells) > len(header):
            problems.append(f"{path}:{line}: more cells than the header; quote cells that hold commas")
            continue
        values = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        faults, row = _parse_row(values, line)
        problems += [f"{path}:{line}: {fault}" for fault in faults]
        rows.append(row)
    if problems:
        more = len(problems) - _MOST_PROBLEMS
        shown = problems[:_MOST_PROBLEMS] + ([f"… and {more} more"] if more > 0 else [])
        raise UsageError("\n".join(shown), f"Correct {path} and run the same command again.")
    return HospitalList(path, tuple(rows), tuple(warnings))


def _read_text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}", "Check --hospitals.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(
            f"{path}:{line}: not UTF-8", 'Save it from the spreadsheet as "CSV UTF-8", not as "CSV".'
        ) from error


def _check_header(path: Path, header: Sequence[str]) -> list[str]:
    unknown = [name for name in header if name not in COLUMNS]
    free = [name for name in COLUMNS if name not in header]
    for name in unknown:
        if close := difflib.get_close_matches(name, free, n=1, cutoff=0.65):
            raise UsageError(f"{path}:1: unknown column {name!r}", f"Did you mean {close[0]!r}?")
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise UsageError(f"{path}:1: column {repeated[0]!r} stands twice", "Remove one of them.")
    if not {"file", "sha256"} & set(header) or not {"name", "ccn", "ein"} & set(header):
        raise UsageError(
            f"{path}:1: needs a column file or sha256, and a column name, ccn or ein",
            f"The columns are {', '.join(COLUMNS)}.",
        )
    return [f"{path}:1: columns not used: {', '.join(unknown)}"] if unknown else []


def _parse_row(values: dict[str, str], line: int) -> tuple[list[str], HospitalRow]:
    """Return the faults of a row, as text, and the row (meaningful if it has none)."""
    faults: list[str] = []

    def take(column: str, check: Callable[[str], tuple[str, str]]) -> str:
        value, fault = check(values.get(column, ""))
        if fault:
            faults.append(f"{column} {values[column]!r}: {fault}")
        return value

    sha256, ccn, ein = take("sha256", _sha256), take("ccn", _ccn), take("ein", _ein)
    state, year, beds = take("state", _state), take("cycle_year", _year), take("beds", _beds)
    kind, name, pattern = (
        take("document_type", _document_type),
        values.get("name", ""),
        values.get("file", ""),
    )
    if not (pattern or sha256):
        faults.append("file: empty; give a file name, a pattern such as county-*.pdf, or a sha256")
    if not (name or ccn or ein):
        faults.append("name: empty; give a name, a ccn or an ein")
    identity = Identity(
        name=name or (f"CCN {ccn}" if ccn else f"EIN {ein}"),
        ccn=ccn,
        ein=ein,
        system=values.get("system", ""),
        state=state,
        year=int(year) if year else None,
        document_type=kind,
        source="hospitals_csv",
        beds=int(beds) if beds else None,
    )
    return faults, HospitalRow(line, pattern.replace("\\", "/").removeprefix("./"), sha256, identity)


def _sha256(value: str) -> tuple[str, str]:
    value = value.lower()
    is_good = not value or re.fullmatch(r"[0-9a-f]{12,64}", value)
    return value, "" if is_good else "must be 12 to 64 hexadecimal digits (a document_id will do)"


def _ccn(value: str) -> tuple[str, str]:
    value = value.replace("-", "").upper()
    if not value or re.fullmatch(r"[0-9A-Z]{6,10}", value):
        return value, ""
    if re.fullmatch(r"[0-9]{3,5}", value):
        return value, f"a CCN has six characters; a spreadsheet dropped zeros, write {value.zfill(6)}"
    return value, "a CCN has six digits or letters; store the column as text"


def _ein(value: str) -> tuple[str, str]:
    digits = value.replace("-", "")
    if not digits or re.fullmatch(r"[0-9]{9}", digits):
        return digits, ""
    if re.fullmatch(r"[0-9]{6,8}", digits):
        return digits, f"an EIN has nine digits; a spreadsheet dropped zeros, write {digits.zfill(9)}"
    return digits, "an EIN has nine digits, as in 12-3456789; store the column as text"


def _state(value: str) -> tuple[str, str]:
    value = value.upper()
    return value, "" if not value or value in _STATES else "must be a two-letter postal code, such as OH"


def _year(value: str) -> tuple[str, str]:
    is_good = not value or re.fullmatch(r"(19|20)[0-9]{2}", value)
    return (value, "") if is_good else ("", "must be a year of four digits, the first of the cycle")


def _beds(value: str) -> tuple[str, str]:
    digits = re.sub(r"(?<=\d),(?=\d{3}$)", "", value)
    is_good = not digits or (re.fullmatch(r"[0-9]{1,4}", digits) and int(digits))
    return (digits, "") if is_good else ("", "must be a whole number of beds, 1 to 9999, or empty")


def _document_type(value: str) -> tuple[str, str]:
    value = value.casefold().replace(" ", "_")
    fault = f"must be one of {', '.join(DOCUMENT_TYPES)}, or empty"
    return value, "" if not value or value in DOCUMENT_TYPES else fault


# -- guesses, for documents without a row

_STRONG = re.compile(
    r"\b(hospitals?|medical (?:center|centre|centers)|clinic|infirmary|health ?system|health ?care|"
    r"memorial|children['’]s|health network|health services)\b",
    re.I,
)
_WEAK = re.compile(  # bodies that publish such documents beside hospitals
    r"\b(?:(?:public|county|city|regional|community|tribal)\s+health(?!\s+(?:needs?|assessment|improvement|status|survey))|"
    r"health\s+(?:department|district|authority|agency|collaborative|coalition|partners|partnership|alliance)|"
    r"(?:department|division|board)\s+of\s+(?:\w+\s+)?health)\b",
    re.I,
)
_YEARS = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)(?:\s*(?:-|–|—|/|to|through)\s*(?:(?:19|20)?\d\d)(?!\d))?")
_ASSESSMENT = re.compile(
    r"\b(?:(?:joint|collaborative|regional|tri-?county)\s+)*community\s+health\s+(?:needs?\s+)?"
    r"(?:assessment|implementation|improvement)(?:\s+(?:report|plan|strategy|and|&))*|\bCHNA\b|\bCHIP\b|"
    r"\bneeds\s+assessment\b|\bimplementation\s+(?:strategy|plan)\b|\bcommunity\s+benefit\s+(?:report|plan)\b",
    re.I,
)
_STRATEGY = re.compile(r"\b(?:implementation\s+(?:strategy|plan)|improvement\s+plan)\b", re.I)
_NEEDS = re.compile(r"\bneeds?\s+assessment\b|\bCHNA\b|\bcommunity\s+health\s+assessment\b", re.I)
_JOINT = re.compile(r"\b(?:joint|collaborative)\b", re.I)
_FILLER = re.compile(r"\b(?:chna|cha|chip|final|draft|report|scanned|scan|rev|v\d+|fy|is|approved|board)\b", re.I)
_MOST_NAMES = 6
_LONGEST_NAME = 12  # words


def guess_identities(document: Document, file: str) -> tuple[Identity, ...]:
    """Guess hospitals, cycle year and document type from the cover page, the title and the file name.

    Of a cycle such as 2022–2024 the year is the first. A document that calls itself joint may
    get several hospitals, any other gets one. All have the source `guess`, unless nothing looks
    like a hospital's name: then the document stands for itself, named by `file`, and the source
    is `none`.
    """
    title, stem = document.metadata.get("title", ""), PurePosixPath(file).stem
    cover = _cover(document)
    words = re.sub(r"[_\-.]+", " ", stem)
    kind = _guess_type([*cover, title, words])
    names = _names(cover) or _names([title]) or _name_from_file(words)
    names = [one for name in names for one in _apart(name)] if kind == "joint_chna" else names[:1]
    year = _guess_year([*(line for line in cover if _ASSESSMENT.search(line)), *cover, title, stem])
    if not names:
        return (Identity(name=file, year=year, document_type=kind, source="none"),)
    return tuple(Identity(name=name, year=year, document_type=kind, source="guess") for name in names[:_MOST_NAMES])


def _cover(document: Document) -> list[str]:
    """Return the short lines of the first page that has text, largest headings first."""
    first = next((passage.page for passage in document.passages), 0)
    lines = [
        passage
        for passage in document.passages
        if passage.page == first and len(passage.text.split()) <= 2 * _LONGEST_NAME
    ]
    lines.sort(key=lambda line: (line.kind is not Kind.HEADING, line.level, line.box[1] - line.box[3]))
    return [" ".join(line.text.split()) for line in lines]


def _names(lines: Iterable[str]) -> list[str]:
    """Return the lines, less title words and years, that look like a hospital's name, likeliest first."""
    found: dict[str, tuple[bool, str]] = {}
    for line in lines:
        for part in re.split(r"\s*(?:[|•;:]|\s[-–—]\s)\s*", line):
            rest = _YEARS.sub(" ", _ASSESSMENT.sub(" ", part))
            name = " ".join(re.sub(r"\b(?:fiscal year|fy|final|draft)\b", " ", rest, flags=re.I).split()).strip(
                " ,.-–—|"
            )
            is_strong = bool(_STRONG.search(name))
            is_name = 2 <= len(name.split()) <= _LONGEST_NAME and name[:1].isupper() and not part.endswith(".")
            if is_name and (is_strong or _WEAK.search(name)):
                found.setdefault(name.casefold(), (is_strong, name))
    strong = [name for is_strong, name in found.values() if is_strong]
    return strong or [name for _, name in found.values()]


def _apart(name: str) -> list[str]:
    """Return the names that stand side by side on the cover of a joint document."""
    ends = [match.end() for match in _STRONG.finditer(name)]
    cuts = [0, *ends[:-1], len(name)]
    parts = [re.sub(r"^\W*(?:(?:and|with)\b)?\W*", "", name[a:b]).strip() for a, b in pairwise(cuts)]
    # "Hospital Medical Center" is one hospital: what follows its first noun must be a name by itself.
    return parts if all(len(part.split()) > 1 and not _STRONG.match(part) for part in parts) else [name]


def _guess_year(texts: Iterable[str]) -> int | None:
    for text in texts:
        for match in _YEARS.finditer(text):
            if 2000 <= int(match[1]) <= 2100:
                return int(match[1])
    return None


def _guess_type(texts: Sequence[str]) -> str:
    """Return what the first text that says so says."""
    for text in texts:
        if _NEEDS.search(text):
            is_joint = any(_JOINT.search(other) for other in texts)
            return "joint_chna" if is_joint else "chna"
        if _STRATEGY.search(text):
            return "implementation_strategy"
    return ""


def _name_from_file(words: str) -> list[str]:
    """Return the name that a file name spells out; none if it holds no word for a hospital."""
    rest = _FILLER.sub(" ", _ASSESSMENT.sub(" ", _YEARS.sub(" ", words)))
    name = " ".join(word[:1].upper() + word[1:] for word in rest.split())
    return [name] if _STRONG.search(name) and len(name.split()) > 1 else []
