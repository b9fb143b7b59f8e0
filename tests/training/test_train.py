"""`chna train`: from coded text to a model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation import split_of
from chna_toolkit.lexicon import Lexicon, load_lexicon
from chna_toolkit.tagging import Tagger
from chna_toolkit.tagging.learned import load_model
from chna_toolkit.training import read_material, rejoined, train

pytest.importorskip("sklearn", reason="training needs scikit-learn: pip install chna-toolkit[train]")

LESSON = """
number = 1
id = "L01"
slug = "pacts"
title = "T"
brief = "B"
definition = "D"
code_when = "C"
do_not_code_when = "N"
recommendation = "R"
[[rules]]
id = "L01.pact"
phrases = ["accord"]
[[examples]]
text = "[[Accord]] with neighbors."
expect = "match"
[[examples]]
text = "A car by that name."
expect = "no_match"
"""


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    folder = tmp_path_factory.mktemp("lexicon")
    (folder / "lexicon.toml").write_text('name = "test"\nversion = "1"\n')
    (folder / "cues.toml").write_text("")
    (folder / "classes.toml").write_text("[classes]\n")
    (folder / "L01.toml").write_text(LESSON)
    return load_lexicon(folder)


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half of the texts bear the lesson; what tells them is a word that no rule knows."""
    path = tmp_path_factory.mktemp("gold") / "gold.jsonl"
    rows = [
        {"id": f"u{n}", "text": f"The {'oath' if n % 2 else 'song'} of group {'abcdefg'[n % 7]}.", "labels": {}}
        for n in range(60)
    ]
    for row in rows[1::2]:
        row["labels"] = {"1": "practice"}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_model_learns_what_the_rules_miss(lexicon: Lexicon, gold: Path, tmp_path: Path):
    train(lexicon, read_material([gold], lexicon)[0]).model.save(tmp_path)
    tagger = Tagger(lexicon, method="hybrid", model=tmp_path)
    assert tagger.label("The oath of all.")["1"].rules == ("L01.learned",)
    assert tagger.label("The song of all.") == {}


class Reads:
    """Stands for an encoder: sure of what has a word, sure against the rest."""

    def __init__(self, word: str) -> None:
        self.word, self.hash = word, f"reads {word}"

    def scores(self, texts: list[str]) -> np.ndarray:
        return np.array([[3.0 if self.word in text else -3.0] for text in texts])


def test_an_encoder_weighs_as_much_as_it_is_right(lexicon: Lexicon, gold: Path, tmp_path: Path):
    material, facts = read_material([gold], lexicon)
    found = {word: train(lexicon, material, facts, (Reads("final"), Reads(word))).model for word in ("oath", "group")}
    right, idle = found["oath"].rereading, found["group"].rereading
    assert right
    assert idle
    assert right.encoder == "reads final"
    assert right.read + right.floored_read > idle.read + idle.floored_read + 0.1
    found["oath"].save(tmp_path)
    assert load_model(tmp_path).rereading == right
    nothing = [one for one in material if one.unit is None or split_of(one.unit.id) != "check"]
    with pytest.raises(UsageError, match="no gold in the part 'check'"):
        train(lexicon, nothing, facts, (Reads("final"), Reads("oath")))


def test_an_encoder_that_went_on_weighs_as_the_one_before(lexicon: Lexicon, gold: Path):
    material, facts = read_material([gold], lexicon)
    before = train(lexicon, material, facts, (Reads("first"), Reads("oath"))).model
    now = train(lexicon, material, facts).model
    joined = rejoined(now, Reads("went on"), before)
    assert before.rereading
    assert joined.rereading == replace(before.rereading, encoder="reads went on")
    with pytest.raises(UsageError, match="joined with no encoder"):
        rejoined(now, Reads("went on"), now)


def test_the_same_gold_gives_the_same_bytes(lexicon: Lexicon, gold: Path, tmp_path: Path):
    for name in ("one", "two"):
        train(lexicon, *read_material([gold], lexicon)).model.save(tmp_path / name)
    for file in ("model.npz", "model.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_part_that_is_left_out_teaches_nothing(lexicon: Lexicon, gold: Path):
    material, facts = read_material([gold], lexicon, ["held"])
    held = [f"u{n}" for n in range(60) if split_of(f"u{n}") == "held"]
    assert held
    assert not {one.group for one in material} & set(held)
    assert facts["without"] == ["held"]
    with pytest.raises(UsageError, match="no part 'test'"):
        read_material([gold], lexicon, ["test"])


def test_text_and_rules_are_joined_only_on_gold_that_no_rule_was_written_with(lexicon: Lexicon, gold: Path):
    material, _ = read_material([gold], lexicon)
    joins = {one.group for one in material if one.joins}
    assert joins == {f"u{n}" for n in range(60) if split_of(f"u{n}") != "read"}, "no example of the lexicon is there"
    with pytest.raises(UsageError, match="outside the part 'read'"):
        train(lexicon, [one for one in material if not one.joins])


def test_of_a_counter_example_only_its_own_lesson_is_known(lexicon: Lexicon, gold: Path):
    match, no_match = read_material([gold], lexicon)[0][-2:]
    assert (match.text, match.labels, match.known) == ("Accord with neighbors.", {"1"}, None)
    assert (no_match.labels, no_match.known) == (frozenset(), {"1"})


ASSERTED = {"stands": "practice", "beckons": "plan", "tempts": "call", "crumbles": "lack"}


@pytest.fixture(scope="module")
def asserted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What tells how the lesson is asserted are words that no cue knows."""
    path = tmp_path_factory.mktemp("asserted") / "gold.jsonl"
    rows = []
    for n in range(80):
        word = list(ASSERTED)[n % 4]
        name = "abcdefghijklmnopqrst"[n // 4]
        rows.append({"id": f"u{n}", "text": f"The accord {word} in {name}.", "labels": {"1": ASSERTED[word]}})
        rows.append({"id": f"x{n}", "text": f"The song {word} in {name}.", "labels": {}})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_model_learns_how_a_lesson_is_asserted(lexicon: Lexicon, asserted: Path, tmp_path: Path):
    training = train(lexicon, read_material([asserted], lexicon)[0])
    training.model.save(tmp_path)
    tagger = Tagger(lexicon, method="hybrid", model=tmp_path)
    for word, assertion in ASSERTED.items():
        label = tagger.label(f"An accord {word}.")["1"]
        assert label.assertion == assertion
    assert "assertions, written texts, out of fold" in dict(training.out_of_fold())
    assert training.assertions
    assert (training.assertions.out_of_fold == training.assertions.gold).all()
    assert not (training.assertions.by_rules == training.assertions.gold).all(), "no cue knows these words"


def test_without_all_four_assertions_the_cues_decide(lexicon: Lexicon, gold: Path):
    assert train(lexicon, read_material([gold], lexicon)[0]).model.assertions is None


def test_a_label_that_leaves_the_assertion_open_teaches_none(lexicon: Lexicon, asserted: Path, tmp_path: Path):
    rows = [json.loads(line) for line in asserted.read_text().splitlines()]
    for row in rows:
        if row["labels"] and row["id"].endswith("1"):
            row["labels"] = {"1": "yes"}
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    training = train(lexicon, read_material([path], lexicon)[0])
    assert training.assertions
    assert len(training.assertions.gold) == sum(row["labels"] not in ({}, {"1": "yes"}) for row in rows)
