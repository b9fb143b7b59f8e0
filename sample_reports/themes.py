"""Looks of the sample documents: fonts, colours and the paragraph styles made from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PAGE = letter


@dataclass(frozen=True)
class Theme:
    """A look. `cover` names the drawing in covers.py; `grid` rules the tables fully."""

    cover: str
    font: str = "Helvetica"
    bold: str = "Helvetica-Bold"
    italic: str = "Helvetica-Oblique"
    heading: str = "Helvetica-Bold"
    size: float = 9.6
    primary: str = "#0b4f6c"
    accent: str = "#01a7c2"
    tint: str = "#e3f2f6"
    ink: str = "#222222"
    margin: float = 54
    justified: bool = True
    ligatures: bool = False
    grid: bool = True

    @property
    def leading(self) -> float:
        """Line distance in points."""
        return self.size * 1.36


THEMES = {
    "saltmarsh": Theme("waves"),
    "saltmarsh-plan": Theme("waves", primary="#0b4f6c", accent="#e0a030", tint="#fdf4e1", justified=False),
    "lowmoor": Theme("blocks", font="Times-Roman", bold="Times-Bold", italic="Times-Italic", size=10.6,
                     primary="#4a2545", accent="#c86b4a", tint="#f7ece6"),
    "cinder": Theme("hills", size=10.3, primary="#33553e", accent="#b5651d", tint="#e9f0e6",
                    justified=False, grid=False),
    "cinder-vera": Theme("hills", font="Vera", bold="Vera-Bold", italic="Vera-Italic", heading="Vera-Bold",
                         size=8.9, primary="#2f4a6b", accent="#b5651d", tint="#e6ecf3", ligatures=True,
                         grid=False),
    "flats": Theme("rings", primary="#5a3d1c", accent="#d08c34", tint="#f6eddc"),
    "typescript": Theme("plain", font="Times-Roman", bold="Times-Bold", italic="Times-Italic",
                        heading="Times-Bold", size=12.6, primary="#1f3864", accent="#6c83b3",
                        tint="#e7e9ef", margin=72, justified=False),
    "scan": Theme("plain", font="Times-Roman", bold="Times-Bold", italic="Times-Italic", heading="Times-Bold",
                  size=13, primary="#111111", accent="#333333", tint="#eeeeee", ink="#111111", margin=68),
}  # fmt: skip


def register_fonts() -> None:
    """Bitstream Vera comes with reportlab; it is the one embedded font (it has ligatures)."""
    folder = Path(reportlab.__file__).parent / "fonts"
    for name, file in (("Vera", "Vera.ttf"), ("Vera-Bold", "VeraBd.ttf"), ("Vera-Italic", "VeraIt.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily("Vera", "Vera", "Vera-Bold", "Vera-Italic", "Vera-Bold")


def make_styles(theme: Theme) -> dict[str, ParagraphStyle]:
    """Paragraph styles by the block kinds of source.py, plus those of table cells and notes."""
    size, leading = theme.size, theme.leading
    primary, accent = HexColor(theme.primary), HexColor(theme.accent)
    p = ParagraphStyle("p", fontName=theme.font, fontSize=size, leading=leading, spaceAfter=size * 0.65,
                       textColor=HexColor(theme.ink), allowWidows=0, allowOrphans=0,
                       alignment=TA_JUSTIFY if theme.justified else 0)  # fmt: skip

    def derive(name: str, **changes: object) -> ParagraphStyle:
        return ParagraphStyle(name, parent=p, **changes)

    def head(name: str, points: float, **changes: object) -> ParagraphStyle:
        return derive(name, fontName=theme.heading, fontSize=points, leading=points * 1.18, textColor=primary,
                      alignment=0, keepWithNext=1, **changes)  # fmt: skip

    small = size - 1.5
    styles = (
        p,
        head("h1", size * 2.1, spaceBefore=size * 1.6, spaceAfter=size),
        head("h2", size * 1.4, spaceBefore=size * 0.9, spaceAfter=size * 0.5),
        head("h3", size * 1.08, spaceBefore=size * 0.5, spaceAfter=size * 0.3),
        derive("item", bulletFontName=theme.font, leftIndent=14, bulletIndent=3, spaceAfter=size * 0.35, alignment=0),
        derive("quote", fontName=theme.italic, fontSize=size * 1.25, leading=size * 1.65, textColor=accent,
               alignment=0),
        derive("callout", fontSize=size - 0.4, leading=leading - 0.8, spaceAfter=4, alignment=0),
        derive("callout-title", fontName=theme.bold, fontSize=size + 1, leading=leading, textColor=primary,
               spaceAfter=4, alignment=0),
        derive("cell", fontSize=small, leading=small * 1.28, spaceAfter=0, alignment=0),
        derive("cell-head", fontName=theme.bold, fontSize=small, leading=small * 1.28, spaceAfter=0, alignment=0,
               textColor=HexColor("#ffffff")),
        derive("caption", fontName=theme.italic, fontSize=small, leading=small * 1.3, spaceAfter=size, alignment=0),
        derive("note", fontSize=7.2, leading=9, spaceAfter=1, alignment=0),
        derive("caps", fontSize=8.4, leading=10.6, spaceAfter=3, alignment=0),
        derive("signature", fontName=theme.italic, leading=leading, spaceBefore=4, alignment=0),
        derive("toc0", fontName=theme.bold, spaceBefore=2, spaceAfter=0, alignment=0),
        derive("toc1", leftIndent=16, fontSize=small + 0.3, leading=small * 1.2, spaceAfter=0, alignment=0),
    )  # fmt: skip
    return {style.name: style for style in styles}
