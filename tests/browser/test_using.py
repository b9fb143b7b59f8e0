"""The report in use: sorting, filtering, links that lead somewhere, paper, and no JavaScript at all."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from browser.conftest import DESK, PHONE, Opener
from browser.reports import small_run
from chna_toolkit.model import Status
from chna_toolkit.results.view import RunView, view_of

LETTER = (7.4 * 96, 900)  # what the margins leave of a sheet, in CSS pixels


@pytest.fixture(scope="module")
def view() -> RunView:
    return view_of(small_run())


def column(page: Any, number: int) -> list[Any]:
    values = page.locator(f"#table tbody tr:visible > :nth-child({number + 1})")
    found = values.evaluate_all("cells => cells.map(cell => cell.dataset.sort)")
    return found if number == 0 else [float(value) for value in found]


def test_each_column_sorts_both_ways(visit: Opener, report: Path, view: RunView) -> None:
    page = visit(report)
    heads = page.locator("#table thead th")
    assert heads.count() == 3 + len(view.lessons)
    for number in range(heads.count()):
        orders = {}
        for _ in range(2):
            heads.nth(number).get_by_role("button").click()
            orders[heads.nth(number).get_attribute("aria-sort")] = column(page, number)
        assert orders.keys() == {"ascending", "descending"}
        assert page.locator("th[aria-sort]").count() == 1
        if number:
            assert orders["ascending"] == sorted(orders["ascending"])
            assert orders["descending"] == sorted(orders["descending"], reverse=True)
        else:  # names, as people sort them
            plain = [name for name in orders["ascending"] if name[0].isalpha()]
            assert plain == sorted(plain)
            assert orders["descending"][::-1].index(plain[0]) < orders["descending"][::-1].index(plain[-1])


def rows(page: Any) -> list[str]:
    return page.locator("#table tbody tr:visible > th a").all_inner_texts()


def test_the_matrix_is_narrowed_down_by_state_system_cycle_and_status(
    visit: Opener, report: Path, view: RunView
) -> None:
    page = visit(report)
    everyone = rows(page)
    assert len(everyone) == len(view.hospitals)

    def names(wanted: Any) -> list[str]:
        return [one.name for one in view.hospitals if wanted(one)]

    def same(expected: list[str]) -> bool:
        found = rows(page)
        return 0 < len(expected) < len(everyone) and [one[:9] for one in found] == [one[:9] for one in expected]

    page.locator("[data-by=state]").select_option("NY")
    assert same(names(lambda one: one.state == "NY"))
    page.locator("[data-by=year]").select_option("2025")
    assert rows(page) == ["Stonebridge General"]
    assert page.locator("#shown").inner_text() == f"1 of {len(everyone)} rows"
    page.get_by_role("button", name="Show all").click()
    assert rows(page) == everyone
    assert page.locator("#shown").inner_text() == ""
    page.locator("[data-by=system]").select_option("Tidewater Health")
    assert same(names(lambda one: one.system == "Tidewater Health"))
    page.locator("[data-by=system]").select_option("any")
    page.locator("#lesson").select_option("10 formal agreements")
    assert rows(page) == everyone  # a lesson alone says nothing
    page.locator("#status").select_option("covered")
    assert same(names(lambda one: one.findings[9].status is Status.COVERED))
    page.get_by_label("Find hospital").fill("stone general")
    assert rows(page) == ["Stonebridge General"]
    page.get_by_label("Find hospital").fill("nobody at all")
    assert rows(page) == []
    assert page.locator("#shown").inner_text().startswith("0 of")


def test_every_sign_leads_to_its_evidence(visit: Opener, report: Path, view: RunView) -> None:
    page = visit(report, motion="reduce")
    row = page.locator("#table tbody tr", has_text="Harbor Point")
    cells = row.locator("td.cell a")
    assert cells.count() == len(view.lessons)
    for number in (0, 9, 14):
        cells.nth(number).click()
        target = page.locator(":target")
        assert view.lessons[number].title in target.inner_text()
        assert target.bounding_box()["y"] >= 0
        page.go_back()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_deep_links_to_a_hospital_and_a_lesson(visit: Opener, report: Path, view: RunView, script: bool) -> None:
    hospital = next(one for one in view.hospitals if one.name.startswith("Harbor"))
    page = visit(report, at=f"#{hospital.anchor}-L10", script=script, motion="reduce")
    box = page.locator(f"#{hospital.anchor}-L10").bounding_box()
    assert box and 0 <= box["y"] < DESK[1]
    assert "Formalize expectations" in page.locator(f"#{hospital.anchor}-L10").inner_text()
    page = visit(report, at="#c-L03", script=script, motion="reduce")
    box = page.locator("#c-L03").bounding_box()
    assert box and 0 <= box["y"] < DESK[1]


def shown_of(text: str) -> str:
    """Return text as a page shows it: on one line, without what turns its direction."""
    return " ".join(re.sub("[\u202a-\u202e]", "", text).split())


def test_everything_is_there_without_javascript(visit: Opener, report: Path, view: RunView) -> None:
    page = visit(report, size=PHONE, script=False)
    assert not page.locator("#filter").is_visible()
    assert page.get_by_role("button").count() == 0  # nothing that would do nothing
    text = " ".join(page.inner_text("body").split())
    for hospital in view.hospitals:
        for finding in hospital.findings if hospital.is_assessed else ():
            article = page.locator(f"#{hospital.anchor}-{finding.lesson.id}")
            assert article.is_visible()
            for one in finding.evidence[:1]:
                assert shown_of(one.sentence)[-40:] in text
    folded = page.locator("article > details").first
    inside = folded.locator("blockquote").first
    assert not inside.is_visible()
    folded.locator("summary").first.click()
    assert inside.is_visible()


def test_what_stands_around_a_passage_unfolds(visit: Opener, report: Path) -> None:
    page = visit(report, script=False)
    figure = page.locator("figure", has_text="A memorandum of understanding").first
    assert figure.locator(".around p").count() == 3
    assert not figure.locator(".around p").first.is_visible()
    figure.get_by_text("What stands around it").click()
    assert figure.locator(".around p").first.is_visible()


def test_changes_from_cycle_to_cycle_lead_to_both(visit: Opener, report: Path) -> None:
    page = visit(report, motion="reduce")
    section = page.locator("section", has=page.locator("#cycles"))
    change = section.locator("li", has_text="Formalize expectations")
    assert change.inner_text().endswith("silent, now covered")
    before, after = change.get_by_role("link").all()
    before.click()
    assert page.locator(":target mark").count() == 0
    old = page.url
    after.click()
    assert page.url != old
    assert page.locator(":target mark").count() >= 1


def paper(page: Any) -> str:
    with pypdfium2.PdfDocument(io.BytesIO(page.pdf(format="Letter"))) as document:
        return " ".join(" ".join(sheet.get_textpage().get_text_range() for sheet in document).split())


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_paper_has_all_evidence_open_and_no_controls(visit: Opener, report: Path, script: bool) -> None:
    page = visit(report, script=script)
    text = paper(page)
    assert "The hospital accepts contracts with all payers." in text  # folded on the screen
    assert "Design for the long haul" in text
    for control in ("Find hospital", "Show all", "Back to the matrix", "Skip to the matrix"):
        assert control not in text, control


def test_nothing_is_cut_on_paper(visit: Opener, report: Path) -> None:
    page = visit(report, size=(int(LETTER[0]), int(LETTER[1])), dark=True)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= LETTER[0] + 1
    cut = page.evaluate("""() => [...document.querySelectorAll(".scroll")].filter(one =>
      one.scrollWidth > one.clientWidth + 1 || getComputedStyle(one).overflowX !== "visible"
      || one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 80))""")
    assert cut == []
    for shown in page.locator("#table tbody tr").first.locator("td.cell a").all():
        box = shown.bounding_box()
        assert box and box["x"] + box["width"] <= LETTER[0]
    # Dark mode is for screens: paper is white.
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 39, 51)"
