"""Pages drawn small, so that a report can show where a passage stands.

Large enough to be read when it is shown at full width, small enough to be mailed by the dozen: eight
shades of grey, as PNG, some 20 KB for a page of text. Links, forms and notes of the PDF are not drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pypdfium2 import PdfiumError

from chna_toolkit.extraction.opening import RefusedError
from chna_toolkit.extraction.pdfium import Pdf
from chna_toolkit.extraction.rendering import Picture
from chna_toolkit.extraction.watch import Watch

DPI = 84.0
MAX_PIXELS = 900_000  # of one page; a letter page has 660,000
MAX_BYTES = 100_000  # of one page; beyond, it is drawn more coarsely, or not at all
_WAYS = ((DPI, 8), (DPI, 4), (DPI / 2, 4))  # resolution and shades of grey, the best one first


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A page as PNG, with its size in PDF points as shown."""

    width: float
    height: float
    png: bytes


def draw_thumbnails(
    path: Path, pages: Sequence[int], watch: Watch, passwords: Iterable[str] = ()
) -> Mapping[int, Thumbnail]:
    """Return thumbnails of pages, numbered from 1. One that cannot be drawn has none.

    `watch` is told of each page before it is touched, and ends the work when the time is over.
    """
    found: dict[int, Thumbnail] = {}
    try:
        with Pdf(path, passwords) as pdf:
            for page in pages:
                if page <= pdf.pages and watch.may_read(page) and (drawn := _thumbnail(pdf, page)):
                    found[page] = drawn
    except (RefusedError, PdfiumError, OSError):
        return found
    return found


def _thumbnail(pdf: Pdf, page: int) -> Thumbnail | None:
    for dpi, shades in _WAYS:
        try:
            picture = pdf.picture(page, dpi, most=MAX_PIXELS)
        except (PdfiumError, MemoryError):
            return None
        png = _png(picture, shades)
        if len(png) <= MAX_BYTES:
            return Thumbnail(picture.width / picture.scale, picture.height / picture.scale, png)
    return None


def _png(picture: Picture, shades: int) -> bytes:
    """Return the picture in so many shades of grey, with a palette."""
    from PIL import Image

    top = shades - 1
    levels = bytes((value * top + 127) // 255 for value in range(256))
    image = Image.frombytes("P", (picture.width, picture.height), picture.grey.translate(levels))
    image.putpalette([value * 255 // top for value in range(shades) for _ in range(3)])
    stream = BytesIO()
    image.save(stream, format="PNG", bits=4 if shades > 4 else 2, optimize=True)
    return stream.getvalue()
