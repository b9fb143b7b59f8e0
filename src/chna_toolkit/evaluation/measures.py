"""What figures need beside counts: confidence intervals, average precision, calibration, forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chna_toolkit.evaluation.gold import GoldUnit
from chna_toolkit.evaluation.metrics import FALSE, MISSED, RIGHT, Outcome

Floats = NDArray[np.float64]
Interval = tuple[float, float]

LEVEL = 0.95  # of confidence intervals
BINS = 10  # of confidence, all of one width

_KINDS = {"paragraph": "sentence", "list_item": "bullet", "table_cell": "cell"}
_BULLET = ("•", "- ", "– ", "* ", "▪", "◦", "o ", "\uf0b7")
_CAPS = 0.8  # share of capitals among the letters from which on a text is written in capitals
_CAPS_LETTERS = 20


def form_of(unit: GoldUnit) -> str:
    """Return what a unit is: sentence, bullet, cell, heading, caps, …; guessed where gold does not say.

    Capitals go before the kind: they are what makes a text hard to read.
    """
    letters = [char for char in unit.text if char.isalpha()]
    if len(letters) >= _CAPS_LETTERS and sum(char.isupper() for char in letters) >= _CAPS * len(letters):
        return "caps"
    said = unit.form or unit.kind
    if said:
        return _KINDS.get(said, said)
    if unit.text.lstrip().startswith(_BULLET):
        return "bullet"
    return "sentence" if unit.text.rstrip(" \"'”’)]").endswith((".", "!", "?", ":", ";")) else "line"


def clusters_of(units: Sequence[GoldUnit]) -> list[int]:
    """Return the number of each unit's cluster: units of a document hang together, others stand alone."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(unit.doc or f"unit {unit.id}", len(numbers)) for unit in units]


def resample(clusters: int, resamples: int, seed: int) -> Floats:
    """Return how often each cluster is drawn in each resample: a row a resample, a column a cluster.

    One cluster alone says nothing of how far figures vary: what is made from its draws is undefined.
    """
    if clusters < 2:
        return np.full((1, clusters), np.nan)
    draws = np.random.default_rng(seed).multinomial(clusters, [1 / clusters] * clusters, size=resamples)
    return draws.astype(np.float64)


def interval(values: Floats) -> Interval:
    """Return the percentile interval of a figure over resamples; what is undefined in some is left out of it."""
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Resampled:
    """Precision, recall and F1 over resamples of the clusters: by lesson, micro and macro."""

    right: Floats  # a row a resample, a column a lesson
    false: Floats
    missed: Floats

    @classmethod
    def of(
        cls,
        found: Iterable[Outcome],
        lessons: Sequence[str],
        clusters: Sequence[int],
        draws: Floats,
        weights: Sequence[float] | None = None,
    ) -> Resampled:
        """Count outcomes by cluster and draw: `draws` has a column a cluster."""
        place = {lesson: number for number, lesson in enumerate(lessons)}
        counts = {kind: np.zeros((draws.shape[1], len(lessons))) for kind in (RIGHT, FALSE, MISSED)}
        for one in found:
            counts[one.kind][clusters[one.unit], place[one.lesson]] += weights[one.unit] if weights else 1
        return cls(*(draws @ counts[kind] for kind in (RIGHT, FALSE, MISSED)))

    def f1(self) -> Floats:
        """F1 by resample and lesson; where neither side has a label, it is undefined."""
        return _share(2 * self.right, 2 * self.right + self.false + self.missed)

    def intervals(self) -> dict[str, list[Interval]]:
        """Intervals of precision, recall and F1, each a list over the lessons."""
        by_name = {
            "precision": _share(self.right, self.right + self.false),
            "recall": _share(self.right, self.right + self.missed),
            "f1": self.f1(),
        }
        return {name: [interval(column) for column in values.T] for name, values in by_name.items()}

    def pooled(self) -> Resampled:
        """All lessons together, as if they were one."""
        return Resampled(*(one.sum(axis=1, keepdims=True) for one in (self.right, self.false, self.missed)))

    def macro_f1(self) -> Floats:
        """Mean F1 of the lessons that occur, by resample."""
        f1 = self.f1()
        known = ~np.isnan(f1)
        return _share(np.where(known, f1, 0.0).sum(axis=1), known.sum(axis=1).astype(np.float64))


def _share(part: Floats, whole: Floats) -> Floats:
    shares: Floats = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return shares


def average_precision(found: Iterable[Outcome]) -> float:
    """Return the area below precision over recall as labels are taken by confidence, the surest first.

    Labels of the same confidence are taken together. What the tagger did not label is never
    found, so the figure cannot exceed recall. NaN if gold has no label.
    """
    ranked: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    support = 0
    for one in found:
        support += one.kind != FALSE
        if one.label:
            ranked[one.label.confidence][one.kind == RIGHT] += 1
    if not support:
        return float("nan")
    right = taken = 0
    area = 0.0
    for confidence in sorted(ranked, reverse=True):
        false_here, right_here = ranked[confidence]
        right, taken = right + right_here, taken + false_here + right_here
        area += right / taken * right_here / support
    return area


@dataclass(frozen=True, slots=True)
class Bin:
    """Labels of like confidence: how sure they are on average and how often they are right."""

    low: float
    high: float
    labels: int
    confidence: float  # mean
    right: float  # share


def reliability(found: Iterable[Outcome]) -> list[Bin]:
    """Return the bins of confidence that hold labels."""
    bins: dict[int, list[Outcome]] = defaultdict(list)
    for one in found:
        if one.label:
            bins[min(int(one.label.confidence * BINS), BINS - 1)].append(one)
    return [
        Bin(
            number / BINS,
            (number + 1) / BINS,
            len(held),
            sum(one.label.confidence for one in held if one.label) / len(held),
            sum(one.kind == RIGHT for one in held) / len(held),
        )
        for number, held in sorted(bins.items())
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: how far confidence and share right lie apart, over all labels."""
    labels = sum(one.labels for one in bins)
    return sum(one.labels * abs(one.confidence - one.right) for one in bins) / labels if labels else float("nan")


def grouped(
    found: Iterable[Outcome], units: Sequence[GoldUnit], name: Callable[[GoldUnit], str]
) -> dict[str, list[Outcome]]:
    """Return the outcomes by a property of their unit; a value without outcomes has an empty list."""
    groups: dict[str, list[Outcome]] = {value: [] for value in sorted({name(unit) for unit in units})}
    for one in found:
        groups[name(units[one.unit])].append(one)
    return groups
