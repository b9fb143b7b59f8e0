"""Concordances: every place of a word, a pattern or a lesson with what stands around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chna_toolkit.errors import UsageError
from chna_toolkit.model import Document
from chna_toolkit.results.frames import rows_of
from chna_toolkit.results.run import Run
from chna_toolkit.results.schemas import Column, Table, Value

SORTS = ("text", "left", "right")
_WORD_JOINTS = r"[\s\-‐‑]+"  # a phrase is found over line ends and with hyphens
_QUOTES = {"'": "['’‘]", "’": "['’‘]", '"': '["“”]'}
_COLUMNS = (
    "document_id", "lesson_id", "rule_id", "file", "page_number", "start_char", "page_label", "assertion", "counted",
    "set_aside_reason", "left", "keyword", "right", "section", "passage", "confidence",
)  # fmt: skip

TABLE = Table(
    "concordance",
    "One row a place.",
    (
        Column("file", "string", "Path of the PDF relative to the scanned folder.", "path with /", key=True),
        Column("page_number", "integer", "Page of the PDF.", "from 1", key=True),
        Column("start_char", "integer", "Where it begins in the text of the page.", "characters from 0", key=True),
        Column("page_label", "string", "Page number as printed; empty if unknown."),
        Column("section", "string", "Headings above it.", "headings, >"),
        Column("left", "string", "What stands before."),
        Column("keyword", "string", "What was found."),
        Column("right", "string", "What stands after."),
        Column("lesson_id", "string", "The lesson, if one was looked for."),
        Column("rule_id", "string", "The rule that matched."),
        Column("assertion", "string", "What is said of the lesson."),
        Column("set_aside_reason", "string", "Why the mention does not count; empty if it does."),
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place with its context; white space is single spaces."""

    file: str
    page: int
    start: int
    page_label: str
    section: str
    left: str
    keyword: str
    right: str
    lesson: str = ""
    rule: str = ""
    assertion: str = ""
    set_aside: str = ""

    def values(self) -> tuple[Value, ...]:
        """Return it as a row of `TABLE`."""
        place = (self.file, self.page, self.start, self.page_label, self.section)
        return (*place, self.left, self.keyword, self.right, self.lesson, self.rule, self.assertion, self.set_aside)


def lesson_of(run: Run, what: str) -> str:
    """Return the id of the lesson that is named by id or slug, in whatever case; "" if none is."""
    wanted = what.strip().casefold()
    for row in run.rows("lessons"):
        # L5 is L05.
        if (
            re.sub(r"^l0+", "l", wanted) == re.sub(r"^l0+", "l", str(row["lesson_id"]).casefold())
            or wanted == row["slug"]
        ):
            return str(row["lesson_id"])
    return ""


def pattern_of(what: str) -> re.Pattern[str]:
    """Return what is looked for: between slashes a regular expression, else a phrase in whole words.

    Neither minds capitals. Raises `UsageError` for an expression that is none, or matches nothing at all.
    """
    if len(what) > 2 and what.startswith("/") and what.endswith("/"):
        try:
            pattern = re.compile(what[1:-1], re.IGNORECASE)
        except re.error as error:
            raise UsageError(f"{what}: no regular expression: {error}", "Write it as in /partner\\w*/.") from error
    else:
        words = re.split(_WORD_JOINTS, what.strip().strip('"“”'))
        spelt = ("".join(_QUOTES.get(char, re.escape(char)) for char in word) for word in words)
        pattern = re.compile(rf"(?<!\w){_WORD_JOINTS.join(spelt)}(?!\w)", re.IGNORECASE)
    if pattern.search(""):
        raise UsageError(f"{what!r} matches everywhere", "Say what to look for.")
    return pattern


def places_of_lesson(run: Run, lesson: str, set_aside: bool = False, *, every: bool = True) -> list[Place]:
    """Return the mentions of a lesson that count; with `set_aside` the others as well. No PDF is opened.

    Without `every`, of those in one passage that say the same only the surest, which tells how many more there are.
    """
    mentions = run.tables["mentions"]
    rows: list[Mapping[str, Any]] = list(rows_of(mentions[mentions["lesson_id"] == lesson][list(_COLUMNS)]))
    rows = [row for row in rows if row["counted"] or set_aside]
    if every:
        return [_mention(row, lesson, row["rule_id"]) for row in rows]
    groups: dict[tuple[object, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        key = (row["document_id"], row["passage"], row["assertion"], row["set_aside_reason"])
        groups.setdefault(key, []).append(row)
    found = []
    for group in groups.values():
        best = max(group, key=lambda row: (row["confidence"], len(row["keyword"])))
        more = f" +{len(group) - 1}" if len(group) > 1 else ""
        found.append(_mention(best, lesson, f"{best['rule_id']}{more}"))
    return found


def _mention(row: Mapping[str, Any], lesson: str, rule: str) -> Place:
    return Place(
        row["file"], row["page_number"], row["start_char"], row["page_label"], row["section"], row["left"],
        _plain(row["keyword"]), row["right"], lesson, rule, row["assertion"], row["set_aside_reason"],
    )  # fmt: skip


def places_of_pattern(
    pattern: re.Pattern[str], documents: Iterable[tuple[str, Document]], words: int = 8
) -> Iterator[Place]:
    """Yield where the pattern stands in the documents, by file, with so many words on either side."""
    for file, document in documents:
        sections: dict[tuple[int, int], str] = {}
        for passage in document.passages:
            sections.setdefault((passage.page, passage.start), " > ".join(passage.section))
        for page in document.pages:
            starts = sorted((start, text) for (number, start), text in sections.items() if number == page.number)
            text = page.text.replace("\n", " ")
            for match in pattern.finditer(text):
                if match.end() > match.start():
                    yield _place(file, page.number, page.label, text, match.span(), starts, words)


def _place(
    file: str, page: int, label: str, text: str, span: tuple[int, int], sections: Sequence[tuple[int, str]], words: int
) -> Place:
    start, end = span
    reach = 30 * words  # characters: even long words fit
    left = text[max(0, start - reach) : start].split()[-words:] if words else []
    right = text[end : end + reach].split()[:words]
    section = next((name for first, name in reversed(sections) if first <= start), "")
    return Place(file, page, start, label, section, " ".join(left), _plain(text[start:end]), " ".join(right))


def arrange(places: Iterable[Place], sort: str) -> list[Place]:
    """Return the places in the order of the text, or by the words before (nearest first) or after."""
    return sorted(places, key=_KEYS[sort])


def _by_text(one: Place) -> tuple[Any, ...]:
    return one.file, one.page, one.start, one.rule


def _by_left(one: Place) -> tuple[Any, ...]:
    return one.left.casefold().split()[::-1], one.keyword.casefold(), _by_text(one)


def _by_right(one: Place) -> tuple[Any, ...]:
    return one.right.casefold().split(), one.keyword.casefold(), _by_text(one)


_KEYS = {"text": _by_text, "left": _by_left, "right": _by_right}


def _plain(text: str) -> str:
    return " ".join(text.split())
