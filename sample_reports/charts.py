"""A bar chart that draws itself: titles, axis, grid lines, one or two series."""

from __future__ import annotations

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable
from themes import Theme


class BarChart(Flowable):
    """Vertical bars. `rows` are (label, values); `series` names the values in the legend."""

    def __init__(self, axis: str, series: list[str], rows: list[tuple[str, list[float]]], theme: Theme) -> None:
        super().__init__()
        self.axis, self.series, self.rows, self.theme = axis, series, rows, theme
        self.hAlign = "LEFT"

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        """As wide as the frame, but not wider than is good for bars."""
        self.width, self.height = min(width, 440.0), 168.0
        return self.width, self.height

    def draw(self) -> None:
        """Draw axis and grid, then bars, then labels."""
        canvas, theme = self.canv, self.theme
        left, bottom, top = 38.0, 28.0, self.height - (14 if len(self.series) == 1 else 24)
        highest = max(value for _, values in self.rows for value in values)
        step = next(s for s in (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000) if highest / s <= 5)
        ticks = int(highest // step) + 1
        scale = (top - bottom) / (ticks * step)
        canvas.setFont(theme.font, 7)
        for tick in range(ticks + 1):
            y = bottom + tick * step * scale
            canvas.setStrokeColor(HexColor("#cccccc"))
            canvas.setLineWidth(0.4)
            canvas.line(left, y, self.width, y)
            canvas.setFillColor(HexColor("#444444"))
            canvas.drawRightString(left - 4, y - 2.4, str(tick * step))
        self._bars(canvas, left, bottom, scale)
        canvas.saveState()
        canvas.rotate(90)
        canvas.setFillColor(HexColor("#444444"))
        canvas.drawCentredString((bottom + top) / 2, -9, self.axis)
        canvas.restoreState()
        self._legend(canvas, left)

    def _bars(self, canvas: Canvas, left: float, bottom: float, scale: float) -> None:
        slot = (self.width - left) / len(self.rows)
        bar = slot * 0.62 / len(self.series)
        for at, (label, values) in enumerate(self.rows):
            for k, value in enumerate(values):
                x = left + slot * at + slot * 0.19 + bar * k
                canvas.setFillColor(HexColor((self.theme.primary, self.theme.accent)[k]))
                canvas.rect(x, bottom, bar, value * scale, stroke=0, fill=1)
                canvas.setFillColor(HexColor("#222222"))
                canvas.drawCentredString(x + bar / 2, bottom + value * scale + 2, f"{value:g}")
            for line, part in enumerate(label.split("/")):
                canvas.drawCentredString(left + slot * (at + 0.5), bottom - 10 - 8 * line, part.strip())

    def _legend(self, canvas: Canvas, left: float) -> None:
        if len(self.series) == 1:
            return
        x = left
        for k, name in enumerate(self.series):
            canvas.setFillColor(HexColor((self.theme.primary, self.theme.accent)[k]))
            canvas.rect(x, self.height - 9, 7, 7, stroke=0, fill=1)
            canvas.setFillColor(HexColor("#222222"))
            canvas.drawString(x + 10, self.height - 8.5, name)
            x += 26 + canvas.stringWidth(name, self.theme.font, 7)
