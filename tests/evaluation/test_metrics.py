"""Figures against gold: what counts as right, false and missed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation import GoldUnit, evaluate, load_gold, split_of
from chna_toolkit.model import Assertion
from chna_toolkit.tagging import Label


def unit(labels: dict[str, str], maybe: tuple[str, ...] = ()) -> GoldUnit:
    return GoldUnit("u", "text", "", labels, frozenset(maybe))


def label(assertion: Assertion = Assertion.PRACTICE) -> Label:
    return Label(assertion, 0.9, ("L01.x",), ((0, 4),))


def test_right_false_and_missed_are_counted_by_lesson_and_overall() -> None:
    units = [unit({"1": "practice"}), unit({"1": "plan", "2": "call"}), unit({})]
    predictions = [{"1": label()}, {"1": label()}, {"2": label()}]
    figures = evaluate(units, predictions, ["1", "2", "3"])
    one, two = figures.lessons["1"], figures.lessons["2"]
    assert (one.right, one.false, one.missed) == (2, 0, 0)
    assert (two.right, two.false, two.missed) == (0, 1, 1)
    assert figures.overall.precision == pytest.approx(2 / 3)
    assert figures.overall.recall == pytest.approx(2 / 3)
    assert figures.micro_f1 == pytest.approx(2 / 3)
    assert figures.macro_f1 == pytest.approx(0.5)  # lesson 3 is in neither
    assert figures.assertion_accuracy == 0.5


def test_what_only_one_coder_gave_is_neither_right_nor_wrong() -> None:
    figures = evaluate([unit({}, ("1",)), unit({}, ("1",))], [{"1": label()}, {}], ["1"])
    assert (figures.overall.right, figures.overall.false, figures.overall.missed) == (0, 0, 0)
    assert figures.micro_f1 == 0.0


def test_the_split_is_by_the_id_alone_and_has_its_shares() -> None:
    parts = Counter(split_of(f"own-{n:04d}") for n in range(4000))
    assert split_of("own-0001") == split_of("own-0001")
    assert abs(parts["read"] / 4000 - 0.55) < 0.03
    assert abs(parts["held"] / 4000 - 0.25) < 0.03


def test_a_bad_line_of_gold_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text('{"id": "a", "text": "x", "labels": {}}\n\n{"id": "b"}\n', "utf-8")
    with pytest.raises(UsageError, match=r"gold\.jsonl:3"):
        load_gold(file)
