"""The sample documents are what their sources, truth.toml and hospitals.csv say they are."""

from __future__ import annotations

import csv
import fnmatch
import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

LESSONS = [f"L{number:02d}" for number in range(1, 16)]
SAMPLES = Path(__file__).resolve().parents[2] / "sample_reports"
TRUTH = tomllib.loads((SAMPLES / "truth.toml").read_text(encoding="utf-8"))["document"]
MEGABYTE = 1_000_000


def by_file(documents: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("document", documents, ids=[document["file"] for document in documents])


READABLE = [document for document in TRUTH if document["extraction"] == "ok"]


def letters(text: str) -> str:
    """Letters and digits only, so that line breaks, hyphens and ligatures do not matter."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def page_texts(file: str) -> list[str]:
    pdf = pypdfium2.PdfDocument(SAMPLES / file)
    texts = [letters(page.get_textpage().get_text_range()) for page in pdf]
    pdf.close()
    return texts


def status_of(assertions: set[str]) -> str:
    if "practice" in assertions:
        return "covered"
    if "plan" in assertions:
        return "planned"
    return "acknowledged" if assertions else "silent"


def run_make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "make.py"), *arguments], capture_output=True, text=True, timeout=120
    )


def test_eight_documents_of_reasonable_size() -> None:
    pdfs = sorted(path.name for path in SAMPLES.glob("*.pdf"))
    assert pdfs == sorted(document["file"] for document in TRUTH)
    assert len(pdfs) == 8
    assert sum((SAMPLES / name).stat().st_size for name in pdfs) < 1.5 * MEGABYTE


def test_make_reproduces_what_is_committed() -> None:
    pytest.importorskip("reportlab", reason="the sample documents are made with reportlab: pip install .[samples]")
    done = run_make(SAMPLES, "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_fails_when_a_document_was_changed(tmp_path: Path) -> None:
    pytest.importorskip("reportlab", reason="the sample documents are made with reportlab: pip install .[samples]")
    copy = tmp_path / "sample_reports"
    shutil.copytree(SAMPLES, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(copy / "wagon-creek-chna-2024.pdf", copy / "meridian-flats-chna-2024.pdf")
    done = run_make(copy, "--check")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "differs: meridian-flats-chna-2024.pdf" in done.stdout


@by_file(TRUTH)
def test_pages_and_page_labels_are_those_of_the_pdf(document: dict[str, Any]) -> None:
    pdf = pypdfium2.PdfDocument(SAMPLES / document["file"])
    assert len(pdf) == document["pages"]
    assert 8 <= len(pdf) <= 24
    for item in [*document.get("evidence", []), *document.get("never", [])]:
        assert item["label"] == (pdf.get_page_label(item["page"] - 1) or "")
    pdf.close()


@by_file(TRUTH)
def test_statuses_follow_from_the_evidence(document: dict[str, Any]) -> None:
    said: dict[str, set[str]] = {lesson: set() for lesson in LESSONS}
    for item in document["evidence"]:
        assert item["assertion"] in ("practice", "plan", "call", "lack")
        said[item["lesson"]].add(item["assertion"])
    expected = document.get("after_ocr", document["expected"])
    assert expected == {lesson: status_of(assertions) for lesson, assertions in said.items()}
    assert all(item["lesson"] in LESSONS for item in document["never"])


@by_file(TRUTH)
def test_every_quote_stands_in_the_source(document: dict[str, Any]) -> None:
    source = (SAMPLES / "sources" / document["file"]).with_suffix(".md").read_text(encoding="utf-8")
    text = letters(re.sub(r"\{[^{}:]+:|\[\^\d+\]", "", source))
    missing = [
        item["quote"] for item in [*document["evidence"], *document["never"]] if letters(item["quote"]) not in text
    ]
    assert not missing


@by_file(READABLE)
def test_every_quote_begins_on_its_page(document: dict[str, Any]) -> None:
    pages = page_texts(document["file"])
    for item in [*document["evidence"], *document["never"]]:
        quote = letters(item["quote"])
        here = pages[item["page"] - 1]
        there = pages[item["page"]] if item["page"] < len(pages) else ""
        runs_on = any(quote[:cut] in here and quote[cut:] in there for cut in range(8, len(quote)))
        assert quote in here or (runs_on and quote not in there), item["quote"]


def test_one_sentence_of_evidence_runs_over_a_page_end() -> None:
    across = [
        item["quote"]
        for document in READABLE
        for pages in [page_texts(document["file"])]
        for item in document["evidence"]
        if letters(item["quote"]) not in pages[item["page"] - 1]
    ]
    assert across


def test_the_scan_has_no_text_and_is_not_assessed() -> None:
    [scan] = [document for document in TRUTH if document["extraction"] == "needs_ocr"]
    assert set(page_texts(scan["file"])) == {""}
    assert set(scan["expected"].values()) == {"not_assessed"}


def test_hospitals_csv_joins_every_document() -> None:
    rows = list(csv.DictReader((SAMPLES / "hospitals.csv").open(encoding="utf-8", newline="")))
    for document in TRUTH:
        digest = hashlib.sha256((SAMPLES / document["file"]).read_bytes()).hexdigest()
        mine = [row for row in rows if fnmatch.fnmatch(document["file"], row["file"]) or row["sha256"] == digest]
        assert [(row["name"], row["state"], row["ccn"]) for row in mine] == [
            (hospital["name"], hospital["state"], hospital["ccn"]) for hospital in document["hospitals"]
        ]
        assert {(row["cycle_year"], row["document_type"]) for row in mine} == {
            (str(document["year"]), document["type"])
        }
    assert all(re.fullmatch(r"\d{6}", row["ccn"]) and re.fullmatch(r"\d{9}", row["ein"]) for row in rows)


def test_what_was_planned_in_2022_is_practice_in_2025_and_one_lesson_is_lost() -> None:
    cycles = {d["year"]: d["expected"] for d in TRUTH if "Cinder Lake" in d["hospitals"][0]["name"]}
    planned = [lesson for lesson in LESSONS if cycles[2022][lesson] == "planned"]
    assert planned
    assert all(cycles[2025][lesson] == "covered" for lesson in planned)
    lost = [n for n in LESSONS if (cycles[2022][n], cycles[2025][n]) == ("covered", "silent")]
    assert lost == ["L13"]


def test_readme_names_every_document() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert [document["file"] for document in TRUTH if document["file"] not in readme] == []
