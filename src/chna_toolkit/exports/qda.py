"""A run as a project for programs of qualitative analysis, and codings from there as gold.

Lessons are codes, what is said of them (practice, plan, …) their sub-codes; a coding is a passage with
a counted mention; the tool is a user like any other; hospitals are cases.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from chna_toolkit.errors import UsageError
from chna_toolkit.exports.coded_text import Unit, lay_out, units_of
from chna_toolkit.exports.files import whole_file
from chna_toolkit.exports.refi import Case, Code, Coding, Project, Source, VariableType, write_qdpx
from chna_toolkit.lexicon.model import Lesson
from chna_toolkit.model import Assertion, Document
from chna_toolkit.results.frames import rows_of
from chna_toolkit.results.run import Run

TOOL = "chna-toolkit"  # the user of this name is the tool itself
OPEN = "yes"  # in gold: the lesson is borne, how is open
MAYBE = "maybe"  # a sub-code for people in doubt
_SUBCODES = (*(str(assertion) for assertion in Assertion), MAYBE)
_COLOURS = {"practice": "#14506E", "plan": "#5B9BBD", "call": "#A9CFE0", "lack": "#C98A2B", MAYBE: "#BDB7A9"}
_MENTION_COLUMNS = (
    "document_id", "lesson_id", "rule_id", "passage", "assertion", "cue", "confidence", "keyword", "counted",
)  # fmt: skip
_CASE: dict[str, VariableType] = {
    "hospital_key": "Text", "ccn": "Text", "ein": "Text", "system": "Text", "state": "Text", "chna_year": "Integer",
}  # fmt: skip


def write_project(run: Run, documents: Iterable[tuple[str, Document]], path: Path) -> None:
    """Write the documents of a run, by their id, with its codings. Raises `OutputError`."""
    write_qdpx(make_project(run, documents), path)


def make_project(run: Run, documents: Iterable[tuple[str, Document]]) -> Project:
    """Return the project."""
    manifest = run.manifest
    user = f"{TOOL} {manifest.tool_version}, lexicon {manifest.lexicon_hash[:12]}"
    files = {str(row["document_id"]): str(row["file"]) for row in run.rows("documents")}
    mentions: dict[str, list[Mapping[str, Any]]] = {identity: [] for identity in files}
    for row in rows_of(run.tables["mentions"][list(_MENTION_COLUMNS)]):
        if row["counted"]:
            mentions[str(row["document_id"])].append(row)
    sources = {
        identity: _source(source_name(identity, files[identity]), files[identity], document, mentions[identity], user)
        for identity, document in documents
    }
    ended = datetime.fromisoformat(manifest.ended)
    return Project(
        name=f"CHNA lessons, {manifest.lexicon_name} {manifest.lexicon_version}",
        users=(user,),
        codes=tuple(_code(row) for row in run.rows("lessons")),
        sources=tuple(sources.values()),
        cases=tuple(_cases(run, {identity: source.name for identity, source in sources.items()})),
        origin=f"{TOOL} {manifest.tool_version}",
        created=ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
        variables=_CASE,
    )


def _source(name: str, file: str, document: Document, mentions: Iterable[Mapping[str, Any]], user: str) -> Source:
    text, places = lay_out(document)
    notes: dict[tuple[int, int, str], list[str]] = {}
    for row in mentions:
        start = places[row["passage"]]
        span = (start, start + len(document.passages[row["passage"]].text))
        notes.setdefault((*span, f"{row['lesson_id']} {row['assertion']}"), []).append(_note(row))
    codings = tuple(Coding(start, end, code, user, "; ".join(said)) for (start, end, code), said in notes.items())
    return Source(name, text, codings, f"{file}, SHA-256 {document.sha256}")


def _note(row: Mapping[str, Any]) -> str:
    cue = f", cue “{row['cue']}”" if row["cue"] else ""
    return f"{row['rule_id']}: “{row['keyword']}”{cue}, confidence {row['confidence']:.2f}"


def source_name(identity: str, file: str) -> str:
    """Return what a document is called in a project: readable, and unique by its id."""
    return f"{PurePosixPath(file).stem} {identity}.txt"


def _code(row: Mapping[str, Any]) -> Code:
    parts = (
        row["definition"],
        f"Code when: {row['code_when']}",
        f"Do not code when: {row['do_not_code_when']}",
        f"Example: {row['example']}",
    )
    inner = tuple(Code(f"{row['lesson_id']} {name}", colour=_COLOURS[name]) for name in _SUBCODES)
    return Code(f"{row['lesson_id']} {row['title']}", "\n\n".join(parts), _COLOURS["practice"], inner)


def _cases(run: Run, sources: Mapping[str, str]) -> Iterator[Case]:
    for row in run.rows("coverage_matrix"):
        year = f" {row['chna_year']}" if row["chna_year"] else ""
        values = {name: value for name in _CASE if isinstance(value := row[name], (str, int)) and value != ""}
        own = tuple(sources[one] for one in str(row["document_ids"]).split(";") if one in sources)
        yield Case(f"{row['hospital_name']}{year} ({row['hospital_key']})", values, own)


# -- back


def coders_of(project: Project) -> list[str]:
    """Return who coded anything, by name; the tool last."""
    found = {coding.user for source in project.sources for coding in source.codings}
    return sorted(found, key=lambda name: (name.startswith(TOOL), name))


def gold_of(
    project: Project, coders: Sequence[str], lessons: Sequence[Lesson], everything: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield the units that these coders coded as gold, one a line of text that holds something.

    A coding counts for every line of which it covers more than half, or that it lies in. Of a text
    that none of them coded anything in, nothing is known, unless with `everything` they read it all.
    Raises `UsageError` if no code is a lesson.
    """
    meanings = _meanings(project, lessons)
    for source in project.sources:
        codings = [one for one in source.codings if one.user in coders and one.code in meanings]
        if not codings and not everything:
            continue
        found = re.findall(r"\b[0-9a-f]{12}\b", source.name)
        identity = found[-1] if found else PurePosixPath(source.name).stem
        stem = PurePosixPath(source.name).stem.removesuffix(identity).strip() or identity
        units = list(units_of(source.text))
        codes = _codes_by_unit(units, codings)
        for unit in units:
            yield _gold_row(f"{identity}:{unit.number}", stem, unit, {meanings[one] for one in codes[unit.number]})


def _codes_by_unit(units: Sequence[Unit], codings: Iterable[Coding]) -> list[set[str]]:
    codes: list[set[str]] = [set() for _ in units]
    starts = [unit.start for unit in units]
    for coding in codings:
        place = max(0, bisect_right(starts, coding.start) - 1)
        while place < len(units) and units[place].start < max(coding.end, coding.start + 1):
            unit = units[place]
            shared = min(unit.end, coding.end) - max(unit.start, coding.start)
            if 2 * shared > unit.end - unit.start or (shared > 0 and _is_within(coding, unit)):
                codes[place].add(coding.code)
            place += 1
    return codes


def _is_within(coding: Coding, unit: Unit) -> bool:
    return unit.start <= coding.start and coding.end <= unit.end + 1


def _gold_row(identity: str, doc: str, unit: Unit, meanings: set[tuple[int, str]]) -> dict[str, Any]:
    labels: dict[str, str] = {}
    for number, kind in sorted(meanings, key=lambda one: (one[0], _strength(one[1]))):
        if kind != MAYBE:
            labels.setdefault(str(number), kind)
    maybe = [str(number) for number, kind in sorted(meanings) if kind == MAYBE and str(number) not in labels]
    row = {"id": identity, "text": unit.text, "prev": unit.previous, "labels": labels, "maybe": maybe}
    return row | {"doc": doc} | ({"page": unit.page} if unit.page else {})


def _strength(kind: str) -> int:
    # Where a passage is coded twice, the stronger assertion stands; one that is open yields to any.
    return [*_SUBCODES, OPEN].index(kind)


def _meanings(project: Project, lessons: Sequence[Lesson]) -> dict[str, tuple[int, str]]:
    """Return what each code of a project stands for: the number of a lesson, and an assertion."""
    found: dict[str, tuple[int, str]] = {}
    for code in project.codes:
        _understand(code, lessons, None, found)
    if not found:
        raise UsageError(
            "no code of the project is a lesson of the lexicon",
            f"A code's name begins with the lesson's id, such as “{lessons[0].id} plan”, or is its title.",
        )
    return found


def _understand(code: Code, lessons: Sequence[Lesson], above: int | None, found: dict[str, tuple[int, str]]) -> None:
    number, rest = _lesson(code.name, lessons)
    number = above if number is None else number
    if number is not None:
        kind = next((one for one in _SUBCODES if re.search(rf"(?i)\b{one}$", rest.strip())), OPEN)
        found[code.name] = (number, kind)
    for inner in code.codes:
        _understand(inner, lessons, number, found)


def _lesson(name: str, lessons: Sequence[Lesson]) -> tuple[int | None, str]:
    """Return the number of the lesson that a name begins with, and the rest of the name."""
    for lesson in lessons:
        for key in (lesson.id, lesson.title, lesson.slug):
            if match := re.match(rf"(?i)\s*{re.escape(key)}(?![A-Za-z0-9])[\s_:.–-]*", name):
                rest = name[match.end() :]
                # A title that ends with such a word asserts nothing.
                return lesson.number, "" if rest.casefold() == lesson.title.casefold() else rest
    return None, name


def write_gold(rows: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write gold, one JSON object a line; return how many lines. Raises `OutputError`."""
    count = 0
    with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as stream:
        for count, row in enumerate(rows, 1):  # noqa: B007
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return count
