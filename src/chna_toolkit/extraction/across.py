"""Statistical tables ruled only across: a rule above the head, one below it, one at the end.

Rows are the printed lines between the rules, columns what white parts on all rows of figures. Prose between two rules
does not pass for one: nearly all that stands beside the first column must be figures.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from chna_toolkit.extraction.cells import Box, Cell, Table
from chna_toolkit.extraction.grid import Rule, alike, joined
from chna_toolkit.extraction.lines import lines_of
from chna_toolkit.extraction.words import Word

WIDE = 150.0  # points; a table's rules are no shorter
MIN_FIGURES = 9  # words with digits between the rules; fewer are no statistics
MIN_ROWS = 3  # of figures
MIN_COLUMNS = 3
MAX_HEAD = 90.0  # points between the rule above a table's head and the one below it
GUTTER = 0.45  # times the height of a word: white between two columns
MAX_WORDS = 4_000  # between two rules
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[–-]\d\d(?:\d\d)?)?")
_DOTS = re.compile(r"[.…·]+")

Row = list[Word]


def tables_across(rules_h: Sequence[Box], words: Sequence[Word]) -> list[Table]:
    """Tables between rules that begin and end alike; none of them overlap."""
    if sum(word.text[-1].isdigit() or word.text[0].isdigit() for word in words) < MIN_FIGURES:
        return []
    rules = joined(rules_h)
    found: list[Table] = []
    for group in alike(rule for rule in rules if rule[2] - rule[1] > WIDE):
        ys = _apart(sorted(rule[0] for rule in group))
        x0, x1 = min(rule[1] for rule in group) - 4, max(rule[2] for rule in group) + 4
        strips = [_strip(x0, top, x1, bottom, words) for top, bottom in pairwise(ys)]
        for first, last in _runs(strips):
            above = strips[first - 1] if first else []
            if not _is_head(above, ys[first] - ys[first - 1]):
                above = []
            box = x0, ys[first - bool(above)], x1, ys[last + 1]
            rows = above + [row for strip in strips[first : last + 1] for row in strip]
            table = _table(box, rows, len(above), _drawn(rules_h, box[1] + 2, box[3] - 2))
            if table is not None and not any(_overlap(table.box, other.box) for other in found):
                found.append(table)
    return found


def _drawn(rules_h: Sequence[Box], top: float, bottom: float) -> list[Rule]:
    """Rules between two heights as they are seen: only pieces that touch are one."""
    pieces = sorted((round((b[1] + b[3]) / 2, 1), b[0], b[2]) for b in rules_h if top < (b[1] + b[3]) / 2 < bottom)
    out: list[Rule] = []
    for y, start, end in pieces:
        if out and abs(out[-1][0] - y) < 0.6 and start - out[-1][2] < 1.0:
            out[-1] = out[-1][0], out[-1][1], max(out[-1][2], end)
        else:
            out.append((y, start, end))
    return out


def _apart(ys: Sequence[float]) -> list[float]:
    out: list[float] = []
    for y in ys:
        if not out or y - out[-1] > 6:
            out.append(y)
    return out


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _strip(x0: float, top: float, x1: float, bottom: float, words: Sequence[Word]) -> list[Row]:
    """Words between two rules, row by row; leaders are left out."""
    inside = [
        word
        for word in words
        if top < (word.top + word.bottom) / 2 < bottom
        and x0 <= (word.x0 + word.x1) / 2 <= x1
        and not _DOTS.fullmatch(word.text)
    ]
    rows: list[Row] = []
    if len(inside) > MAX_WORDS:
        return rows
    for word in sorted(inside, key=lambda word: word.top + word.bottom):
        if rows and (word.top + word.bottom) / 2 < rows[-1][0].bottom - 0.3 * (word.bottom - word.top):
            rows[-1].append(word)
        else:
            rows.append([word])
    for row in rows:
        row.sort(key=lambda word: word.x0)
    return rows


def _is_figure(text: str) -> bool:
    return any(c.isdigit() for c in text) and sum(c.isalpha() for c in text) < 2


def _is_value_row(row: Row) -> bool:
    """A row of figures behind its name; years, or a count from one, head columns."""
    figures = [word.text for word in row[1:] if _is_figure(word.text)]
    if len(figures) < MIN_COLUMNS - 1 or not (_is_figure(row[-1].text) or not any(c.isalnum() for c in row[-1].text)):
        return False
    return not all(map(_YEAR.fullmatch, figures)) and figures != [str(n + 1) for n in range(len(figures))]


def _runs(strips: Sequence[list[Row]]) -> list[tuple[int, int]]:
    """First and last of the strips that follow each other and hold rows of figures."""
    runs: list[tuple[int, int]] = []
    for index, strip in enumerate(strips):
        figures = sum(map(_is_value_row, strip))
        if not figures or figures < 0.5 * len(strip):
            continue
        if runs and runs[-1][1] == index - 1:
            runs[-1] = runs[-1][0], index
        else:
            runs.append((index, index))
    return runs


def _is_head(rows: Sequence[Row], height: float) -> bool:
    return bool(rows) and height < MAX_HEAD and len(rows) < 8 and not any(map(_is_value_row, rows))


def _table(box: Box, rows: Sequence[Row], start: int, rules: Sequence[Rule]) -> Table | None:
    """A table of rows of which the first `start` are known to be its head; None if it is no table of figures."""
    values = [row for row in rows if _is_value_row(row)]
    if len(values) < MIN_ROWS:
        return None
    edges = _edges(values, box[0])
    if len(edges) < MIN_COLUMNS or not _is_statistics(values, edges):
        return None
    start = start or next(index for index, row in enumerate(rows) if _is_value_row(row) or _is_band(row, edges))
    spans = _spans(rules, box, rows[start])
    low = [[word for word in row if not _over(word, spans)] for row in rows[:start]]
    wider = _edges([*values, *low], box[0])
    edges = wider if len(wider) == len(edges) else edges
    heads = _head_cells([word for row in rows[:start] for word in row], box, edges, spans)
    deep = max((cell.rows[1] for cell in heads), default=0)
    body = [cell for number, row in enumerate(rows[start:]) for cell in _row_cells(row, deep + number, box, edges)]
    return Table(box, heads + body, deep + len(rows) - start, len(edges), tuple(edges), deep)


def _edges(rows: Sequence[Row], x0: float) -> list[float]:
    """Left edges of the columns: the middle of the white between them, the first at the rule's beginning."""
    heights = sorted(word.bottom - word.top for row in rows for word in row)
    white = GUTTER * heights[len(heights) // 2]
    edges, end = [x0], None
    for left, right in sorted((word.x0, word.x1) for row in rows for word in row):
        if end is not None and left - end > white:
            edges.append((left + end) / 2)
        end = right if end is None else max(end, right)
    return edges


def _slots(row: Row, edges: Sequence[float]) -> dict[int, Row]:
    slots: dict[int, Row] = {}
    for word in row:
        slots.setdefault(max(0, bisect_right(edges, (word.x0 + word.x1) / 2) - 1), []).append(word)
    return slots


def _is_statistics(rows: Sequence[Row], edges: Sequence[float]) -> bool:
    """Figures or signs beside the first column, nearly everywhere; and every row has a name."""
    slots = [_slots(row, edges) for row in rows]
    cells = [" ".join(word.text for word in part) for slot in slots for at, part in slot.items() if at]
    plain = sum(not _LETTERS.search(cell) for cell in cells)
    full = sum(len(slot) for slot in slots)
    return plain > 0.85 * len(cells) and full > 0.6 * len(edges) * len(rows) and sum(0 in s for s in slots) == len(rows)


def _is_band(row: Row, edges: Sequence[float]) -> bool:
    """A row that names the rows under it: text in the first column alone, in bold."""
    return set(_slots(row, edges)) == {0} and all(word.style.bold for word in row)


def _row_cells(row: Row, number: int, box: Box, edges: Sequence[float]) -> list[Cell]:
    slots = _slots(row, edges)
    top, bottom = min(word.top for word in row), max(word.bottom for word in row)
    if set(slots) == {0} or (0 not in slots and not any(_is_figure(word.text) for word in row)):
        return [Cell((box[0], top, box[2], bottom), (number, number + 1), (0, len(edges)), lines_of(row))]
    rights = [*edges[1:], box[2]]
    return [
        Cell((edges[at], top, rights[at], bottom), (number, number + 1), (at, at + 1), lines_of(part))
        for at, part in sorted(slots.items())
    ]


def _spans(rules: Sequence[Rule], box: Box, below: Row) -> list[Rule]:
    """Rules within the head that run over some of its columns."""
    end = min(word.top for word in below)
    return sorted(rule for rule in rules if rule[0] < end and rule[2] - rule[1] < 0.97 * (box[2] - box[0]))


def _over(word: Word, spans: Sequence[Rule]) -> list[Rule]:
    """Spanning rules under a word of the head, the nearest first."""
    x = (word.x0 + word.x1) / 2
    return [rule for rule in spans if rule[0] > word.bottom - 3 and rule[1] - 2 <= x <= rule[2] + 2]


def _head_cells(words: Row, box: Box, edges: Sequence[float], spans: Sequence[Rule]) -> list[Cell]:
    """Cells of the head: what stands right above a shorter rule spans the columns over which that rule runs."""
    levels = _apart([rule[0] for rule in spans])
    held: dict[tuple[int, int, int], Row] = {}
    for word in words:
        over = _over(word, spans)
        if over:
            columns = _columns_under(over[0], edges, box[2])
            level = bisect_right(levels, over[0][0]) - 1
        else:
            at = max(0, bisect_right(edges, (word.x0 + word.x1) / 2) - 1)
            columns, level = (at, at + 1), len(levels)
        held.setdefault((level, *columns), []).append(word)
    cells = []
    for (level, left, right), part in sorted(held.items()):
        place = edges[left], min(w.top for w in part), [*edges[1:], box[2]][right - 1], max(w.bottom for w in part)
        part.sort(key=lambda word: (round(word.top), word.x0))
        cells.append(Cell(place, (level, level + 1), (left, right), lines_of(part)))
    return cells


def _columns_under(rule: Rule, edges: Sequence[float], x1: float) -> tuple[int, int]:
    middles = [(left + right) / 2 for left, right in pairwise([*edges, x1])]
    under = [at for at, x in enumerate(middles) if rule[1] - 2 <= x <= rule[2] + 2]
    return (under[0], under[-1] + 1) if under else (0, len(edges))
