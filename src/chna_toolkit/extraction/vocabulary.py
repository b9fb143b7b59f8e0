"""The document's own words decide what a hyphen at a line end means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from chna_toolkit.extraction.words import HYPHEN, Line

_EDGE = re.compile(r"^\W+|\W+$")
_PREFIXES_TEXT = """
self cross non co post mid high low well long short evidence community health all ex half multi full
part two three four five under over so one off on follow step hands year age time
"""
_PREFIXES = frozenset(_PREFIXES_TEXT.split())


_SECONDS_TEXT = """
aged aware based born bound care centered centred certified competent day driven drug economic effective exposure
expectancy focused free friendly going governmental grade harm hour housing income informed insured intensive led
level line long low making minded minute month needed net old oriented out person point pocket positive private
profit quality rate ray ready related resistant responsive rich risk school sensitive serving site
sized specific square sufficient supported term versus year
"""
_SECONDS = frozenset(_SECONDS_TEXT.split())


class Vocabulary:
    """Counts of the words that stand whole on some line of the document."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.counts: Counter[str] = Counter()
        for line in lines:
            self.counts.update(line.text.casefold().split())
        for word in list(self.counts):
            bare = _EDGE.sub("", word)
            if bare != word:
                self.counts[bare] += self.counts[word]
            if "-" in bare:
                for part in bare.split("-"):
                    self.counts[part] += 0

    def knows(self, word: str) -> int:
        """How often a word stands in the document."""
        return self.counts.get(_EDGE.sub("", word.casefold()), 0)

    def join(self, left: str, right: str) -> str:
        """`left` (ending in a hyphen mark or hyphen) and `right`, the first word of the next line, as text."""
        stem = left.rstrip(HYPHEN + "-‐")
        whole, dashed = stem + right, f"{stem}-{right}"
        if not stem or not stem[-1].isalpha() or not right[:1].isalpha():
            return dashed
        if right[0].isupper():
            return whole if stem.isupper() and right[:2].isupper() and self.knows(whole) else dashed
        solid, hyphened = self.knows(whole), self.knows(dashed)
        if solid or hyphened:
            return whole if solid >= hyphened else dashed
        first = _EDGE.sub("", stem.casefold()).split("-")[-1]
        if "-" in stem.strip("-"):
            return dashed if self.knows(first) and self.knows(right) else whole
        second = re.split(r"[^a-z]", right.casefold(), maxsplit=1)[0]
        if self.knows(first) and second in _SECONDS:
            return dashed
        if first in _PREFIXES and self.knows(right):
            return dashed
        return whole

    def capital(self, letter: str, rest: str) -> str:
        """A drop capital and the word after it: `I` + `n` is `In`, `A` + `community` are two words."""
        if letter not in "AI" or not rest[:1].islower() or self.knows(letter + rest):
            return letter + rest
        return f"{letter} {rest}" if self.knows(rest) or rest in ("am", "was", "have") else letter + rest
