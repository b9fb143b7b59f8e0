"""From coded text to a model.

1. Text: one logistic regression a lesson over words and classes, on all gold and the lexicon's examples.
2. Joining it with the rules: a regression with four weights for all lessons together and an offset a lesson, over
   text scores from models that did not see the text's document, and only on gold that no rule was
   written with (`TUNED` names the part that was; the lexicon's examples pass its rules by design). An encoder is
   joined in the same way, on gold that a twin of it (`blind`) did not learn from.
3. Assertions: one regression over the labels of all lessons (`assertions.py`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chna_toolkit.errors import MissingDependencyError, UsageError
from chna_toolkit.evaluation.gold import SPLIT, GoldUnit, load_gold, split_of
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.tagging.encoder import SentenceEncoder
from chna_toolkit.tagging.learned import (
    FLOOR,
    READ_FLOOR,
    SHORT,
    Combiner,
    Featurizer,
    Floats,
    Model,
    Rereading,
    feature_name,
    word_features,
)
from chna_toolkit.tagging.settling import COUNTED
from chna_toolkit.tagging.tagger import Seen, Tagger
from chna_toolkit.training.assertions import AssertionTraining, train_assertions

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

TUNED = "read"  # the part of gold that rules are written looking at
# From which probability on a lesson counts, where rules found it and where none did. Chosen on the part
# `check` and on real text without labels, where nearly all that the text alone suggests is wrong.
KEEP, ADD = 0.3, 0.5
JOINING = "check"  # the part on which an encoder is weighed
# From which probability on an encoder is asked, and a lesson counts once it has read the text: chosen on that part.
ASK, BAR = 0.02, 0.4
FOLDS = 5
_LEAST_TEXTS = 2  # that a feature occurs in
_FIT: dict[str, Any] = {"C": 10.0, "max_iter": 1000}  # of the text model: inverse strength of the L2 penalty
_REAL_WEIGHT = 3.0  # of a unit of a real document when text and rules are joined: they are few, and decide


@dataclass(frozen=True, slots=True)
class Coded:
    """A text to learn from."""

    text: str
    prev: str
    labels: frozenset[str]  # lesson numbers
    known: frozenset[str] | None  # lessons that the coder decided on; None: all
    group: str  # texts of a group are learned from or tested on together
    is_real: bool = False  # of a real document, not written for coding
    weight: float = 1.0
    joins: bool = False  # may teach how text and rules are joined
    unit: GoldUnit | None = None  # None: an example of the lexicon


@dataclass(frozen=True, slots=True)
class Training:
    """A trained model, with text scores and rule strengths of the gold out of fold, for figures."""

    model: Model
    material: tuple[Coded, ...]
    text: Floats  # a row a text of the material, a column a lesson
    rules: Floats
    words: NDArray[np.int64]  # a count a text
    bears: NDArray[np.bool_]
    known: NDArray[np.bool_]
    assertions: AssertionTraining | None = None  # None: too few labels say how a lesson is asserted

    def out_of_fold(self) -> list[tuple[str, str]]:
        """Return figures by name: rules and hybrid on the gold that no rule was written with.

        The text models saw neither a text nor its document; the weights that join it with the rules did.
        """
        chances = self.model.combiner.probability(self.text, self.rules, self.words)
        by_rules = self.rules >= COUNTED
        hybrid = chances >= np.where(by_rules, self.model.keep, self.model.add)
        found = []
        for is_real, kind in ((False, "written"), (True, "real")):
            use = np.array([one.joins and one.is_real == is_real for one in self.material])
            for method, labels in (("rules", by_rules), ("hybrid", hybrid)):
                known, bears, given = self.known[use], self.bears[use], labels[use]
                right, false, missed = (
                    int((known & one).sum()) for one in (given & bears, given & ~bears, ~given & bears)
                )
                micro_f1 = 2 * right / max(1, 2 * right + false + missed)
                precision, recall = right / max(1, right + false), right / max(1, right + missed)
                figures = f"precision {precision:.3f}, recall {recall:.3f}, micro-F1 {micro_f1:.3f}"
                found.append((f"{method}, {kind} text, out of fold", f"{figures} ({int(use.sum())} texts)"))
        return found + self._assertions_right()

    def _assertions_right(self) -> list[tuple[str, str]]:
        """Return the share of assertions that are right on the gold that no cue was written with."""
        if not self.assertions:
            return []
        joins = np.array([split_of(unit.id) != TUNED for unit in self.assertions.units])
        in_document = np.array([bool(unit.doc) for unit in self.assertions.units])
        parts = (("written texts", joins & ~in_document), ("documents", joins & in_document))
        return [(f"assertions, {kind}, out of fold", self.assertions.figures(use)) for kind, use in parts if use.any()]


def read_material(
    gold: Sequence[Path],
    lexicon: Lexicon,
    without: Iterable[str] = (),
    load: Callable[[Path], list[GoldUnit]] = load_gold,
) -> tuple[list[Coded], dict[str, Any]]:
    """Read gold files and the lexicon's examples, leaving out parts of the split such as `held`.

    `load` reads a file; one that finds the text of keyed gold, for example. Returns the material and
    facts about it. Raises `UsageError`.
    """
    left_out = frozenset(without)
    if unknown := left_out - SPLIT.keys():
        raise UsageError(f"no part {sorted(unknown)[0]!r}", f"The parts are {', '.join(SPLIT)}.")
    numbers = frozenset(str(lesson.number) for lesson in lexicon.lessons)
    material: list[Coded] = []
    sources = []
    for path in gold:
        units = [unit for unit in load(path) if split_of(unit.id) not in left_out]
        if any(not unit.text for unit in units):
            raise UsageError(f"{path} has units without their text", "Name the folder of the PDFs with --documents.")
        sources.append({"name": path.name, "sha256": _sha256(path), "texts": len(units)})
        material += (
            Coded(
                unit.text,
                unit.prev,
                frozenset(unit.labels) & numbers,
                numbers - (unit.maybe - unit.labels.keys()),
                unit.doc or unit.id,
                bool(unit.doc) and not unit.invented,
                joins=split_of(unit.id) != TUNED,
                unit=unit,
            )
            for unit in units
        )
    examples = list(_examples(lexicon))
    if not material:
        raise UsageError("no gold text to learn from", "Give files as `chna evaluate` takes them.")
    facts = {"gold": sources, "examples of the lexicon": len(examples), "without": sorted(left_out)}
    return material + examples, facts


def _examples(lexicon: Lexicon) -> Iterable[Coded]:
    """Texts in the lexicon: of a counter-example it is known only that this lesson is not in it.

    Left out is what says nothing without its heading or the head of its column.
    """
    for lesson in lexicon.lessons:
        for example in lesson.examples:
            if example.under or example.header:
                continue
            number = str(lesson.number)
            text = example.text.replace("[[", "").replace("]]", "")
            bears = example.expect in ("match", "known_miss")
            labels = frozenset((number,)) if bears else frozenset()
            yield Coded(text, "", labels, None if bears else frozenset((number,)), text)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def train(
    lexicon: Lexicon,
    material: Sequence[Coded],
    facts: Mapping[str, Any] | None = None,
    encoders: tuple[SentenceEncoder, SentenceEncoder] | None = None,
) -> Training:
    """Train a model. The same material in the same order gives the same model.

    `encoders` are the one to be joined with the rest, and the same trained without the part `JOINING`, by which is
    decided how much it weighs. Raises `MissingDependencyError` without scikit-learn, and `UsageError` if there is
    nothing to learn.
    """
    tagger = Tagger(lexicon, method="rules")
    seen = list(tagger.see((one.text, one.prev) for one in material))
    lessons = tuple((lesson.id, lesson.slug) for lesson in lexicon.lessons)
    numbers = [str(lesson.number) for lesson in lexicon.lessons]
    bears = np.array([[number in one.labels for number in numbers] for one in material])
    known = np.array([[one.known is None or number in one.known for number in numbers] for one in material])
    rules = np.array([[one.rules.get(lesson, 0.0) for lesson, _ in lessons] for one in seen])

    weights = np.array([one.weight for one in material])

    text = np.zeros(bears.shape)
    folds = np.array([_fold(one.group) for one in material])
    for fold in range(FOLDS):
        rest, out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(rest) and len(out):
            part = _TextModel.fit([seen[i] for i in rest], bears[rest], known[rest], weights[rest], tagger.atoms())
            text[out] = part.scores([seen[i] for i in out])
    words = np.array([len(one.words) for one in seen], dtype=np.int64)
    combiner = _join(material, text, rules, words, bears, known)
    rereading = None
    if encoders:
        first = combiner.probability(text, rules, words)
        rereading = _join_encoder(material, first, rules, bears, known, encoders)
    coded = [(one.unit, fold) for one, fold in zip(material, folds.tolist(), strict=True) if one.unit]
    assertions = train_assertions(lexicon, tagger, [unit for unit, _ in coded], [fold for _, fold in coded])
    whole = _TextModel.fit(seen, bears, known, weights, tagger.atoms())
    model = Model(
        words=tuple(whole.words),
        classes=tuple(whole.classes),
        idf=whole.idf,
        weights=whole.weights,
        intercepts=whole.intercepts,
        combiner=combiner,
        keep=KEEP,
        add=ADD,
        lessons=lessons,
        lexicon=lexicon.hash,
        facts=facts or {},
        assertions=assertions.model if assertions else None,
        rereading=rereading,
    )
    return Training(model, tuple(material), text, rules, words, bears, known, assertions)


@dataclass(frozen=True, slots=True)
class _TextModel:
    """What is learned from words and classes alone."""

    words: list[str]
    classes: list[str]
    idf: Floats
    weights: Floats  # a row a feature, a column a lesson
    intercepts: Floats
    atoms: list[str]

    @classmethod
    def fit(
        cls, seen: Sequence[Seen], bears: NDArray[np.bool_], known: NDArray[np.bool_], weights: Floats, atoms: list[str]
    ) -> _TextModel:
        in_words = Counter(feature_name(one) for text in seen for one in set(word_features(text.words.norms)))
        in_classes = Counter(name for one in seen for name in _classes_of(one, atoms))
        words = sorted(name for name, count in in_words.items() if count >= _LEAST_TEXTS)
        classes = sorted(name for name, count in in_classes.items() if count >= _LEAST_TEXTS)
        counts = np.array([in_words[name] for name in words] + [in_classes[name] for name in classes], dtype=float)
        idf = np.log((1 + len(seen)) / (1 + counts)) + 1.0
        model = cls(words, classes, idf, np.zeros((len(idf), bears.shape[1])), np.zeros(bears.shape[1]), atoms)
        matrix = model._matrix(seen)
        for lesson in range(bears.shape[1]):
            use = known[:, lesson]
            fitted = _logistic(matrix[use], bears[use, lesson], weights[use], **_FIT)
            model.weights[:, lesson], model.intercepts[lesson] = fitted
        return model

    def scores(self, seen: Sequence[Seen]) -> Floats:
        return np.asarray(self._matrix(seen) @ self.weights + self.intercepts)

    def _matrix(self, seen: Sequence[Seen]) -> csr_matrix:
        from scipy.sparse import csr_matrix

        rows = Featurizer(self.words, self.classes, self.idf, self.atoms).rows([(one.words, one.hits) for one in seen])
        starts = np.concatenate(([0], np.cumsum(rows.lengths)))
        matrix = csr_matrix((rows.values, rows.columns, starts), shape=(len(seen), len(self.idf)))
        matrix.sum_duplicates()
        return matrix


def _classes_of(seen: Seen, atoms: Sequence[str]) -> set[str]:
    return {atoms[atom] for profile in seen.hits.profiles for atom in profile.atoms if atoms[atom]}


def _fold(group: str) -> int:
    return int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % FOLDS


def rejoined(model: Model, encoder: SentenceEncoder, earlier: Model) -> Model:
    """Return the model joined with an encoder as an earlier one is joined with the encoder that this one went on from.

    For an encoder that has learned from all parts, so that no part tells how much it should weigh. Raises
    `UsageError` if the earlier model is joined with none, or is for other lessons.
    """
    if earlier.rereading is None or earlier.lessons != model.lessons:
        raise UsageError(
            "the earlier model is joined with no encoder for these lessons",
            "Give --encoder-blind instead: the same encoder, trained without the part check.",
        )
    return replace(model, rereading=replace(earlier.rereading, encoder=encoder.hash))


def _join(
    material: Sequence[Coded],
    text: Floats,
    rules: Floats,
    words: NDArray[np.int64],
    bears: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> Combiner:
    """Weigh text scores against rules, where neither has seen the text before."""
    use = known & np.array([one.joins for one in material])[:, None]
    if len(set(bears[use].tolist())) < 2:
        raise UsageError(
            f"no gold outside the part {TUNED!r} to weigh text against rules with",
            "More gold is needed: parts are drawn by the hash of the id.",
        )
    is_short = np.broadcast_to((words < SHORT)[:, None], bears.shape)
    return Combiner(*_weighed(material, [text, np.maximum(text, FLOOR), rules, is_short], bears, use))


def _join_encoder(
    material: Sequence[Coded],
    first: Floats,
    rules: Floats,
    bears: NDArray[np.bool_],
    known: NDArray[np.bool_],
    encoders: tuple[SentenceEncoder, SentenceEncoder],
) -> Rereading:
    """Weigh what an encoder reads against the rest, on texts that it did not learn from."""
    final, blind = encoders
    use = np.array([one.unit is not None and split_of(one.unit.id) == JOINING for one in material])
    part = known & use[:, None]
    if len(set(bears[part].tolist())) < 2:
        raise UsageError(f"no gold in the part {JOINING!r} to weigh the encoder with", "More gold is needed.")
    read = np.zeros(first.shape)
    read[use] = blind.scores([one.text for one, is_used in zip(material, use.tolist(), strict=True) if is_used])
    signs = [np.log(first / (1.0 - first)), read, np.maximum(read, READ_FLOOR), rules]
    by_first, by_read, by_floored, by_rules, intercept, offsets = _weighed(material, signs, bears, part)
    return Rereading(final.hash, by_first, by_read, by_floored, by_rules, intercept, offsets, ASK, BAR)


def _weighed(
    material: Sequence[Coded], signs: Sequence[NDArray[Any]], bears: NDArray[np.bool_], use: NDArray[np.bool_]
) -> tuple[Any, ...]:
    """Return a weight for each sign (a row a text and a column a lesson), an intercept, and an offset a lesson.

    `use` says which texts and lessons count.
    """
    texts, lessons = np.nonzero(use)
    weights = np.array([_REAL_WEIGHT if one.is_real else 1.0 for one in material])[texts]
    features = np.column_stack([*(sign[use].astype(float) for sign in signs), np.eye(bears.shape[1])[lessons]])
    found, intercept = _logistic(features, bears[use], weights, C=1.0, max_iter=1000)
    rounded = [round(float(value), 4) for value in found]
    return *rounded[: len(signs)], round(intercept, 4), tuple(rounded[len(signs) :])


def _logistic(
    features: Any, labels: NDArray[np.bool_], weights: Floats | None = None, **options: Any
) -> tuple[Floats, float]:
    """Return weights and intercept of a logistic regression; a constant if there is but one class."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingDependencyError(
            "training needs scikit-learn", 'Run: python -m pip install "chna-toolkit[train]"'
        ) from None
    if len(set(labels.tolist())) < 2:
        return np.zeros(features.shape[1]), 10.0 if labels.size and labels[0] else -10.0
    fitted = LogisticRegression(**options).fit(features, labels, sample_weight=weights)
    return fitted.coef_[0], float(fitted.intercept_[0])
