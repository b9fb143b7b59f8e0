"""The numbers of a run, and the one sentence that people quote."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from chna_toolkit.results.cells import split_names
from chna_toolkit.results.frames import rows_of

if TYPE_CHECKING:
    from chna_toolkit.results.run import Manifest

_ASSESSED, _OCR = "assessed", "needs_ocr"


def count(tables: Mapping[str, pd.DataFrame]) -> dict[str, int | float | None]:
    """Return the counts of a run for its manifest and closing sentence.

    `documents` are distinct files and fall into `assessed`, `needs_ocr`, `failed` (could not be
    read) and `too_little_text` (read, but too little of it); `nameless` are those of which no
    hospital is known, `read_by_ocr` those with pages (`ocr_pages` in all) read by OCR.
    `median_covered` is over hospitals and cycles that were assessed; `None` if none was.
    """
    documents = rows_of(tables["documents"])
    kinds = {row["file"]: _kind(str(row["extraction_status"]), bool(row["assessed"])) for row in documents}
    copies = [name for row in documents for name in split_names(str(row["other_files"]))]
    for row in rows_of(tables["failures"]):
        if not row["document_id"]:
            kinds.setdefault(row["file"], "failed")  # could not be opened: no document at all
    owners = rows_of(tables["document_hospitals"])
    named = {row["document_id"] for row in owners if row["identity_source"] != "none"}
    matrix = rows_of(tables["coverage_matrix"])
    covered = [int(row["covered"] or 0) for row in matrix if row["lesson_coverage_percent"] is not None]
    found = list(kinds.values())
    return {
        "documents": len(found),
        "copies": len(copies),
        "hospitals": len({row["hospital_key"] for row in owners if row["identity_source"] != "none"}),
        "nameless": sum(row["document_id"] not in named for row in documents),
        "assessed": found.count(_ASSESSED),
        "read_by_ocr": sum(bool(row["ocr_pages"]) for row in documents),
        "needs_ocr": found.count(_OCR),
        "too_little_text": found.count("too_little_text"),
        "failed": found.count("failed"),
        "lessons": len(tables["lessons"]),
        "median_covered": statistics.median(covered) if covered else None,
        "pages": sum(int(row["pages"] or 0) for row in documents),
        "ocr_pages": sum(int(row["ocr_pages"] or 0) for row in documents),
        "words": sum(int(row["words"] or 0) for row in documents),
        "mentions": len(tables["mentions"]),
        "gaps": len(tables["gaps"]),
    }


def closing_sentence(counts: Mapping[str, int | float | None]) -> str:
    """Return the sentence that people quote, such as "8 documents of 7 hospitals: 7 assessed, ..."."""
    by_ocr = f" ({counts['read_by_ocr']:,} read by OCR)" if counts["read_by_ocr"] else ""
    parts = [f"{counts['assessed']} assessed{by_ocr}", f"{counts['needs_ocr']} {_verb(counts['needs_ocr'])} OCR"]
    if counts["too_little_text"]:
        parts.append(f"{counts['too_little_text']} with too little text")
    parts.append(f"{counts['failed']} failed")
    copies = f" ({_of(counts['copies'], 'copy', 'copies')} counted once)" if counts["copies"] else ""
    unknown = f" (unknown for {counts['nameless']:,})" if counts["nameless"] else ""
    hospitals = f"{_of(counts['hospitals'], 'hospital')}{unknown}"
    if unknown and not counts["hospitals"]:
        hospitals = "unknown hospitals"
    sentence = f"{_of(counts['documents'], 'document')}{copies} of {hospitals}: {', '.join(parts)}."
    if counts["median_covered"] is not None:
        lessons = _of(counts["lessons"], "lesson")
        sentence += f" Median coverage {counts['median_covered']:g} of {lessons}."
    return sentence


def ocr_sentence(manifest: Manifest) -> str:
    """Return what was read by OCR and what it cost; "" if nothing was."""
    counts = manifest.counts
    if not counts.get("ocr_pages"):
        return ""
    seconds = manifest.extra.get("cpu_seconds", {}).get("ocr", 0.0)
    cost = f"{seconds:,.0f} s of processor time" if seconds else "nothing, from the cache"
    pages, documents = _of(counts["ocr_pages"], "page"), _of(counts["read_by_ocr"], "document")
    return f"Read by OCR: {pages} of {documents}; it cost {cost}."


def _kind(status: str, assessed: bool) -> str:
    if assessed:
        return _ASSESSED
    if status in ("ok", "partial"):
        return "too_little_text"
    return _OCR if status == "needs_ocr" else "failed"


def _verb(number: int | float | None) -> str:
    return "needs" if number == 1 else "need"


def _of(number: int | float | None, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number or 0:,} {plural or noun + 's'}"
