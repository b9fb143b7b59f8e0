"""The main job on the sample documents: what `truth.toml` says must be found is found.

What is known to go wrong stands in `known.toml`; a case that no longer goes wrong must be taken out
of it, so that the list can only shrink. `CHNA_UPDATE_KNOWN=1` writes it anew.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from chna_toolkit.extraction import read_document

KNOWN = Path(__file__).with_name("known.toml")


def squash(text: str) -> str:
    """Letters and digits alone: hyphens, ligatures and quotes do not matter when quotes are compared."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKC", text).lower())


@dataclass
class Scan:
    """A finished scan of the samples beside their truth."""

    out: Path
    truth: list[dict[str, Any]]
    exit_code: int
    stdout: str

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.out / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @cached_property
    def ids(self) -> dict[str, str]:
        return {row["file"]: row["document_id"] for row in self.table("documents")}

    @cached_property
    def statuses(self) -> dict[tuple[str, str], str]:
        return {(row["document_id"], row["lesson_id"]): row["status"] for row in self.table("lesson_results")}

    @cached_property
    def counted(self) -> dict[tuple[str, str], list[tuple[str, str]]]:
        found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for row in self.table("mentions"):
            if row["counted"] == "true":
                key = (row["document_id"], row["lesson_id"])
                found.setdefault(key, []).append((squash(row["sentence"]), row["assertion"]))
        return found

    def assertions(self, file: str, lesson: str, quote: str) -> set[str]:
        """Assertions with which a quoted sentence is counted for a lesson; empty if it is not."""
        wanted = squash(quote)
        mentions = self.counted.get((self.ids[file], lesson), [])
        return {assertion for text, assertion in mentions if text and (text in wanted or wanted in text)}

    def entries(self, kind: str) -> Iterator[tuple[str, dict[str, str]]]:
        for document in self.truth:
            if document["extraction"] == "ok":
                for entry in document.get(kind, []):
                    yield document["file"], entry


@pytest.fixture(scope="module")
def scan(sample_reports: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    out = tmp_path_factory.mktemp("samples") / "out"
    truth = tomllib.loads((sample_reports / "truth.toml").read_text("utf-8"))["document"]
    # Without OCR, so that the outcome does not hang on what is installed.
    return run_scan(sample_reports, out, truth, str(sample_reports), "--ocr", "off", "--no-cache")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of these tests alone, so that the scan is read by OCR once."""
    return tmp_path_factory.mktemp("cache")


def run_scan(samples: Path, out: Path, truth: list[dict[str, Any]], *arguments: str) -> Scan:
    command = [sys.executable, "-m", "chna_toolkit", "scan", *arguments, "-o", str(out)]
    hospitals = ["--hospitals", str(samples / "hospitals.csv")]
    done = subprocess.run([*command, *hospitals], capture_output=True, text=True, check=False)
    return Scan(out, truth, done.returncode, done.stdout)


def wrong_statuses(scan: Scan) -> list[str]:
    return sorted(
        f"{document['file']} {lesson}: {scan.statuses[scan.ids[document['file']], lesson]}, not {expected}"
        for document in scan.truth
        for lesson, expected in document["expected"].items()
        if scan.statuses[scan.ids[document["file"]], lesson] != expected
    )


def false_alarms(scan: Scan) -> list[str]:
    return sorted(
        f"{file} {entry['lesson']}: {entry['quote']}"
        for file, entry in scan.entries("never")
        if scan.assertions(file, entry["lesson"], entry["quote"])
    )


def compare_with_known(name: str, found: list[str], update: dict[str, list[str]]) -> None:
    if os.environ.get("CHNA_UPDATE_KNOWN"):
        update[name] = found
        return
    known = tomllib.loads(KNOWN.read_text("utf-8"))[name]
    new, mended = sorted(set(found) - set(known)), sorted(set(known) - set(found))
    assert not new, "goes wrong and did not before:\n" + "\n".join(new)
    assert not mended, f"goes right now: take it out of {KNOWN.name}:\n" + "\n".join(mended)


@pytest.fixture(scope="module")
def update() -> Iterator[dict[str, list[str]]]:
    lists: dict[str, list[str]] = {}
    yield lists
    if lists:
        lines = ["# What is known to go wrong on the sample documents; written by test_truth.py."]
        for name, entries in lists.items():
            lines += ["", f"{name} = ["]
            lines += ['  "' + entry.replace("\\", "\\\\").replace('"', '\\"') + '",' for entry in entries]
            lines += ["]"]
        KNOWN.write_text("\n".join(lines) + "\n", "utf-8")


def test_one_document_could_not_be_read_and_the_exit_code_says_so(scan: Scan) -> None:
    assert scan.exit_code == 4
    assert "1 needs OCR" in scan.stdout


def test_every_document_has_its_extraction_status(scan: Scan) -> None:
    found = {row["file"]: row["extraction_status"] for row in scan.table("documents")}
    assert found == {document["file"]: document["extraction"] for document in scan.truth}


def test_every_document_has_a_result_for_every_lesson(scan: Scan) -> None:
    assert len(scan.statuses) == 15 * len(scan.truth)


def test_documents_are_joined_to_their_hospitals(scan: Scan) -> None:
    rows = scan.table("document_hospitals")
    found = {(row["document_id"], row["ccn"]) for row in rows}
    assert found == {
        (scan.ids[document["file"]], hospital["ccn"]) for document in scan.truth for hospital in document["hospitals"]
    }


def test_a_document_without_text_is_not_assessed_and_never_a_gap(scan: Scan) -> None:
    scanned = [document["file"] for document in scan.truth if document["extraction"] == "needs_ocr"]
    assert scanned
    for file in scanned:
        assert {scan.statuses[scan.ids[file], f"L{n:02d}"] for n in range(1, 16)} == {"not_assessed"}
    names = {hospital["name"] for d in scan.truth if d["file"] in scanned for hospital in d["hospitals"]}
    assert not names & {row["hospital_name"] for row in scan.table("gaps")}


@pytest.mark.usefixtures("tesseract")
def test_with_tesseract_the_scan_is_read_and_assessed(
    scan: Scan, sample_reports: Path, cache: Path, tmp_path: Path
) -> None:
    [scanned] = [document for document in scan.truth if document["extraction"] == "needs_ocr"]
    file = str(sample_reports / scanned["file"])
    read = run_scan(sample_reports, tmp_path / "out", [scanned], file, "--cache", str(cache))
    assert read.exit_code == 0
    assert "Read by OCR: 8 pages of 1 document" in read.stdout
    [row] = read.table("documents")
    assert (row["extraction_status"], row["assessed"], row["ocr_pages"]) == ("ok", "true", row["pages"])
    assert float(row["ocr_confidence"]) > 0.9
    found = {lesson: status for (_, lesson), status in read.statuses.items()}
    right = [lesson for lesson, status in scanned["after_ocr"].items() if found[lesson] == status]
    assert len(right) >= 10, found
    assert "not_assessed" not in found.values()
    quoted = [row for row in read.table("mentions") if row["counted"] == "true"]
    assert quoted
    assert all(float(row["ocr_confidence"]) >= 0.6 for row in quoted)


@pytest.mark.usefixtures("tesseract")
def test_the_text_of_the_scan_can_be_had(scan: Scan, sample_reports: Path, cache: Path) -> None:
    [scanned] = [document for document in scan.truth if document["extraction"] == "needs_ocr"]
    file = str(sample_reports / scanned["file"])
    command = [sys.executable, "-m", "chna_toolkit", "extract", file, "--cache", str(cache)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = [squash(page) for page in done.stdout.split("\f")]
    quotes = [(squash(entry["quote"]), pages[entry["page"] - 1]) for entry in scanned["evidence"]]
    assert sum(quote in page for quote, page in quotes) >= 0.8 * len(quotes)
    off = subprocess.run([*command, "--ocr", "off"], capture_output=True, text=True, check=False)
    assert (off.returncode, off.stdout.strip()) == (3, "")
    assert "needs ocr" in off.stderr
    assert "Install tesseract" in off.stderr


def test_statuses_are_those_of_the_truth(scan: Scan, update: dict[str, list[str]]) -> None:
    wrong = wrong_statuses(scan)
    compare_with_known("wrong_statuses", wrong, update)
    assert len(wrong) <= 0.25 * len(scan.statuses)


def test_hard_negatives_are_not_counted(scan: Scan, update: dict[str, list[str]]) -> None:
    compare_with_known("false_alarms", false_alarms(scan), update)


def test_most_evidence_is_found_with_its_assertion(scan: Scan) -> None:
    entries = list(scan.entries("evidence"))
    found = [(entry["assertion"], scan.assertions(file, entry["lesson"], entry["quote"])) for file, entry in entries]
    hits = [(assertion, said) for assertion, said in found if said]
    assert len(hits) >= 0.66 * len(entries)
    assert sum(assertion in said for assertion, said in hits) >= 0.85 * len(hits)


def test_every_mention_can_be_found_again(scan: Scan, sample_reports: Path) -> None:
    """Page and offsets of a mention point at its words in the text as the extractor reads it."""
    files = {document_id: file for file, document_id in scan.ids.items()}
    pages = {name: read_document(sample_reports / file).pages for name, file in files.items()}
    mentions = scan.table("mentions")
    assert mentions
    for row in mentions:
        text = pages[row["document_id"]][int(row["page_number"]) - 1].text
        found = text[int(row["start_char"]) : int(row["end_char"])]
        assert squash(found) == squash(row["keyword"])
