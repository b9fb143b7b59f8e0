"""Pictures and rulings of a page: how much of it is pictures, and which lines may frame a table."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import pypdfium2.raw as raw

from chna_toolkit.extraction.native import native

MAX_OBJECTS = 30_000  # page objects looked at
MAX_PATHS = 4_000  # more than that is a map or a chart, not a table
MAX_SEGMENTS = 400  # of one path
MAX_DEPTH = 4  # of nested forms
SMALL = 8.0  # points; a shape smaller than that is a dot, an icon's part, a sort arrow
FAR = 100_000.0  # points; no page is that large
THIN = 3.5  # points; a box thinner than that is a line

_TEXT, _PATH = raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_PATH
_PICTURES = (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING)

_count = native(raw.FPDFPage_CountObjects, ctypes.c_int, ctypes.c_void_p)
_get = native(raw.FPDFPage_GetObject, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_type = native(raw.FPDFPageObj_GetType, ctypes.c_int, ctypes.c_void_p)
_bounds = native(raw.FPDFPageObj_GetBounds, ctypes.c_int, *[ctypes.c_void_p] * 5)
_matrix = native(raw.FPDFPageObj_GetMatrix, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_form_count = native(raw.FPDFFormObj_CountObjects, ctypes.c_int, ctypes.c_void_p)
_form_get = native(raw.FPDFFormObj_GetObject, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong)
_segments = native(raw.FPDFPath_CountSegments, ctypes.c_int, ctypes.c_void_p)
_segment = native(raw.FPDFPath_GetPathSegment, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_segment_type = native(raw.FPDFPathSegment_GetType, ctypes.c_int, ctypes.c_void_p)
_segment_point = native(raw.FPDFPathSegment_GetPoint, ctypes.c_int, *[ctypes.c_void_p] * 3)

Box = tuple[float, float, float, float]
ToShown = Callable[[float, float, float, float], Box]


@dataclass(slots=True)
class Graphics:
    """Boxes are `(x0, top, x1, bottom)` in points as shown."""

    pictures: list[Box] = field(default_factory=list)
    rules_h: list[Box] = field(default_factory=list)  # horizontal lines and edges of boxes
    rules_v: list[Box] = field(default_factory=list)
    frames: list[Box] = field(default_factory=list)  # boxes larger than a cell line
    cover: float = 0.0  # share of the page under pictures, 0..1
    paths: int = 0
    crowded: bool = False  # too many objects to look at all


class _Scanner:
    def __init__(self, shown: ToShown, width: float, height: float, lines: bool) -> None:
        self.shown, self.width, self.height, self.lines = shown, width, height, lines
        self.floats = (ctypes.c_float * 4)()
        self.at = [ctypes.addressof(self.floats) + 4 * index for index in range(4)]
        self.out = Graphics()
        self.left = MAX_OBJECTS

    def container(self, count: int, get: Callable[..., Any], handle: int, by: Any, depth: int) -> None:
        """Look at the objects of a page or form; `by` is the form's matrix or None."""
        if count > self.left:
            self.out.crowded = True
        count = min(count, self.left)
        self.left -= count
        # Most are text, thousands a page, so without a frame for each; PDFium knows no type of what is none.
        things = list(map(get, repeat(handle, count), range(count)))
        for thing, kind in zip(things, map(_type, things), strict=True):
            if kind == _TEXT:
                continue
            if kind == _PATH:
                self.path(thing, by)
            elif kind in _PICTURES:
                self.picture(thing, by)
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < MAX_DEPTH:
                self.form(thing, by, depth)

    def form(self, thing: int, by: Any, depth: int) -> None:
        matrix = raw.FS_MATRIX()
        _matrix(thing, ctypes.addressof(matrix))
        inner = (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)
        matrix_all = inner if by is None else _product(inner, by)
        self.container(_form_count(thing), _form_get, thing, matrix_all, depth + 1)

    def box(self, thing: int, by: Any) -> Box | None:
        if not _bounds(thing, *self.at):
            return None
        x0, y0, x1, y1 = self.floats
        if by is not None:
            x0, y0, x1, y1 = _carried(by, x0, y0, x1, y1)
        return _sane(self.shown(x0, y0, x1, y1))

    def picture(self, thing: int, by: Any) -> None:
        box = self.box(thing, by)
        if box is None:
            return
        x0, top = max(0.0, box[0]), max(0.0, box[1])
        x1, bottom = min(self.width, box[2]), min(self.height, box[3])
        if x1 > x0 and bottom > top:
            self.out.pictures.append((x0, top, x1, bottom))

    def path(self, thing: int, by: Any) -> None:
        out = self.out
        out.paths += 1
        if not self.lines or out.paths > MAX_PATHS:
            out.crowded = out.crowded or out.paths > MAX_PATHS
            return
        box = self.box(thing, by)
        if box is None:
            return
        x0, top, x1, bottom = box
        wide, high = x1 - x0, bottom - top
        dot = wide < SMALL and high < SMALL
        if dot or (wide > 0.88 * self.width and high > 0.88 * self.height):
            return
        if high < THIN:
            out.rules_h.append(box)
        elif wide < THIN:
            out.rules_v.append(box)
        else:
            self.shape(thing, by, box)

    def shape(self, thing: int, by: Any, box: Box) -> None:
        """A path with an area: a rectangle, a grid drawn in one go, or a curve (ignored)."""
        count = _segments(thing)
        if count > MAX_SEGMENTS or count < 3:
            return
        last: tuple[float, float] | None = None
        strokes: list[Box] = []
        for index in range(count):
            segment = _segment(thing, index)
            kind = _segment_type(segment)
            if kind == raw.FPDF_SEGMENT_BEZIERTO:
                return
            _segment_point(segment, self.at[0], self.at[1])
            point = self.floats[0], self.floats[1]
            if kind == raw.FPDF_SEGMENT_LINETO and last is not None:
                strokes.append((last[0], last[1], point[0], point[1]))
            last = point
        out, own = self.out, _object_matrix(thing)
        if count <= 6:
            out.frames.append(box)
            return
        for stroke in strokes:
            moved = _carried(own, *stroke)
            placed = _sane(self.shown(*(_carried(by, *moved) if by is not None else moved)))
            if placed is None:
                continue
            if placed[3] - placed[1] < 0.5 < placed[2] - placed[0]:
                out.rules_h.append(placed)
            elif placed[2] - placed[0] < 0.5 < placed[3] - placed[1]:
                out.rules_v.append(placed)


def read_graphics(page: Any, shown: ToShown, width: float, height: float, lines: bool) -> Graphics:
    """Pictures and, with `lines`, rulings of a loaded page. `shown` maps page space to the page as shown."""
    scanner = _Scanner(shown, width, height, lines)
    handle = ctypes.cast(page, ctypes.c_void_p).value or 0
    scanner.container(_count(handle), _get, handle, None, 0)
    out = scanner.out
    out.cover = covered(out.pictures, width, height)
    out.frames = without_shading(_without_hidden(out.frames))
    for x0, top, x1, bottom in out.frames:
        out.rules_h += [
            (x0, y, x1, y) for y in (top, bottom) if -1 <= y <= height + 1
        ]  # what the page cuts off is open
        out.rules_v += [(x0, top, x0, bottom), (x1, top, x1, bottom)]
    return out


def _without_hidden(frames: list[Box]) -> list[Box]:
    """Frames but for bars and buttons that later ones are painted over, such as a hidden scroll bar."""
    kept = []
    for index, box in enumerate(frames):
        x0, top, x1, bottom = box
        wide = x1 - x0 > 100
        if bottom - top < 16 and (wide or x1 - x0 < 16):
            over = [f for f in frames[index + 1 :] if f[1] < top - 2 and f[3] > bottom + 2 and f[0] < x1 and f[2] > x0]
            whole = any(f[0] <= x0 and f[2] >= x1 for f in over)
            ends = (x0 + 2, x1 - 2) if wide else ((x0 + x1) / 2,)
            if all(any(f[0] <= x <= f[2] for f in over) for x in ends) and not (wide and whole):
                continue
        kept.append(box)
    return kept


def without_shading(frames: list[Box]) -> list[Box]:
    """Frames but for those that lie in another with the margin of a cell: word processors shade the text so."""
    by_left: dict[int, list[Box]] = {}
    for box in frames:
        by_left.setdefault(int(box[0]), []).append(box)
    kept = []
    for box in frames:
        x0, top, x1, bottom = box
        near = [outer for left in range(int(x0) - 9, int(x0) - 2) for outer in by_left.get(left, ())]
        if not any(
            abs((x0 - outer[0]) - (outer[2] - x1)) < 1.0 and outer[1] - 1 <= top and bottom <= outer[3] + 1
            for outer in near
        ):
            kept.append(box)
    return kept


def covered(pictures: list[Box], width: float, height: float, cells: int = 24) -> float:
    """Share of the page under at least one picture, on a raster of `cells` by `cells`."""
    if not pictures:
        return 0.0
    hit: set[tuple[int, int]] = set()
    for x0, top, x1, bottom in pictures[:500]:
        columns = range(int(x0 / width * cells + 0.5), int(x1 / width * cells + 0.5))
        rows = range(int(top / height * cells + 0.5), int(bottom / height * cells + 0.5))
        hit.update((column, row) for column in columns for row in rows)
    return len(hit) / cells**2


def _sane(box: Box) -> Box | None:
    """The box, or None if it is endless or lies at the end of the world (or is no number at all)."""
    x0, top, x1, bottom = box
    inside = -FAR < x0 < FAR and -FAR < top < FAR and -FAR < x1 < FAR and -FAR < bottom < FAR
    return box if inside else None


def _object_matrix(thing: int) -> tuple[float, ...]:
    matrix = raw.FS_MATRIX()
    _matrix(thing, ctypes.addressof(matrix))
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _product(first: Any, second: Any) -> tuple[float, ...]:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = second
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _carried(by: Any, x0: float, y0: float, x1: float, y1: float) -> Box:
    """The box around a box after the matrix `by`."""
    a, b, c, d, e, f = by
    ax, ay = a * x0 + c * y0 + e, b * x0 + d * y0 + f
    bx, by_ = a * x1 + c * y1 + e, b * x1 + d * y1 + f
    return min(ax, bx), min(ay, by_), max(ax, bx), max(ay, by_)
