"""Pages that are pictures are read by tesseract, where it is installed; where it is not, they say so."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from extraction_pages import HEIGHT, WIDTH, holds, texts, write
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from chna_toolkit.extraction import ExtractionSettings, ocr, read_document
from chna_toolkit.extraction.ocr import Engine, Ocr, OcrError, find_engine, words_of_tsv
from chna_toolkit.extraction.pdfium import Pdf
from chna_toolkit.extraction.rendering import turned_back
from chna_toolkit.extraction.watch import Loss, Watch
from chna_toolkit.extraction.words import OcrWord
from chna_toolkit.model import Document, DocumentStatus, Kind, PageStatus

NURSES = "The county nurses visit every school in the valley and hold a clinic each week."
BANK = "The hospital signed an agreement with the food bank and meets its board in spring."
SCALE = 300 / 72


def article(c):
    write(c, 60, 80, "Partners of the hospital", size=22)
    for number in range(4):
        write(c, 60, 140 + 80 * number, f"{NURSES}\n{BANK}")


def columns(c):
    for x, sentence in ((60, NURSES), (330, BANK)):
        words = sentence.split()
        half = "\n".join(" ".join(words[at : at + 5]) for at in range(0, len(words), 5))
        write(c, x, 100, "\n".join([half] * 3))


def garbage(c):
    for row in range(12):
        write(c, 50, 80 + 20 * row, " ".join(["xkcd bcdfgh wrtzpl qqqqz"] * 4))


def copy_pages(source: Path, scan: Path) -> None:
    """Write a PDF of pictures: what a copying machine gives of the pages."""
    from PIL import Image

    canvas = Canvas(str(scan), pagesize=(WIDTH, HEIGHT), invariant=1)
    with Pdf(source) as pdf:
        for number in range(1, pdf.pages + 1):
            picture = pdf.picture(number, 150)
            canvas.drawImage(
                png(Image.frombytes("L", (picture.width, picture.height), picture.grey)), 0, 0, WIDTH, HEIGHT
            )
            canvas.showPage()
    canvas.save()


def png(image) -> ImageReader:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return ImageReader(stream)


@pytest.fixture
def scanned(make_pdf: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """`scanned(draw, …)` makes a PDF of pictures of the drawn pages."""

    def make(*pages) -> Path:
        copy_pages(make_pdf(*pages, name="source.pdf"), tmp_path / "scan.pdf")
        return tmp_path / "scan.pdf"

    return make


@pytest.fixture(scope="module")
def read_copy(tesseract: Engine, tmp_path_factory: pytest.TempPathFactory) -> Document:
    """The article as a copying machine gives it, read by OCR: once, for it takes a second."""
    path = tmp_path_factory.mktemp("scan") / "source.pdf"
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), invariant=1)
    article(canvas)
    canvas.save()
    scan = path.with_name("scan.pdf")
    copy_pages(path, scan)
    return read(scan, tesseract)


def read(path: Path, engine: Engine, *, always: bool = False, watch: Watch | None = None) -> Document:
    document = read_document(path, ExtractionSettings(ocr=Ocr(engine, always)), watch)
    holds(document)
    return document


# -- with the real program


def test_a_scan_gives_the_sentences_that_were_printed(read_copy: Document) -> None:
    document = read_copy
    assert document.status is DocumentStatus.OK
    assert document.ocr_pages == document.readable_pages == 1
    assert [page.status for page in document.pages] == [PageStatus.OCR]
    assert texts(document, Kind.HEADING) == ["Partners of the hospital"]
    assert texts(document, Kind.PARAGRAPH) == [NURSES, BANK] * 4
    assert {passage.section for passage in document.passages[1:]} == {("Partners of the hospital",)}
    assert "read_by_ocr" in document.warnings


def test_confidence_stands_with_passages_and_pages(read_copy: Document) -> None:
    assert all(0.8 < passage.ocr_confidence <= 1 for passage in read_copy.passages)
    assert 0.8 < read_copy.ocr_confidence <= 1


def test_boxes_are_where_the_words_are_printed(read_copy: Document, make_pdf) -> None:
    for one, other in zip(read_document(make_pdf(article)).passages, read_copy.passages, strict=True):
        assert other.text == one.text
        assert all(abs(a - b) < 4 for a, b in zip(one.box, other.box, strict=True)), (one.box, other.box)


def test_columns_are_read_one_after_the_other(scanned, tesseract: Engine) -> None:
    assert texts(read(scanned(columns), tesseract)) == [NURSES] * 3 + [BANK] * 3


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_page_on_its_side_is_turned_and_its_boxes_turned_back(scanned, read_copy, tesseract: Engine, turn: int):
    straight = scanned(article)
    pdf = pypdfium2.PdfDocument(straight)
    pdf[0].set_rotation(90 * turn)
    turned = straight.with_name("turned.pdf")
    pdf.save(turned)
    document = read(turned, tesseract)
    assert texts(document) == texts(read_copy)
    page = document.pages[0]
    assert (page.width, page.height) == ((HEIGHT, WIDTH) if turn % 2 else (WIDTH, HEIGHT))
    for one, other in zip(read_copy.passages, document.passages, strict=True):
        box = turned_back(other.box, turn, WIDTH, HEIGHT)
        assert all(abs(a - b) < 4 for a, b in zip(one.box, box, strict=True)), (one.box, box)


@given(st.integers(1, 3), *(st.integers(0, 100) for _ in range(4)))
def test_a_box_turned_four_times_is_where_it_was(turn: int, x: int, y: int, width: int, height: int) -> None:
    box = (float(x), float(y), float(x + width), float(y + height))
    sides = (300.0, 200.0)
    for _ in range(4):
        box = turned_back(box, turn, *sides)
        sides = sides[::-1] if turn % 2 else sides
    assert box == (x, y, x + width, y + height)


def test_what_is_no_language_on_paper_either_stays_unread(make_pdf, tesseract: Engine) -> None:
    path = make_pdf(article, garbage)
    assert read_document(path).pages[1].status is PageStatus.GARBAGE
    document = read(path, tesseract)
    assert document.pages[0].status is PageStatus.OK
    assert document.passages[0].ocr_confidence is None
    assert document.pages[1].status is PageStatus.GARBAGE  # on paper, too, it is no language
    assert "ocr_unclear" in document.warnings


def test_pages_with_text_are_left_alone_unless_all_are_to_be_read(make_pdf, tesseract: Engine) -> None:
    path = make_pdf(article)
    plain = read_document(path)
    assert read(path, tesseract) == plain
    forced = read(path, tesseract, always=True)
    assert forced.ocr_pages == 1
    assert texts(forced) == texts(plain)


def test_a_photograph_is_looked_at_and_holds_nothing(make_pdf, tesseract: Engine) -> None:
    def photograph(c):
        from PIL import Image

        c.drawImage(png(Image.radial_gradient("L")), 0, 0, WIDTH, HEIGHT)

    document = read(make_pdf(article, article, photograph), tesseract)
    assert document.status is DocumentStatus.OK
    assert document.pages[2].text == ""


def test_pictures_in_which_nothing_is_found_are_not_searchable(make_pdf, program) -> None:
    def picture(c):
        from PIL import Image

        c.drawImage(png(Image.new("L", (60, 80), 200)), 0, 0, WIDTH, HEIGHT)

    document = read(make_pdf(picture, picture), program("cat > /dev/null"))
    assert document.status is DocumentStatus.NEEDS_OCR
    assert "OCR found no word" in document.reason
    assert document.hint


def test_the_same_scan_gives_the_same_document(read_copy: Document, scanned, tesseract: Engine) -> None:
    assert read(scanned(article), tesseract) == read_copy


def test_what_is_not_installed_is_named_with_the_remedy(tesseract: Engine, monkeypatch, tmp_path: Path) -> None:
    with pytest.raises(OcrError, match="no data for the language xyz") as raised:
        find_engine("eng+xyz")
    assert "tesseract-ocr-xyz" in raised.value.hint
    assert not raised.value.is_missing
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OcrError, match="not installed") as raised:
        find_engine()
    assert "tesseract-ocr" in raised.value.hint
    assert raised.value.is_missing


# -- with programs that misbehave


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Engine]:
    """`program(script)` puts a shell script in the place of tesseract."""
    if os.name != "posix":
        pytest.skip("shell scripts")
    folder = tmp_path / "bin"
    folder.mkdir()

    def install(script: str) -> Engine:
        path = folder / "tesseract"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return Engine(str(path), "9.9", "eng")

    return install


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("cat > /dev/null; sleep 30", "not finished after 0.3 seconds"),
        ("cat > /dev/null; echo 'Image too dirty' >&2; exit 3", "exit status 3: Image too dirty"),
        ("kill -9 $$", "signal 9"),
        ("exec /nonexistent", "failed with exit status"),
    ],
)
def test_a_program_that_fails_costs_its_page_only(scanned, program, monkeypatch, script: str, reason: str) -> None:
    monkeypatch.setattr(ocr.Engine.read, "__defaults__", (0.3,))
    document = read(scanned(article), program(script))
    assert document.status is DocumentStatus.NEEDS_OCR
    assert re.search(rf"OCR failed on 1 of 1 pages: .*{reason}", document.reason)
    assert document.hint
    assert document.pages[0].status is PageStatus.IMAGE_ONLY
    assert "ocr_failed" in document.warnings


def test_text_beside_a_page_that_fails_is_kept(make_pdf, scanned, program) -> None:
    def picture(c):
        from PIL import Image

        c.drawImage(png(Image.new("L", (60, 80), 200)), 0, 0, WIDTH, HEIGHT)

    document = read(make_pdf(article, picture, picture, picture, picture), program("exit 1"))
    assert texts(document, Kind.PARAGRAPH) == [NURSES, BANK] * 4
    assert [page.status for page in document.pages] == [PageStatus.OK] + [PageStatus.IMAGE_ONLY] * 4
    # After three failures in a row the fourth page is not even tried.
    assert "OCR failed on 3 of 3 pages" in document.reason
    assert "ocr_pages_skipped" in document.warnings


def test_output_that_makes_no_sense_gives_no_words(scanned, program) -> None:
    document = read(scanned(article), program("cat > /dev/null; printf 'a\\tb\\n5\\t1\\t\\0\\tx\\n\\377'"))
    assert document.passages == ()


def test_a_page_of_guesses_is_not_taken_for_read(scanned, program) -> None:
    rows = "\n".join(f"5\t1\t1\t1\t{n}\t1\t200\t{40 * n}\t90\t30\t22.5\tWwrds{n}" for n in range(1, 60))
    table = program('cat > /dev/null; cat "$0.tsv"')
    Path(f"{table.program}.tsv").write_text(rows)
    document = read(scanned(article), table)
    assert document.status is DocumentStatus.NEEDS_OCR
    assert "OCR could make no sense of 1 of 1 pages" in document.reason


def test_another_program_than_the_scan_began_with_is_refused(scanned, program) -> None:
    engine = program("echo 'tesseract 1.0'; printf 'List of languages in \"/none/\" (1):\\neng\\n'")
    elsewhere = Engine("/nowhere/tesseract", "9.9", "eng")
    document = read(scanned(article), elsewhere)
    assert "this machine has tesseract" in document.reason
    assert engine.program


# -- time


def test_ocr_has_its_own_time_and_no_page_after_the_documents_time_is_over(scanned, program) -> None:
    allowed: list[float] = []
    watch = Watch(seconds=1000, allowed=allowed.append)
    read(scanned(article, article), program("cat > /dev/null; sleep 0.2"), watch=watch)
    assert allowed[0] == allowed[2] == ocr.PAGE_LOOKS * ocr.PAGE_SECONDS
    assert 0.2 <= allowed[0] + allowed[1] < 30
    late = Watch(seconds=-1)
    assert read(scanned(article), program("exit 1"), watch=late).status is DocumentStatus.TIMEOUT
    assert set(late.lost.values()) == {Loss.TIME}


# -- the program's table


def row(text: str, left: float = 100, top: float = 100, width: float = 90, height: float = 30, **given: object) -> str:
    line, number, sure = given.get("line", 1), given.get("number", 1), given.get("sure", 95.0)
    return f"5\t1\t1\t1\t{line}\t{number}\t{left}\t{top}\t{width}\t{height}\t{sure}\t{text}"


def words(*rows: str) -> list[OcrWord]:
    return words_of_tsv("\n".join(["level\tpage_num\tetc", *rows]), SCALE)


def test_words_come_with_place_and_confidence() -> None:
    (word,) = words(row("hospital", left=300, width=150, sure=91.5))
    assert (word.text, word.confidence) == ("hospital", 0.915)
    assert (word.x0, word.x1) == (300 / SCALE, 450 / SCALE)


def test_words_of_a_line_share_height_and_size_whatever_their_letters() -> None:
    # At 12 points and 300 dpi, em is 50 pixels: x-height 25, ascenders 35, descenders 10 below.
    line = words(
        row("nurse", 100, 110, 90, 25, number=1),
        row("told", 200, 100, 90, 35, number=2),
        row("young", 300, 110, 90, 35, number=3),
        row("people", 400, 100, 90, 45, number=4),
    )
    assert len({(word.top, word.bottom, word.style) for word in line}) == 1
    assert line[0].style.size == pytest.approx(12, abs=0.6)
    assert line[0].bottom - line[0].top == pytest.approx(1.2 * line[0].style.size, rel=0.02)


def test_dots_that_lead_to_a_page_number_are_dots() -> None:
    line = words(
        row("Burden", 100, number=1),
        row("..........scesesesesseseererensrsessssn", 200, width=800, number=2, sure=0.0),
        row("Needs.....ccsc", 1100, number=3),
        row("40", 1300, number=4),
    )
    found = [(word.text, word.confidence) for word in line]
    assert found == [("Burden", 0.95), (".....", 1.0), ("Needs.....", 0.95), ("40", 0.95)]


@pytest.mark.parametrize(
    "dirt",
    [
        row("|"),
        row("__"),
        row("~", sure=12),
        row("iecscacescascssaxcutconsavesevess", sure=5),
        row("", sure=95),
        row("ab", width=0),
        row("ab", height="nan"),
    ],
)
def test_dirt_is_no_word(dirt: str) -> None:
    assert words(dirt) == []


def test_sizes_that_differ_by_measurement_alone_become_one() -> None:
    def line(number: int, size: float) -> str:
        return row("xxxxxxxx", 100, 400 * number, 400, size * 0.49 * SCALE, line=number)

    sizes = [*([10.9, 11.0, 11.3] * 5), 17.2, 17.9, 24.5, 25.6, 7.8, 8.1]
    page = words(*[line(number, size) for number, size in enumerate(sizes, 1)])
    ocr.settle_sizes([page])
    assert [word.style.size for word in page] == [11.0] * 15 + [17.5] * 2 + [25.0] * 2 + [8.0] * 2


@pytest.mark.parametrize(("sign", "word"), [("e", "•"), ("¢", "•"), ("a", "a")])
def test_what_stands_for_a_bullet_becomes_one(sign: str, word: str) -> None:
    first, _ = words(row(sign, 100, 100, 20, 25), row("Loneliness", 200, number=2))
    assert first.text == word


def test_a_tilted_page_is_made_level() -> None:
    def line(number: int, slope: float) -> list[str]:
        places = [(200 * n, 300 * number + slope * 200 * n) for n in range(1, 10)]
        return [row("nurse", x, y, 150, 25, line=number, number=n) for n, (x, y) in enumerate(places)]

    level = words(*[text for number in range(1, 5) for text in line(number, 0.0)])
    tilted = words(*[text for number in range(1, 5) for text in line(number, 0.01)])
    gaps = [b.top - a.top for a, b in zip(tilted[::9], tilted[9::9], strict=False)]
    assert gaps == pytest.approx([b.top - a.top for a, b in zip(level[::9], level[9::9], strict=False)], abs=0.1)


@settings(deadline=None)
@given(st.text(), st.lists(st.lists(st.text(max_size=5), max_size=13), max_size=5))
def test_any_table_is_taken(junk: str, rows: list[list[str]]) -> None:
    text = junk + "\n" + "\n".join("\t".join(fields) for fields in rows)
    for word in words_of_tsv(text, SCALE):
        assert word.text
        assert 0 <= word.confidence <= 1


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=8),
            *(st.floats(0, 5000, allow_nan=False) for _ in range(4)),
            st.floats(-1, 100, allow_nan=False),
        ),
        max_size=12,
    )
)
def test_words_have_boxes_that_are_not_empty(found: list[tuple[str, float, float, float, float, float]]) -> None:
    rows = [row(text, *place, sure=sure, number=n) for n, (text, *place, sure) in enumerate(found)]
    for word in words_of_tsv("\n".join(rows), SCALE):
        assert word.x0 < word.x1
        assert word.top < word.bottom


def test_pictures_are_bounded(make_pdf) -> None:
    def poster(c):
        c.setPageSize((7200, 7200))
        write(c, 60, 80, NURSES)

    with Pdf(make_pdf(poster)) as pdf:
        picture = pdf.picture(1, 300)
    assert picture.width * picture.height <= 20_000_000
    assert len(picture.grey) == picture.width * picture.height
