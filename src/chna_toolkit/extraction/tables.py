"""Tables of a page: cells with their row and column headers, words taken out of the prose.

The rulings come from PDFium and the words are those of the prose layer, so a ruled page costs
about a millisecond more, not a second parse of the page.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chna_toolkit.extraction.graphics import Graphics
from chna_toolkit.extraction.grid import SNAP, cells_of, grouped
from chna_toolkit.extraction.lines import lines_of
from chna_toolkit.extraction.words import Line, Word

Box = tuple[float, float, float, float]
MAX_CELL_WORDS = 220  # a cell with more is a page layout, not a table
MAX_CELLS = 1_500


@dataclass(slots=True)
class Cell:
    """One cell, with the rows and columns it spans (0-based, end exclusive)."""

    box: Box
    rows: tuple[int, int]
    columns: tuple[int, int]
    lines: list[Line] = field(default_factory=list)
    row_header: str = ""
    column_header: str = ""
    header: bool = False

    @property
    def text(self) -> str:
        """The words as they stand."""
        return " ".join(line.text for line in self.lines)


@dataclass(slots=True)
class Table:
    """Cells row by row. `edges` are the columns' left edges in points."""

    box: Box
    cells: list[Cell]
    rows: int
    columns: int
    edges: tuple[float, ...]
    head: int = 0  # how many rows are column headers


def find_tables(graphics: Graphics, words: list[Word]) -> tuple[list[Table], list[Word]]:
    """Tables of a page and the words that stand in none of them."""
    if graphics.crowded or len(words) < 4 or len(graphics.rules_h) < 2:
        return [], words
    centres = sorted(((w.top + w.bottom) / 2, (w.x0 + w.x1) / 2) for w in words)
    cells = [cell for cell in cells_of(graphics.rules_h, graphics.rules_v) if _is_cell(cell, centres)]
    found = [_table(group, words) for group in grouped(cells)]
    tables = [table for table in found if table is not None]
    for table in _open_tables(graphics.rules_h, words):
        if not any(_overlap(table.box, other.box) for other in tables):
            tables.append(table)
    if not tables:
        return [], words
    inside = {id(word) for table in tables for cell in table.cells for line in cell.lines for word in line.words}
    boxes = [table.box for table in tables]
    left = [w for w in words if id(w) not in inside and not any(_holds(box, w) for box in boxes)]
    for table in tables:
        _set_headers(table)
    return tables, left


def _is_cell(cell: Box, centres: Sequence[tuple[float, float]]) -> bool:
    """Not a hair between double lines, not the page's text within a frame."""
    if cell[2] - cell[0] < 6 or cell[3] - cell[1] < 5:
        return False
    first, last = bisect_left(centres, (cell[1], 0.0)), bisect_right(centres, (cell[3], 1e9))
    if last - first <= MAX_CELL_WORDS:
        return True
    return sum(cell[0] <= x <= cell[2] for _, x in centres[first:last]) <= MAX_CELL_WORDS


def _holds(box: Box, word: Word) -> bool:
    x, y = (word.x0 + word.x1) / 2, (word.top + word.bottom) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _table(boxes: Sequence[Box], words: Sequence[Word]) -> Table | None:
    """A table of touching cells, or None if they are a chart, a call-out or a page layout."""
    if not 4 <= len(boxes) <= MAX_CELLS:
        return None
    tops, lefts = sorted({b[1] for b in boxes}), sorted({b[0] for b in boxes})
    if len(tops) < 2 or len(lefts) < 2:
        return None
    outer = min(lefts), min(tops), max(b[2] for b in boxes), max(b[3] for b in boxes)
    bottoms, rights = [*tops, outer[3]], [*lefts, outer[2]]
    cells = []
    for box in boxes:
        row, column = tops.index(box[1]), lefts.index(box[0])
        row_end = next((i for i in range(row + 1, len(bottoms)) if bottoms[i] >= box[3] - SNAP), row + 1)
        column_end = next((i for i in range(column + 1, len(rights)) if rights[i] >= box[2] - SNAP), column + 1)
        cells.append(Cell(box, (row, row_end), (column, column_end)))
    return _filled(Table(outer, cells, len(tops), len(lefts), tuple(lefts)), words)


def _filled(table: Table, words: Sequence[Word]) -> Table | None:
    """Put words into their cells; None if that does not look like a table."""
    held: list[list[Word]] = [[] for _ in table.cells]
    inside = crossing = 0
    for word in words:
        if not _holds(table.box, word):
            continue
        inside += 1
        for cell, content in zip(table.cells, held, strict=True):
            if _holds(cell.box, word):
                content.append(word)
                crossing += word.x0 < cell.box[0] - SNAP or word.x1 > cell.box[2] + SNAP
                break
    full = [cell for cell, content in zip(table.cells, held, strict=True) if content]
    rows, columns = {c.rows[0] for c in full}, {c.columns[0] for c in full}
    if len(full) < 4 or len(rows) < 2 or len(columns) < 2 or crossing > 0.1 * inside:
        return None
    per_row = Counter(cell.rows[0] for cell in full)
    if sum(count > 1 for count in per_row.values()) < 2:
        return None  # boxes one under another, such as marked lines of text
    if len(full) < 0.3 * len(table.cells) or sum(map(len, held)) < 0.7 * inside:
        return None
    if max(map(len, held)) > MAX_CELL_WORDS:
        return None
    for cell, content in zip(table.cells, held, strict=True):
        if content:
            cell.lines = lines_of(content)
    table.cells = [cell for cell in table.cells if cell.lines]
    return table


def _open_tables(rules: Sequence[Box], words: Sequence[Word]) -> list[Table]:
    """Tables ruled only across: rows lie between equal rulings, columns between gutters of white."""
    groups: dict[tuple[int, int], list[float]] = {}
    for x0, top, x1, bottom in rules:
        if x1 - x0 > 150:
            groups.setdefault((round(x0 / 8), round(x1 / 8)), []).append((top + bottom) / 2)
    found = []
    for (left, right), places in groups.items():
        ys: list[float] = []
        for y in sorted(places):
            if not ys or y - ys[-1] > 6:
                ys.append(y)
        if 4 <= len(ys) <= 80:
            table = _open_table(left * 8 - 4.0, right * 8 + 4.0, ys, words)
            if table is not None:
                found.append(table)
    return found


def _open_table(x0: float, x1: float, ys: list[float], words: Sequence[Word]) -> Table | None:
    inside = [w for w in words if _holds((x0, ys[0], x1, ys[-1]), w)]
    if len(inside) < 8:
        return None
    edges = _gutters(inside, x0)
    if len(edges) < 2:
        return None
    rights = [*edges[1:], x1]
    boxes = [
        (left, top, right, bottom) for top, bottom in pairwise(ys) for left, right in zip(edges, rights, strict=True)
    ]
    table = _table(boxes, words)
    if table is None:
        return None
    per_row = [sum(c.rows[0] == row for c in table.cells) for row in range(table.rows)]
    tall = max(len(cell.lines) for cell in table.cells)
    regular = sum(count >= 2 for count in per_row) >= 0.7 * len(per_row)
    return table if regular and tall <= 12 else None


def _gutters(words: Sequence[Word], x0: float) -> list[float]:
    """Left edges of columns that white parts on all rows."""
    heights = sorted(w.height for w in words)
    white = 0.75 * heights[len(heights) // 2]
    edges, end = [x0], None
    for word in sorted(words, key=lambda w: w.x0):
        if end is not None and word.x0 - end > white:
            edges.append((word.x0 + end) / 2)
        end = word.x1 if end is None else max(end, word.x1)
    return edges


def _set_headers(table: Table) -> None:
    """Find the header rows, and give each body cell its column and row header."""
    table.head = _head_rows(table)
    for cell in table.cells:
        cell.header = cell.rows[0] < table.head
    spread_headers(table, [cell for cell in table.cells if cell.header])


def spread_headers(table: Table, heads: Sequence[Cell]) -> None:
    """Give body cells their headers; `heads` may come from the page before."""
    band = ""  # a row across the whole table names the rows under it
    for cell in sorted(table.cells, key=lambda c: (c.rows[0], c.columns[0])):
        if cell.header:
            continue
        if cell.columns[1] - cell.columns[0] == table.columns > 1:
            band = _short(cell.text)
            continue
        over = [h for h in heads if h.columns[0] < cell.columns[1] and cell.columns[0] < h.columns[1]]
        cell.column_header = " / ".join(dict.fromkeys(_short(h.text) for h in over if _narrow(h, table)))
        row = [c for c in table.cells if not c.header and c.columns[0] == 0 and c.rows[0] <= cell.rows[0] < c.rows[1]]
        own = _short(row[0].text) if row and row[0] is not cell else ""
        cell.row_header = " / ".join(part for part in (band, own) if part)


def _narrow(head: Cell, table: Table) -> bool:
    return head.columns[1] - head.columns[0] < table.columns


def _short(text: str, limit: int = 160) -> str:
    text = text.replace("\ufffe ", "").replace("\ufffe", "")
    return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + "…"


def _head_rows(table: Table) -> int:
    """How many rows at the top are column headers; 0 if the table has none that can be told."""
    rows = [[c for c in table.cells if c.rows[0] == row] for row in range(table.rows)]
    head = 0
    while head < len(rows) - 1 and rows[head] and rows[head][0].columns == (0, table.columns):
        head += 1  # a title across the whole table
    if head >= len(rows) - 1 or not rows[head]:
        return 0
    first, rest = rows[head], [c for row in rows[head + 1 :] for c in row]
    if not _header_like(first, rest, table.columns):
        return 0
    spans = any(1 < c.columns[1] - c.columns[0] < table.columns for c in first)
    deep = max(c.rows[1] for c in first)
    if spans and head + 2 < len(rows) and not any(_numeric(c.text) for c in rows[head + 1]):
        return max(deep, head + 2)
    return head + 1


def _header_like(first: Sequence[Cell], rest: Sequence[Cell], columns: int) -> bool:
    texts = [cell.text for cell in first]
    if any(len(text.split()) > 14 or _numeric(text) for text in texts) or not rest:
        return False
    bold = all(line.style.bold for cell in first for line in cell.lines)
    later_bold = sum(all(line.style.bold for line in cell.lines) for cell in rest) / len(rest)
    if bold and later_bold < 0.6:
        return True
    long_rest = sum(len(cell.text.split()) for cell in rest) / len(rest)
    long_first = sum(len(text.split()) for text in texts) / len(texts)
    body = [cell for cell in rest if cell.columns[0] > 0]
    numbers = sum(_numeric(cell.text) for cell in body) > 0.5 * len(body)
    return len(first) >= min(columns, 3) - 1 and (numbers or (columns >= 3 and long_rest > 1.3 * long_first))


def _numeric(text: str) -> bool:
    letters = sum(c.isalpha() for c in text)
    digits = sum(c.isdigit() for c in text)
    return digits > letters and not (len(text) == 4 and text[:2] in ("19", "20"))


def continue_headers(before: Table, table: Table) -> None:
    """Give a table at a page top the headers of the table that ends the page before, if it goes on."""
    if table.columns != before.columns or not before.head:
        return
    if any(abs(a - b) > 2 * SNAP for a, b in zip(before.edges, table.edges, strict=True)):
        return
    heads = [cell for cell in before.cells if cell.header]
    if table.head:
        own = {cell.text for cell in table.cells if cell.header}
        if own != {cell.text for cell in heads}:
            return
    else:
        spread_headers(table, heads)
