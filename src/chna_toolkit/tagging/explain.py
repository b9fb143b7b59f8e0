"""A tagger opened up: the same passages judged again with other rules, and why a rule matched or did not.

Phrases are looked up once. A rule, exclusion or cue that is left out or weakened names no new
phrase, so nothing is looked up again however many variants are tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace

from chna_toolkit.lexicon.model import Exclusion, Rule
from chna_toolkit.lexicon.words import Words
from chna_toolkit.model import Document, DocumentStatus, Mention, Passage
from chna_toolkit.tagging.assertion import AssertionFinder
from chna_toolkit.tagging.index import Group, Hits
from chna_toolkit.tagging.rules import Match, ReadyExclusion, ReadyRule, ready_exclusion, ready_rule
from chna_toolkit.tagging.setting_aside import document_reasons
from chna_toolkit.tagging.tagger import Tagger, _Look, _Unit, _unit_of

Place = tuple[int, int]  # characters: first, one past the last


@dataclass(frozen=True, slots=True)
class Looked:
    """A passage in which the phrases of the lexicon have been found."""

    passage: Passage
    words: Words
    hits: Hits
    context: Hits  # of the headings and headers
    reason: str  # why nothing in it can count, such as a question mark; "" if something can
    unit: _Unit
    atoms: frozenset[int]  # groups of phrases of which one stands in it


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition of a rule in one text: whether it holds, and where."""

    name: str  # "part 1", "order and distance", "needs 1", "unless", "under", …
    wanted: tuple[str, ...]  # the phrases, as written
    holds: bool
    places: tuple[Place, ...] = ()  # what was found that decides
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a rule matched a text or did not, and what became of its matches."""

    rule: Rule
    matched: bool
    reasons: tuple[Reason, ...]
    mentions: tuple[Mention, ...]  # of the rule, counted and set aside; none if it stayed far below counting
    exclusions: tuple[Reason, ...]  # of the lesson, that stand in the text: by id, with their words


class Bench:
    """The rules of a tagger over texts that are looked up once. Not thread-safe."""

    def __init__(self, tagger: Tagger) -> None:
        """Use a tagger of the method `rules` over all lessons."""
        self.tagger = tagger
        self.lexicon = tagger.lexicon

    def look(self, passages: Iterable[Passage]) -> Iterator[Looked]:
        """Find the lexicon's phrases in passages, in order; each passage counts as a document of its own."""
        listed = list(passages)
        units = [_unit_of(passage) for passage in listed]
        looks = (look for some in self.tagger._look(units, 200) for look in some)
        for passage, look in zip(listed, looks, strict=True):
            atoms = frozenset(atom for profile in look.hits.profiles for atom in profile.atoms)
            yield Looked(passage, look.words, look.hits, look.context, _reason(passage), look.unit, atoms)

    def mentions(self, looked: Looked) -> list[Mention]:
        """Return the mentions of a passage, counted and set aside, by the rules as they stand now."""
        found = self.tagger._tag_one(_Look(looked.unit, looked.words, looked.hits, looked.context))
        if not looked.reason:
            return found
        return [replace(one, counted=False, set_aside=looked.reason) if one.counted else one for one in found]

    @contextmanager
    def changed(
        self,
        rules: Mapping[str, Rule | None] | None = None,
        exclusions: Iterable[str] = (),
        cues: Iterable[str] = (),
    ) -> Iterator[None]:
        """Judge with some rules exchanged (`None`: left out) and some exclusions and cues left out, for a while."""
        book, finder = self.tagger._book, self.tagger._assertions
        index, dropped = self.tagger._index, frozenset(cues)
        ready = {name: ready_rule(rule, index) if rule else None for name, rule in (rules or {}).items()}
        self.tagger._book = _ChangedBook(book, ready, frozenset(exclusions))  # type: ignore[assignment]
        if dropped:
            self.tagger._assertions = _without_cues(finder, dropped)
        try:
            yield
        finally:
            self.tagger._book, self.tagger._assertions = book, finder

    def touched(self, old: Rule, new: Rule | None, texts: Sequence[Looked]) -> Iterator[int]:
        """Yield the places of the texts in which exchanging a rule can alter anything."""
        index = self.tagger._index
        before, after = ready_rule(old, index), ready_rule(new, index) if new else None
        says_else = new is not None and (old.assertion, old.yields_to) != (new.assertion, new.yields_to)
        for place, looked in enumerate(texts):
            had = self._found(before, looked)
            has = self._found(after, looked) if after else []
            if had != has or (had and says_else):
                yield place

    def _found(self, ready: ReadyRule, looked: Looked) -> list[Match]:
        groups = (*ready.pattern.parts, *ready.needs)
        if any(map(looked.atoms.isdisjoint, groups)) or not looked.atoms.isdisjoint(ready.unless):
            return []
        if not ready.applies(looked.unit.kind, looked.context, self.tagger._context(looked.unit.headers)):
            return []
        return ready.matches(looked.words, looked.hits)

    def groups(self, rule: Rule) -> tuple[Group, ...]:
        """Return the groups of phrases that a rule asks for: its parts and companions."""
        ready = ready_rule(rule, self.tagger._index)
        return (*ready.pattern.parts, *ready.needs)

    def excludes(self, exclusion: Exclusion, looked: Looked) -> bool:
        """Whether an exclusion finds its words in a text."""
        ready = ready_exclusion(exclusion, self.tagger._index)
        return bool(ready.spans(looked.words, looked.hits))

    def cued(self, name: str, looked: Looked) -> bool:
        """Whether a cue finds its words in a text or above it."""
        groups = [group for cue, group in self.tagger._assertions._cues if cue.id == name]
        return any(looked.hits.has(group) or looked.context.has(group) for group in groups)

    def matches(self, rule: Rule, looked: Looked) -> list[tuple[Place, ...]]:
        """Return the places of the parts for each match of a rule, whatever becomes of it."""
        found = self._found(ready_rule(rule, self.tagger._index), looked)
        return [tuple(_place(looked.words, span) for span in match) for match in found]

    def stands_alone(self, name: str) -> bool:
        """Whether some list of phrases names a class (by its full name) as a whole, not within a phrase."""
        return ("class", name) in self.tagger._index.keys

    def places(self, phrases: Sequence[str], scope: str, looked: Looked) -> tuple[Place, ...]:
        """Return where one of a rule's lists of phrases stands in a text."""
        group = self.tagger._index.add(phrases, scope)
        return tuple(_place(looked.words, span) for span in looked.hits.spans(group))

    def explain(self, rule: Rule, looked: Looked) -> Explanation:
        """Say condition by condition why a rule matches a text or does not."""
        matched = bool(self.matches(rule, looked))
        every = (*self.lexicon.exclusions, *self.lexicon.lesson(rule.lesson).exclusions)
        standing = (one for one in every if rule.lesson not in one.spares and self.excludes(one, looked))
        excluded = [
            Reason(
                one.id,
                tuple(phrase for part in one.parts for phrase in part),
                False,
                tuple(place for part in one.parts for place in self.places(part, one.lesson, looked)),
                "whole sentence" if one.whole_sentence else "",
            )
            for one in standing
        ]
        mentions = tuple(one for one in self.mentions(looked) if one.rule == rule.id)
        return Explanation(rule, matched, tuple(self._reasons(rule, looked)), mentions, tuple(excluded))

    def _reasons(self, rule: Rule, looked: Looked) -> Iterator[Reason]:
        scope = rule.lesson
        for number, part in enumerate(rule.parts, 1):
            places = self.places(part, scope, looked)
            yield Reason(f"part {number}" if len(rule.parts) > 1 else "phrases", part, bool(places), places)
        if len(rule.parts) > 1:
            yield self._distance(rule, looked)
        bare = _bare(rule)
        stands = bool(self.matches(bare, looked))
        for number, group in enumerate(rule.needs, 1):
            places = self.places(group, scope, looked)
            holds = bool(self.matches(replace(bare, needs=(group,)), looked)) if stands else bool(places)
            yield Reason(f"needs {number}", group, holds, places, "elsewhere in the same sentence")
        if rule.unless:
            places = self.places(rule.unless, scope, looked)
            yield Reason("unless", rule.unless, not places, places)
        for name, phrases in (("not_before", rule.not_before), ("not_after", rule.not_after)):
            if phrases:
                # a text that the bare rule does not match cannot break this condition
                with_it = (
                    replace(bare, not_before=rule.not_before)
                    if name == "not_before"
                    else replace(bare, not_after=rule.not_after)
                )
                holds = bool(self.matches(with_it, looked)) or not stands
                yield Reason(name, phrases, holds, self.places(phrases, scope, looked))
        if rule.starts:
            holds = bool(self.matches(replace(bare, starts=True), looked)) or not stands
            yield Reason("starts", (), holds, detail="the match begins the sentence")
        if rule.kinds:
            yield Reason("kinds", rule.kinds, looked.unit.kind in rule.kinds, detail=f"it is a {looked.unit.kind}")
        if rule.under:
            above = "; ".join(looked.unit.context) or "nothing above it"
            headings = self.tagger._index.add(rule.under, scope)
            yield Reason("under", rule.under, looked.context.has(headings), detail=above)
        if rule.header:
            above = "; ".join(looked.unit.headers) or "no cell with headers"
            found = self.tagger._context(looked.unit.headers).spans(self.tagger._index.add(rule.header, scope))
            yield Reason("header", rule.header, bool(found), detail=above)

    def _distance(self, rule: Rule, looked: Looked) -> Reason:
        bare = _bare(rule)
        found = self.matches(bare, looked)
        order = "in the given order" if rule.ordered else "in any order"
        rule_text = f"in one sentence, {order}, at most {rule.within} words between neighbouring parts"
        if found:
            return Reason("order and distance", (), True, found[0], rule_text)
        remedy = ""
        if self.matches(replace(bare, ordered=False), looked):
            remedy = "; they stand near enough, in another order"
        elif self.matches(replace(bare, within=100), looked):
            least = next(n for n in range(rule.within, 101) if self.matches(replace(bare, within=n), looked))
            remedy = f"; they would match within {least}"
        return Reason("order and distance", (), False, (), rule_text + remedy)


def _bare(rule: Rule) -> Rule:
    """The parts of a rule with their order and distance, and nothing else."""
    return replace(rule, needs=(), unless=(), not_before=(), not_after=(), starts=False, kinds=(), under=(), header=())


def _without_cues(finder: AssertionFinder, dropped: frozenset[str]) -> AssertionFinder:
    """Return a finder to which some cues say nothing; the others keep their bits in the index."""
    changed = copy(finder)
    changed._cues = [
        (replace(cue, assertion=None, scope="clause"), frozenset()) if cue.id in dropped else (cue, group)
        for cue, group in finder._cues
    ]
    return changed


class _ChangedBook:
    """A rule book with some rules exchanged or left out."""

    def __init__(self, book: object, rules: Mapping[str, ReadyRule | None], exclusions: frozenset[str]) -> None:
        self._book, self._rules, self._exclusions = book, rules, exclusions
        whole: list[ReadyRule] = book.whole  # type: ignore[attr-defined]
        new = [ready for ready in rules.values() if ready]
        self._new = [ready for ready in new if ready.pattern.parts]
        self.whole = [ready for ready in whole if ready.rule.id not in rules]
        self.whole += [ready for ready in new if not ready.pattern.parts]

    def rules(self, hits: Hits) -> list[ReadyRule]:
        """Return the rules whose words are all there."""
        rules: list[ReadyRule] = self._book.rules(hits)  # type: ignore[attr-defined]
        rules = [ready for ready in rules if ready.rule.id not in self._rules]
        return rules + [ready for ready in self._new if _has_words(ready, hits)]

    def exclusions(self, hits: Hits) -> list[ReadyExclusion]:
        """Return the exclusions whose words are all there."""
        exclusions: list[ReadyExclusion] = self._book.exclusions(hits)  # type: ignore[attr-defined]
        return [ready for ready in exclusions if ready.exclusion.id not in self._exclusions]


def _has_words(ready: ReadyRule, hits: Hits) -> bool:
    return all(hits.has(group) for group in (*ready.pattern.parts, *ready.needs)) and not _has(hits, ready.unless)


def _has(hits: Hits, group: Group) -> bool:
    return bool(group) and hits.has(group)


def _place(words: Words, span: tuple[int, int]) -> Place:
    return words.places[span[0]][0], words.places[span[1] - 1][1]


def _reason(passage: Passage) -> str:
    alone = Document("", DocumentStatus.OK, "", "", (), (passage,))
    return document_reasons(alone).get(passage.index, "")
