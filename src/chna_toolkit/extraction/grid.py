"""Rulings to cells: which rectangles the lines of a page enclose.

Pure geometry. The rulings' coordinates span a raster of small fields; fields without a ruling
between them are one; what is enclosed and rectangular is a cell. So spans come out by themselves.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

Box = tuple[float, float, float, float]
Rule = tuple[float, float, float]  # place, start, end
SNAP = 3.0  # points; rulings nearer than this are one
JOIN = 4.0  # points; a gap in a ruling shorter than this is closed
MAX_ROW = 200.0  # points between rulings of one table
MAX_STRIPE = 45.0  # points; a row without fill between filled ones is lower
SHORT = 6.0  # points; shorter rulings belong to icons
MAX_FIELDS = 12_000
MAX_RULES = 1_500


def cells_of(rules_h: Sequence[Box], rules_v: Sequence[Box]) -> list[Box]:
    """Cells enclosed by horizontal and vertical rulings, top to bottom; `[]` if there are too many."""
    rules_h = [rule for rule in rules_h if rule[2] - rule[0] >= SHORT]
    rules_v = [rule for rule in rules_v if rule[3] - rule[1] >= SHORT]
    if len(rules_h) < 3 or not rules_v or len(rules_h) + len(rules_v) > MAX_RULES:
        return []
    ys, across = _snapped([((b[1] + b[3]) / 2, b[0], b[2]) for b in rules_h])
    sides, ends = _open_sides(ys, across, rules_v)
    if ends:
        ys, across = _snapped([*(((b[1] + b[3]) / 2, b[0], b[2]) for b in rules_h), *ends])
    xs, down = _snapped([*(((b[0] + b[2]) / 2, b[1], b[3]) for b in rules_v), *sides])
    down = _striped(down)
    if len(xs) < 2 or len(ys) < 2 or len(xs) * len(ys) > MAX_FIELDS:
        return []
    return sorted(_enclosed(xs, ys, across, down), key=lambda c: (c[1], c[0]))


def _snapped(rules: Iterable[tuple[float, float, float]]) -> tuple[list[float], list[list[tuple[float, float]]]]:
    """Distinct positions of rulings, and at each the stretches they cover."""
    places: list[float] = []
    stretches: list[list[tuple[float, float]]] = []
    for at, start, end in sorted(rules):
        if not places or at - places[-1] > SNAP:
            places.append(at)
            stretches.append([])
        stretches[-1].append((start, end))
    return places, [_united(group) for group in stretches]


def _united(stretches: list[tuple[float, float]], join: float = JOIN) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if out and start - out[-1][1] <= join:
            out[-1] = out[-1][0], max(out[-1][1], end)
        else:
            out.append((start, end))
    return out


def _open_sides(
    ys: list[float], across: list[list[tuple[float, float]]], rules_v: Sequence[Box]
) -> tuple[list[Rule], list[Rule]]:
    """Outer edges that a table leaves out: at its sides, and above or below its outermost rulings.

    A table without sides shows itself by three rulings that begin and end alike, and by verticals
    between them; the sides reach as far as those.
    """
    extents: dict[tuple[int, int], list[Rule]] = {}
    for y, stretches in zip(ys, across, strict=True):
        for start, end in stretches:
            if end - start > 100:
                extents.setdefault((round(start / 6), round(end / 6)), []).append((y, start, end))
    sides: list[Rule] = []
    ends: list[Rule] = []
    for found in [part for group in extents.values() for part in _near(group)]:
        if len(found) < 3:
            continue
        left, right = min(f[1] for f in found), max(f[2] for f in found)
        places = [f[0] for f in found]
        inner = [(b[1], b[3]) for b in rules_v if left + SNAP < b[0] < right - SNAP and _meets(b, places)]
        for top, bottom in _united(inner):
            held = [y for y in places if top - SNAP <= y <= bottom + SNAP]
            if len(held) < 2 or _has_sides(rules_v, left, right, top, bottom):
                continue
            sides += [(left, top, bottom), (right, top, bottom)]
            ends += [(y, left, right) for y in (top, bottom) if min(abs(y - h) for h in held) > 8]
    return sides, ends


def _meets(rule: Box, places: Sequence[float]) -> bool:
    """Whether a vertical begins or ends at one of the rulings across."""
    return any(abs(rule[1] - y) < SNAP or abs(rule[3] - y) < SNAP for y in places)


def _has_sides(rules_v: Sequence[Box], left: float, right: float, top: float, bottom: float) -> bool:
    """Whether the outer verticals are drawn, for half of the height or more."""
    drawn = [
        sum(max(0.0, min(b[3], bottom) - max(b[1], top)) for b in rules_v if abs(b[0] - x) < 2 * SNAP)
        for x in (left, right)
    ]
    return min(drawn) >= 0.5 * (bottom - top)


def _near(rules: list[Rule]) -> list[list[Rule]]:
    """Rulings one under another, parted where the white is higher than a row."""
    parts = [[rules[0]]]
    for rule in rules[1:]:
        if rule[0] - parts[-1][-1][0] > MAX_ROW:
            parts.append([])
        parts[-1].append(rule)
    return parts


def _striped(down: list[list[tuple[float, float]]]) -> list[list[tuple[float, float]]]:
    """Close the gaps that rows without fill leave between filled ones.

    Such a gap is no higher than the rows beside it and stands in three verticals or more alike.
    """
    gaps: dict[tuple[int, int], int] = {}
    for stretches in down:
        for (start, end), (low, stop) in pairwise(stretches):
            if 6 < low - end <= min(1.25 * (end - start), 1.25 * (stop - low), MAX_STRIPE):
                key = round(end / SNAP), round(low / SNAP)
                gaps[key] = gaps.get(key, 0) + 1
    out = []
    for stretches in down:
        closed = stretches[:1]
        for start, end in stretches[1:]:
            if gaps.get((round(closed[-1][1] / SNAP), round(start / SNAP)), 0) >= 3:
                closed[-1] = closed[-1][0], end
            else:
                closed.append((start, end))
        out.append(closed)
    return out


def _covers(stretches: Sequence[tuple[float, float]], start: float, end: float) -> bool:
    index = bisect_right(stretches, (start + SNAP, float("inf"))) - 1
    return index >= 0 and stretches[index][1] >= end - SNAP


def _enclosed(
    xs: list[float],
    ys: list[float],
    across: list[list[tuple[float, float]]],
    down: list[list[tuple[float, float]]],
) -> list[Box]:
    """Rectangular groups of fields that no way leads out of."""
    columns, rows = len(xs) + 1, len(ys) + 1  # with a ring of fields outside
    far = 1e6
    edges_x, edges_y = [-far, *xs, far], [-far, *ys, far]
    group = list(range(columns * rows))

    def root(field: int) -> int:
        while group[field] != field:
            group[field] = group[group[field]]
            field = group[field]
        return field

    for row in range(rows):
        top, bottom = edges_y[row], edges_y[row + 1]
        for column in range(columns):
            field = row * columns + column
            if column + 1 < columns and not _covers(down[column], top, bottom):
                group[root(field + 1)] = root(field)
            if row + 1 < rows and not _covers(across[row], edges_x[column], edges_x[column + 1]):
                group[root(field + columns)] = root(field)
    members: dict[int, list[int]] = {}
    for field in range(columns * rows):
        members.setdefault(root(field), []).append(field)
    cells = []
    for fields in members.values():
        at_columns = [field % columns for field in fields]
        at_rows = [field // columns for field in fields]
        left, right, high, low = min(at_columns), max(at_columns), min(at_rows), max(at_rows)
        outside = left == 0 or high == 0 or right == columns - 1 or low == rows - 1
        if outside or (right - left + 1) * (low - high + 1) != len(fields):
            continue
        cells.append((edges_x[left], edges_y[high], edges_x[right + 1], edges_y[low + 1]))
    return cells


def grouped(cells: Sequence[Box]) -> list[list[Box]]:
    """Cells that touch along an edge, as one table each."""
    group = list(range(len(cells)))

    def root(index: int) -> int:
        while group[index] != index:
            group[index] = group[group[index]]
            index = group[index]
        return index

    by_left: dict[float, list[int]] = {}
    by_top: dict[float, list[int]] = {}
    for index, cell in enumerate(cells):
        by_left.setdefault(cell[0], []).append(index)
        by_top.setdefault(cell[1], []).append(index)
    for index, (x0, top, x1, bottom) in enumerate(cells):
        for other in by_left.get(x1, []):
            if cells[other][1] < bottom and cells[other][3] > top:
                group[root(other)] = root(index)
        for other in by_top.get(bottom, []):
            if cells[other][0] < x1 and cells[other][2] > x0:
                group[root(other)] = root(index)
    tables: dict[int, list[Box]] = {}
    for index, cell in enumerate(cells):
        tables.setdefault(root(index), []).append(cell)
    return list(tables.values())


def position(places: Sequence[float], value: float) -> int:
    """Index of the place nearest at or below `value`, within the snapping distance."""
    return max(0, bisect_left(places, value + SNAP) - 1)
