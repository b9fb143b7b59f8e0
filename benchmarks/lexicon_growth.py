"""What a page costs to tag with more and more rules.

usage: python benchmarks/lexicon_growth.py [PDF ...]    (the sample reports by default)

Lexicons of 75 to 3,000 rules are made of the shipped one: fewer are sampled from it, more are copies of its rules, and
of the classes that they name, in other words, so that none is a duplicate. There are two curves. With busy copies every
word is another one that the texts print about as often, so that copies have as much to do and more to find than the
rules. With idle ones, all of the same 300 rules, it is a word that no text has: what is found stays the same from 300
on, which leaves what a rule costs by being there.

Reads the PDFs once; CPU time of tagging by the rules alone, the sizes in turn, the fastest of ROUNDS rounds each.
Prints the curves, and how much more 1,500 rules cost than 300.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from chna_toolkit.extraction import read_document
from chna_toolkit.lexicon import Lexicon, load_lexicon
from chna_toolkit.lexicon.model import Rule
from chna_toolkit.lexicon.phrases import Speller
from chna_toolkit.lexicon.words import cut, normal
from chna_toolkit.model import Document
from chna_toolkit.tagging import Tagger

SIZES = (75, 150, 300, 600, 1_500, 3_000)
BASE = 300  # rules that the others are compared with
ROUNDS = 5
SEED = 15
SAMPLES = Path(__file__).parents[1] / "sample_reports"

_TOKEN = re.compile(r"@[\w.]+|#\w*|=?[^\s()|?=@#]+|[\s()|?]")


class Copier:
    """Copies of rules in other words: each word stands for the one some places further in a list by frequency."""

    def __init__(self, lexicon: Lexicon, documents: list[Document], *, busy: bool) -> None:
        self._busy = busy
        self._classes = lexicon.classes
        counts = Counter(norm for one in documents for passage in one.passages for norm in cut(passage.text).norms)
        self._words = [word for word, _ in counts.most_common() if word.isalpha() and word.isascii()]
        self._ranks = {word: rank for rank, word in enumerate(self._words)}
        self.classes: dict[str, tuple[str, ...]] = {}

    def rule(self, rule: Rule, number: int) -> Rule:
        """Return the copy of a rule with this number (from 1), and keep its classes."""

        def group(phrases: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(self._phrase(phrase, rule.lesson, number) for phrase in phrases)

        return replace(
            rule,
            id=f"{rule.id}-copy{number}",
            parts=tuple(map(group, rule.parts)),
            needs=tuple(map(group, rule.needs)),
            unless=group(rule.unless),
            not_before=group(rule.not_before),
            not_after=group(rule.not_after),
            under=group(rule.under),
            header=group(rule.header),
        )

    def _phrase(self, phrase: str, scope: str, number: int) -> str:
        return "".join(self._token(token, scope, number) for token in _TOKEN.findall(phrase))

    def _token(self, token: str, scope: str, number: int) -> str:
        if token[0] == "@":
            return self._class(token[1:], scope, number)
        if token[0] == "#" or not token.lstrip("=").isalpha():
            return token
        word = normal(token.lstrip("=").lower())
        rank = self._ranks.get(word)
        if rank is None or not self._busy:
            return f"{word}{'q' * number}"  # no text has it
        # the commonest words are of every text, so theirs are exchanged within the first few
        band = 50 if rank < 50 else len(self._words)
        return self._words[(rank + 7 * number) % band]

    def _class(self, name: str, scope: str, number: int) -> str:
        key = f"{scope}.{name}" if f"{scope}.{name}" in self._classes else name
        copy = f"{key.replace('.', '_')}_copy{number}"
        if copy not in self.classes:
            self.classes[copy] = ()  # not yet; no class holds itself
            inner = key.partition(".")[0] if "." in key else ""
            self.classes[copy] = tuple(self._phrase(member, inner or scope, number) for member in self._classes[key])
        return f"@{copy}"


def grown(lexicon: Lexicon, size: int, documents: list[Document], *, busy: bool) -> Lexicon:
    """Return a lexicon of so many rules."""
    shuffled = [rule for lesson in lexicon.lessons for rule in lesson.rules]
    random.Random(SEED).shuffle(shuffled)
    if not busy:
        shuffled = shuffled[:BASE]
    copier = Copier(lexicon, documents, busy=busy)
    number = 0
    rules: list[Rule] = []
    while len(rules) < size:
        some = shuffled[: size - len(rules)]
        rules += [copier.rule(rule, number) for rule in some] if number else some
        number += 1
    by_lesson = {lesson.id: tuple(rule for rule in rules if rule.lesson == lesson.id) for lesson in lexicon.lessons}
    classes = {**lexicon.classes, **copier.classes}
    lessons = tuple(replace(lesson, rules=by_lesson[lesson.id]) for lesson in lexicon.lessons)
    return replace(lexicon, lessons=lessons, classes=classes, speller=Speller(classes))


def seconds(tagger: Tagger, documents: list[Document]) -> tuple[float, int]:
    """CPU seconds of tagging all documents, and the mentions that count."""
    start = time.process_time()
    mentions = [one for document in documents for one in tagger.tag(document)]
    return time.process_time() - start, sum(one.counted for one in mentions)


def curve(lexicon: Lexicon, documents: list[Document], *, busy: bool) -> None:
    """Measure and print the curve with copies that are busy or idle."""
    taggers = {size: Tagger(grown(lexicon, size, documents, busy=busy), method="rules") for size in SIZES}
    best: dict[int, float] = {}
    counted: dict[int, int] = {}
    for _ in range(ROUNDS):
        for size, tagger in taggers.items():
            spent, counted[size] = seconds(tagger, documents)
            best[size] = min(spent, best.get(size, spent))
    pages = sum(len(document.pages) for document in documents)
    print(f"\n{'busy' if busy else 'idle'} copies")
    print(f"{'rules':>6} {'ms a page':>10} {'to 300':>7} {'us a page and rule':>19} {'counted a page':>15}")
    for size, spent in best.items():
        page = spent / pages * 1e3
        each, found = page / size * 1e3, counted[size] / pages
        print(f"{size:>6,} {page:>10.3f} {spent / best[BASE]:>7.2f} {each:>19.2f} {found:>15.2f}")
    print(f"1,500 rules cost {best[1_500] / best[BASE]:.2f} times as much a page as 300")


def main(paths: list[str]) -> None:
    files = [Path(path) for path in paths] or sorted(SAMPLES.glob("*.pdf"))
    documents = [read_document(file) for file in files]
    pages = sum(len(document.pages) for document in documents)
    print(f"{len(files)} documents, {pages:,} pages; CPU time, fastest of {ROUNDS} rounds")
    lexicon = load_lexicon()
    for busy in (True, False):
        curve(lexicon, documents, busy=busy)


if __name__ == "__main__":
    main(sys.argv[1:])
