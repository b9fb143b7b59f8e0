"""Whether a file could be read, and what a reader is told if not."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from extraction_pages import HEIGHT, WIDTH, write
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader

from chna_toolkit.extraction import ExtractionSettings, extractor_versions, read_document
from chna_toolkit.extraction.quality import is_garbage, judge_document, judge_page, rotten_pages
from chna_toolkit.model import DocumentStatus, PageStatus

PROSE = "\n".join(["The county nurses visit every school in the valley and hold a clinic each week."] * 8)


def prose(c):
    write(c, 50, 100, PROSE)


def scan(c):
    from PIL import Image

    picture = io.BytesIO()
    Image.new("L", (60, 80), 200).save(picture, "PNG")
    c.drawImage(ImageReader(picture), 0, 0, WIDTH, HEIGHT)


def blank(c):
    c.setTitle("nothing")


def garbage(c):
    letters = random.Random(3)
    for row in range(12):
        line = " ".join("".join(letters.choices("bcdfghjklmnpqrstvwxz", k=7)) for _ in range(8))
        write(c, 50, 80 + 20 * row, line)


@pytest.mark.parametrize(
    ("pages", "status"),
    [
        ([prose, prose], DocumentStatus.OK),
        ([blank, blank], DocumentStatus.EMPTY),
        ([scan, scan], DocumentStatus.NEEDS_OCR),
        ([garbage, garbage], DocumentStatus.NEEDS_OCR),
        ([prose] * 3 + [scan] * 3, DocumentStatus.PARTIAL),
        ([prose] * 6 + [scan], DocumentStatus.OK),  # a cover picture is no lost text
        ([prose] * 6 + [garbage], DocumentStatus.PARTIAL),
    ],
)
def test_status_of_a_pdf_that_opens(read, pages, status):
    document = read(*pages)
    assert document.status is status
    assert bool(document.reason) == (status is not DocumentStatus.OK)
    assert len(document.pages) == len(pages)


def test_page_statuses_say_which_pages_are_lost(read):
    document = read(prose, scan, blank, garbage)
    assert [p.status for p in document.pages] == [
        PageStatus.OK,
        PageStatus.IMAGE_ONLY,
        PageStatus.BLANK,
        PageStatus.GARBAGE,
    ]
    assert document.readable_pages == 2


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", DocumentStatus.EMPTY),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", DocumentStatus.NOT_PDF),
        (b"PK\x03\x04 a word file", DocumentStatus.NOT_PDF),
        (b"%PDF-1.7\n1 0 obj\n<< /Type", DocumentStatus.DAMAGED),
    ],
)
def test_status_of_a_file_that_does_not_open(tmp_path: Path, content, status):
    path = tmp_path / "file.pdf"
    path.write_bytes(content)
    document = read_document(path)
    assert document.status is status
    assert document.reason
    assert len(document.sha256) == 64
    assert document.pages == ()


def test_a_truncated_file_is_damaged(make_pdf, tmp_path):
    whole = make_pdf(prose, prose).read_bytes()
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(whole[: len(whole) // 2])
    document = read_document(cut)
    assert document.status in (DocumentStatus.DAMAGED, DocumentStatus.EMPTY)
    assert document.hint


def test_a_password_is_asked_for_but_an_owner_password_is_no_hindrance(make_pdf):
    locked = make_pdf(prose, name="locked.pdf", encrypt=StandardEncryption("secret", "owner"))
    document = read_document(locked)
    assert document.status is DocumentStatus.ENCRYPTED
    assert "password" in document.hint
    open_file = make_pdf(prose, name="open.pdf", encrypt=StandardEncryption("", "owner", canCopy=0))
    assert read_document(open_file).status is DocumentStatus.OK


def test_a_missing_file_is_told_not_raised(tmp_path):
    assert read_document(tmp_path / "none.pdf").status is DocumentStatus.DAMAGED


def test_limits_bound_what_is_read(make_pdf):
    path = make_pdf(prose, prose, prose)
    document = read_document(path, ExtractionSettings(max_pages=2))
    assert len(document.pages) == 2
    assert "pages_over_limit_skipped" in document.warnings
    assert read_document(path, ExtractionSettings(max_bytes=100)).status is DocumentStatus.DAMAGED


def test_a_page_that_cannot_be_opened_costs_itself_only(make_pdf):
    data = make_pdf(prose, prose, prose).read_bytes()
    broken = make_pdf(prose, name="broken.pdf")
    first = data.index(b"/Type /Page\n") if b"/Type /Page\n" in data else data.index(b"/Type /Page ")
    broken.write_bytes(data[: first + 6] + b"Pxge" + data[first + 10 :])
    document = read_document(broken)
    assert len(document.pages) == 3
    assert sum(page.status is PageStatus.OK for page in document.pages) >= 2


def test_the_same_bytes_give_the_same_document(make_pdf):
    path = make_pdf(prose, scan, garbage)
    assert read_document(path) == read_document(path)


def test_versions_name_what_the_passages_depend_on():
    assert {"extractor", "pypdfium2", "pdfium", "pdfplumber", "nupunkt"} <= set(extractor_versions())


def test_numbers_are_no_garbage():
    counties = "Dutchess Orange Putnam Rockland Sullivan Ulster Westchester"
    table = f"Rate 12.3 14.5 {counties}".split(" ") * 8
    assert not is_garbage([word for word in table if word.isalpha()])


def test_a_layer_of_private_characters_is_garbage():
    assert judge_page("\ue012\ue013 \ue014" * 30 + " and some words", 200, 0.0) is PageStatus.GARBAGE


def test_a_text_beside_a_large_picture_may_be_incomplete():
    assert judge_page(PROSE, len(PROSE), 0.4) is PageStatus.PARTIAL_IMAGE


def test_pages_far_shorter_than_their_neighbours_are_noticed():
    assert rotten_pages([300, 320, 10, 310, 305]) == [2]
    assert rotten_pages([300, 10, 20, 310]) == []


def test_errors_on_all_pages_are_damage():
    assert judge_document([PageStatus.ERROR] * 3)[0] is DocumentStatus.DAMAGED


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("empty", DocumentStatus.EMPTY),
        ("mid-hudson-ny-cha-2025-intro-mixed-digital-and-scanned", DocumentStatus.PARTIAL),
        ("mid-hudson-ny-cha-2025-intro-scanned", DocumentStatus.NEEDS_OCR),
        ("polk-12-pages", DocumentStatus.OK),
        ("polk-owner-password-only", DocumentStatus.OK),
        ("polk-truncated", DocumentStatus.NEEDS_OCR),
        ("polk-user-password-chna2025", DocumentStatus.ENCRYPTED),
        ("web-page-saved-as", DocumentStatus.NOT_PDF),
    ],
)
def test_status_of_the_variants(shared: Path, name, status):
    assert read_document(shared / "corpus" / "variants" / f"{name}.pdf").status is status
