"""Rules over hits: where the parts of a rule stand within reach of each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from chna_toolkit.lexicon.model import Exclusion, Lexicon, Rule
from chna_toolkit.lexicon.words import Words
from chna_toolkit.tagging.index import Group, Hits, PhraseIndex, Span

MAX_MATCHES = 3  # of one rule in one text; more says nothing new
_MAX_TRIES = 400  # combinations of spans tried for one rule in one text

Match = tuple[Span, ...]  # a span for each part, in the order of the text


def spans_of(group: Group, hits: Hits) -> list[Span]:
    """Return the spans of a group, in order."""
    if len(group) == 1:
        return hits.get(group[0], [])
    return sorted({span for atom in group if atom in hits for span in hits[atom]})


def is_hit(group: Group, hits: Hits) -> bool:
    """Whether any phrase of the group occurs."""
    return any(atom in hits for atom in group)


@dataclass(frozen=True, slots=True)
class Pattern:
    """The parts of a rule or exclusion, ready to be found."""

    parts: tuple[Group, ...]
    ordered: bool
    within: int

    def can_match(self, hits: Hits) -> bool:
        """Whether every part occurs somewhere."""
        return all(is_hit(part, hits) for part in self.parts)

    def matches(self, text: Words, hits: Hits) -> Iterator[Match]:
        """Yield a match for each place where all parts stand within reach, in order of text."""
        groups = [spans_of(part, hits) for part in self.parts]
        if len(groups) == 1:
            yield from ((span,) for span in _longest(groups[0]))
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

    def applies(self, kind: str, hits: Hits, context: Hits) -> bool:
        """Whether the rule may match here: kind, context, companions and forbidden words."""
        if self.rule.kinds and kind not in self.rule.kinds:
            return False
        if self.under and not is_hit(self.under, context):
            return False
        if self.unless and is_hit(self.unless, hits):
            return False
        return all(is_hit(group, hits) for group in self.needs) and self.pattern.can_match(hits)

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
        if any(span[1] == start for span in spans_of(self.not_before, hits)):
            return False
        if any(span[0] == end for span in spans_of(self.not_after, hits)):
            return False
        for group in self.needs:
            companions = (span for span in spans_of(group, hits) if text.sentences[span[0]] == sentence)
            if not any(all(not _overlap(span, part) for part in match) for span in companions):
                return False
        return True


@dataclass(frozen=True, slots=True)
class ReadyExclusion:
    """An exclusion with its groups resolved to atoms."""

    exclusion: Exclusion
    pattern: Pattern

    def spans(self, text: Words, hits: Hits) -> list[Span]:
        """Return the word spans in which mentions do not count."""
        if not self.pattern.can_match(hits):
            return []
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
    """The rules and exclusions of the selected lessons, indexed by the atoms that can start them."""

    def __init__(self, lexicon: Lexicon, lessons: frozenset[str], index: PhraseIndex) -> None:
        self.whole: list[ReadyRule] = []  # rules without words of their own: context and kind decide
        self._by_atom: dict[int, list[ReadyRule]] = {}
        self._uses: dict[int, int] = {}
        self.exclusions: dict[int, list[ReadyExclusion]] = {}
        ready = [_ready(rule, index) for lesson in lexicon.lessons if lesson.id in lessons for rule in lesson.rules]
        for rule in ready:
            for part in rule.pattern.parts:
                for atom in part:
                    self._uses[atom] = self._uses.get(atom, 0) + 1
        for rule in ready:
            if not rule.pattern.parts:
                self.whole.append(rule)
                continue
            for atom in min(rule.pattern.parts, key=self._commonness):
                self._by_atom.setdefault(atom, []).append(rule)
        for exclusion in self._all_exclusions(lexicon, lessons):
            parts = tuple(index.add(part, exclusion.lesson) for part in exclusion.parts)
            ready_one = ReadyExclusion(exclusion, Pattern(parts, exclusion.ordered, exclusion.within))
            for atom in min(parts, key=self._commonness):
                self.exclusions.setdefault(atom, []).append(ready_one)

    @staticmethod
    def _all_exclusions(lexicon: Lexicon, lessons: frozenset[str]) -> Iterator[Exclusion]:
        yield from lexicon.exclusions
        for lesson in lexicon.lessons:
            if lesson.id in lessons:
                yield from lesson.exclusions

    def _commonness(self, part: Group) -> tuple[int, int]:
        """The part that fewest rules share is the best place to begin."""
        return sum(self._uses.get(atom, 0) for atom in part), len(part)

    def candidates(self, hits: Hits) -> list[ReadyRule]:
        """Return the rules that may match, each once, in a fixed order."""
        found: dict[str, ReadyRule] = {}
        for atom in hits:
            for rule in self._by_atom.get(atom, ()):
                found[rule.rule.id] = rule
        return [found[name] for name in sorted(found)]

    def exclusions_for(self, hits: Hits) -> list[ReadyExclusion]:
        """Return the exclusions that may match."""
        found: dict[str, ReadyExclusion] = {}
        for atom in hits:
            for exclusion in self.exclusions.get(atom, ()):
                found[exclusion.exclusion.id] = exclusion
        return [found[name] for name in sorted(found)]


def _ready(rule: Rule, index: PhraseIndex) -> ReadyRule:
    def group(phrases: tuple[str, ...]) -> Group:
        return index.add(phrases, rule.lesson) if phrases else ()

    return ReadyRule(
        rule=rule,
        pattern=Pattern(tuple(group(part) for part in rule.parts), rule.ordered, rule.within),
        needs=tuple(group(part) for part in rule.needs),
        unless=group(rule.unless),
        not_before=group(rule.not_before),
        not_after=group(rule.not_after),
        under=group(rule.under),
    )
