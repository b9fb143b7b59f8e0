"""The text of a document as people code it, and its units back: one passage a line.

    ⟦page 3, printed iii⟧

    A passage.
    The next one of the same paragraph.

    The first of another paragraph.

Line by line, because every program keeps line feeds and some code nothing smaller. A passage keeps
its length, so that a place in it is the same place in the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chna_toolkit.model import Document, Passage

# What some program takes for the end of a line, or cannot hold.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PAGE = re.compile(r"⟦page (\d+)[^⟧]*⟧")


@dataclass(frozen=True, slots=True)
class Unit:
    """A line that can be coded."""

    number: int  # from 0; of a document, the index of the passage
    text: str
    previous: str  # the line before it in the same paragraph; "" if it is the first
    page: int  # 0: unknown
    start: int  # in the whole text
    end: int


def lay_out(document: Document) -> tuple[str, Mapping[int, int]]:
    """Return the text, and where each passage begins in it, by its index."""
    parts: list[str] = []
    places: dict[int, int] = {}
    length, page, block = 0, 0, -1
    for passage in document.passages:
        text = _line(passage.text)
        if not text.strip():
            text = "·" + text[1:]  # so that the lines stay the passages, one for one
        head = ""
        if passage.page != page:
            head = f"\n{_marker(passage)}\n\n" if parts else f"{_marker(passage)}\n\n"
        elif passage.block != block:
            head = "\n"
        page, block = passage.page, passage.block
        places[passage.index] = length + len(head)
        parts.append(f"{head}{text}\n")
        length += len(parts[-1])
    return "".join(parts), places


def units_of(text: str) -> Iterator[Unit]:
    """Yield the units of a text, also of one that was not laid out here."""
    page, previous, start, number = 0, "", 0, 0
    for line in text.split("\n"):
        end = start + len(line)
        if marker := _PAGE.fullmatch(line.strip()):
            page, previous = int(marker[1]), ""
        elif line.strip():
            yield Unit(number, line, previous, page, start, end)
            number, previous = number + 1, line
        else:
            previous = ""
        start = end + 1


def _marker(passage: Passage) -> str:
    label = _line(passage.page_label).replace("⟧", "]")
    printed = f", printed {label}" if label and label != str(passage.page) else ""
    return f"⟦page {passage.page}{printed}⟧"


def _line(text: str) -> str:
    # Of the same length: offsets must hold. The brackets are those of the page marks.
    return _SURROGATE.sub("?", _ODD.sub(" ", text)).replace("⟦", "[")
