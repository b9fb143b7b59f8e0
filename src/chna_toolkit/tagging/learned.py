"""The learned layer: how likely a text bears each lesson, by its words, word classes and rules.

    words and word pairs ─┐
                          ├─ TF-IDF ─> one logistic regression a lesson ─> text score ─┐
    classes of the lexicon┘                                                            ├─> probability
                                            strength of the lesson's rules ────────────┘

The rules were written looking at part of the gold labels, and there they flatter themselves. So
the few weights that join text score and rules, the same for all lessons, are fitted elsewhere
(`chna_toolkit.training`). A model is two files, arrays and JSON, and runs with numpy alone.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain, pairwise, repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chna_toolkit.errors import UsageError
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.lexicon.words import Words
from chna_toolkit.tagging.assertion_learned import AssertionModel, assertions_in
from chna_toolkit.tagging.encoder import KeptScores, SentenceEncoder
from chna_toolkit.tagging.index import Hits, Profile, Span

Floats = NDArray[np.float64]
Feature = str | tuple[str, str]  # a word, or two words that follow each other

FORMAT = 4  # of the files
ARRAYS, META = "model.npz", "model.json"

# Text scores count less below it: one text is no more about a lesson than another that is not about it at all.
FLOOR = -4.0
READ_FLOOR = -3.0  # the same of the log odds that an encoder gives
SHORT = 6  # words of a text, below which it is short

_LOG = np.concatenate(([0.0], 1.0 + np.log(np.arange(1, 1000))))  # sublinear counts
_MOST_SPANS = 3  # shown of a text and lesson
_REJECTED = 0.2  # a lesson to which the encoder leaves less in a document is none there
_LEAST_SHARE = 0.25  # of the strongest part of a text, for another part to be shown


@dataclass(frozen=True, slots=True)
class Combiner:
    """Weights that make a probability of text score and rule strength: the same for all lessons but for an offset."""

    text: float
    floored_text: float
    rules: float
    short: float  # for a text of few words, where each weighs much
    intercept: float
    offsets: tuple[float, ...]  # a lesson: some are shown more rarely than their words are used

    def probability(self, text: Floats, rules: Floats, words: NDArray[np.int64]) -> Floats:
        """Return probabilities, a row a text and a column a lesson.

        `text` (log odds) and `rules` (strengths from 0 to 1) have that shape; `words` counts the words of each text.
        """
        odds = self.text * text + self.floored_text * np.maximum(text, FLOOR) + self.rules * rules
        odds += self.intercept + np.array(self.offsets) + self.short * (words < SHORT)[:, None]
        return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Rereading:
    """Weights that make a new probability of the first one and of what an encoder reads in the text."""

    encoder: str  # SHA-256 of its file
    first: float  # of the log odds before
    read: float  # of the encoder's log odds
    floored_read: float  # of the same, cut off below
    rules: float
    intercept: float
    offsets: tuple[float, ...]  # a lesson: an encoder may be too ready for one, and too slow for another
    ask: float  # the encoder reads texts where a lesson has this probability
    bar: float  # from which probability on a lesson counts

    def probability(self, first: Floats, rules: Floats, read: Floats) -> Floats:
        """Return probabilities; all have a row a text and a column a lesson (`read`: log odds)."""
        odds = self.first * np.log(first / (1.0 - first)) + self.rules * rules + self.intercept + np.array(self.offsets)
        odds += self.read * read + self.floored_read * np.maximum(read, READ_FLOOR)
        return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Clue:
    """A feature that speaks for a lesson in a text."""

    feature: str  # words, or `@class`, or `~` and a fingerprint for phrases that a rule spells out itself
    weight: float  # what it adds to the text score (log odds)
    spans: tuple[Span, ...]  # where it stands, in words


@dataclass(frozen=True, slots=True)
class Rows:
    """Features of some texts as a sparse matrix."""

    columns: NDArray[np.int64]  # of all texts one after the other
    values: Floats
    lengths: NDArray[np.int64]  # features a text


def word_features(norms: Sequence[str]) -> Iterator[Feature]:
    """Words and pairs of neighbouring words, as often as they stand there."""
    return chain(norms, pairwise(norms))


def feature_name(feature: Feature) -> str:
    """Return the name of a word feature, as models list it: words with a space between."""
    return feature if isinstance(feature, str) else " ".join(feature)


def _feature(name: str) -> Feature:
    one, _, two = name.partition(" ")
    return (one, two) if two else one


def class_features(keys: Mapping[object, int]) -> list[str]:
    """Name the atoms of an index, by number, in a way that lasts when others are added to the lexicon."""
    names = [""] * len(keys)
    for key, atom in keys.items():
        kind, *rest = key if isinstance(key, tuple) else ("", key)
        text = json.dumps(rest, ensure_ascii=True)
        names[atom] = f"@{rest[0]}" if kind == "class" else f"~{hashlib.sha256(text.encode()).hexdigest()[:10]}"
    return names


class Featurizer:
    """Turns texts into rows of features; training and tagging use the same one."""

    def __init__(self, words: Sequence[str], classes: Sequence[str], idf: Floats, atoms: Sequence[str]) -> None:
        """`idf` has one weight a word feature, then one a class; `atoms` names the atoms of the index at hand."""
        self.idf = idf
        self._size = len(words)
        columns = {name: column for column, name in enumerate(classes, len(words))}
        self.by_atom = [columns.get(name, -1) for name in atoms]
        self._columns: dict[Profile, list[int]] = {}
        features = {_feature(name): column for column, name in enumerate(words)}
        known = {one for feature in features for one in ((feature,) if isinstance(feature, str) else feature)}
        self._numbers = {word: number for number, word in enumerate(sorted(known), 1)}  # 0: in no feature
        self._base = len(known) + 1
        self._single = np.full(self._base, -1, dtype=np.int64)
        pairs = []
        for feature, column in features.items():
            if isinstance(feature, str):
                self._single[self._numbers[feature]] = column
            else:
                pairs.append((self._numbers[feature[0]] * self._base + self._numbers[feature[1]], column))
        # the last one is no pair: what the search for a greater one than all finds
        self._pairs = np.array([*sorted(pairs), (np.iinfo(np.int64).max, -1)], dtype=np.int64)

    def rows(self, texts: Sequence[tuple[Words, Hits]]) -> Rows:
        """Encode the texts. Words have unit length, and so have classes, each as often as another phrase bears it."""
        words = self.word_rows(texts)
        sizes = [sum(map(len, map(self.columns_of, hits.profiles))) for _, hits in texts]
        listed = (column for _, hits in texts for profile in hits.profiles for column in self.columns_of(profile))
        classes = self._weighed(
            np.repeat(np.arange(len(texts)), sizes), np.fromiter(listed, np.int64, sum(sizes)), 1.0, len(texts)
        )
        text = np.concatenate([np.repeat(np.arange(len(texts)), one.lengths) for one in (words, classes)])
        order = np.argsort(text, kind="stable")
        return Rows(
            np.concatenate((words.columns, classes.columns))[order],
            np.concatenate((words.values, classes.values))[order],
            words.lengths + classes.lengths,
        )

    def word_rows(self, texts: Sequence[tuple[Words, Hits]]) -> Rows:
        """Encode the words of the texts alone."""
        codes, counts = np.unique(self._word_codes(texts), return_counts=True)
        text, columns = np.divmod(codes, max(1, len(self.idf)))
        return self._weighed(text, columns, _LOG[np.minimum(counts, len(_LOG) - 1)], len(texts))

    def columns_of(self, profile: Profile) -> list[int]:
        """Return the columns of the classes that a phrase belongs to."""
        columns = self._columns.get(profile)
        if columns is None:
            columns = self._columns[profile] = sorted({self.by_atom[atom] for atom in profile.atoms} - {-1})
        return columns

    def _weighed(
        self, text: NDArray[np.int64], columns: NDArray[np.int64], weights: Floats | float, texts: int
    ) -> Rows:
        values = weights * self.idf[columns]
        norms = np.sqrt(np.bincount(text, values * values, texts))
        return Rows(columns, values / norms[text], np.bincount(text, minlength=texts))

    def _word_codes(self, texts: Sequence[tuple[Words, Hits]]) -> NDArray[np.int64]:
        """Column, plus the number of columns times the number of the text, of each word and pair of words."""
        sizes = [len(words) for words, _ in texts]
        flat = chain.from_iterable(words.norms for words, _ in texts)
        numbers = np.fromiter(map(self._numbers.get, flat, repeat(0)), np.int64, sum(sizes))
        text = np.repeat(np.arange(len(sizes)), sizes)
        singles = self._single[numbers]
        pairs = numbers[:-1] * self._base + numbers[1:]
        at = np.searchsorted(self._pairs[:, 0], pairs)
        is_pair = (self._pairs[at, 0] == pairs) & (text[:-1] == text[1:])
        columns = np.concatenate((singles, np.where(is_pair, self._pairs[at, 1], -1)))
        codes = np.concatenate((text, text[:-1])) * len(self.idf) + columns
        return np.asarray(codes[columns >= 0], dtype=np.int64)


@dataclass(frozen=True)
class Model:
    """A trained model as stored. `weights` has a row a feature and a column a lesson."""

    words: tuple[str, ...]
    classes: tuple[str, ...]
    idf: Floats
    weights: Floats
    intercepts: Floats
    combiner: Combiner
    keep: float  # what rules found in a text counts from this probability on
    add: float  # a lesson that no rule found is added from this probability on
    lessons: tuple[tuple[str, str], ...]  # id and slug, by column
    lexicon: str  # hash of the lexicon it was trained with
    facts: Mapping[str, Any]  # about the training, for people
    assertions: AssertionModel | None = None  # None: cues alone decide them
    rereading: Rereading | None = None  # None: it was joined with no encoder

    def fits(self, lexicon: Lexicon) -> bool:
        """Whether the lexicon has the same lessons; its rules and classes may have changed."""
        return self.lessons == tuple((lesson.id, lesson.slug) for lesson in lexicon.lessons)

    def is_joined_with(self, encoder: SentenceEncoder) -> bool:
        """Whether it was trained to be joined with this encoder."""
        return self.rereading is not None and self.rereading.encoder == encoder.hash

    def save(self, folder: Path) -> None:
        """Write the model: the same bytes for the same model."""
        folder.mkdir(parents=True, exist_ok=True)
        names = "\n".join((*self.words, *self.classes)).encode()
        buffer = io.BytesIO()
        arrays: dict[str, Any] = self.assertions.arrays() if self.assertions else {}
        np.savez_compressed(
            buffer,
            names=np.frombuffer(names, dtype=np.uint8),
            idf=self.idf.astype(np.float32),
            weights=self.weights.astype(np.float16),
            intercepts=self.intercepts.astype(np.float32),
            **arrays,
        )
        (folder / ARRAYS).write_bytes(buffer.getvalue())
        combiner = self.combiner
        meta = {
            "format": FORMAT,
            "arrays": hashlib.sha256(buffer.getvalue()).hexdigest(),
            "words": len(self.words),
            "lessons": [list(pair) for pair in self.lessons],
            "lexicon": self.lexicon,
            "keep": self.keep,
            "add": self.add,
            "combiner": asdict(combiner),
            "rereading": asdict(self.rereading) if self.rereading else None,
            "facts": dict(self.facts),
        }
        (folder / META).write_text(json.dumps(meta, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def load_model(folder: Path | None = None) -> Model:
    """Read a model, by default the one that comes with the package. Raises `UsageError`."""
    place: Traversable | Path = folder or files("chna_toolkit") / "tagging" / "model"
    try:
        meta = json.loads((place / META).read_text(encoding="utf-8"))
        if meta["format"] != FORMAT:
            raise ValueError(f"format {meta['format']}, not {FORMAT}")
        data = (place / ARRAYS).read_bytes()
        if hashlib.sha256(data).hexdigest() != meta["arrays"]:
            raise ValueError(f"{ARRAYS} is not the file that {META} describes")
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        names = arrays["names"].tobytes().decode().split("\n")
        weights = arrays["weights"].astype(np.float64)
        if weights.shape != (len(names), len(meta["lessons"])) or len(arrays["idf"]) != len(names):
            raise ValueError("arrays do not fit together")
        return Model(
            words=tuple(names[: meta["words"]]),
            classes=tuple(names[meta["words"] :]),
            idf=arrays["idf"].astype(np.float64),
            weights=weights,
            intercepts=arrays["intercepts"].astype(np.float64),
            combiner=Combiner(**_with_offsets(meta["combiner"], meta["lessons"])),
            keep=meta["keep"],
            add=meta["add"],
            lessons=tuple((one, slug) for one, slug in meta["lessons"]),
            lexicon=meta["lexicon"],
            facts=meta["facts"],
            assertions=assertions_in(arrays),
            rereading=Rereading(**_with_offsets(meta["rereading"], meta["lessons"])) if meta["rereading"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{place}: no model: {error}", "Make one with `chna train`.") from error


def _with_offsets(weights: Mapping[str, Any], lessons: Sequence[object]) -> dict[str, Any]:
    if len(weights["offsets"]) != len(lessons):
        raise ValueError("there is not one offset a lesson")
    return {**weights, "offsets": tuple(weights["offsets"])}


class Learned:
    """A model at work on texts that a certain index has looked through."""

    def __init__(
        self, model: Model, atoms: Sequence[str], profiles: Sequence[Profile], encoder: SentenceEncoder | None = None
    ) -> None:
        """`atoms` names the atoms of the index (see `class_features`), `profiles` are its profiles by number.

        Raises `UsageError` if the model was trained with another encoder.
        """
        if encoder and not model.is_joined_with(encoder):
            raise UsageError("the model was not trained with this encoder", "Train it with `chna train --encoder`.")
        self.model = model
        self._reader = encoder
        self._lately: dict[str, Sequence[int]] = {}  # what the encoder gave, for passages that documents share
        self.lessons = tuple(lesson for lesson, _ in model.lessons)
        self._featurizer = Featurizer(model.words, model.classes, model.idf, atoms)
        self._names = (*model.words, *model.classes)
        self._weights = model.weights.astype(np.float32)  # exact: they are stored in fewer bits
        self._word_columns = {_feature(name): column for column, name in enumerate(model.words)}
        self._by_profile = self._added_up(profiles)

    def _added_up(self, profiles: Sequence[Profile]) -> Floats:
        """Return what the classes of each profile add to the lessons and, last, to the square of their length."""
        listed = list(map(self._featurizer.columns_of, profiles))
        columns = np.fromiter(chain.from_iterable(listed), np.int64)
        idf = self.model.idf[columns][:, None]
        return _sums(np.hstack((self._weights[columns] * idf, idf * idf)), np.array(list(map(len, listed)), np.int64))

    @property
    def bars(self) -> tuple[float, float]:
        """From which probability on counts what rules found, and what they did not."""
        if self._reader and self.model.rereading:
            return self.model.rereading.bar, self.model.rereading.bar
        return self.model.keep, self.model.add

    def text_scores(self, texts: Sequence[tuple[Words, Hits]]) -> Floats:
        """Return log odds by the text alone: a row a text, a column a lesson, whatever the batch."""
        words = self._featurizer.word_rows(texts)
        by_words = _sums(self._weights[words.columns] * words.values[:, None], words.lengths)
        numbers = [profile.number for _, hits in texts for profile in hits.profiles]
        sizes = np.array([len(hits.profiles) for _, hits in texts], dtype=np.int64)
        by_classes = _sums(self._by_profile[numbers], sizes)
        lengths = np.sqrt(by_classes[:, -1:])
        return self.model.intercepts + by_words + by_classes[:, :-1] / np.where(lengths, lengths, 1.0)

    def scores(self, texts: Sequence[tuple[Words, Hits]], rules: Sequence[Mapping[str, float]]) -> Floats:
        """Return probabilities: a row a text, a column a lesson. `rules` gives the strength of its lessons' rules."""
        strengths = np.array([[given.get(lesson, 0.0) for lesson in self.lessons] for given in rules])
        strengths = strengths.reshape(-1, len(self.lessons))
        words = np.array([len(words) for words, _ in texts], dtype=np.int64)
        return self.model.combiner.probability(self.text_scores(texts), strengths, words)

    def reread(
        self,
        chances: Floats,
        rules: Sequence[Mapping[str, float]],
        texts: Sequence[str],
        least: float = 0.0,
        kept: KeptScores | None = None,
    ) -> tuple[Floats, dict[int, Floats]]:
        """Return the probabilities (a row a text) as they are once the encoder has read the doubtful texts.

        Those are where a lesson has the probability `least`, or the model's, if that is more.
        `kept` has what the encoder gave before, and gets what it gives now. Also returns, by the places of these
        texts, how it takes what they bear to be asserted: scores in the order of `Assertion`, if it learned that.
        """
        assert self._reader
        assert self.model.rereading
        rereading = self.model.rereading
        ask = max(rereading.ask, least)
        asked = np.flatnonzero(chances.max(axis=1, initial=0.0) >= ask).tolist()
        if not asked:
            return chances, {}
        strengths = np.array([[rules[place].get(lesson, 0.0) for lesson in self.lessons] for place in asked])
        kept = KeptScores() if kept is None else kept
        read = kept.readings(self._reader, [texts[place] for place in asked], self._lately)
        odds, asserted = np.split(read, [len(self.lessons)], axis=1)
        chances = chances.copy()
        chances[asked] = rereading.probability(chances[asked], strengths, odds)
        return chances, dict(zip(asked, asserted, strict=True)) if asserted.size else {}

    @staticmethod
    def doubting(before: Floats, after: Floats) -> Floats:
        """Return the probabilities (a row a text) by which what rules found is doubted in whole documents.

        The encoder may be in doubt where rule and learned layer are not, and they are two: the higher probability
        counts, before or after it has read, unless it plainly rejects the lesson.
        """
        return np.where(after >= _REJECTED, np.maximum(before, after), after)

    def explain(self, text: Words, hits: Hits, lesson: str) -> list[Clue]:
        """Return what speaks for a lesson in a text, strongest first."""
        rows = self._featurizer.rows([(text, hits)])
        added = rows.values * self.model.weights[rows.columns, self.lessons.index(lesson)]
        weights: dict[int, float] = {}
        for column, weight in zip(rows.columns.tolist(), added.tolist(), strict=True):
            if weight > 0:  # several phrases may bear a class
                weights[column] = weights.get(column, 0.0) + weight
        places: dict[int, list[Span]] = {column: [] for column in weights}
        for column, span in self._places(text, hits):
            if column in places:
                places[column].append(span)
        clues = [Clue(self._names[column], weight, tuple(places[column])) for column, weight in weights.items()]
        return sorted(clues, key=lambda clue: (-clue.weight, clue.feature))

    def _places(self, text: Words, hits: Hits) -> Iterator[tuple[int, Span]]:
        size = len(text.norms)
        for place, name in enumerate(word_features(text.norms)):
            span = (place, place + 1) if place < size else (place - size, place - size + 2)
            yield self._word_columns.get(name, -1), span
        for start, end, profile in hits.found():
            for column in dict.fromkeys(self._featurizer.by_atom[atom] for atom in profile.atoms):
                yield column, (start, end)

    def evidence(self, text: Words, hits: Hits, lesson: str) -> tuple[Span, ...]:
        """Return the few places in one sentence that speak most for a lesson, in order; the whole text if none does."""
        weights: dict[Span, float] = {}
        for clue in self.explain(text, hits, lesson):
            for span in clue.spans:
                weights[span] = weights.get(span, 0.0) + clue.weight / len(clue.spans)
        chosen: list[Span] = []
        ranked = sorted(weights, key=lambda span: (-weights[span], span))
        for span in ranked:
            if len(chosen) == _MOST_SPANS or weights[span] < _LEAST_SHARE * weights[ranked[0]]:
                break
            near = not chosen or text.sentences[span[0]] == text.sentences[chosen[0][0]]
            if near and not any(span[0] < other[1] and other[0] < span[1] for other in chosen):
                chosen.append(span)
        return tuple(sorted(chosen)) or ((0, len(text)),)


def _sums(rows: Floats, lengths: NDArray[np.int64]) -> Floats:
    """Add up rows: the first `lengths[0]`, the next `lengths[1]`, and so on."""
    sums = np.zeros((len(lengths), rows.shape[1]))
    full = np.flatnonzero(lengths)
    if len(full):
        sums[full] = np.add.reduceat(rows, (np.cumsum(lengths) - lengths)[full], axis=0)
    return sums
