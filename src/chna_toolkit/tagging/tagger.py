"""The tagger: passages in, mentions out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from chna_toolkit.lexicon.model import Exclusion, Lexicon
from chna_toolkit.lexicon.words import Words, cut
from chna_toolkit.model import Assertion, Document, Kind, Mention, Passage
from chna_toolkit.tagging.assertion import AssertionFinder, Reading, Verdict
from chna_toolkit.tagging.index import Hits, PhraseIndex, Span
from chna_toolkit.tagging.rules import Match, ReadyRule, RuleBook
from chna_toolkit.tagging.setting_aside import document_reasons

TAGGER_VERSION = "1"

# A passage is labelled with a lesson when its rules together reach this confidence; a rule
# below it counts only beside another one.
COUNTED = 0.5

# Below it a mention is not even a near miss worth showing.
NEAR = 0.3

_CLOSERS = " \"'”’)]"  # may stand behind the full stop of a sentence

_BATCH = 200  # texts looked up together


@dataclass(frozen=True, slots=True)
class Label:
    """What one text says of one lesson."""

    assertion: Assertion
    confidence: float
    rules: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    """A text to be tagged, with what surrounds it."""

    number: int
    text: str
    kind: str
    context: tuple[str, ...]  # headings above it, cell headers, or the text before


class Tagger:
    """Maps passages onto lessons. Making one takes a second; it is not thread-safe, but reusable."""

    def __init__(self, lexicon: Lexicon, select: Sequence[str] | None = None) -> None:
        """Prepare the rules of the selected lessons (ids; all by default)."""
        self.lexicon = lexicon
        self.lessons = tuple(lesson.id for lesson in lexicon.lessons if select is None or lesson.id in select)
        self._numbers = {lesson.id: str(lesson.number) for lesson in lexicon.lessons}
        self._index = PhraseIndex(lexicon.speller)
        self._book = RuleBook(lexicon, frozenset(self.lessons), self._index)
        self._assertions = AssertionFinder(lexicon.cues, self._index)
        self._index.freeze(self._book.roles)
        self._contexts: dict[tuple[str, ...], Hits] = {}

    def tag(self, document: Document) -> list[Mention]:
        """Return all mentions of a document, counted and set aside, in reading order."""
        self._contexts.clear()
        units = (_unit_of(passage) for passage in document.passages)
        mentions = [mention for _, found in self._tag_units(units) for mention in found]
        reasons = document_reasons(document)
        return [
            replace(mention, counted=False, set_aside=reasons[mention.passage])
            if mention.counted and mention.passage in reasons
            else mention
            for mention in mentions
        ]

    def label(self, text: str, prev: str = "") -> dict[str, Label]:
        """Return the lessons (number as text) that one text shows. `prev` is the text before it."""
        return next(self.labels([(text, prev)]))

    def labels(self, texts: Iterable[tuple[str, str]], batch: int = _BATCH) -> Iterator[dict[str, Label]]:
        """Label a stream of (text, text before it) pairs in constant memory, in order."""
        units = (
            _Unit(number, text, Kind.PARAGRAPH.value, (prev,) if _is_lead_in(prev) else ())
            for number, (text, prev) in enumerate(texts)
        )
        for _, mentions in self._tag_units(units, batch):
            yield self._summed_up(mentions)
            if len(self._contexts) > 10_000:
                self._contexts.clear()

    def _tag_units(self, units: Iterable[_Unit], batch: int = _BATCH) -> Iterator[tuple[_Unit, list[Mention]]]:
        stream = iter(units)
        while chunk := list(islice(stream, batch)):
            words = [cut(unit.text) for unit in chunk]
            for unit, text, hits in zip(chunk, words, self._index.find(words), strict=True):
                yield unit, self._tag_one(unit, text, hits)

    def _tag_one(self, unit: _Unit, text: Words, hits: Hits) -> list[Mention]:
        rules, exclusions = self._book.candidates(hits)
        if unit.context:
            rules = rules + self._book.whole
        if not rules:
            return []
        context = self._context(unit.context)
        found = [
            (rule, match) for rule in rules if rule.applies(unit.kind, context) for match in rule.matches(text, hits)
        ]
        if not found:
            return []
        is_line = not unit.text.rstrip(_CLOSERS).endswith((".", "!", "?"))
        reading = self._assertions.read(text, hits, context, is_line=is_line)
        excluded = [(ready.exclusion, spans) for ready in exclusions if (spans := ready.spans(text, hits))]
        mentions = [self._mention(unit, text, rule, match, reading, excluded) for rule, match in found]
        return _settle(mentions, {rule.rule.id: rule.rule.yields_to for rule, _ in found})

    def _context(self, lines: tuple[str, ...]) -> Hits:
        """Hits of the headings and headers that a text stands under; their positions mean nothing."""
        if lines not in self._contexts:
            merged = Hits()
            for hits in self._index.find([cut(line) for line in lines]) if lines else ():
                merged.found += hits.found
            self._contexts[lines] = merged
        return self._contexts[lines]

    def _mention(
        self,
        unit: _Unit,
        text: Words,
        ready: ReadyRule,
        match: Match,
        reading: Reading,
        excluded: list[tuple[Exclusion, list[Span]]],
    ) -> Mention:
        rule = ready.rule
        verdict = Verdict(rule.assertion) if rule.assertion else reading.verdict(match, rule.lesson)
        set_aside = ""
        for exclusion, spans in excluded:
            mine = exclusion.lesson in ("", rule.lesson) and rule.lesson not in exclusion.spares
            if mine and _touch(match, spans):
                set_aside = f"excluded: {exclusion.id}"
                break
        parts = tuple((text.starts[first], text.ends[last - 1]) for first, last in match)
        return Mention(
            lesson=rule.lesson,
            rule=rule.id,
            passage=unit.number,
            start=parts[0][0],
            end=max(end for _, end in parts),
            parts=parts,
            assertion=verdict.assertion,
            confidence=rule.confidence,
            counted=not set_aside,
            set_aside=set_aside,
            cue=verdict.cue,
        )

    def _summed_up(self, mentions: list[Mention]) -> dict[str, Label]:
        labels: dict[str, Label] = {}
        for lesson in self.lessons:
            counted = [m for m in mentions if m.lesson == lesson and m.counted]
            if counted:
                best = max(counted, key=lambda m: (m.confidence, -m.start, m.rule))
                labels[self._numbers[lesson]] = Label(
                    assertion=best.assertion,
                    confidence=round(combined(m.confidence for m in _one_a_rule(counted)), 3),
                    rules=tuple(sorted({m.rule for m in counted})),
                    spans=tuple(sorted({part for m in counted for part in m.parts})),
                )
        return labels


def combined(confidences: Iterable[float]) -> float:
    """Confidence of independent pieces of evidence together: noisy-or."""
    doubt = 1.0
    for confidence in confidences:
        doubt *= 1.0 - confidence
    return 1.0 - doubt


def _one_a_rule(mentions: Iterable[Mention]) -> list[Mention]:
    return list({mention.rule: mention for mention in mentions}.values())


def _unit_of(passage: Passage) -> _Unit:
    headers = tuple(header for header in (passage.row_header, passage.column_header) if header)
    return _Unit(passage.index, passage.text, passage.kind.value, (*passage.section, *headers))


def _is_lead_in(prev: str) -> bool:
    """Whether the text before reads like a heading or opens a list, and so is context."""
    text = prev.strip()
    return bool(text) and len(text) <= 150 and text[-1] not in ".?!"


def _touch(match: Match, spans: list[Span]) -> bool:
    return any(part[0] < span[1] and span[0] < part[1] for part in match for span in spans)


def _settle(mentions: list[Mention], yields_to: dict[str, tuple[str, ...]]) -> list[Mention]:
    """Decide what counts: evidence of a lesson must suffice together, and some rules give way to lessons."""
    strength = {
        lesson: combined(m.confidence for m in _one_a_rule(m for m in mentions if m.lesson == lesson and m.counted))
        for lesson in {m.lesson for m in mentions}
    }
    settled = []
    for mention in mentions:
        if not mention.counted or strength[mention.lesson] >= COUNTED:
            rivals = [lesson for lesson in yields_to[mention.rule] if strength.get(lesson, 0) >= COUNTED]
            if mention.counted and rivals:
                mention = replace(mention, counted=False, set_aside=f"yields to {rivals[0]}")
            settled.append(mention)
        elif strength[mention.lesson] >= NEAR:
            settled.append(replace(mention, counted=False, set_aside="weak: needs a second rule"))
    return sorted(settled, key=lambda m: (m.start, m.end, m.rule))
