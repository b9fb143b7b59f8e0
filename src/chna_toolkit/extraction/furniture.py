"""Running heads, page numbers and repeated side text: printed on the page, no part of what it says.

Works over all pages of a document. A line is furniture when the same letters (digits aside) stand
at the same place of several pages' margins, or when it holds the page number.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chna_toolkit.extraction.lines import same_row
from chna_toolkit.extraction.words import Line, Word
from chna_toolkit.model import Box

MARGIN = 0.12  # of the page height, top and bottom, where running heads live
REPEATS = 3  # pages that must show the same line
EVERYWHERE = 0.4  # share of pages that must show a line that is not in the margin
_PAGED = re.compile(r"(?:^|\s)(\d{1,4})\s*\|\s*p\s*a\s*g\s*e\b|\bpage\s+(\d{1,4})(?:\s+of\s+\d+)?\s*$", re.I)
_DIGITS = re.compile(r"\d+")
_CAPTION = re.compile(r"(?:table|figure|fig\.|chart|source|note)s?\b|\d{1,2}\.\d", re.I)  # or a section's number
_NUMBER = re.compile(r"^(?:page\s*)?[-–—|]?\s*(\d{1,4}|[ivxlc]{1,7})\s*[-–—|]?(?:\s*(?:of|/)\s*\d+)?$", re.I)


@dataclass(slots=True)
class Sheet:
    """The lines of one page with its size and printed number."""

    number: int
    width: float
    height: float
    lines: list[Line]
    label: str = ""
    rules: list[Box] = field(default_factory=list)  # horizontal rulings
    removed: list[Line] = field(default_factory=list)


def remove_furniture(sheets: Sequence[Sheet]) -> None:
    """Move furniture from `lines` to `removed` and fill `label` from printed page numbers where unknown."""
    keys = [[_key(sheet, line) for line in sheet.lines] for sheet in sheets]
    repeated = _repeated(sheets, keys)
    shapes = {shape for shape, *_ in repeated}
    candidates = list(map(_candidates, sheets))
    offsets = _numbering(sheets, candidates)
    for sheet, own, maybe in zip(sheets, keys, candidates, strict=True):
        numbers = {id(line) for line in _number_lines(sheet, maybe, offsets, len(sheets) < 4)}
        numbers |= {id(line) for line in _ruled_off(sheet)}
        kept = []
        for line, key in zip(sheet.lines, own, strict=True):
            if id(line) in numbers or (key[0] in shapes and not repeated.isdisjoint(_keys_near(key))):
                sheet.removed.append(line)
            else:
                kept.append(line)
        sheet.lines = kept


def _shape(line: Line) -> str:
    return _DIGITS.sub("#", line.text.casefold()).strip()


def _zone(sheet: Sheet, line: Line) -> str:
    if line.bottom < MARGIN * sheet.height:
        return "top"
    return "bottom" if line.top > (1 - MARGIN) * sheet.height else "body"


Key = tuple[str, str, int, int]


def _key(sheet: Sheet, line: Line) -> Key:
    zone = _zone(sheet, line)
    # In the margin the height decides; elsewhere the place must be the same.
    return _shape(line), zone, round(line.top / 6), round(line.x0 / 12) if zone == "body" else 0


def _keys_near(key: Key) -> list[Key]:
    """The key itself and those a step away."""
    shape, zone, top, x0 = key
    return [(shape, zone, top + dy, x0 + dx) for dy in (0, -1, 1) for dx in ((0, -1, 1) if zone == "body" else (0,))]


def _repeated(sheets: Sequence[Sheet], keys: Sequence[Sequence[Key]]) -> set[Key]:
    counts: Counter[Key] = Counter()
    for sheet, own in zip(sheets, keys, strict=True):
        usual = sorted(line.size for line in sheet.lines)[len(sheet.lines) // 2] if sheet.lines else 0
        # A title as large as this is repeated because it is a title.
        counts.update({key for line, key in zip(sheet.lines, own, strict=True) if line.size < 1.5 * usual})
    everywhere = max(5, EVERYWHERE * len(sheets))
    margin = REPEATS if len(sheets) > 4 else 2
    found = set()
    for key, count in counts.items():
        shape, zone, top, x0 = key
        if zone == "body":
            near = sum(counts.get((shape, zone, top + dy, x0), 0) for dy in (-1, 1))
            if count + near >= everywhere and len(shape) > 1:
                found.add(key)
        else:
            near = sum(counts.get((shape, zone, top + dy, x0), 0) for dy in (-1, 1))
            if count + near >= margin:
                found.add(key)
    return found


def _value(text: str) -> int:
    """The number a page-number line shows; 0 if it shows none, roman numbers as negative values."""
    match = _NUMBER.match(text.strip())
    if not match:
        return 0
    shown = match.group(1)
    return int(shown) if shown.isdigit() else -_roman(shown.lower())


def _roman(text: str) -> int:
    values = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
    digits = [values[c] for c in text]
    return sum(-d if d < max(digits[i:]) else d for i, d in enumerate(digits))


Candidate = tuple[Line, int, str]  # a line, the number that it shows, and how


def _candidates(sheet: Sheet) -> list[Candidate]:
    """Lines in the margin that show a number alone, or at either end of the outermost row."""
    found = []
    for line in sheet.lines:
        zone = _zone(sheet, line)
        if zone == "body":
            continue
        value = _value(line.text)
        if value:
            found.append((line, value, line.text))
            continue
        paged = _PAGED.search(line.text)
        if paged and len(line.words) < 15 and "/" not in line.text:
            shown = paged.group(1) or paged.group(2)
            found.append((line, int(shown), shown))
            continue
        if len(line.words) > 14 or not _outermost(sheet, line, zone):
            continue
        found += [(line, int(word.text), word.text) for word in _numbers_apart(line)]
    return found


def _numbers_apart(line: Line) -> list[Word]:
    """Words of a running head that may be its page number: at an end or between two parts, wider white beside it."""
    words = line.words
    if len(words) < 2 or line.marker:
        return []
    bars = any(word.text in "|•·" for word in words)
    gaps = [b.x0 - a.x1 for a, b in pairwise(words)]
    usual = sorted(gaps)[(len(gaps) - 1) // 2]
    found = []
    for index, word in enumerate(words):
        if not word.text.isdigit() or not 0 < int(word.text) < 2000:
            continue
        beside = gaps[max(0, index - 1) : index + 1]
        at_end = len(beside) == 1
        white = min(beside)
        wide = white > (0.6 if at_end else 0.8) * line.height or (len(gaps) > 2 and white > 1.6 * usual + 0.5)
        if wide or (bars and at_end):
            found.append(word)
    return found


def _outermost(sheet: Sheet, line: Line, zone: str) -> bool:
    if zone == "top":
        return all(other.bottom > line.top for other in sheet.lines)
    return all(other.top < line.bottom for other in sheet.lines)


def _numbering(sheets: Sequence[Sheet], candidates: Sequence[Sequence[Candidate]]) -> set[int]:
    """Differences between printed and real page number that several pages share."""
    counts: Counter[int] = Counter()
    for sheet, own in zip(sheets, candidates, strict=True):
        counts.update({value - sheet.number for _, value, _ in own if value > 0})
    return {offset for offset, count in counts.items() if count >= max(3, 0.1 * len(sheets))}


def _number_lines(sheet: Sheet, candidates: Sequence[Candidate], offsets: set[int], alone_counts: bool) -> list[Line]:
    """Lines that hold the page number, with what stands beside them in the outermost row."""
    found: list[Line] = []
    for line, value, shown in candidates:
        alone = _value(line.text) != 0
        counted = value > 0 and value - sheet.number in offsets
        extreme = alone and _outermost(sheet, line, _zone(sheet, line))
        if not (counted or extreme or not alone):
            continue
        found.append(line)
        if not sheet.label and (counted or alone_counts):
            sheet.label = shown.strip(" -–—|") if alone else shown
        found += [mate for mate in sheet.lines if mate is not line and _beside(sheet, mate, line)]
    return found


def _ruled_off(sheet: Sheet) -> list[Line]:
    """Short lines at the very top or bottom that a ruling across the page parts from the rest."""
    found = []
    for _, top, _, bottom in [r for r in sheet.rules if r[2] - r[0] > 0.6 * sheet.width]:
        middle = (top + bottom) / 2
        if middle < MARGIN * sheet.height:
            lines = [line for line in sheet.lines if line.bottom <= middle + 2]
        elif middle > (1 - 0.08) * sheet.height:
            lines = [line for line in sheet.lines if line.top >= middle - 2]
        else:
            continue
        if 0 < sum(len(line.words) for line in lines) <= 14 and len({round(line.top / 4) for line in lines}) < 3:
            body = sorted(line.size for line in sheet.lines)[len(sheet.lines) // 2]
            if not any(_says_something(sheet, line) for line in lines):
                found += [line for line in lines if line.size < 1.25 * body]
    return found


def _says_something(sheet: Sheet, line: Line) -> bool:
    """Whether a line at the page's edge is prose or a caption: the ruling near it is a table's or an underline."""
    text, words = line.text, len(line.words)
    if (words > 4 and text[0].islower()) or (words > 2 and text[-1] in ".;,") or _CAPTION.match(text):
        return True
    return any(
        low.style == line.style and abs(low.x0 - line.x0) < 2 and 0 <= low.top - line.bottom + 3 < 0.5 * line.height + 3
        for low in sheet.lines
        if low is not line and len(line.words) > 4
    )


def _beside(sheet: Sheet, mate: Line, line: Line) -> bool:
    return same_row(mate, line, 0.3) and len(mate.words) < 15 and _zone(sheet, mate) != "body"


def why_removed(sheet: Sheet, line: Line) -> str:
    """Name what a removed line was, for people."""
    if _value(line.text) or _PAGED.search(line.text):
        return "page number"
    return {"top": "running head", "bottom": "running foot"}.get(_zone(sheet, line), "repeated side text")


def side_text(sheets: Sequence[Sheet]) -> dict[str, int]:
    """How many pages show each removed line (for explaining what was dropped)."""
    shown: defaultdict[str, int] = defaultdict(int)
    for sheet in sheets:
        for text in {line.text for line in sheet.removed}:
            shown[text] += 1
    return dict(shown)
