"""Lines to running text, with the way back from a character to its line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chna_toolkit.extraction.vocabulary import Vocabulary
from chna_toolkit.extraction.words import HYPHEN, Line, Word
from chna_toolkit.model import Box


class Placed(NamedTuple):
    """A line with the page it stands on."""

    page: int
    line: Line


@dataclass(frozen=True, slots=True)
class Running:
    """Text of some lines. `starts[i]` is the offset of the first character of line `i`."""

    text: str
    starts: tuple[int, ...]
    lines: tuple[Placed, ...]

    def lines_at(self, start: int, end: int) -> Sequence[Placed]:
        """The lines that hold the characters from `start` to `end` (exclusive)."""
        first = max(0, bisect_right(self.starts, start) - 1)
        last = max(first, bisect_right(self.starts, max(start, end - 1)) - 1)
        return self.lines[first : last + 1]


def running_text(lines: Sequence[Placed], vocabulary: Vocabulary) -> Running:
    """Join lines by spaces, resolve line-end hyphens and drop capitals."""
    out: list[str] = []
    starts: list[int] = []
    size = 0
    pending = ""  # the first half of a divided word
    for placed in lines:
        text = _line_text(placed.line, vocabulary)
        if pending:
            first, _, rest = text.partition(" ")
            joined = vocabulary.join(pending, first)
            starts.append(size)
            text = joined + (" " + rest if rest else "")
            pending = ""
        else:
            starts.append(size)
        if text.endswith(HYPHEN) or (text[-1:] in "-‐" and len(text) > 1 and text[-2].isalpha()):
            head, _, pending = text.rpartition(" ")
            text = head
        if text:
            out.append(text)
            size += len(text) + 1
    if pending:
        out.append(pending.replace(HYPHEN, "-"))
    whole = " ".join(out).replace(HYPHEN, "-")
    return Running(whole, tuple(starts), tuple(lines))


def _line_text(line: Line, vocabulary: Vocabulary) -> str:
    words = line.words
    if not words[0].glue:
        text = line.text
    else:
        rest = " ".join(w.text for w in words[2:])
        head = vocabulary.capital(words[0].text, words[1].text) if len(words) > 1 else words[0].text
        text = f"{head} {rest}" if rest else head
    if HYPHEN in text[:-1]:
        parts = text.split(HYPHEN)
        joined = parts[0]
        for part in parts[1:-1] if text.endswith(HYPHEN) else parts[1:]:
            joined = _rejoin(joined, part, vocabulary)
        text = joined + (HYPHEN if text.endswith(HYPHEN) else "")
    return text


def _rejoin(left: str, right: str, vocabulary: Vocabulary) -> str:
    """A hyphen mark inside a line: what PDFium took for a line end."""
    head, space, stem = left.rpartition(" ")
    right = right.lstrip(" ")
    first, gap, rest = right.partition(" ")
    return head + space + vocabulary.join(stem + HYPHEN, first) + gap + rest


def box_of(lines: Sequence[Line] | Sequence[Word]) -> Box:
    """The box around lines, in points rounded to tenths; never flat, even if the font has no height."""
    x0, top = round(min([line.x0 for line in lines]), 1), round(min([line.top for line in lines]), 1)
    x1, bottom = round(max([line.x1 for line in lines]), 1), round(max([line.bottom for line in lines]), 1)
    return x0, top, x1 if x1 > x0 else round(x0 + 0.1, 1), bottom if bottom > top else round(top + 0.1, 1)
