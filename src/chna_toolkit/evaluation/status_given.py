"""What a tool says of whole documents: statuses and evidence of a finished run, or made now as a scan makes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from chna_toolkit.config import Settings
from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation.baselines import KEYWORDS, by_keywords
from chna_toolkit.evaluation.gold import GoldUnit
from chna_toolkit.evaluation.statuses import Reference, StatusTruth, stem_of
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.model import Document, LessonResult, Mention, Status
from chna_toolkit.results.cells import split_names
from chna_toolkit.scoring import Thresholds, score
from chna_toolkit.tagging import Tagger


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage that is given as evidence."""

    page: int
    text: str
    assertion: str
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class GivenStatus:
    """What the tool says of a lesson. `evidence` is all that counts, best first, each text once."""

    status: Status
    reason: str
    strength: float
    evidence: tuple[Shown, ...] = ()


@dataclass(frozen=True)
class GivenDocument:
    """What the tool says of a document, by lesson number (as text)."""

    file: str
    sha256: str
    lessons: Mapping[str, GivenStatus]
    other_files: tuple[str, ...] = ()  # with the same bytes
    passages: tuple[tuple[int, str], ...] | None = None  # page and text of all; None: not known from a run

    def has(self, reference: Reference) -> bool | None:
        """Say whether the passage is in the text as it was read; None if that is not known."""
        if self.passages is None:
            return None
        return any(reference.fits(text, page) for page, text in self.passages)


@dataclass(frozen=True)
class Given:
    """What a tool says of many documents, and who it is, in words."""

    by: str
    documents: Sequence[GivenDocument]
    _by_name: dict[str, GivenDocument] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        names: defaultdict[str, list[GivenDocument]] = defaultdict(list)
        for one in self.documents:
            for file in {one.file, *one.other_files}:
                for name in {file, PurePosixPath(file).name, stem_of(file)}:
                    names[name].append(one)
        # A name that two documents have says nothing.
        self._by_name.update({name: found[0] for name, found in names.items() if len(found) == 1})

    def find(self, truth: StatusTruth) -> GivenDocument | None:
        """Return the document that a truth speaks of: by its hash if that is given, else by its name."""
        if truth.sha256:
            starts = [one for one in self.documents if one.sha256.startswith(truth.sha256)]
            return starts[0] if len(starts) == 1 else None
        return self._by_name.get(truth.file) or self._by_name.get(stem_of(truth.file))


def of_run(path: Path, lexicon: Lexicon) -> Given:
    """Read what a run says. Raises `UsageError`, `NoInputError`."""
    from chna_toolkit.results.run import read_run

    run = read_run(path)
    numbers = {lesson.id: str(lesson.number) for lesson in lexicon.lessons}
    if unknown := sorted(set(run.lessons) - numbers.keys()):
        raise UsageError(f"{path} was made with other lessons, such as {unknown[0]}", "Give its lexicon, --lexicon.")
    evidence: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in run.rows("mentions"):
        if row["counted"] and row["evidence_rank"] is not None:
            evidence[str(row["document_id"]), str(row["lesson_id"])].append(row)
    statuses: dict[str, dict[str, GivenStatus]] = defaultdict(dict)
    for result in run.rows("lesson_results"):
        document, lesson = str(result["document_id"]), str(result["lesson_id"])
        ranked = sorted(evidence[document, lesson], key=lambda row: int(row["evidence_rank"]))
        shown = tuple(map(_shown_row, ranked))
        statuses[document][numbers[lesson]] = GivenStatus(
            Status(str(result["status"])), str(result["status_reason"]), float(str(result["strength"])), shown
        )
    documents = [
        GivenDocument(
            str(row["file"]),
            str(row["sha256"]),
            statuses[str(row["document_id"])],
            tuple(split_names(str(row["other_files"] or ""))),
        )
        for row in run.rows("documents")
    ]
    return Given(str(path), documents)


def _shown_row(row: Mapping[str, Any]) -> Shown:
    return Shown(row["page_number"], row["sentence"], row["assertion"], row["rule_id"], row["confidence"])


def by_tagger(documents: Iterable[tuple[str, Document]], tagger: Tagger, settings: Settings, by: str) -> Given:
    """Tag and score documents as a scan does."""

    def tag(document: Document) -> list[Mention]:
        return tagger.tag(document) if document.status.is_searchable else []

    return _scored(documents, tag, tagger.lexicon, settings.thresholds, by)


def by_keyword_list(documents: Iterable[tuple[str, Document]], lexicon: Lexicon, settings: Settings) -> Given:
    """Give what the keyword list gives: every passage with a keyword counts, as practice."""
    if {str(lesson.number) for lesson in lexicon.lessons} != KEYWORDS.keys():
        raise UsageError("the keyword lists are for the 15 lessons", "Leave --lexicon out.")
    ids = {str(lesson.number): lesson.id for lesson in lexicon.lessons}

    def tag(document: Document) -> list[Mention]:
        found = by_keywords([GoldUnit(str(one.index), one.text, "", {}, frozenset()) for one in document.passages])
        return [
            Mention(ids[lesson], ", ".join(label.rules), place, 0, 0, (), label.assertion, label.confidence, True)
            for place, one in enumerate(found)
            for lesson, label in (one.labels.items() if one else ())
        ]

    return _scored(documents, tag, lexicon, settings.thresholds, "the baseline keyword")


def _scored(
    documents: Iterable[tuple[str, Document]],
    tag: Callable[[Document], list[Mention]],
    lexicon: Lexicon,
    thresholds: Thresholds,
    by: str,
) -> Given:
    numbers = {lesson.id: str(lesson.number) for lesson in lexicon.lessons}
    given = []
    for file, document in documents:
        mentions = tag(document)
        results = score(document, mentions, list(numbers), thresholds)
        lessons = {numbers[one.lesson]: _given_status(document, mentions, one) for one in results}
        passages = tuple((passage.page, passage.text) for passage in document.passages)
        given.append(GivenDocument(file, document.sha256, lessons, (), passages))
    return Given(by, given)


def _given_status(document: Document, mentions: Sequence[Mention], result: LessonResult) -> GivenStatus:
    shown = []
    for index in result.best:
        mention = mentions[index]
        passage = document.passages[mention.passage]
        shown.append(Shown(passage.page, passage.text, mention.assertion.value, mention.rule, mention.confidence))
    return GivenStatus(result.status, result.reason, result.strength, tuple(shown))


def read_documents(
    paths: Sequence[str], settings: Settings, truths: Sequence[StatusTruth]
) -> list[tuple[str, Document]]:
    """Read the documents in folders (or given by name) that truths speak of, through the cache.

    Also those that cannot be read: their status is a statement too. Raises `NoInputError`, `UsageError`.
    """
    from chna_toolkit.inputs import find_inputs
    from chna_toolkit.scan import make_plan
    from chna_toolkit.texts import read_texts

    hashes = {truth.sha256 for truth in truths if truth.sha256}
    stems = {stem_of(truth.file) for truth in truths if not truth.sha256}
    wanted = [
        item
        for item in find_inputs(paths)
        if stems & {stem_of(one.file) for one in (item, *item.copies)}
        or any(item.sha256.startswith(start) for start in hashes)
        or not item.sha256  # of a document elsewhere it is not known yet
    ]
    return [(item.file, document) for item, (document, _) in read_texts(wanted, make_plan(settings), settings)]
