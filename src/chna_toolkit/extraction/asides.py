"""What stands beside the prose of a page, not in it: captions, chart labels, footnotes, quotes pulled from the text.

A reader takes them in apart, so they follow the prose of their page and never part its sentences.
Works on the items of one page; the rules are about how pages are set.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from chna_toolkit.model import Kind

if TYPE_CHECKING:
    from chna_toolkit.extraction.structure import Body, Item

CHART_REACH = 70.0  # points; a chart's words stand no farther from several of its labels
CHART_LABELS = 4  # so many labels near it make text a part of the chart
CHART_WORDS = 16  # a longer text beside a chart is prose
QUOTE_WORDS = 7  # a shorter large text is a heading
QUOTE_SHARE = 0.7  # of its runs of four words that the prose of the page has too
_TABLE = re.compile(r"^(?:table|exhibit)\b", re.I)
_RUN = 4
_LETTERS = re.compile(r"[^\W_]+")


def mark_asides(items: Sequence[Item], body: Body) -> None:
    """Set `aside` on what follows the prose of its page; turn chart text and caption text into captions."""
    _mark_chart_text(items, body)
    _mark_caption_text(items, body)
    _mark_note_text(items, body)
    _mark_pulled_quotes(items, body)
    for index, item in enumerate(items):
        if item.kind is Kind.FOOTNOTE or (item.kind is Kind.CAPTION and item.captioned):
            item.aside = not _of_a_table(items, index)


def _of_a_table(items: Sequence[Item], index: int) -> bool:
    """Whether a caption stands right above or below a table's cells: it stays with them."""
    near = [items[at] for at in (index - 1, index + 1) if 0 <= at < len(items)]
    return any(item.table is not None for item in near) or bool(_TABLE.match(items[index].text))


def _mark_chart_text(items: Sequence[Item], body: Body) -> None:
    """Short small text among a chart's labels belongs to it: a legend, a title, a remark on the map."""
    labels = [item for item in items if item.drop]
    if len(labels) < CHART_LABELS:
        return
    x0, top, x1, bottom = np.array([_box(label) for label in labels], dtype=np.float64).T
    for item in items:
        small = item.style.size < 0.95 * body.size and item.kind not in (Kind.TABLE_CELL, Kind.LIST_ITEM)
        if item.drop or not small or len(item.text.split()) > CHART_WORDS:
            continue
        left, upper, right, lower = _box(item)
        across, down = np.maximum(left - x1, x0 - right), np.maximum(upper - bottom, top - lower)
        if np.count_nonzero((across < CHART_REACH) & (down < CHART_REACH)) >= CHART_LABELS:
            item.kind, item.captioned = Kind.CAPTION, True


def _box(item: Item) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    return item.x0, item.lines[0].top, item.x1, item.lines[-1].bottom


def _mark_caption_text(items: Sequence[Item], body: Body) -> None:
    """What stands right under a caption and is set unlike the prose explains the same figure."""
    for above, item in pairwise(items):
        if not above.captioned or above.drop or item.kind not in (Kind.PARAGRAPH, Kind.HEADING) or item.marker:
            continue
        style = item.style
        unlike = style.size < 0.95 * body.size or (
            style.color not in body.colors and style.size <= 1.05 * body.size and style.bold != body.bold
        )
        white = item.lines[0].top - above.lines[-1].bottom
        if unlike and style.size <= above.style.size and _under(above, item) and white < 0.8 * item.lines[0].height:
            item.kind, item.captioned = Kind.CAPTION, True


def _mark_note_text(items: Sequence[Item], body: Body) -> None:
    """What follows a footnote in its size and column is a footnote: a further line of it, or a short one."""
    for above, item in pairwise(items):
        if above.kind is not Kind.FOOTNOTE or item.kind is not Kind.PARAGRAPH or item.marker or item.drop:
            continue
        small = item.style.size <= above.style.size * 1.06 or item.style.size < 0.88 * body.size
        white = item.lines[0].top - above.lines[-1].bottom
        if small and _under(above, item) and white < 0.5 * item.lines[0].height:
            item.kind = Kind.FOOTNOTE


def _under(above: Item, item: Item) -> bool:
    return item.lines[0].top > above.lines[-1].top and abs(item.x0 - above.x0) < item.lines[0].height


def _mark_pulled_quotes(items: Sequence[Item], body: Body) -> None:
    """Large text that repeats what the prose of the page says is a quote pulled from it, wherever it stands."""
    large = [item for item in items if _may_be_pulled(item, body)]
    if not large:
        return
    runs: set[tuple[str, ...]] = set()
    for item in items:
        if item.style.size < 1.1 * body.size and item.kind in (Kind.PARAGRAPH, Kind.LIST_ITEM):
            runs.update(_runs(item))
    for item in large:
        own = _runs(item)
        if own and sum(run in runs for run in own) >= QUOTE_SHARE * len(own):
            item.kind, item.level, item.aside = Kind.PARAGRAPH, 0, True


def _may_be_pulled(item: Item, body: Body) -> bool:
    return (
        item.kind in (Kind.PARAGRAPH, Kind.HEADING)
        and item.style.size >= 1.1 * body.size
        and sum(len(line.words) for line in item.lines) >= QUOTE_WORDS
    )


def _runs(item: Item) -> list[tuple[str, ...]]:
    """Runs of four words, without line-end hyphens, case and signs."""
    text = item.text.replace("\ufffe ", "").replace("- ", "").casefold()
    words = _LETTERS.findall(text)
    return [tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)]
