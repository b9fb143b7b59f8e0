"""`--peers` as its users meet it: `chna compare`, `show` and `report`."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from chna_toolkit.errors import ExitCode
from chna_toolkit.model import Identity
from chna_toolkit.results.run import write_run
from results.made_up import make_run, write


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four hospitals of Ohio, one of nowhere with a hostile name."""
    names = {"Alder": [1, 3], "Birch": [1], "Dogwood": [1], "Cedar": [], '<script>"| Elm': [3]}
    documents = [
        write().fill(30).shows(*shows).done(
            f"{number}.pdf", Identity(name, state="OH" if number < 4 else "", year=2024, source="hospitals_csv")
        )
        for number, (name, shows) in enumerate(names.items())
    ]  # fmt: skip
    run = make_run(documents)
    folder = tmp_path_factory.mktemp("county")
    write_run(folder, run.tables, run.manifest)
    return folder


def test_each_hospital_stands_beside_its_peers(chna, county):
    done = chna("compare", county, "--peers", "state")
    assert done.code == ExitCode.OK
    head, *blocks = done.out.split("\n\n")
    assert head == (
        "5 hospitals and cycles beside those of the same state: 1 gap that most peers do not have. 1 has no peers."
    )
    cedar = next(block for block in blocks if block.startswith("Cedar, 2024: beside other hospitals in OH"))
    lines = cedar.splitlines()
    assert lines[1].split() == ["L01", "enterprise", "strategy", ".", "silent", "3", "of", "3", "100%", "(44–100)", "<"]
    assert lines[3].split()[-4:] == ["of", "3", "33%", "(6–79)"]
    assert lines[2].split()[-4:] == ["of", "3", "0%", "(0–56)"]
    assert "No peers: its state is not known." in done.out
    assert max(map(len, done.out.splitlines()[1:])) <= 80


def test_as_csv_it_is_the_rows_of_the_table(chna, county):
    done = chna("compare", county, "--peers", "state", "--hospital", "cedar", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    table = list(csv.DictReader((county / "peers.csv").open(encoding="utf-8")))
    assert rows == [row for row in table if (row["hospital_name"], row["grouping"]) == ("Cedar", "state")]
    assert len(rows) == 15


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_names_are_shown_as_they_are(chna, county, tmp_path, form):
    file = tmp_path / "peers.out"
    assert chna("compare", county, "--peers", "all", "--format", form, "-o", file).code == ExitCode.OK
    text = file.read_text("utf-8")
    assert "<script" not in text
    assert "1 of 4" in text
    assert chna("compare", county, "--peers", "all", "-o", file).code == ExitCode.OUTPUT


def test_show_says_of_each_lesson_what_peers_do(chna, county):
    assert (
        "3 of 3 other hospitals in OH cover it, 100% (44–100)" in chna("show", county, "Cedar", "--peers", "state").out
    )
    assert "3 of 4 other hospitals here cover it, 75% (30–95)" in chna("show", county, "Cedar").out


def test_the_report_is_made_for_the_peers_that_are_asked_for(chna, county):
    assert chna("report", county, "-q").code == ExitCode.OK
    assert "Other hospitals here that cover it" in (county / "index.html").read_text("utf-8")
    assert chna("report", county, "-q", "--peers", "state").code == ExitCode.OK
    text = (county / "index.html").read_text("utf-8")
    assert "Other hospitals in OH that cover it" in text
    assert "No peers: its state is not known." in text


def test_what_cannot_be_compared_says_what_to_do(chna, county):
    size = chna("compare", county, "--peers", "size")
    assert (size.code, "column beds of hospitals.csv" in size.err) == (ExitCode.USAGE, True)
    assert chna("show", county, "Cedar", "--peers", "county").code == ExitCode.USAGE
    assert chna("compare", county, "--peers", "state", "--cycles").code == ExitCode.USAGE
    assert chna("compare", county, county, "--peers", "state").code == ExitCode.USAGE
    assert chna("compare", county, "--peers", "state", "--max-flips", "0").code == ExitCode.USAGE
    assert chna("compare", county).code == ExitCode.USAGE
