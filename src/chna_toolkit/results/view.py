"""A run as plain values in the order in which people read it. Reports know nothing of tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chna_toolkit.model import Box, DocumentStatus, Status
from chna_toolkit.results.run import Manifest, Run
from chna_toolkit.results.schemas import Table
from chna_toolkit.results.shares import Share

Span = tuple[int, int]
LEAST_PEERS = 3  # of fewer it is not said what most of them do


@dataclass(frozen=True)
class LessonView:
    """A lesson with its codebook entry and how many hospitals cover it."""

    id: str
    number: int
    slug: str
    title: str
    brief: str
    definition: str
    code_when: str
    do_not_code_when: str
    recommendation: str
    example: str
    counter_example: str
    rules: int
    tally: Mapping[Status, int]  # hospitals by status, each by its latest assessed cycle

    @property
    def name(self) -> str:
        """The slug as words."""
        return self.slug.replace("-", " ")

    @property
    def assessed(self) -> int:
        """Hospitals that could be assessed for it."""
        return sum(number for status, number in self.tally.items() if status is not Status.NOT_ASSESSED)


@dataclass(frozen=True)
class DocumentView:
    """A document with what became of it."""

    id: str
    file: str
    link: str  # relative to the report
    other_files: tuple[str, ...]
    status: DocumentStatus
    is_assessed: bool
    reason: str
    hint: str
    title: str
    pages: int
    readable_pages: int
    ocr_pages: int
    ocr_confidence: float | None
    words: int
    type: str = ""  # for the hospital it stands under


@dataclass(frozen=True)
class Evidence:
    """A passage with the words that matched."""

    sentence: str
    marks: tuple[Span, ...]  # sorted, without overlap
    assertion: str
    cue: str
    confidence: float
    is_counted: bool
    set_aside: str
    file: str
    link: str  # relative to the report, with the page
    page: int
    page_label: str
    section: str
    headers: str  # of a table cell: row and column
    kind: str
    rules: tuple[str, ...]
    ocr_confidence: float | None = None  # None: it stands in a text layer
    document: str = ""  # its id
    box: Box | None = None  # of the passage on its page
    before: str = ""  # the end of the passage before it
    after: str = ""  # the beginning of the one after

    @property
    def pieces(self) -> tuple[tuple[str, bool], ...]:
        """The sentence in pieces, each with whether it matched."""
        pieces, last = [], 0
        for start, end in self.marks:
            pieces += [(self.sentence[last:start], False), (self.sentence[start:end], True)]
            last = end
        pieces.append((self.sentence[last:], False))
        return tuple((text, marked) for text, marked in pieces if text)


@dataclass(frozen=True)
class Nearest:
    """A passage that came near."""

    quote: str
    file: str
    link: str
    page: int
    why: str


@dataclass(frozen=True)
class Gap:
    """What is known of a lesson that a hospital does not show as practice."""

    kind: str
    documents_searched: int
    documents_unread: int
    readable_pages: int
    pages: int
    words: int
    rules_tried: int
    nearest: tuple[Nearest, ...]


@dataclass(frozen=True)
class Finding:
    """What a hospital shows of a lesson in one cycle."""

    lesson: LessonView
    status: Status
    is_fragile: bool
    reasons: tuple[tuple[str, str], ...]  # (file, reason); one file is named "" if it is the only one
    counted: int
    pages: int
    evidence: tuple[Evidence, ...]  # best first, the first few
    more: int  # passages beyond those
    set_aside: tuple[Evidence, ...]
    more_set_aside: int
    peers: Share  # how many of the hospital's peers cover it; `results/peers.py` says who they are
    gap: Gap | None

    @property
    def is_behind(self) -> bool:
        """Whether most of its peers, at least `LEAST_PEERS`, cover what the hospital was assessed for and does not."""
        is_gap, peers = self.status not in (Status.COVERED, Status.NOT_ASSESSED), self.peers
        return is_gap and peers.assessed >= LEAST_PEERS and 2 * peers.covered > peers.assessed


@dataclass(frozen=True)
class HospitalView:
    """A hospital in one cycle."""

    key: str
    name: str
    ccn: str
    ein: str
    system: str
    state: str
    beds: int | None
    year: int | None
    year_source: str
    is_known: bool  # False: a document of an unknown hospital, under its file name
    is_incomplete: bool
    documents: tuple[DocumentView, ...]
    findings: tuple[Finding, ...]  # one a lesson, in order
    anchor: str  # id within the report

    def count(self, status: Status) -> int:
        """Return how many lessons have this status."""
        return sum(finding.status is status for finding in self.findings)

    @property
    def peer_group(self) -> str:
        """What makes its peers, such as "OH"; "" for all, or if it is not known."""
        return self.findings[0].peers.group if self.findings else ""

    @property
    def covered(self) -> int:
        """Lessons shown as practice."""
        return self.count(Status.COVERED)

    @property
    def is_assessed(self) -> bool:
        """Whether anything can be said of it."""
        return self.count(Status.NOT_ASSESSED) < len(self.findings)

    def having(self, status: Status) -> tuple[Finding, ...]:
        """Return the findings of this status in lesson order."""
        return tuple(finding for finding in self.findings if finding.status is status)


@dataclass(frozen=True)
class FailureView:
    """A file that could not be read or processed, or too little of it."""

    file: str
    what: str
    message: str
    hint: str


@dataclass(frozen=True)
class RunView:
    """All of a run that a report shows."""

    manifest: Manifest
    lessons: tuple[LessonView, ...]
    hospitals: tuple[HospitalView, ...]  # by name, then year
    documents: tuple[DocumentView, ...]
    not_assessed: tuple[FailureView, ...]
    read_in_part: tuple[FailureView, ...]
    schemas: tuple[Table, ...] = field(repr=False)
    grouping: str = "all"  # by which hospitals are peers, one of `schemas.GROUPINGS`

    @property
    def assessed(self) -> tuple[HospitalView, ...]:
        """Hospitals and cycles of which something can be said."""
        return tuple(hospital for hospital in self.hospitals if hospital.is_assessed)


def view_of(run: Run, peers: str = "") -> RunView:
    """Return what reports show of a run.

    `peers` is the grouping in which hospitals stand beside each other; by default that of the scan.
    """
    from chna_toolkit.results.viewing import Builder

    return Builder(run, peers).view()
