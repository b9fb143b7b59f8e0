"""What PDFium knows of a file and its pages: words with boxes and styles, pictures, rulings.

The only module that touches pypdfium2. It calls PDFium's C functions directly: a word costs two
boxes (its first and last character), a printed line two styles, so a page costs little more than
PDFium's own text call. PDFium is not thread-safe; one process reads one document at a time.
"""

from __future__ import annotations

import ctypes
import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

from chna_toolkit.extraction.graphics import Graphics, read_graphics
from chna_toolkit.extraction.native import native
from chna_toolkit.extraction.opening import RefusedError, open_pdf
from chna_toolkit.extraction.rendering import MAX_PIXELS, Picture, picture_of
from chna_toolkit.extraction.words import HYPHEN, PLAIN, Style, Word

# What it warns of (a loop among bookmarks, say) is no news about files off the web.
logging.getLogger("pypdfium2").setLevel(logging.ERROR)
MAX_CHARS = 60_000  # on one page; a dense broadsheet has 20,000
MANY_WORDS = 1_500  # on one page; fewer need no look for piles
MAX_PILE = 60  # words that begin within four points of each other
MAX_SIDE = 14_400.0  # points; the largest page PDF 1.x allows

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


@dataclass(slots=True)
class RawPage:
    """One page as PDFium gives it."""

    number: int
    label: str
    width: float
    height: float
    words: list[Word]
    sideways: list[Word] = field(default_factory=list)  # words set vertically
    chars: int = 0  # characters in the text layer, before anything was dropped
    clipped: list[Word] = field(default_factory=list)  # words outside the page box
    doubled: list[Word] = field(default_factory=list)  # words printed again, as fake bold and shadows are
    truncated: bool = False  # more characters than MAX_CHARS
    invisible: bool = False  # the words seen first are invisible, as in an OCR layer
    graphics: Graphics = field(default_factory=Graphics)


class Frame:
    """Turns PDFium's page space into points from the top left of the page as shown."""

    __slots__ = ("height", "left", "low", "right", "rotation", "up", "width")

    def __init__(self, page: Any) -> None:
        self.rotation = raw.FPDFPage_GetRotation(page)
        box = raw.FS_RECTF()
        raw.FPDF_GetPageBoundingBox(page, box)
        self.left, self.low, self.right, self.up = box.left, box.bottom, box.right, box.top
        self.width, self.height = raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page)

    def box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        """`(x0, top, x1, bottom)` as shown of the rectangle with corners `(x0, y0)`, `(x1, y1)`."""
        if self.rotation == 0:
            return x0 - self.left, self.up - y1, x1 - self.left, self.up - y0
        if self.rotation == 1:
            return y0 - self.low, x0 - self.left, y1 - self.low, x1 - self.left
        if self.rotation == 2:
            return self.right - x1, y0 - self.low, self.right - x0, y1 - self.low
        return self.up - y1, self.right - x1, self.up - y0, self.right - x0


class Pdf:
    """An open PDF. Use as a context manager."""

    def __init__(self, path: Path, passwords: Iterable[str] = ()) -> None:
        # `unlocked`: it took one of the passwords; `salvaged`: it is broken, and this is what is left of it
        self._pdf, self.unlocked, self.salvaged = open_pdf(path, passwords)
        self._fonts: dict[int, tuple[bool, bool]] = {}
        self._ids: dict[tuple[str, bool, bool], int] = {}
        self._font_ids: dict[int, int] = {}
        self.pages = len(self._pdf)

    def __enter__(self) -> Pdf:
        return self

    def __exit__(self, *_: object) -> None:
        self._pdf.close()

    def metadata(self) -> dict[str, str]:
        """Title, author, creator, producer, created; only what the file states."""
        keys = {"Title": "title", "Author": "author", "Creator": "creator", "Producer": "producer"}
        keys["CreationDate"] = "created"
        found = {name: self._pdf.get_metadata_value(key) for key, name in keys.items()}
        return {name: _printable(value) for name, value in found.items() if value.strip()}

    def outline(self, limit: int = 2000) -> dict[str, int]:
        """Level (1 is the highest) of each bookmark title, in casefolded plain letters."""
        levels: dict[str, int] = {}
        try:
            for number, mark in enumerate(self._pdf.get_toc(max_depth=6)):
                if number >= limit:
                    break
                levels.setdefault(plain(mark.get_title()), mark.level + 1)
        except (pdfium.PdfiumError, ValueError):
            return levels
        return levels

    def page(self, number: int, graphics: bool = True) -> RawPage:
        """Read page `number`, counting from 1. Raises PdfiumError if it cannot be opened."""
        page = raw.FPDF_LoadPage(self._pdf.raw, number - 1)
        if not page:
            raise pdfium.PdfiumError(f"Page {number} cannot be opened.")
        try:
            frame = Frame(page)
            label = _label(self._pdf, number)
            read = RawPage(number, label, frame.width, frame.height, [])
            if not 1.0 <= frame.width <= MAX_SIDE or not 1.0 <= frame.height <= MAX_SIDE:
                raise pdfium.PdfiumError(f"Page {number} has impossible dimensions.")
            self._read_text(page, frame, read)
            read.graphics = read_graphics(page, frame.box, frame.width, frame.height, lines=graphics)
            return read
        finally:
            raw.FPDF_ClosePage(page)

    def picture(self, number: int, dpi: float, turn: int = 0, most: int = MAX_PIXELS) -> Picture:
        """Page `number`, counting from 1, as a picture of at most so many pixels, turned clockwise by quarters.

        Raises PdfiumError, MemoryError.
        """
        page = raw.FPDF_LoadPage(self._pdf.raw, number - 1)
        if not page:
            raise pdfium.PdfiumError(f"Page {number} cannot be opened.")
        try:
            return picture_of(page, dpi, turn, most)
        finally:
            raw.FPDF_ClosePage(page)

    def _read_text(self, page: Any, frame: Frame, read: RawPage) -> None:
        handle = raw.FPDFText_LoadPage(page)
        if not handle:
            raise pdfium.PdfiumError(f"The text of page {read.number} cannot be read.")
        try:
            text = _characters(handle, read)
            _Reader(self, ctypes.cast(handle, ctypes.c_void_p).value or 0, text, frame, read).run()
        finally:
            raw.FPDFText_ClosePage(handle)

    def font(self, handle: int) -> tuple[bool, bool, int]:
        """Whether a font is bold, italic, and its id."""
        if handle not in self._fonts:
            buffer = ctypes.create_string_buffer(128)
            _font_name(handle, buffer, 128)
            name = buffer.value.decode("latin-1")
            flags = max(0, _font_flags(handle))
            weight = _font_weight(handle)
            bold = bool(_BOLD.search(name)) or bool(flags & 1 << 18) or weight >= 600
            italic = bool(_ITALIC.search(name)) or bool(flags & 1 << 6)
            self._fonts[handle] = bold, italic
            key = name.split("+")[-1], bold, italic
            self._font_ids[handle] = self._ids.setdefault(key, len(self._ids) + 1)
        bold, italic = self._fonts[handle]
        return bold, italic, self._font_ids[handle]


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

    def __init__(self, pdf: Pdf, handle: int, text: str, frame: Frame, read: RawPage) -> None:
        self.pdf, self.handle, self.text, self.frame, self.read = pdf, handle, text, frame, read
        self.has_looked = False  # at how the first of the words is painted
        self.seen: tuple[int, Style] = 0, PLAIN  # the text object looked at last, with its style
        self.matrix = raw.FS_MATRIX()
        self.matrix_at = ctypes.addressof(self.matrix)
        self.paint = (ctypes.c_uint * 4)()
        self.paint_at = [ctypes.addressof(self.paint) + 4 * index for index in range(4)]

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
        styles: list[Style] = []
        style = PLAIN
        for at, following in pairwise([*np.flatnonzero(asked).tolist(), len(starts)]):
            style = self.style(starts[at], style)
            styles += [style] * (following - at)
        return styles

    def boxes(self, indexes: Sequence[int]) -> _Floats:
        """Boxes as shown of characters, all their font's height: a row each with left, top, right, bottom."""
        rects = np.zeros((len(indexes), 4), dtype=np.float32)  # FS_RECTFs: left, top, right, bottom
        places = range(rects.ctypes.data, rects.ctypes.data + rects.nbytes, 16)
        for _ in map(_loose, repeat(self.handle), indexes, places):  # hundreds a page, so without a frame for each
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

    def style(self, index: int, last: Style) -> Style:
        """Style of the character at `index`."""
        thing = _text_object(self.handle, index)
        if thing and thing == self.seen[0]:
            return self.seen[1]
        font = _object_font(thing) if thing else None
        if not font:
            return last
        bold, italic, number = self.pdf.font(font)
        _matrix(self.handle, index, self.matrix_at)
        matrix = self.matrix
        scale = (matrix.c**2 + matrix.d**2) ** 0.5
        size = round(_font_size(self.handle, index) * scale, 1)
        if not self.has_looked:
            self.has_looked = True
            mode = _render_mode(thing)
            self.read.invisible = mode == 3
            bold = bold or mode == 2
        color = self.color(thing)
        if not (last.size == size and last.font == number and last.bold == bold and last.color == color):
            last = Style(size, bold, italic, number, color)
        self.seen = thing, last
        return last

    def color(self, thing: int) -> int:
        """Fill colour of a text object as RGB."""
        if not _fill(thing, *self.paint_at):
            return 0
        red, green, blue, _ = self.paint
        return red << 16 | green << 8 | blue

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


def plain(text: str) -> str:
    """Casefolded letters and digits of a text, for comparing titles."""
    return "".join(re.findall(r"[^\W_]+", text.casefold()))


def _printable(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text[:500]).split())


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


def _label(pdf: Any, number: int) -> str:
    label: str = pdf.get_page_label(number - 1) or ""
    return _printable(label)[:20]


__all__ = ["MAX_CHARS", "Pdf", "RawPage", "RefusedError"]
