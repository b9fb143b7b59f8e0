"""Precision, recall and F1 of labels against gold, by lesson and overall; accuracy of assertions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chna_toolkit.evaluation.gold import SPLIT, YES, GoldUnit, load_gold, split_of
from chna_toolkit.tagging import Label

__all__ = ["SPLIT", "Figures", "GoldUnit", "LessonFigures", "Outcome", "evaluate", "load_gold", "outcomes", "split_of"]

RIGHT, FALSE, MISSED = "right", "false", "missed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A lesson that gold or the tagger gives a unit; where neither does, there is none."""

    unit: int  # place of the unit
    lesson: str  # number as text
    kind: str  # RIGHT, FALSE or MISSED
    gold: str = ""  # assertion in gold, "" if it has not the lesson or leaves it open
    label: Label | None = None  # as predicted


@dataclass(slots=True)
class LessonFigures:
    """Counts for one lesson, or summed over lessons; weighted counts are not whole numbers."""

    right: float = 0  # labelled by gold and by the tagger
    false: float = 0  # by the tagger alone
    missed: float = 0  # by gold alone
    assertions_right: float = 0  # of `right`
    assertions_open: float = 0  # of `right`: gold does not say how the lesson is asserted

    @property
    def precision(self) -> float:
        """Share of the tagger's labels that gold has; 0 if it gave none."""
        return self.right / (self.right + self.false) if self.right + self.false else 0.0

    @property
    def recall(self) -> float:
        """Share of gold's labels that the tagger gave; 0 if gold has none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = 2 * self.right + self.false + self.missed
        return 2 * self.right / total if total else 0.0

    @property
    def support(self) -> float:
        """Labels in gold."""
        return self.right + self.missed

    @property
    def predicted(self) -> float:
        """Labels by the tagger."""
        return self.right + self.false

    @property
    def assertion_accuracy(self) -> float:
        """Share of the right labels whose assertion is right too, of those that gold has one for; 0 if none."""
        known = self.right - self.assertions_open
        return self.assertions_right / known if known else 0.0

    def add(self, outcome: Outcome, weight: float = 1) -> None:
        """Count an outcome."""
        if outcome.kind == FALSE:
            self.false += weight
        elif outcome.kind == MISSED:
            self.missed += weight
        else:
            self.right += weight
            self.assertions_open += weight * (not outcome.gold)
            self.assertions_right += weight * bool(outcome.label and outcome.label.assertion == outcome.gold)


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures over a set of units."""

    units: int
    lessons: Mapping[str, LessonFigures]  # by lesson number as text
    overall: LessonFigures = field(default_factory=LessonFigures)

    @property
    def micro_f1(self) -> float:
        """F1 over all labels together."""
        return self.overall.f1

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the lessons that gold or the tagger has a label of."""
        seen = [f.f1 for f in self.lessons.values() if f.right + f.false + f.missed]
        return sum(seen) / len(seen) if seen else 0.0

    @property
    def assertion_accuracy(self) -> float:
        """Share of the right labels whose assertion is right too."""
        return self.overall.assertion_accuracy


def outcomes(
    units: Sequence[GoldUnit], predictions: Iterable[Mapping[str, Label]], lessons: Sequence[str]
) -> list[Outcome]:
    """Compare labels with gold, unit by unit; `lessons` are lesson numbers as text."""
    found = []
    for place, (unit, predicted) in enumerate(zip(units, predictions, strict=True)):
        for lesson in lessons:
            gold, label = unit.labels.get(lesson), predicted.get(lesson)
            if lesson in unit.maybe or not (gold or label):
                continue
            kind = (RIGHT if label else MISSED) if gold else FALSE
            found.append(Outcome(place, lesson, kind, gold if gold and gold != YES else "", label))
    return found


def figures_of(
    found: Iterable[Outcome], lessons: Sequence[str], units: int, weights: Sequence[float] | None = None
) -> Figures:
    """Add outcomes up; with `weights`, one a unit, to what holds for the population that was sampled."""
    figures = Figures(units, {lesson: LessonFigures() for lesson in lessons})
    for outcome in found:
        weight = weights[outcome.unit] if weights else 1
        figures.lessons[outcome.lesson].add(outcome, weight)
        figures.overall.add(outcome, weight)
    return figures


def evaluate(units: Sequence[GoldUnit], predictions: Iterable[Mapping[str, Label]], lessons: Sequence[str]) -> Figures:
    """Compare predictions with gold, unit by unit; `lessons` are lesson numbers as text."""
    return figures_of(outcomes(units, predictions, lessons), lessons, len(units))
