"""Figures: the same bytes, text that can be read, nothing that a PDF could put in."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chna_toolkit.errors import ExitCode
from chna_toolkit.model import Identity
from chna_toolkit.reports.figures import FIGURES, draw_figures
from chna_toolkit.results.run import Run
from chna_toolkit.results.shares import wilson
from chna_toolkit.results.view import view_of
from results.made_up import harbor, make_run, write

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[plots]'")


@pytest.fixture(scope="module")
def files(run: Run) -> dict[str, bytes]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chna_toolkit.reports.figures._DPI", 40)  # drawn faster
        return dict(draw_figures(view_of(run)))


def texts(svg: bytes) -> str:
    return " ".join("".join(one.itertext()) for one in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"))


def test_each_figure_comes_as_svg_and_png(files: dict[str, bytes]):
    assert list(files) == [f"{name}.{form}" for name in FIGURES for form in ("svg", "png")]
    for name, data in files.items():
        assert data.startswith(b"\x89PNG" if name.endswith(".png") else b"<?xml")
        assert len(data) > 5000


def test_the_same_run_gives_the_same_bytes(run: Run, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("chna_toolkit.reports.figures._DPI", 40)
    again = dict(draw_figures(view_of(run), ["prevalence"]))
    assert len(again) == 2
    assert all(files[name] == data for name, data in again.items())
    assert not any(b"<dc:date>" in data for data in files.values())


def test_every_figure_says_of_how_many(run: Run, files: dict[str, bytes]):
    for name, data in files.items():
        if name.endswith(".svg"):
            words = texts(data)
            assert "n = " in words, name
            assert run.manifest.lexicon_hash[:12] in words
            assert b"<dc:title>" in data


def test_prevalence_shows_the_numbers_of_the_report(run: Run, files: dict[str, bytes]):
    words = texts(files["prevalence.svg"])
    for lesson in view_of(run).lessons:
        assert f"{lesson.tally['covered']} of {lesson.assessed}" in words
        assert lesson.name in words


def test_coverage_marks_every_status_by_a_sign(files: dict[str, bytes]):
    words = texts(files["coverage.svg"])
    assert all(text in words for text in ("# covered", "+ planned", "! acknowledged", ". silent", "? not assessed"))
    assert "Old Mill Hospital" in words


def test_names_from_documents_are_no_markup_and_no_formula():
    names = ("<script>alert(1)</script>", "Costs $5 and $6 Clinic", "\x1b[31mRed \u202eHospital", "A & B")
    runs = [write().fill(30).shows(1).done(f"{n}.pdf", Identity(name, year=2024)) for n, name in enumerate(names)]
    figures = dict(draw_figures(view_of(make_run(runs)), ["coverage"]))
    root = ET.fromstring(figures["coverage.svg"])  # which breaks on a stray sign
    assert "{http://www.w3.org/2000/svg}script" not in {one.tag for one in root.iter()}
    words = texts(figures["coverage.svg"])
    assert "Costs $5 and $6 Clinic" in words
    assert "\x1b" not in words and "\u202e" not in words


def test_many_hospitals_stay_on_one_page(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("chna_toolkit.reports.figures._NAMED", 9)
    runs = [write().fill(30).shows(1).done(f"{n}.pdf", Identity(f"H{n}", year=2024)) for n in range(10)]
    svg = dict(draw_figures(view_of(make_run(runs)), ["coverage"]))["coverage.svg"]
    assert "H1" not in texts(svg).split()
    assert "10 hospitals and cycles, those that show most at the top" in texts(svg)


def test_without_two_cycles_or_lessons_a_figure_is_left_out():
    one = make_run([write().fill(30).shows(1).done("a.pdf", harbor(), lessons=("L01", "L03"))])
    names = list(dict(draw_figures(view_of(one), ["change", "cooccurrence"])))
    assert names == ["cooccurrence.svg", "cooccurrence.png"]
    assert list(draw_figures(view_of(make_run([])))) == []


@given(st.integers(0, 400), st.integers(1, 400))
def test_the_interval_holds_the_share_and_lies_within_bounds(hits: int, of: int):
    hits = min(hits, of)
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of <= high <= 1


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (1, 29, 0.0061, 0.1718), (15, 148, 0.0624, 0.1605)],
)
def test_the_interval_is_that_of_the_literature(hits: int, of: int, low: float, high: float):
    # Newcombe 1998, table I, method 3 for the last two; the first two by the textbook formula.
    assert wilson(hits, of) == (pytest.approx(low, abs=2e-4), pytest.approx(high, abs=2e-4))


def test_the_command(chna, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("coverage", "change", "cooccurrence"):  # one will do
        monkeypatch.delitem(FIGURES, name)
    target = tmp_path / "figures"
    done = chna("export", folder, "--figures", target)
    assert done.code == ExitCode.OK
    assert sorted(path.name for path in target.iterdir()) == ["prevalence.png", "prevalence.svg"]
    assert chna("export", folder, "--figures", target).code == ExitCode.OUTPUT
    assert chna("export", folder, "--figures", target, "--force", "-q").code == ExitCode.OK


def test_a_missing_package_is_named_with_its_remedy(chna, folder: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    done = chna("export", folder, "--figures", tmp_path / "figures")
    assert (done.code, "chna-toolkit[plots]" in done.err) == (ExitCode.MISSING_DEPENDENCY, True)
