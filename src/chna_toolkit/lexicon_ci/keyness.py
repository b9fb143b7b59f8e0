"""Which words are key to some texts against others: log-likelihood, and texts grouped by what they share.

The measure is G² of Dunning (1993), "Accurate methods for the statistics of surprise and
coincidence", Computational Linguistics 19(1), 61–74. Texts are counted, not words: a text that says
a word five times is one text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from chna_toolkit.lexicon.words import COMMA, Words, normal

Feature = tuple[str, ...]  # one to three neighbouring words, in their normal form

LONGEST = 3
LIKELY, SURE = 3.84, 10.83  # G² reaches these by chance in one case of 20, and of 1,000

# Words that say nothing alone; a phrase must hold another one.
_EMPTY = frozenset((
    "a", "about", "above", "after", "all", "also", "although", "among", "an", "and", "any", "as", "at", "be",
    "because", "before", "below", "between", "both", "but", "by", "can", "could", "do", "during", "each", "either",
    "etc", "for", "from", "have", "he", "her", "his", "how", "i", "if", "in", "include", "into", "it", "its", "just",
    "may", "might", "more", "most", "must", "no", "nor", "not", "of", "on", "one", "only", "or", "other", "our",
    "over", "own", "per", "s", "shall", "she", "should", "so", "some", "such", "than", "that", "the", "their", "them",
    "then", "there", "these", "they", "this", "those", "through", "to", "under", "until", "up", "upon", "us", "we",
    "well", "what", "when", "where", "whether", "which", "while", "who", "whose", "will", "with", "within", "would",
    "you", "your",
))  # fmt: skip
_NO_EDGE = frozenset(("a", "an", "the", "and", "or", "that", "this", "these", "those", "its", "their", "our", "your"))


@lru_cache(maxsize=50_000)
def _is_word(word: str) -> bool:
    """Whether a normal form, written in a phrase, stands for itself."""
    return word.isascii() and word.isalpha() and word.islower() and normal(word) == word


def is_usable(feature: Feature) -> bool:
    """Whether a phrase may be made of it: words that stand for themselves, one of them with a meaning."""
    return (
        all(map(_is_word, feature))
        and feature[0] not in _NO_EDGE
        and feature[-1] not in _NO_EDGE
        and any(word not in _EMPTY and len(word) > 2 for word in feature)
    )


def runs(words: Words, longest: int = LONGEST) -> Iterable[tuple[int, Feature]]:
    """Yield all neighbouring words, up to some number, with the place of the first; none over a comma."""
    norms, breaks = words.norms, words.breaks
    for start in range(len(norms)):
        for end in range(start + 1, min(start + longest, len(norms)) + 1):
            if end > start + 1 and breaks[end - 1] >= COMMA:
                break
            yield start, norms[start:end]


def log_likelihood(here: int, there: int, all_here: int, all_there: int) -> float:
    """Return G² of a feature in `here` of `all_here` texts and `there` of `all_there`; negative if rarer here."""
    table = ((here, all_here), (there, all_there))
    both = all_here + all_there
    total = 0.0
    for with_it, size in table:
        for seen, share in ((with_it, here + there), (size - with_it, both - here - there)):
            if seen:
                total += seen * log(seen * both / (size * share))
    return 2 * total if here * all_there >= there * all_here else -2 * total


@dataclass(frozen=True, slots=True)
class Group:
    """Texts that share words."""

    shared: Feature  # empty: those that share none
    texts: tuple[int, ...]
    keyness: float


def groups(
    texts: Collection[int],
    rest: Collection[int],
    features: Mapping[Feature, Collection[int]],
    of: Sequence[set[Feature]],
) -> list[Group]:
    """Put texts together by the words that are key to them against the rest, most texts first.

    `features` maps each feature to the texts that have it, `of` the other way round. Each text is in one group.
    """
    left, others = set(texts), set(rest)
    found: list[Group] = []
    size = (len(texts), len(rest))
    while left:
        counts = Counter(feature for text in left for feature in of[text] if is_usable(feature))
        keys = [
            (-count, -key, feature)
            for feature, count in counts.items()
            if count > 1 and (key := log_likelihood(count, len(others.intersection(features[feature])), *size)) >= SURE
        ]
        if not keys:
            break
        _, key, feature = min(keys)
        members = tuple(sorted(left.intersection(features[feature])))
        found.append(Group(feature, members, -key))
        left.difference_update(members)
    return [*found, Group((), tuple(sorted(left)), 0.0)] if left else found
