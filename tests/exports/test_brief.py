"""`chna show` and `chna open`."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest

from chna_toolkit.errors import ExitCode
from chna_toolkit.model import Identity
from chna_toolkit.reports.brief import find_hospital, render_brief
from chna_toolkit.results.run import Run
from chna_toolkit.results.view import view_of
from results.made_up import make_run, write


def test_a_hospital_is_found_by_name_ccn_or_ein(run: Run):
    view = view_of(run)
    found = {find_hospital(view, name).name for name in ("harbor", "05001F", "05001f", "012345678", "Harbor Point")}
    assert found == {"Harbor Point Children's Hospital"}
    assert find_hospital(view, "point children’s").name == "Harbor Point Children's Hospital"


def test_the_latest_cycle_is_shown_unless_another_is_named(chna, folder: Path):
    assert chna("show", folder, "stonebridge").out.startswith("Stonebridge General, 2025\n")
    done = chna("show", folder, "stonebridge", "--year", 2019)
    assert done.out.startswith("Stonebridge General, 2019\n")
    assert "Other cycles in this run: 2025" in done.out
    wrong = chna("show", folder, "stonebridge", "--year", 2020)
    assert (wrong.code, "2019, 2025" in wrong.err) == (ExitCode.USAGE, True)


def test_it_shows_proof_gaps_and_advice(chna, folder: Path):
    text = " ".join(chna("show", folder, "harbor").out.split())
    assert "# L10 Formalize expectations" in text
    assert "A [memorandum of understanding] with the food bank is in force." in text
    assert "harbor/harbor-point-chna-2024.pdf p. 8, practice" in text
    assert "PLANNED: committed to, not yet shown as done" in text
    assert "Advice: Name one person who answers for it" in text
    assert "other hospitals here cover it" in text


def test_a_hospital_with_one_document_needs_no_name_at_its_quotes():
    run = make_run([write().fill(30).shows(10).done("only.pdf", Identity("Only", year=2024))])
    view = view_of(run)
    text = render_brief(view, view.hospitals[0])
    assert "in force.” p. " in " ".join(text.split())
    assert text.count("only.pdf") == 1


def test_every_lesson_stands_in_it_once(run: Run):
    view = view_of(run)
    for hospital in view.hospitals:
        text = render_brief(view, hospital)
        lines = [line for line in text.splitlines() if line[:1] in "#+!.?" and line[1:3] == " L"]
        assert len(lines) == len(run.lessons)


def test_what_could_not_be_read_is_said_first(chna, folder: Path):
    lines = chna("show", folder, "old mill").out.splitlines()
    assert "24 of 24 pages are pictures" in " ".join(lines[:6])
    assert not any("Advice" in line for line in lines)


def test_lines_fit_and_nothing_steers_the_terminal(run: Run):
    view = view_of(run)
    for hospital in view.hospitals:
        text = render_brief(view, hospital, 60)
        assert "\x1b" not in text and "\u202e" not in text
        assert max(len(line) for line in text.splitlines()) <= 80  # a path is not broken


@pytest.mark.parametrize("name", ["nobody", "hospital"])
def test_none_or_several_are_named(chna, folder: Path, name: str):
    done = chna("show", folder, name)
    assert done.code == ExitCode.USAGE
    assert "Old Mill Hospital" in done.err


def test_the_report_is_opened(chna, folder: Path, monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)
    assert chna("open", folder).code == ExitCode.NO_INPUT
    chna("report", folder, "-q")
    assert chna("open", folder).code == ExitCode.OK
    assert chna("open", folder / "run.json").code == ExitCode.OK
    assert opened == [(folder / "index.html").as_uri()] * 2


def test_without_a_browser_the_file_is_named(chna, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    chna("report", folder, "-q")
    assert "index.html" in chna("open", folder).err
