"""What the reader saw, drawn over the page: blocks with kind and reading order, tables, what was left out.

For a person who wants to know why a sentence is where it is, or is not there at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pypdfium2 import PdfiumError

from chna_toolkit.extraction.pdfium import Pdf
from chna_toolkit.extraction.watch import Aside, Grid, Piece, Watch
from chna_toolkit.model import Box, Document, Kind, Page

DPI = 120.0
MAX_PIXELS = 8_000_000  # of one picture
# Colours that people who see few colours can tell apart (after Okabe and Ito).
_COLORS = {
    Kind.HEADING: (0, 95, 160),
    Kind.PARAGRAPH: (0, 125, 90),
    Kind.LIST_ITEM: (190, 120, 0),
    Kind.TABLE_CELL: (160, 70, 130),
    Kind.CAPTION: (70, 130, 180),
    Kind.FOOTNOTE: (110, 95, 50),
}
_ASIDE = (200, 60, 0)
_INK = (40, 40, 40)
_MARGIN = 10  # pixels
_SMALL, _USUAL = 13, 16  # sizes of letters, pixels


@dataclass(frozen=True, slots=True)
class _Sheet:
    """All that is drawn on one page."""

    page: Page
    pieces: Sequence[Piece]
    asides: Sequence[Aside]
    grids: Sequence[Grid]

    @property
    def letters(self) -> dict[str, str]:
        """A letter for each reason to leave text out."""
        return {reason: chr(ord("A") + n) for n, reason in enumerate(sorted({one.reason for one in self.asides}))}


def draw_pages(
    path: Path, document: Document, watch: Watch, folder: Path, pages: Collection[int], passwords: Iterable[str] = ()
) -> list[Path]:
    """Draw pages (all if none is named) of a document as `folder/p001.png`, …; return the files.

    `watch` went along with its reading and explains. Pages that could not be read are left out.
    Raises `OSError` where the folder cannot be written.
    """
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    with Pdf(path, passwords) as pdf:
        for page in document.pages:
            if (pages and page.number not in pages) or not page.width:
                continue
            sheet = _Sheet(
                page,
                [piece for piece in watch.pieces if piece.page == page.number],
                [aside for aside in watch.asides if aside.page == page.number],
                [grid for grid in watch.grids if grid.page == page.number],
            )
            try:
                picture = _draw(pdf, sheet)
            except (PdfiumError, MemoryError):
                continue
            written.append(folder / f"p{page.number:03}.png")
            picture.save(written[-1], format="PNG")
    return written


def _draw(pdf: Pdf, sheet: _Sheet) -> Any:
    from PIL import Image, ImageDraw

    shown = pdf.picture(sheet.page.number, DPI)
    page = Image.frombytes("L", (shown.width, shown.height), shown.grey)
    page = page.point([80 + value * 175 // 255 for value in range(256)]).convert("RGB")  # pale, under the colours
    canvas = _Canvas(page, shown.scale)
    for grid in sheet.grids:
        canvas.grid(grid)
    for aside in sheet.asides:
        canvas.aside(sheet.letters[aside.reason], aside)
    # Which block follows which shows best under the numbers.
    canvas.path(sheet.pieces)
    for number, piece in enumerate(sheet.pieces, 1):
        canvas.piece(number, piece)
    head = _Legend(max(page.width, 700)).lines(sheet)
    whole = Image.new("RGB", (max(page.width, 700), page.height + head.height), (255, 255, 255))
    whole.paste(head, (0, 0))
    whole.paste(page, (0, head.height))
    ImageDraw.Draw(whole).line((0, head.height, whole.width, head.height), fill=_INK)
    return whole


class _Canvas:
    """Draws in points from the top left onto a picture of the page."""

    def __init__(self, picture: Any, scale: float) -> None:
        from PIL import ImageDraw

        self.picture, self.scale = picture, scale
        self.pen = ImageDraw.Draw(picture, "RGBA")

    def box(self, box: Box, grow: float = 0.0) -> tuple[int, int, int, int]:
        """The box in pixels, within the picture and never turned inside out."""
        wide, tall = self.picture.width - 1, self.picture.height - 1
        x0, top = (
            min(max(0, round(value * self.scale - grow)), most)
            for value, most in zip(box[:2], (wide, tall), strict=True)
        )
        x1, bottom = (
            min(max(0, round(value * self.scale + grow)), most)
            for value, most in zip(box[2:], (wide, tall), strict=True)
        )
        return x0, top, max(x0 + 1, x1), max(top + 1, bottom)

    def piece(self, number: int, piece: Piece) -> None:
        """A block: tinted, framed, its place in the reading order on a tab at its corner."""
        color, place = _COLORS[piece.kind], self.box(piece.box, 2)
        self.pen.rectangle(
            place, fill=(*color, 26), outline=(*color, 255), width=2 if piece.kind is Kind.HEADING else 1
        )
        text = f"{number}"
        if piece.kind is Kind.HEADING:
            text += f" H{piece.level}"
        if piece.continues:
            text += " …"
        self.tab(place[0], place[1], text, color)

    def tab(self, x: int, top: int, text: str, color: tuple[int, int, int]) -> None:
        """A label whose right edge stands left of a corner, or on it where the page ends."""
        font = _font(_SMALL)
        wide = round(font.getlength(text)) + 6
        x = max(0, x - wide)
        self.pen.rectangle((x, top, x + wide, top + _SMALL + 4), fill=(*color, 235))
        self.pen.text((x + 3, top + 1), text, font=font, fill=(255, 255, 255))

    def aside(self, letter: str, aside: Aside) -> None:
        """Text that was left out: crossed, with the letter beside it that stands for the reason."""
        x0, top, x1, bottom = place = self.box(aside.box, 1)
        self.pen.rectangle(place, fill=(*_ASIDE, 30), outline=(*_ASIDE, 255))
        for x in range(x0 - (bottom - top), x1, 9):  # strokes, cut at the edges of the box
            first, last = max(x, x0), min(x + bottom - top, x1)
            self.pen.line((first, bottom - (first - x), last, bottom - (last - x)), fill=(*_ASIDE, 110))
        font = _font(_SMALL)
        wide = round(font.getlength(letter)) + 4
        x = x1 + 1 if x1 + 1 + wide < self.picture.width else max(0, x0 - 1 - wide)
        self.pen.rectangle((x, top, x + wide, top + _SMALL + 2), fill=(255, 255, 255, 225))
        self.pen.text((x + 2, top), letter, font=font, fill=_ASIDE)

    def grid(self, grid: Grid) -> None:
        """The cells of a table."""
        color = _COLORS[Kind.TABLE_CELL]
        for cell in grid.cells:
            self.pen.rectangle(self.box(cell), outline=(*color, 200))

    def path(self, pieces: Sequence[Piece]) -> None:
        """A line from the end of each block to the beginning of the next."""
        places = [self.box(piece.box, 2) for piece in pieces]
        for before, after in pairwise(places):
            start, end = ((before[0] + before[2]) // 2, before[3]), (after[0], after[1] + 8)
            self.pen.line((*start, *end), fill=(*_INK, 90), width=1)
            self.pen.ellipse((end[0] - 2, end[1] - 2, end[0] + 2, end[1] + 2), fill=(*_INK, 120))


class _Legend:
    """The lines above the page: which one it is, what the colours say."""

    def __init__(self, width: int) -> None:
        self.width = width

    def lines(self, sheet: _Sheet) -> Any:
        """The picture of the legend."""
        from PIL import Image, ImageDraw

        page, font = sheet.page, _font(_USUAL)
        label = f" (printed {page.label})" if page.label and page.label != str(page.number) else ""
        order = "" if page.order_agrees else "; the file's own order of the text differs"
        title = f"Page {page.number}{label}: {page.status.replace('_', ' ')}, {page.words:,} words{order}"
        entries = self.entries(sheet)
        picture = Image.new("RGB", (self.width, 2 * _MARGIN + 24 * (2 + len(entries) // 6)), (255, 255, 255))
        pen = ImageDraw.Draw(picture)
        pen.text((_MARGIN, _MARGIN), _printable(title), font=font, fill=_INK)
        x, top = _MARGIN, _MARGIN + 26
        for color, text in entries:
            wide = 20 + round(font.getlength(text)) + 18
            if x + wide > self.width and x > _MARGIN:
                x, top = _MARGIN, top + 24
            pen.rectangle((x, top + 3, x + 14, top + 17), fill=color)
            pen.text((x + 20, top), text, font=font, fill=_INK)
            x += wide
        return picture.crop((0, 0, self.width, top + 24 + _MARGIN // 2))

    def entries(self, sheet: _Sheet) -> list[tuple[tuple[int, int, int], str]]:
        """Colours with what they stand for and how often, of what is on the page."""
        counts = {kind: sum(piece.kind is kind for piece in sheet.pieces) for kind in Kind}
        found = [(_COLORS[kind], f"{kind.replace('_', ' ')} {count}") for kind, count in counts.items() if count]
        for reason, letter in sheet.letters.items():
            found.append((_ASIDE, f"{letter}: left out, {reason} {sum(one.reason == reason for one in sheet.asides)}"))
        return found


def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
