"""A page as a picture, for OCR."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as raw

from chna_toolkit.model import Box

MAX_PIXELS = 20_000_000  # 20 MB in grey; a letter page at 300 dpi has 8.4 million
_WHITE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Picture:
    """Grey values (0 is black) of a page as shown, row by row from the top; `scale` is pixels per point."""

    width: int
    height: int
    scale: float
    grey: bytes


def turned_back(box: Box, turn: int, width: float, height: float) -> Box:
    """The box on a page of `width` and `height` points of one on the page turned clockwise by so many quarters."""
    x0, top, x1, bottom = box
    if turn == 1:
        return top, height - x1, bottom, height - x0
    if turn == 2:
        return width - x1, height - bottom, width - x0, height - top
    return (width - bottom, x0, width - top, x1) if turn == 3 else box


def picture_of(page: Any, dpi: float, turn: int = 0, most: int = MAX_PIXELS) -> Picture:
    """Draw an open page of PDFium, at a lower resolution if it would have more than `most` pixels.

    `turn` is by how many quarters to turn it clockwise. Raises `MemoryError` if PDFium cannot
    allocate it.
    """
    wide, tall = raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page)
    wide, tall = (tall, wide) if turn % 2 else (wide, tall)
    scale = min(dpi / 72, (most / max(1.0, wide * tall)) ** 0.5)
    width, height = max(1, int(wide * scale)), max(1, int(tall * scale))
    bitmap = raw.FPDFBitmap_CreateEx(width, height, raw.FPDFBitmap_Gray, None, 0)
    if not bitmap:
        raise MemoryError(f"no memory for a picture of {width} x {height} pixels")
    try:
        raw.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, _WHITE)
        raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, turn, raw.FPDF_GRAYSCALE)
        stride = raw.FPDFBitmap_GetStride(bitmap)
        rows = ctypes.string_at(raw.FPDFBitmap_GetBuffer(bitmap), stride * height)
    finally:
        raw.FPDFBitmap_Destroy(bitmap)
    if stride != width:
        rows = b"".join(rows[start : start + width] for start in range(0, stride * height, stride))
    return Picture(width, height, scale, rows)
