"""Documents to hospitals and cycles, and what a hospital shows over its documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chna_toolkit.model import Assessed, Identity, LessonResult, Status
from chna_toolkit.scoring import hospital_status

_TRUST = ("hospitals_csv", "guess", "none")  # whose word on a name counts first


@dataclass(frozen=True)
class LessonShown:
    """What a hospital shows of one lesson in one cycle, over its documents."""

    lesson: str
    status: Status
    fragile: bool
    results: tuple[tuple[Assessed, LessonResult], ...]  # one a document

    @property
    def deciding(self) -> tuple[tuple[Assessed, LessonResult], ...]:
        """The documents that have the hospital's status."""
        return tuple(pair for pair in self.results if pair[1].status is self.status)


@dataclass(frozen=True)
class HospitalCycle:
    """One hospital in one CHNA cycle with all documents that speak for it."""

    key: str
    year: int | None
    identity: Identity  # joined: the first known value of each field, hospitals.csv before guesses
    year_source: str
    documents: tuple[Assessed, ...]  # sorted by file
    lessons: Mapping[str, LessonShown]

    def count(self, status: Status) -> int:
        """Return how many lessons have this status."""
        return sum(shown.status is status for shown in self.lessons.values())

    @property
    def is_incomplete(self) -> bool:
        """Whether a document could not be assessed while others may have been."""
        return any(not is_assessed(document) for document in self.documents)


def is_assessed(document: Assessed) -> bool:
    """Whether the document had enough readable text to be assessed."""
    return any(result.status is not Status.NOT_ASSESSED for result in document.results)


def identities_of(document: Assessed) -> tuple[tuple[str, Identity], ...]:
    """Return the hospitals of a document with their keys; one without any name is named by its file.

    By the whole path: two files called `chna.pdf` in two folders are of two hospitals.
    """
    named = []
    for identity in document.identities:
        if not identity.key:
            identity = replace(identity, name=document.file, source="none")
        named.append((identity.key, identity))
    return tuple(named)


def merge_copies(assessed: Sequence[Assessed]) -> tuple[tuple[Assessed, tuple[str, ...]], ...]:
    """Join files with the same bytes: one document with all its hospitals, and its other file names.

    Returns `(document, other files)` sorted by document id. Files that could not even be
    opened (no hash) are left out: they have no document and stand in the failures only.
    """
    groups: dict[str, list[Assessed]] = defaultdict(list)
    for one in assessed:
        if one.document.sha256:
            groups[one.document.sha256].append(one)
    merged = []
    for sha256 in sorted(groups):
        same = sorted(groups[sha256], key=lambda one: one.file)
        identities = tuple(dict.fromkeys(identity for one in same for identity in one.identities))
        # A name from hospitals.csv for one copy replaces a guess for the other.
        best = min(_TRUST.index(identity.source) for identity in identities)
        kept = tuple(identity for identity in identities if _TRUST.index(identity.source) == best)
        first = replace(same[0], identities=kept) if len(same) > 1 else same[0]
        merged.append((first, tuple(one.file for one in same[1:])))
    return tuple(merged)


def group_hospitals(documents: Sequence[Assessed], lessons: Sequence[str]) -> tuple[HospitalCycle, ...]:
    """Return one entry a hospital and cycle, sorted by key and year. A joint CHNA stands in several."""
    groups: dict[tuple[str, int | None], list[tuple[Identity, Assessed]]] = defaultdict(list)
    for document in documents:
        for key, identity in identities_of(document):
            groups[key, identity.year].append((identity, document))
    cycles = []
    for key, year in sorted(groups, key=lambda pair: (pair[0], pair[1] is not None, pair[1] or 0)):
        members = groups[key, year]
        members.sort(key=lambda pair: (_TRUST.index(pair[0].source), pair[1].file))
        own = tuple({one.document_id: one for _, one in sorted(members, key=lambda m: m[1].file)}.values())
        # Of a document whose hospital is unknown, the year is still read off the document.
        sources = dict.fromkeys(identity.source.replace("none", "guess") for identity, _ in members)
        cycles.append(
            HospitalCycle(
                key=key,
                year=year,
                identity=_join([identity for identity, _ in members]),
                year_source="none" if year is None else ";".join(sources),
                documents=own,
                lessons={lesson: _shown(lesson, own) for lesson in lessons},
            )
        )
    return tuple(cycles)


def _join(identities: Sequence[Identity]) -> Identity:
    """Take each field from the first identity that knows it."""
    first = identities[0]
    return replace(
        first,
        name=next((one.name for one in identities if one.name), ""),
        ccn=next((one.ccn for one in identities if one.ccn), ""),
        ein=next((one.ein for one in identities if one.ein), ""),
        system=next((one.system for one in identities if one.system), ""),
        state=next((one.state for one in identities if one.state), ""),
        beds=next((one.beds for one in identities if one.beds), None),
    )


def _shown(lesson: str, documents: Sequence[Assessed]) -> LessonShown:
    results = tuple(
        (document, result) for document in documents for result in document.results if result.lesson == lesson
    )
    status = hospital_status(result.status for _, result in results)
    shown = LessonShown(lesson, status, False, results)
    deciding = [result for _, result in shown.deciding]
    rules = {rule for result in deciding for rule in result.rules}
    # Two documents that rest on one and the same rule are no safer than one.
    alone = len(deciding) == 1 or len(rules) == 1
    return replace(shown, fragile=alone and all(result.fragile for result in deciding))
