"""The report on the sample documents, opened as a new user would."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from browser.conftest import DESK, PHONE, Opener
from browser.test_accessibility import LEAN, complaints
from chna_toolkit.cli.app import main


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory, sample_reports: Path) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    for path in (*sample_reports.glob("*.pdf"), sample_reports / "hospitals.csv"):
        shutil.copy(path, folder)
    out, hospitals = folder / "out", str(folder / "hospitals.csv")
    with pytest.raises(SystemExit) as ended:
        main(["scan", str(folder), "--hospitals", hospitals, "-o", str(out), "--ocr", "off", "-q"])
    assert ended.value.code == 4  # one is a scan without text
    return out / "index.html"


@pytest.mark.parametrize(("size", "dark"), [(DESK, False), (PHONE, True)], ids=["desk", "phone-dark"])
def test_the_report_on_the_samples_is_for_everybody(
    visit: Opener, axe: str, samples: Path, size: tuple[int, int], dark: bool
) -> None:
    page = visit(samples, size=size, dark=dark)
    assert page.locator("#table tbody tr").count() == 8
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert (page.said, page.asked) == ([], [])
    page.evaluate(LEAN)
    page.evaluate("[...document.querySelectorAll('.hospital')].slice(1).forEach(one => one.remove())")  # all alike
    assert complaints(page, axe) == []


def test_a_newcomer_is_told_what_this_is_before_any_figure(visit: Opener, samples: Path) -> None:
    text = visit(samples, size=PHONE).inner_text("body")
    order = (
        "A community health needs assessment (CHNA) is", "What could not be assessed", "Hospitals and lessons",
        "How many hospitals show each lesson", "From cycle to cycle", "What the words mean", "Hospital by hospital",
        "Codebook", "Methods and limits", "How often each lesson is read rightly", "Provenance", "Data dictionary",
    )  # fmt: skip
    places = [text.find(part) for part in order]
    assert -1 not in places
    assert text.index("Matrix") > places[0]
    # The contents name all sections before they come, so look for the last place of each.
    last = [text.rfind(f"\n{part}") for part in order[1:]]
    assert last == sorted(last)


def test_a_link_to_a_page_of_a_document_leads_to_that_file(visit: Opener, samples: Path) -> None:
    page = visit(samples)
    link = page.locator("figure.quote figcaption a").first.get_attribute("href")
    path, _, fragment = str(link).partition("#")
    assert (samples.parent / path).resolve().is_file()
    assert fragment.startswith("page=")
