"""What the tagger must beat: a list of keywords a lesson, and a linear model over words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from chna_toolkit.errors import MissingDependencyError, UsageError
from chna_toolkit.evaluation.gold import GoldUnit
from chna_toolkit.evaluation.predictions import Prediction
from chna_toolkit.model import Assertion
from chna_toolkit.tagging import Label

BASELINES = ("keyword", "tfidf")
FOLDS = 5

# What somebody writes down in an hour with the lessons' names at hand. `*` stands for any ending.
KEYWORDS = {
    "1": "strategic plan*|enterprise|board of directors|board committee|mission|system-wide|anchor institution*|"
    "operating budget|strategic priorit*|local hiring",
    "2": "buy-in|internal alignment|executive sponsor*|cross-department*|champion*|leadership support|"
    "interdepartmental|internal stakeholders|departments|steering committee",
    "3": "focus group*|listening session*|key informant*|community input|community survey*|community priorit*|"
    "stakeholder interview*|town hall*|prioritiz*|community voice*",
    "4": "co-design*|co-creat*|human-centered|participatory|design thinking|asset map*|designed with|youth-led|"
    "resident-led|shaped by",
    "5": "backbone|convener|lead role|support role|not address*|better positioned|other organizations|grant to|"
    "funded partner*|refer* to",
    "6": "mobile clinic*|mobile unit*|school-based|home visit*|co-locat*|neighborhood*|community site*|"
    "in the community|community-based|satellite",
    "7": "transparen*|publicly available|public comment*|dashboard*|shared with the community|written comments|"
    "report back|public meeting*|accountab*|website",
    "8": "community advisory|advisory council*|advisory board*|community health worker*|promotora*|"
    "community member*|resident leader*|stipend*|lived experience|community representative*",
    "9": "responsible party|lead agency|point of contact|liaison|program manager|project manager|lead organization|"
    "responsible for|coordinator|owner",
    "10": "memorandum of understanding|memoranda of understanding|mou|mous|formal agreement*|data use agreement*|"
    "data sharing agreement*|charter*|bylaws|contract*|written agreement*",
    "11": "limited capacity|staff turnover|limited resources|partner capacity|flexible timeline*|bridge funding|"
    "limited funding|understaffed|constraints|burden on partners",
    "12": "quality improvement|pdsa|plan-do-study-act|lean|run chart*|key driver*|learning collaborative*|"
    "continuous improvement|improvement science|six sigma",
    "13": "training*|technical assistance|workshop*|train-the-trainer|train* partners|coaching|capacity building|"
    "mental health first aid|professional development|toolkit*",
    "14": "data*|dashboard*|registr*|database*|data sharing|electronic health record*|referral platform*|"
    "metrics|indicators|tracking",
    "15": "sustain*|long-term|multi-year|endow*|since 19*|since 20*|long-standing|ongoing|years of|scale*",
}


def by_keywords(units: Sequence[GoldUnit]) -> list[Prediction | None]:
    """Label a unit with each lesson of which it holds a keyword, always as practice; the more, the surer."""
    patterns = {
        lesson: [re.compile(rf"\b{word.replace('*', '[a-z]*')}\b", re.I) for word in words.split("|")]
        for lesson, words in KEYWORDS.items()
    }
    found: list[Prediction | None] = []
    for unit in units:
        hits = {
            lesson: [match[0].lower() for pattern in ready if (match := pattern.search(unit.text))]
            for lesson, ready in patterns.items()
        }
        found.append(
            Prediction(
                {
                    lesson: Label(Assertion.PRACTICE, 1 - 0.5 ** len(words), tuple(words), ())
                    for lesson, words in hits.items()
                    if words
                }
            )
        )
    return found


def by_tfidf(
    units: Sequence[GoldUnit], lessons: Sequence[str], pool: Sequence[GoldUnit] = ()
) -> list[Prediction | None]:
    """Label with one logistic regression a lesson over words and pairs of words (TF-IDF), always as practice.

    It learns from the `pool` (the units themselves by default); where the two share a unit or a document,
    crosswise in five folds that keep documents whole, so that nothing is measured on what was learned.
    Raises `MissingDependencyError` without scikit-learn.
    """
    pool = pool or units
    if not {_group(unit) for unit in units} & {_group(unit) for unit in pool}:
        return _fit(pool, lessons, units)
    found: list[Prediction | None] = [None] * len(units)
    for fold in range(FOLDS):
        rest = [unit for unit in pool if _fold(unit) != fold]
        out = [place for place, unit in enumerate(units) if _fold(unit) == fold]
        if rest and out:
            for place, one in zip(out, _fit(rest, lessons, [units[place] for place in out]), strict=True):
                found[place] = one
    return found


def _group(unit: GoldUnit) -> str:
    return unit.doc or unit.id


def _fold(unit: GoldUnit) -> int:
    return int(hashlib.sha256(_group(unit).encode()).hexdigest()[:8], 16) % FOLDS


def _fit(train: Sequence[GoldUnit], lessons: Sequence[str], units: Sequence[GoldUnit]) -> list[Prediction | None]:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingDependencyError(
            "the baseline tfidf needs scikit-learn", 'Run: python -m pip install "chna-toolkit[train]"'
        ) from None
    vectors = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, strip_accents="unicode")
    try:
        seen, asked = vectors.fit_transform([unit.text for unit in train]), vectors.transform([u.text for u in units])
    except ValueError as error:
        raise UsageError(f"too little text to train on: {error}", "Give more gold with --train.") from None
    labels: list[dict[str, Label]] = [{} for _ in units]
    for lesson in lessons:
        use = np.array([lesson not in unit.maybe for unit in train])
        bears = np.array([lesson in unit.labels for unit in train])
        if len(set(bears[use].tolist())) < 2:
            continue
        model: Any = LogisticRegression(C=10.0, solver="liblinear", class_weight="balanced").fit(seen[use], bears[use])
        for place, chance in enumerate(model.predict_proba(asked)[:, 1].tolist()):
            if chance >= 0.5:
                labels[place][lesson] = Label(Assertion.PRACTICE, round(chance, 3), ("tfidf",), ())
    return [Prediction(one) for one in labels]
