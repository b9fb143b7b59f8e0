"""The learned layer on assertions: whether a lesson is practice, plan, call or lack in a text, by all cues together.

The rules let the strongest cue decide alone (`assertion.py`). Here every cue counts, in scope or out of it, with
what the rules make of them, the words of the text and of the evidence's own clauses, how the text opens, its verbs,
its kind, and the words of the headings and headers above it: features of one multinomial logistic regression for all
lessons. It runs on the few texts in which something counts, with numpy alone.

Where an encoder has read the text as a whole (`encoder.py`), its word counts as much: the probabilities are multiplied
(a product of experts, Hinton 2002).

What its author settled stays: an assertion that a rule spells out, and what a cue decides that the model never saw.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chna_toolkit.lexicon.words import CLAUSE, cut
from chna_toolkit.model import Assertion, Mention
from chna_toolkit.tagging.assertion import Reading, Verdict
from chna_toolkit.tagging.clauses import is_enumerator
from chna_toolkit.tagging.index import Span

Floats = NDArray[np.float64]

CLASSES = tuple(Assertion)  # columns of the weights
_SHORT = 6  # words of a text, below which it is short
_EARLY = 8  # words: a verb before them is likely the sentence's own
_MOST_VERBS = 6
_MOST_SHOWN = 2  # features named as what decided
_AS_A_WHOLE = "learned: the text as a whole"
_QUOTES = '"“'
_CLOSERS = " \"'”’)]"
# What a feature is, by the letter before its colon; those missing here are named as they are.
_SHOWN = {"w": "", "c": "", "o": "", "on": "", "h": "under ", "v": "", "in": "", "out": "", "near": "", "up": "under "}


@dataclass(frozen=True, slots=True)
class Setting:
    """A text as read, and where it stands."""

    text: str
    kind: str
    above: tuple[str, ...]  # headings and headers, the nearest first
    reading: Reading


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the assertion of one lesson in one text is decided by."""

    setting: Setting
    places: tuple[tuple[Span, ...], ...]  # words of its mentions; none: it stands nowhere in particular
    given: tuple[Assertion, ...]  # what the rules make of them
    settled: frozenset[Assertion]  # what a rule that matched settles itself


def evidence_of(
    lesson: str, mentions: Sequence[Mention], setting: Setting, settling: Mapping[str, Assertion]
) -> Evidence:
    """Gather what is known of a lesson in a text. `settling` has the rules that settle an assertion, by id."""
    mine = [one for one in mentions if one.lesson == lesson]
    mine = [one for one in mine if one.counted] or mine
    reading = setting.reading
    if not mine:
        return Evidence(setting, (), (reading.majority(lesson).assertion,), frozenset())
    mine.sort(key=lambda one: (-one.confidence, one.start, one.rule))
    starts = [start for start, _ in reading.text.places]
    return Evidence(
        setting,
        tuple(tuple(_words_of(part, starts) for part in one.parts) for one in mine),
        tuple(one.assertion for one in mine),
        frozenset(settling[one.rule] for one in mine if one.rule in settling),
    )


def _words_of(part: tuple[int, int], starts: Sequence[int]) -> Span:
    """Return the words that a stretch of text covers."""
    first = bisect_right(starts, part[0]) - 1
    return max(first, 0), max(bisect_left(starts, part[1]), first + 1, 1)


@dataclass(frozen=True, slots=True)
class AssertionModel:
    """Weights of the regression: a row a feature, a column an assertion (see `CLASSES`)."""

    names: tuple[str, ...]
    weights: Floats
    intercepts: Floats
    cues: tuple[str, ...]  # ids of the cues that the lexicon had

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what `assertions_in` reads the model from."""
        return {
            "assertion_names": _packed(self.names),
            "assertion_cues": _packed(self.cues),
            "assertion_weights": self.weights.astype(np.float16),
            "assertion_intercepts": self.intercepts.astype(np.float32),
        }


def assertions_in(arrays: Mapping[str, NDArray[Any]]) -> AssertionModel | None:
    """Read a model from the arrays of a file; None if it has none. Raises `ValueError`."""
    if "assertion_names" not in arrays:
        return None
    names, cues = _unpacked(arrays["assertion_names"]), _unpacked(arrays["assertion_cues"])
    weights = arrays["assertion_weights"].astype(np.float64)
    intercepts = arrays["assertion_intercepts"].astype(np.float64)
    if weights.shape != (len(names), len(CLASSES)) or intercepts.shape != (len(CLASSES),):
        raise ValueError("arrays of the assertions do not fit together")
    return AssertionModel(names, weights, intercepts, cues)


def _packed(names: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(names).encode(), dtype=np.uint8)


def _unpacked(packed: NDArray[Any]) -> tuple[str, ...]:
    text = packed.tobytes().decode()
    return tuple(text.split("\n")) if text else ()


def features(evidence: Evidence) -> dict[str, float]:
    """Return what speaks of the assertion, by name; training and tagging use the same."""
    reading = evidence.setting.reading
    clauses, sentences, words = reading.clauses, reading.text.sentences, reading.text.norms
    near = _clauses_of(evidence)
    own = [
        form
        for form, clause, sentence in zip(reading.text.forms, clauses, sentences, strict=True)
        if (clause, sentence) in near
    ]
    found = _weighed("w", words)
    found |= _weighed("c", own)
    found |= _opening(reading)
    found |= _cues(evidence)
    found |= _verbs(reading, near)
    found |= _form(evidence.setting)
    for depth, line in enumerate(evidence.setting.above):
        for word in _heading(line):
            found.setdefault(f"h:{word}", 0.15 if depth else 0.3)
    for given in evidence.given:
        name = f"v:{given}"
        found[name] = found.get(name, 0.0) + 0.6 / len(evidence.given)
    for settled in evidence.settled:
        found[f"s:{settled}"] = 0.5
    return found


class LearnedAssertions:
    """A model at work."""

    def __init__(self, model: AssertionModel, settling: Mapping[str, Assertion]) -> None:
        """`settling` has the rules that settle an assertion, by id."""
        self._settling = settling
        self._names = model.names
        self._columns = {name: column for column, name in enumerate(model.names)}
        self._weights, self._intercepts = model.weights, model.intercepts
        self._cues = frozenset(model.cues)

    def decide(self, mentions: list[Mention], setting: Setting, read: Floats | None = None) -> list[Mention]:
        """Return the mentions of a text, those that count asserted as all that is known of their lesson there says.

        `read` is what an encoder makes of the text as a whole: scores in the order of `CLASSES`. It knows nothing of
        what stands above, so it has no say in a line or cell that headings or headers are needed to understand.
        """
        if setting.reading.is_line and setting.above:
            read = None
        verdicts: dict[str, Verdict | None] = {}
        decided = []
        for one in mentions:
            if one.counted and one.rule not in self._settling:
                if one.lesson not in verdicts:
                    verdicts[one.lesson] = self.verdict(
                        evidence_of(one.lesson, mentions, setting, self._settling), read
                    )
                verdict = verdicts[one.lesson]
                if verdict and verdict.assertion is not one.assertion:
                    one = replace(one, assertion=verdict.assertion, cue=verdict.cue)
            decided.append(one)
        return decided

    def verdict(self, evidence: Evidence, read: Floats | None = None) -> Verdict | None:
        """Return what the evidence asserts; None where a cue speaks that the model never saw: the rules decide."""
        reading = evidence.setting.reading
        cues = [cue for cue, _ in reading.cues]
        if reading.above:
            cues.append(reading.above)
        if any(cue.id not in self._cues for cue in cues):
            return None
        columns, values = encoded(features(evidence), self._columns)
        parts = self._weights[columns] * np.array(values).reshape(-1, 1)
        scores = parts.sum(axis=0) + self._intercepts
        best = int(scores.argmax())
        if read is not None:
            together = int((_log_softmax(scores) + _log_softmax(read)).argmax())
            if together != best:
                return Verdict(CLASSES[together], _AS_A_WHOLE)
        return Verdict(CLASSES[best], self._why(columns, parts, best, evidence.given))

    def _why(self, columns: Sequence[int], parts: Floats, best: int, given: Sequence[Assertion]) -> str:
        """Name the features that weigh most for an assertion, against the one that rules gave."""
        other = CLASSES.index(given[0]) if given else best
        gains = parts[:, best] - (parts[:, other] if other != best else parts.mean(axis=1))
        ranked = sorted(range(len(columns)), key=lambda at: (-gains[at], columns[at]))
        shown = dict.fromkeys(_plain(self._names[columns[at]]) for at in ranked if gains[at] > 0)
        return "learned: " + ", ".join(list(shown)[:_MOST_SHOWN])


def _log_softmax(scores: Floats) -> Floats:
    high = scores - scores.max()
    return np.asarray(high - np.log(np.exp(high).sum()), dtype=np.float64)


def _plain(name: str) -> str:
    """Name a feature for people."""
    kind, _, rest = name.partition(":")
    return _SHOWN[kind] + rest if kind in _SHOWN else name


def _weighed(kind: str, words: Iterable[str]) -> dict[str, float]:
    """Weigh words by the logarithm of their count, to unit length together."""
    counts = {f"{kind}:{word}": 1.0 + log(count) for word, count in Counter(words).items()}
    size = sqrt(sum(value * value for value in counts.values())) or 1.0
    return {name: value / size for name, value in counts.items()}


def _clauses_of(evidence: Evidence) -> set[tuple[int, int]]:
    """Clauses, with their sentence, that the mentions begin or end in; all if there is no mention."""
    reading = evidence.setting.reading
    clauses, sentences = reading.clauses, reading.text.sentences
    if not evidence.places:
        return set(zip(clauses, sentences, strict=True))
    spans = (span for place in evidence.places for span in place)
    return {(clauses[word], sentences[word]) for start, end in spans for word in (start, end - 1)}


def _opening(reading: Reading) -> dict[str, float]:
    norms, forms = reading.text.norms, reading.text.forms
    first = 0
    while first < len(norms) - 1 and is_enumerator(forms[first]):
        first += 1
    if not norms:
        return {}
    found = {f"o:{forms[first]}": 0.5, f"on:{norms[first]}": 0.5}
    if first + 1 < len(norms) and reading.text.breaks[first + 1] >= CLAUSE:
        found["label"] = 0.4
    return found


def _cues(evidence: Evidence) -> dict[str, float]:
    reading = evidence.setting.reading
    found: dict[str, float] = {}
    place = evidence.places[0][0][0] if evidence.places else 0
    for cue, span in reading.cues:
        idle = " idle" if cue.gives_way and reading.says_what_is(place) else ""
        if not evidence.places:
            found[f"in:{cue.id}{idle}"] = 0.4
            continue
        gaps = (reading.distance(cue, span, one[0][0], one[-1][1]) for one in evidence.places)
        gap = min((gap for gap in gaps if gap is not None), default=None)
        if gap is None:
            found[f"out:{cue.id}{idle}"] = 0.25
            continue
        found[f"in:{cue.id}{idle}"] = 0.5
        if gap <= 2:
            found[f"near:{cue.id}{idle}"] = 0.3
    if reading.above:
        found[f"up:{reading.above.id}{' idle' if reading.says_what_is(place) else ''}"] = 0.5
    return found or {"no cue": 0.3}


def _verbs(reading: Reading, near: set[tuple[int, int]]) -> dict[str, float]:
    """What says what is or was: in the evidence's clauses, early in the text, or at all."""
    places = reading.stating()
    if not places:
        return {"no verb": 0.4}
    found = {f"verb:{reading.text.forms[place]}": 0.2 for place in places[:_MOST_VERBS]}
    if any((reading.clauses[place], reading.text.sentences[place]) in near for place in places):
        found["verb in clause"] = 0.5
    if places[0] <= _EARLY:
        found["verb early"] = 0.4
    return found


def _form(setting: Setting) -> dict[str, float]:
    text = setting.text
    plain = text.rstrip(_CLOSERS)
    found = {f"kind:{setting.kind}": 0.4}
    if setting.reading.is_line:
        found["line"] = 0.5
    if any(quote in text for quote in _QUOTES):
        found["quote"] = 0.5
    if text[:1] in _QUOTES:
        found["quote opens"] = 0.5
    if plain.endswith("?"):
        found["question"] = 0.4
    if len(setting.reading.text) < _SHORT:
        found["short"] = 0.4
    return found


@lru_cache(maxsize=4096)
def _heading(line: str) -> tuple[str, ...]:
    return tuple(sorted(set(cut(line).norms)))


def encoded(found: Mapping[str, float], columns: Mapping[str, int]) -> tuple[list[int], list[float]]:
    """Return columns and values of the features that a model has, in the order of the features."""
    known = [(columns[name], value) for name, value in found.items() if name in columns]
    return [column for column, _ in known], [value for _, value in known]
