"""Statuses and evidence of whole documents against careful reading: all figures, made once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import nan

import numpy as np

from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation.agreement import cohens_kappa
from chna_toolkit.evaluation.evaluating import Plan
from chna_toolkit.evaluation.measures import Floats, Interval, interval, resample
from chna_toolkit.evaluation.status_given import Given, GivenDocument, GivenStatus, Shown
from chna_toolkit.evaluation.statuses import RIGHT, UNCLEAR, WRONG, Reference, StatusTruth
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.model import Status
from chna_toolkit.results.shares import wilson

TOP = 3  # passages of evidence that people look at
ORDERED = (Status.SILENT, Status.ACKNOWLEDGED, Status.PLANNED, Status.COVERED)  # worst first, for distances
_SHOWN = frozenset(ORDERED[1:])  # statuses that show evidence
_PLAN = Plan()


@dataclass(frozen=True, slots=True)
class Verdict:
    """One lesson in one document: what is true, what was given, and what became of the evidence."""

    truth: StatusTruth
    lesson: str  # id
    document: GivenDocument
    given: GivenStatus
    top: tuple[tuple[Shown, str], ...]  # the first passages of evidence, each with its verdict or ""
    best_top: tuple[Reference, ...]  # of the reader's best evidence what is among them
    best_counted: tuple[Reference, ...]  # what counts at all
    lost: tuple[Reference, ...]  # what is not in the text as it was read

    @property
    def is_assessed(self) -> bool:
        """Whether a status was given; that a document could not be assessed says nothing of the lesson."""
        return self.given.status is not Status.NOT_ASSESSED or self.truth.status is Status.NOT_ASSESSED

    @property
    def is_exact(self) -> bool:
        """Whether the status is the reader's own."""
        return self.given.status is self.truth.status

    @property
    def is_accepted(self) -> bool:
        """Whether the status is the reader's, or one that the reader says can be argued for."""
        return self.is_exact or self.given.status in self.truth.maybe

    @property
    def distance(self) -> int:
        """Steps between the true status and the given one, upward positive."""
        if self.truth.status not in ORDERED or self.given.status not in ORDERED:
            return 0
        return ORDERED.index(self.given.status) - ORDERED.index(self.truth.status)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over verdicts: of all, of a lesson, or of a document."""

    name: str
    statuses: int
    exact: int
    accepted: int
    evidence: dict[str, int]  # passages among the first of their lesson, by verdict; "" is not judged
    best: int  # passages that the reader names as the best evidence
    best_counted: int
    best_top: int
    title: str = ""

    @classmethod
    def of(cls, name: str, verdicts: Sequence[Verdict], title: str = "") -> Tally:
        """Add up."""
        top = Counter(said for one in verdicts for _, said in one.top)
        return cls(
            name,
            len(verdicts),
            sum(one.is_exact for one in verdicts),
            sum(one.is_accepted for one in verdicts),
            {said: top[said] for said in (RIGHT, WRONG, UNCLEAR, "")},
            sum(len(one.truth.best) for one in verdicts),
            sum(len(one.best_counted) for one in verdicts),
            sum(len(one.best_top) for one in verdicts),
            title,
        )

    @property
    def decided(self) -> int:
        """Statuses that are right or wrong: one that the reader says can be argued for is neither."""
        return self.statuses - self.accepted + self.exact

    @property
    def judged(self) -> int:
        """Passages that a reader called right or wrong."""
        return self.evidence[RIGHT] + self.evidence[WRONG]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its interval; nan where it is undefined."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class StatusComparison:
    """Another tool on the same statuses. A figure is the first's, the other's, and the interval of the difference."""

    other: str
    figures: dict[str, tuple[float, float, Interval]]
    mended: tuple[tuple[Verdict, Verdict], ...]  # right now and wrong by the other, each as (this, other)
    broken: tuple[tuple[Verdict, Verdict], ...]


@dataclass(frozen=True)
class StatusEvaluation:
    """What statuses are worth by careful reading."""

    gold: tuple[str, ...]
    by: str
    lexicon: str
    notes: tuple[str, ...]
    plan: Plan
    verdicts: tuple[Verdict, ...]  # that were assessed
    not_assessed: tuple[Verdict, ...]
    whole: Tally
    lessons: tuple[Tally, ...]
    documents: tuple[Tally, ...]
    figures: dict[str, Figure]
    confusion: dict[tuple[Status, Status], int]  # (true, given)
    usual: Status  # the true status that is most frequent
    usual_share: float
    comparison: StatusComparison | None = field(default=None)

    def figure(self, name: str) -> float:
        """Return a figure that can have a bar. Raises `UsageError` naming those that can."""
        lessons = {one.name: one.exact / one.statuses for one in self.lessons if one.statuses}
        figures = {
            **{key: one.value for key, one in self.figures.items()},
            "lesson": min(lessons.values(), default=nan),
        }
        if name not in (known := {**figures, **lessons}):
            raise UsageError(f"--fail-under: there is no figure {name!r}", f"Choose from {', '.join(known)}.")
        return known[name]


def evaluate_statuses(
    truths: Sequence[StatusTruth],
    given: Given,
    lexicon: Lexicon,
    plan: Plan = _PLAN,
    *,
    gold: Sequence[str] = (),
    select: Sequence[str] = (),
    other: Given | None = None,
) -> StatusEvaluation:
    """Compare what a tool says of documents with true statuses.

    Truths of documents that the tool says nothing of are left out, and the notes say so; `select`
    limits the lessons (ids). Raises `UsageError` if none is left, or a lesson is unknown.
    """
    all_of_them, notes = _verdicts(truths, given, lexicon, select)
    verdicts = [one for one in all_of_them if one.is_assessed]
    if not verdicts:
        raise UsageError("the gold has no status of a document that was assessed", "Check --labels or --documents.")
    silent = tuple(one for one in all_of_them if not one.is_assessed)
    titles = {lesson.id: lesson.slug for lesson in lexicon.lessons}
    counts = Counter(one.truth.status for one in verdicts)
    usual = max(counts, key=lambda status: (counts[status], status.value))
    figures = _figures(verdicts, plan)
    figures["assessed"] = Figure(len(verdicts) / len(all_of_them), (nan, nan))
    return StatusEvaluation(
        gold=tuple(gold),
        by=given.by,
        lexicon=f"{lexicon.name} {lexicon.version}, {lexicon.hash[:12]}",
        notes=(*notes, *_notes(verdicts, silent)),
        plan=plan,
        verdicts=tuple(verdicts),
        not_assessed=silent,
        whole=Tally.of("all", verdicts),
        lessons=tuple(Tally.of(name, own, titles[name]) for name, own in _by(verdicts, lambda one: one.lesson)),
        documents=tuple(Tally.of(name, own) for name, own in _by(verdicts, _document)),
        figures=figures,
        confusion=dict(Counter((one.truth.status, one.given.status) for one in verdicts)),
        usual=usual,
        usual_share=counts[usual] / len(verdicts),
        comparison=_compared(verdicts, truths, other, lexicon, plan, select) if other else None,
    )


def within(right: int, total: int) -> Interval:
    """Return Wilson's 95 % interval of a share; undefined of none."""
    return wilson(right, total) if total else (nan, nan)


def _document(one: Verdict) -> str:
    return one.document.file


def _by(verdicts: Iterable[Verdict], name: Callable[[Verdict], str]) -> list[tuple[str, list[Verdict]]]:
    groups: dict[str, list[Verdict]] = {}
    for one in verdicts:
        groups.setdefault(name(one), []).append(one)
    return sorted(groups.items())


def _verdicts(
    truths: Sequence[StatusTruth], given: Given, lexicon: Lexicon, select: Sequence[str]
) -> tuple[list[Verdict], list[str]]:
    ids = {str(lesson.number): lesson.id for lesson in lexicon.lessons}
    found: dict[tuple[str, str], Verdict] = {}
    nowhere: dict[str, int] = {}
    for truth in truths:
        if truth.lesson not in ids:
            raise UsageError(f"{truth.line}: the lexicon has no lesson {truth.lesson}", "Give its lexicon, --lexicon.")
        if select and ids[truth.lesson] not in select:
            continue
        document = given.find(truth)
        if document is None or truth.lesson not in document.lessons:
            nowhere[truth.file or truth.sha256] = nowhere.get(truth.file or truth.sha256, 0) + 1
            continue
        place = (document.sha256, truth.lesson)
        if place in found:
            twin = found[place].truth.line
            raise UsageError(f"{truth.line}: {document.file} is the document of {twin}, too", "Settle it in one line.")
        found[place] = _verdict(truth, ids[truth.lesson], document)
    notes = [f"{_left_out(sum(nowhere.values()))}: nothing is known of {_some(sorted(nowhere))}"]
    return [found[place] for place in sorted(found, key=lambda p: (p[0], int(p[1])))], notes if nowhere else []


def _verdict(truth: StatusTruth, lesson: str, document: GivenDocument) -> Verdict:
    given = document.lessons[truth.lesson]
    top = given.evidence[:TOP] if given.status in _SHOWN else ()

    def among(shown: Sequence[Shown]) -> tuple[Reference, ...]:
        return tuple(one for one in truth.best if any(one.fits(passage.text, passage.page) for passage in shown))

    return Verdict(
        truth,
        lesson,
        document,
        given,
        tuple((passage, truth.verdict(passage.text, passage.page)) for passage in top),
        among(top),
        among(given.evidence),
        tuple(one for one in truth.best if document.has(one) is False),
    )


def _left_out(statuses: int) -> str:
    return "1 status is left out" if statuses == 1 else f"{statuses:,} statuses are left out"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more documents" if len(names) > 3 else "")


def _notes(verdicts: Sequence[Verdict], not_assessed: Sequence[Verdict]) -> list[str]:
    notes = []
    if not_assessed:
        names = sorted({_document(one) for one in not_assessed})
        notes.append(f"{_left_out(len(not_assessed))}: {_some(names)} could not be assessed by the tool")
    if lost := sum(len(one.lost) for one in verdicts):
        total = sum(len(one.truth.best) for one in verdicts)
        notes.append(f"{lost:,} of {total:,} passages that readers name as best are not in the text as it was read")
    return notes


# What is added up by document, and from it by resample: the columns before the table of statuses.
_STATUSES, _EXACT, _ACCEPTED, _DECIDED, _RIGHT, _JUDGED, _BEST, _COUNTED, _TOP, _TABLE = range(10)


def _figures(verdicts: Sequence[Verdict], plan: Plan) -> dict[str, Figure]:
    sums = _sums(verdicts)
    whole = _shares(sums.sum(axis=0, keepdims=True))
    spread = _shares(resample(len(sums), plan.resamples, plan.seed) @ sums)
    return {name: Figure(float(values[0]), interval(spread[name])) for name, values in whole.items()}


def _sums(verdicts: Sequence[Verdict]) -> Floats:
    """Return a row of counts a document."""
    size = len(ORDERED)
    rows = []
    for name, own in _by(verdicts, lambda one: one.document.sha256):
        tally = Tally.of(name, own)
        table = np.zeros((size, size))
        for one in own:
            if one.truth.status in ORDERED and one.given.status in ORDERED:
                table[ORDERED.index(one.truth.status), ORDERED.index(one.given.status)] += 1
        counts = (
            tally.statuses, tally.exact, tally.accepted, tally.decided, tally.evidence[RIGHT], tally.judged,
            tally.best, tally.best_counted, tally.best_top,
        )  # fmt: skip
        rows.append(np.concatenate([np.array(counts, dtype=float), table.ravel()]))
    return np.array(rows)


def _shares(sums: Floats) -> dict[str, Floats]:
    """Return each figure by row of sums."""

    def share(part: int, whole: int) -> Floats:
        values: Floats = np.full(len(sums), nan)
        np.divide(sums[:, part], sums[:, whole], out=values, where=sums[:, whole] > 0)
        return values

    size = len(ORDERED)
    tables = sums[:, _TABLE:].reshape(len(sums), size, size)
    return {
        "status": share(_EXACT, _STATUSES),
        "accepted": share(_ACCEPTED, _STATUSES),
        "decided": share(_EXACT, _DECIDED),
        "kappa": cohens_kappa(tables),
        "weighted": cohens_kappa(tables, quadratic=True),
        "evidence": share(_RIGHT, _JUDGED),
        "best": share(_TOP, _BEST),
        "found": share(_COUNTED, _BEST),
    }


def _compared(
    verdicts: Sequence[Verdict],
    truths: Sequence[StatusTruth],
    other: Given,
    lexicon: Lexicon,
    plan: Plan,
    select: Sequence[str],
) -> StatusComparison:
    """Compare over the statuses that both assessed, with the same resamples for both."""
    theirs = {(one.document.sha256, one.lesson): one for one in _verdicts(truths, other, lexicon, select)[0]}
    pairs = []
    for one in verdicts:
        twin = theirs.get((one.document.sha256, one.lesson))
        if twin and twin.is_assessed:
            pairs.append((one, twin))
    if not pairs:
        raise UsageError(f"{other.by} says nothing of the same statuses", "Check --compare.")
    mine, its = (_sums([pair[place] for pair in pairs]) for place in (0, 1))
    draws = resample(len(mine), plan.resamples, plan.seed)
    whole = [_shares(sums.sum(axis=0, keepdims=True)) for sums in (mine, its)]
    spread = [_shares(draws @ sums) for sums in (mine, its)]
    return StatusComparison(
        other.by,
        {
            name: (float(whole[0][name][0]), float(whole[1][name][0]), interval(spread[0][name] - spread[1][name]))
            for name in whole[0]
        },
        tuple(pair for pair in pairs if pair[0].is_exact and not pair[1].is_exact),
        tuple(pair for pair in pairs if pair[1].is_exact and not pair[0].is_exact),
    )
