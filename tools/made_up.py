"""Texts without labels for the encoder to learn from a teacher: made of coded ones, and like them.

Augmentation for distillation, as in TinyBERT (Jiao et al. 2020), which exchanges words for their neighbours in
a space of word vectors; here texts are taken apart and put together, too.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

LONGEST = 420  # characters
NEIGHBOURS, LEAST_ALIKE = 8, 0.35  # words that a word may be exchanged for, and their cosine
LEAST_USED = 3  # times, of words that are exchanged and that others are exchanged for
_CLAUSE = re.compile(r"[,;:] | (?:and|while|which|who|because|so that|but|after|when) ")
_OPENING = re.compile(r"^[,;:]? ?(?:and|while|which|who|because|so that|but|after|when)? ?")
_WORD = re.compile(r"[A-Za-z][a-z]+")
_SMALL = frozenset((
    "the", "and", "for", "with", "that", "this", "from", "are", "was", "were", "has", "have", "had", "will", "not",
    "but", "its", "our", "their", "they", "who", "which", "all", "can", "may", "an", "in", "on", "of", "to", "by",
    "at", "as", "or", "be", "is", "it", "we",
))  # fmt: skip


class Maker:
    """Makes texts of others, drawn by their groups' shares."""

    def __init__(self, groups: Sequence[tuple[float, Sequence[str]]], base: Path) -> None:
        """`groups` are texts with the share of draws that comes from them; `base` is a BERT-like model's folder."""
        self._shares = [share for share, texts in groups if texts]
        self._groups = [texts for _, texts in groups if texts]
        every = [text for texts in self._groups for text in texts]
        self._near = _neighbours(base, every)
        self._following: dict[str, list[str]] = {}
        for text in every:
            for first, second in pairwise(text.split()):
                self._following.setdefault(first.lower(), []).append(second)

    def texts(self, count: int, seed: int = 0) -> Iterator[str]:
        """Yield so many texts; the same for the same seed."""
        dice = random.Random(seed)
        for _ in range(count):
            yield " ".join(self._make(dice).split())

    def _make(self, dice: random.Random) -> str:
        kind = dice.random()
        if kind < 0.37:
            text = self._joined(dice)
            return self._with_neighbours(dice, text, 0.12) if dice.random() < 0.4 else text
        if kind < 0.70:
            return self._with_neighbours(dice, self._draw(dice), dice.choice((0.1, 0.2, 0.3)))
        if kind < 0.83:
            return self._varied(dice, self._draw(dice), dice.choice((0.1, 0.2)))
        if kind < 0.97:
            return self._clause(dice)
        return f"{self._draw(dice)} {self._draw(dice)}"[:LONGEST]

    def _draw(self, dice: random.Random) -> str:
        return dice.choice(dice.choices(self._groups, self._shares)[0])

    def _joined(self, dice: random.Random) -> str:
        """Return a text that begins as one and ends as another, each cut where a clause begins."""
        for _ in range(20):
            first, second = self._draw(dice), self._draw(dice)
            ends, starts = _places(first), _places(second)
            if ends and starts:
                text = first[: dice.choice(ends)] + second[dice.choice(starts) :]
                if len(text) < LONGEST:
                    return text
        return self._draw(dice)

    def _clause(self, dice: random.Random) -> str:
        """Return a clause of a text, or a text without one."""
        for _ in range(20):
            text = self._draw(dice)
            places = [0, *_places(text), len(text)]
            if len(places) > 2:
                number = dice.randrange(len(places) - 1)
                start, end = places[number], places[number + 1]
                piece = text[start:end] if dice.random() < 0.6 else text[:start] + text[end:]
                piece = _OPENING.sub("", piece)
                if len(piece) > 15:
                    return piece[0].upper() + piece[1:]
        return self._draw(dice)

    def _with_neighbours(self, dice: random.Random, text: str, share: float) -> str:
        """Return a text with a share of its words exchanged for neighbours of theirs."""

        def exchanged(match: re.Match[str]) -> str:
            word = match.group()
            near = self._near.get(word.lower())
            if not near or dice.random() > share * (0.3 if word.lower() in _SMALL else 1.0):
                return word
            other = dice.choice(near)
            return other.capitalize() if word[0].isupper() else other

        return _WORD.sub(exchanged, text)

    def _varied(self, dice: random.Random, text: str, share: float) -> str:
        """Return a text with a share of its words exchanged for others that followed the same word elsewhere."""
        words = text.split()
        new = words[:1]
        for before, word in pairwise(words):
            new.append(dice.choice(self._following[before.lower()]) if dice.random() < share else word)
        return " ".join(new)


def _places(text: str) -> list[int]:
    """Return where clauses begin, but not close to the ends."""
    return [match.start() for match in _CLAUSE.finditer(text) if 12 < match.start() < len(text) - 12]


def _neighbours(base: Path, texts: Sequence[str]) -> dict[str, list[str]]:
    """Return for each word of the texts those that have nearly the same vector in the base."""
    used = Counter(word.lower() for text in texts for word in _WORD.findall(text))
    vocabulary = (base / "vocab.txt").read_text(encoding="utf-8").split("\n")
    rows = [row for row, word in enumerate(vocabulary) if word.isalpha() and used[word] >= LEAST_USED and len(word) > 2]
    weights = load_file(base / "model.safetensors")
    vectors = next(weights[name] for name in weights if name.endswith("word_embeddings.weight"))[rows]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -1.0)
    nearest = np.argsort(-alike, axis=1)[:, :NEIGHBOURS]
    return {
        vocabulary[rows[place]]: [vocabulary[rows[other]] for other in others if alike[place, other] > LEAST_ALIKE]
        for place, others in enumerate(nearest.tolist())
    }
