"""Words to lines: the printed lines of each column, with list markers taken out.

Pure functions on boxes. Every word that comes in goes out in exactly one line, or (a bullet glyph
or number) in the `marker` of one.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

import numpy as np

from chna_toolkit.extraction.words import HYPHEN, Line, Word

GAP = 1.6  # times the line height: a wider gap is a column's or a cell's
WORD_GAP = 0.55  # pieces nearer than this on one row are one line
NO_GAP = 0.05  # a space narrower than this is none
TALL = 3.0  # times the em size: no letter is that high

_MAYBE_DIGIT = re.compile(r"[^\W_a-zA-Z]")
_SECTION = re.compile(r"^\d{1,2}(?:\.\d{1,2}){1,4}\.?$")
_ENUMERATOR = re.compile(r"^\(?(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,4})[.)]$")
_BULLETS = frozenset("•◦▪▫■□●○◆◇►▶▸➢➤➔→✓✔✗✦❖★☐☑∙·‣⁃*–-o")
_NO_BULLETS = frozenset("\"'“”‘’()[]{}<$£€¢&#%@=/\\.,;:!?…©®™°§¶|+—")  # a long dash names who is quoted
_DINGBATS = frozenset("lnqutvwzovüØðþàèÞ")  # letters that symbol fonts show as bullets
_ROUND = frozenset("•▪■●◦‣")


def is_bullet(text: str) -> bool:
    """Whether a lone token is a bullet glyph (also one of a symbol font's private characters)."""
    if len(text) != 1 or text in _NO_BULLETS:
        return False
    return text in _BULLETS or unicodedata.category(text)[0] in "SP" or unicodedata.category(text) == "Co"


def is_enumerator(text: str) -> bool:
    """Whether a lone token numbers a list item: `1.`, `a)`, `(iv)`."""
    return bool(_ENUMERATOR.match(text))


def _leads(mark: Line, text: Line) -> bool:
    """Whether a lone piece belongs to the text on its right: a bullet, item or section number."""
    if is_bullet(mark.text) or is_enumerator(mark.text):
        return True
    return bool(_SECTION.match(mark.text)) and text.text[0].isupper() and mark.style == text.words[0].style


def lines_of(words: list[Word]) -> list[Line]:
    """Lines of a page, by their tops; words in their file's order come in."""
    _lower_giants(words)
    pieces = [Line(piece) for piece in _pieces(words)]
    pieces = _joined_rows(pieces)
    for line in pieces:
        _unspace(line)
        _drop_notes(line)
    _drop_capitals(pieces)
    pieces = [line for line in pieces if line.words]
    for line in pieces:
        _take_marker(line)
        _drop_signs(line)
    pieces = [line for line in pieces if line.words]
    return sorted(pieces, key=lambda line: (line.top, line.x0))


def same_row(a: Word | Line, b: Word | Line, share: float = 0.5) -> bool:
    """Whether two boxes overlap vertically by `share` of the lower one."""
    top, bottom, other_top, other_bottom = a.top, a.bottom, b.top, b.bottom
    height, other_height = bottom - top, other_bottom - other_top  # compared without calls: it is asked very often
    overlap = (bottom if bottom < other_bottom else other_bottom) - (top if top > other_top else other_top)
    return overlap >= share * (height if height < other_height else other_height)


def _lower_giants(words: list[Word]) -> None:
    """Give words the height of their letters: some fonts claim boxes several lines high."""
    if not words:
        return
    heights = np.array([word.bottom - word.top for word in words])
    tallest = heights.max()
    if tallest <= TALL * heights.min():
        return
    usual = float(np.sort(heights)[len(heights) // 2])
    if tallest <= TALL * usual:
        return
    for place in np.flatnonzero(heights > TALL * usual).tolist():
        word = words[place]
        if heights[place] > TALL * word.style.size > 0:
            middle, half = (word.top + word.bottom) / 2, 0.6 * word.style.size
            word.top, word.bottom = middle - half, middle + half


def _pieces(words: list[Word]) -> list[list[Word]]:
    """Runs of words side by side. Most follow each other so plainly that they are judged together."""
    pieces: list[list[Word]] = []
    piece: list[Word] = []
    done = 0
    for place in [*_doubtful(words), len(words)]:
        piece += words[done:place]
        done = place + 1
        if place == len(words):
            break
        last, word = piece[-1] if piece else None, words[place]
        if last and _goes_on(last, word):
            if word.x0 - last.x1 < NO_GAP * max(last.height, word.height) and _fuses(last, word):
                last.text += word.text
                last.x1 = max(last.x1, word.x1)
            else:
                piece.append(word)
        else:
            if piece:
                pieces.append(piece)
            piece = [word]
    if piece:
        pieces.append(piece)
    return pieces


def _doubtful(words: list[Word]) -> list[int]:
    """Places of the words that do not plainly stand one word's gap to the right of the word before."""
    if not words:
        return []
    x0, x1 = np.array([word.x0 for word in words]), np.array([word.x1 for word in words])
    top, bottom = np.array([word.top for word in words]), np.array([word.bottom for word in words])
    height, gap = bottom - top, x0[1:] - x1[:-1]
    low, tall = np.minimum(height[1:], height[:-1]), np.maximum(height[1:], height[:-1])
    overlap = np.minimum(bottom[1:], bottom[:-1]) - np.maximum(top[1:], top[:-1])
    is_plain = (gap >= NO_GAP * tall) & (gap <= 0.8 * tall) & (overlap >= 0.5 * low) & (low * 2.2 > tall)
    return [0, *(np.flatnonzero(~is_plain) + 1).tolist()]


def _goes_on(last: Word, word: Word) -> bool:
    tall = max(last.bottom - last.top, word.bottom - word.top)
    return -0.6 * tall < word.x0 - last.x1 < GAP * tall and same_row(last, word) and _alike(last, word)


def _alike(last: Word, word: Word) -> bool:
    """Not a drop capital against its text, nor text against a larger quote beside it."""
    low, tall = sorted((last.bottom - last.top, word.bottom - word.top))
    if last.style is not word.style and word.x0 - last.x1 > 0.8 * tall:
        small, large = sorted((last.style.size, word.style.size))
        if large > 1.15 * small > 0:
            return False
    return low * 2.2 > tall or not (len(last.text) == 1 and last.text.isupper())


def _fuses(last: Word, word: Word) -> bool:
    """Whether two words without gap are one (a space in the file that nobody sees)."""
    if last.text[-1] == HYPHEN or is_bullet(last.text) or is_bullet(word.text):
        return False
    return last.text[-1].isalpha() and word.text[0].isalpha() and same_row(last, word, 0.85)


def _joined_rows(pieces: list[Line]) -> list[Line]:
    """Join pieces that stand side by side with no more than a word's gap, and markers to their text."""
    pieces.sort(key=lambda line: (line.top, line.x0))
    gone: set[int] = set()
    for index, left in enumerate(pieces):
        if index in gone:
            continue
        again = True
        while again:
            again = False
            for other in _row_mates(pieces, index, left, gone):
                line = pieces[other]
                a, b = (left, line) if left.x0 <= line.x0 else (line, left)
                gap = b.x0 - a.x1
                low = min(a.height, b.height)
                near = -0.3 * low < gap < WORD_GAP * low
                lone = not near and 0 <= gap < 4.5 * low and len(a.words) == 1 and _leads(a, b)
                if near or (lone and not _between(pieces, index, a, b, gone)):
                    left.words = a.words + b.words
                    left.settle()
                    gone.add(other)
                    again = True
                    break
    return [line for index, line in enumerate(pieces) if index not in gone]


def _row_mates(pieces: list[Line], index: int, left: Line, gone: set[int]) -> list[int]:
    """Later pieces on the row of a piece and near enough to be joined (the earlier ones looked already)."""
    mates = []
    reach = 4.5 * left.height
    for other in range(index + 1, len(pieces)):
        line = pieces[other]
        if line.top > left.bottom:
            break
        if line.x0 - left.x1 > reach or left.x0 - line.x1 > reach or other in gone:
            continue
        low, tall = sorted((left.height, line.height))
        if low * 2 > tall and same_row(left, line, 0.6):
            mates.append(other)
    return mates


def _between(pieces: list[Line], index: int, a: Line, b: Line, gone: set[int]) -> bool:
    """Whether another piece stands between two pieces of a row; `index` is the place of one of them."""
    first = index
    while first > 0 and pieces[first - 1].top > a.top - 3 * a.height:
        first -= 1
    for other in range(first, len(pieces)):
        line = pieces[other]
        if line.top > a.bottom:
            return False
        if other in gone or line is a or line is b or not a.x1 <= line.x0 < b.x0:
            continue
        if same_row(a, line):
            return True
    return False


def _unspace(line: Line) -> None:
    """`W H O  C O U N T S` to `WHO COUNTS`: most tokens are single letters, word gaps are wider."""
    words = line.words
    if len(words) < 5:
        return
    if len(line.text) > 2.5 * len(words) and len(words) < 15 and all(len(w.text) > 1 for w in words[:3]):
        return  # more than a fifth are no letters: the usual line, told at once
    single = sum([len(w.text) == 1 and w.text.isalpha() for w in words])
    if single < 0.8 * len(words):
        return
    gaps = [b.x0 - a.x1 for a, b in pairwise(words)]
    usual = sorted(gaps)[len(gaps) // 2]
    joined = [words[0]]
    for gap, word in zip(gaps, words[1:], strict=True):
        if gap > 1.6 * usual + 0.5:
            joined.append(word)
        else:
            joined[-1].text += word.text
            joined[-1].x1 = word.x1
    line.words = joined
    line.settle()


def _drop_notes(line: Line) -> None:
    """Take superscript note numbers that stand as words of their own out of the line."""
    words = line.words
    if len(words) < 2 or not _MAYBE_DIGIT.search(line.text) or not any(w.text[0].isdigit() for w in words):
        return
    kept = [words[0]]
    for word in words[1:]:
        last = kept[-1]
        if _is_note(word, last) and word.x0 - last.x1 < 1.2 * (last.bottom - last.top):
            continue
        kept.append(word)
    if len(kept) > 1 and kept[1].text.isalpha() and kept[1].text[0].islower() and _is_note(kept[0], kept[1]):
        del kept[0]  # of the word that ends the line before
    if len(kept) != len(words):
        line.words = kept
        line.settle()


def _is_note(word: Word, beside: Word) -> bool:
    """Whether a word is a number set smaller and higher than the word beside it."""
    tall = beside.bottom - beside.top
    return (
        word.text.strip("0123456789,–-") == ""
        and word.bottom - word.top < 0.8 * tall
        and word.bottom < beside.bottom - 0.08 * tall
    )


def _drop_capitals(lines: list[Line]) -> None:
    """Put a drop capital before the first of the lines that it stands beside."""
    for line in lines:
        if len(line.words) != 1 or len(line.text) != 1 or not line.text.isupper():
            continue
        cap = line.words[0]
        beside = [
            other
            for other in lines
            if other is not line
            and other.words
            and line.height > 1.6 * other.height
            and line.top - 0.5 * other.height <= other.top < line.bottom
            and -0.3 * line.height < other.x0 - line.x1 < 1.0 * line.height
        ]
        if not beside:
            continue
        first = min(beside, key=lambda other: other.top)
        cap.glue = True
        cap.style = first.words[0].style
        cap.top, cap.bottom = first.top, first.bottom
        first.words.insert(0, cap)
        first.settle()
        line.words = []


def _is_sign(text: str) -> bool:
    """An icon or arrow: no letter, digit or punctuation, no part of what a sentence says."""
    return text not in "©®™°§" and all(unicodedata.category(c) in ("So", "Co") or c in "→←↑↓►◄▲▼" for c in text)


def _drop_signs(line: Line) -> None:
    if line.text.isascii():
        return
    words = [word for word in line.words if word.text.isascii() or not _is_sign(word.text)]
    if len(words) != len(line.words):
        line.words = words
        if words:
            line.settle()


def _take_marker(line: Line) -> None:
    """Move a bullet glyph or item number from the words into `mark`."""
    words = line.words
    first = words[0]
    text = first.text
    if len(text) > 2 and text[0] in _ROUND and text[1].isalnum():
        line.mark = Word(text[0], first.x0, first.top, first.x0, first.bottom, first.order, first.style)
        first.text = text[1:]
        line.text = " ".join(w.text for w in words)
    elif len(words) > 1 and _is_marker(text, words):
        x0 = line.x0
        line.mark, line.words = first, words[1:]
        line.settle()
        line.x0 = x0


def _is_marker(text: str, words: list[Word]) -> bool:
    if text == "o":
        return words[1].x0 - words[0].x1 >= 0.35 * words[0].height
    if is_bullet(text):
        return True
    if len(text) == 1 and text in _DINGBATS:
        return words[0].style.font != words[1].style.font and words[1].text[0].isalnum()
    return is_enumerator(text) and not (len(text) == 2 and text[0].isupper() and _initial(words))


def _initial(words: list[Word]) -> bool:
    """`J. Smith` rather than `J. A point in a list`: the gap is a mere space."""
    return words[1].x0 - words[0].x1 < 0.4 * words[0].height
