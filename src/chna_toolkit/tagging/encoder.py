"""The encoder: a small transformer that reads a passage as a whole, run with numpy alone.

    pieces ─> embeddings ─> layers of (attention, feed-forward) ─> mean over the pieces ─> log odds of each lesson

A BERT-like encoder (Devlin et al. 2019) of few layers, fine-tuned on coded passages by `tools/train_encoder.py`. Its
weights are stored in eight bits, a scale a column (a row of the embeddings), and no text is stored with them. Passages
of equal length attend together, so that nothing is padded.

Passages go through the layers together, and what stands beside a passage changes the last bits of its sums. So scores
are rounded, and where the rounding hangs on such bits the passage is read alone: scores are its own, and may be kept.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain, groupby
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from chna_toolkit.errors import UsageError
from chna_toolkit.tagging.pieces import Vocabulary

Matrix = NDArray[np.float32]

FORMAT = 1  # of the file
FILE = "encoder.npz"
MOST_PIECES = 96  # of a text that are read, start and end among them

_EPSILON = np.float32(1e-12)
_AT_ONCE = 1024  # pieces that go through the layers together: bounds memory
_STEPS = 10  # that one is divided into, by rounding
_REMEMBERED = 20_000  # texts whose scores are kept for other documents
_UNSURE = 1e-4  # what others in a batch may change in log odds, some ten times what was ever seen


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights in eight bits (inputs by outputs), the scale of each output, and biases."""

    weights: NDArray[np.int8]
    scales: Matrix
    bias: Matrix

    def __call__(self, state: Matrix) -> Matrix:
        """Return the outputs, a row a row of `state`."""
        # Made anew for each chunk, which costs a thirtieth of the product and saves three quarters of the memory.
        out: Matrix = state @ self.weights.astype(np.float32)
        out *= self.scales
        out += self.bias
        return out


@dataclass(frozen=True, slots=True)
class Norm:
    """Layer normalisation (Ba et al. 2016)."""

    weights: Matrix
    bias: Matrix

    def __call__(self, state: Matrix) -> Matrix:
        """Bring each row to mean 0 and variance 1, weighted; changes and returns `state`."""
        state -= np.add.reduce(state, axis=-1, keepdims=True) / np.float32(state.shape[1])
        state /= np.sqrt(np.einsum("ij,ij->i", state, state)[:, None] / np.float32(state.shape[1]) + _EPSILON)
        state *= self.weights
        state += self.bias
        return state


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the encoder."""

    attend: Linear  # queries, keys and values side by side
    leave: Linear
    norm: Norm
    widen: Linear
    narrow: Linear
    last_norm: Norm


_Runs = list[tuple[int, int]]  # how many texts, and of how many pieces each, one after the other


@dataclass(frozen=True, slots=True)
class SentenceEncoder:
    """A trained encoder at work."""

    vocabulary: Vocabulary
    words: NDArray[np.int8]  # embeddings, a row a piece
    scales: Matrix  # of the rows
    places: Matrix  # embeddings of the first, second, … piece
    norm: Norm
    layers: tuple[Layer, ...]
    head: tuple[Matrix, Matrix]
    heads: int  # of attention
    lessons: tuple[tuple[str, str], ...]  # id and slug, by column
    facts: Mapping[str, Any]  # about the training, for people
    hash: str  # of the file

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the lessons' log odds in tenths: a row a text, a column a lesson."""
        return self.readings(texts)[:, : len(self.lessons)]

    def readings(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return all that it gives for texts, in tenths: a row a text, which does not depend on the other texts.

        A column a lesson has its log odds; if it learned them, a column an assertion, in the order of `Assertion`,
        follows with the assertion's score (logits of a softmax) in what the text bears of any lesson.
        """
        cut, steps = self._exact(texts)
        steps *= _STEPS
        for place in np.flatnonzero((np.abs(steps - np.floor(steps) - 0.5) < _UNSURE * _STEPS).any(axis=1)).tolist():
            steps[place] = self._read([cut[place]]) * _STEPS
        return np.asarray(steps.round() / _STEPS, dtype=np.float64)

    def exact_scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the lessons' log odds as they come out, whose last bits depend on what else is read."""
        return self._exact(texts)[1][:, : len(self.lessons)]

    def _exact(self, texts: Sequence[str]) -> tuple[list[list[int]], NDArray[np.float64]]:
        cut = [self.vocabulary.numbers(text, MOST_PIECES) for text in texts]
        found = np.zeros((len(texts), len(self.head[1])))
        chunk: list[int] = []
        pieces = 0
        for place in sorted(range(len(cut)), key=lambda place: len(cut[place])):
            if pieces + len(cut[place]) > _AT_ONCE and chunk:
                found[chunk] = self._read([cut[one] for one in chunk])
                chunk, pieces = [], 0
            chunk.append(place)
            pieces += len(cut[place])
        if chunk:
            found[chunk] = self._read([cut[one] for one in chunk])
        return cut, found

    def _read(self, texts: list[list[int]]) -> Matrix:
        """Return what it gives for texts in order of their length."""
        runs = [(len(list(same)), length) for length, same in groupby(map(len, texts))]
        numbers = np.fromiter(chain.from_iterable(texts), np.int64)
        places = np.concatenate([np.arange(len(text)) for text in texts])
        state: Matrix = self.words[numbers].astype(np.float32) * self.scales[numbers][:, None]
        state = self.norm(state + self.places[places])
        for layer in self.layers:
            state = layer.norm(state + layer.leave(self._attended(layer.attend(state), runs)))
            state = layer.last_norm(state + layer.narrow(_gelu(layer.widen(state))))
        starts = np.cumsum([0, *map(len, texts[:-1])])
        lengths = np.array(list(map(len, texts)), dtype=np.float32)
        means = np.add.reduceat(state, starts, axis=0) / lengths[:, None]
        out: Matrix = (means @ self.head[0] + self.head[1]).astype(np.float32)
        return out

    def _attended(self, projected: Matrix, runs: _Runs) -> Matrix:
        """Mix the values of each text's pieces by how well queries and keys meet (scaled dot products)."""
        mixed = np.empty((len(projected), projected.shape[1] // 3), dtype=np.float32)
        start = 0
        for count, length in runs:
            end = start + count * length
            split = projected[start:end].reshape(count, length, 3, self.heads, -1).transpose(2, 0, 3, 1, 4)
            queries, keys, values = split
            match = queries @ keys.transpose(0, 1, 3, 2) * np.float32(queries.shape[-1] ** -0.5)
            match = np.exp(match - match.max(axis=-1, keepdims=True))
            match /= match.sum(axis=-1, keepdims=True)
            mixed[start:end] = (match @ values).transpose(0, 2, 1, 3).reshape(count * length, -1)
            start = end
        return mixed


class KeptScores:
    """What an encoder gave for the texts of a document, so that it need not read them again."""

    def __init__(self, earlier: Mapping[str, Sequence[int]] | None = None) -> None:
        """`earlier` is what `used` was after an earlier reading with the same encoder."""
        self.earlier = dict(earlier or {})
        self.used: dict[str, Sequence[int]] = {}  # tenths by the hash of a text

    def readings(
        self, encoder: SentenceEncoder, texts: Sequence[str], lately: dict[str, Sequence[int]] | None = None
    ) -> NDArray[np.float64]:
        """Return what the encoder gives for the texts, or gave before.

        `lately` has what it gave for other documents, which share passages, and gets what it gives now.
        """
        lately = {} if lately is None else lately
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
        known = {key: scores for key in keys if (scores := self._known(key) or lately.get(key))}
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if new:
            rows = (encoder.readings(list(new.values())) * _STEPS).round().astype(int).tolist()
            known |= zip(new, rows, strict=True)
        if len(lately) > _REMEMBERED:
            lately.clear()
        lately |= known
        self.used |= known
        return np.array([known[key] for key in keys], dtype=np.float64) / _STEPS

    def _known(self, key: str) -> Sequence[int] | None:
        return self.used.get(key) or self.earlier.get(key)


def _gelu(state: Matrix) -> Matrix:
    """The Gaussian error linear unit by its usual approximation (Hendrycks and Gimpel 2016, section 2)."""
    inner = state * state
    inner *= np.float32(0.044715)
    inner += np.float32(1.0)
    inner *= state
    inner *= np.float32(0.7978845608)  # the square root of 2 / pi
    np.tanh(inner, out=inner)
    inner += np.float32(1.0)
    inner *= state
    inner *= np.float32(0.5)
    return inner


# -- the file


def in_eight_bits(matrix: Matrix) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Return a matrix as whole numbers from -127 to 127 and the scale of each column."""
    scales = (np.abs(matrix).max(axis=0) / 127.0 + 1e-12).astype(np.float16)
    scales = np.maximum(scales, np.finfo(np.float16).tiny)
    return np.rint(matrix / scales.astype(np.float32)).clip(-127, 127).astype(np.int8), scales


def save_encoder(
    file: Path,
    pieces: Sequence[str],
    weights: Mapping[str, Matrix],
    lessons: Sequence[tuple[str, str]],
    heads: int,
    facts: Mapping[str, Any],
) -> None:
    """Write an encoder. `weights` has them by the names that `load_encoder` reads, in 32 bits."""
    stored: dict[str, Any] = {"pieces": np.frombuffer("\n".join(pieces).encode(), dtype=np.uint8)}
    for name, matrix in weights.items():
        if name == "words":
            numbers, stored["words.scale"] = in_eight_bits(matrix.T)
            stored[name] = np.ascontiguousarray(numbers.T)
        elif matrix.ndim == 2 and name != "head.weight":
            stored[name], stored[f"{name}.scale"] = in_eight_bits(matrix)
        else:
            stored[name] = matrix.astype(np.float32)
    meta = {"format": FORMAT, "heads": heads, "lessons": [list(one) for one in lessons], "facts": dict(facts)}
    stored["meta"] = np.frombuffer(json.dumps(meta, sort_keys=True).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **stored)  # eight bits leave little to compress, and every start would pay for it
    file.write_bytes(buffer.getvalue())


def load_encoder(file: Path | None = None) -> SentenceEncoder:
    """Read an encoder, by default the one that comes with the package. Raises `UsageError`."""
    place: Traversable | Path = file or files("chna_toolkit") / "tagging" / "model" / FILE
    try:
        data = place.read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        meta = json.loads(arrays["meta"].tobytes())
        if meta["format"] != FORMAT:
            raise ValueError(f"format {meta['format']}, not {FORMAT}")
        count = sum(name.endswith("attend.bias") for name in arrays)
        return SentenceEncoder(
            vocabulary=Vocabulary(arrays["pieces"].tobytes().decode().split("\n")),
            words=arrays["words"],
            scales=arrays["words.scale"].astype(np.float32),
            places=arrays["places"].astype(np.float32) * arrays["places.scale"].astype(np.float32),
            norm=_norm(arrays, "norm"),
            layers=tuple(_layer(arrays, number) for number in range(count)),
            head=(arrays["head.weight"], arrays["head.bias"]),
            heads=meta["heads"],
            lessons=tuple((one, slug) for one, slug in meta["lessons"]),
            facts=meta["facts"],
            hash=hashlib.sha256(data).hexdigest(),
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise UsageError(f"{place}: no encoder: {error}", "Make one with tools/train_encoder.py.") from error


def _layer(arrays: Mapping[str, Any], number: int) -> Layer:
    def linear(name: str) -> Linear:
        weights, scales = arrays[f"{number}.{name}.weight"], arrays[f"{number}.{name}.weight.scale"]
        return Linear(weights, scales.astype(np.float32), arrays[f"{number}.{name}.bias"])

    def norm(name: str) -> Norm:
        return _norm(arrays, f"{number}.{name}")

    return Layer(linear("attend"), linear("leave"), norm("norm"), linear("widen"), linear("narrow"), norm("last_norm"))


def _norm(arrays: Mapping[str, Any], name: str) -> Norm:
    return Norm(arrays[f"{name}.weight"], arrays[f"{name}.bias"])
