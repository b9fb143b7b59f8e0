"""From the mentions of one document to one status a lesson. The only place with thresholds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass

from chna_toolkit.model import Assertion, Document, LessonResult, Mention, Status, combined

_ACTUAL = frozenset({Assertion.PRACTICE})
_INTENDED = frozenset({Assertion.PRACTICE, Assertion.PLAN})
_ANY = frozenset(Assertion)

_RANK = {status: rank for rank, status in enumerate(Status)}  # 0 is best

# Which evidence a reader wants to see first: what decided the status, then the rest.
_EVIDENCE_ORDER = {
    Status.PLANNED: (Assertion.PLAN, Assertion.PRACTICE, Assertion.CALL, Assertion.LACK),
    Status.ACKNOWLEDGED: (Assertion.CALL, Assertion.LACK, Assertion.PLAN, Assertion.PRACTICE),
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Every number that decides a status.

    `covered`, `planned`, `acknowledged`: least strength (0..1) of the evidence for the status.
    The strength of several passages is 1 - product of (1 - confidence): one certain passage
    suffices, and so do several doubtful ones. `min_words` and `min_readable_share` say when a
    document holds enough readable text for "not found" to mean anything: words in all, and
    readable pages as a share (0..1) of all pages.
    """

    covered: float = 0.6
    planned: float = 0.6
    acknowledged: float = 0.5
    min_words: int = 200
    min_readable_share: float = 0.5

    @property
    def version(self) -> str:
        """Eight hexadecimal digits that change with any of the numbers."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:8]


DEFAULT_THRESHOLDS = Thresholds()


def score(
    document: Document,
    mentions: Sequence[Mention],
    lessons: Sequence[str],
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> tuple[LessonResult, ...]:
    """Return one result a lesson, in the order of `lessons`.

    `mentions` are all mentions of the document, counted and set aside; the results' `best`
    and `nearest` index into them. A document with too little readable text is not assessed
    for any lesson, whatever was found: else it could raise the share of hospitals that cover a
    lesson and never lower it.
    """
    judge = _Judge(document, thresholds, why_not_assessed(document, thresholds))
    by_lesson: dict[str, list[_Find]] = {lesson: [] for lesson in lessons}
    for find in _finds(document, mentions):
        if find.mention.lesson in by_lesson:
            by_lesson[find.mention.lesson].append(find)
    return tuple(judge.result(lesson, by_lesson[lesson]) for lesson in lessons)


def why_not_assessed(document: Document, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> str:
    """Say why absence of evidence in the document would mean nothing; "" if it means something."""
    if not document.status.is_searchable:
        words = document.status.value.replace("_", " ")
        return f"the document could not be searched: {document.reason or words}"
    if document.words < thresholds.min_words:
        return f"only {_count(document.words, 'readable word')} (needs {thresholds.min_words})"
    pages = len(document.pages)
    if document.readable_pages < thresholds.min_readable_share * pages:
        share = f"{thresholds.min_readable_share:.0%}"
        return f"only {document.readable_pages} of {_count(pages, 'page')} readable (needs {share})"
    return ""


def hospital_status(statuses: Iterable[Status]) -> Status:
    """Return the best of the statuses that a hospital's documents have for a lesson.

    `not_assessed` only if all are, or if there is none: what one document shows or lacks is
    known whether or not another could be read.
    """
    return min(statuses, key=_RANK.__getitem__, default=Status.NOT_ASSESSED)


@dataclass(frozen=True, slots=True)
class _Find:
    """One mention with what scoring needs to know of its passage."""

    index: int  # in the document's mentions
    mention: Mention
    page: int
    text: str  # of the passage; equal for repeated text, which is no new evidence

    @property
    def place(self) -> tuple[int, int, int, str]:
        return (self.page, self.mention.passage, self.mention.start, self.mention.rule)


def _finds(document: Document, mentions: Sequence[Mention]) -> Iterable[_Find]:
    texts: dict[int, str] = {}
    for index, mention in enumerate(mentions):
        passage = document.passages[mention.passage]
        if mention.passage not in texts:
            texts[mention.passage] = " ".join(passage.text.casefold().split())
        yield _Find(index, mention, passage.page, texts[mention.passage])


@dataclass(frozen=True, slots=True)
class _Judge:
    """Gives the result of one lesson after the other for one document."""

    document: Document
    thresholds: Thresholds
    obstacle: str  # why the document is not assessed, "" if it is

    def result(self, lesson: str, finds: Sequence[_Find]) -> LessonResult:
        counted = [find for find in finds if find.mention.counted]
        aside = [find for find in finds if not find.mention.counted]
        status, strong = (Status.NOT_ASSESSED, 0.0) if self.obstacle else self._status(counted)
        hinges = self._hinges(counted, status)
        order = _EVIDENCE_ORDER.get(status, tuple(Assertion))
        return LessonResult(
            lesson=lesson,
            status=status,
            reason=self.obstacle or self._reason(status, strong, counted, aside, hinges),
            mentions={
                assertion: sum(find.mention.assertion is assertion for find in counted) for assertion in Assertion
            },
            set_aside=len(aside),
            rules=tuple(sorted({find.mention.rule for find in counted})),
            pages=tuple(sorted({find.page for find in counted})),
            strength=round(strong, 4),
            fragile=bool(hinges),
            best=_ranked(counted, lambda find: order.index(find.mention.assertion)),
            nearest=_ranked(aside, lambda _: 0, seen={find.text for find in counted}),
        )

    def _steps(self) -> tuple[tuple[Status, float, Collection[Assertion]], ...]:
        """The statuses that need evidence, best first: least strength, and of which assertions."""
        return (
            (Status.COVERED, self.thresholds.covered, _ACTUAL),
            (Status.PLANNED, self.thresholds.planned, _INTENDED),
            (Status.ACKNOWLEDGED, self.thresholds.acknowledged, _ANY),
        )

    def _status(self, counted: Iterable[_Find]) -> tuple[Status, float]:
        """Return the status that these mentions give, and the strength of the evidence for it."""
        counted = list(counted)
        strong = 0.0
        for status, least, assertions in self._steps():
            strong = combined(find.mention.confidence for find in _distinct(counted, assertions))
            if strong and _reaches(strong, least):
                return status, strong
        return Status.SILENT, strong

    def _hinges(self, counted: Sequence[_Find], status: Status) -> tuple[str, ...]:
        """Name what the status hangs on: leaving out that one rule or one page lowers it."""
        witness = self._witness(counted, status)
        found = []
        parts: tuple[tuple[str, Callable[[_Find], object]], ...] = (
            ("one rule", lambda find: find.mention.rule),
            ("one page", lambda find: find.page),
        )
        for name, part in parts:
            for value in dict.fromkeys(part(find) for find in witness):
                rest, _ = self._status(find for find in counted if part(find) != value)
                if _RANK[rest] > _RANK[status]:
                    found.append(name)
                    break
        return tuple(found)

    def _witness(self, counted: Sequence[_Find], status: Status) -> list[_Find]:
        """Return the fewest mentions that give the status: what is not among them cannot lower it."""
        for step, least, assertions in self._steps():
            if step is status:
                best = sorted(_distinct(counted, assertions), key=lambda find: -find.mention.confidence)
                for size in range(1, len(best) + 1):
                    if _reaches(combined(find.mention.confidence for find in best[:size]), least):
                        return best[:size]
        return []

    def _reason(
        self,
        status: Status,
        strong: float,
        counted: Sequence[_Find],
        aside: Sequence[_Find],
        hinges: Sequence[str],
    ) -> str:
        """Say in plain words why the status is what it is."""
        if status is Status.SILENT:
            return self._silence(strong, counted, aside)
        if status is Status.COVERED:
            reason = "practice " + _where(counted, _ACTUAL)
        elif status is Status.PLANNED:
            reason = "plans " + _where(counted, _INTENDED) + ", no sure practice"
        elif any(find.mention.assertion in (Assertion.CALL, Assertion.LACK) for find in counted):
            reason = "called for or named as missing " + _where(counted, _ANY)
        else:
            reason = "only weak evidence " + _where(counted, _ANY)
        return f"{reason}; hangs on {' and '.join(hinges)}" if hinges else reason

    def _silence(self, strong: float, counted: Sequence[_Find], aside: Sequence[_Find]) -> str:
        pages = len(self.document.pages)
        readable = self.document.readable_pages
        where = f"{readable} of {_count(pages, 'page')}" if readable < pages else _count(pages, "page")
        if counted:
            needed = f"{self.thresholds.acknowledged:g}"
            return f"only faint evidence (strength {strong:.2f}, needs {needed}) on {where}"
        tail = f"; {_count(len(aside), 'mention')} set aside" if aside else ""
        return f"nothing found on {where} ({self.document.words:,} words){tail}"


def _distinct(finds: Iterable[_Find], assertions: Collection[Assertion]) -> list[_Find]:
    """Keep the most confident find of each distinct text. Repeated text is one piece of evidence."""
    best: dict[str, _Find] = {}
    for find in finds:
        if find.mention.assertion in assertions:
            known = best.get(find.text)
            if known is None or find.mention.confidence > known.mention.confidence:
                best[find.text] = find
    return [best[text] for text in sorted(best)]


def _ranked(finds: Iterable[_Find], tier: Callable[[_Find], int], seen: Collection[str] = ()) -> tuple[int, ...]:
    """Sort by tier, confidence, place; keep the first of each text that is not in `seen`."""
    taken = set(seen)
    kept = []
    for find in sorted(finds, key=lambda find: (tier(find), -find.mention.confidence, *find.place)):
        if find.text not in taken:
            taken.add(find.text)
            kept.append(find.index)
    return tuple(kept)


def _reaches(strong: float, least: float) -> bool:
    return strong >= least - 1e-9  # 0.6 must reach 0.6, whatever the rounding


def _where(counted: Iterable[_Find], assertions: Collection[Assertion]) -> str:
    chosen = [find for find in counted if find.mention.assertion in assertions]
    pages = {find.page for find in chosen}
    rules = {find.mention.rule for find in chosen}
    return f"on {_count(len(pages), 'page')} by {_count(len(rules), 'rule')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
