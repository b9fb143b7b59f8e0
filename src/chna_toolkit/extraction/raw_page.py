"""One page as PDFium gives it, and how its coordinates become those of the page as shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pypdfium2.raw as raw

from chna_toolkit.extraction.graphics import Graphics
from chna_toolkit.extraction.words import Word


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
