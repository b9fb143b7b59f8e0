"""Statistical tables ruled only across, as journals and statistical offices set them."""

from __future__ import annotations

from extraction_pages import HEIGHT, texts, write

from chna_toolkit.model import Kind

COLUMNS = (180, 250, 330, 400)


def cells(document):
    return {p.text: (p.row_header, p.column_header) for p in document.passages if p.kind is Kind.TABLE_CELL}


def figures(c, top, rows):
    """Rows of a name and four figures; a name alone is a band."""
    for number, (name, *values) in enumerate(rows):
        write(c, 56, top + 16 * number, name, 9, "Helvetica" if values else "Helvetica-Bold")
        for x, value in zip(COLUMNS, values, strict=False):
            write(c, x, top + 16 * number, value, 9)


ROWS = [
    ("Women",),
    ("Valley North", "411", "10.1", "511", "12.4"),
    ("Valley South", "422", "10.2", "522", "12.5"),
    ("Men",),
    ("Valley East", "433", "10.3", "533", "12.6"),
    ("Valley West", "444", "10.4", "544", "12.7"),
]


def statistics(c, top=100):
    for y in (top, top + 45, top + 150):
        c.line(50, HEIGHT - y, 460, HEIGHT - y)
    for left, right, name in ((178, 290, "Asthma"), (328, 440, "Diabetes")):
        write(c, left + 30, top + 6, name, 9)
        c.line(left, HEIGHT - top - 21, right, HEIGHT - top - 21)
    for x, name in zip((56, *COLUMNS), ("Place", "No.", "Rate", "No.", "Rate"), strict=True):
        write(c, x, top + 28, name, 9)
    figures(c, top + 50, ROWS)


def test_columns_come_from_white_and_heads_span_what_their_rule_spans(read):
    found = cells(read(statistics))
    assert found["10.4"] == ("Men / Valley West", "Asthma / Rate")
    assert found["511"] == ("Women / Valley North", "Diabetes / No.")
    assert [name for name in ("Women", "Asthma", "Diabetes", "Place", "Rate", "12.7") if name not in found] == []


def test_a_row_of_years_is_a_head(read):
    def page(c):
        for y in (100, 125, 190):
            c.line(50, HEIGHT - y, 460, HEIGHT - y)
        for x, year in zip((56, *COLUMNS), ("Place", "2018", "2019", "2020", "2021"), strict=True):
            write(c, x, 106, year, 9)
        figures(c, 130, [row for row in ROWS if len(row) > 1][:3])

    assert cells(read(page))["522"] == ("Valley South", "2020")


def test_leaders_belong_to_no_cell(read):
    def page(c):
        for y in (100, 125, 200):
            c.line(50, HEIGHT - y, 460, HEIGHT - y)
        for x, name in zip((56, *COLUMNS), ("Place", "A", "B", "C", "D"), strict=True):
            write(c, x, 106, name, 9)
        figures(c, 130, [(f"{name} . . . . . .", *values) for name, *values in ROWS if values])

    assert "Valley North" in cells(read(page))


def test_prose_between_two_rules_is_no_table(read):
    def page(c):
        for y in (60, 700):
            c.line(50, HEIGHT - y, 560, HEIGHT - y)
        for column, x in enumerate((50, 310)):
            prose = "\n".join(f"In {2001 + n} some {n}{column} of 100 nurses visited 12 homes." for n in range(30))
            write(c, x, 100, prose, 9)

    document = read(page)
    assert texts(document, Kind.TABLE_CELL) == []


def test_a_charts_gridlines_make_no_table(read):
    def page(c):
        for number in range(6):
            c.line(80, HEIGHT - 100 - 40 * number, 460, HEIGHT - 100 - 40 * number)
            write(c, 55, 95 + 40 * number, str(100 - 20 * number), 8)
        for number in range(5):
            write(c, 100 + 70 * number, 310, str(2018 + number), 8)

    assert texts(read(page), Kind.TABLE_CELL) == []
