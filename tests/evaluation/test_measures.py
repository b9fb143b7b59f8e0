"""Average precision, calibration and intervals, counted by hand and against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chna_toolkit.evaluation import GoldUnit
from chna_toolkit.evaluation.measures import (
    Resampled,
    average_precision,
    calibration_error,
    clusters_of,
    form_of,
    reliability,
    resample,
)
from chna_toolkit.evaluation.metrics import FALSE, MISSED, RIGHT, Outcome
from chna_toolkit.model import Assertion
from chna_toolkit.tagging import Label


def unit(text: str = "text", **values: str) -> GoldUnit:
    return GoldUnit(values.pop("id", "u"), text, "", {}, frozenset(), **values)


def outcome(kind: str, confidence: float = 0.0, place: int = 0, lesson: str = "1") -> Outcome:
    label = Label(Assertion.PRACTICE, confidence, (), ()) if kind != MISSED else None
    return Outcome(place, lesson, kind, "practice", label)


def test_average_precision_counts_what_was_never_labelled():
    found = [outcome(RIGHT, 0.9), outcome(FALSE, 0.8), outcome(RIGHT, 0.7), outcome(MISSED)]
    assert average_precision(found) == pytest.approx((1 / 1 + 2 / 3) / 3)
    assert average_precision([outcome(MISSED)]) == 0.0
    assert math.isnan(average_precision([outcome(FALSE, 0.9)]))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.5, 0.6, 0.7, 0.9])), min_size=1, max_size=20))
def test_average_precision_of_full_recall_is_that_of_scikit_learn(labels: list[tuple[bool, float]]):
    metrics = pytest.importorskip("sklearn.metrics")
    if not any(right for right, _ in labels):
        return
    found = [outcome(RIGHT if right else FALSE, confidence) for right, confidence in labels]
    theirs = metrics.average_precision_score([right for right, _ in labels], [sure for _, sure in labels])
    assert average_precision(found) == pytest.approx(theirs)


def test_calibration_is_how_far_confidence_lies_from_the_share_right():
    found = [outcome(RIGHT, 0.95), outcome(RIGHT, 0.95), outcome(FALSE, 0.55), outcome(RIGHT, 1.0), outcome(MISSED)]
    bins = reliability(found)
    assert [(one.low, one.labels, one.right) for one in bins] == [(0.5, 1, 0.0), (0.9, 3, 1.0)]
    assert calibration_error(bins) == pytest.approx((1 * 0.55 + 3 * (1 - (0.95 + 0.95 + 1.0) / 3)) / 4)


def test_units_of_a_document_are_drawn_together():
    units = [unit(id="a", doc="x"), unit(id="b"), unit(id="c", doc="x"), unit(id="d")]
    assert clusters_of(units) == [0, 1, 0, 2]
    draws = resample(3, 500, 1)
    assert draws.shape == (500, 3)
    assert (draws.sum(axis=1) == 3).all()
    assert (draws == resample(3, 500, 1)).all()


def test_intervals_grow_when_units_hang_together():
    found = [outcome(RIGHT if place % 40 < 20 else MISSED, 0.9, place) for place in range(400)]
    alone = Resampled.of(found, ["1"], list(range(400)), resample(400, 500, 1)).intervals()["recall"][0]
    together = Resampled.of(found, ["1"], [place // 20 for place in range(400)], resample(20, 500, 1))
    low, high = together.intervals()["recall"][0]
    assert alone[0] == pytest.approx(0.45, abs=0.02)  # 0.5 -+ 1.96 * sqrt(0.25 / 400)
    assert alone[1] == pytest.approx(0.55, abs=0.02)
    assert high - low > 2 * (alone[1] - alone[0])


def test_one_document_alone_has_no_intervals():
    once = Resampled.of([outcome(RIGHT, 0.9, 0), outcome(MISSED, 0, 1)], ["1"], [0, 0], resample(1, 500, 1))
    assert all(math.isnan(bound) for bound in once.intervals()["recall"][0])
    assert np.isnan(once.macro_f1()).all()


def test_micro_and_macro_over_resamples_are_what_they_are_without():
    found = [outcome(RIGHT, 0.9, 0), outcome(FALSE, 0.9, 1, "2"), outcome(MISSED, 0, 2, "2"), outcome(RIGHT, 1, 3, "2")]
    once = Resampled.of(found, ["1", "2", "3"], [0, 1, 2, 3], np.ones((1, 4)))
    assert once.pooled().f1()[0, 0] == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert once.macro_f1()[0] == pytest.approx((1.0 + 0.5) / 2)


@pytest.mark.parametrize(
    ("one", "form"),
    [
        (unit("It met twice."), "sentence"),
        (unit("• Expand the van"), "bullet"),
        (unit("Lead: Harbor Family Center"), "line"),
        (unit("THE HOSPITAL CONVENED RESIDENTS AND STAFF TO RANK NEEDS."), "caps"),
        (unit("THE HOSPITAL CONVENED RESIDENTS AND STAFF.", doc="d", kind="paragraph"), "caps"),
        (unit("Text", doc="d", kind="table_cell"), "cell"),
        (unit("Text", doc="d", kind="list_item"), "bullet"),
        (unit("Text", form="run-on"), "run-on"),
        (unit("YMCA"), "line"),
    ],
)
def test_forms(one: GoldUnit, form: str):
    assert form_of(one) == form
