"""The coefficients against published examples and other programs, and what holds for all ratings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chna_toolkit.evaluation.agreement import COEFFICIENTS, MISSING, Ratings, agreement, shared_f1

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: four observers, twelve units, gaps.
# The same data are `cac.raw4raters` of Gwet's package irrCAC, whose vignette gives the other figures.
FOUR = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]
# Krippendorff 2011, section A: two observers, ten units, two values.
TWO = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
# Fourteen raters put ten subjects into five categories: the worked example of Wikipedia's page on Fleiss' kappa.
FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def values(ratings: Ratings, categories: int) -> dict[str, float]:
    return agreement(ratings, categories, list(range(len(ratings))), 10, 0).values


def table(cells: list[list[int]]) -> Ratings:
    """Ratings of two coders from how often each pair of codes was given."""
    pairs = [(one, other) for one, row in enumerate(cells) for other, count in enumerate(row) for _ in range(count)]
    return np.array(pairs, dtype=np.int64)


def test_krippendorffs_example_with_gaps():
    found = values(np.array(FOUR).T - 1, 5)  # 0 becomes MISSING
    assert found["alpha"] == pytest.approx(0.743, abs=5e-4)
    assert found["percent"] == pytest.approx(0.81818, abs=5e-6)
    assert found["fleiss"] == pytest.approx(0.76117, abs=5e-6)
    assert found["ac1"] == pytest.approx(0.77544, abs=5e-6)


def test_krippendorffs_example_of_two_observers():
    assert values(np.array(TWO).T, 2)["alpha"] == pytest.approx(0.095, abs=5e-4)


def test_the_example_of_fleiss_kappa():
    ratings = np.array([[category for category, count in enumerate(row) for _ in range(count)] for row in FLEISS])
    found = values(ratings, 5)
    assert found["percent"] == pytest.approx(0.378, abs=5e-4)
    assert found["fleiss"] == pytest.approx(0.210, abs=5e-4)


def test_cohens_kappa_of_two_readers_of_fifty_proposals():
    """The worked example of Wikipedia's page: both yes 20, both no 15, kappa 0.40."""
    assert values(table([[20, 5], [10, 15]]), 2)["cohen"] == pytest.approx(0.4)


def test_rare_lessons_make_kappa_misleading_and_ac1_does_not_follow():
    """The paradox that Feinstein and Cicchetti (1990) describe and AC1 answers: 125 units, 118 alike."""
    found = values(table([[118, 5], [2, 0]]), 2)
    assert found["percent"] == pytest.approx(0.944)
    assert found["cohen"] == pytest.approx(-0.0234, abs=5e-5)
    assert found["ac1"] == pytest.approx(0.9408, abs=5e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 4), st.integers(3, 12), st.integers(0, 2**32 - 1))
def test_other_programs_say_the_same(coders: int, units: int, seed: int):
    krippendorff = pytest.importorskip("krippendorff")
    metrics = pytest.importorskip("sklearn.metrics")
    ratings = np.random.default_rng(seed).integers(0, 3, size=(units, coders))
    found = values(ratings, 3)
    if len(np.unique(ratings)) > 1:
        alpha = krippendorff.alpha(ratings.T, level_of_measurement="nominal", value_domain=[0, 1, 2])
        assert found["alpha"] == pytest.approx(alpha)
    if coders == 2 and not math.isnan(found["cohen"]):
        assert found["cohen"] == pytest.approx(metrics.cohen_kappa_score(ratings[:, 0], ratings[:, 1]))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 4), st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_the_order_of_coders_and_units_means_nothing(coders: int, units: int, seed: int):
    chance = np.random.default_rng(seed)
    ratings = chance.integers(MISSING, 2, size=(units, coders))
    shuffled = ratings[chance.permutation(units)][:, chance.permutation(coders)]
    assert values(ratings, 2) == pytest.approx(values(shuffled, 2), nan_ok=True)


def test_coders_who_never_differ_agree_fully_and_without_variation_nothing_beyond_chance_is_known():
    same = np.array([[0, 0], [1, 1], [0, 0]])
    assert all(values(same, 2)[name] == 1.0 for name in COEFFICIENTS)
    never = np.zeros((4, 2), dtype=np.int64)
    found = values(never, 2)
    assert (found["percent"], found["ac1"]) == (1.0, 1.0)
    assert all(math.isnan(found[name]) for name in ("cohen", "fleiss", "alpha"))


def test_who_judged_alone_is_left_out():
    ratings = np.array([[0, 0], [1, 1], [1, 0], [1, MISSING]])
    assert agreement(ratings, 2, [0, 1, 2, 3], 10, 0).units == 3
    assert values(ratings, 2)["percent"] == pytest.approx(2 / 3)


def test_intervals_hold_the_value_and_are_the_same_for_the_same_seed():
    ratings = table([[40, 6], [8, 30]])
    clusters = [place // 4 for place in range(len(ratings))]
    one, other = (agreement(ratings, 2, clusters, 300, 7) for _ in range(2))
    assert one == other
    for name in COEFFICIENTS:
        low, high = one.intervals[name]
        assert low < one.values[name] < high
    # One document is no spread.
    assert math.isnan(agreement(ratings, 2, [0] * len(ratings), 300, 7).intervals["alpha"][0])


def test_f1_between_coders():
    assert shared_f1(table([[90, 2], [4, 4]])) == pytest.approx(2 * 4 / (6 + 8))
    assert math.isnan(shared_f1(np.zeros((3, 2), dtype=np.int64)))
