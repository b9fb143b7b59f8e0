"""From coded text to the model that decides assertions: one regression over the evidence of all lessons together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chna_toolkit.errors import MissingDependencyError
from chna_toolkit.evaluation.documents import passage_of
from chna_toolkit.evaluation.gold import ASSERTIONS, GoldUnit
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.tagging.assertion_learned import CLASSES, AssertionModel, Evidence, encoded, features
from chna_toolkit.tagging.judging import evidence_in
from chna_toolkit.tagging.tagger import Tagger

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_STRENGTH = 3.0  # C: inverse strength of the L2 penalty
_LEAST = 3  # labels' texts that a feature occurs in


@dataclass(frozen=True, slots=True)
class AssertionTraining:
    """A model of assertions, with what it says of each label when it has not seen the label's document."""

    model: AssertionModel
    units: tuple[GoldUnit, ...]  # of each label
    gold: NDArray[np.int64]  # columns of `CLASSES`
    by_rules: NDArray[np.int64]
    out_of_fold: NDArray[np.int64]

    def figures(self, use: NDArray[np.bool_]) -> str:
        """Say in words how often rules and model are right on some labels."""
        gold = self.gold[use]
        rules, learned = ((given[use] == gold).mean() for given in (self.by_rules, self.out_of_fold))
        return f"rules {rules:.3f}, learned {learned:.3f} ({len(gold)} labels)"


def train_assertions(
    lexicon: Lexicon, tagger: Tagger, units: Sequence[GoldUnit], folds: Sequence[int]
) -> AssertionTraining | None:
    """Train on the labels of gold units that say how a lesson is asserted; None if they lack one of the four.

    `folds` numbers the part that a unit is left out with when it is judged unseen. Raises `MissingDependencyError`.
    """
    ids = {str(lesson.number): lesson.id for lesson in lexicon.lessons}
    wanted = [
        (unit, fold, [number for number, code in unit.labels.items() if code in ASSERTIONS and number in ids])
        for unit, fold in zip(units, folds, strict=True)
    ]
    wanted = [one for one in wanted if one[2]]
    found = evidence_in(
        tagger,
        [
            (passage_of(unit) if unit.kind else (unit.text, unit.prev), [ids[number] for number in numbers])
            for unit, _, numbers in wanted
        ],
    )
    evidence: list[Evidence] = []
    kept: list[GoldUnit] = []
    gold: list[int] = []
    fold: list[int] = []
    for (unit, part, numbers), some in zip(wanted, found, strict=True):
        evidence += some
        kept += [unit] * len(some)
        fold += [part] * len(some)
        gold += [CLASSES.index(unit.labels[number]) for number in numbers]
    if len(set(gold)) < len(CLASSES):
        return None
    cues = tuple(cue.id for cue in lexicon.cues)
    return _trained(evidence, np.array(gold), np.array(fold), tuple(kept), cues)


def _trained(
    evidence: Sequence[Evidence],
    gold: NDArray[np.int64],
    folds: NDArray[np.int64],
    units: tuple[GoldUnit, ...],
    cues: tuple[str, ...],
) -> AssertionTraining:
    listed = [features(one) for one in evidence]
    counts: dict[str, int] = {}
    for found in listed:
        for name in found:
            counts[name] = counts.get(name, 0) + 1
    names = tuple(sorted(name for name, count in counts.items() if count >= _LEAST))
    columns = {name: column for column, name in enumerate(names)}
    matrix = _matrix([encoded(found, columns) for found in listed], len(names))
    rules = np.array([CLASSES.index(one.given[0]) for one in evidence])
    unseen = rules.copy()
    for part in sorted(set(folds.tolist())):
        rest, out = np.flatnonzero(folds != part), np.flatnonzero(folds == part)
        if len(set(gold[rest].tolist())) == len(CLASSES):
            weights, intercepts = _fitted(matrix[rest], gold[rest])
            unseen[out] = np.asarray(matrix[out] @ weights + intercepts).argmax(axis=1)
    weights, intercepts = _fitted(matrix, gold)
    return AssertionTraining(AssertionModel(names, weights, intercepts, cues), units, gold, rules, unseen)


def _matrix(rows: Sequence[tuple[list[int], list[float]]], width: int) -> csr_matrix:
    from scipy.sparse import csr_matrix

    starts = np.concatenate(([0], np.cumsum([len(columns) for columns, _ in rows])))
    columns = np.concatenate([np.array(one, dtype=np.int64) for one, _ in rows])
    values = np.concatenate([np.array(one, dtype=np.float64) for _, one in rows])
    return csr_matrix((values, columns, starts), shape=(len(rows), width))


def _fitted(matrix: csr_matrix, gold: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights (a row a feature, a column a class) and intercepts."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingDependencyError(
            "training needs scikit-learn", 'Run: python -m pip install "chna-toolkit[train]"'
        ) from None
    fitted = LogisticRegression(C=_STRENGTH, max_iter=2000).fit(matrix, gold)
    return np.ascontiguousarray(fitted.coef_.T), np.asarray(fitted.intercept_, dtype=np.float64)
