"""The tagger: passages in, mentions out."""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from chna_toolkit.collecting import no_collection
from chna_toolkit.errors import UsageError
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.lexicon.words import Words, cut
from chna_toolkit.model import Assertion, Document, Kind, Mention, Passage, combined
from chna_toolkit.tagging.assertion import AssertionFinder, Reading, Verdict
from chna_toolkit.tagging.index import Hits, PhraseIndex
from chna_toolkit.tagging.rules import Match, RuleBook
from chna_toolkit.tagging.setting_aside import document_reasons
from chna_toolkit.tagging.settling import EXCLUDED, Claim, excluded_by, promising, settle

if TYPE_CHECKING:  # they bring numpy
    from chna_toolkit.tagging.assertion_learned import Floats, LearnedAssertions
    from chna_toolkit.tagging.encoder import KeptScores
    from chna_toolkit.tagging.learned import Learned, Model

# Raise it when code changes what mentions a document gives, or what the encoder gives a passage: both are kept.
TAGGER_VERSION = "10"

METHODS = ("encoder", "hybrid", "rules")
DEFAULT_METHOD = "encoder"  # the best one by evidence held out: docs/model-card.md

# Why a tagger asked for a learned method works otherwise than the model's figures say.
OTHER_LESSONS = "learned_model_for_other_lessons"  # rules alone
OTHER_LEXICON = "learned_model_of_other_lexicon"  # a lexicon changed since the training
OTHER_ENCODER = "learned_model_without_this_encoder"  # hybrid

MODEL = ("tagging", "model", "model.json")  # of the built-in model, in the package

UNLIKELY = "learned: unlikely"  # why a mention does not count by the learned layer

# Whole documents bear a lesson more rarely than the labelled texts that the model was fitted on,
# so there its probabilities must reach so much more, by method; an encoder is asked from there on.
_CAUTION = {"encoder": 0.2, "hybrid": 0.1, "rules": 0.0}
_FEWEST = 6  # words of a passage that the learned layer may add to; cells and headings are left to the rules

_LETTER = re.compile(r"[^\W\d_]")
_CLOSERS = " \"'”’)]"  # may stand behind the full stop of a sentence

_MANY_CONTEXTS = 5_000  # that are kept at the most
_SHORT, _MANY_SHORT = 40, 5_000  # characters of a text that is kept, and how many of them
_BATCH = 200  # texts of a stream looked up together
_BATCH_OF_DOCUMENT = 2_000  # the same of a document, which is there as a whole: the encoder likes to have many


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
    headers: tuple[str, ...] = ()  # of its row and column


@dataclass(slots=True)
class _Look:
    """A unit looked at: its words, the lexicon's phrases in it, and those in its context, where places mean nothing."""

    unit: _Unit
    words: Words
    hits: Hits
    context: Hits
    reading: Reading | None = None  # of its cues; few texts need it
    asserted: Floats | None = None  # what the encoder makes of it: scores in the order of `Assertion`


@dataclass(frozen=True, slots=True)
class Seen:
    """What the learned layer goes by in one text."""

    words: Words
    hits: Hits
    rules: Mapping[str, float]  # strength of the rules by lesson


_Tagged = tuple[_Unit, list[Mention], Mapping[str, float]]


class Tagger:
    """Maps passages onto lessons. Making one takes a second; it is not thread-safe, but reusable."""

    def __init__(
        self,
        lexicon: Lexicon,
        select: Sequence[str] | None = None,
        method: str = DEFAULT_METHOD,
        model: Path | None = None,
    ) -> None:
        """Prepare the rules of the selected lessons (ids; all by default).

        `method` is `rules`, or `hybrid`: a learned model (a folder; the built-in one by default) has
        the last word on what counts, and adds what the rules miss; or `encoder`: the same, after an
        encoder has read what is in doubt. `warnings` says as slugs where
        the model does not suit the lexicon; `method` is then what is done instead. Raises `UsageError`.
        """
        if method not in METHODS:
            raise UsageError(f"unknown method {method!r}", f"Choose one of: {', '.join(METHODS)}.")
        self.lexicon = lexicon
        self.lessons = tuple(lesson.id for lesson in lexicon.lessons if select is None or lesson.id in select)
        self.warnings: tuple[str, ...] = ()
        self.method = method
        self._numbers = {lesson.id: str(lesson.number) for lesson in lexicon.lessons}
        with no_collection():
            self._index = PhraseIndex(lexicon.speller)
            self._book = RuleBook(lexicon, frozenset(lesson.id for lesson in lexicon.lessons), self._index)
            self._topical = len(self._index.keys)  # atoms of rules and exclusions; those of cues alone come after them
            self._assertions = AssertionFinder(lexicon.cues, self._index)
            lexicon.speller.forget()  # before the index grows into its final form, so that this adds no peak
            self._index.freeze()
            self._decider: LearnedAssertions | None = None
            self._learned = self._load(model) if method != "rules" else None
            gc.freeze()  # all that stays is kept out of later collections
        self._contexts: dict[tuple[str, ...], Hits] = {}  # met lately
        self._short: dict[str, tuple[Words, Hits]] = {}  # texts met lately

    def _load(self, folder: Path | None) -> Learned | None:
        from chna_toolkit.tagging.assertion_learned import LearnedAssertions
        from chna_toolkit.tagging.learned import Learned, load_model

        model = load_model(folder)
        unsuitable = suitability(model, self.lexicon)
        self.warnings = (unsuitable,) if unsuitable else ()
        if unsuitable == OTHER_LESSONS:
            self.method = "rules"
            return None
        if model.assertions:
            self._decider = LearnedAssertions(model.assertions, self.settling())
        encoder = None
        if self.method == "encoder":
            from chna_toolkit.tagging.encoder import FILE, load_encoder

            own = folder / FILE if folder else None
            encoder = load_encoder(own if own and own.is_file() else None)
            if not model.is_joined_with(encoder):
                self.warnings += (OTHER_ENCODER,)
                self.method, encoder = "hybrid", None
        return Learned(model, self.atoms(), self._index.profiles, encoder)

    def settling(self) -> dict[str, Assertion]:
        """Return the assertions of the rules that settle them, by id."""
        rules = (rule for lesson in self.lexicon.lessons for rule in lesson.rules)
        return {rule.id: rule.assertion for rule in rules if rule.assertion}

    def atoms(self) -> list[str]:
        """Return the names of what hits consist of, for the learned layer."""
        from chna_toolkit.tagging.learned import class_features

        names = class_features(self._index.keys)
        return [*names[: self._topical], *[""] * (len(names) - self._topical)]  # cues say nothing about a lesson

    def tag(self, document: Document, kept: KeptScores | None = None) -> list[Mention]:
        """Return all mentions of a document, counted and set aside, in reading order.

        `kept` has what the encoder gave for it before, and gets what it gives now.
        """
        # in documents full of tables two passages in five are numbers alone
        units = (_unit_of(passage) for passage in document.passages if _LETTER.search(passage.text))
        with no_collection():
            mentions = [
                _as_sure(mention, chances)
                for _, found, chances in self._tag_units(units, _BATCH_OF_DOCUMENT, _CAUTION[self.method], kept)
                for mention in found
            ]
        reasons = document_reasons(document, {mention.passage for mention in mentions if mention.counted})
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
        for _, mentions, chances in self._tag_units(_units_of(texts), batch):
            yield self._summed_up(mentions, chances)

    def see(self, texts: Iterable[tuple[str, str]], batch: int = _BATCH) -> Iterator[Seen]:
        """Return what the learned layer goes by in a stream of (text, text before it) pairs."""
        for looks in self._look(_units_of(texts), batch):
            for look in looks:
                yield Seen(look.words, look.hits, _strengths(self._tag_one(look)))

    def _tag_units(
        self, units: Iterable[_Unit], batch: int = _BATCH, caution: float = 0.0, kept: KeptScores | None = None
    ) -> Iterator[_Tagged]:
        """Yield each unit with its mentions and, if there are any, the learned layer's probability of each lesson."""
        for looks in self._look(units, batch):
            tagged = list(map(self._tag_one, looks))
            chances = self._judge(looks, tagged, caution, kept) if self._learned else {}
            if self._decider:
                from chna_toolkit.tagging.assertion_learned import Setting

                for place, mentions in enumerate(tagged):
                    if any(mention.counted for mention in mentions):
                        look = looks[place]
                        setting = Setting(look.unit.text, look.unit.kind, look.unit.context[::-1], self._reading(look))
                        tagged[place] = self._decider.decide(mentions, setting, look.asserted)
            for place, (look, mentions) in enumerate(zip(looks, tagged, strict=True)):
                chosen = [mention for mention in mentions if mention.lesson in self.lessons] if mentions else []
                yield look.unit, chosen, chances.get(place, {})

    def _look(self, units: Iterable[_Unit], batch: int) -> Iterator[list[_Look]]:
        """Cut units into words and find the lexicon's phrases in them, some units at a time."""
        stream = iter(units)
        while chunk := list(islice(stream, batch)):
            yield [_Look(unit, *self._looked_up(unit.text), self._context(unit.context)) for unit in chunk]

    def _looked_up(self, text: str) -> tuple[Words, Hits]:
        """Words and hits of a text; those of short ones are kept, for tables repeat them."""
        if len(text) > _SHORT:
            words = cut(text)
            return words, self._index.find(words)
        found = self._short.get(text)
        if found is None:
            if len(self._short) >= _MANY_SHORT:
                self._short.clear()
            words = cut(text)
            found = self._short[text] = words, self._index.find(words)
        return found

    def _context(self, lines: tuple[str, ...]) -> Hits:
        """Hits of the headings and headers that a text stands under."""
        if lines not in self._contexts:
            if len(self._contexts) > _MANY_CONTEXTS:
                self._contexts.clear()
            profiles = (profile for line in lines for profile in self._index.find(cut(line)).profiles)
            self._contexts[lines] = Hits(list(profiles))
        return self._contexts[lines]

    def _tag_one(self, look: _Look) -> list[Mention]:
        """Return the mentions of a unit by rules alone."""
        rules = self._book.rules(look.hits)
        if look.unit.context:
            rules = rules + self._book.whole
        if not rules:
            return []
        text, hits = look.words, look.hits
        headers = self._context(look.unit.headers)
        rules = promising([rule for rule in rules if rule.applies(look.unit.kind, look.context, headers)])
        found = [(ready.rule, match) for ready in rules for match in ready.matches(text, hits)]
        if not found:
            return []
        excluded = [
            (ready.exclusion, spans) for ready in self._book.exclusions(hits) if (spans := ready.spans(text, hits))
        ]
        claims = settle([Claim(rule, match, excluded_by(rule, match, excluded)) for rule, match in found])
        if not claims:
            return []
        reading = self._reading(look)
        return sorted((_mention(look, claim, reading) for claim in claims), key=_by_place)

    def _reading(self, look: _Look) -> Reading:
        if look.reading is None:
            is_line = not look.unit.text.rstrip(_CLOSERS).endswith((".", "!", "?"))
            above = [self._context((line,)) for line in reversed(look.unit.context)]
            look.reading = self._assertions.read(look.words, look.hits, above, is_line=is_line)
        return look.reading

    def _judge(
        self, looks: list[_Look], tagged: list[list[Mention]], caution: float, kept: KeptScores | None
    ) -> dict[int, Mapping[str, float]]:
        """Put the units to the learned layer and change their mentions; returns probabilities by place.

        With `caution`, texts too short for it that no rule found anything in are left out.
        """
        assert self._learned is not None
        keep, add = (bar + caution for bar in self._learned.bars)
        least = _FEWEST if caution else 1
        put = [place for place, look in enumerate(looks) if tagged[place] or len(look.words) >= least]
        texts = [(looks[place].words, looks[place].hits) for place in put]
        strengths = [_strengths(tagged[place]) for place in put]
        rows = doubting = self._learned.scores(texts, strengths)
        if self.method == "encoder":
            wholes = [looks[place].unit.text for place in put]
            rows, asserted = self._learned.reread(rows, strengths, wholes, caution, kept)
            for number, scores in asserted.items():
                looks[put[number]].asserted = scores
            doubting = self._learned.doubting(doubting, rows) if caution else rows
        chances: dict[int, Mapping[str, float]] = {}
        highest = rows.max(axis=1, initial=0.0).tolist()
        for number, (place, high) in enumerate(zip(put, highest, strict=True)):
            if high >= add or tagged[place]:
                given = chances[place] = dict(zip(self._learned.lessons, rows[number].tolist(), strict=True))
                believed = dict(zip(self._learned.lessons, doubting[number].tolist(), strict=True))
                mentions = [_doubted(mention, believed, keep) for mention in tagged[place]]
                if high >= add and len(looks[place].words) >= least:
                    mentions += self._missed(looks[place], tagged[place], given, add)
                    mentions.sort(key=_by_place)
                tagged[place] = mentions
        return chances

    def _missed(self, look: _Look, mentions: list[Mention], chances: Mapping[str, float], add: float) -> list[Mention]:
        """Return mentions of the lessons that the learned layer finds and no rule did."""
        found = {mention.lesson for mention in mentions if mention.counted or mention.set_aside.startswith(EXCLUDED)}
        missing = [lesson for lesson, chance in chances.items() if chance >= add and lesson not in found]
        if not missing:
            return []
        reading = self._reading(look)
        return [self._learned_mention(look, lesson, chances[lesson], mentions, reading) for lesson in missing]

    def _learned_mention(
        self, look: _Look, lesson: str, chance: float, mentions: list[Mention], reading: Reading
    ) -> Mention:
        """Make the mention of a lesson that the learned layer alone finds.

        Where a rule came near, its place says where the evidence stands and how it is asserted;
        elsewhere the words that decided and what most words of the text are asserted as.
        """
        assert self._learned is not None
        rule, confidence = f"{lesson}.{'encoder' if self.method == 'encoder' else 'learned'}", round(chance, 3)
        near = [mention for mention in mentions if mention.lesson == lesson]
        if near:
            best = max(near, key=lambda mention: (mention.confidence, -mention.start, mention.rule))
            return replace(best, rule=rule, confidence=confidence, counted=True, set_aside="")
        match = self._learned.evidence(look.words, look.hits, lesson)
        return _mention_at(look, match, reading.majority(lesson), lesson, rule, confidence)

    def _summed_up(self, mentions: list[Mention], chances: Mapping[str, float]) -> dict[str, Label]:
        labels: dict[str, Label] = {}
        for lesson in self.lessons:
            counted = [m for m in mentions if m.lesson == lesson and m.counted]
            if counted:
                best = max(counted, key=lambda m: (m.confidence, -m.start, m.rule))
                labels[self._numbers[lesson]] = Label(
                    assertion=best.assertion,
                    confidence=round(chances.get(lesson, combined(m.confidence for m in _one_a_rule(counted))), 3),
                    rules=tuple(sorted({m.rule for m in counted})),
                    spans=tuple(sorted({part for m in counted for part in m.parts})),
                )
        return labels


def suitability(model: Model, lexicon: Lexicon) -> str:
    """Return as a slug why a model does not suit a lexicon well; "" if it does."""
    if not model.fits(lexicon):
        return OTHER_LESSONS
    return OTHER_LEXICON if model.lexicon != lexicon.hash else ""


def tagger_version() -> str:
    """Return what decides, besides the lexicon and the method, which mentions a document gives."""
    model = files("chna_toolkit").joinpath(*MODEL)
    return f"{TAGGER_VERSION}+{hashlib.sha256(model.read_bytes()).hexdigest()[:12]}"


def _one_a_rule(mentions: Iterable[Mention]) -> list[Mention]:
    return list({mention.rule: mention for mention in mentions}.values())


def _doubted(mention: Mention, chances: Mapping[str, float], keep: float) -> Mention:
    """Set a mention aside that the learned layer finds unlikely."""
    if mention.counted and chances[mention.lesson] < keep:
        return replace(mention, counted=False, set_aside=UNLIKELY)
    return mention


def _as_sure(mention: Mention, chances: Mapping[str, float]) -> Mention:
    """Trust a mention that counts as far as the learned layer does, if that is further than its rule is trusted."""
    chance = round(chances.get(mention.lesson, 0.0), 3)
    return replace(mention, confidence=chance) if mention.counted and chance > mention.confidence else mention


def _mention(look: _Look, claim: Claim, reading: Reading) -> Mention:
    rule = claim.rule
    verdict = Verdict(rule.assertion) if rule.assertion else reading.verdict(claim.match, rule.lesson)
    mention = _mention_at(look, claim.match, verdict, rule.lesson, rule.id, rule.confidence)
    return replace(mention, counted=False, set_aside=claim.set_aside) if claim.set_aside else mention


def _mention_at(look: _Look, match: Match, verdict: Verdict, lesson: str, rule: str, confidence: float) -> Mention:
    places = look.words.places
    parts = tuple((places[first][0], places[last - 1][1]) for first, last in match)
    return Mention(
        lesson=lesson,
        rule=rule,
        passage=look.unit.number,
        start=parts[0][0],
        end=max(end for _, end in parts),
        parts=parts,
        assertion=verdict.assertion,
        confidence=confidence,
        counted=True,
        cue=verdict.cue,
    )


def _by_place(mention: Mention) -> tuple[int, int, str]:
    return mention.start, mention.end, mention.rule


def _strengths(mentions: Iterable[Mention]) -> dict[str, float]:
    """Strength of the rules that count, by lesson."""
    counted: dict[str, list[Mention]] = {}
    for mention in mentions:
        if mention.counted:
            counted.setdefault(mention.lesson, []).append(mention)
    return {lesson: combined(m.confidence for m in _one_a_rule(found)) for lesson, found in counted.items()}


def _unit_of(passage: Passage) -> _Unit:
    headers = tuple(header for header in (passage.row_header, passage.column_header) if header)
    return _Unit(passage.index, passage.text, passage.kind.value, (*passage.section, *headers), headers)


def _units_of(texts: Iterable[tuple[str, str]]) -> Iterator[_Unit]:
    for number, (text, prev) in enumerate(texts):
        yield _Unit(number, text, Kind.PARAGRAPH.value, (prev,) if _is_lead_in(prev) else ())


def _is_lead_in(prev: str) -> bool:
    """Whether the text before reads like a heading or opens a list, and so is context."""
    text = prev.strip()
    return bool(text) and len(text) <= 150 and text[-1] not in ".?!"
