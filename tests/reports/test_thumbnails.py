"""Pages drawn beside what stands on them: the right ones, framed, bounded, and never at the report's cost."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pdfplumber
import pytest
from PIL import Image

from chna_toolkit import thumbnails
from chna_toolkit.assess import Attempt, Plan
from chna_toolkit.config import Settings
from chna_toolkit.extraction import read_document
from chna_toolkit.extraction import thumbnails as drawing
from chna_toolkit.extraction.thumbnails import draw_thumbnails
from chna_toolkit.extraction.watch import Loss, Watch
from chna_toolkit.inputs import Input, find_inputs
from chna_toolkit.model import Assertion, Assessed, Identity, Kind, Mention
from chna_toolkit.reports.html import render_html
from chna_toolkit.reports.pictures import Picture, framed
from chna_toolkit.results.view import RunView, view_of
from chna_toolkit.scan import make_plan
from chna_toolkit.scoring import score
from chna_toolkit.thumbnails import draw_pages, pages_shown
from reports import deadly_pages
from reports.test_report_html import Page
from results.made_up import LESSONS, make_run, sample_run, write

NAME = "wagon-creek-chna-2024.pdf"
SETTINGS = Settings(jobs=1, ocr="off", cache=False)


@pytest.fixture(scope="module")
def sample(sample_reports: Path) -> Path:
    return sample_reports / NAME


@pytest.fixture(scope="module")
def view(sample: Path) -> RunView:
    """A run over a real PDF: each of its longer sentences bears a lesson, in turn."""
    document = read_document(sample)
    sentences = [one for one in document.passages if one.kind is Kind.PARAGRAPH and len(one.text) > 60][:30]
    mentions = tuple(
        Mention(LESSONS[n % 15], "r", one.index, 0, 9, ((0, 9),), Assertion.PRACTICE, 0.9, True)
        for n, one in enumerate(sentences)
    )
    results = score(document, mentions, LESSONS)
    return view_of(make_run([Assessed(NAME, 1, document, mentions, results, (Identity("Wagon Creek"),))]))


def draw(view: RunView, inputs: list[Input], keep: Path) -> tuple[dict[tuple[str, int], Picture], list[str]]:
    """The pictures, with files that stay, and what was warned of."""
    told: list[str] = []
    with draw_pages(view, inputs, make_plan(SETTINGS), SETTINGS, lambda _: None, told.append) as pictures:
        kept = {}
        for key, one in pictures.items():
            (keep / one.file.name).write_bytes(one.file.read_bytes())
            kept[key] = replace(one, file=keep / one.file.name)
        folder = next(iter(pictures.values())).file.parent if pictures else None
    assert folder is None or not folder.exists()
    return kept, told


@pytest.fixture(scope="module")
def pictures(view: RunView, sample: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Picture]:
    found, told = draw(view, find_inputs([str(sample)]), tmp_path_factory.mktemp("pictures"))
    assert told == []
    return found


# -- which pages


def test_pages_of_the_two_best_passages_of_each_lesson_are_drawn() -> None:
    writer = write()
    for confidence in (0.5, 0.9, 0.7, 0.3):
        writer.turn().fill(3).say(f"Charter {confidence} of the partners.")
        writer.bears("L10", "partners", confidence=confidence)
    writer.turn().say("They met in spring.").bears("L02", "met", confidence=0.8)
    document = writer.done("a.pdf")
    pages, more = pages_shown(view_of(make_run([document])))
    assert pages == {document.document_id: (2, 3, 5)}
    assert more == 0


def test_there_are_never_more_than_the_limit_and_the_best_passages_come_first() -> None:
    writer = write()
    for number in range(1, 11):
        writer.turn().say(f"Charter {number} of the partners.").bears(LESSONS[number - 1], "partners", confidence=0.9)
        writer.turn().say(f"Second {number} of the partners.").bears(LESSONS[number - 1], "partners", confidence=0.3)
    document = writer.done("a.pdf")
    pages, more = pages_shown(view_of(make_run([document])), most=12)
    assert more == 8
    assert set(range(1, 20, 2)) < set(pages[document.document_id])


# -- drawing


def test_a_page_is_a_small_grey_png_of_its_proportions_and_always_the_same_bytes(sample: Path) -> None:
    first, again = (draw_thumbnails(sample, [1, 3], Watch()) for _ in range(2))
    assert first == again
    assert list(first) == [1, 3]
    image = Image.open(BytesIO(first[3].png))
    assert image.format == "PNG"
    assert image.mode == "P"
    with pdfplumber.open(sample) as pdf:
        size = pdf.pages[2].width, pdf.pages[2].height
    assert (first[3].width, first[3].height) == pytest.approx(size, abs=1)
    assert image.width / image.height == pytest.approx(size[0] / size[1], abs=0.01)
    assert all(len(one.png) <= drawing.MAX_BYTES for one in first.values())
    assert len(image.convert("L").getcolors()) > 2


def test_what_cannot_be_drawn_has_no_picture(sample: Path, tmp_path: Path) -> None:
    assert list(draw_thumbnails(sample, [2, 999], Watch())) == [2]
    assert list(draw_thumbnails(sample, [1, 2], Watch(lost={1: Loss.CRASH}))) == [2]
    assert draw_thumbnails(sample, [1], Watch(seconds=-1)) == {}
    (tmp_path / "x.pdf").write_text("no PDF")
    assert draw_thumbnails(tmp_path / "x.pdf", [1], Watch()) == {}
    assert draw_thumbnails(tmp_path / "gone.pdf", [1], Watch()) == {}


def test_a_page_with_too_many_bytes_is_drawn_more_coarsely_or_not_at_all(
    sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = draw_thumbnails(sample, [3], Watch())[3]
    monkeypatch.setattr(drawing, "MAX_BYTES", len(fine.png) - 1)
    coarse = draw_thumbnails(sample, [3], Watch())[3]
    assert len(coarse.png) < len(fine.png)
    assert (coarse.width, coarse.height) == pytest.approx((fine.width, fine.height), abs=1)
    monkeypatch.setattr(drawing, "MAX_BYTES", 100)
    assert draw_thumbnails(sample, [3], Watch()) == {}


def test_a_page_that_ends_its_worker_costs_itself(
    view: RunView, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "_draw", deadly_pages.draw)
    (asked,) = pages_shown(view)[0].values()
    assert deadly_pages.DEADLY in asked
    found, told = draw(view, find_inputs([str(sample)]), tmp_path)
    assert [page for _, page in found] == [page for page in asked if page != deadly_pages.DEADLY]
    assert told == [f"thumbnails of {len(asked) - 1} of {len(asked)} pages: the others cannot be drawn"]


def test_a_pdf_that_is_gone_or_another_has_none_and_it_is_said(view: RunView, sample: Path, tmp_path: Path) -> None:
    (item,) = find_inputs([str(sample)])
    found, told = draw(view, [replace(item, path=tmp_path / "gone.pdf")], tmp_path)
    assert found == {}
    assert told == [f"no thumbnails of {NAME}: the PDF cannot be opened: No such file or directory"]
    other = tmp_path / "other.pdf"
    other.write_bytes(sample.read_bytes() + b"\n% one more line\n")
    found, told = draw(view, [replace(item, path=other)], tmp_path)
    assert found == {}
    assert told == [f"no thumbnails of {NAME}: the PDF is another one than was scanned"]


def test_passwords_open_what_is_locked(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "locked.pdf"), encrypt="secret")
    canvas.drawString(72, 700, "The board meets in public.")
    canvas.save()
    (tmp_path / "words.txt").write_text("secret\n")
    (item,) = find_inputs([str(tmp_path / "locked.pdf")])
    for settings, pages in ((SETTINGS, []), (replace(SETTINGS, passwords=tmp_path / "words.txt"), [1])):
        plan: Plan = make_plan(settings)
        assert list(thumbnails._draw([1], item, plan, Attempt()).thumbnails) == pages


def test_bytes_of_all_pictures_are_bounded(
    view: RunView, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "MAX_BYTES", 60_000)
    found, told = draw(view, find_inputs([str(sample)]), tmp_path)
    assert 0 < sum(one.size for one in found.values()) <= 60_000
    assert "the others cannot be drawn" in told[0]


# -- in the report


def test_the_frame_is_where_the_passage_stands(
    view: RunView, pictures: dict[tuple[str, int], Picture], sample: Path
) -> None:
    shown = [one for finding in view.hospitals[0].findings for one in finding.evidence[:2]]
    assert len(shown) > 10
    with pdfplumber.open(sample) as pdf:
        for evidence in shown:
            frame = framed(pictures, evidence)
            assert frame is not None
            box = (frame.x, frame.y, frame.x + frame.width, frame.y + frame.height)
            text = re.sub(r"\W", "", pdf.pages[evidence.page - 1].crop(box).extract_text())
            assert re.sub(r"\W", "", evidence.sentence)[:12] in text
            image = Image.open(frame.picture.file).convert("L")
            scale = image.width / frame.picture.width
            inside = image.crop([round(side * scale) for side in box])
            assert inside.getextrema()[0] < 100  # ink


def test_a_frame_stays_on_its_page_and_needs_a_place(pictures: dict[tuple[str, int], Picture], view: RunView) -> None:
    evidence = next(finding.evidence[0] for finding in view.hospitals[0].findings if finding.evidence)
    wide = framed(pictures, replace(evidence, box=(-50.0, -50.0, 9999.0, 9999.0)))
    assert wide is not None
    assert (wide.x, wide.y, wide.width, wide.height) == (0, 0, wide.picture.width, wide.picture.height)
    assert framed(pictures, replace(evidence, box=None)) is None
    assert framed(pictures, replace(evidence, page=998)) is None


def test_each_page_is_in_the_file_once_and_nothing_else_may_be_loaded(
    view: RunView, pictures: dict[tuple[str, int], Picture]
) -> None:
    html = render_html(view, pictures)
    page = Page(html)
    images = page.all("image")
    assert len(images) == len(pictures) == html.count("data:image/png;base64,")
    uses = [one["href"] for one in page.all("use") if str(one["href"]).startswith("#p-")]
    frames = [one for one in page.all("rect") if one.get("class") == "frame"]
    assert len(uses) == len(frames) > len(pictures)
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {str(one)[1:] for one in uses} <= ids
    (policy,) = [str(one["content"]) for one in page.all("meta") if one.get("http-equiv")]
    assert "; img-src data:; " in policy
    assert page.text.count("show it with the passage framed") == len(frames) / 2  # small, and large when opened
    assert not page.all("img")
    assert "style" not in {name for _, attributes in page.elements for name in attributes}


def test_without_pictures_the_report_allows_and_shows_none(view: RunView) -> None:
    html = render_html(view)
    assert "img-src" not in html
    assert 'class="frame"' not in html
    assert render_html(view_of(sample_run()), {}) == render_html(view_of(sample_run()))
