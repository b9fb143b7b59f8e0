"""Precision, recall and F1 of labels against gold, by lesson and overall; accuracy of assertions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chna_toolkit.errors import UsageError
from chna_toolkit.tagging import Label

# Shares of the ids, in percent, of the three parts that gold is split into by the hash of the id:
# rules are written looking at the first, checked by figures alone on the second, reported on the third.
SPLIT = {"read": 55, "check": 20, "held": 25}


@dataclass(frozen=True, slots=True)
class GoldUnit:
    """One coded text: `labels` maps lesson numbers (as text) to assertions; `maybe` is neither right nor wrong."""

    id: str
    text: str
    prev: str
    labels: Mapping[str, str]
    maybe: frozenset[str]
    doc: str = ""  # the document it stands in; "" of a text written for coding


@dataclass(slots=True)
class LessonFigures:
    """Counts for one lesson, or summed over lessons."""

    right: int = 0  # labelled by gold and by the tagger
    false: int = 0  # by the tagger alone
    missed: int = 0  # by gold alone
    assertions_right: int = 0  # of `right`

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
    def support(self) -> int:
        """Labels in gold."""
        return self.right + self.missed


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
        return self.overall.assertions_right / self.overall.right if self.overall.right else 0.0


def split_of(unit_id: str) -> str:
    """Name of the part (see `SPLIT`) that a unit belongs to, by the SHA-256 of its id."""
    place = int(hashlib.sha256(unit_id.encode()).hexdigest()[:8], 16) % 100
    bound = 0
    for name, share in SPLIT.items():
        bound += share
        if place < bound:
            return name
    raise AssertionError("the shares of SPLIT add up to 100")


def load_gold(path: Path) -> list[GoldUnit]:
    """Read gold labels, one JSON object a line. Raises `UsageError` naming the line."""
    units = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            units.append(
                GoldUnit(
                    id=str(row["id"]),
                    text=row["text"],
                    prev=row.get("prev", ""),
                    labels=row["labels"],
                    maybe=frozenset(row.get("maybe", ())),
                    doc=row.get("doc", ""),
                )
            )
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{path}:{number}: not a gold unit: {error!r}",
                'A line is {"id": …, "text": …, "labels": {"10": "practice"}}.',
            ) from None
    return units


def evaluate(units: Sequence[GoldUnit], predictions: Iterable[Mapping[str, Label]], lessons: Sequence[str]) -> Figures:
    """Compare predictions with gold, unit by unit; `lessons` are lesson numbers as text."""
    by_lesson = {lesson: LessonFigures() for lesson in lessons}
    for unit, predicted in zip(units, predictions, strict=True):
        for lesson, figures in by_lesson.items():
            if lesson in unit.maybe:
                continue
            gold, label = unit.labels.get(lesson), predicted.get(lesson)
            if gold and label:
                figures.right += 1
                figures.assertions_right += label.assertion == gold
            elif label:
                figures.false += 1
            elif gold:
                figures.missed += 1
    overall = LessonFigures()
    for figures in by_lesson.values():
        overall.right += figures.right
        overall.false += figures.false
        overall.missed += figures.missed
        overall.assertions_right += figures.assertions_right
    return Figures(len(units), by_lesson, overall)
