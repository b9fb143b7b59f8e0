"""Rules, exclusions and phrases that a lexicon does not have yet, tried on texts that are looked up already.

What a trial adds is found by its words alone and laid over the hits of a text, so thousands of
trials need one index. A rule or exclusion with the id of a known one stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from chna_toolkit.lexicon.model import Exclusion, Rule
from chna_toolkit.lexicon.words import COMMA, Words
from chna_toolkit.model import Mention
from chna_toolkit.tagging.explain import Bench, Looked, _has_words
from chna_toolkit.tagging.index import Group, Hits, PhraseIndex, Profile, Span
from chna_toolkit.tagging.rules import ReadyExclusion, ReadyRule, ready_exclusion, ready_rule

_FIRST_ATOM = 1 << 40  # of those that no index has


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried. `phrases` are those that the lexicon does not have, each with its lesson ("" for all)."""

    rules: tuple[Rule, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    phrases: tuple[tuple[str, str], ...] = ()


@contextmanager
def tried(bench: Bench, trial: Trial) -> Iterator[Callable[[Looked], list[Mention]]]:
    """Judge with a trial for a while: yields what returns the mentions of a text.

    All phrases of its rules and exclusions must be the lexicon's own, in lists that it has, or among
    `trial.phrases`.
    """
    tagger = bench.tagger
    laid = _Laid(tagger._index, trial.phrases)
    rules = [ready_rule(rule, laid) for rule in trial.rules]  # type: ignore[arg-type]  # it adds as an index does
    exclusions = [ready_exclusion(one, laid) for one in trial.exclusions]  # type: ignore[arg-type]
    book = tagger._book
    tagger._book = _WiderBook(book, rules, exclusions)  # type: ignore[assignment]
    try:
        yield lambda looked: bench.mentions(replace(looked, hits=laid.over(looked)))
    finally:
        tagger._book = book


def spans(bench: Bench, phrases: Sequence[str], scope: str, looked: Looked) -> list[Span]:
    """Return the words (first, one past the last) where one of the lexicon's lists of phrases stands in a text."""
    return looked.hits.spans(bench.tagger._index.add(phrases, scope))


def gaps(bench: Bench, rule: Rule, place: int, looked: Looked) -> list[tuple[Span, ...]]:
    """Return the words of the other parts where all of a rule but one of its parts stands in a text."""
    rest = replace(rule, parts=rule.parts[:place] + rule.parts[place + 1 :])
    return bench._found(ready_rule(rest, bench.tagger._index), looked)


class _Laid:
    """New phrases beside an index that takes no more."""

    def __init__(self, index: PhraseIndex, phrases: Sequence[tuple[str, str]]) -> None:
        self._index = index
        self._atoms = {phrase: _FIRST_ATOM + number for number, phrase in enumerate(dict.fromkeys(phrases))}
        self._spelt = [
            (Profile(frozenset((atom,)), 0), sequence)
            for (source, scope), atom in self._atoms.items()
            for sequence in sorted(index._speller.spell_out(source, scope))
        ]

    def add(self, phrases: Sequence[str], scope: str = "") -> Group:
        new = [phrase for phrase in phrases if (phrase, scope) in self._atoms]
        known = tuple(phrase for phrase in phrases if (phrase, scope) not in self._atoms)
        group = self._index.add(known, scope) if known else frozenset()
        return group | {self._atoms[phrase, scope] for phrase in new}

    def over(self, looked: Looked) -> Hits:
        """Return the hits of a text with those of the new phrases."""
        more = [
            (start, start + len(sequence), profile)
            for profile, sequence in self._spelt
            for start in _places(sequence, looked.words)
        ]
        return Hits((), [*looked.hits.found(), *more]) if more else looked.hits


def _places(sequence: Sequence[tuple[str, str]], words: Words) -> Iterator[int]:
    for start in range(len(words) - len(sequence) + 1):
        if all(
            words.norms[start + offset] == norm
            and (not form or words.forms[start + offset] == form)
            and (not offset or words.breaks[start + offset] < COMMA)
            for offset, (norm, form) in enumerate(sequence)
        ):
            yield start


class _WiderBook:
    """A rule book with some rules and exclusions more, or others in the place of its own."""

    def __init__(self, book: object, rules: Sequence[ReadyRule], exclusions: Sequence[ReadyExclusion]) -> None:
        self._book, self._rules, self._exclusions = book, rules, exclusions
        self._names = {one.rule.id for one in rules} | {one.exclusion.id for one in exclusions}
        self.whole: list[ReadyRule] = [one for one in book.whole if one.rule.id not in self._names]  # type: ignore[attr-defined]
        self.whole += [one for one in rules if not one.pattern.parts]

    def rules(self, hits: Hits) -> list[ReadyRule]:
        """Return the rules whose words are all there."""
        rules: list[ReadyRule] = self._book.rules(hits)  # type: ignore[attr-defined]
        rules = [one for one in rules if one.rule.id not in self._names]
        return rules + [one for one in self._rules if one.pattern.parts and _has_words(one, hits)]

    def exclusions(self, hits: Hits) -> list[ReadyExclusion]:
        """Return the exclusions whose words are all there."""
        exclusions: list[ReadyExclusion] = self._book.exclusions(hits)  # type: ignore[attr-defined]
        return [*(one for one in exclusions if one.exclusion.id not in self._names), *self._exclusions]
