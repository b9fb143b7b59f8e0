"""Words and lines with their boxes: what PDFium gives and the layout layer works on.

Coordinates are PDF points, origin at the top left of the page as shown. Plain mutable classes
with slots: a national scan makes billions of them, so they must be cheap.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

HYPHEN = "\ufffe"  # PDFium's mark for a hyphen at a line end, whose meaning the document decides


class Style(NamedTuple):
    """How a word is set: em size in points, weight, slope, font (an id within the document), colour (RGB)."""

    size: float
    bold: bool
    italic: bool
    font: int
    color: int = 0


PLAIN = Style(0.0, False, False, 0)


class Word:
    """One run of letters without space. `text` may end in `HYPHEN`."""

    __slots__ = ("bottom", "glue", "order", "style", "text", "top", "x0", "x1")

    def __init__(
        self,
        text: str,
        x0: float,
        top: float,
        x1: float,
        bottom: float,
        order: int = 0,
        style: Style = PLAIN,
        glue: bool = False,
    ) -> None:
        self.text = text
        self.x0 = x0
        self.top = top
        self.x1 = x1
        self.bottom = bottom
        self.order = order  # place in the file's own stream
        self.style = style
        self.glue = glue  # a drop capital: joins the next word where that makes a word

    def __repr__(self) -> str:
        return f"Word({self.text!r}, {self.x0:.0f}, {self.top:.0f}, {self.x1:.0f}, {self.bottom:.0f})"

    @property
    def height(self) -> float:
        """Height of the box, about 1.2 times the em size."""
        return self.bottom - self.top


class OcrWord(Word):
    """A word read from a picture. `confidence` is 0..1."""

    __slots__ = ("confidence",)

    def __init__(self, text: str, x0: float, top: float, x1: float, bottom: float, confidence: float) -> None:
        super().__init__(text, x0, top, x1, bottom)
        self.confidence = confidence


def confidence_of(words: Iterable[Word]) -> float | None:
    """Mean confidence (0..1) of the words that OCR has read, weighted by their letters; None if none is."""
    words = list(words)
    if OcrWord not in set(map(type, words)):  # as in nearly every passage
        return None
    total = weight = 0.0
    for word in words:
        if isinstance(word, OcrWord):
            total += word.confidence * len(word.text)
            weight += len(word.text)
    return round(total / weight, 4) if weight else None


class Line:
    """Words of one printed line of one column, left to right."""

    __slots__ = ("bottom", "mark", "order", "size", "style", "text", "top", "words", "x0", "x1")

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.mark: Word | None = None  # bullet or number that starts a list item, taken out of the words
        self.settle()

    def settle(self) -> None:
        """Recompute box, text and style after the words changed."""
        words = self.words
        self.x0 = min([w.x0 for w in words])
        self.x1 = max([w.x1 for w in words])
        self.top = min([w.top for w in words])
        self.bottom = max([w.bottom for w in words])
        self.order = words[0].order
        self.text = " ".join([w.text for w in words])
        first, last = words[0].style, words[-1].style
        size = max(first.size, last.size) or (self.bottom - self.top) / 1.2
        self.size = size
        if first is last and size == first.size:
            self.style = first
            return
        self.style = Style(
            size,
            first.bold and last.bold,
            first.italic and last.italic,
            first.font if first.font == last.font else 0,
            first.color if first.color == last.color else 0,
        )

    @property
    def marker(self) -> str:
        """Text of the list marker, or an empty string."""
        return self.mark.text if self.mark else ""

    def unmark(self) -> None:
        """Put the marker back: it was no marker but a word that came first on its line."""
        if self.mark:
            self.words.insert(0, self.mark)
            self.mark = None
            self.settle()

    def __repr__(self) -> str:
        return f"Line({self.text!r}, {self.x0:.0f}, {self.top:.0f})"

    @property
    def height(self) -> float:
        """Height of the box in points."""
        return self.bottom - self.top


def plain(text: str) -> str:
    """Casefolded letters and digits of a text, for comparing titles."""
    return "".join(re.findall(r"[^\W_]+", text.casefold()))
