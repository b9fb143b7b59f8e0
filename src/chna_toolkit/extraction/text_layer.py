"""The words of a page's text layer, with boxes and styles.

A word costs two boxes (its first and last character), a printed line two styles, so that a page costs little more than
PDFium's own text call.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice, pairwise, repeat
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

from chna_toolkit.extraction.native import native
from chna_toolkit.extraction.raw_page import Frame, RawPage
from chna_toolkit.extraction.words import HYPHEN, PLAIN, Style, Word

MAX_CHARS = 60_000  # on one page; a dense broadsheet has 20,000
MANY_WORDS = 1_500  # on one page; fewer need no look for piles
MAX_PILE = 60  # words that begin within four points of each other

# What parts tokens, by its code: spaces, ends of lines, control characters and marks of no width, and the marks of a
# divided word, which belong to what they end. The last of the codes stands for all beyond the first plane.
_SPACE, _LINE_END, _CONTROL, _DIVIDED = 1, 2, 3, 4
_PARTING = np.zeros(1 << 16, dtype=np.uint8)
_PARTING[[*range(0x20), 0x7F, 0x200B, 0xFEFF]] = _CONTROL
_PARTING[[code for code in range(0x3001) if chr(code).isspace()]] = _SPACE
_PARTING[[ord("\r"), ord("\n")]] = _LINE_END
_PARTING[[ord(HYPHEN), 0x02]] = _DIVIDED
_NOTE_ENDS = "0123456789,"  # of a superscript note
_ENDS_NOTE = np.zeros(0x80, dtype=np.bool_)  # by code; the last stands for all beyond
_ENDS_NOTE[[ord(sign) for sign in _NOTE_ENDS]] = True
_UNITS_TEXT = """
m km ft mi cm mm in yd sq µg/m mg/m
"""
_UNITS = frozenset(_UNITS_TEXT.split())
_BOLD = re.compile(r"bold|black|heavy|demi|extrab", re.I)
_ITALIC = re.compile(r"ital|obliq|slant", re.I)

_loose = native(raw.FPDFText_GetLooseCharBox, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_text_object = native(raw.FPDFText_GetTextObject, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_object_font = native(raw.FPDFTextObj_GetFont, ctypes.c_void_p, ctypes.c_void_p)
_render_mode = native(raw.FPDFTextObj_GetTextRenderMode, ctypes.c_int, ctypes.c_void_p)
_fill = native(raw.FPDFPageObj_GetFillColor, ctypes.c_int, *[ctypes.c_void_p] * 5)
_font_size = native(raw.FPDFText_GetFontSize, ctypes.c_double, ctypes.c_void_p, ctypes.c_int)
_matrix = native(raw.FPDFText_GetMatrix, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_unicode = native(raw.FPDFText_GetUnicode, ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)
_font_name = native(raw.FPDFFont_GetBaseFontName, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_font_flags = native(raw.FPDFFont_GetFlags, ctypes.c_int, ctypes.c_void_p)
_font_weight = native(raw.FPDFFont_GetWeight, ctypes.c_int, ctypes.c_void_p)


_Floats = NDArray[np.float64]
_Box = Sequence[float]  # left, top, right, bottom


class Fonts:
    """The fonts of a document, each asked for once."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[bool, bool, int]] = {}  # by PDFium's handle
        self._ids: dict[tuple[str, bool, bool], int] = {}

    def of(self, handle: int) -> tuple[bool, bool, int]:
        """Whether a font is bold, italic, and its id within the document."""
        found = self._seen.get(handle)
        if found is None:
            buffer = ctypes.create_string_buffer(128)
            _font_name(handle, buffer, 128)
            name = buffer.value.decode("latin-1")
            flags = max(0, _font_flags(handle))
            bold = bool(_BOLD.search(name)) or bool(flags & 1 << 18) or _font_weight(handle) >= 600
            italic = bool(_ITALIC.search(name)) or bool(flags & 1 << 6)
            number = self._ids.setdefault((name.split("+")[-1], bold, italic), len(self._ids) + 1)
            found = self._seen[handle] = bold, italic, number
        return found


def read_text(page: Any, frame: Frame, fonts: Fonts, read: RawPage) -> None:
    """Fill the words of a page from its text layer. Raises PdfiumError if there is no reading it."""
    handle = raw.FPDFText_LoadPage(page)
    if not handle:
        raise pdfium.PdfiumError(f"The text of page {read.number} cannot be read.")
    try:
        text = _characters(handle, read)
        _Reader(fonts, ctypes.cast(handle, ctypes.c_void_p).value or 0, text, frame, read).run()
    finally:
        raw.FPDFText_ClosePage(handle)


class _Tokens:
    """Where the tokens of a text are: an array entry each. `ends_run`: a line ends after it, or it is divided there."""

    def __init__(self, text: str) -> None:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        parting = np.empty(len(codes) + 1, dtype=np.uint8)
        _PARTING.take(codes, mode="clip", out=parting[:-1])
        parting[-1] = _CONTROL
        is_gap = parting > 0
        edges = (is_gap[1:] != is_gap[:-1]).nonzero()[0] + 1
        if not is_gap[0]:
            edges = np.concatenate(([0], edges))
        self.starts, self.ends = edges[::2][: len(edges) // 2], edges[1::2]
        self.ends = self.ends + (parting[self.ends] == _DIVIDED)
        line_ends = np.concatenate(((parting == _LINE_END).nonzero()[0], [len(parting)]))
        others = ((parting != _SPACE) & (parting != _LINE_END)).nonzero()[0]
        is_last = line_ends[line_ends.searchsorted(self.ends)] < others[others.searchsorted(self.ends)]
        self.ends_run = is_last | (parting[self.ends - 1] == _DIVIDED)
        self.may_end_in_note = _ENDS_NOTE.take(codes[self.ends - 1], mode="clip")
        beyond = np.concatenate(([0], (codes > 0x7F).cumsum()))
        self.is_ascii = beyond[self.ends] == beyond[self.starts]


class _Reader:
    """Makes the words of one page."""

    def __init__(self, fonts: Fonts, handle: int, text: str, frame: Frame, read: RawPage) -> None:
        self.fonts, self.handle, self.text, self.frame, self.read = fonts, handle, text, frame, read
        self.has_looked = self.is_outlined = False  # at how the first of the words is painted; by its outline, too
        self.matrix = raw.FS_MATRIX()
        self.matrix_at = ctypes.addressof(self.matrix)

    def run(self) -> None:
        """Fill `words` and `sideways` of the page."""
        if self.text:
            self.file(_Tokens(self.text))
        words = self.read.words
        if len(words) > MANY_WORDS:
            words = without_piles(words)
            self.read.truncated = self.read.truncated or len(words) < len(self.read.words)
        self.read.words = without_doubles(words)
        if len(self.read.words) < len(words):
            kept = {word.order for word in self.read.words}
            self.read.doubled = [word for word in words if word.order not in kept]

    def file(self, tokens: _Tokens) -> None:
        """File the tokens as words. Most stand level and are made together, the others one by one."""
        starts, ends = tokens.starts.tolist(), tokens.ends.tolist()
        if not starts:
            return
        boxes = self.boxes(np.column_stack((tokens.starts, tokens.ends - 1)).ravel().tolist())
        first, last = boxes[::2], boxes[1::2]
        styles = self.styles(starts, first[1:, 0] - last[:-1, 2], tokens.ends_run, tokens.ends - tokens.starts == 1)
        is_plain = tokens.is_ascii & _level(first, last)
        is_plain &= ~(tokens.may_end_in_note & _raised(last, first))
        box = first[:, 0], np.minimum(first[:, 1], last[:, 1]), last[:, 2], np.maximum(first[:, 3], last[:, 3])
        texts = [self.text[start:end] for start, end in zip(starts, ends, strict=True)]
        words = map(Word, texts, *(side.tolist() for side in box), starts, styles)
        kept, done, made = self.read.words, 0, list(words)
        for place in np.flatnonzero(~(is_plain & self.is_on_page(*box))).tolist():
            kept += made[done:place]
            done, word = place + 1, made[place]
            if is_plain[place]:
                self.keep(word)
            else:
                self.take(word.text, word.order, ends[place], first[place].tolist(), last[place].tolist(), word.style)
        kept += made[done:]

    def styles(
        self, starts: list[int], gaps: _Floats, ends_run: NDArray[np.bool_], is_single: NDArray[np.bool_]
    ) -> list[Style]:
        """Styles of the tokens. PDFium is asked where one may change: at the ends of lines and beside gaps."""
        asked = ends_run.copy()
        asked[0] = True
        asked[1:] |= ends_run[:-1] | is_single[:-1] | (np.abs(gaps) >= 8)  # what follows a bullet has its own
        places = np.flatnonzero(asked).tolist()
        styles: list[Style] = []
        for style, (at, following) in zip(
            self.styles_at([starts[place] for place in places]), pairwise([*places, len(starts)]), strict=True
        ):
            styles += [style] * (following - at)
        return styles

    def boxes(self, indexes: Sequence[int]) -> _Floats:
        """Boxes as shown of characters, all their font's height: a row each with left, top, right, bottom."""
        rects = np.zeros((len(indexes), 4), dtype=np.float32)  # FS_RECTFs: left, top, right, bottom
        for _ in map(
            _loose, repeat(self.handle), indexes, _rows(rects)
        ):  # hundreds a page, so without a frame for each
            pass
        frame = self.frame
        if frame.rotation:
            return np.array([frame.box(left, bottom, right, top) for left, top, right, bottom in rects.tolist()])
        shown: _Floats = (rects - (frame.left, frame.up, frame.left, frame.up)) * (1.0, -1.0, 1.0, -1.0)
        return shown

    def box(self, index: int) -> _Box:
        """Box as shown of the character at `index`, all its font's height."""
        box: list[float] = self.boxes((index,))[0].tolist()
        return box

    def styles_at(self, indexes: Sequence[int]) -> list[Style]:
        """Styles of the characters at `indexes`; one that is of no text object has that of the one before.

        Each question is put for all text objects in one go, without a frame for each: there may be hundreds a page.
        """
        things = list(map(_text_object, repeat(self.handle), indexes))
        new = [place for place, thing in enumerate(things) if thing and (not place or thing != things[place - 1])]
        fonts = list(map(_object_font, [things[place] for place in new]))
        new, fonts = [place for place, font in zip(new, fonts, strict=True) if font], [font for font in fonts if font]
        objects, first = [things[place] for place in new], [indexes[place] for place in new]
        if objects and not self.has_looked:
            self.has_looked = True
            mode = _render_mode(objects[0])
            self.read.invisible = mode == 3
            self.is_outlined = mode == 2
        seen: list[Style] = []
        sizes, colors = self.sizes(first), self.colors(objects)
        for (bold, italic, number), size, color in zip(map(self.fonts.of, fonts), sizes, colors, strict=True):
            bold = bold or (self.is_outlined and not seen)
            last = seen[-1] if seen else PLAIN
            if not (last.size == size and last.font == number and last.bold == bold and last.color == color):
                last = Style(size, bold, italic, number, color)
            seen.append(last)
        ends = [*new[1:], len(things)] if new else []
        styles = [PLAIN] * (new[0] if new else len(things))
        for place, end, style in zip(new, ends, seen, strict=True):
            styles += [style] * (end - place)
        return styles

    def sizes(self, indexes: Sequence[int]) -> list[float]:
        """Em sizes of characters as shown, in points."""
        matrices = np.zeros((len(indexes), 6), dtype=np.float32)  # FS_MATRIXes: a, b, c, d, e, f
        for _ in map(_matrix, repeat(self.handle), indexes, _rows(matrices)):
            pass
        scales = np.sqrt((matrices[:, 2:4].astype(np.float64) ** 2).sum(axis=1)).tolist()
        sizes = map(_font_size, repeat(self.handle), indexes)
        return [round(size * scale, 1) for size, scale in zip(sizes, scales, strict=True)]

    def colors(self, objects: Sequence[int]) -> list[int]:
        """Fill colours of text objects as RGB; black if one has none."""
        paint = np.zeros((len(objects), 4), dtype=np.uint32)
        at = _rows(paint)
        has = list(map(_fill, objects, at, *(range(at.start + 4 * one, at.stop + 4 * one, 16) for one in (1, 2, 3))))
        red, green, blue, _ = paint.T
        colors: list[int] = np.where(np.array(has, dtype=bool), red << 16 | green << 8 | blue, 0).tolist()
        return colors

    def take(
        self,
        text: str,
        start: int,
        end: int,
        first: _Box,
        last: _Box,
        style: Style,
    ) -> None:
        """File one token as a word, split where it turns into the next line."""
        height = first[3] - first[1]
        shift = abs((last[1] + last[3]) - (first[1] + first[3])) / 2
        if end - start > 1 and shift > 0.6 * max(height, 1.0):
            if abs(last[0] + last[2] - first[0] - first[2]) / 2 < shift and _upright(self, start) is False:
                self.sideways(text, start, first, last, style)
                return
            cut = self.turn(start, end, first)
            if cut:
                self.take(text[: cut - start], start, cut, first, self.box(cut - 1), style)
                self.take(text[cut - start :], cut, end, self.box(cut), last, style)
                return
        if end - start > 1 and text[-1] in _NOTE_ENDS and _raised(last, first):
            note = self.note(start, end, first)
            if note > start and text[: note - start].lower() not in _UNITS:
                text, last = text[: note - start], self.box(note - 1)
        elif text[-1] in "\x02\xad":
            text = text[:-1] + HYPHEN
        x0, x1 = min(first[0], last[0]), max(first[2], last[2])
        top, bottom = min(first[1], last[1]), max(first[3], last[3])
        self.keep(Word(clean(text), x0, top, x1, bottom, start, style))

    def sideways(
        self,
        text: str,
        start: int,
        first: _Box,
        last: _Box,
        style: Style,
    ) -> None:
        """File a word that runs up or down the page."""
        x0, top = min(first[0], last[0]), min(first[1], last[1])
        word = Word(clean(text), x0, top, max(first[2], last[2]), max(first[3], last[3]), start, style)
        self.read.sideways.append(word)

    def turn(self, start: int, end: int, first: _Box) -> int:
        """Index of the first character of a token that stands on another line; 0 if none."""
        middle, half = (first[1] + first[3]) / 2, 0.6 * (first[3] - first[1])
        for index in range(start + 1, end):
            box = self.box(index)
            if abs((box[1] + box[3]) / 2 - middle) > half and self.text[index] != HYPHEN:
                return index
        return 0

    def note(self, start: int, end: int, first: _Box) -> int:
        """Index where the superscript number at the end of a word begins."""
        index = end
        while index > start and self.text[index - 1] in "0123456789,–-" and _raised(self.box(index - 1), first):
            index -= 1
        return index

    def keep(self, word: Word) -> None:
        """Append a word unless it is outside the page."""
        if word.text:
            is_on_page = self.is_on_page(word.x0, word.top, word.x1, word.bottom)
            (self.read.words if is_on_page else self.read.clipped).append(word)

    def is_on_page(self, x0: Any, top: Any, x1: Any, bottom: Any) -> Any:
        """Whether a box, or each of some as arrays, has its middle on the page and is no giant reaching far beyond."""
        wide, tall = 2 * self.read.width, 2 * self.read.height
        across, down = x0 + x1, top + bottom
        is_within = (across >= 0) & (across <= wide) & (down >= 0) & (down <= tall)
        return is_within & (x1 - x0 <= wide) & (bottom - top <= tall)


def _rows(array: NDArray[Any]) -> range:
    """Addresses of the rows of an array, for PDFium to write to."""
    return range(array.ctypes.data, array.ctypes.data + array.nbytes, array.strides[0])


def _level(first: _Floats, last: _Floats) -> NDArray[np.bool_]:
    """Whether the boxes of first and last characters stand side by side."""
    rise = np.abs(last[:, 1] - first[:, 1])
    is_level: NDArray[np.bool_] = (rise < 0.3 * (first[:, 3] - first[:, 1])) & (last[:, 0] >= first[:, 0])
    return is_level


def _raised(box: Any, first: Any) -> Any:
    """Whether a character is a superscript to the word that begins with another; for a row of boxes each."""
    box, first = np.asarray(box), np.asarray(first)
    height = first[..., 3] - first[..., 1]
    share = np.where(box[..., 3] - box[..., 1] < 0.85 * height, 0.08, 0.2)
    return box[..., 3] < first[..., 3] - share * height


def without_doubles(words: list[Word]) -> list[Word]:
    """Words but for those printed again at nearly the same place, as fake bold and shadows are."""
    groups: dict[str, list[Word]] = {}
    for word in _crowded(words):
        groups.setdefault(word.text, []).append(word)
    doubles: set[int] = set()
    for group in groups.values():
        if len(group) < 2:
            continue
        group.sort(key=lambda word: word.top)
        for index, word in enumerate(group):
            near = 0.2 * (word.bottom - word.top)
            for other in islice(group, index + 1, index + 200):
                if other.top - word.top >= near:
                    break
                if abs(other.x0 - word.x0) < near:
                    doubles.add(max(word.order, other.order))
    return [word for word in words if word.order not in doubles] if doubles else words


def _crowded(words: list[Word]) -> list[Word]:
    """Return the words that may begin within a fifth of the tallest word's height of another: few on most pages."""
    if len(words) < 2:
        return []
    x0, top = np.array([word.x0 for word in words]), np.array([word.top for word in words])
    side = 0.4 * max(1.0, max([word.bottom - word.top for word in words]))
    columns, rows = x0 / side, top / side
    is_crowded = np.zeros(len(words), dtype=bool)
    for down in (0.0, 0.5):  # two so near share a row of one grid or the other, and nothing in it parts them
        spots = np.floor(rows + down) * 100_000.0 + columns
        order = spots.argsort()
        is_near = np.diff(spots[order]) <= 0.5
        is_crowded[order[1:][is_near]] = is_crowded[order[:-1][is_near]] = True
    return [words[place] for place in np.flatnonzero(is_crowded).tolist()]


def without_piles(words: list[Word], side: float = 4.0) -> list[Word]:
    """Words but for those beyond MAX_PILE that begin on the same spot: a pile nobody can read, nor lay out."""
    piles: Counter[tuple[int, int]] = Counter()
    kept = []
    for word in words:
        spot = int(word.x0 / side), int(word.top / side)
        piles[spot] += 1
        if piles[spot] <= MAX_PILE:
            kept.append(word)
    return kept


def _upright(reader: _Reader, index: int) -> bool:
    """Whether the character at `index` stands upright on the page as shown."""
    _matrix(reader.handle, index, reader.matrix_at)
    m = reader.matrix
    turned = abs(m.b) > abs(m.a)
    return bool(turned == bool(reader.frame.rotation % 2))


_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\xad": None}
)


def clean(text: str) -> str:
    """Ligatures as letters; no control characters or soft hyphens. All else stays as printed."""
    if text.isascii():
        return text
    return text.translate(_LIGATURES)


def _characters(handle: Any, read: RawPage) -> str:
    """The page's characters, one for each of PDFium's indexes."""
    count = raw.FPDFText_CountChars(handle)
    read.chars = max(0, count)
    if count > MAX_CHARS:
        read.truncated = True
        count = MAX_CHARS
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = raw.FPDFText_GetText(handle, 0, count, buffer) - 1
    if written == count:
        return bytes(buffer)[: 2 * count].decode("utf-16-le", "surrogatepass")
    # Indexes and text disagree (characters without Unicode, or beyond the 16-bit plane).
    address = ctypes.cast(handle, ctypes.c_void_p).value
    return "".join(chr(min(_unicode(address, index), 0x10FFFF)) for index in range(count))
