"""A file that was cut off or damaged gives what is left of it, and says so."""

from __future__ import annotations

import zlib
from pathlib import Path

import bombs
import pytest
from extraction_pages import holds
from hypothesis import given, settings
from hypothesis import strategies as st

from chna_toolkit.extraction import read_document
from chna_toolkit.extraction.salvage import salvage
from chna_toolkit.model import Document, PageStatus

SENTENCES = [f"The {place} shares its data with us." for place in ("school", "church", "shelter", "library", "market")]


def contents() -> list[bytes]:
    return [
        bombs.stream(b"BT /F1 12 Tf 72 %d Td (%b) Tj ET" % (600 - 40 * n, text.encode()))
        for n, text in enumerate(SENTENCES)
    ]


def read(tmp_path: Path, data: bytes) -> Document:
    path = tmp_path / "cut.pdf"
    path.write_bytes(data)
    document = read_document(path)
    holds(document)
    return document


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    return bombs.write_pdf(tmp_path / "whole.pdf", bombs.pages(contents())).read_bytes()


def texts(document: Document) -> list[str]:
    return [page.text for page in document.pages]


def test_pages_before_the_cut_are_read_and_the_others_are_told(tmp_path, whole):
    document = read(tmp_path, whole[: whole.index(b"\n15 0 obj")])
    assert (document.status, document.warnings) == ("partial", ("salvaged",))
    assert document.reason == "2 of 5 pages were read: the file is cut off or damaged."
    assert document.hint == "Download the file again."
    assert texts(document) == [*SENTENCES[:2], "", "", ""]
    assert [page.status for page in document.pages[2:]] == [PageStatus.ERROR] * 3


def test_without_its_table_the_whole_text_is_read(tmp_path, whole):
    document = read(tmp_path, whole[: whole.index(b"xref")])
    assert texts(document) == SENTENCES
    assert document.reason == "5 of 5 pages were read: the file is cut off or damaged."


def test_without_a_catalog_the_pages_come_as_they_stand(tmp_path, whole):
    beheaded = whole[: whole.index(b"1 0 obj")] + whole[whole.index(b"3 0 obj") : whole.index(b"xref")]
    assert texts(read(tmp_path, beheaded)) == SENTENCES


def packed(objects: dict[int, bytes]) -> dict[int, bytes]:
    """Pages and page tree in an object stream, as new files have them; contents and font stay outside."""
    inside = {number: body for number, body in objects.items() if b"stream" not in body}
    head, body = b"", b""
    for number, text in inside.items():
        head += b"%d %d " % (number, len(body))
        body += text + b" "
    data = zlib.compress(head + body)
    outside = {number: text for number, text in objects.items() if number not in inside}
    stream = b"<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream"
    return {900: stream % (len(inside), len(head), len(data), data), **outside}


def test_objects_in_streams_are_unpacked(tmp_path):
    path = bombs.write_pdf(tmp_path / "packed.pdf", packed(bombs.pages(contents())))
    document = read(tmp_path, path.read_bytes()[: path.read_bytes().index(b"xref")])
    assert texts(document) == SENTENCES


def test_a_page_without_its_font_is_read_and_marked(tmp_path):
    long = bombs.stream(b"BT /F1 6 Tf 72 500 Td (%b) Tj ET" % b" ".join(text.encode() for text in SENTENCES[:3]))
    objects = bombs.pages([long, *contents()[:1]])
    del objects[3]
    data = bombs.write_pdf(tmp_path / "bare.pdf", objects).read_bytes()
    document = read(tmp_path, data[: data.index(b"xref")])
    # Where there is little, what is missing is likely the text.
    assert texts(document) == [" ".join(SENTENCES[:3]), ""]
    assert document.reason.startswith("1 of 2 pages were read")
    assert document.warnings == ("page_parts_missing", "salvaged")


def test_the_stated_number_of_pages_is_told_even_if_their_objects_are_gone(tmp_path):
    objects = {999: b"<< /Linearized 1 /N 40 >>", **bombs.pages(contents())}
    data = bombs.write_pdf(tmp_path / "linear.pdf", objects).read_bytes()
    data = data.replace(b"/Count 5", b"/Count x")
    assert "5 of 40 pages were read" in read(tmp_path, data[: data.index(b"xref")]).reason


def test_nothing_is_made_of_an_encrypted_or_an_empty_wreck(whole):
    assert salvage(whole[: whole.index(b"xref")] + b"/Encrypt 5 0 R") is None
    assert salvage(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n") is None


def test_a_bomb_in_an_object_stream_is_unpacked_so_far_only(tmp_path):
    objects = bombs.pages(contents())
    objects[900] = bombs.repeated(b"1 0 ", 60_000_000).replace(b"<< ", b"<< /Type /ObjStm /N 9 /First 99 ", 1)
    data = bombs.write_pdf(tmp_path / "bomb.pdf", objects).read_bytes()
    assert texts(read(tmp_path, data[: data.index(b"xref")])) == SENTENCES


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_any_wreck_is_survived(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("wreck")
    objects = bombs.pages(contents())
    made = packed(objects) if data.draw(st.booleans()) else objects
    file = bombs.write_pdf(folder / "whole.pdf", made).read_bytes()
    for _ in range(data.draw(st.integers(1, 6))):
        at, noise = data.draw(st.integers(9, len(file))), data.draw(st.binary(max_size=12))
        file = file[:at] + noise + file[at + data.draw(st.integers(0, 60)) :]
    left = salvage(file[: data.draw(st.integers(9, len(file)))])
    if left:
        assert left.total >= len(left.gone)
        document = read(folder, left.data)
        assert "internal_error" not in document.warnings


def test_a_real_file_cut_in_two_gives_about_half_of_its_pages(shared: Path, tmp_path):
    data = (shared / "corpus" / "documents" / "somerville-climate-forward-2023.pdf").read_bytes()
    document = read(tmp_path, data[: len(data) // 2])
    assert document.reason == "17 of 32 pages were read: the file is cut off or damaged."
    assert document.words > 3000
