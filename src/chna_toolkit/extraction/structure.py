"""What each block is: heading with level, paragraph, list item, caption, footnote, or a chart's label.

Works with the body style of the whole document. Rules are about how pages are set, never about
particular publishers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chna_toolkit.extraction.asides import mark_asides
from chna_toolkit.extraction.layout import Block
from chna_toolkit.extraction.lines import is_bullet, same_row
from chna_toolkit.extraction.tables import Table
from chna_toolkit.extraction.words import HYPHEN, Line, Style, plain
from chna_toolkit.model import Kind

_CAPTION = re.compile(
    r"^(?:figure|fig\.|table|chart|map|exhibit|graph|graphic|photo|image|box|infographic)\s*"
    r"(?:[A-Z]{0,2}[-.]?\d+(?:[-.]\w{1,3})*[a-z]?)\s*(?P<mark>[:.|–—-]?)(?P<rest>.*)",
    re.I | re.S,
)
_SOURCE = re.compile(
    r"^(?:data )?(?:sources?|notes?|credit|photo credit)\s*:|^(?:photo|image)s? (?:by|courtesy)|^©", re.I
)
_LEADERS = re.compile(r"(?:\.\s?){4,}|…{2,}|_{5,}")
_SECTION_NUMBER = re.compile(r"^((?:[A-Z]|\d{1,2})(?:\.\d{1,2}){0,5})\.?\s+\S")
_NOTE_START = re.compile(r"^(?:\d{1,3}|[ivx]{1,4}|\*{1,3}|†|‡|[a-z])[.)]?\s*\S")
_ENDED = re.compile(r"[.!?:][\"”’')\]]*\d*$")
_WORD = re.compile(r"[^\W\d_]{3,}")
_MINOR_TEXT = """
a an and as at but by for from in of on or nor the to vs via with is are de la
"""
_OPEN_TEXT = """
a an and as at by for from in into is its of on or our that the their these this those to under upon was were which
who whose with
"""
_OPEN = frozenset(_OPEN_TEXT.split())  # words that end no sentence
_MINOR = frozenset(_MINOR_TEXT.split())


@dataclass(slots=True)
class Item:
    """A block with its place in the document and what it is."""

    page: int
    lines: list[Line]
    kind: Kind
    style: Style
    level: int = 0
    drop: str = ""  # why it is no text ("chart label"), or ""
    captioned: bool = False  # it captions a figure, names a source or belongs to a chart
    aside: bool = False  # it follows the prose of its page
    parts: list[tuple[int, Line]] = field(default_factory=list)  # page and line, once joined over pages
    x0: float = 0.0
    x1: float = 0.0
    marker: str = ""
    table: Table | None = None

    @property
    def text(self) -> str:
        """Words as they stand, for deciding only."""
        return " ".join([line.text for line in self.lines])


@dataclass(frozen=True, slots=True)
class Body:
    """The style of running text in a document."""

    size: float
    bold: bool
    fonts: frozenset[int]
    colors: frozenset[int] = frozenset()

    @staticmethod
    def of(lines: Iterable[Line]) -> Body:
        """The commonest size among the lines, weighted by letters; fonts used for a tenth of it or more."""
        sizes: Counter[float] = Counter()
        fonts: Counter[int] = Counter()
        colors: Counter[int] = Counter()
        bold = total = 0
        for line in lines:
            weight = len(line.text) if len(line.words) > 5 else len(line.text) // 4
            sizes[round(line.size * 2) / 2] += weight
            fonts[line.style.font] += weight
            colors[line.style.color] += weight
            bold += weight * line.style.bold
            total += weight
        if not sizes:
            return Body(10.0, False, frozenset())
        size = max(sizes, key=lambda s: (sizes[s], -s))
        common = frozenset(font for font, count in fonts.items() if count > 0.1 * total)
        inks = frozenset(color for color, count in colors.items() if count > 0.08 * total)
        return Body(size, bold > 0.6 * total, common, inks)


def classify(page: int, blocks: Sequence[Block], body: Body) -> list[Item]:
    """Items of one page in reading order; levels of headings come later, over the document."""
    items = []
    for block in blocks:
        items += _items(page, block, body)
    _mark_chart_labels(items, body)
    _mark_rows(items, body)
    _mark_signatures(items, body)
    _mark_words_of_title(items, body)
    mark_asides(items, body)
    return items


def _items(page: int, block: Block, body: Body) -> list[Item]:
    text, style = block.text, block.style
    if block.table is not None:
        item = _item(page, block.lines, Kind.TABLE_CELL, style)
        item.table = block.table
        return [item]
    if _leaders(text):
        return [_item(page, [line], Kind.LIST_ITEM, line.style) for line in block.lines]
    item = _item(page, block.lines, _kind(block, text, style, body), style)
    item.captioned = item.kind is Kind.CAPTION
    return [item]


def _item(page: int, lines: list[Line], kind: Kind, style: Style) -> Item:
    x0, x1 = min([line.x0 for line in lines]), max([line.x1 for line in lines])
    return Item(page, lines, kind, style, x0=x0, x1=x1, marker=lines[0].marker)


def _kind(block: Block, text: str, style: Style, body: Body) -> Kind:
    if _is_caption(text, style, body):
        return Kind.CAPTION
    first = block.lines[0]
    if style.size < 0.88 * body.size and not is_bullet(first.marker):
        raised = first.words[0].height < 0.8 * first.height and first.words[0].text[0].isdigit()
        numbered = _NOTE_START.match(text) and (text[0].isdigit() or text[0] in "*†‡")
        if block.words > 1 if raised else numbered and block.words > 4:
            return Kind.FOOTNOTE
    if _is_heading(block, text, style, body):
        return Kind.HEADING
    if first.marker:
        return Kind.LIST_ITEM
    return Kind.PARAGRAPH


def _is_caption(text: str, style: Style, body: Body) -> bool:
    if _SOURCE.match(text):
        return True
    match = _CAPTION.match(text)
    if not match:
        return False
    rest = match["rest"].strip()
    unlike = style.bold != body.bold or style.italic or style.size < 0.93 * body.size
    return bool(match["mark"]) or not rest or unlike or (len(rest.split()) < 14 and not _ENDED.search(text))


def _is_heading(block: Block, text: str, style: Style, body: Body) -> bool:
    words = text.split()
    marker = block.lines[0].marker
    if not _WORD.search(text) or len(words) > 30 or len(block.lines) > 5 or len(text) > 220:
        return False
    if marker and not (marker[0].isalnum() or marker[0] == "("):
        return False
    big = style.size >= 1.15 * body.size
    bold = style.bold and not body.bold
    caps = text.isupper() and len(text) > 3
    if style.size < 0.8 * body.size or not (big or bold or caps or _titled(words, style, body)):
        return False
    if text[0].islower() or text[-1] in ",;" + HYPHEN or text.startswith(("“", '"', "‘")):
        return False
    if text[-1] in ".!" and not (len(words) < 11 and (bold or big) and len(block.lines) < 3):
        return False
    if text[-1] == ":" and marker and not big:
        return False
    if caps and not big and not bold and (len(words) < 2 or sum(c.isdigit() for c in text) > 0.2 * len(text)):
        return False
    if big and style.size < 1.3 * body.size and len(words) > 18 and not bold:
        return False
    return not (marker and not (big or bold))


def _titled(words: list[str], style: Style, body: Body) -> bool:
    """A short line in another font or in italics, each Word With a Capital."""
    if len(words) > 9 or style.size < 0.95 * body.size:
        return False
    colored = bool(body.colors) and style.color not in body.colors and style.color != 0
    other = bool(body.fonts) and style.font not in body.fonts and style.font != 0
    if not (style.italic or colored or other) or len(words) < 2:
        return False
    if colored and (words[0].startswith(("http", "www")) or "@" in words[-1]):
        return False
    main = [w for w in words if w.casefold() not in _MINOR and w[0].isalpha()]
    return bool(main) and sum(w[0].isupper() for w in main) >= (0.75 * len(main) if not style.italic else 1)


def strip_leaders(text: str) -> str:
    """A line of a table of contents without its dots and page number."""
    match = _leaders(text)
    return text[: match.start()].rstrip(" .") if match else text


def _leaders(text: str) -> re.Match[str] | None:
    if not (".." in text or ". ." in text or "…" in text or "_" in text):  # as nearly all, and told much sooner
        return None
    return _LEADERS.search(text)


def _mark_chart_labels(items: list[Item], body: Body) -> None:
    """Axis numbers and map labels: tiny blocks without a real word, or crowds of them."""
    for item in items:
        text = item.text
        if item.kind is Kind.TABLE_CELL:
            continue
        words = text.split()
        if not _WORD.search(text) and len(words) < 40 and not (item.kind is Kind.LIST_ITEM and len(words) > 3):
            item.drop = "numbers or signs without words"
        elif (
            len(words) <= 3
            and not _ENDED.search(text)
            and item.style.size < 0.95 * body.size
            and item.kind is not Kind.LIST_ITEM
        ):
            item.kind = Kind.CAPTION
            item.drop = "?"
    crowd = [item for item in items if item.drop]
    for item in crowd:
        if item.drop == "?":
            item.drop = "chart label" if len(crowd) >= 6 else ""


def _mark_rows(items: list[Item], body: Body) -> None:
    """Short lines side by side are a row of labels (tabs, a table's head), not headings."""
    short = [item for item in items if len(item.lines) == 1 and len(item.lines[0].words) < 5 and not item.table]
    for item in short:
        if item.kind is not Kind.HEADING or item.style.size >= 1.3 * body.size:
            continue
        mates = [other for other in short if other is not item and same_row(other.lines[0], item.lines[0])]
        if len(mates) > 1 or (mates and not item.style.bold):
            item.kind = Kind.CAPTION


def _mark_signatures(items: list[Item], body: Body) -> None:
    """A line in italics with nothing under it is a signature or remark, not a heading."""
    for item, after in zip(items, [*items, None][1:], strict=True):
        plain_size = not item.style.bold and item.style.size < 1.15 * body.size
        if (
            item.kind is Kind.HEADING
            and item.style.italic
            and plain_size
            and (after is None or after.kind is Kind.HEADING)
        ):
            item.kind = Kind.PARAGRAPH


def _mark_words_of_title(items: list[Item], body: Body) -> None:
    """One coloured word right above prose, where that begins, is a heading."""
    for item, after in pairwise(items):
        colored = bool(body.colors) and item.style.color not in body.colors and item.style.color != 0
        if not colored or item.kind is not Kind.PARAGRAPH or item.marker or len(item.text.split()) != 1:
            continue
        prose = after.kind in (Kind.PARAGRAPH, Kind.LIST_ITEM) and after.style.color in body.colors
        white = after.lines[0].top - item.lines[-1].bottom
        word = item.text.isalpha() and item.text[0].isupper() and item.style.size >= 0.95 * body.size
        left = abs(item.x0 - after.x0) < 3 or after.kind is Kind.LIST_ITEM
        if prose and word and left and 0 <= white + 3 < 1.2 * item.lines[0].height:
            item.kind = Kind.HEADING


def set_levels(items: Sequence[Item], outline: Mapping[str, int], body: Body) -> None:
    """Give headings levels 1 to 6: by outline, by numbering, else by rank of their style."""
    headings = [item for item in items if item.kind is Kind.HEADING]
    ranks = _style_ranks(headings, body)
    stack: list[tuple[int, int]] = []  # (depth of the number, level) of the numbered headings above
    for item in headings:
        item.level = min(6, outline.get(plain(item.text)) or ranks[_look(item)])
        depth = _number_depth(item)
        if not depth:
            continue
        while stack and stack[-1][0] >= depth:
            gone = stack.pop()
            if gone[0] == depth:
                item.level = gone[1]
        if stack:
            item.level = min(6, max(item.level, stack[-1][1] + depth - stack[-1][0]))
        stack.append((depth, item.level))


def _look(item: Item) -> tuple[float, bool, bool, bool]:
    caps = item.text.isupper()
    return round(item.style.size * 2) / 2, caps, item.style.bold, item.style.italic


def _style_ranks(headings: Sequence[Item], body: Body) -> dict[tuple[float, bool, bool, bool], int]:
    """Rank of each look: larger first, then capitals, bold, upright. Sizes nearly the same are one."""
    looks = {_look(item) for item in headings if item.page > 2} or {_look(item) for item in headings}
    order = sorted(looks, key=lambda look: (-look[0], not look[1], not look[2], look[3]))
    ranks: dict[tuple[float, bool, bool, bool], int] = {}
    level, last = 0, None
    for look in order:
        bigger = last is None or last[0] > 1.06 * look[0]
        other = last is not None and not bigger and last[1:] != look[1:] and look[0] < 1.3 * body.size
        if bigger or other:
            level += 1
        ranks[look] = min(6, level)
        last = look
    for look in sorted(
        {_look(item) for item in headings} - ranks.keys(), reverse=True
    ):  # of the cover and title page only
        larger = [rank for known, rank in ranks.items() if known[0] > 1.06 * look[0]]
        ranks[look] = min(6, max(larger, default=0) + 1)
    return ranks


def _number_depth(item: Item) -> int:
    text = f"{item.marker} {item.text}" if item.marker else item.text
    match = _SECTION_NUMBER.match(text)
    return match.group(1).count(".") + 1 if match and any(c.isdigit() for c in match.group(1)) else 0


def join_split_paragraphs(items: list[Item]) -> list[Item]:
    """Join a paragraph or list item that goes on in another column or page, over what interrupts it."""
    out: list[Item] = []
    taken: set[int] = set()
    for index, item in enumerate(items):
        if index in taken:
            continue
        item.parts = [(item.page, line) for line in item.lines]
        if item.kind in (Kind.PARAGRAPH, Kind.LIST_ITEM, Kind.FOOTNOTE) and not item.drop:
            tail, at = item, index
            while True:
                follow = _continuation(items, at, tail, taken, item)
                if follow < 0:
                    break
                taken.add(follow)
                tail, at = items[follow], follow
                item.parts += [(tail.page, line) for line in tail.lines]
        out.append(item)
    return out


def _continuation(items: Sequence[Item], index: int, tail: Item, taken: set[int], head: Item) -> int:
    """Index of the block that goes on with the sentence at the end of `tail`; -1 if none."""
    text = tail.text
    if _ENDED.search(text) or _LEADERS.search(text) or (len(text) < 12 and len(head.parts) < 2):
        return -1
    unfinished = text.rsplit(None, 1)[-1] in _OPEN
    between = 0  # passages of weight
    spare = -1  # what goes on with a sentence that cannot end here, unless something begins in lower case
    for step in range(index + 1, min(index + 16, len(items))):
        other = items[step]
        if tail.kind is Kind.FOOTNOTE is other.kind:
            break
        if step in taken or other.drop or other.aside or other.page > tail.page + 1:
            continue
        if other.kind is not Kind.PARAGRAPH or other.marker:
            if other.kind in (Kind.PARAGRAPH, Kind.LIST_ITEM) and _like(other.style, tail.style):
                break
            if other.kind is Kind.HEADING and other.page == tail.page and step == index + 1 and _below(tail, other):
                return -1
            between += other.kind is not Kind.CAPTION
        elif not _like(other.style, tail.style):
            between += 1
        elif _first_letter(other).islower():
            return step
        elif unfinished and _has_moved(tail, other) and not _takes_up(tail, other, between):
            spare = spare if spare >= 0 else step
        else:
            return step if spare < 0 and _takes_up(tail, other, between) else spare
    return spare


def _first_letter(item: Item) -> str:
    return item.text.lstrip("(“\"‘'[$")[:1]


def _has_moved(tail: Item, other: Item) -> bool:
    """Whether a block stands in another column or on another page."""
    return other.page != tail.page or other.lines[0].top < tail.lines[-1].top


def _takes_up(tail: Item, other: Item, between: int) -> bool:
    """Whether a block that begins with a capital, a digit or a bracket goes on with a sentence."""
    start = _first_letter(other)
    if start.isupper() and _goes_on_below(tail, other):
        return True
    if not _has_moved(tail, other):
        return False
    text = tail.text
    open_end = text[-1] in HYPHEN + ",;-–—" or text.count("(") > text.count(")")
    full = (start.isupper() or start.isdigit()) and _is_full(tail) and (open_end or not between)
    return full or (other.text[0] in "([" and not between)


def _goes_on_below(tail: Item, other: Item) -> bool:
    """The next line of the same column, only the width has changed beside a picture or quote."""
    first, last = other.lines[0], tail.lines[-1]
    near = -0.2 * last.height < first.top - last.bottom < 0.6 * last.height
    column = min(tail.x1, other.x1) > max(tail.x0, other.x0)
    return tail.page == other.page and near and column and _is_full(tail)


def _below(tail: Item, other: Item) -> bool:
    overlap = min(tail.x1, other.x1) - max(tail.x0, other.x0)
    return overlap > 0 and 0 <= other.lines[0].top - tail.lines[-1].bottom < 3 * tail.lines[-1].height


def _like(a: Style, b: Style) -> bool:
    return abs(a.size - b.size) <= 0.06 * max(a.size, b.size) and a.bold == b.bold


def _is_full(item: Item) -> bool:
    """Whether the last line reaches the right edge of a paragraph of two lines or more."""
    lines = item.lines
    return len(lines) > 1 and item.x1 - lines[-1].x1 < 0.1 * (item.x1 - item.x0)
