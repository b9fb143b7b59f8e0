"""Fixtures that make a PDF and read it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

sys.path.insert(0, str(Path(__file__).parent))
from extraction_pages import HEIGHT, WIDTH, Draw, holds

from chna_toolkit.extraction import read_document
from chna_toolkit.model import Document


@pytest.fixture
def make_pdf(tmp_path: Path) -> Callable[..., Path]:
    """`make_pdf(draw, draw, …)` writes a PDF with one page for each function and returns its path."""

    def make(*pages: Draw, name: str = "made.pdf", **options: object) -> Path:
        path = tmp_path / name
        canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), invariant=1, **options)
        for draw in pages:
            draw(canvas)
            canvas.showPage()
        canvas.save()
        return path

    return make


@pytest.fixture
def read(make_pdf: Callable[..., Path]) -> Callable[..., Document]:
    """`read(draw, …)` makes a PDF and reads it; holds what must be true of every document."""

    def make_and_read(*pages: Draw, **options: object) -> Document:
        document = read_document(make_pdf(*pages, **options))
        holds(document)
        return document

    return make_and_read
