"""Word pieces: text as the encoder reads it.

A text is cut into words and marks; a word that the vocabulary lacks becomes the longest pieces it has, from left to
right (WordPiece; Wu et al. 2016, "Google's neural machine translation system", section 4.1, as in Devlin et al. 2019,
BERT). Letters are lower case and without accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

PAD, UNKNOWN, START, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
SPECIAL = (PAD, UNKNOWN, START, END)
INNER = "##"  # begins a piece that continues a word

_TOKEN = re.compile(r"\w+|[^\w\s]")
_LONGEST = 60  # characters of a word that is cut; a longer one is no word
_REMEMBERED = 100_000  # words


class Vocabulary:
    """The pieces an encoder knows, by number."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = tuple(pieces)
        self._numbers = {piece: number for number, piece in enumerate(pieces)}
        self._unknown, self._start, self._end = (self._numbers[name] for name in (UNKNOWN, START, END))
        self._known: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self.pieces)

    def numbers(self, text: str, most: int) -> list[int]:
        """Return the pieces of a text between start and end, at most so many in all."""
        found = [self._start]
        for word in _TOKEN.findall(_plain(text)):
            found += self._known.get(word) or self._learn(word)
            if len(found) >= most:
                break
        return [*found[: most - 1], self._end]

    def _learn(self, word: str) -> list[int]:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[word] = found = [number for part in _parts(word) for number in self._cut(part)]
        return found

    def _cut(self, word: str) -> list[int]:
        numbers: list[int] = []
        start = 0
        while start < len(word):
            mark = INNER if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if mark + word[start:end] in self._numbers), 0)
            if not end or len(word) > _LONGEST:
                return [self._unknown]
            numbers.append(self._numbers[mark + word[start:end]])
            start = end
        return numbers


def _plain(text: str) -> str:
    text = text.lower()
    if text.isascii():
        return text
    return "".join(one for one in unicodedata.normalize("NFD", text) if unicodedata.category(one) not in ("Mn", "Cf"))


def _parts(word: str) -> list[str]:
    """An underscore is a letter to a pattern, a mark to the vocabulary."""
    return [part for part in re.split("(_)", word) if part]
