"""What a block is: headings with levels and section paths, lists, captions, footnotes, tables."""

from __future__ import annotations

from extraction_pages import texts, write

from chna_toolkit.model import Kind

FILLER = "The county nurses visit every school in the valley.\nThey also hold a clinic in the village hall each week."


def test_headings_have_levels_and_passages_their_section_path(read):
    def page(c):
        write(c, 50, 60, "Implementation Strategy", 22, "Helvetica-Bold")
        write(c, 50, 110, "Priority 1: Housing", 15, "Helvetica-Bold")
        write(c, 50, 140, FILLER)
        write(c, 50, 200, "Priority 2: Food", 15, "Helvetica-Bold")
        write(c, 50, 230, FILLER)

    document = read(page, page, page)
    headings = [(p.text, p.level) for p in document.passages if p.kind is Kind.HEADING][:3]
    assert headings == [("Implementation Strategy", 1), ("Priority 1: Housing", 2), ("Priority 2: Food", 2)]
    last = [p for p in document.passages if p.page == 1][-1]
    assert last.section == ("Implementation Strategy", "Priority 2: Food")


def test_numbers_nest_headings_of_the_same_look(read):
    def page(c):
        for top, text in ((60, "2 Findings"), (140, "2.1 Access to care"), (220, "2.1.1 Transport"), (300, "3 Next")):
            write(c, 50, top, text, 13, "Helvetica-Bold")
            write(c, 50, top + 25, FILLER)

    levels = [p.level for p in read(page).passages if p.kind is Kind.HEADING]
    assert levels == [1, 2, 3, 1]


def test_bullets_and_numbers_start_items_and_are_no_text(read):
    def page(c):
        write(c, 50, 80, "Our partners are:")
        write(c, 60, 110, "•")
        write(c, 75, 110, "the food bank, which runs the\npantry on the east side;")
        write(c, 60, 145, "•   the school district.")
        write(c, 60, 180, "1. Expand the clinic.")
        write(c, 60, 200, "2. Hire two drivers.")

    assert texts(read(page), Kind.LIST_ITEM) == [
        "the food bank, which runs the pantry on the east side;",
        "the school district.",
        "Expand the clinic.",
        "Hire two drivers.",
    ]


def test_a_number_that_a_full_line_put_first_starts_no_item(read):
    def page(c):
        write(
            c,
            50,
            80,
            "The plan has two aims: 1) to open the clinic, and\n2) to keep it open for all who live here.",
        )

    assert texts(read(page)) == [
        "The plan has two aims: 1) to open the clinic, and 2) to keep it open for all who live here."
    ]


def test_captions_and_sources_are_apart_from_prose(read):
    def page(c):
        write(c, 50, 80, FILLER)
        write(c, 50, 130, "Figure 3: Residents without insurance, 2024", 9, "Helvetica-Bold")
        write(c, 50, 160, "Source: survey of the valley, 2024.", 8)
        write(c, 50, 200, "Figure 3 below shows who has no insurance and where in the valley they live now.")

    assert texts(read(page), Kind.CAPTION) == [
        "Figure 3: Residents without insurance, 2024",
        "Source: survey of the valley, 2024.",
    ]


def test_a_footnote_is_a_footnote(read):
    def page(c):
        write(c, 50, 80, "\n".join([FILLER] * 5))
        write(c, 50, 700, "1 Interviews were held in March, by telephone.", 8)

    assert texts(read(page), Kind.FOOTNOTE) == ["1 Interviews were held in March, by telephone."]


def test_a_table_of_contents_builds_no_sections(read):
    def contents(c):
        write(c, 50, 60, "Contents", 20, "Helvetica-Bold")
        write(
            c,
            50,
            100,
            "Who we are ........................ 4\nHow we listened ................... 9",
            11,
            "Helvetica-Bold",
        )

    document = read(contents)
    assert texts(document, Kind.LIST_ITEM) == ["Who we are", "How we listened"]
    assert texts(document, Kind.HEADING) == ["Contents"]


def table(c, top, rows, edges, height=30, outer=True):
    for number, row in enumerate(rows):
        font = "Helvetica-Bold" if number == 0 else "Helvetica"
        for x, text in zip(edges, row, strict=False):
            write(c, x + 4, top + number * height + 4, text, 9, font)
    bottom = top + len(rows) * height
    for number in range(len(rows) + 1):
        y = 792 - top - number * height
        c.line(edges[0], y, edges[-1], y)
    for x in edges if outer else edges[1:-1]:
        c.line(x, 792 - top, x, 792 - bottom)


ROWS = [
    ("Strategy", "Partner", "Owner"),
    ("Open a food pantry", "Valley food bank", "Director of nursing"),
    ("Train community\nhealth workers", "State college", "Dr. Example"),
]


def test_cells_carry_their_headers_and_leave_the_prose(read):
    def page(c):
        write(c, 50, 60, FILLER)
        table(c, 120, ROWS, (50, 220, 380, 560))
        write(c, 50, 260, "After the table the text goes on.")

    document = read(page)
    cells = {p.text: (p.row_header, p.column_header) for p in document.passages if p.kind is Kind.TABLE_CELL}
    assert cells["Valley food bank"] == ("Open a food pantry", "Partner")
    assert cells["Dr. Example"] == ("Train community health workers", "Owner")
    assert cells["Train community health workers"] == ("", "Strategy")
    assert len(texts(document, Kind.PARAGRAPH)) == 3
    assert texts(document)[-1] == "After the table the text goes on."
    cell_blocks = [p.block for p in document.passages if p.kind is Kind.TABLE_CELL]
    assert len(set(cell_blocks)) == len(cell_blocks) == 9


def test_a_table_without_outer_edges_is_a_table(read):
    def page(c):
        table(c, 120, ROWS, (50, 220, 380, 560), outer=False)

    cells = {p.text: p.column_header for p in read(page).passages if p.kind is Kind.TABLE_CELL}
    assert cells["State college"] == "Partner"


def test_a_table_ruled_only_across_is_a_table(read):
    def page(c):
        table(c, 120, [*ROWS, ("Repair roofs", "Carpenters", "Facilities")], (50, 220, 380, 560), outer=False)

    def bare(c):
        line = c.line
        c.line = lambda x0, y0, x1, y1: line(x0, y0, x1, y1) if y0 == y1 else None
        page(c)

    cells = {p.text: (p.row_header, p.column_header) for p in read(bare).passages if p.kind is Kind.TABLE_CELL}
    assert cells["Carpenters"] == ("Repair roofs", "Partner")


def test_a_table_over_two_pages_keeps_its_column_headers(read):
    def first(c):
        write(c, 50, 560, FILLER)
        table(c, 620, ROWS, (50, 220, 380, 560))

    def second(c):
        table(
            c,
            60,
            [("Buy a van", "Bus company", "Facilities"), ("Plant trees", "Scouts", "Gardener")],
            (50, 220, 380, 560),
        )

    def plain(c):
        c.setFont = lambda font, size, set_font=c.setFont: set_font("Helvetica", size)
        second(c)

    cells = {p.text: (p.row_header, p.column_header) for p in read(first, plain).passages if p.kind is Kind.TABLE_CELL}
    assert cells["Bus company"] == ("Buy a van", "Partner")
    assert cells["Scouts"] == ("Plant trees", "Partner")


def test_a_framed_call_out_is_no_table(read):
    def page(c):
        c.rect(45, 792 - 130, 400, 60)
        write(c, 50, 80, FILLER)

    assert texts(read(page), Kind.TABLE_CELL) == []


def test_one_coloured_word_above_prose_is_a_heading(read):
    def page(c):
        for number, word in enumerate(("Heat", "Floods")):
            c.setFillColorRGB(0.8, 0.1, 0.1)
            write(c, 50, 100 + 100 * number, word)
            c.setFillColorRGB(0, 0, 0)
            prose = f"The nurses of ward {number} visit every school in the valley.\nThey hold a clinic in the village."
            write(c, 50, 114 + 100 * number, prose)

    document = read(page)
    assert texts(document, Kind.HEADING) == ["Heat", "Floods"]
    assert document.passages[-1].section == ("Floods",)
