"""The encoder reads text as its architecture says, whatever the company, and its file is checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chna_toolkit.errors import UsageError
from chna_toolkit.model import Assertion
from chna_toolkit.tagging.encoder import (
    MOST_PIECES,
    KeptScores,
    Layer,
    Linear,
    Norm,
    SentenceEncoder,
    in_eight_bits,
    load_encoder,
    save_encoder,
)
from chna_toolkit.tagging.pieces import INNER, SPECIAL, Vocabulary

WORDS = (
    *"abcdefghijklmnopqrstuvwxyz0123456789.,;()_&",
    *(INNER + one for one in "abcdefghijklmnopqrstuvwxyz0123456789"),
)
PIECES = (*SPECIAL, *WORDS, "hospital", "share", "##d", "##s", "##ing", "budget", "the")
WIDTH, HEADS, LAYERS = 8, 2, 2
LESSONS = (("L01", "one"), ("L02", "two"), ("L03", "three"))


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights by the names of the file."""
    dice = np.random.default_rng(seed)

    def made(*shape: int) -> np.ndarray:
        return dice.normal(0, 0.5, shape).astype(np.float32)

    shapes = {
        "attend": (WIDTH, 3 * WIDTH),
        "leave": (WIDTH, WIDTH),
        "widen": (WIDTH, 4 * WIDTH),
        "narrow": (4 * WIDTH, WIDTH),
    }
    found = {"words": made(len(PIECES), WIDTH), "places": made(MOST_PIECES, WIDTH), "head.weight": made(WIDTH, 7)}
    found |= {"head.bias": made(7), "norm.weight": made(WIDTH), "norm.bias": made(WIDTH)}
    for number in range(LAYERS):
        for part in Layer.__slots__:
            shape = shapes.get(part)
            found[f"{number}.{part}.weight"] = made(*shape) if shape else made(WIDTH)
            found[f"{number}.{part}.bias"] = made(shape[1] if shape else WIDTH)
    return found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("encoder") / "encoder.npz"
    save_encoder(found, PIECES, weights(), LESSONS, HEADS, {"base": "made up"})
    return found


@pytest.fixture(scope="module")
def encoder(file: Path) -> SentenceEncoder:
    return load_encoder(file)


def by_hand(encoder: SentenceEncoder, text: str) -> list[float]:
    """The same, piece by piece, as the papers write it."""

    def norm(state: np.ndarray, by: Norm) -> np.ndarray:
        return (state - state.mean()) / math.sqrt(state.var() + 1e-12) * by.weights + by.bias

    def through(state: np.ndarray, by: Linear) -> np.ndarray:
        return state @ (by.weights.astype(float) * by.scales) + by.bias

    def gelu(value: float) -> float:
        return 0.5 * value * (1 + math.erf(value / math.sqrt(2)))

    numbers = encoder.vocabulary.numbers(text, MOST_PIECES)
    words = encoder.words.astype(float) * encoder.scales[:, None]
    states = [norm(words[number] + encoder.places[place], encoder.norm) for place, number in enumerate(numbers)]
    size = WIDTH // HEADS
    for layer in encoder.layers:
        projected = [through(state, layer.attend) for state in states]
        after = []
        for mine, state in zip(projected, states, strict=True):
            mixed = []
            for head in range(HEADS):
                own = slice(head * size, (head + 1) * size)
                query = mine[:WIDTH][own]
                match = np.array([query @ other[WIDTH : 2 * WIDTH][own] for other in projected]) / math.sqrt(size)
                share = np.exp(match) / np.exp(match).sum()
                mixed.append(sum(part * other[2 * WIDTH :][own] for part, other in zip(share, projected, strict=True)))
            state = norm(state + through(np.concatenate(mixed), layer.leave), layer.norm)
            wide = np.array([gelu(value) for value in through(state, layer.widen)])
            after.append(norm(state + through(wide, layer.narrow), layer.last_norm))
        states = after
    return list((np.mean(states, axis=0) @ encoder.head[0] + encoder.head[1])[: len(LESSONS)])


@pytest.mark.parametrize("text", ["", "The hospital shared the budgets.", "sharing", "a b c d e f g h i j " * 30])
def test_a_text_is_read_as_the_architecture_says(encoder: SentenceEncoder, text: str):
    if len(text) < 100:
        assert encoder.scores([text])[0] == pytest.approx(
            by_hand(encoder, text), abs=0.07
        )  # rounded, and of an approximate GELU
    assert np.isfinite(encoder.scores([text])).all()


texts = st.lists(st.text("abc .&\n–é\x00", max_size=40), max_size=12)


@given(texts, st.randoms(use_true_random=False))
def test_company_and_order_change_nothing(encoder: SentenceEncoder, some: list[str], dice):
    together = encoder.scores(some)
    assert together.shape == (len(some), len(LESSONS))
    order = list(range(len(some)))
    dice.shuffle(order)
    assert encoder.scores([some[place] for place in order]).tolist() == together[order].tolist()
    for text, row in zip(some, together, strict=True):
        assert encoder.scores([text])[0].tolist() == row.tolist()


def test_more_texts_of_a_length_than_fit_at_once(encoder: SentenceEncoder):
    alone = encoder.scores(["the hospital"])
    assert encoder.scores(["the hospital"] * 1500).tolist() == np.repeat(alone, 1500, axis=0).tolist()


def test_what_it_gives_are_lessons_and_then_assertions(encoder: SentenceEncoder):
    read = encoder.readings(["the hospital", "a budget"])
    assert read.shape == (2, len(encoder.lessons) + len(Assertion))
    assert read[:, : len(encoder.lessons)].tolist() == encoder.scores(["the hospital", "a budget"]).tolist()


def test_what_was_read_is_not_read_again(encoder: SentenceEncoder):
    blind = replace(encoder, layers=())  # gives other scores
    texts = ["the hospital", "a budget", "the hospital"]
    kept = KeptScores()
    scores = kept.readings(encoder, texts)
    assert scores.tolist() == encoder.readings(texts).tolist() != blind.readings(texts).tolist()

    later = KeptScores(kept.used)
    assert later.readings(blind, texts[:1]).tolist() == scores[:1].tolist()
    assert later.readings(blind, ["shared", *texts]).tolist() == [
        *blind.readings(["shared"]).tolist(),
        *scores.tolist(),
    ]
    assert len(later.used) == 3  # what was not asked for is forgotten


def test_what_was_read_in_one_document_is_not_read_again_in_the_next(encoder: SentenceEncoder):
    blind = replace(encoder, layers=())  # gives other scores
    lately: dict[str, Sequence[int]] = {}
    first, second = KeptScores(), KeptScores()
    scores = first.readings(encoder, ["the hospital", "a budget"], lately)
    assert second.readings(blind, ["the hospital"], lately).tolist() == scores[:1].tolist()
    assert second.used.keys() < first.used.keys()  # each document keeps what it needs itself


def test_the_file_is_the_same_for_the_same_weights(file: Path, tmp_path: Path):
    save_encoder(tmp_path / "again.npz", PIECES, weights(), LESSONS, HEADS, {"base": "made up"})
    assert (tmp_path / "again.npz").read_bytes() == file.read_bytes()
    save_encoder(tmp_path / "other.npz", PIECES, weights(1), LESSONS, HEADS, {"base": "made up"})
    assert load_encoder(tmp_path / "other.npz").hash != load_encoder(file).hash


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no archive at all"])
def test_what_is_no_encoder_is_refused_with_a_remedy(tmp_path: Path, data: bytes):
    (tmp_path / "encoder.npz").write_bytes(data)
    with pytest.raises(UsageError, match="no encoder") as caught:
        load_encoder(tmp_path / "encoder.npz")
    assert "train_encoder" in caught.value.hint
    with pytest.raises(UsageError, match="no encoder"):
        load_encoder(tmp_path / "not-there.npz")


@given(st.lists(st.lists(st.floats(-9, 9, width=32), min_size=3, max_size=3), min_size=1, max_size=5))
def test_eight_bits_are_as_near_as_they_can_be(rows: list[list[float]]):
    matrix = np.array(rows, dtype=np.float32)
    numbers, scales = in_eight_bits(matrix)
    assert numbers.dtype == np.int8
    back = numbers * scales.astype(np.float32)
    assert (np.abs(back - matrix) <= np.abs(matrix).max(axis=0) / 200 + 1e-4).all()


# -- word pieces

vocabulary = Vocabulary(PIECES)


def pieces(text: str, most: int = 99) -> list[str]:
    return [PIECES[number] for number in vocabulary.numbers(text, most)]


def test_the_longest_pieces_are_taken_from_left_to_right():
    found = pieces("Shared, sharing HOSPITALS")
    assert " ".join(found) == "[CLS] share ##d , s ##h ##a ##r ##ing hospital ##s [SEP]"


def test_marks_and_underscores_stand_alone_and_accents_go():
    assert pieces("(café_9)&") == ["[CLS]", "(", "c", "##a", "##f", "##e", "_", "9", ")", "&", "[SEP]"]


def test_what_has_no_pieces_is_unknown():
    assert pieces("a € 漢字 " + "x" * 61) == ["[CLS]", "a", "[UNK]", "[UNK]", "[UNK]", "[SEP]"]


@given(st.text(), st.integers(2, 12))
def test_any_text_is_cut_within_the_limit(text: str, most: int):
    found = pieces(text, most)
    assert (found[0], found[-1]) == ("[CLS]", "[SEP]")
    assert len(found) <= most
    assert pieces(text, 10**6)[: most - 1][: len(found) - 1] == found[:-1]
