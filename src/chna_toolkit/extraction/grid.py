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
Stretch = tuple[float, float]
SNAP = 3.0  # points; rulings nearer than this are one
JOIN = 4.0  # points; a gap in a ruling shorter than this is closed
MAX_ROW = 200.0  # points between rulings of one table
MAX_STRIPE = 45.0  # points; a row without fill between filled ones is lower
SHORT = 6.0  # points; shorter rulings belong to icons
MAX_FIELDS = 12_000  # of one network of rulings
MAX_RULES = 12_000  # on a page, as drawn
MAX_SEGMENTS = 2_000  # on a page, once those in one line are joined


def cells_of(rules_h: Sequence[Box], rules_v: Sequence[Box]) -> list[Box]:
    """Cells enclosed by horizontal and vertical rulings, top to bottom; `[]` if there are too many."""
    across = [((b[1] + b[3]) / 2, b[0], b[2]) for b in rules_h if b[2] - b[0] >= SHORT]
    down = [((b[0] + b[2]) / 2, b[1], b[3]) for b in rules_v if b[3] - b[1] >= SHORT]
    if len(across) < 2 or not down or len(across) + len(down) > MAX_RULES:
        return []
    ys, across_at = _snapped(across)
    xs, down_at = _snapped(down)
    sides, ends = _open_sides(ys, across_at, _segments(xs, down_at))
    if ends:
        ys, across_at = _snapped([*across, *ends])
    if sides:
        xs, down_at = _snapped([*down, *sides])
    cells: list[Box] = []
    down_at = _with_last_rows(xs, down_at, ys, across_at)
    for lines_h, lines_v in _networks(_segments(ys, across_at), _segments(xs, down_at)):
        (xs, down_at), (ys, across_at) = _stretches(lines_v), _stretches(lines_h)
        cells += _enclosed(xs, ys, across_at, down_at)
    return sorted(cells, key=lambda c: (c[1], c[0]))


def _segments(places: Sequence[float], stretches: Sequence[Sequence[Stretch]]) -> list[Rule]:
    return [(at, start, end) for at, group in zip(places, stretches, strict=True) for start, end in group]


def _stretches(rules: Sequence[Rule]) -> tuple[list[float], list[list[Stretch]]]:
    """The other way round: positions in order, and at each the stretches."""
    found: dict[float, list[Stretch]] = {}
    for at, start, end in sorted(rules):
        found.setdefault(at, []).append((start, end))
    return list(found), list(found.values())


def _networks(across: Sequence[Rule], down: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Rulings that hang together. What stands free within a cell (shaded text, an icon) does not divide it."""
    if len(across) + len(down) > MAX_SEGMENTS:
        return []
    group = list(range(len(across) + len(down)))
    places = [rule[0] for rule in down]
    for number, (y, start, end) in enumerate(across):
        for other in range(bisect_left(places, start - SNAP), bisect_right(places, end + SNAP)):
            if down[other][1] - SNAP <= y <= down[other][2] + SNAP:
                group[_root(group, len(across) + other)] = _root(group, number)
    networks: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for number, rule in enumerate([*across, *down]):
        networks.setdefault(_root(group, number), ([], []))[number >= len(across)].append(rule)
    return [net for net in networks.values() if len(net[0]) > 1 and len(net[1]) > 1]


def _root(group: list[int], index: int) -> int:
    while group[index] != index:
        group[index] = group[group[index]]
        index = group[index]
    return index


def _snapped(rules: Iterable[tuple[float, float, float]]) -> tuple[list[float], list[list[Stretch]]]:
    """Distinct positions of rulings, and at each the stretches they cover."""
    places: list[float] = []
    stretches: list[list[Stretch]] = []
    for at, start, end in sorted(rules):
        if not places or at - places[-1] > SNAP:
            places.append(at)
            stretches.append([])
        stretches[-1].append((start, end))
    return places, [_united(group) for group in stretches]


def _united(stretches: list[Stretch], join: float = JOIN) -> list[Stretch]:
    out: list[Stretch] = []
    for start, end in sorted(stretches):
        if out and start - out[-1][1] <= join:
            out[-1] = out[-1][0], max(out[-1][1], end)
        else:
            out.append((start, end))
    return out


def _open_sides(ys: list[float], across: list[list[Stretch]], down: Sequence[Rule]) -> tuple[list[Rule], list[Rule]]:
    """Outer edges that a table leaves out: at its sides, and above or below its outermost rulings.

    A table without sides shows itself by three rulings that begin and end alike, and by verticals
    between them; the sides reach as far as those.
    """
    rules = [(y, start, end) for y, start, end in _segments(ys, across) if end - start > 100]
    sides: list[Rule] = []
    ends: list[Rule] = []
    for found in [part for group in alike(rules) for part in _near(group, down)]:
        if len(found) < 3:
            continue
        left, right = min(f[1] for f in found), max(f[2] for f in found)
        places = [f[0] for f in found]
        inner = [(b[1], b[2]) for b in down if left + SNAP < b[0] < right - SNAP and _meets(b, places)]
        for top, bottom in _united(inner):
            held = [y for y in places if top - SNAP <= y <= bottom + SNAP]
            if len(held) < 2 or _has_sides(down, left, right, top, bottom):
                continue
            sides += [(left, top, bottom), (right, top, bottom)]
            ends += [(y, left, right) for y in (top, bottom) if min(abs(y - h) for h in held) > 8]
    return sides, ends


def _meets(rule: Rule, places: Sequence[float]) -> bool:
    """Whether a vertical begins or ends at one of the rulings across."""
    return any(abs(rule[1] - y) < SNAP or abs(rule[2] - y) < SNAP for y in places)


def _has_sides(down: Sequence[Rule], left: float, right: float, top: float, bottom: float) -> bool:
    """Whether the outer verticals are drawn, for half of the height or more."""
    drawn = [
        sum(max(0.0, min(b[2], bottom) - max(b[1], top)) for b in down if abs(b[0] - x) < 2 * SNAP)
        for x in (left, right)
    ]
    return min(drawn) >= 0.5 * (bottom - top)


def joined(rules_h: Sequence[Box]) -> list[Rule]:
    """Horizontal rulings `(y, x0, x1)`, those drawn cell by cell in one."""
    return _segments(*_snapped(((b[1] + b[3]) / 2, b[0], b[2]) for b in rules_h if b[2] - b[0] >= SHORT))


def alike(rules: Iterable[Rule]) -> list[list[Rule]]:
    """Rulings that begin and end at the same places, give or take two snaps."""
    groups: dict[tuple[int, int], list[Rule]] = {}
    for rule in rules:
        a, b = round(rule[1] / 8), round(rule[2] / 8)
        for key in ((a + i, b + j) for i in (0, -1, 1) for j in (0, -1, 1)):
            group = groups.get(key)
            if group and max(abs(group[0][1] - rule[1]), abs(group[0][2] - rule[2])) < 2 * SNAP:
                group.append(rule)
                break
        else:
            groups.setdefault((a, b), []).append(rule)
    return list(groups.values())


def _near(rules: list[Rule], down: Sequence[Rule]) -> list[list[Rule]]:
    """Rulings one under another, parted where the white is higher than a row and nothing joins them."""
    parts = [[rules[0]]]
    for rule in rules[1:]:
        y, start, end = rule
        last = parts[-1][-1][0]
        joined = sum(start < x < end and a <= last + SNAP and b >= y - SNAP for x, a, b in down) > 1
        if y - last > MAX_ROW and not joined:
            parts.append([])
        parts[-1].append(rule)
    return parts


def _striped(down: Sequence[list[Stretch]]) -> list[list[Stretch]]:
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


def _with_last_rows(
    xs: Sequence[float], down: Sequence[list[Stretch]], ys: Sequence[float], across: Sequence[list[Stretch]]
) -> list[list[Stretch]]:
    """Verticals over rows without fill, also over a last such row, down to the ruling that ends the table."""
    out = _striped(down)
    ends: dict[int, list[tuple[int, int]]] = {}
    for number, (before, after) in enumerate(zip(down, out, strict=True)):
        if len(before) == len(after):
            continue  # no stripes here
        for index, (_, end) in enumerate(after):
            ends.setdefault(round(end / SNAP), []).append((number, index))
    for found in [found for found in ends.values() if len(found) > 2]:
        end = out[found[0][0]][found[0][1]][1]
        left, right = xs[found[0][0]], xs[found[-1][0]]
        for at in range(bisect_right(ys, end + 6), bisect_right(ys, end + MAX_STRIPE)):
            if any(abs(a - left) < 2 * SNAP and abs(b - right) < 2 * SNAP for a, b in across[at]):
                for number, index in found:
                    out[number][index] = out[number][index][0], ys[at]
                break
    return out


def _covers(stretches: Sequence[Stretch], start: float, end: float) -> bool:
    index = bisect_right(stretches, (start + SNAP, float("inf"))) - 1
    return index >= 0 and stretches[index][1] >= end - SNAP


def _enclosed(
    xs: list[float],
    ys: list[float],
    across: list[list[Stretch]],
    down: list[list[Stretch]],
) -> list[Box]:
    """Rectangular groups of fields that no way leads out of."""
    columns, rows = len(xs) + 1, len(ys) + 1  # with a ring of fields outside
    far = 1e6
    edges_x, edges_y = [-far, *xs, far], [-far, *ys, far]
    if columns * rows > MAX_FIELDS:
        return []
    group = list(range(columns * rows))
    for row in range(rows):
        top, bottom = edges_y[row], edges_y[row + 1]
        for column in range(columns):
            field = row * columns + column
            if column + 1 < columns and not _covers(down[column], top, bottom):
                group[_root(group, field + 1)] = _root(group, field)
            if row + 1 < rows and not _covers(across[row], edges_x[column], edges_x[column + 1]):
                group[_root(group, field + columns)] = _root(group, field)
    members: dict[int, list[int]] = {}
    for field in range(columns * rows):
        members.setdefault(_root(group, field), []).append(field)
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
    by_left: dict[float, list[int]] = {}
    by_top: dict[float, list[int]] = {}
    for index, cell in enumerate(cells):
        by_left.setdefault(cell[0], []).append(index)
        by_top.setdefault(cell[1], []).append(index)
    for index, (x0, top, x1, bottom) in enumerate(cells):
        for other in by_left.get(x1, []):
            if cells[other][1] < bottom and cells[other][3] > top:
                group[_root(group, other)] = _root(group, index)
        for other in by_top.get(bottom, []):
            if cells[other][0] < x1 and cells[other][2] > x0:
                group[_root(group, other)] = _root(group, index)
    tables: dict[int, list[Box]] = {}
    for index, cell in enumerate(cells):
        tables.setdefault(_root(group, index), []).append(cell)
    return list(tables.values())


def position(places: Sequence[float], value: float) -> int:
    """Index of the place nearest at or below `value`, within the snapping distance."""
    return max(0, bisect_left(places, value + SNAP) - 1)
