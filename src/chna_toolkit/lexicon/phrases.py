"""The phrase language: how a rule's words are written and what they stand for.

    establish            the word in any inflection: establishes, established, establishing
    =established         this form only (capitals do not matter)
    @partner             any member of the word class `partner`
    memo|mou             one or the other
    (data|health) board  alternatives inside a phrase
    formal? agreement    the word, group or class before `?` may be missing
    #  #year  #money  #percent   a number in figures, a year, an amount, a percentage (40%, 40 percent)
    #name                a proper name of two words and more (not of a hospital); not inside a phrase

Hyphens separate words, so `co-design`, `co design` and a `co-` at a line end are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import chain, product

from chna_toolkit.lexicon.words import MONEY, NAME, NUMBER, PERCENT, YEAR, cut, normal

# One spelt-out phrase: for each word its normal form and, where the form is fixed, the form.
Sequence = tuple[tuple[str, str], ...]

MAX_SEQUENCES = 6000  # spelt-out phrases that one source may stand for
MAX_DEPTH = 20  # brackets, or classes, within each other

_TOKEN = re.compile(r"[()|]|\?|@[\w.]+|#\w*|=[^\s()|?]+|[^\s()|?]+")


class PhraseError(ValueError):
    """A phrase that cannot be read; the message says why."""


class Speller:
    """Spells out phrases with the word classes of one lexicon, and remembers what it has spelt out."""

    def __init__(self, classes: Mapping[str, tuple[str, ...]]) -> None:
        """`classes` maps class names to phrases; `L10.x` is class `x` of lesson L10 alone."""
        self.classes = classes
        self._phrases: dict[tuple[str, str], frozenset[Sequence]] = {}
        self._classes: dict[str, frozenset[Sequence]] = {}
        self._open: list[str] = []  # classes being spelt out, to notice one within itself

    def spell_out(self, source: str, scope: str = "") -> frozenset[Sequence]:
        """Return every word sequence that a phrase stands for.

        A class is first looked up as `scope.name`, then alone. Raises `PhraseError` for bad
        syntax, an unknown class, a class within itself, or too many forms.
        """
        key = (source, scope)
        if key not in self._phrases:
            self._phrases[key] = _plain(source) or _Parser(source, self, scope).parse()
        return self._phrases[key]

    def forget(self) -> None:
        """Free what was spelt out, tens of megabytes; who asks again has it spelt out anew."""
        self._phrases.clear()
        self._classes.clear()

    def key_of(self, name: str, scope: str) -> str:
        """Return the full name of the class that a lesson means by a name."""
        local = f"{scope}.{name}"
        return local if local in self.classes else name

    def members(self, name: str, scope: str) -> frozenset[Sequence]:
        """Return every word sequence that a class stands for. Raises `PhraseError`."""
        key = self.key_of(name, scope)
        if key in self._open:
            raise PhraseError(f"class @{name} contains itself")
        if len(self._open) >= MAX_DEPTH:
            raise PhraseError(f"class @{name} stands within {MAX_DEPTH} others")
        if key not in self.classes:
            raise PhraseError(f"unknown class @{name}")
        if key not in self._classes:
            self._open.append(key)
            try:
                spelt = (self.spell_out(member, scope) for member in self.classes[key])
                self._classes[key] = frozenset().union(*spelt)
            finally:
                self._open.pop()
        return self._classes[key]


def _plain(source: str) -> frozenset[Sequence]:
    """Return what a phrase of mere words stands for, as nearly all are; nothing for any other."""
    if not (source.islower() and source.replace(" ", "").isalpha()):
        return frozenset()
    return frozenset((tuple((normal(word), "") for word in source.split()),))


def class_names(source: str) -> list[str]:
    """Names of the classes that a phrase refers to, as written."""
    return [token[1:] for token in _TOKEN.findall(source) if token[0] == "@"]


class _Parser:
    """Recursive descent over one phrase source."""

    def __init__(self, source: str, speller: Speller, scope: str) -> None:
        self.source, self.speller, self.scope = source, speller, scope
        self.tokens = _TOKEN.findall(source)
        self.at = 0
        self.depth = 0

    def parse(self) -> frozenset[Sequence]:
        found = self._alternatives()
        if self.at < len(self.tokens):
            raise PhraseError(f"unexpected {self.tokens[self.at]!r} in {self.source!r}")
        # the matcher finds names apart from words, so inside a longer phrase one stands for nothing
        found = {sequence for sequence in found if sequence and (len(sequence) == 1 or (NAME, "") not in sequence)}
        if not found:
            raise PhraseError(f"{self.source!r} stands for no words")
        return frozenset(found)

    def _alternatives(self) -> set[Sequence]:
        found = self._run()
        while self._next("|"):
            found |= self._run()
        return found

    def _run(self) -> set[Sequence]:
        items: list[set[Sequence]] = []
        size = 1
        while self.at < len(self.tokens) and self.tokens[self.at] not in ("|", ")"):
            item = self._item()
            if self._next("?"):
                item = item | {()}
            size *= len(item)
            if size > MAX_SEQUENCES:
                raise PhraseError(f"{self.source!r} stands for more than {MAX_SEQUENCES} phrases; use parts")
            items.append(item)
        return {tuple(chain.from_iterable(choice)) for choice in product(*items)}

    def _item(self) -> set[Sequence]:
        token = self.tokens[self.at]
        self.at += 1
        if token == "(":
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise PhraseError(f"more than {MAX_DEPTH} brackets within each other")
            found = self._alternatives()
            self.depth -= 1
            if not self._next(")"):
                raise PhraseError(f"missing ) in {self.source!r}")
            return found
        if token == "?":
            raise PhraseError(f"nothing before ? in {self.source!r}")
        if token[0] == "@":
            return set(self.speller.members(token[1:], self.scope))
        if token == PERCENT:
            return {((PERCENT, ""),), ((NUMBER, ""), ("percent", ""))}
        return {_literal(token, self.source)}

    def _next(self, token: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == token:
            self.at += 1
            return True
        return False


@lru_cache(maxsize=50_000)
def _literal(token: str, source: str) -> Sequence:
    if token[0] == "#":
        if token not in (NUMBER, YEAR, MONEY, PERCENT, NAME):
            raise PhraseError(f"unknown number kind {token!r} in {source!r}")
        return ((token, ""),)
    exact = token[0] == "="
    if token.isalpha() and token.islower():  # nearly all, and four times faster than cutting
        return ((normal(token), ""),)
    words = cut(token[1:] if exact else token)
    if not words.norms:
        raise PhraseError(f"{token!r} in {source!r} has no letters")
    pairs = zip(words.norms, words.forms, strict=True)
    return tuple((norm, form if exact else "") for norm, form in pairs)
