"""The phrase language: how a rule's words are written and what they stand for.

    establish            the word in any inflection: establishes, established, establishing
    =established         this form only (capitals do not matter)
    @partner             any member of the word class `partner`
    memo|mou             one or the other
    (data|health) board  alternatives inside a phrase
    formal? agreement    the word, group or class before `?` may be missing
    #  #year  #money  #percent   a number in figures, a year, an amount, a percentage

Hyphens separate words, so `co-design`, `co design` and a `co-` at a line end are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import product

from chna_toolkit.lexicon.words import MONEY, NUMBER, PERCENT, YEAR, cut

# One spelt-out phrase: for each word its normal form and, where the form is fixed, the form.
Sequence = tuple[tuple[str, str], ...]

MAX_SEQUENCES = 6000  # spelt-out phrases that one source may stand for

_TOKEN = re.compile(r"[()|]|\?|@[\w.]+|#\w*|=[^\s()|?]+|[^\s()|?]+")


class PhraseError(ValueError):
    """A phrase that cannot be read; the message says why."""


def spell_out(source: str, classes: Mapping[str, tuple[str, ...]], scope: str = "") -> frozenset[Sequence]:
    """Return every word sequence that a phrase stands for.

    `classes` maps class names to phrases; a name is first looked up as `scope.name`, then alone.
    Raises `PhraseError` for bad syntax, an unknown class, a class within itself, or too many forms.
    """
    return _Parser(source, classes, scope, ()).parse()


def spell_out_all(
    sources: Iterable[str], classes: Mapping[str, tuple[str, ...]], scope: str = ""
) -> frozenset[Sequence]:
    """Return the union of `spell_out` over several phrases."""
    return frozenset().union(*(spell_out(source, classes, scope) for source in sources))


def class_names(source: str) -> list[str]:
    """Names of the classes that a phrase refers to, as written."""
    return [token[1:] for token in _TOKEN.findall(source) if token[0] == "@"]


class _Parser:
    """Recursive descent over one phrase source."""

    def __init__(
        self, source: str, classes: Mapping[str, tuple[str, ...]], scope: str, inside: tuple[str, ...]
    ) -> None:
        self.source, self.classes, self.scope, self.inside = source, classes, scope, inside
        self.tokens = _TOKEN.findall(source)
        self.at = 0

    def parse(self) -> frozenset[Sequence]:
        found = self._alternatives()
        if self.at < len(self.tokens):
            raise PhraseError(f"unexpected {self.tokens[self.at]!r} in {self.source!r}")
        found -= {()}
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
        return {tuple(word for piece in choice for word in piece) for choice in product(*items)}

    def _item(self) -> set[Sequence]:
        token = self.tokens[self.at]
        self.at += 1
        if token == "(":
            found = self._alternatives()
            if not self._next(")"):
                raise PhraseError(f"missing ) in {self.source!r}")
            return found
        if token == "?":
            raise PhraseError(f"nothing before ? in {self.source!r}")
        if token[0] == "@":
            return set(self._class(token[1:]))
        return {_literal(token, self.source)}

    def _class(self, name: str) -> frozenset[Sequence]:
        key = f"{self.scope}.{name}" if f"{self.scope}.{name}" in self.classes else name
        if key in self.inside:
            raise PhraseError(f"class @{name} contains itself")
        if key not in self.classes:
            raise PhraseError(f"unknown class @{name} in {self.source!r}")
        inside = (*self.inside, key)
        found: set[Sequence] = set()
        for member in self.classes[key]:
            found |= _Parser(member, self.classes, self.scope, inside).parse()
        return frozenset(found)

    def _next(self, token: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == token:
            self.at += 1
            return True
        return False


def _literal(token: str, source: str) -> Sequence:
    if token[0] == "#":
        if token not in (NUMBER, YEAR, MONEY, PERCENT):
            raise PhraseError(f"unknown number kind {token!r} in {source!r}")
        return ((token, ""),)
    exact = token[0] == "="
    words = cut(token[1:] if exact else token)
    if not words.norms:
        raise PhraseError(f"{token!r} in {source!r} has no letters")
    pairs = zip(words.norms, words.forms, strict=True)
    return tuple((norm, form if exact else "") for norm, form in pairs)
