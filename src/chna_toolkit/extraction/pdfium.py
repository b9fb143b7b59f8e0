"""An open PDF: what it says of itself, its pages, and pictures of them.

It and what it calls to read a page (`text_layer.py`, `graphics.py`, `rendering.py`) are all that touches pypdfium2.
They call PDFium's C functions directly, because each call in between costs more than most of these. PDFium is not
thread-safe; one process reads one document at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from chna_toolkit.extraction.graphics import read_graphics
from chna_toolkit.extraction.opening import RefusedError, open_pdf
from chna_toolkit.extraction.raw_page import Frame, RawPage
from chna_toolkit.extraction.rendering import MAX_PIXELS, Picture, picture_of
from chna_toolkit.extraction.text_layer import MAX_CHARS, Fonts, read_text
from chna_toolkit.extraction.words import plain

# What it warns of (a loop among bookmarks, say) is no news about files off the web.
logging.getLogger("pypdfium2").setLevel(logging.ERROR)
MAX_SIDE = 14_400.0  # points; the largest page PDF 1.x allows


class Pdf:
    """An open PDF. Use as a context manager."""

    def __init__(self, path: Path, passwords: Iterable[str] = ()) -> None:
        # `unlocked`: it took one of the passwords; `salvaged`: it is broken, and this is what is left of it
        self._pdf, self.unlocked, self.salvaged = open_pdf(path, passwords)
        self._fonts = Fonts()
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
            read_text(page, frame, self._fonts, read)
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


def _printable(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text[:500]).split())


def _label(pdf: Any, number: int) -> str:
    label: str = pdf.get_page_label(number - 1) or ""
    return _printable(label)[:20]


__all__ = ["MAX_CHARS", "Pdf", "RawPage", "RefusedError"]
