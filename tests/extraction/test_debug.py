"""Pictures of what was seen on a page, and the reasons why text was left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from extraction_pages import WIDTH, write
from PIL import Image

from chna_toolkit.extraction import read_document
from chna_toolkit.extraction.drawing import draw_pages
from chna_toolkit.extraction.watch import Watch
from chna_toolkit.model import Kind

PLACES = ["school", "church", "shelter", "library", "market"]


def page(canvas, number: int) -> None:
    place = PLACES[number]
    write(canvas, 72, 30, "Hill County Hospital plan", 9)
    write(canvas, 72, 90, "Partners", 20, "Helvetica-Bold")
    write(canvas, 72, 140, f"We met with every {place} in town,\nand the {place} agreed to share its data.")
    write(canvas, 72, 180, f"• The {place} opened its doors.")
    for step, (left, right) in enumerate([("Owner", "Measure"), ("School", "Visits"), ("Church", "Meals")]):
        write(canvas, 104, 306 + 30 * step, left, 10, "Helvetica-Bold" if not step else "Helvetica")
        write(canvas, 204, 306 + 30 * step, right, 10, "Helvetica-Bold" if not step else "Helvetica")
    canvas.grid([100, 200, 300], [792 - y for y in (300, 330, 360, 390)])
    write(canvas, 300, 760, str(number + 1), 9)


@pytest.fixture
def seen(make_pdf):
    def first(canvas):
        page(canvas, 0)
        write(canvas, 72, 420, "Twice as dark.")
        write(canvas, 72.4, 420, "Twice")  # PDFium itself drops what is the same text in one go
        write(canvas, WIDTH + 40, 300, "In the bleed.")
        canvas.rotate(90)
        canvas.drawString(300, -560, "Up the side.")

    path = make_pdf(first, *[lambda canvas, number=number: page(canvas, number) for number in range(1, 5)])
    watch = Watch(explains=True)
    return path, read_document(path, None, watch), watch


def test_every_text_left_out_is_told_with_its_place_and_reason(seen):
    _, _, watch = seen
    told = {(one.page, one.reason, one.text) for one in watch.asides}
    assert {
        (1, "running head", "Hill County Hospital plan"),
        (5, "running head", "Hill County Hospital plan"),
        (3, "page number", "3"),
        (1, "outside the page", "In the bleed."),
        (1, "set sideways", "Up the side."),
        (1, "printed twice", "Twice"),
    } <= told
    head = next(one for one in watch.asides if one.text.startswith("Hill") and one.page == 2)
    assert 70 < head.box[0] < 74
    assert 20 < head.box[1] < head.box[3] < 50


def test_blocks_come_in_reading_order_with_kind_and_tables_with_cells(seen):
    _, document, watch = seen
    kinds = [piece.kind for piece in watch.pieces if piece.page == 2]
    assert kinds == [Kind.HEADING, Kind.PARAGRAPH, Kind.LIST_ITEM, Kind.TABLE_CELL]
    assert [len(grid.cells) for grid in watch.grids] == [6] * 5
    boxes = [piece.box for piece in watch.pieces if piece.page == 2]
    assert [box[1] for box in boxes] == sorted(box[1] for box in boxes)
    assert document == read_document(seen[0])  # to explain changes nothing


def test_without_being_asked_nothing_is_kept(make_pdf):
    watch = Watch()
    read_document(make_pdf(lambda canvas: page(canvas, 0)), None, watch)
    assert (watch.asides, watch.pieces, watch.grids) == ([], [], [])
    assert {"open", "words", "tables", "layout", "structure"} <= set(watch.costs)


def colors(path: Path) -> set[tuple[int, int, int]]:
    return {color for _, color in Image.open(path).convert("RGB").getcolors(1 << 24)}


def test_the_chosen_pages_are_drawn_with_what_was_seen(seen, tmp_path):
    path, document, watch = seen
    files = draw_pages(path, document, watch, tmp_path / "out", {1, 3, 77})
    assert files == [tmp_path / "out" / "p001.png", tmp_path / "out" / "p003.png"]
    picture = Image.open(files[0])
    assert picture.width > 900
    assert picture.height > picture.width
    # Frames of a heading, a paragraph, an item, a table's cells and of what was left out.
    assert {(0, 95, 160), (0, 125, 90), (190, 120, 0), (160, 70, 130), (200, 60, 0)} <= colors(files[0])
    assert draw_pages(path, document, watch, tmp_path / "again", ()) == [
        tmp_path / "again" / f"p00{number}.png" for number in range(1, 6)
    ]
    assert (tmp_path / "again" / "p001.png").read_bytes() == files[0].read_bytes()


def test_a_page_without_text_is_drawn_and_one_that_cannot_be_read_is_not(make_pdf, tmp_path):
    path = make_pdf(lambda canvas: canvas.rect(100, 100, 300, 300, fill=1), lambda canvas: page(canvas, 0))
    watch = Watch(explains=True, lost={2: "crash"})
    document = read_document(path, None, watch)
    assert [file.name for file in draw_pages(path, document, watch, tmp_path / "out", ())] == ["p001.png"]
