"""Turn a finished PDF into what a copying machine makes of it: one grey picture a page, no text."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
from PIL import Image, ImageFilter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

DPI = 100
SKEW = (0.35, -0.2, 0.15, -0.45, 0.1, 0.3, -0.3, 0.2)  # degrees, page after page


def rasterise(pdf: bytes, out: Path) -> None:
    """Write `pdf` to `out` as pictures at 100 dpi, slightly askew and soft."""
    document = pypdfium2.PdfDocument(pdf)
    canvas = Canvas(str(out), invariant=1, pageCompression=1)
    canvas.setProducer("Office copier")
    for number in range(len(document)):
        page = document[number]
        width, height = page.get_size()
        picture = page.render(scale=DPI / 72).to_pil().convert("L")
        page.close()
        canvas.setPageSize((width, height))
        canvas.drawImage(ImageReader(_copied(picture, number)), 0, 0, width, height)
        canvas.showPage()
    document.close()
    canvas.save()


def _copied(picture: Image.Image, number: int) -> io.BytesIO:
    skewed = picture.rotate(SKEW[number % len(SKEW)], Image.Resampling.BICUBIC, fillcolor=255)
    soft = skewed.filter(ImageFilter.GaussianBlur(0.45)).point(lambda grey: 18 + grey * 228 // 255)
    jpeg = io.BytesIO()
    soft.save(jpeg, "JPEG", quality=45)
    jpeg.seek(0)
    return jpeg
