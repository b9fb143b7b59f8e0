"""Made pages: every layout under test is drawn here with reportlab, from invented text."""

from __future__ import annotations

from collections.abc import Callable

from reportlab.pdfgen.canvas import Canvas

from chna_toolkit.model import Document, Kind

Draw = Callable[[Canvas], None]
WIDTH, HEIGHT = 612, 792


def write(canvas: Canvas, x: float, top: float, text: str, size: float = 11, font: str = "Helvetica") -> None:
    """Lines of text (parted by newlines), the first one's top at `top` points from the page top."""
    canvas.setFont(font, size)
    for number, line in enumerate(text.split("\n")):
        canvas.drawString(x, HEIGHT - top - size - number * size * 1.25, line)


def holds(document: Document) -> None:
    """Offsets point at the passages' texts, indexes count up, boxes lie on their pages."""
    assert "internal_error" not in document.warnings, document.reason
    assert [p.index for p in document.passages] == list(range(len(document.passages)))
    for passage in document.passages:
        page = document.pages[passage.page - 1]
        assert page.text[passage.start : passage.end] == passage.text
        assert passage.text == passage.text.strip() != ""
        x0, top, x1, bottom = passage.box
        assert x0 < x1
        assert top < bottom
    for page in document.pages:
        assert page.words == len(page.text.split())


def texts(document: Document, kind: Kind | None = None) -> list[str]:
    """Texts of the passages, of one kind if given."""
    return [p.text for p in document.passages if kind in (None, p.kind)]
