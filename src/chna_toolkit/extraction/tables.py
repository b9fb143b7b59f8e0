"""Tables of a page: words put into the cells that rulings enclose, and taken out of the prose.

The rulings come from PDFium and the words are those of the prose layer, so a ruled page costs
about a millisecond more, not a second parse of the page. Where the rulings do not make sense the
page is in doubt, and `plumber` reads its cells.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from itertools import pairwise

from chna_toolkit.extraction.across import tables_across
from chna_toolkit.extraction.cells import Box, Cell, Table, holds, is_number
from chna_toolkit.extraction.graphics import Graphics
from chna_toolkit.extraction.grid import SNAP, alike, cells_of, grouped, joined
from chna_toolkit.extraction.lines import WORD_GAP, is_bullet, lines_of, same_row
from chna_toolkit.extraction.words import Line, Word

MAX_CELL_WORDS = 220  # a cell with more is a page layout, not a table
MAX_CELLS = 1_500
MIN_LINES = 2  # of numbers one under another in one cell: rows without rulings between
_WORD = re.compile(r"[^\W\d_]{3,}")

__all__ = ["Box", "Cell", "Found", "Table", "find_tables", "is_number", "is_ruled", "tables_of", "well_held"]


@dataclass(slots=True)
class Found:
    """What a page's rulings gave. `doubt` says why they may have misled, or is empty."""

    tables: list[Table]
    words: list[Word]  # that stand in none of the tables
    doubt: str = ""


def find_tables(graphics: Graphics, words: list[Word], before: Table | None = None) -> Found:
    """Tables of a page; `before` is the table that ends the page before, which may go on with one row."""
    if graphics.crowded or len(words) < 4 or len(graphics.rules_h) < 2:
        return Found([], words)
    boxes = cells_of(graphics.rules_h, graphics.rules_v)
    found = tables_of(boxes, words, before)
    for table in _open_tables(graphics.rules_h, words):
        if not any(_overlap(table.box, other.box) for other in found.tables):
            found.tables.append(table)
    rest = _outside(found.tables, words)
    boxes = [table.box for table in found.tables]
    rules = [rule for rule in graphics.rules_h if not any(_overlap(rule, box) for box in boxes)]
    across = tables_across(rules, rest)
    found.tables += [table for table in across if not any(_overlap(table.box, box) for box in boxes)]
    found.words = _outside(found.tables, words)
    for table in found.tables:
        _take_head_above(table, found)
    return found


def _take_head_above(table: Table, found: Found) -> None:
    """Take a line right above the rulings into the table, if it is bold and heads each of its columns."""
    first = [cell for cell in table.cells if cell.rows[0] == 0]
    if table.columns < 3 or len(first) < table.columns:
        return
    height = first[0].lines[0].height
    x0, top, x1, _ = table.box
    above = [w for w in found.words if holds((x0, top - 1.5 * height, x1, top + 0.3 * height), w)]
    edges = [*table.edges, x1]
    slots = [[w for w in above if left <= (w.x0 + w.x1) / 2 < right] for left, right in pairwise(edges)]
    if (
        not all(slots)
        or not all(w.style.bold for w in above)
        or all(w.style.bold for c in first for w in c.lines[0].words)
    ):
        return
    if any(
        _crosses((left, 0.0, right, 0.0), w)
        for (left, right), slot in zip(pairwise(edges), slots, strict=True)
        for w in slot
    ):
        return
    start = min(w.top for w in above)
    for cell in table.cells:
        cell.rows = cell.rows[0] + 1, cell.rows[1] + 1
    heads = [
        Cell((left, start, right, top), (0, 1), (column, column + 1), lines_of(slot))
        for column, (left, right), slot in zip(range(table.columns), pairwise(edges), slots, strict=True)
    ]
    table.cells = [*heads, *table.cells]
    table.rows += 1
    table.box = x0, start, x1, table.box[3]
    taken = {id(w) for w in above}
    found.words = [w for w in found.words if id(w) not in taken]


def is_ruled(graphics: Graphics) -> bool:
    """Whether a page has the rulings of a table: three across and two down, no shorter than a cell."""
    across = sum(x1 - x0 > 40 for x0, _, x1, _ in graphics.rules_h)
    down = sum(bottom - top > 8 for _, top, _, bottom in graphics.rules_v)
    return across > 2 and down > 1 and not graphics.crowded


def well_held(tables: Sequence[Table]) -> int:
    """How many words stand in a cell without crossing its sides: which of two readings is better."""
    return sum(
        not _crosses(cell.box, word)
        for table in tables
        for cell in table.cells
        for line in cell.lines
        for word in line.words
    )


def tables_of(boxes: Sequence[Box], words: list[Word], before: Table | None = None) -> Found:
    """Tables that the boxes of cells make."""
    centres = sorted(((w.top + w.bottom) / 2, (w.x0 + w.x1) / 2) for w in words if w.text != ".")
    cells = [cell for cell in boxes if _is_cell(cell, centres)]
    found = Found([], words)
    for group in grouped(cells):
        table, flaw = _table(group, words, before)
        found.doubt = found.doubt or flaw
        if table is not None:
            found.tables.append(table)
    found.words = _outside(found.tables, words)
    return found


def _outside(tables: Sequence[Table], words: list[Word]) -> list[Word]:
    if not tables:
        return words
    inside = {id(word) for table in tables for cell in table.cells for line in cell.lines for word in line.words}
    boxes = [table.box for table in tables]
    return [w for w in words if id(w) not in inside and not any(holds(box, w) for box in boxes)]


def _is_cell(cell: Box, centres: Sequence[tuple[float, float]]) -> bool:
    """Not a hair between double lines, not the page's text within a frame."""
    if cell[2] - cell[0] < 6 or cell[3] - cell[1] < 5:
        return False
    first, last = bisect_left(centres, (cell[1], 0.0)), bisect_right(centres, (cell[3], 1e9))
    if last - first <= 2 * MAX_CELL_WORDS:
        return True
    return sum(cell[0] <= x <= cell[2] for _, x in centres[first:last]) <= 2 * MAX_CELL_WORDS


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _table(boxes: Sequence[Box], words: Sequence[Word], before: Table | None = None) -> tuple[Table | None, str]:
    """A table of touching cells, or None and why not; no reason for charts, call-outs and page layouts."""
    boxes = _without_legends(_without_tabs(boxes), words)
    tops, lefts = sorted({b[1] for b in boxes}), sorted({b[0] for b in boxes})
    single = len(tops) == 1 and before is not None and _same_edges(before.edges, lefts)
    if not (4 <= len(boxes) <= MAX_CELLS or single) or (len(tops) < 2 and not single) or len(lefts) < 2:
        return None, ""
    outer = min(lefts), min(tops), max(b[2] for b in boxes), max(b[3] for b in boxes)
    bottoms, rights = [*tops, outer[3]], [*lefts, outer[2]]
    cells = []
    for box in boxes:
        row, column = tops.index(box[1]), lefts.index(box[0])
        row_end = next((i for i in range(row + 1, len(bottoms)) if bottoms[i] >= box[3] - SNAP), row + 1)
        column_end = next((i for i in range(column + 1, len(rights)) if rights[i] >= box[2] - SNAP), column + 1)
        cells.append(Cell(box, (row, row_end), (column, column_end)))
    table = Table(outer, cells, len(tops), len(lefts), tuple(lefts))
    return _filled(table, tops, words, single)


def _same_edges(a: Sequence[float], b: Sequence[float]) -> bool:
    return len(a) == len(b) and all(abs(y - x - (b[0] - a[0])) <= 2 * SNAP for x, y in zip(a, b, strict=True))


def _without_tabs(boxes: Sequence[Box]) -> Sequence[Box]:
    """Cells but for a button or chart that touches the table: alone in the first or last row, no column's width."""
    while len(boxes) > 4:
        rows = Counter(box[1] for box in boxes)
        lefts = {box[0] for box in boxes if rows[box[1]] > 1}
        rights = {box[2] for box in boxes if rows[box[1]] > 1}
        ends = {row for row in (min(rows), max(rows)) if rows[row] == 1}
        kept = [box for box in boxes if box[1] not in ends or (box[0] in lefts and box[2] in rights)]
        if len(kept) == len(boxes):
            break
        boxes = kept
    return boxes


def _without_legends(boxes: Sequence[Box], words: Sequence[Word]) -> Sequence[Box]:
    """Cells but for a first row that says one thing and keeps to no column: a chart's legend or source."""
    top = min(box[1] for box in boxes)
    row, rest = [box for box in boxes if box[1] == top], [box for box in boxes if box[1] != top]
    if not 2 <= len(row) <= 3 or len({box[1] for box in rest}) < 2:
        return boxes
    full = [box for box in row if any(holds(box, word) for word in words)]
    alone = len(full) == 1 and all(abs(full[0][2] - box[2]) >= SNAP for box in rest)
    return rest if alone else boxes


def _filled(table: Table, tops: Sequence[float], words: Sequence[Word], single: bool) -> tuple[Table | None, str]:
    """Put words into their cells; None if that does not look like a table, and why if it nearly does."""
    fields = {
        (row, column): number
        for number, cell in enumerate(table.cells)
        for row in range(*cell.rows)
        for column in range(*cell.columns)
    }
    held: list[list[Word]] = [[] for _ in table.cells]
    inside = crossing = 0
    for word in words:
        if not holds(table.box, word):
            continue
        inside += 1
        x, y = (word.x0 + word.x1) / 2, (word.top + word.bottom) / 2
        number = fields.get((bisect_right(tops, y) - 1, bisect_right(table.edges, x) - 1), -1)
        if number >= 0 and holds(table.cells[number].box, word):
            held[number].append(word)
            crossing += _crosses(table.cells[number].box, word)
    crossing -= _merge_bands(table, held)
    flaw = _flaw(table, held, inside, crossing, single)
    if flaw:
        return None, flaw if flaw != "none" else ""
    for cell, content in zip(table.cells, held, strict=True):
        if content:
            cell.lines = lines_of(content)
    table.cells = [part for cell in table.cells if cell.lines for part in _by_columns(cell, table)]
    _part_by_lines(table)
    if max(sum(len(line.words) for line in cell.lines) for cell in table.cells) > MAX_CELL_WORDS:
        return None, "a cell holds a page of text"
    return table, "words cross the rulings" if crossing > 0.03 * inside else ""


def _merge_bands(table: Table, held: list[list[Word]]) -> int:
    """Make one cell of a row whose text runs on over its columns; returns how many words crossed there.

    Such a row names those below it, or stands between two tables whose rulings line up.
    """
    crossed = 0
    for row in range(table.rows):
        numbers = [n for n, cell in enumerate(table.cells) if cell.rows == (row, row + 1) and held[n]]
        over = sum(_crosses(table.cells[n].box, word) for n in numbers for word in held[n])
        if not over or len(numbers) < 2:
            continue
        words = sorted((word for n in numbers for word in held[n]), key=lambda word: word.order)
        if len(lines_of([copy(word) for word in words])) >= len(numbers):
            continue
        first = table.cells[numbers[0]]
        box = table.box[0], first.box[1], table.box[2], first.box[3]
        table.cells[numbers[0]] = Cell(box, (row, row + 1), (0, table.columns))
        held[numbers[0]] = words
        for number in numbers[1:]:
            held[number] = []
        crossed += over
    return crossed


def _crosses(box: Box, word: Word) -> bool:
    return word.x0 < box[0] - SNAP or word.x1 > box[2] + SNAP


def _flaw(table: Table, held: Sequence[Sequence[Word]], inside: int, crossing: int, single: bool) -> str:
    """Why cells are no table: "none" if nobody would take them for one, else what speaks against it."""
    full = [(cell, content) for cell, content in zip(table.cells, held, strict=True) if content]
    if single and full:
        return ""
    per_row = Counter(cell.rows[0] for cell, _ in full)
    columns = {cell.columns[0] for cell, _ in full}
    if len(full) < 4 or len(columns) < 2 or sum(count > 1 for count in per_row.values()) < 2:
        return "none"  # boxes one under another, such as marked lines of text
    if _is_marked_text(full):
        return "none"
    whole = len(table.cells) == table.rows * table.columns and len(full) > 0.7 * len(table.cells)
    if not whole and not any(_WORD.search(word.text) for _, content in full for word in content):
        return "none"  # a chart: bars on its grid, with numbers
    if len(full) < 0.3 * len(table.cells):
        return "none"  # a chart's grid
    if crossing > 0.1 * inside:
        return "words cross the rulings"
    if sum(map(len, held)) < 0.7 * inside:
        return "words stand in no cell"
    return ""


def _is_marked_text(full: Sequence[tuple[Cell, Sequence[Word]]]) -> bool:
    """Whether the boxes lie behind running text, as a marker pen's do: it goes on over their sides, or bullets lead."""
    if all(is_bullet(content[0].text) and len(content) == 1 for cell, content in full if cell.columns[0] == 0):
        return True
    whites = []
    for (cell, words), (right, others) in pairwise(full):
        if cell.rows[0] == right.rows[0] and cell.columns[1] == right.columns[0]:
            last, first = max(words, key=lambda w: w.x1), min(others, key=lambda w: w.x0)
            whites.append((first.x0 - last.x1) / first.height)
    return bool(whites) and sorted(whites)[len(whites) // 2] < 0.4


def _by_columns(cell: Cell, table: Table) -> list[Cell]:
    """A cell over several columns parted at their edges, if each holds a part and white lies between."""
    first, last = cell.columns
    if last - first < 2:
        return [cell]
    edges = [cell.box[0], *table.edges[first + 1 : last], cell.box[2]]
    words = sorted((word for line in cell.lines for word in line.words), key=lambda word: word.x0)
    slots = [[w for w in words if left <= (w.x0 + w.x1) / 2 < right] for left, right in pairwise(edges)]
    if not all(slots):
        return [cell]
    whites = [min(w.x0 for w in b) - max(w.x1 for w in a) for a, b in pairwise(slots)]
    tall = words[0].height
    if min(whites) < WORD_GAP * tall or max(whites) < 1.2 * tall:  # a long head may come near the next, not each
        return [cell]
    return [
        Cell((left, cell.box[1], right, cell.box[3]), cell.rows, (column, column + 1), lines_of(slot))
        for column, (left, right), slot in zip(range(first, last), pairwise(edges), slots, strict=True)
    ]


def _part_by_lines(table: Table) -> None:
    """Part rows of statistical tables that only their lines tell apart: numbers, level over the columns."""
    out: list[Cell] = []
    shift = 0
    for row in range(table.rows):
        cells = [cell for cell in table.cells if cell.rows[0] == row]
        for cell in cells:
            cell.rows = cell.rows[0] + shift, cell.rows[1] + shift
        rows = _levels(cells) if all(cell.rows[1] - cell.rows[0] == 1 for cell in cells) else []
        out += [part for cell in cells for part in _parts(cell, rows)] if rows else cells
        shift += max(0, len(rows) - 1)
    table.cells, table.rows = out, table.rows + shift


def _levels(cells: Sequence[Cell]) -> list[Line]:
    """A line of each row within the cells of one ruled row; empty unless it is many rows of numbers."""
    if len(cells) < 3:
        return []
    base = max(cells, key=lambda cell: len(cell.lines))
    levels: list[Line] = []
    for line in base.lines:
        if not levels or not same_row(levels[-1], line):
            levels.append(line)
    if len(levels) < MIN_LINES or any(len(cell.lines) < 0.6 * len(levels) for cell in cells):
        return []
    lines = [line for cell in cells[1:] for line in cell.lines]
    numbers = sum(is_number(line.text) or not _WORD.search(line.text) for line in lines)
    level = sum(_is_level(line, levels) for line in lines)
    return levels if numbers > 0.8 * len(lines) and level > 0.95 * len(lines) else []


def _is_level(line: Line, levels: Sequence[Line]) -> bool:
    at = bisect_left(levels, line.top, key=lambda level: level.top)
    return any(same_row(line, level) for level in levels[max(0, at - 1) : at + 1])


def _parts(cell: Cell, levels: Sequence[Line]) -> list[Cell]:
    tops = [cell.box[1], *((a.bottom + b.top) / 2 for a, b in pairwise(levels)), cell.box[3]]
    held: dict[int, list[Line]] = {}
    for line in cell.lines:
        number = bisect_right(tops, (line.top + line.bottom) / 2) - 1
        held.setdefault(min(max(0, number), len(levels) - 1), []).append(line)
    x0, _, x1, _ = cell.box
    return [
        Cell((x0, tops[n], x1, tops[n + 1]), (cell.rows[0] + n, cell.rows[0] + n + 1), cell.columns, lines)
        for n, lines in sorted(held.items())
    ]


def _open_tables(rules: Sequence[Box], words: Sequence[Word]) -> list[Table]:
    """Tables ruled only across: rows lie between equal rulings, columns between gutters of white."""
    found = []
    for group in alike(rule for rule in joined(rules) if rule[2] - rule[1] > 150):
        ys: list[float] = []
        for y in sorted(rule[0] for rule in group):
            if not ys or y - ys[-1] > 6:
                ys.append(y)
        for part in _even(ys):
            table = _open_table(group[0][1] - 4.0, group[0][2] + 4.0, part, words) if 4 <= len(part) <= 80 else None
            if table is not None:
                found.append(table)
    return found


def _even(ys: Sequence[float]) -> list[list[float]]:
    """Rulings parted where the white between them is much higher than a row, as under a page's head."""
    steps = sorted(b - a for a, b in pairwise(ys))
    most = max(40.0, 3 * steps[len(steps) // 2]) if steps else 0.0
    parts: list[list[float]] = []
    for y in ys:
        if not parts or y - parts[-1][-1] > most:
            parts.append([])
        parts[-1].append(y)
    return parts


def _open_table(x0: float, x1: float, ys: list[float], words: Sequence[Word]) -> Table | None:
    inside = [w for w in words if holds((x0, ys[0], x1, ys[-1]), w)]
    if len(inside) < 8:
        return None
    edges = _gutters(inside, x0, 0.75 if len(ys) < 6 else 0.45)
    if len(edges) < 2:
        return None
    rights = [*edges[1:], x1]
    boxes = [
        (left, top, right, bottom) for top, bottom in pairwise(ys) for left, right in zip(edges, rights, strict=True)
    ]
    table, _ = _table(boxes, words)
    if table is None:
        return None
    per_row = [sum(c.rows[0] == row for c in table.cells) for row in range(table.rows)]
    tall = max(len(cell.lines) for cell in table.cells)
    regular = sum(count >= 2 for count in per_row) >= 0.7 * len(per_row)
    return table if regular and tall <= 12 else None


def _gutters(words: Sequence[Word], x0: float, share: float) -> list[float]:
    """Left edges of columns that white, `share` of a word's height or more, parts on all rows."""
    heights = sorted(w.height for w in words)
    white = share * heights[len(heights) // 2]
    edges, end = [x0], None
    for word in sorted(words, key=lambda w: w.x0):
        if end is not None and word.x0 - end > white:
            edges.append((word.x0 + end) / 2)
        end = word.x1 if end is None else max(end, word.x1)
    return edges
