"""The report for everybody: WCAG 2.2 AA by axe-core, by keyboard alone, enlarged, and without motion."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from browser.conftest import DESK, PHONE, Opener

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
ENLARGED = (320, 256)  # 1280 by 1024 at 400 %

# What is doubtful counts as wrong: axe gives up where it cannot tell a colour, and a person would have to look.
RUN_AXE = """only => axe.run(document, {runOnly: only}).then(result =>
  [...result.violations, ...result.incomplete].map(one =>
    `${one.id}: ${one.help}\\n` + one.nodes.slice(0, 3).map(node => node.html.slice(0, 200)).join("\\n")))"""


# The tables of the data dictionary are all alike; one will do.
LEAN = "document.querySelectorAll('#dictionary ~ details ~ details').forEach(one => one.remove())"


def complaints(page: Any, axe: str, *rules: str) -> list[str]:
    """Return what axe has to say, by some of its rules or by all of WCAG 2.2 AA."""
    page.evaluate(axe)
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": TAGS}
    return list(page.evaluate(RUN_AXE, only))


@pytest.fixture
def still(lean_report: Path, tmp_path: Path) -> Path:
    """The report with all scripts forbidden, which leaves it as a browser without JavaScript shows it.

    (In a browser that has none at all, axe could not run either.)
    """
    text, found = re.subn(r"(script-src (?:'|&#39;)sha256-)", r"\1not", lean_report.read_text(encoding="utf-8"))
    assert found == 1
    path = tmp_path / "still.html"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(visit: Opener, axe: str, lean_report: Path, size: tuple[int, int], dark: bool) -> None:
    page = visit(lean_report, size=size, dark=dark)
    assert page.get_by_role("button", name="Hospital").is_visible()
    page.evaluate(LEAN)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert complaints(page, axe) == []


@pytest.mark.parametrize(("size", "dark"), [(DESK, True), (PHONE, False)], ids=["desk-dark", "phone-light"])
def test_axe_finds_nothing_without_script(
    visit: Opener, axe: str, still: Path, size: tuple[int, int], dark: bool
) -> None:
    page = visit(still, size=size, dark=dark)
    assert page.get_by_role("button").count() == 0  # the script did not run
    assert complaints(page, axe) == []


def test_axe_can_find_something(visit: Opener, axe: str, lean_report: Path) -> None:
    page = visit(lean_report)
    page.evaluate("document.getElementById('find').parentElement.replaceWith(document.getElementById('find'))")
    page.evaluate("document.querySelector('main p').style.color = '#aaa'")
    found = {one.split(":")[0] for one in complaints(page, axe, "label", "color-contrast")}
    assert found == {"color-contrast", "label"}


# Where the focus is, whether it has a ring, and whether enough of it lies in the window with nothing over it:
# WCAG 2.4.7, 2.4.11 and 2.4.13. Of a link on two lines the first counts.
FOCUSED = """() => {
  const one = document.activeElement, box = one.getClientRects()[0], style = getComputedStyle(one);
  const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
  const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight, top + 20);
  const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return {
    tag: one.tagName, id: one.id, text: one.textContent.trim().slice(0, 60), href: one.getAttribute("href"),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: right - left >= Math.min(box.width, 12) && bottom - top >= Math.min(box.height, 12),
    uncovered: one.contains(over) || Boolean(over?.contains(one) && over.closest(".scroll, label")),
  };
}"""


def step(page: Any, key: str = "Tab") -> dict[str, Any]:
    page.keyboard.press(key)
    return page.evaluate(FOCUSED)


def test_the_first_tab_offers_to_skip_to_the_matrix(visit: Opener, report: Path) -> None:
    page = visit(report)
    first = step(page)
    assert first["text"] == "Skip to the matrix"
    assert first["seen"]
    page.keyboard.press("Enter")
    assert page.url.endswith("#matrix")
    assert step(page)["id"] == "find"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_focus_is_seen_wherever_it_goes_and_goes_in_reading_order(
    visit: Opener, report: Path, size: tuple[int, int]
) -> None:
    page = visit(report, size=size, motion="reduce")
    page.evaluate("""() => { window.before = document.body; window.following = one => {
      const order = before.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
      before = one; return Boolean(order); }; }""")
    for _ in range(70):  # navigation, filters, heads of the matrix, several rows of it
        focus = step(page)
        assert focus["ring"] and focus["seen"] and focus["uncovered"], focus
        assert page.evaluate("following(document.activeElement)"), focus
    for _ in range(20):  # and back: what stands still in the matrix must not cover what is focused
        focus = step(page, "Shift+Tab")
        assert focus["ring"] and focus["seen"] and focus["uncovered"], focus


def test_evidence_is_reached_and_opened_by_keyboard_alone(visit: Opener, report: Path) -> None:
    page = visit(report, motion="reduce")
    row = page.locator("#table tbody tr", has_text="Harbor Point")
    row.locator("td.cell a").nth(9).focus()
    page.keyboard.press("Enter")
    finding = page.locator(":target")
    assert "Formalize expectations" in finding.inner_text()
    aside = finding.get_by_text("The hospital accepts contracts with all payers.").first
    assert not aside.is_visible()
    for _ in range(12):
        if step(page)["text"].startswith("Set aside"):
            break
    page.keyboard.press("Enter")
    assert aside.is_visible()
    assert "set aside: words known to mislead (L10.x.payer)" in finding.inner_text()


def test_sorting_and_filtering_by_keyboard(visit: Opener, report: Path) -> None:
    page = visit(report)
    head = page.get_by_role("button", name="Hospital", exact=True)
    head.focus()
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort=ascending]").inner_text() == "Hospital"
    page.keyboard.press("Space")
    assert page.locator("th[aria-sort=descending]").inner_text() == "Hospital"
    page.locator("#find").focus()
    page.keyboard.type("harbor")
    assert page.locator("#shown").inner_text().startswith("1 of")


WIDER = """() => [...document.querySelectorAll("body *")].filter(one => {
  const box = one.getBoundingClientRect();
  const scrolls = one.closest(".scroll"), hides = one.closest(".vh, .skip, .defs");
  return box.width && box.right > document.documentElement.clientWidth + 1 && !scrolls && !hides
    && getComputedStyle(one).visibility === "visible";
}).map(one => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("size", [PHONE, ENLARGED], ids=["phone", "at 400 %"])
def test_nothing_but_wide_tables_scrolls_sideways(visit: Opener, report: Path, size: tuple[int, int]) -> None:
    page = visit(report, size=size)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.evaluate(WIDER) == []
    for box in page.locator(".scroll").all():
        assert box.get_attribute("tabindex") == "0"  # so that it scrolls by keyboard, too


def test_what_is_clicked_is_large_enough(visit: Opener, report: Path) -> None:
    page = visit(report, size=PHONE)
    sizes = """selector => [...document.querySelectorAll(selector)].map(one => one.getBoundingClientRect())
      .filter(box => box.width).map(box => Math.min(box.width, box.height))"""
    for selector in ("#table td.cell a", "#table thead button", ".filter select", ".filter button", "summary"):
        found = page.evaluate(sizes, selector)
        assert found, selector
        assert min(found) >= 24, selector


def test_nothing_moves_for_those_who_do_not_want_it(visit: Opener, report: Path) -> None:
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    assert visit(report).evaluate(behaviour) == "smooth"
    page = visit(report, motion="reduce")
    assert page.evaluate(behaviour) == "auto"
    assert page.evaluate("document.getAnimations().length") == 0
