"""Labels against gold: all figures of one evaluation, made once and shown in several ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import nan

import numpy as np

from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation.gold import GoldUnit
from chna_toolkit.evaluation.measures import (
    Bin,
    Floats,
    Interval,
    Resampled,
    average_precision,
    calibration_error,
    clusters_of,
    form_of,
    grouped,
    interval,
    reliability,
    resample,
)
from chna_toolkit.evaluation.metrics import FALSE, MISSED, RIGHT, Figures, LessonFigures, Outcome, figures_of, outcomes
from chna_toolkit.evaluation.predictions import Prediction, Predictions
from chna_toolkit.lexicon.model import Lexicon

RESAMPLES = 1000
SEED = 15
WORST = 10
NO_RULE = "no rule comes near"


@dataclass(frozen=True, slots=True)
class Plan:
    """How to evaluate: for intervals, and how many cases to show."""

    resamples: int = RESAMPLES
    seed: int = SEED
    worst: int = WORST


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of a lesson, a group, or all."""

    name: str
    figures: LessonFigures
    intervals: dict[str, Interval] = field(default_factory=dict)  # of precision, recall and f1
    average_precision: float = nan
    units: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A false alarm or a miss. `cause` is the rules that matched, or why what came near does not count."""

    unit: GoldUnit
    form: str
    lesson: str
    kind: str
    assertion: str
    confidence: float  # nan of a miss
    cause: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Other labels of the same units: `f1` and intervals are the first minus the other."""

    other: str
    micro: tuple[float, float]  # F1 of the first, of the other
    macro: tuple[float, float]
    micro_interval: Interval  # of the difference, the same resamples for both
    macro_interval: Interval
    lessons: tuple[tuple[str, float, float, Interval], ...]  # lesson, F1, F1 of the other, interval of the difference
    changes: dict[str, list[Case]]  # "found", "lost", "new false alarm", "false alarm gone"


@dataclass(frozen=True)
class Evaluation:
    """What labels are worth by gold."""

    gold: tuple[str, ...]
    part: str
    by: str  # what made the labels
    lexicon: str
    notes: tuple[str, ...]
    plan: Plan
    units: int
    clusters: int
    lessons: tuple[Row, ...]
    micro: Row
    macro_f1: float
    macro_interval: Interval
    macro_average_precision: float
    assertion_interval: Interval
    confusion: dict[tuple[str, str], int]  # (gold, predicted) assertion of right labels
    bins: tuple[Bin, ...]
    calibration_error: float
    groups: dict[str, tuple[Row, ...]]  # by form, by document, …
    confused: tuple[tuple[str, str, int], ...]  # lesson missed, lesson given instead, units
    rules: tuple[tuple[str, int, int], ...]  # rule, right and false labels it had a part in
    false_alarms: tuple[Case, ...]
    misses: tuple[Case, ...]
    weighted: Row | None = None  # corrected for how the sample was drawn
    comparison: Comparison | None = None

    def figure(self, name: str) -> float:
        """Return a figure that can have a bar: micro, macro, precision, recall, assertion, lesson, or a lesson's id."""
        overall = self.micro.figures
        figures = {
            "micro": overall.f1,
            "macro": self.macro_f1,
            "precision": overall.precision,
            "recall": overall.recall,
            "assertion": overall.assertion_accuracy,
            "lesson": min((row.figures.f1 for row in self.lessons if row.figures.support), default=0.0),
            **{row.name: row.figures.f1 for row in self.lessons},
        }
        if name not in figures:
            raise UsageError(f"--fail-under: there is no figure {name!r}", f"Choose from {', '.join(figures)}.")
        return figures[name]


def evaluate_labels(
    units: Sequence[GoldUnit],
    predictions: Predictions,
    lexicon: Lexicon,
    plan: Plan = Plan(),
    *,
    gold: Sequence[str] = (),
    part: str = "all",
    by: str = "",
    notes: Sequence[str] = (),
    files: Sequence[str] = (),
    select: Sequence[str] = (),
    other: tuple[str, Predictions] | None = None,
) -> Evaluation:
    """Compare labels with gold. Units without a prediction (None) are left out, and the notes say so.

    `files` names for each unit the gold file; `select` limits the lessons (ids); `other` names
    further labels to compare with. Raises `UsageError` if no unit is left.
    """
    has = _known(predictions, other[1] if other else None)
    left_out = has.count(False)
    said = [*notes, *([f"{left_out:,} units are left out: nothing is known of them"] if left_out else [])]
    kept = [one for one, use in zip(predictions, has, strict=True) if use and one]
    bench = _Bench([unit for unit, use in zip(units, has, strict=True) if use], lexicon, plan, tuple(select))
    found = bench.outcomes(kept)
    figures = figures_of(found, bench.numbers, len(bench.units))
    resampled = bench.resampled(found)
    lessons = bench.lesson_rows(figures, resampled, found)
    with_gold = [row.average_precision for row in lessons if row.figures.support]
    comparison = None
    if other:
        others = [one for one, use in zip(other[1], has, strict=True) if use and one]
        comparison = bench.compared(other[0], found, kept, others)
    bins = tuple(reliability(found))
    return Evaluation(
        gold=tuple(gold),
        part=part,
        by=by,
        lexicon=f"{lexicon.name} {lexicon.version}, {lexicon.hash[:12]}",
        notes=tuple(said),
        plan=plan,
        units=len(bench.units),
        clusters=bench.draws.shape[1],
        lessons=lessons,
        micro=bench.whole("all (micro)", found, resampled),
        macro_f1=figures.macro_f1,
        macro_interval=interval(resampled.macro_f1()),
        macro_average_precision=float(np.mean(with_gold)) if with_gold else nan,
        assertion_interval=bench.assertion_interval(found),
        confusion=_confusion(found),
        bins=bins,
        calibration_error=calibration_error(bins),
        groups=bench.groups(found, dict(zip((unit.id for unit in units), files, strict=False))),
        confused=_confused(found),
        rules=_by_rule(found),
        false_alarms=bench.worst(found, kept, FALSE),
        misses=bench.worst(found, kept, MISSED),
        weighted=bench.weighted(found),
        comparison=comparison,
    )


def _known(predictions: Predictions, others: Predictions | None) -> list[bool]:
    """Say of which units labels are known. Raises `UsageError` if of none."""
    has = [one is not None and (others is None or others[place] is not None) for place, one in enumerate(predictions)]
    if not any(has):
        raise UsageError("no unit of the gold has labels to measure", "Check --part, --documents and --labels.")
    return has


class _Bench:
    """The units of an evaluation with their clusters and resamples."""

    def __init__(self, units: list[GoldUnit], lexicon: Lexicon, plan: Plan, select: tuple[str, ...]) -> None:
        chosen = [lesson for lesson in lexicon.lessons if not select or lesson.id in select]
        self.units, self.plan = units, plan
        self.numbers = [str(lesson.number) for lesson in chosen]
        self.ids = {str(lesson.number): lesson.id for lesson in chosen}
        self.titles = {str(lesson.number): lesson.slug for lesson in chosen}
        self.clusters = clusters_of(units)
        self.draws: Floats = resample(max(self.clusters) + 1, plan.resamples, plan.seed)

    def outcomes(self, predictions: Sequence[Prediction]) -> list[Outcome]:
        return outcomes(self.units, (one.labels for one in predictions), self.numbers)

    def resampled(self, found: Sequence[Outcome], weights: Sequence[float] | None = None) -> Resampled:
        return Resampled.of(found, self.numbers, self.clusters, self.draws, weights)

    def lesson_rows(self, figures: Figures, resampled: Resampled, found: Sequence[Outcome]) -> tuple[Row, ...]:
        intervals = resampled.intervals()
        rows = []
        for place, number in enumerate(self.numbers):
            own = [one for one in found if one.lesson == number]
            within = {name: values[place] for name, values in intervals.items()}
            rows.append(
                Row(
                    self.ids[number],
                    figures.lessons[number],
                    within,
                    average_precision(own),
                    len(self.units),
                    self.titles[number],
                )
            )
        return tuple(rows)

    def whole(
        self,
        name: str,
        found: Sequence[Outcome],
        resampled: Resampled,
        units: int = 0,
        weights: Sequence[float] | None = None,
        *,
        spreads: bool = True,
    ) -> Row:
        intervals = {name: values[0] for name, values in resampled.pooled().intervals().items()} if spreads else {}
        overall = figures_of(found, self.numbers, 0, weights).overall
        return Row(name, overall, intervals, average_precision(found), units or len(self.units))

    def weighted(self, found: Sequence[Outcome]) -> Row | None:
        weights = [unit.weight for unit in self.units]
        if len(set(weights)) < 2:
            return None
        return self.whole("all, weighted", found, self.resampled(found, weights), round(sum(weights)), weights)

    def groups(self, found: Sequence[Outcome], files: dict[str, str]) -> dict[str, tuple[Row, ...]]:
        by: dict[str, Callable[[GoldUnit], str]] = {
            "form": form_of,
            "file": lambda unit: files.get(unit.id, ""),
            "how drawn": lambda unit: unit.how,
            "document": lambda unit: unit.doc,
        }
        rows = {}
        for name, value in by.items():
            sizes = Counter(value(unit) for unit in self.units)
            if len(sizes) > 1 and len(sizes) < len(self.units):
                spread: dict[str, set[int]] = {}  # one document alone says nothing of how far figures vary
                for unit, cluster in zip(self.units, self.clusters, strict=True):
                    spread.setdefault(value(unit), set()).add(cluster)
                rows[name] = tuple(
                    self.whole(one or "–", own, self.resampled(own), sizes[one], spreads=len(spread[one]) > 1)
                    for one, own in grouped(found, self.units, value).items()
                )
        return rows

    def assertion_interval(self, found: Sequence[Outcome]) -> Interval:
        counts = np.zeros((self.draws.shape[1], 2))
        for one in found:
            if one.kind == RIGHT and one.gold and one.label:
                counts[self.clusters[one.unit]] += (one.label.assertion == one.gold, 1)
        right, known = (self.draws @ counts).T
        return interval(np.divide(right, known, out=np.full(known.shape, nan), where=known > 0))

    def case(self, one: Outcome, predictions: Sequence[Prediction]) -> Case:
        unit = self.units[one.unit]
        if one.label:
            cause, assertion, confidence = ", ".join(one.label.rules), str(one.label.assertion), one.label.confidence
        else:
            cause, assertion, confidence = predictions[one.unit].near.get(one.lesson, NO_RULE), one.gold, nan
        return Case(unit, form_of(unit), self.ids[one.lesson], one.kind, assertion, confidence, cause)

    def worst(self, found: Sequence[Outcome], predictions: Sequence[Prediction], kind: str) -> tuple[Case, ...]:
        """Return the surest false alarms; or misses, those first that something came near to."""
        cases = [self.case(one, predictions) for one in found if one.kind == kind]
        if kind == FALSE:
            cases.sort(key=lambda case: (-case.confidence, case.lesson, case.unit.id))
        else:
            cases.sort(key=lambda case: (case.cause == NO_RULE, case.lesson, case.unit.id))
        return tuple(cases[: self.plan.worst])

    def compared(
        self, name: str, found: Sequence[Outcome], predictions: Sequence[Prediction], others: Sequence[Prediction]
    ) -> Comparison:
        theirs = self.outcomes(others)
        mine, other = self.resampled(found), self.resampled(theirs)
        figures, figures_of_other = (figures_of(one, self.numbers, 0) for one in (found, theirs))
        by_lesson = tuple(
            (
                self.ids[number],
                figures.lessons[number].f1,
                figures_of_other.lessons[number].f1,
                interval(mine.f1()[:, place] - other.f1()[:, place]),
            )
            for place, number in enumerate(self.numbers)
        )
        return Comparison(
            name,
            (figures.micro_f1, figures_of_other.micro_f1),
            (figures.macro_f1, figures_of_other.macro_f1),
            interval((mine.pooled().f1() - other.pooled().f1())[:, 0]),
            interval(mine.macro_f1() - other.macro_f1()),
            by_lesson,
            self._changes(found, theirs, predictions, others),
        )

    def _changes(
        self,
        found: Sequence[Outcome],
        theirs: Sequence[Outcome],
        predictions: Sequence[Prediction],
        others: Sequence[Prediction],
    ) -> dict[str, list[Case]]:
        before = {(one.unit, one.lesson): one for one in theirs}
        now = {(one.unit, one.lesson): one for one in found}
        changes: dict[str, list[Case]] = {"found": [], "lost": [], "new false alarm": [], "false alarm gone": []}
        for place in sorted(before.keys() | now.keys(), key=lambda place: (place[0], int(place[1]))):
            old, new = before.get(place), now.get(place)
            if new and new.kind == RIGHT and old and old.kind == MISSED:
                changes["found"].append(self.case(new, predictions))
            elif new and new.kind == MISSED and old and old.kind == RIGHT:
                changes["lost"].append(self.case(new, predictions))
            elif new and new.kind == FALSE and not old:
                changes["new false alarm"].append(self.case(new, predictions))
            elif old and old.kind == FALSE and not new:
                changes["false alarm gone"].append(self.case(old, others))
        return changes


def _confusion(found: Sequence[Outcome]) -> dict[tuple[str, str], int]:
    pairs = Counter(
        (one.gold, str(one.label.assertion)) for one in found if one.kind == RIGHT and one.gold and one.label
    )
    return dict(sorted(pairs.items()))


def _confused(found: Sequence[Outcome]) -> tuple[tuple[str, str, int], ...]:
    """Count the units in which one lesson was missed and another given instead."""
    by_unit: dict[int, dict[str, list[str]]] = {}
    for one in found:
        by_unit.setdefault(one.unit, {FALSE: [], MISSED: [], RIGHT: []})[one.kind].append(one.lesson)
    pairs = Counter((missed, false) for kinds in by_unit.values() for missed in kinds[MISSED] for false in kinds[FALSE])
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], int(item[0][0]), int(item[0][1])))
    return tuple((missed, false, count) for (missed, false), count in ranked)


def _by_rule(found: Sequence[Outcome]) -> tuple[tuple[str, int, int], ...]:
    """Count for each rule the right and false labels it had a part in, the most false first."""
    right: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for one in found:
        for rule in one.label.rules if one.label else ():
            (right if one.kind == RIGHT else false)[rule] += 1
    ranked = sorted(right.keys() | false.keys(), key=lambda rule: (-false[rule], right[rule], rule))
    return tuple((rule, right[rule], false[rule]) for rule in ranked)
