"""A report on 500 hospitals, and one that is a small site."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser.conftest import DESK, PHONE, Opener
from browser.reports import small_run
from browser.test_accessibility import ENLARGED, FOCUSED, complaints
from chna_toolkit.reports import write_reports

PAINTED = """() => new Promise(done => {
  const find = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
  if (find()) return done(find());
  new PerformanceObserver(() => find() && done(find())).observe({type: "paint", buffered: true});
})"""


def test_500_hospitals_are_painted_within_two_seconds(visit: Opener, big_report: Path) -> None:
    times = []
    for size in (DESK, PHONE, DESK):
        page = visit(big_report, size=size)
        assert page.locator("#table tbody tr").count() == 500
        times.append(page.evaluate(PAINTED))
    # Milliseconds from the start of the navigation, by the browser's own clock. The best of three:
    # what the page costs, on a machine that does other things too.
    assert min(times) < 2000, times


def test_500_hospitals_are_sorted_and_filtered_at_once(visit: Opener, big_report: Path) -> None:
    page = visit(big_report)
    spent = page.evaluate("""() => {
      const start = performance.now();
      document.querySelectorAll("#table thead button")[2].click();
      document.body.offsetHeight;
      return performance.now() - start;
    }""")
    assert spent < 2000
    covered = page.locator("#table tbody tr > :nth-child(3)").evaluate_all("all => all.map(c => +c.dataset.sort)")
    assert covered == sorted(covered, reverse=True)
    page.get_by_label("State").select_option("TX")
    page.locator("[data-by=year]").select_option("2022")
    shown = page.locator("#table tbody tr:visible")
    assert 0 < shown.count() < 100
    assert page.locator("#shown").inner_text() == f"{shown.count()} of 500 rows"


@pytest.mark.parametrize("size", [ENLARGED, (844, 390)], ids=["at 400 %", "phone on its side"])
def test_the_head_of_a_long_matrix_does_not_fill_a_low_window(
    visit: Opener, big_report: Path, size: tuple[int, int]
) -> None:
    page = visit(big_report, size=size, motion="reduce")
    cell = page.locator("#table tbody tr").nth(30).locator("th a")
    cell.focus()
    focus = page.evaluate(FOCUSED)
    assert focus["seen"] and focus["uncovered"], focus


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on a few hospitals as a site."""
    folder = tmp_path_factory.mktemp("site")
    write_reports(small_run(), folder, form="site")
    return folder / "index.html"


def test_a_site_is_walked_from_the_matrix_to_a_passage_and_back(visit: Opener, site: Path, axe: str) -> None:
    page = visit(site, motion="reduce")
    page.locator("#table tbody tr", has_text="Harbor Point").locator("td a").nth(9).click()
    page.wait_for_load_state()
    assert page.url.endswith("#L10")
    target = page.locator(":target")
    assert "Formalize expectations" in target.inner_text()
    assert target.bounding_box()["y"] < DESK[1]
    folder = site.parent.as_uri()
    assert all(url.startswith(folder) for url in page.asked), page.asked
    assert page.said == []
    assert complaints(page, axe) == []
    page.get_by_role("link", name="All hospitals").click()
    page.wait_for_load_state()
    assert page.url.endswith("index.html#matrix")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_page_of_a_site_fits_its_window(visit: Opener, site: Path, size: tuple[int, int]) -> None:
    pages = sorted((site.parent / "report").glob("*harbor*.html"))
    assert pages
    page = visit(pages[0], size=size)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.locator("h1").count() == 1
