"""From assessed documents to the tables of a run, exactly as the schemas say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from urllib.parse import quote

import pandas as pd

from chna_toolkit.lexicon.model import Lesson, Lexicon
from chna_toolkit.model import Assertion, Assessed, Document, DocumentStatus, Mention, Passage, Status
from chna_toolkit.results import schemas
from chna_toolkit.results.cells import join_names
from chna_toolkit.results.frames import Row, frame_of
from chna_toolkit.results.gaps import gap_rows
from chna_toolkit.results.hospitals import (
    HospitalCycle,
    group_hospitals,
    identities_of,
    is_assessed,
    merge_copies,
)
from chna_toolkit.results.peers import PeerGroups, peer_rows
from chna_toolkit.results.schemas import Value
from chna_toolkit.scoring import Thresholds

_KWIC_WORDS = 8
_KWIC_REACH = 240  # characters looked at on either side: eight words, even long ones


@dataclass(frozen=True, slots=True)
class Failure:
    """One file and stage where something went wrong."""

    file: str
    stage: str  # "open", "extract", "tag" or "write"
    slug: str
    message: str
    hint: str = ""
    document_id: str = ""


def build_tables(
    assessed: Sequence[Assessed],
    lexicon: Lexicon,
    failures: Iterable[Failure],
    thresholds: Thresholds,
) -> dict[str, pd.DataFrame]:
    """Return all tables of a run by name, in the order of the data dictionary.

    `failures` are those the documents do not tell themselves: a document that could not be
    read, or only in part, gets its row here. Files with the same bytes become one document.
    """
    merged = merge_copies(assessed)
    documents = [document for document, _ in merged]
    lessons = scored_lessons(documents, lexicon)
    ids = [lesson.id for lesson in lessons]
    hospitals = group_hospitals(documents, ids)
    peers = PeerGroups(hospitals, ids)
    by_id = sorted(documents, key=lambda one: one.document_id)
    rows: dict[str, Iterable[Row]] = {
        "coverage_matrix": (_matrix_row(hospital) for hospital in hospitals),
        "gaps": (row for hospital in hospitals for row in gap_rows(hospital, lessons, peers)),
        "peers": peer_rows(hospitals, lessons, peers),
        "lesson_results": (row for document in documents for row in _result_rows(document, lessons, thresholds)),
        "mentions": (row for document in by_id for row in _mention_rows(document, ids, lexicon.hash)),
        "documents": (_document_row(document, others) for document, others in merged),
        "document_hospitals": (row for document in documents for row in _hospital_rows(document)),
        "lessons": (_lesson_row(lesson, lexicon) for lesson in lessons),
        "failures": _failure_rows(assessed, failures),
    }
    return {table.name: frame_of(table, rows[table.name]) for table in schemas.tables(ids)}


def scored_lessons(documents: Sequence[Assessed], lexicon: Lexicon) -> tuple[Lesson, ...]:
    """Return the lessons that were scored: all, unless the run selected some."""
    if not documents:
        return lexicon.lessons
    scored = {result.lesson for document in documents for result in document.results}
    return tuple(lesson for lesson in lexicon.lessons if lesson.id in scored)


@lru_cache(maxsize=1024)  # the mentions of a page share one text, which is held once
def pdf_link(file: str, page: int) -> str:
    """Return a URL relative to the scanned folder that opens the PDF at a page (RFC 8118)."""
    return f"{quote(file, errors='surrogateescape')}#page={page}"


def _document_row(one: Assessed, others: Sequence[str]) -> Row:
    document = one.document
    statuses = [result.status for result in one.results]
    assessed = is_assessed(one)
    reason = document.reason
    if document.status.is_searchable and not assessed and one.results:
        reason = one.results[0].reason  # the same for all lessons: too little readable text
    return {
        "document_id": one.document_id,
        "file": one.file,
        "other_files": join_names(others),
        "sha256": document.sha256,
        "size_bytes": one.size,
        "extraction_status": document.status.value,
        "assessed": assessed,
        "reason": reason,
        "hint": document.hint,
        "pdf_title": document.metadata.get("title", ""),
        "pages": len(document.pages),
        "readable_pages": document.readable_pages,
        "ocr_pages": document.ocr_pages,
        "ocr_confidence": document.ocr_confidence,
        "words": document.words,
        "hospitals": len({key for key, _ in identities_of(one)}),
        **{f"lessons_{status}": statuses.count(status) for status in Status},
        "lesson_coverage_percent": _percent(statuses),
        "warnings": ";".join(document.warnings),
    }


def _hospital_rows(one: Assessed) -> Iterator[Row]:
    seen = set()
    for key, identity in identities_of(one):
        if (key, identity.year) in seen:
            continue
        seen.add((key, identity.year))
        yield {
            "document_id": one.document_id,
            "hospital_key": key,
            "chna_year": identity.year,
            "file": one.file,
            "hospital_name": identity.name,
            "ccn": identity.ccn,
            "ein": identity.ein,
            "system": identity.system,
            "state": identity.state,
            "beds": identity.beds,
            "document_type": identity.document_type,
            "identity_source": identity.source,
        }


def _result_rows(one: Assessed, lessons: Sequence[Lesson], thresholds: Thresholds) -> Iterator[Row]:
    results = {result.lesson: result for result in one.results}
    words = one.document.words
    for lesson in lessons:
        result = results[lesson.id]
        counted = sum(result.mentions.values())
        yield {
            "document_id": one.document_id,
            "lesson_id": lesson.id,
            "file": one.file,
            "lesson_title": lesson.title,
            "status": result.status.value,
            "status_reason": result.reason,
            "fragile": result.fragile,
            "strength": result.strength,
            "mentions_counted": counted,
            **{f"mentions_{assertion}": result.mentions[assertion] for assertion in Assertion},
            "mentions_set_aside": result.set_aside,
            "distinct_rules": len(result.rules),
            "pages_with_mentions": len(result.pages),
            "first_page": min(result.pages, default=None),
            "mentions_per_10k_words": 10_000 * counted / words if words else None,
            "thresholds": thresholds.version,
        }


def _matrix_row(hospital: HospitalCycle) -> Row:
    statuses = [shown.status for shown in hospital.lessons.values()]
    identity = hospital.identity
    return {
        "hospital_key": hospital.key,
        "chna_year": hospital.year,
        "hospital_name": identity.name,
        "ccn": identity.ccn,
        "ein": identity.ein,
        "system": identity.system,
        "state": identity.state,
        "beds": identity.beds,
        "year_source": hospital.year_source,
        "documents": len(hospital.documents),
        "document_ids": ";".join(sorted(one.document_id for one in hospital.documents)),
        **{f"{lesson}_status": shown.status.value for lesson, shown in hospital.lessons.items()},
        **{status.value: statuses.count(status) for status in Status},
        "lesson_coverage_percent": _percent(statuses),
        "fragile_lessons": ";".join(lesson for lesson, shown in hospital.lessons.items() if shown.fragile),
        "incomplete": hospital.is_incomplete,
    }


def _percent(statuses: Sequence[Status]) -> float | None:
    assessed = sum(status is not Status.NOT_ASSESSED for status in statuses)
    return 100 * statuses.count(Status.COVERED) / assessed if assessed else None


def _mention_rows(one: Assessed, lessons: Sequence[str], lexicon_hash: str) -> list[Row]:
    """Return the rows in the order of the table: to sort millions of them at once takes a copy."""
    ranks = {
        index: rank
        for result in one.results
        for indexes in (result.best, result.nearest)
        for rank, index in enumerate(indexes, 1)
    }
    wanted = set(lessons)
    key_of = itemgetter(*schemas.MENTIONS.key)
    rows: dict[tuple[Value, ...], Row] = {}
    for index, mention in enumerate(one.mentions):
        if mention.lesson in wanted:
            row = _mention_row(one, mention, ranks.get(index), lexicon_hash)
            key = key_of(row)
            # The same rule can match the same span by two ways: one row, the ranked one.
            if key not in rows or rows[key]["evidence_rank"] is None:
                rows[key] = row
    return [rows[key] for key in sorted(rows)]


def _mention_row(one: Assessed, mention: Mention, rank: int | None, lexicon_hash: str) -> Row:
    passage = one.document.passages[mention.passage]
    text = one.document.pages[passage.page - 1].text
    start, end = passage.start + mention.start, passage.start + mention.end
    left, right = _around(text, start, end)
    before, after = _neighbours(one.document, passage) if rank is not None and rank <= schemas.NEAR else ("", "")
    name = f"{one.document.sha256}|{mention.lesson}|{mention.rule}|{passage.page}|{start}|{end}"
    return {
        "mention_id": hashlib.sha256(name.encode()).hexdigest()[:12],
        "document_id": one.document_id,
        "page_number": passage.page,
        "start_char": start,
        "end_char": end,
        "lesson_id": mention.lesson,
        "rule_id": mention.rule,
        "file": one.file,
        "page_label": passage.page_label,
        "section": _section(passage.section),
        "kind": passage.kind.value,
        "row_header": passage.row_header,
        "column_header": passage.column_header,
        "assertion": mention.assertion.value,
        "cue": mention.cue,
        "confidence": mention.confidence,
        "counted": mention.counted,
        "set_aside_reason": mention.set_aside,
        "evidence_rank": rank,
        "left": left,
        "keyword": text[start:end],
        "right": right,
        "sentence": passage.text,
        "marks": ";".join(f"{a}-{b}" for a, b in mention.parts or ((mention.start, mention.end),)),
        "before": before,
        "after": after,
        "passage": passage.index,
        "ocr_confidence": passage.ocr_confidence,
        **dict(zip(("box_x0", "box_top", "box_x1", "box_bottom"), passage.box, strict=True)),
        "pdf_link": pdf_link(one.file, passage.page),
        "lexicon_hash": lexicon_hash,
    }


@lru_cache(maxsize=1024)
def _section(headings: tuple[str, ...]) -> str:
    return " > ".join(headings)


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """Return up to eight words on either side of a span, with single spaces."""
    left = text[max(0, start - _KWIC_REACH) : start].split()[-_KWIC_WORDS:]
    right = text[end : end + _KWIC_REACH].split()[:_KWIC_WORDS]
    return " ".join(left), " ".join(right)


def _neighbours(document: Document, passage: Passage) -> tuple[str, str]:
    """Return the end of the passage before and the beginning of the one after, cut at a word."""
    index, most = passage.index, schemas.NEIGHBOUR
    before = document.passages[index - 1].text if index else ""
    after = document.passages[index + 1].text if index + 1 < len(document.passages) else ""
    before = before if len(before) <= most else "… " + before[-most:].partition(" ")[2]
    return before, after if len(after) <= most else after[:most].rpartition(" ")[0] + " …"


def _failure_rows(assessed: Sequence[Assessed], failures: Iterable[Failure]) -> list[Row]:
    unread = (  # in whole or in part
        Failure(
            one.file,
            "extract",
            one.document.status.value.replace("_", "-"),
            one.document.reason,
            one.document.hint,
            one.document_id,
        )
        for one in assessed
        if one.document.status is not DocumentStatus.OK
    )
    rows = {}
    for failure in (*unread, *failures):
        row = {
            "file": failure.file,
            "stage": failure.stage,
            "slug": failure.slug,
            "document_id": failure.document_id,
            "message": failure.message,
            "hint": failure.hint,
        }
        rows[failure.file, failure.stage, failure.slug] = row
    return list(rows.values())


def _lesson_row(lesson: Lesson, lexicon: Lexicon) -> Mapping[str, Value]:
    def first(expect: str) -> str:
        return next((example.text for example in lesson.examples if example.expect == expect), "")

    return {
        "lesson_id": lesson.id,
        "number": lesson.number,
        "slug": lesson.slug,
        "title": lesson.title,
        "brief": lesson.brief,
        "definition": lesson.definition,
        "code_when": lesson.code_when,
        "do_not_code_when": lesson.do_not_code_when,
        "recommendation": lesson.recommendation,
        "example": first("match"),
        "counter_example": first("no_match"),
        "rules": len(lesson.rules),
        "exclusions": len(lesson.exclusions),
        "examples": len(lesson.examples),
        "lexicon_version": lexicon.version,
        "lexicon_hash": lexicon.hash,
    }
