"""Running text: order, hyphens, sentences over columns and pages, what is left out."""

from __future__ import annotations

import pytest
from extraction_pages import texts, write

from chna_toolkit.model import Kind

FILLER = "The county nurses visit every school in the valley.\nThey also hold a clinic in the village hall each week."


def test_columns_are_read_one_after_the_other(read):
    def page(c):
        write(c, 50, 100, "Our hospital works with three\npartners. They meet in spring")
        write(c, 330, 100, "and again in autumn. All of\nthem signed an agreement.")

    assert texts(read(page)) == [
        "Our hospital works with three partners.",
        "They meet in spring and again in autumn.",
        "All of them signed an agreement.",
    ]


def test_a_heading_over_two_columns_comes_first(read):
    def page(c):
        write(c, 50, 60, "How We Listened to Residents", 20, "Helvetica-Bold")
        write(c, 50, 120, "We asked residents of\nthe valley what they need.")
        write(c, 330, 120, "They told us that buses\nare rare on Sundays.")

    document = read(page)
    assert [p.kind for p in document.passages] == [Kind.HEADING, Kind.PARAGRAPH, Kind.PARAGRAPH]
    assert document.passages[2].section == ("How We Listened to Residents",)


def test_a_sentence_goes_on_over_a_page_end(read):
    def first(c):
        write(c, 50, 640, FILLER + "\nThe board approved the plan and asked the partners to")

    def second(c):
        write(c, 50, 80, "report twice a year. The first report is due in May.")

    document = read(first, second)
    joined = document.passages[2]
    assert joined.text == "The board approved the plan and asked the partners to report twice a year."
    assert (joined.page, joined.end_page) == (1, 2)
    assert document.passages[3].page == 2
    assert document.passages[3].block == joined.block


def test_a_call_out_does_not_interrupt_a_sentence(read):
    def page(c):
        write(c, 50, 100, "The coalition has met for ten years and its")
        write(c, 330, 130, "“We trust them.”", 18, "Helvetica-Bold")
        write(c, 50, 190, "members decide by vote on every grant.")

    assert "The coalition has met for ten years and its members decide by vote on every grant." in texts(read(page))


def test_text_flows_round_a_quote_between_two_columns(read):
    def page(c):
        write(c, 50, 100, "The hospital began to work with Valley\nSchools in spring and has since then")
        write(c, 330, 100, "Each school chose what it needed most\nand wrote it down with parents. The")
        write(c, 50, 127.5, "opened three clinics in the\nbuildings of the district. It")
        write(c, 390, 127.5, "district then made a plan\nand published it in June")
        write(c, 240, 130, "“They asked us.”", 15, "Helvetica-Oblique")
        write(c, 50, 155, "pays for two nurses and a driver there.")
        write(c, 330, 155, "so that all of the valley could read it.")

    assert texts(read(page))[:4] == [
        "The hospital began to work with Valley Schools in spring and has since then opened three clinics "
        "in the buildings of the district.",
        "It pays for two nurses and a driver there.",
        "Each school chose what it needed most and wrote it down with parents.",
        "The district then made a plan and published it in June so that all of the valley could read it.",
    ]


def test_the_documents_own_words_decide_what_a_hyphen_means(read):
    def page(c):
        write(c, 50, 100, "Residents of low-income housing were asked in a community survey.")
        write(c, 50, 140, "Many live in low-\nincome housing. The commu-\nnity survey was translated.")

    assert texts(read(page))[1:] == ["Many live in low-income housing.", "The community survey was translated."]


@pytest.mark.parametrize("head", ["Valley Hospital Assessment 2025", "Priority needs"])
def test_running_heads_and_page_numbers_are_no_text(read, head):
    def page(number):
        def draw(c):
            write(c, 50, 30, head, 8)
            write(c, 50, 120, f"Page {'abcdef'[number]} says something of its own.\n" + FILLER)
            write(c, 300, 760, str(number + 3), 8)

        return draw

    document = read(*[page(number) for number in range(6)])
    assert all(head not in page.text for page in document.pages)
    assert [page.label for page in document.pages] == ["3", "4", "5", "6", "7", "8"]
    assert {p.page_label for p in document.passages} == {"3", "4", "5", "6", "7", "8"}


def test_a_drop_capital_joins_its_word(read):
    def page(c):
        write(c, 50, 100, "T", 36)
        write(c, 76, 104, "he clinic opened its doors in spring\nand has seen many families since.")

    assert texts(read(page)) == ["The clinic opened its doors in spring and has seen many families since."]


def test_fake_bold_is_read_once(read):
    def page(c):
        for shift in (0, 0.3, 0.6):
            write(c, 50 + shift, 100, "Community Partners", 16, "Helvetica-Bold")
        write(c, 50, 140, FILLER)

    assert texts(read(page), Kind.HEADING) == ["Community Partners"]


def test_letter_spaced_headings_are_words(read):
    def page(c):
        x = 50.0
        for letter in "WHO COUNTS":
            write(c, x, 80, letter, 18, "Helvetica-Bold")
            x += 20
        write(c, 50, 130, FILLER)

    assert texts(read(page), Kind.HEADING) == ["WHO COUNTS"]


def test_superscript_note_numbers_leave_the_word_alone(read):
    def page(c):
        write(c, 50, 100, "Floods12 are more common now.")
        c.setFont("Helvetica", 11)
        c.drawString(50, 600, "Asthma")
        c.setFont("Helvetica", 6)
        c.drawString(50 + c.stringWidth("Asthma", "Helvetica", 11), 605, "12")
        c.setFont("Helvetica", 11)
        c.drawString(50 + c.stringWidth("Asthma12", "Helvetica", 11), 600, "is common here.")

    assert texts(read(page)) == ["Floods12 are more common now.", "Asthma is common here."]


def test_text_outside_the_page_and_sideways_text_are_left_out(read):
    def page(c):
        write(c, 50, 100, FILLER)
        write(c, 700, 100, "from the next page of the spread")
        c.saveState()
        c.translate(20, 300)
        c.rotate(90)
        c.setFont("Helvetica", 9)
        c.drawString(0, 0, "Chapter on partners")
        c.restoreState()

    document = read(page)
    assert len(document.passages) == 2
    assert {"sideways_text_dropped", "text_outside_page_dropped"} <= set(document.warnings)


def test_a_rotated_page_is_read_as_shown(read):
    def page(c):
        c.setPageRotation(90)
        c.translate(612, 0)
        c.rotate(90)
        c.translate(0, -180)
        write(c, 50, 100, FILLER)

    document = read(page)
    assert texts(document)[0] == "The county nurses visit every school in the valley."
    assert (document.pages[0].width, document.pages[0].height) == (612, 792)
    assert document.passages[0].box[0] == pytest.approx(50, abs=1)
    assert document.passages[0].box[2] > 280


def test_the_file_s_page_labels_win(make_pdf):
    from chna_toolkit.extraction import read_document

    def page(c):
        write(c, 50, 100, FILLER)

    def front(c):
        c.addPageLabel(0, style="ROMAN_LOWER", start=1)
        page(c)

    def body(c):
        c.addPageLabel(1, style="ARABIC", start=1)
        page(c)

    document = read_document(make_pdf(front, body))
    assert [p.label for p in document.pages] == ["i", "1"]


def test_a_raised_note_number_leaves_a_year_alone(read):
    def page(c):
        write(c, 50, 100, "The clinic opened in 2019")
        c.setFont("Helvetica", 6)
        c.drawString(50 + c.stringWidth("The clinic opened in 2019", "Helvetica", 11), 792 - 100 - 11 + 5, "7")

    assert texts(read(page)) == ["The clinic opened in 2019"]
