"""Items to passages: sentences with page, offsets, box and section path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from chna_toolkit.extraction.layout import TERMINAL, blocks_of
from chna_toolkit.extraction.sentences import sentence_spans
from chna_toolkit.extraction.structure import Item, strip_leaders
from chna_toolkit.extraction.tables import Cell, Table
from chna_toolkit.extraction.text import Placed, Running, box_of, running_text
from chna_toolkit.extraction.vocabulary import Vocabulary
from chna_toolkit.extraction.words import OcrWord, confidence_of
from chna_toolkit.model import Kind, Passage

MAX_CELL_SENTENCES = 3  # a cell with more is one passage a sentence
MAX_PASSAGE = 1_500  # characters; longer ones are cut, after a semicolon or colon if there is one
CLAUSE_END = re.compile(r"[;:•](?=\s)")


@dataclass(slots=True)
class PageText:
    """The text of one page as it grows."""

    number: int
    label: str
    parts: list[str] = field(default_factory=list)
    size: int = 0
    block: int = -1

    def add(self, text: str, block: int) -> int:
        """Append a passage; returns the offset where it begins."""
        if self.parts:
            gap = " " if block == self.block else "\n"
            self.parts.append(gap)
            self.size += 1
        start = self.size
        self.parts.append(text)
        self.size += len(text)
        self.block = block
        return start

    def text(self) -> str:
        """The whole page."""
        return "".join(self.parts)


@dataclass(slots=True)
class _Draft:
    """A passage before it has its place."""

    kind: Kind
    text: str
    lines: Sequence[Placed]
    section: tuple[str, ...]
    block: int
    level: int = 0
    row_header: str = ""
    column_header: str = ""
    aside: bool = False  # it follows the prose of its page


def write_passages(items: Sequence[Item], pages: Sequence[PageText], vocabulary: Vocabulary) -> tuple[Passage, ...]:
    """Passages in reading order; fills the pages' texts, into which the offsets point."""
    drafts: list[_Draft] = []
    section: list[tuple[int, str]] = []
    numbers = count()
    for item in items:
        if item.drop:
            continue
        if item.table is not None:
            drafts += _table_drafts(item, numbers, tuple(title for _, title in section), vocabulary)
            continue
        block = next(numbers)
        running = running_text([Placed(page, line) for page, line in item.parts], vocabulary)
        if item.kind is Kind.HEADING:
            title = f"{item.marker} {running.text}" if item.marker else running.text
            section = [entry for entry in section if entry[0] < item.level]
            above = tuple(name for _, name in section)
            drafts.append(_Draft(Kind.HEADING, title, running.lines, above, block, item.level))
            section.append((item.level, title))
            continue
        prose = _prose_drafts(item.kind, running, tuple(title for _, title in section), block)
        for draft in prose:
            draft.aside = item.aside
        drafts += prose
    drafts.sort(key=lambda draft: (draft.lines[0].page, draft.aside))
    return tuple(_placed(index, draft, pages) for index, draft in enumerate(drafts))


def _prose_drafts(kind: Kind, running: Running, section: tuple[str, ...], block: int) -> list[_Draft]:
    text = running.text
    if kind is Kind.LIST_ITEM:
        short = strip_leaders(text)
        if short != text:
            return [_Draft(kind, short, running.lines, section, block)] if short else []
    drafts = []
    for start, end in _labelled(kind, sentence_spans(text)):
        for left, right in _bounded(text, start, end):
            lines = running.lines_at(left, right)
            drafts.append(_Draft(kind, text[left:right], lines, section, block))
    return drafts


def _labelled(kind: Kind, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Keep `Figure 3.` and `FIGURE 3:` with the caption that they number."""
    if kind is Kind.CAPTION and len(spans) > 1 and spans[0][1] - spans[0][0] < 16:
        return [(spans[0][0], spans[1][1]), *spans[2:]]
    return spans


def _bounded(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The span of a sentence; of a very long one, spans that end at its last clause break or space in reach."""
    spans = []
    while end - start > MAX_PASSAGE:
        reach = start + MAX_PASSAGE
        breaks = [match.end() for match in CLAUSE_END.finditer(text, start + MAX_PASSAGE // 3, reach)]
        cut = breaks[-1] if breaks else text.rfind(" ", start, reach)
        cut = cut if cut > start else reach
        spans.append((start, cut))
        start = cut + (text[cut] == " ")
    spans.append((start, end))
    return [(a, b) for a, b in spans if text[a:b].strip() == text[a:b] and b > a]


def _table_drafts(item: Item, numbers: Iterator[int], section: tuple[str, ...], vocabulary: Vocabulary) -> list[_Draft]:
    table = item.table
    if table is None:
        return []
    drafts: list[_Draft] = []
    for cell in sorted(table.cells, key=lambda c: (c.rows[0], c.columns[0])):
        # A block number for each cell: its sentences belong together, its neighbours' do not.
        drafts += _cell_drafts(cell, item.page, next(numbers), section, vocabulary)
    return drafts


def _cell_drafts(cell: Cell, page: int, block: int, section: tuple[str, ...], vocabulary: Vocabulary) -> list[_Draft]:
    texts = [running_text(lines, vocabulary) for lines in _cell_paragraphs(cell, page)]
    texts = [text for text in texts if any(c.isalnum() for c in text.text)]
    if not texts:
        return []
    spans = [sentence_spans(text.text) for text in texts]
    listed = any(line.marker for line in cell.lines)
    if sum(map(len, spans)) <= MAX_CELL_SENTENCES and not listed:
        whole = " ".join(text.text for text in texts)
        lines = [placed for text in texts for placed in text.lines]
        return [_Draft(Kind.TABLE_CELL, whole, lines, section, block, 0, cell.row_header, cell.column_header)]
    drafts = []
    for text, cuts in zip(texts, spans, strict=True):
        pieces = cuts if len(cuts) > MAX_CELL_SENTENCES else [(cuts[0][0], cuts[-1][1])] if cuts else []
        for start, end in pieces:
            lines = list(text.lines_at(start, end))
            drafts.append(
                _Draft(
                    Kind.TABLE_CELL, text.text[start:end], lines, section, block, 0, cell.row_header, cell.column_header
                )
            )
    return drafts


def _cell_paragraphs(cell: Cell, page: int) -> list[list[Placed]]:
    """Paragraphs of a cell; one that the page end cut is joined to its rest on the next page."""
    if len(cell.lines) == 1 and not cell.rest:  # most cells
        return [[Placed(page, cell.lines[0])]]
    parts = [[Placed(page, line) for line in block.lines] for block in blocks_of(cell.lines)]
    rest = [[Placed(page + 1, line) for line in block.lines] for block in blocks_of(cell.rest)]
    if parts and rest and not TERMINAL.search(parts[-1][-1].line.text) and not rest[0][0].line.marker:
        parts[-1] += rest.pop(0)
    return parts + rest


def _placed(index: int, draft: _Draft, pages: Sequence[PageText]) -> Passage:
    first, last = draft.lines[0].page, draft.lines[-1].page
    page = pages[first - 1]
    start = page.add(draft.text, draft.block)
    is_ocr = any(isinstance(placed.line.words[0], OcrWord) for placed in draft.lines)  # pages are, as a whole
    return Passage(
        index=index,
        page=first,
        page_label=page.label,
        kind=draft.kind,
        text=draft.text,
        start=start,
        end=start + len(draft.text),
        box=box_of([placed.line for placed in draft.lines if placed.page == first]),
        section=draft.section,
        block=draft.block,
        level=draft.level,
        end_page=last if last != first else 0,
        row_header=draft.row_header,
        column_header=draft.column_header,
        ocr_confidence=confidence_of(word for placed in draft.lines for word in placed.line.words) if is_ocr else None,
    )


__all__ = ["PageText", "Table", "write_passages"]
