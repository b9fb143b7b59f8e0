"""Rules over hits: where the parts of a rule stand within reach of each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Generic, TypeVar

from chna_toolkit.lexicon.model import Exclusion, Lexicon, Rule
from chna_toolkit.lexicon.words import Words
from chna_toolkit.tagging.index import Group, Hits, PhraseIndex, Span

MAX_MATCHES = 3  # of one rule in one text; more says nothing new
_MAX_TRIES = 400  # combinations of spans tried for one rule in one text

Match = tuple[Span, ...]  # a span for each part, in the order of the text


@dataclass(frozen=True, slots=True)
class Pattern:
    """The parts of a rule or exclusion, ready to be found."""

    parts: tuple[Group, ...]
    ordered: bool
    within: int

    def matches(self, text: Words, hits: Hits) -> Iterator[Match]:
        """Yield a match for each place where all parts stand within reach, in order of text."""
        groups = [hits.spans(part) for part in self.parts]
        if len(groups) == 1:
            yield from zip(_longest(groups[0]))
            return
        tries = 0
        end = -1
        for first in groups[0]:
            if self.ordered and first[0] < end:
                continue
            for match in self._complete((first,), groups[1:], text):
                tries += 1
                if self.ordered or self._in_reach(match):
                    yield tuple(sorted(match))
                    end = max(span[1] for span in match)
                    break
                if tries > _MAX_TRIES:
                    return

    def _complete(self, chosen: Match, rest: list[list[Span]], text: Words) -> Iterator[Match]:
        if not rest:
            yield chosen
            return
        sentence = text.sentences[chosen[0][0]]
        last = chosen[-1]
        reach = self.within if self.ordered else (self.within + 6) * (len(self.parts) - 1)
        near = sorted(rest[0], key=lambda span: abs(span[0] - last[0]))
        for span in near:
            if text.sentences[span[0]] != sentence or any(_overlap(span, other) for other in chosen):
                continue
            if self.ordered and not 0 <= span[0] - last[1] <= reach:
                continue
            if not self.ordered and min(abs(span[0] - last[1]), abs(last[0] - span[1])) > reach:
                continue
            yield from self._complete((*chosen, span), rest[1:], text)

    def _in_reach(self, match: Match) -> bool:
        return all(right[0] - left[1] <= self.within for left, right in pairwise(sorted(match)))


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _longest(spans: list[Span]) -> list[Span]:
    """Drop spans that lie inside another."""
    if len(spans) < 2:
        return spans
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or span[1] > kept[-1][1]:
            kept.append(span)
    return kept


@dataclass(frozen=True, slots=True)
class ReadyRule:
    """A rule with its groups resolved to atoms."""

    rule: Rule
    pattern: Pattern
    needs: tuple[Group, ...]
    unless: Group
    not_before: Group
    not_after: Group
    under: Group
    header: Group

    def applies(self, kind: str, context: Hits, headers: Hits) -> bool:
        """Whether a passage of this kind under these headings, and headers of its cell, is one the rule is for."""
        if self.rule.kinds and kind not in self.rule.kinds:
            return False
        if self.header and not headers.spans(self.header):
            return False
        return not self.under or context.has(self.under)

    def matches(self, text: Words, hits: Hits) -> list[Match]:
        """Return the first few places where the rule matches."""
        if not self.pattern.parts:
            return [((0, len(text)),)] if len(text) else []
        found: list[Match] = []
        for match in self.pattern.matches(text, hits):
            if self._stands(match, text, hits):
                found.append(match)
                if len(found) == MAX_MATCHES:
                    break
        return found

    def _stands(self, match: Match, text: Words, hits: Hits) -> bool:
        start, end = match[0][0], match[-1][1]
        sentence = text.sentences[start]
        if self.rule.starts and start > 0 and text.sentences[start - 1] == sentence:
            return False
        if self.not_before and any(span[1] == start for span in hits.spans(self.not_before)):
            return False
        if self.not_after and any(span[0] == end for span in hits.spans(self.not_after)):
            return False
        for group in self.needs:
            companions = (span for span in hits.spans(group) if text.sentences[span[0]] == sentence)
            if not any(all(not _overlap(span, part) for part in match) for span in companions):
                return False
        return True


@dataclass(frozen=True, slots=True)
class ReadyExclusion:
    """An exclusion with its groups resolved to atoms."""

    exclusion: Exclusion
    pattern: Pattern
    needs: tuple[Group, ...] = ()
    unless: Group = frozenset()

    def spans(self, text: Words, hits: Hits) -> list[Span]:
        """Return the word spans in which mentions do not count."""
        found: list[Span] = []
        for match in self.pattern.matches(text, hits):
            if self.exclusion.whole_sentence:
                sentence = text.sentences[match[0][0]]
                first = text.sentences.index(sentence)
                found.append((first, first + text.sentences.count(sentence)))
            else:
                found += match
        return found


class RuleBook:
    """The rules and exclusions of the selected lessons, and which of them can match given hits."""

    def __init__(self, lexicon: Lexicon, lessons: frozenset[str], index: PhraseIndex) -> None:
        chosen = [lesson for lesson in lexicon.lessons if lesson.id in lessons]
        ready = [ready_rule(rule, index) for lesson in chosen for rule in lesson.rules]
        self.whole = [rule for rule in ready if not rule.pattern.parts]  # kind and context alone decide
        local = (exclusion for lesson in chosen for exclusion in lesson.exclusions)
        exclusions = [ready_exclusion(exclusion, index) for exclusion in (*lexicon.exclusions, *local)]
        self._rules = _Slots([rule for rule in ready if rule.pattern.parts], index)
        self._exclusions = _Slots(exclusions, index)

    def rules(self, hits: Hits) -> list[ReadyRule]:
        """Return the rules with parts whose words are all there, in the order of the lexicon."""
        return self._rules.filled(hits)

    def exclusions(self, hits: Hits) -> list[ReadyExclusion]:
        """Return the exclusions whose words are all there, in the order of the lexicon."""
        return self._exclusions.filled(hits)


_Ready = TypeVar("_Ready", bound=ReadyRule | ReadyExclusion)


class _Slots(Generic[_Ready]):
    """Finds the patterns whose slots hits can fill, all at once: a bit of the index's uses a slot and pattern.

    Slots are the parts and companion lists. A pattern gets its bits when its words were met, so that masks are no wider
    than they must be: one for the first slot, one for the words that it forbids, then one for each further slot.
    """

    def __init__(self, patterns: Sequence[_Ready], index: PhraseIndex) -> None:
        self._patterns = patterns
        self._index = index
        self._places: dict[int, int] = {}  # by their first bit
        self._first = 0  # the first bits, as a mask
        self._most = max((len(_slots(one)) for one in patterns), default=0)
        self._ended = [0] * self._most  # of patterns that have no slot so far along, the first bits
        for place, one in enumerate(patterns):
            index.once_met(_slots(one), partial(self._admit, place))

    def _admit(self, place: int) -> None:
        """Give a pattern its bits."""
        one = self._patterns[place]
        head, *further = _slots(one)
        bit = self._index.reserve(2 + len(further))
        self._index.give(head, bit)
        self._index.give(one.unless, bit + 1)
        for number, group in enumerate(further, bit + 2):
            self._index.give(group, number)
        self._places[bit] = place
        self._first |= 1 << bit
        for slot in range(1 + len(further), self._most):
            self._ended[slot] |= 1 << bit

    def filled(self, hits: Hits) -> list[_Ready]:
        """Return the patterns that hits have words for in every slot and none that it forbids, in their order."""
        uses = hits.uses
        can = uses & self._first
        uses >>= 1
        can ^= can & uses  # what has a word that it forbids
        for slot in range(1, self._most):
            if not can:
                return []
            uses >>= 1
            can &= uses | self._ended[slot]
        places = []
        while can:
            low = can & -can
            places.append(self._places[low.bit_length() - 1])
            can ^= low
        return [self._patterns[place] for place in sorted(places)]


def _slots(pattern: ReadyRule | ReadyExclusion) -> tuple[Group, ...]:
    return (*pattern.pattern.parts, *pattern.needs)


def ready_rule(rule: Rule, index: PhraseIndex) -> ReadyRule:
    """Resolve a rule's groups; call before the index is frozen."""

    def group(phrases: tuple[str, ...]) -> Group:
        return index.add(phrases, rule.lesson)

    return ReadyRule(
        rule=rule,
        pattern=Pattern(tuple(group(part) for part in rule.parts), rule.ordered, rule.within),
        needs=tuple(group(part) for part in rule.needs),
        unless=group(rule.unless),
        not_before=group(rule.not_before),
        not_after=group(rule.not_after),
        under=group(rule.under),
        header=group(rule.header),
    )


def ready_exclusion(exclusion: Exclusion, index: PhraseIndex) -> ReadyExclusion:
    """Resolve the groups of an exclusion; call before the index is frozen."""
    parts = tuple(index.add(part, exclusion.lesson) for part in exclusion.parts)
    return ReadyExclusion(exclusion, Pattern(parts, exclusion.ordered, exclusion.within))
