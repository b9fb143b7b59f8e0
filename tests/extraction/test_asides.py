"""What stands beside the prose: captions, chart text, footnotes, pulled quotes; and sentences that go on past them."""

from __future__ import annotations

from extraction_pages import HEIGHT, texts, write

from chna_toolkit.model import Kind

FILLER = "The county nurses visit every school in the valley.\nThey also hold a clinic in the village hall each week."


def raised(c, x, top, text, size=4.5):
    """A note number, small and high."""
    c.setFont("Helvetica", size)
    c.drawString(x, HEIGHT - top, text)


def test_a_figures_caption_follows_the_prose_of_its_page(read):
    def page(c):
        write(c, 50, 100, FILLER)
        write(c, 50, 160, "Figure 3: Visits of nurses by month", 10, "Helvetica-Bold")
        write(c, 50, 174, "The nurses made more visits in the months of winter.", 8)
        write(c, 50, 220, "Families asked for more hours.\nThe nurses agreed to that.")

    document = read(page)
    assert texts(document)[2:] == [
        "Families asked for more hours.",
        "The nurses agreed to that.",
        "Figure 3: Visits of nurses by month",
        "The nurses made more visits in the months of winter.",
    ]
    assert [p.kind for p in document.passages[-2:]] == [Kind.CAPTION, Kind.CAPTION]


def test_a_tables_caption_stays_with_its_cells(read):
    def page(c):
        write(c, 50, 80, "Table 2: Partners of the clinic", 9, "Helvetica-Bold")
        for row in range(4):
            c.line(50, HEIGHT - 100 - 25 * row, 450, HEIGHT - 100 - 25 * row)
            for column, text in enumerate(("Partner", "Task") if not row else (f"School {'abc'[row - 1]}", "Rooms")):
                if row < 3:
                    write(c, 56 + 200 * column, 106 + 25 * row, text, 9, "Helvetica-Bold" if not row else "Helvetica")
        for x in (50, 250, 450):
            c.line(x, HEIGHT - 100, x, HEIGHT - 175)
        write(c, 50, 220, FILLER)

    found = texts(read(page))
    assert found[:2] == ["Table 2: Partners of the clinic", "Partner"]
    assert found[-1].startswith("They also hold")


def test_footnotes_follow_the_prose_and_do_not_part_its_sentences(read):
    def page(c):
        write(c, 50, 600, FILLER + "\nIn this year the share of families without a doctor went from")
        raised(c, 50, 704, "4")
        write(c, 53, 700, "Families without a doctor were counted in the survey of the county.", 7)
        write(c, 360, 600, "5.2 percent to 4.1 percent.\nThe clinic is the reason.")

    document = read(page)
    assert texts(document)[2:4] == [
        "In this year the share of families without a doctor went from 5.2 percent to 4.1 percent.",
        "The clinic is the reason.",
    ]
    assert document.passages[-1].kind is Kind.FOOTNOTE


def test_a_footnote_goes_on_over_the_page_end(read):
    def first(c):
        write(c, 50, 300, FILLER)
        raised(c, 50, 704, "4")
        write(c, 53, 700, "Families without a doctor were counted in a survey which\nthe county ran and the", 7)

    def second(c):
        write(c, 50, 100, FILLER.replace("county", "city"))
        write(c, 50, 710, "state paid for in full.", 7)

    document = read(first, second)
    note = next(p for p in document.passages if "Families without" in p.text)
    assert note.text.endswith("the county ran and the state paid for in full.")
    assert (note.kind, note.page, note.end_page) == (Kind.FOOTNOTE, 1, 2)


def test_a_bullet_in_small_type_is_no_footnote(read):
    def page(c):
        write(c, 50, 100, "\n".join([FILLER] * 4))
        write(c, 50, 300, "•  100 schools and a working group led by the city's own office", 8)

    assert texts(read(page), Kind.LIST_ITEM) == ["100 schools and a working group led by the city's own office"]


def test_a_quote_pulled_from_the_prose_follows_it_and_heads_no_section(read):
    prose = "Parents here told us that they\nhave no way to reach the clinic on Sundays.\nWe will ask the bus line."

    def page(c):
        write(c, 50, 80, "What we heard", 20, "Helvetica-Bold")
        write(c, 50, 130, prose)
        write(c, 330, 120, "They have no way to\nreach the clinic on Sundays", 16, "Helvetica-Bold")
        write(c, 50, 250, FILLER)

    document = read(page)
    assert texts(document)[-1] == "They have no way to reach the clinic on Sundays"
    assert texts(document, Kind.HEADING) == ["What we heard"]
    assert {p.section for p in document.passages[1:]} == {("What we heard",)}


def test_words_among_a_charts_labels_are_a_caption(read):
    def page(c):
        write(c, 50, 80, "\n".join([FILLER] * 3))
        for number in range(6):
            write(c, 60 + 60 * number, 400, str(2019 + number), 8)
        write(c, 90, 370, "Visits (in thousands) of all nurses", 8, "Helvetica-Bold")
        write(c, 50, 450, "The visits cost less than before.")

    document = read(page)
    assert texts(document)[-1] == "Visits (in thousands) of all nurses"
    assert document.passages[-1].kind is Kind.CAPTION


def test_a_sentence_that_cannot_end_goes_on_in_the_next_column(read):
    def page(c):
        write(
            c,
            50,
            100,
            "The clinic was planned by parents\nof our valley and built by the state.\nThe work was given to the",
        )
        write(c, 330, 100, "State College, which runs it.\nNurses learn there.")

    found = texts(read(page))
    assert "The work was given to the State College, which runs it." in found


def test_what_begins_in_lower_case_goes_on_before_what_does_not(read):
    def page(c):
        write(c, 50, 600, FILLER + "\nIn addition to")
        write(c, 330, 300, "Residents answered by telephone.")
        write(c, 330, 600, "the nurses, two doctors came.")

    assert "In addition to the nurses, two doctors came." in texts(read(page))


def test_a_note_number_that_a_line_end_cut_off_is_left_out(read):
    def page(c):
        write(c, 50, 100, FILLER + "\nMost families drink water from a well;")
        raised(c, 50, 150, "267", 6)
        write(c, 62, 146, "this is more than elsewhere.")

    assert "this is more than elsewhere." in texts(read(page))[-1]
    assert "267" not in texts(read(page))[-1]


def test_a_running_head_may_have_its_number_in_the_middle(read):
    def page(c):
        write(c, 50, 30, "WHO COUNTS HERE?     9     VALLEY COLLEGE", 8)
        write(c, 50, 120, FILLER)

    document = read(page)
    assert texts(document)[0].startswith("The county nurses")
    assert document.pages[0].label == "9"


def test_a_ruling_near_the_page_top_removes_no_line_of_prose(read):
    def first(c):
        write(c, 50, 640, FILLER + "\nThe nurses teach mothers")

    def second(c):
        write(c, 50, 60, "and give them a book to read.")
        c.line(40, HEIGHT - 85, 580, HEIGHT - 85)
        write(c, 50, 120, FILLER.replace("county", "city"))

    assert "The nurses teach mothers and give them a book to read." in texts(read(first, second))
