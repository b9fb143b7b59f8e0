"""Cover pages: flat vector art under the title, one design a hospital."""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas
from themes import PAGE, Theme

WIDTH, HEIGHT = PAGE


def draw_cover(canvas: Canvas, theme: Theme, head: dict[str, Any]) -> None:
    """Draw the whole cover page: art first, then title, subtitle, hospital names, date line."""
    canvas.saveState()
    {"waves": _waves, "hills": _hills, "blocks": _blocks, "rings": _rings, "plain": _plain}[theme.cover](canvas, theme)
    x, top = (72, 610) if theme.cover == "plain" else (54, 690)
    dark = theme.cover in ("plain", "hills")
    canvas.setFillColor(HexColor(theme.primary) if dark else white)
    y = _lines(canvas, head["title"], theme.bold, 34 if theme.cover != "plain" else 24, x, top, 480)
    canvas.setFillColor(HexColor(theme.accent) if dark else HexColor(theme.tint))
    y = _lines(canvas, head["subtitle"], theme.font, 16, x, y - 6, 480)
    canvas.setFillColor(HexColor(theme.ink) if dark else white)
    y -= 16
    for hospital in head["hospitals"]:
        y = _lines(canvas, hospital["name"], theme.bold, 17, x, y, 480)
    canvas.setFillColor(HexColor(theme.ink) if theme.cover == "plain" else white)
    _lines(canvas, head["imprint"], theme.font, 10.5, x, 62, 480)
    canvas.restoreState()


def _lines(canvas: Canvas, text: str, font: str, size: float, x: float, y: float, width: float) -> float:
    for line in simpleSplit(text, font, size, width):
        canvas.setFont(font, size)
        canvas.drawString(x, y, line)
        y -= size * 1.22
    return y


def _fill(canvas: Canvas, colour: str | Color, alpha: float = 1.0) -> None:
    canvas.setFillColor(HexColor(colour) if isinstance(colour, str) else colour, alpha=alpha)


def _waves(canvas: Canvas, theme: Theme) -> None:
    _fill(canvas, theme.primary)
    canvas.rect(0, 0, WIDTH, HEIGHT, stroke=0, fill=1)
    _fill(canvas, theme.accent)
    canvas.circle(455, 330, 92, stroke=0, fill=1)
    for step, alpha in enumerate((0.25, 0.35, 0.5, 0.75)):
        base = 330 - 62 * step
        path = canvas.beginPath()
        path.moveTo(0, base)
        path.curveTo(150, base + 90 - 30 * step, 250, base - 70, 380, base + 10)
        path.curveTo(470, base + 60, 540, base + 20 * step, WIDTH, base + 40)
        path.lineTo(WIDTH, 0)
        path.lineTo(0, 0)
        path.close()
        _fill(canvas, theme.tint if step % 2 else theme.accent, alpha * 0.6)
        canvas.drawPath(path, stroke=0, fill=1)
    _fill(canvas, theme.primary)
    canvas.rect(0, 0, WIDTH, 110, stroke=0, fill=1)


def _hills(canvas: Canvas, theme: Theme) -> None:
    _fill(canvas, theme.tint)
    canvas.rect(0, 0, WIDTH, HEIGHT, stroke=0, fill=1)
    _fill(canvas, white)
    canvas.circle(150, 360, 60, stroke=0, fill=1)
    ranges = ((0.35, ((0, 300), (130, 420), (260, 310), (400, 450), (612, 300))),
              (0.65, ((0, 250), (110, 300), (290, 400), (470, 270), (612, 370))),
              (1.0, ((0, 190), (200, 270), (330, 200), (500, 290), (612, 210))))  # fmt: skip
    for alpha, points in ranges:
        path = canvas.beginPath()
        path.moveTo(0, 0)
        for px, py in points:
            path.lineTo(px, py)
        path.lineTo(WIDTH, 0)
        path.close()
        _fill(canvas, theme.primary, alpha)
        canvas.drawPath(path, stroke=0, fill=1)
    _fill(canvas, theme.accent)
    canvas.rect(0, 0, WIDTH, 14, stroke=0, fill=1)


def _blocks(canvas: Canvas, theme: Theme) -> None:
    _fill(canvas, theme.primary)
    canvas.rect(0, 0, WIDTH, HEIGHT, stroke=0, fill=1)
    size = WIDTH / 6
    for row in range(3):
        for column in range(6):
            kind = (row * 5 + column * 3) % 4
            x, y = column * size, 110 + row * size
            _fill(canvas, (theme.accent, theme.tint, theme.primary, theme.accent)[kind], (0.9, 0.8, 1, 0.45)[kind])
            canvas.rect(x, y, size, size, stroke=0, fill=1)
            _fill(canvas, theme.tint if kind != 1 else theme.primary, 0.55)
            canvas.wedge(x - size, y - size, x + size, y + size, 0, 90, stroke=0, fill=1)


def _rings(canvas: Canvas, theme: Theme) -> None:
    _fill(canvas, theme.primary)
    canvas.rect(0, 0, WIDTH, HEIGHT, stroke=0, fill=1)
    for ring, radius in enumerate(range(300, 40, -52)):
        _fill(canvas, theme.accent if ring % 2 else theme.tint, 0.30 + 0.12 * ring)
        canvas.circle(430, 250, radius, stroke=0, fill=1)
        _fill(canvas, theme.primary)
        canvas.circle(430, 250, radius - 22, stroke=0, fill=1)
    _fill(canvas, theme.primary, 0.85)
    canvas.rect(0, 0, WIDTH, 100, stroke=0, fill=1)


def _plain(canvas: Canvas, theme: Theme) -> None:
    canvas.setStrokeColor(HexColor(theme.primary))
    canvas.setLineWidth(1.2)
    canvas.line(72, 660, WIDTH - 72, 660)
    canvas.line(72, 90, WIDTH - 72, 90)
