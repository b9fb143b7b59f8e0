"""Rows of `gaps.csv`: what was searched, what came near, what others do, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from chna_toolkit.lexicon.model import Lesson
from chna_toolkit.model import Assertion, Assessed, LessonResult, Mention, Status
from chna_toolkit.results.hospitals import HospitalCycle, LessonShown, is_assessed
from chna_toolkit.results.peers import PeerGroups
from chna_toolkit.results.schemas import NEAREST, Value

_SHORT = {
    Assertion.PRACTICE: "practice, but too weak to count alone",
    Assertion.PLAN: "a plan, not yet a practice",
    Assertion.CALL: "called for, by nobody who commits to it",
    Assertion.LACK: "named as missing",
}


def gap_rows(hospital: HospitalCycle, lessons: Sequence[Lesson], peers: PeerGroups) -> list[dict[str, Value]]:
    """Return one row for each lesson the hospital was assessed for and does not cover."""
    return [
        _row(hospital, lesson, shown, peers)
        for lesson in lessons
        if (shown := hospital.lessons[lesson.id]).status not in (Status.COVERED, Status.NOT_ASSESSED)
    ]


def gap_kind(shown: LessonShown) -> str:
    """Return what kind of gap it is, one of `schemas.GAP_KINDS`."""
    if shown.status is Status.PLANNED:
        return "planned_only"
    counted = [result.mentions for _, result in shown.results if result.status is not Status.NOT_ASSESSED]
    if any(mentions[Assertion.CALL] or mentions[Assertion.LACK] for mentions in counted):
        return "named_by_document" if shown.status is Status.ACKNOWLEDGED else "weak_evidence"
    return "weak_evidence" if any(sum(mentions.values()) for mentions in counted) else "silent"


def _row(hospital: HospitalCycle, lesson: Lesson, shown: LessonShown, peers: PeerGroups) -> dict[str, Value]:
    searched = [one for one in hospital.documents if is_assessed(one)]
    others = peers.share(hospital, lesson.id)
    return {
        "hospital_key": hospital.key,
        "chna_year": hospital.year,
        "lesson_id": lesson.id,
        "hospital_name": hospital.identity.name,
        "state": hospital.identity.state,
        "lesson_title": lesson.title,
        "status": shown.status.value,
        "gap_kind": gap_kind(shown),
        "reason": _reason(shown),
        "documents_searched": len(searched),
        "documents_unread": len(hospital.documents) - len(searched),
        "readable_pages": sum(one.document.readable_pages for one in searched),
        "pages": sum(len(one.document.pages) for one in hospital.documents),
        "words": sum(one.document.words for one in searched),
        "rules_tried": len(lesson.rules),
        "peers_assessed": others.assessed,
        "peers_covered": others.covered,
        "peers_covered_percent": others.percent,
        **_nearest(shown),
        "definition": lesson.definition,
        "recommendation": lesson.recommendation,
    }


def _reason(shown: LessonShown) -> str:
    if len(shown.results) == 1:
        return shown.results[0][1].reason
    return "; ".join(f"{document.file}: {result.reason}" for document, result in shown.results)


def _nearest(shown: LessonShown) -> dict[str, Value]:
    """Return the columns of the passages that came near: counted ones first, then those set aside."""
    near = [pair for document, result in shown.results for pair in _near(document, result)]
    near.sort(key=lambda pair: (not pair[1].counted, -pair[1].confidence))  # stable: documents by file
    columns: dict[str, Value] = {}
    for number in range(1, NEAREST + 1):
        name = f"nearest_{number}"
        quote: Value = ""
        file, page, why = "", None, ""
        if number <= len(near):
            document, mention = near[number - 1]
            passage = document.document.passages[mention.passage]
            quote, file, page = passage.text, document.file, passage.page
            why = _SHORT[mention.assertion] if mention.counted else f"set aside: {mention.set_aside}"
        columns |= {f"{name}_quote": quote, f"{name}_file": file, f"{name}_page": page, f"{name}_why": why}
    return columns


def _near(document: Assessed, result: LessonResult) -> list[tuple[Assessed, Mention]]:
    if result.status is Status.NOT_ASSESSED:
        return []
    indexes = (*result.best[:NEAREST], *result.nearest[:NEAREST])
    return [(document, document.mentions[index]) for index in indexes]
