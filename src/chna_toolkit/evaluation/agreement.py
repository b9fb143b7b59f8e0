"""How far coders agree beyond chance: the coefficients, over any number of coders and with values missing.

Ratings become counts: for each unit, how many coders gave each category. All coefficients for
many coders are made from sums over units of such counts, so that resampling units (or the
documents that they stand in) is a matrix product.

* percent agreement: share of the pairs of coders that agree, mean over units with two ratings;
* Cohen's kappa: two coders; of more the mean over the pairs (Light 1971);
* Fleiss' kappa and Gwet's AC1 as generalised to missing ratings by Gwet (Handbook of Inter-Rater
  Reliability, 4th ed. 2014, chapter 2); with complete ratings the kappa is that of Fleiss 1971;
* Krippendorff's alpha, nominal (Krippendorff, Content Analysis, 2nd ed. 2004, chapter 11).

The tests check them against the published examples and against other programs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from chna_toolkit.evaluation.measures import Floats, Interval, interval, resample

Ratings = NDArray[np.int64]  # a row a unit, a column a coder; categories from 0, -1 where there is none
MISSING = -1
COEFFICIENTS = ("percent", "cohen", "fleiss", "ac1", "alpha")
TITLES = {
    "percent": "percent agreement",
    "cohen": "Cohen's kappa",
    "fleiss": "Fleiss' kappa",
    "ac1": "Gwet's AC1",
    "alpha": "Krippendorff's alpha",
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """Coefficients by name (see `COEFFICIENTS`) with intervals; nan where undefined, as kappa without variation."""

    units: int  # with two ratings or more
    values: dict[str, float]
    intervals: dict[str, Interval]


def agreement(ratings: Ratings, categories: int, clusters: Sequence[int], resamples: int, seed: int) -> Agreement:
    """Return the coefficients of ratings, with percentile intervals over resampled clusters of units."""
    sums = _sums(ratings, categories)
    number = max(clusters, default=0) + 1
    by_cluster = np.zeros((number, sums.shape[1]))
    np.add.at(by_cluster, np.asarray(clusters, dtype=np.int64), sums)
    whole = _coefficients(by_cluster.sum(axis=0, keepdims=True), categories, ratings.shape[1])
    spread = {name: np.full(1, np.nan) for name in COEFFICIENTS}
    if number > 1:
        spread = _coefficients(resample(number, resamples, seed) @ by_cluster, categories, ratings.shape[1])
    return Agreement(
        int(((ratings != MISSING).sum(axis=1) >= 2).sum()),
        {name: float(values[0]) for name, values in whole.items()},
        {name: interval(values) for name, values in spread.items()},
    )


def _sums(ratings: Ratings, categories: int) -> Floats:
    """Return for each unit what the coefficients add up.

    Columns: whether it has two ratings, its share of agreeing pairs, whether it has any rating, its
    share of each category, its number of each category (if it has two ratings), its coincidences of
    unlike categories; then the cells of the table of each pair of coders.
    """
    counts = np.stack([(ratings == one).sum(axis=1) for one in range(categories)], axis=1).astype(float)
    given = counts.sum(axis=1)
    paired = given >= 2
    pairs = np.where(paired, given * (given - 1), 1.0)
    agreeing = np.where(paired, (counts * (counts - 1)).sum(axis=1) / pairs, 0.0)
    shares = counts / np.where(given > 0, given, 1.0)[:, None]
    unlike = np.where(paired, (counts * (given[:, None] - counts)).sum(axis=1) / np.where(paired, given - 1, 1.0), 0.0)
    columns = [
        paired[:, None].astype(float), agreeing[:, None], (given > 0)[:, None].astype(float),
        shares, counts * paired[:, None], unlike[:, None],
    ]  # fmt: skip
    for first, second in combinations(range(ratings.shape[1]), 2):
        both = (ratings[:, first] != MISSING) & (ratings[:, second] != MISSING)
        cell = ratings[:, first] * categories + ratings[:, second]
        table = np.zeros((len(ratings), categories * categories))
        table[np.flatnonzero(both), cell[both]] = 1.0
        columns.append(table)
    return np.concatenate(columns, axis=1)


def _coefficients(sums: Floats, categories: int, coders: int) -> dict[str, Floats]:
    """Return each coefficient by row of sums."""
    q = categories
    units, agreeing, rated = sums[:, 0], sums[:, 1], sums[:, 2]
    shares, counts, unlike = sums[:, 3 : 3 + q], sums[:, 3 + q : 3 + 2 * q], sums[:, 3 + 2 * q]
    observed = _ratio(agreeing, units)
    prevalence = _ratio(shares, rated[:, None])
    chance = (prevalence**2).sum(axis=1)
    chance_ac1 = (prevalence * (1 - prevalence)).sum(axis=1) / max(q - 1, 1)
    total = counts.sum(axis=1)
    expected = _ratio((counts * (total[:, None] - counts)).sum(axis=1), total - 1)
    tables = sums[:, 4 + 2 * q :].reshape(len(sums), -1, q, q)
    kappas = [cohens_kappa(tables[:, pair]) for pair in range(coders * (coders - 1) // 2)]
    return {
        "percent": observed,
        "cohen": _mean_of_known(np.array(kappas).reshape(-1, len(sums))),
        "fleiss": _beyond(observed, chance),
        "ac1": _beyond(observed, chance_ac1),
        "alpha": 1 - _ratio(unlike, expected),
    }


def cohens_kappa(tables: Floats, *, quadratic: bool = False) -> Floats:
    """Return Cohen's kappa of two raters' tables, stacked in the first dimension; nan where it is undefined.

    `quadratic`: of ordered categories, a difference weighs as the square of the steps between them (Cohen 1968).
    """
    total = tables.sum(axis=(1, 2))
    places = np.arange(tables.shape[1])
    apart = places[:, None] - places[None, :]
    credit = 1 - (apart / max(len(places) - 1, 1)) ** 2 if quadratic else (apart == 0).astype(float)
    observed = _ratio((tables * credit).sum(axis=(1, 2)), total)
    rows, columns = _ratio(tables.sum(axis=2), total[:, None]), _ratio(tables.sum(axis=1), total[:, None])
    return _beyond(observed, np.einsum("ni,nj,ij->n", rows, columns, credit))


def _mean_of_known(values: Floats) -> Floats:
    """Mean over the first dimension of what is defined: a pair that never gave a lesson has no kappa."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0).astype(float))


def _beyond(observed: Floats, chance: Floats) -> Floats:
    return _ratio(observed - chance, 1 - chance)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Divide; what has no denominator is undefined."""
    whole = np.broadcast_to(whole, part.shape)
    usable = np.abs(np.nan_to_num(whole)) > 1e-12
    ratios: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=usable)
    return ratios


def shared_f1(ratings: Ratings, positive: int = 1) -> float:
    """Return the F1 between coders for a category, mean over the pairs: agreement where kappa misleads.

    It is what is called positive specific agreement; nan where no coder gave the category.
    """
    values = []
    for first, second in combinations(range(ratings.shape[1]), 2):
        both = (ratings[:, first] != MISSING) & (ratings[:, second] != MISSING)
        one, other = (ratings[both, first] == positive), (ratings[both, second] == positive)
        total = one.sum() + other.sum()
        values.append(2 * (one & other).sum() / total if total else np.nan)
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
