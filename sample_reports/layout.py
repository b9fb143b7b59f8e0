"""Lay a source out as a PDF: blocks to flowables, pages with running heads, notes and labels."""

from __future__ import annotations

import os
import re
import unicodedata
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from charts import BarChart
from covers import draw_cover
from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus.tableofcontents import TableOfContents
from source import LABEL, Block, Source, text_blocks
from themes import PAGE, THEMES, make_styles

WIDTH, HEIGHT = PAGE
GAP = 20.0  # between columns
ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")


class DocumentBuilder(BaseDocTemplate):
    """One sample document. `labels[n - 1]` is the printed number of page n, "" on the cover."""

    def __init__(self, source: Source, out: Path, hyphens: dict[str, str]) -> None:
        self.source, self.hyphens = source, hyphens
        self.theme = THEMES[source.head["theme"]]
        self.styles = make_styles(self.theme)
        self.body_starts = 0  # page number of the first page numbered 1
        self.chapter = ""
        self.figures = 0
        self.headings = 0
        head = source.head
        os.environ["SOURCE_DATE_EPOCH"] = str(head["made"])  # reportlab's creation date
        super().__init__(
            str(out), pagesize=PAGE, invariant=1, pageCompression=1, title=head["metadata_title"],
            author=head["metadata_author"], subject="", creator=head["creator"],
        )  # fmt: skip

    def make(self) -> None:
        """Build in several passes until the table of contents is stable."""
        self.addPageTemplates([PageTemplate("cover", [Frame(0, 0, WIDTH, HEIGHT)], onPage=self._cover)])
        self.addPageTemplates([self._template("one"), self._template("two")])
        self.multiBuild(self._story(), maxPasses=6)

    # -- pages ---------------------------------------------------------------------------------------

    def label(self, page: int) -> str:
        """Printed number of a page."""
        if self.body_starts and page >= self.body_starts:
            return str(page - self.body_starts + 1)
        return "" if page == 1 else ROMAN[page - 1]

    def _template(self, layout: str, name: str = "", title: float = 0, notes: tuple[str, ...] = ()) -> PageTemplate:
        margin = self.theme.margin
        note_flowables = [Paragraph(text, self.styles["note"]) for text in notes]
        note_height = sum(note.wrap(WIDTH - 2 * margin, 400)[1] + 2 for note in note_flowables)
        bottom = 62 + (note_height + 12 if notes else 0)
        top = HEIGHT - 66
        frames = []
        if title:
            frames.append(Frame(margin, top - title, WIDTH - 2 * margin, title, 0, 0, 0, 0))
            top -= title
        columns = 2 if layout == "two" else 1
        width = (WIDTH - 2 * margin - GAP * (columns - 1)) / columns
        lefts = [margin + column * (width + GAP) for column in range(columns)]
        frames += [Frame(left, bottom, width, top - bottom, 0, 0, 0, 0) for left in lefts]
        end = partial(self._furniture, notes=note_flowables, bottom=bottom)
        return PageTemplate(name or layout, frames, onPageEnd=end, autoNextPageTemplate=layout)

    def _cover(self, canvas: Canvas, _doc: BaseDocTemplate) -> None:
        draw_cover(canvas, self.theme, self.source.head)

    def _furniture(self, canvas: Canvas, doc: BaseDocTemplate, notes: list[Paragraph], bottom: float) -> None:
        """Footnotes, running head and page number, drawn after the page's text."""
        margin, theme = self.theme.margin, self.theme
        y = bottom - 10
        if notes:
            canvas.setLineWidth(0.4)
            canvas.line(margin, y, margin + 110, y)
        for note in notes:
            height = note.wrap(WIDTH - 2 * margin, 400)[1]
            y -= height + 2
            note.drawOn(canvas, margin, y)
        canvas.saveState()
        canvas.setFont(theme.font, 7.6)
        canvas.setFillColor(HexColor("#555555"))
        canvas.drawString(margin, HEIGHT - 42, self.source.head["running"])
        canvas.drawRightString(WIDTH - margin, HEIGHT - 42, self.chapter)
        canvas.setStrokeColor(HexColor(theme.accent))
        canvas.setLineWidth(0.7)
        canvas.line(margin, HEIGHT - 48, WIDTH - margin, HEIGHT - 48)
        canvas.setFont(theme.bold, 8.5)
        canvas.drawCentredString(WIDTH / 2, 34, self.label(doc.page))
        canvas.restoreState()

    def beforeDocument(self) -> None:  # noqa: N802 - reportlab's name
        """Start a pass."""
        self.chapter, self.headings = "", 0

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - reportlab's name
        """Note headings for the contents, the outline and the running head."""
        if hasattr(flowable, "body_mark"):
            self.body_starts = self.page
        level = {"h1": 0, "h2": 1}.get(getattr(getattr(flowable, "style", None), "name", ""))
        if level is None:
            return
        text = unicodedata.normalize("NFKC", flowable.getPlainText())
        if level == 0:
            self.chapter = text
        self.headings += 1
        key = f"heading{self.headings}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(text, key, level, closed=True)
        self.notify("TOCEntry", (level, escape(text), self.page, key))

    def afterPage(self) -> None:  # noqa: N802 - reportlab's name
        """Page labels: none on the cover, roman in the front matter, arabic from the body on."""
        if self.page == 1:
            self.canv.addPageLabel(0, prefix="Cover")
        elif self.page == self.body_starts:
            self.canv.addPageLabel(self.page - 1, "ARABIC", 1)
        elif self.page == 2:
            self.canv.addPageLabel(1, "ROMAN_LOWER", 2)

    # -- text ----------------------------------------------------------------------------------------

    def _story(self) -> list[Flowable]:
        story: list[Flowable] = []
        blocks = self.source.blocks
        for at, block in enumerate(blocks):
            if block.kind == "page":
                story.extend(self._new_page(block, blocks[at + 1 :]))
            elif block.kind == "body":
                mark = Spacer(0, 0)
                mark.body_mark = True
                story.append(mark)
            elif block.kind == "columns":
                story.append(FrameBreak())
            elif block.kind != "note":
                story.extend(self._flowables(block))
                if block.kind == "item" and blocks[at + 1 : at + 2] and blocks[at + 1].kind == "p":
                    story.append(Spacer(0, self.theme.size * 0.4))
        return story

    def _new_page(self, block: Block, following: tuple[Block, ...]) -> list[Flowable]:
        layout, *options = block.argument.split()
        title = next((float(option[6:]) for option in options if option.startswith("title=")), 0.0)
        notes = []
        for later in following:
            if later.kind == "page":
                break
            if later.kind == "note":
                notes.append(f"<super>{later.argument}</super> {self._inline(later.text)}")
        name = f"page{len(self.pageTemplates)}"
        self.addPageTemplates([self._template(layout, name, title, tuple(notes))])
        return [NextPageTemplate(name), PageBreak()]

    def _flowables(self, block: Block) -> list[Flowable]:
        if block.kind in ("h1", "h2", "h3"):
            return [Paragraph(self._inline(block.argument, hyphens=False), self.styles[block.kind])]
        if block.kind in ("p",):
            return [Paragraph(self._inline(block.text), self.styles[block.kind])]
        if block.kind == "item":
            return [Paragraph(self._inline(block.text), self.styles["item"], bulletText=block.argument or "•")]
        if block.kind in ("caps", "signature"):
            return [Paragraph(self._inline(line), self.styles[block.kind]) for line in block.lines if line.strip()]
        return getattr(self, f"_{block.kind}")(block)

    def _inline(self, text: str, hyphens: bool = True) -> str:
        """Source mark-up to reportlab mark-up, with soft hyphens and ligatures as the theme wants."""
        text = LABEL.sub(r"\2", text)
        if self.theme.justified and hyphens:
            text = re.sub(r"[A-Za-z]{6,}", lambda m: _hyphenate(m[0], self.hyphens), text)
        if self.theme.ligatures:
            text = text.replace("ffi", "f\ufb01").replace("fi", "\ufb01").replace("fl", "\ufb02")
        text = escape(text)
        text = re.sub(r"\*\*(.+?)\*\*", rf'<font name="{self.theme.bold}">\1</font>', text)
        text = re.sub(r"\*(.+?)\*", rf'<font name="{self.theme.italic}">\1</font>', text)
        return re.sub(r"\[\^(\d+)\]", r"<super>\1</super>", text)

    def _toc(self, _block: Block) -> list[Flowable]:
        toc = TableOfContents(dotsMinLevel=0, rightColumnWidth=36, formatter=self.label)
        toc.levelStyles = [self.styles["toc0"], self.styles["toc1"]]
        toc.tableStyle = TableStyle([(side, (0, 0), (-1, -1), 0.6) for side in ("TOPPADDING", "BOTTOMPADDING")])
        title = Paragraph("Table of Contents", self.styles["h1"].clone("toc-title"))
        return [title, toc]

    def _quote(self, block: Block) -> list[Flowable]:
        *lines, speaker = block.lines if block.lines[-1].startswith("—") else (*block.lines, "")
        parts = [Paragraph(self._inline(" ".join(lines)), self.styles["quote"])]
        if speaker:
            parts.append(Paragraph(self._inline(speaker), self.styles["caption"]))
        bar = [("LINEBEFORE", (0, 0), (0, -1), 3, HexColor(self.theme.accent)), ("LEFTPADDING", (0, 0), (-1, -1), 10)]
        return [Spacer(0, 6), Table([[parts]], style=bar, hAlign="LEFT"), Spacer(0, 8)]

    def _callout(self, block: Block) -> list[Flowable]:
        parts: list[Flowable] = [Paragraph(self._inline(block.argument, hyphens=False), self.styles["callout-title"])]
        for inner in text_blocks(block.lines):
            item = inner.kind == "item"
            style = self._list_in_box() if item else self.styles["callout"]
            parts.append(
                Paragraph(self._inline(inner.text), style, bulletText=(inner.argument or "•") if item else None)
            )
        look: list[tuple[Any, ...]] = [
            ("BACKGROUND", (0, 0), (-1, -1), HexColor(self.theme.tint)),
            ("ROUNDEDCORNERS", [7, 7, 7, 7]),
        ]
        look += [(side, (0, 0), (-1, -1), 9) for side in ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")]
        return [Spacer(0, 4), Table([[parts]], style=look), Spacer(0, 10)]

    def _list_in_box(self) -> ParagraphStyle:
        return self.styles["callout"].clone("callout-item", leftIndent=12, bulletIndent=2)

    def _table(self, block: Block) -> list[Flowable]:
        """`:::table 3,2,2 | Caption`: shares of the width, then rows with `|` between cells."""
        shares, _, caption = block.argument.partition("|")
        parts = [float(share) for share in shares.split(",")]
        width = self._column_width(block)
        rows = [[cell.strip() for cell in line.split("|")] for line in block.lines if line.strip()]
        if bad := [row for row in rows if len(row) != len(parts)]:
            raise ValueError(f"{self.source.path.name}: row of a table has {len(bad[0])} cells: {bad[0]}")
        cells = [[Paragraph(self._inline(cell), self.styles["cell-head" if at == 0 else "cell"]) for cell in row]
                 for at, row in enumerate(rows)]  # fmt: skip
        primary = HexColor(self.theme.primary)
        look: list[tuple[Any, ...]] = [("BACKGROUND", (0, 0), (-1, 0), primary), ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 3.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 4.5),
                ("LEFTPADDING", (0, 0), (-1, -1), 5), ("RIGHTPADDING", (0, 0), (-1, -1), 4)]  # fmt: skip
        if self.theme.grid:
            look.append(("GRID", (0, 0), (-1, -1), 0.5, HexColor("#9aa5ab")))
        else:
            look += [("ROWBACKGROUNDS", (0, 1), (-1, -1), [HexColor("#ffffff"), HexColor(self.theme.tint)]),
                     ("LINEBELOW", (0, 0), (-1, -1), 0.5, primary)]  # fmt: skip
        table = Table(cells, [width * part / sum(parts) for part in parts], repeatRows=1, style=look, hAlign="LEFT")
        title = [
            Paragraph(self._inline(caption.strip()), self.styles["caption"].clone("tc", spaceAfter=3, keepWithNext=1))
        ]
        return [*(title if caption.strip() else []), table, Spacer(0, 12)]

    def _column_width(self, block: Block) -> float:
        """Width of the column in which the block stands: the layout of the last `@page` before it."""
        layout = "one"
        for other in self.source.blocks:
            if other is block:
                break
            if other.kind == "page":
                layout = other.argument.split()[0]
        full = WIDTH - 2 * self.theme.margin
        return (full - GAP) / 2 if layout == "two" else full

    def _chart(self, block: Block) -> list[Flowable]:
        """`:::chart Axis label | Series[, Series] | Caption`, rows `Label | value[, value]`."""
        axis, series, caption = (part.strip() for part in block.argument.split("|"))
        rows = []
        for line in block.lines:
            label, _, values = line.partition("|")
            rows.append((label.strip(), [float(value) for value in values.split(",")]))
        self.figures += 1
        chart = BarChart(axis, [name.strip() for name in series.split(",")], rows, self.theme)
        text = f"**Figure {self.figures}.** {caption}"
        return [KeepTogether([chart, Paragraph(self._inline(text), self.styles["caption"])])]


def _hyphenate(word: str, hyphens: dict[str, str]) -> str:
    """The word with soft hyphens where the word list allows a break; capitals kept."""
    known = hyphens.get(word.lower())
    if known is None:
        return word
    letters = iter(word)
    return "".join("\u00ad" if sign == "-" else next(letters) for sign in known)


def check_cover_fits(source: Source) -> None:
    """Refuse covers whose title would run into the art."""
    theme = THEMES[source.head["theme"]]
    lines = len(simpleSplit(source.head["title"], theme.bold, 34, 480)) + len(source.head["hospitals"])
    if lines > 6:
        raise ValueError(f"{source.path.name}: the cover holds at most six lines of title and names")
