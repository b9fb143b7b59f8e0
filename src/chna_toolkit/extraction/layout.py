"""Lines to blocks, and blocks into the order in which a person reads them.

Pure functions on boxes: every line that comes in goes out in exactly one block. The order is a
recursive XY-cut; the file's own stream order is a second opinion that only flags disagreement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from chna_toolkit.extraction.lines import same_row
from chna_toolkit.extraction.tables import Table
from chna_toolkit.extraction.words import Line, Style

GUTTER = 0.9  # times the line height: white column between two columns
LEADING = 0.85  # times the line height: largest white between lines of one block
SIZE_STEP = 1.12  # lines whose sizes differ by more are different blocks
MAX_FLOWING = 60  # pages of more blocks are charts, not text that flows round a quote
MAX_BANDS = 150  # more are a list or a chart, read from top to bottom
TERMINAL = re.compile(r"[.!?:;][\"”’')\]]*\d{0,3}$|[\"”]$")


class Block:
    """Lines that belong together: a paragraph, a heading, a list item, a caption."""

    __slots__ = ("_style", "bottom", "lines", "table", "top", "x0", "x1")

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.table: Table | None = None  # set where the block stands for a table
        self._style: Style | None = None  # once it was asked for
        self.x0 = min([line.x0 for line in lines])
        self.x1 = max([line.x1 for line in lines])
        self.top = min([line.top for line in lines])
        self.bottom = max([line.bottom for line in lines])

    def add(self, line: Line) -> None:
        """Append the next line."""
        self._style = None
        self.lines.append(line)
        self.x0, self.x1 = min(self.x0, line.x0), max(self.x1, line.x1)
        self.top, self.bottom = min(self.top, line.top), max(self.bottom, line.bottom)

    @property
    def text(self) -> str:
        """The words as they stand, line ends as spaces."""
        return " ".join([line.text for line in self.lines])

    @property
    def words(self) -> int:
        """How many words the block has."""
        return sum([len(line.words) for line in self.lines])

    @property
    def style(self) -> Style:
        """Style of most of its text; bold or italic only if all of it is."""
        if self._style is not None:
            return self._style
        lines = self.lines
        longest = max(lines, key=lambda line: len(line.text))
        bold = all(line.style.bold for line in lines)
        italic = all(line.style.italic for line in lines)
        color = longest.style.color if all(line.style.color == longest.style.color for line in lines) else 0
        self._style = Style(longest.style.size, bold, italic, longest.style.font, color)
        return self._style

    def __repr__(self) -> str:
        return f"Block({self.text[:50]!r}, {self.x0:.0f}, {self.top:.0f}, {self.x1:.0f}, {self.bottom:.0f})"


def blocks_of(lines: list[Line], tables: Sequence[Block] = ()) -> list[Block]:
    """Blocks of a page in reading order; blocks that stand for tables take their places among them."""
    return [block for group in ordered([*_columns(lines), *tables]) for block in paragraphs(group)]


def _columns(lines: list[Line]) -> list[Block]:
    """Group each line with the one right below it, where that is the only one it can go on with."""
    lines = sorted(lines, key=lambda line: (line.top, line.x0))
    below: dict[int, list[int]] = {}
    above: dict[int, list[int]] = {}
    for index, line in enumerate(lines):
        for other in _next_below(lines, index, line):
            below.setdefault(index, []).append(other)
            above.setdefault(other, []).append(index)
    home: dict[int, Block] = {}
    blocks = []
    for index, line in enumerate(lines):
        ups = above.get(index, [])
        if len(ups) == 1 and len(below[ups[0]]) == 1 and ups[0] in home and _goes_on(lines[ups[0]], line):
            block = home[ups[0]]
            block.add(line)
        else:
            block = Block([line])
            blocks.append(block)
        home[index] = block
    return blocks


def _next_below(lines: list[Line], index: int, line: Line) -> list[int]:
    """Lines that stand directly under a line: they overlap it in x and nothing lies between."""
    found: list[int] = []
    reach = line.bottom + 1.2 * line.height
    for other in range(index + 1, len(lines)):
        low = lines[other]
        if low.top > reach:
            break
        if low.x0 >= line.x1 or low.x1 <= line.x0 or same_row(line, low, 0.4):
            continue
        if all(_beside(lines[seen], low) for seen in found):
            found.append(other)
    return found


def _beside(a: Line, b: Line) -> bool:
    return same_row(a, b, 0.4) or a.x0 >= b.x1 or a.x1 <= b.x0


def _goes_on(upper: Line, lower: Line) -> bool:
    """Whether a line may be the next of the same block, by size and white between."""
    small, large = sorted((upper.size, lower.size))
    if large > SIZE_STEP * small:
        return False
    white = lower.top - upper.bottom
    if white > LEADING * min(upper.height, lower.height):
        return False
    overlap = min(upper.x1, lower.x1) - max(upper.x0, lower.x0)
    return overlap > 0.3 * min(upper.x1 - upper.x0, lower.x1 - lower.x0)


def paragraphs(block: Block) -> list[Block]:
    """Split a column of lines where a paragraph, list item or other style begins."""
    lines = block.lines
    if len(lines) == 1 or block.table is not None:
        return [block]
    usual = _usual_white(lines)
    parts: list[Block] = []
    for last, line in zip([None, *lines], lines, strict=False):
        if last is None or _begins(last, line, parts[-1], block, usual):
            parts.append(Block([line]))
        else:
            parts[-1].add(line)
    return parts


def _usual_white(lines: list[Line]) -> float:
    whites = sorted(b.top - a.bottom for a, b in pairwise(lines))
    return whites[len(whites) // 4]


def _begins(last: Line, line: Line, part: Block, column: Block, usual: float) -> bool:
    """Whether `line` begins a new paragraph after `last`."""
    if line.marker:
        if not _is_wrapped(last, line, part):
            return True
        line.unmark()
    if line.top - last.bottom > usual + 0.3 * line.height:
        return True
    note = line.words[0]
    if note.text.isdigit() and note.height < 0.8 * line.height and len(line.words) > 1:
        return True  # a footnote's raised number
    if line.style.bold != last.style.bold and (last.style.bold or _ended(last)) and _whole(last, line, part):
        return True
    if abs(line.size - last.size) > 0.06 * last.size and line.style != last.style:
        return True
    if line.style.color != last.style.color and _uniform(line) and _uniform(last) and _roomy(last, line, column):
        return True
    indent = line.x0 - min(low.x0 for low in part.lines)
    if part.lines[0].marker:
        text_x0 = part.lines[0].words[0].x0
        back = text_x0 - line.x0
        return back > 0.8 * line.size and line.x0 <= part.lines[0].x0 + 0.3 * line.size and _ended(last)
    short = column.x1 - last.x1 > 0.12 * (column.x1 - column.x0)
    return _ended(last) and (
        indent > 0.7 * line.size or (short and line.text[:1].isupper() and indent >= 0 and _roomy(last, line, column))
    )


def _roomy(last: Line, line: Line, column: Block) -> bool:
    """Whether the next word would have fitted on the line before: the break was meant."""
    first = line.words[0]
    return column.x1 - last.x1 > (first.x1 - first.x0) + 0.6 * line.size


def _uniform(line: Line) -> bool:
    return line.words[0].style.color == line.words[-1].style.color


def _ended(line: Line) -> bool:
    return bool(TERMINAL.search(line.text))


def _whole(last: Line, line: Line, part: Block) -> bool:
    """A change of weight between whole lines, not a bold word at a line's end."""
    if last.style.bold:
        return all(low.style.bold for low in part.lines) and not line.words[0].style.bold
    return line.style.bold and not last.words[-1].style.bold


def _is_wrapped(last: Line, line: Line, part: Block) -> bool:
    """Whether a dash, or a number such as `2)`, stands first on its line only because the line was full."""
    if line.marker not in "–—-" and line.marker[-1] != ")":
        return False
    level = abs(line.x0 - last.x0) < 0.5 * line.size
    return level and not _ended(last) and not last.marker and not part.lines[0].marker


def ordered(blocks: list[Block]) -> list[Block]:
    """Blocks in reading order by recursive XY-cut."""
    out: list[Block] = []
    _cut(sorted(blocks, key=lambda b: (b.top, b.x0)), out, 0)
    return out


def _cut(blocks: list[Block], out: list[Block], depth: int) -> None:
    if len(blocks) < 2 or depth > 60:
        out.extend(blocks)
        return
    parts = _split(blocks, _x, _gutter_width(blocks))
    if len(parts) == 1:
        rest, quotes = _without_quotes(blocks)
        if quotes:
            _cut(rest, out, depth + 1)
            out.extend(quotes)
            return
        parts = _best_bands(blocks)
    if len(parts) == 1:
        out.extend(sorted(blocks, key=lambda b: (b.top, b.x0)))
        return
    for part in parts:
        _cut(part, out, depth + 1)


def _x(block: Block) -> tuple[float, float]:
    return block.x0, block.x1


def _y(block: Block) -> tuple[float, float]:
    return block.top, block.bottom


def _gutter_width(blocks: list[Block]) -> float:
    heights = sorted(block.lines[0].height for block in blocks)
    return GUTTER * heights[len(heights) // 2]


def _split(blocks: list[Block], side: Callable[[Block], tuple[float, float]], white: float) -> list[list[Block]]:
    """Groups of blocks parted by at least `white` points along one axis."""
    blocks = sorted(blocks, key=side)
    parts = [[blocks[0]]]
    end = side(blocks[0])[1]
    for block in blocks[1:]:
        start, stop = side(block)
        if start - end >= white:
            parts.append([])
        parts[-1].append(block)
        if stop > end:
            end = stop
    return parts


def _without_quotes(blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    """Set aside pull quotes that block a gutter: text of one look on both sides flows round them."""
    if len(blocks) > MAX_FLOWING:
        return blocks, []
    quotes = [block for block in blocks if _is_wrapped_round(block, blocks)]
    if not quotes:
        return blocks, []
    rest = [block for block in blocks if block not in quotes]
    return (rest, quotes) if _has_gutter([rest], _gutter_width(rest)) else (blocks, [])


def _is_wrapped_round(block: Block, blocks: Sequence[Block]) -> bool:
    middle = (block.top + block.bottom) / 2
    beside = [b for b in blocks if b is not block and b.top < middle < b.bottom]
    if len(beside) < 2 or block.words > 60:
        return False
    left = [b for b in beside if b.x1 <= block.x0 + 2]
    right = [b for b in beside if b.x0 >= block.x1 - 2]
    if not left or not right:
        return False
    own, near = block.style, left[0].style
    unlike = abs(own.size - near.size) > 0.08 * near.size or own[1:] != near[1:]
    return unlike and abs(near.size - right[0].style.size) < 0.06 * near.size


def _best_bands(blocks: list[Block]) -> list[list[Block]]:
    """Cut across around the tallest run of bands that has columns; without any, into all bands."""
    bands = _split(blocks, _y, -0.5)
    if len(bands) < 2 or len(bands) > MAX_BANDS:
        return bands
    white = _gutter_width(blocks)
    best, best_height = (0, 0), 0.0
    end = 0
    for start in range(len(bands)):
        end = max(end, start)
        while end < len(bands) and _has_gutter(bands[start : end + 1], white):
            end += 1
        if end > start:
            height = max(b.bottom for b in bands[end - 1]) - min(b.top for b in bands[start])
            if height > best_height:
                best, best_height = (start, end), height
    if not best_height:
        return bands
    parts = (bands[: best[0]], bands[best[0] : best[1]], bands[best[1] :])
    return [[block for band in part for block in band] for part in parts if part]


def _has_gutter(bands: Sequence[Sequence[Block]], white: float) -> bool:
    """Whether a white column runs through all of the bands."""
    end = None
    for x0, x1 in sorted([(block.x0, block.x1) for band in bands for block in band]):
        if end is not None and x0 - end >= white:
            return True
        if end is None or x1 > end:
            end = x1
    return False


def order_agrees(blocks: list[Block]) -> bool:
    """Whether the file's stream order tells nearly the same order (over blocks of three words or more)."""
    orders = [block.lines[0].order for block in blocks if block.words > 2]
    turns = sum(a > b for a, b in pairwise(orders))
    return turns <= max(1, len(orders) // 10)
