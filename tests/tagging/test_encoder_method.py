"""The shipped encoder and what the tagger makes of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from chna_toolkit.evaluation import GoldUnit, evaluate, load_gold, split_of
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.model import Assertion
from chna_toolkit.tagging import Tagger
from chna_toolkit.tagging.encoder import FILE, SentenceEncoder, load_encoder
from chna_toolkit.tagging.learned import Learned, load_model
from chna_toolkit.tagging.tagger import OTHER_ENCODER

GOLD = Path(__file__).parents[1] / "gold"


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return load_encoder()


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger(load_lexicon())


def held(name: str) -> list[GoldUnit]:
    """Some passages that the encoder has not seen."""
    units = [unit for unit in load_gold(GOLD / name) if split_of(unit.id) == "held"]
    return units[:: -(-len(units) // 300)]


def said(encoder: SentenceEncoder, units: list[GoldUnit]) -> Iterator[set[str]]:
    """Lesson numbers by the encoder alone."""
    for row in encoder.scores([unit.text for unit in units]):
        yield {str(place + 1) for place in np.flatnonzero(row > 0.0).tolist()}


@pytest.mark.parametrize(
    ("name", "least"),
    [("own.jsonl", 0.80), ("written.jsonl", 0.66), ("documents.jsonl", 0.64), ("reports.jsonl", 0.72)],
)
def test_alone_it_reads_what_it_never_saw(encoder: SentenceEncoder, name: str, least: float):
    right = false = missed = 0
    units = held(name)
    for unit, given in zip(units, said(encoder, units), strict=True):
        right += len(given & unit.labels.keys())
        false += len(given - unit.labels.keys() - unit.maybe)
        missed += len(unit.labels.keys() - given)
    assert 2 * right / (2 * right + false + missed) >= least


def test_it_was_made_without_the_part_that_figures_are_told_of(encoder: SentenceEncoder):
    assert encoder.facts["without"] == ["held"]
    model = load_model()
    assert model.is_joined_with(encoder)
    assert not model.is_joined_with(replace(encoder, hash="another"))
    assert encoder.lessons == model.lessons


def test_it_finds_in_other_words_what_rules_do_not(tagger: Tagger):
    units = held("written.jsonl")
    texts = [(unit.text, unit.prev) for unit in units]
    lessons = [str(lesson.number) for lesson in tagger.lexicon.lessons]
    rules = Tagger(tagger.lexicon, method="rules")
    by_rules, by_all = (evaluate(units, one.labels(texts), lessons).overall for one in (rules, tagger))
    assert by_all.recall >= by_rules.recall + 0.15
    assert by_all.precision >= by_rules.precision + 0.15
    added = [rule for label in tagger.labels(texts) for one in label.values() for rule in one.rules]
    assert any(rule.endswith(".encoder") for rule in added)
    assert not any(rule.endswith(".learned") for rule in added)


def test_labels_do_not_hang_on_the_company(tagger: Tagger):
    texts = [(unit.text, unit.prev) for unit in held("own.jsonl")][:60]
    together = list(tagger.labels(texts))
    assert list(tagger.labels(texts, batch=7)) == together
    assert list(tagger.labels(reversed(texts))) == together[::-1]


def test_two_that_find_a_lesson_outvote_an_encoder_in_doubt_but_not_one_that_rejects_it():
    before, after = np.array([[0.9, 0.9, 0.1]]), np.array([[0.5, 0.1, 0.7]])
    assert Learned.doubting(before, after).tolist() == [[0.9, 0.1, 0.7]]


def test_a_model_that_was_not_joined_with_it_works_without(tmp_path: Path):
    model = load_model()
    replace(model, rereading=None).save(tmp_path)
    tagger = Tagger(load_lexicon(), model=tmp_path)
    assert (tagger.method, tagger.warnings) == ("hybrid", (OTHER_ENCODER,))


def test_a_model_reads_with_the_encoder_beside_it(tmp_path: Path):
    shipped = files("chna_toolkit") / "tagging" / "model" / FILE
    (tmp_path / FILE).write_bytes(shipped.read_bytes() + b"\0")  # the same, under another hash
    model = load_model()
    assert model.rereading
    replace(model, rereading=replace(model.rereading, encoder=load_encoder(tmp_path / FILE).hash)).save(tmp_path)
    tagger = Tagger(load_lexicon(), model=tmp_path)
    assert (tagger.method, tagger.warnings) == ("encoder", ())


def test_what_the_text_as_a_whole_says_counts_as_much_as_its_cues():
    text = "Pharmacists from both towns would like the hospital to write down, jointly with them, who refills what."
    hybrid, encoder = (Tagger(load_lexicon(), method=method).label(text) for method in ("hybrid", "encoder"))
    assert {label.assertion for label in encoder.values()} == {Assertion.CALL}
    assert hybrid.keys() <= encoder.keys()


def test_what_needs_no_model_waits_for_no_numpy():
    asked = "import sys, chna_toolkit.tagging; print('numpy' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"
