"""Tables: cells with their headers, from rulings as word processors, designers and browsers draw them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from extraction_pages import HEIGHT, texts, write
from reportlab.lib.colors import lightgrey, white

from chna_toolkit.extraction import ExtractionSettings, read_document
from chna_toolkit.extraction.plumber import GaveUpError, Plumber
from chna_toolkit.model import Kind

EDGES = (50, 220, 390, 560)
HEAD = ("Strategy", "Partner", "Owner")
ROWS = [
    HEAD,
    ("Open a food pantry", "Valley food bank", "Director of nursing"),
    ("Train health workers", "State college", "Dr. Example"),
    ("Repair roofs", "Carpenters", "Facilities"),
]


def fill(c, top, rows, edges=EDGES, height=30, bold=True):
    """The words of a table, the first row in bold."""
    for number, row in enumerate(rows):
        font = "Helvetica-Bold" if number == 0 and bold else "Helvetica"
        for x, text in zip(edges, row, strict=False):
            write(c, x + 6, top + number * height + 6, text, 9, font)


def rule(c, top, count, edges=EDGES, height=30, down=True):
    """Rulings of a table of `count` rows."""
    for number in range(count + 1):
        c.line(edges[0], HEIGHT - top - number * height, edges[-1], HEIGHT - top - number * height)
    for x in edges if down else ():
        c.line(x, HEIGHT - top, x, HEIGHT - top - count * height)


def table(c, top, rows, **options):
    rule(c, top, len(rows), **{key: value for key, value in options.items() if key != "bold"})
    fill(c, top, rows, **{key: value for key, value in options.items() if key != "down"})


def cells(document):
    return {p.text: (p.row_header, p.column_header) for p in document.passages if p.kind is Kind.TABLE_CELL}


def test_shaded_text_does_not_divide_its_cell(read):
    def page(c):
        c.setFillColor(lightgrey)
        for row in range(4):
            for left, right in pairwise(EDGES):
                c.rect(left, HEIGHT - 130 - 30 * row, right - left, 30, fill=1, stroke=0)
                c.rect(left + 5, HEIGHT - 118 - 30 * row, right - left - 10, 14, fill=1, stroke=0)
        c.setFillColor("black")
        fill(c, 100, ROWS)

    assert cells(read(page))["State college"] == ("Train health workers", "Partner")


def test_rows_without_fill_between_filled_ones_are_rows_also_the_last(read):
    def page(c):
        c.setFillColor(lightgrey)
        for row in (0, 2):
            for left, right in pairwise(EDGES):
                c.rect(left, HEIGHT - 130 - 30 * row, right - left, 30, fill=1, stroke=0)
        c.setFillColor("black")
        fill(c, 100, ROWS)
        c.line(EDGES[0], HEIGHT - 220, EDGES[-1], HEIGHT - 220)

    assert cells(read(page))["Carpenters"] == ("Repair roofs", "Partner")


def test_text_over_all_columns_is_one_cell_and_heads_the_rows_below(read):
    rows = [HEAD, ROWS[1], ("", "", ""), ROWS[2]]

    def page(c):
        table(c, 100, rows)
        write(c, 150, 166, "Priority two, housing and roofs in the whole of the valley", 9)

    found = cells(read(page))
    assert "Priority two, housing and roofs in the whole of the valley" in found
    assert found["State college"][0].endswith("roofs in the whole of the valley / Train health workers")


def test_a_button_under_a_table_is_no_row(read):
    def page(c):
        table(c, 100, ROWS)
        c.rect(50, HEIGHT - 240, 80, 20)
        write(c, 56, 224, "Download", 9)

    assert "Download" not in cells(read(page))


def test_a_bold_line_above_the_rulings_is_the_head(read):
    def page(c):
        rule(c, 130, 3)
        fill(c, 112, [HEAD])
        fill(c, 130, ROWS[1:], bold=False)

    assert cells(read(page))["Dr. Example"] == ("Train health workers", "Owner")


def test_a_table_ruled_across_under_a_page_wide_rule_is_found(read):
    def page(c):
        c.line(50, HEIGHT - 50, 560, HEIGHT - 50)
        write(c, 50, 80, "The nurses visit every school in the valley and hold a clinic in the village hall.")
        table(c, 300, ROWS, down=False)

    assert cells(read(page))["State college"] == ("Train health workers", "Partner")


def test_numbers_level_over_the_columns_are_rows_without_rulings(read):
    names = "\n".join(["Alder", "Birch", "Cedar", "Dogwood", "Elm"])
    first, second = "\n".join("12345"), "\n".join(str(n) for n in range(60, 65))

    def page(c):
        rule(c, 100, 1)
        c.line(50, HEIGHT - 210, 560, HEIGHT - 210)
        for x in EDGES:
            c.line(x, HEIGHT - 100, x, HEIGHT - 210)
        fill(c, 100, [("Town", "Clinics", "Deaths")])
        for x, column in zip(EDGES, (names, first, second), strict=False):
            write(c, x + 6, 134, column, 9)

    found = cells(read(page))
    assert found["62"] == ("Cedar", "Deaths")
    assert found["5"] == ("Elm", "Clinics")


def test_bars_on_a_chart_s_grid_are_no_table(read):
    def page(c):
        for step in range(5):
            c.line(100, 400 + 30 * step, 400, 400 + 30 * step)
        for bar in range(5):
            c.rect(120 + 55 * bar, 400, 40, 40 + 17 * bar, fill=0)
            write(c, 130 + 55 * bar, HEIGHT - 400 - 36 - 17 * bar, str(20 + bar), 8)

    assert texts(read(page), Kind.TABLE_CELL) == []


def test_marked_lines_of_running_text_are_no_table(read):
    lines = [
        "The nurses visit every school in the",
        "valley and hold a clinic in the village",
        "hall each week of the year.",
    ]

    def page(c):
        c.setFillColor(lightgrey)
        for number, line in enumerate(lines):
            bottom, cut = HEIGHT - 114 - number * 13.75, 50 + c.stringWidth(line[:16], "Helvetica", 11)
            c.rect(50, bottom, cut - 50, 13.75, fill=1, stroke=0)
            c.rect(cut, bottom, 250 - cut, 13.75, fill=1, stroke=0)
        c.setFillColor("black")
        write(c, 50, 100, "\n".join(lines))

    assert texts(read(page)) == [" ".join(lines)]


def cut_over_pages(head_again: bool):
    def first(c):
        table(c, 660, ROWS[:3])

    def second(c):
        rows = [HEAD] if head_again else []
        rows += [("", "of the diocese", "and her deputy"), ROWS[3], ("Plant trees", "Scouts", "Gardener")]
        table(c, 50, rows, bold=head_again)

    return first, second


@pytest.mark.parametrize("head_again", [False, True])
def test_a_row_cut_by_the_page_end_is_joined(read, head_again):
    document = read(*cut_over_pages(head_again))
    found = cells(document)
    assert found["State college of the diocese"] == ("Train health workers", "Partner")
    assert found["Dr. Example and her deputy"] == ("Train health workers", "Owner")
    assert found["Scouts"] == ("Plant trees", "Partner")
    joined = next(p for p in document.passages if p.text == "State college of the diocese")
    assert (joined.page, joined.end_page) == (1, 2)


def test_one_row_alone_goes_on_with_the_table_of_the_page_before(read):
    def first(c):
        table(c, 660, ROWS[:3])

    def second(c):
        table(c, 50, [ROWS[3]], bold=False)
        write(c, 50, 120, "The nurses visit every school in the valley and hold a clinic in the village hall.")

    assert cells(read(first, second))["Carpenters"] == ("Repair roofs", "Partner")


def crossing(c):
    """A page whose text does not keep to the rulings it stands on."""
    rule(c, 100, 4)
    for row in range(4):
        write(c, 60, 106 + 30 * row, "one two", 9)
        write(c, 180, 106 + 30 * row, "interdepartmentally misallocated", 9)
        write(c, 400, 106 + 30 * row, "five six", 9)
        write(c, 180, 117 + 30 * row, "seven eight nine ten", 9)


@pytest.fixture
def asked(monkeypatch):
    """Pages that pdfplumber was asked for."""
    numbers: list[int] = []
    cells = Plumber.cells

    def spy(self, number):
        numbers.append(number)
        return cells(self, number)

    monkeypatch.setattr(Plumber, "cells", spy)
    return numbers


def test_clear_pages_do_not_pay_for_pdfplumber(make_pdf, asked):
    read_document(make_pdf(lambda c: table(c, 100, ROWS), lambda c: write(c, 50, 100, "Text only.")))
    assert asked == []


def test_doubtful_pages_go_to_pdfplumber(make_pdf, asked):
    read_document(make_pdf(lambda c: table(c, 100, ROWS), crossing))
    assert asked == [2]


def test_pdfplumber_for_all_ruled_pages_gives_the_same_table(make_pdf, asked):
    path = make_pdf(lambda c: table(c, 100, ROWS), lambda c: write(c, 50, 100, "Text only."))
    ours = read_document(path)
    theirs = read_document(path, ExtractionSettings(tables="pdfplumber"))
    assert asked == [1]
    assert [(p.text, p.row_header, p.column_header) for p in theirs.passages] == [
        (p.text, p.row_header, p.column_header) for p in ours.passages
    ]


def test_a_page_that_pdfplumber_cannot_read_keeps_our_reading(make_pdf, monkeypatch):
    def fail(self, number):
        raise GaveUpError("no")

    monkeypatch.setattr(Plumber, "cells", fail)
    document = read_document(make_pdf(lambda c: table(c, 100, ROWS), crossing))
    assert document.warnings == ("pdfplumber_gave_up",)
    assert cells(document)["Carpenters"] == ("Repair roofs", "Partner")


def test_pdfplumber_is_stopped_after_its_time(make_pdf, monkeypatch):
    monkeypatch.setattr("chna_toolkit.extraction.plumber.SECONDS", 0.02)

    def forever(self, number):
        while True:
            pass

    monkeypatch.setattr(Plumber, "_cells", forever)
    assert "pdfplumber_gave_up" in read_document(make_pdf(crossing)).warnings


def test_frames_are_white_boxes_too(read):
    def page(c):
        c.setFillColor(white)
        for row in range(4):
            for left, right in pairwise(EDGES):
                c.rect(left, HEIGHT - 130 - 30 * row, right - left, 30, fill=1, stroke=1)
        c.setFillColor("black")
        fill(c, 100, ROWS)

    assert cells(read(page))["Valley food bank"] == ("Open a food pantry", "Partner")


def plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()


def written_tables(source: str) -> list[list[list[str]]]:
    """The tables of a sample report's source, row by row, without the marks of what they bear."""
    found = []
    for block in re.findall(r"^:::table[^\n]*\n(.*?)^:::", source, re.S | re.M):
        bare = re.sub(r"\{[^:{}]*:\s*([^{}]*)\}", r"\1", block)
        found.append([[cell.strip() for cell in line.split("|")] for line in bare.strip().split("\n")])
    return found


@pytest.mark.parametrize(
    "name",
    [
        "cinder-lake-regional-chna-2022",
        "cinder-lake-regional-chna-2025",
        "lowmoor-county-joint-chna-2024",
        "meridian-flats-chna-2024",
        "saltmarsh-childrens-chna-2025",
        "saltmarsh-childrens-implementation-strategy-2026-2028",
        "wagon-creek-chna-2024",
    ],
)
def test_the_tables_of_the_sample_reports_come_out_as_written(sample_reports, name):
    tables = written_tables((sample_reports / "sources" / f"{name}.md").read_text(encoding="utf-8"))
    assert tables
    expected: Counter[tuple[str, str, str]] = Counter()
    for head, *rows in tables:
        for row in rows:
            for column, text in enumerate(row):
                if plain(text):
                    expected[plain(text), plain(row[0]) if column else "", plain(head[column])] += 1
    document = read_document(sample_reports / f"{name}.pdf")
    read = Counter(
        (plain(p.text), plain(p.row_header), plain(p.column_header))
        for p in document.passages
        if p.kind is Kind.TABLE_CELL and p.column_header
    )
    assert not expected - read
    assert (read - expected).total() <= 0.02 * expected.total()


def test_a_legend_that_touches_a_table_is_no_row_and_years_may_stand_in_a_head(read):
    rows = [
        ("Place", "Rate 2016-2022", "Births"),
        ("North", "12.1", "300"),
        ("South", "13.4", "250"),
        ("West", "9.0", "80"),
    ]

    def page(c):
        table(c, 130, rows, bold=False)
        c.rect(50, HEIGHT - 130, 240, 20)
        write(c, 56, 114, "Legend of a chart", 8)

    found = cells(read(page))
    assert found["13.4"] == ("South", "Rate 2016-2022")
    assert "Legend of a chart" not in found


def test_figures_with_units_stand_under_two_rows_of_heads(read):
    rows = [("", "Middle", "Likely range"), ("Year", "half of all cases", "most of all cases")]
    rows += [(year, "0.8ft", "1.1ft") for year in ("2030 low", "2050 low", "2100 low")]

    def page(c):
        table(c, 100, rows, bold=False)

    document = read(page)
    found = [(p.row_header, p.column_header) for p in document.passages if p.text == "0.8ft"]
    assert found[1] == ("2050 low", "Middle / half of all cases")


def test_a_table_goes_on_though_the_margins_mirror(read):
    def first(c):
        table(c, 600, ROWS)

    def second(c):
        edges = tuple(x + 25 for x in EDGES)
        table(
            c,
            60,
            [("Plant trees", "Gardeners", "Board")] * 1 + [("Dig a well", "Miners", "Mayor")],
            edges=edges,
            bold=False,
        )
        write(c, 60, 400, "The board approved all of this in spring and the county agreed to it in autumn of the year.")

    assert cells(read(first, second))["Mayor"] == ("Dig a well", "Owner")


def test_a_numbered_list_in_a_table_has_a_head(read):
    rows = [
        ("No", "Document"),
        *[(str(n), f"Drawings of house {'abcde'[n - 1]} with their details") for n in range(1, 6)],
    ]

    def page(c):
        table(c, 100, rows, edges=(50, 100, 500), bold=False)

    assert cells(read(page))["Drawings of house b with their details"] == ("2", "Document")


def test_a_head_whose_columns_end_a_little_beside_those_of_the_body_stands_over_its_own(read):
    """As where somebody widened the columns of the body by hand."""
    head, body = (50, 150, 250, 350, 450), (50, 156, 250, 356, 450)
    rows = [
        ("State", "Sales, tons", "Rent, pounds", "Loans, tons"),
        ("North", "31", "11", "18"),
        ("South", "57", "86", "32"),
    ]

    def page(c):
        table(c, 100, rows[:1], edges=head, bold=False)
        table(c, 130, rows[1:], edges=body, bold=False)

    found = cells(read(page))
    assert [found[text] for text in ("31", "11", "18", "86")] == [
        ("North", "Sales, tons"),
        ("North", "Rent, pounds"),
        ("North", "Loans, tons"),
        ("South", "Rent, pounds"),
    ]


def test_a_head_may_name_ranges_of_numbers_where_its_other_cells_are_words(read):
    rows = [
        ("Place", "Under .50", "Margin of error", ".50 to .99", "Margin of error"),
        ("North", "4.9", "0.3", "5.1", "0.4"),
        ("South", "5.2", "0.4", "5.0", "0.5"),
        ("West", "4.7", "0.6", "4.2", "0.2"),
    ]
    found = cells(read(lambda c: table(c, 100, rows, edges=(50, 150, 250, 350, 450, 550), bold=False)))
    assert found["5.1"] == ("North", ".50 to .99")
    assert found["4.7"] == ("West", "Under .50")


def test_groups_of_columns_may_have_numbers_for_names_where_the_corner_is_empty(read):
    edges = (50, 150, 230, 310, 390, 470)
    rows = [
        ("", "Total", "%", "Total", "%"),
        ("Alder", "4,723", "4.1", "2,649", "2.3"),
        ("Birch", "420", "3.1", "99", "1.8"),
    ]

    def page(c):
        table(c, 130, rows, edges=edges, bold=False)
        rule(c, 100, 1, edges=(50, 150, 310, 470))
        write(c, 156, 106, "<$10,000", 9)
        write(c, 316, 106, "$10,000-$14,999", 9)

    found = cells(read(page))
    assert found["4.1"] == ("Alder", "<$10,000 / %")
    assert found["99"] == ("Birch", "$10,000-$14,999 / Total")


def test_a_row_of_numbers_is_no_head(read):
    rows = [("North", "4.9", "0.3", "total"), ("South", "5.2", "0.4", "7.0"), ("West", "4.7", "0.6", "8.1")]
    found = cells(read(lambda c: table(c, 100, rows, edges=(50, 150, 250, 350, 450), bold=False)))
    assert found["5.2"] == ("South", "")


def test_a_head_without_rulings_between_its_cells_is_parted_though_a_long_one_comes_near_the_next(read):
    edges = (50, 150, 230, 330)
    rows = [
        ("County", "Hospitalizations", "Visits"),
        ("Alder", "1.8", "23"),
        ("Birch", "2.2", "11"),
        ("Cedar", "2.4", "17"),
    ]

    def page(c):
        table(c, 130, rows[1:], edges=edges, bold=False)
        c.rect(edges[0], HEIGHT - 130, edges[-1] - edges[0], 30)
        fill(c, 100, rows[:1], edges=edges)

    assert cells(read(page))["2.2"] == ("Birch", "Hospitalizations")


def test_the_cells_of_real_tables_stand_under_their_heads(shared):
    """Those of three documents, as written down from pictures of their pages."""
    root = Path(__file__).parents[2]
    names = ("census-poverty-acsbr-016", "nj-climate-health-profile-2017", "somerville-climate-forward-2023")
    files = [str(shared / "corpus" / "documents" / f"{name}.pdf") for name in names]
    command = [sys.executable, str(root / "benchmarks" / "tables.py"), str(root / "tests" / "gold" / "tables.jsonl")]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=True)
    assert " 529 of   529 cells,   529 read" in done.stdout.splitlines()[-1]
