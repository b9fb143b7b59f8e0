"""The learned layer on assertions: a tiny model made by hand, over a lexicon small enough to see whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chna_toolkit.errors import UsageError
from chna_toolkit.lexicon import Lexicon, load_lexicon
from chna_toolkit.model import Assertion
from chna_toolkit.tagging import Tagger
from chna_toolkit.tagging.assertion_learned import CLASSES, AssertionModel, assertions_in, features
from chna_toolkit.tagging.judging import evidence_in
from chna_toolkit.tagging.learned import Combiner, Model, load_model

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
confidence = 0.8
[[rules]]
id = "L01.broken"
phrases = ["treaty"]
assertion = "lack"
confidence = 0.9
"""
CUES = """
[[cues]]
id = "will"
assertion = "plan"
phrases = ["will"]
scope = "after"
[[cues]]
id = "under"
assertion = "plan"
phrases = ["goals"]
scope = "under"
"""
OWN_CUE = '[[cues]]\nid = "own"\nassertion = "plan"\nphrases = ["one day"]\nscope = "sentence"\n'

# what a feature adds to practice, plan, call and lack
WEIGHTS = {
    "w:wish": (0.0, 0.0, 20.0, 0.0),  # a word of the text
    "c:crumble": (0.0, 0.0, 0.0, 20.0),  # a word of the evidence's clause, as printed
    "h:wishes": (0.0, 0.0, 0.0, 0.0),
    "in:will": (0.0, 8.0, 0.0, 0.0),
    "v:plan": (0.0, 4.0, 0.0, 0.0),
}


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return written(tmp_path_factory.mktemp("lexicon"), CUES)


def written(folder: Path, cues: str) -> Lexicon:
    (folder / "lexicon.toml").write_text('name = "test"\nversion = "1"\n')
    (folder / "cues.toml").write_text(cues)
    (folder / "classes.toml").write_text("[classes]\n")
    (folder / "L01.toml").write_text(LESSON)
    return load_lexicon(folder)


def saved(of: Lexicon, folder: Path) -> Path:
    weights = np.array(list(WEIGHTS.values()))
    assertions = AssertionModel(tuple(WEIGHTS), weights, np.array([1.0, 0.0, 0.0, 0.0]), ("will", "under"))
    combiner = Combiner(text=1.0, floored_text=0.0, rules=9.0, short=0.0, intercept=-4.0, offsets=(0.0,))
    nothing = np.zeros((1, 1))
    lessons = tuple((lesson.id, lesson.slug) for lesson in of.lessons)
    model = Model(("x",), (), np.ones(1), nothing, np.zeros(1), combiner, 0.3, 0.99, lessons, of.hash, {}, assertions)
    model.save(folder)
    return folder


@pytest.fixture(scope="module")
def tagger(lexicon: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    return Tagger(lexicon, model=saved(lexicon, tmp_path_factory.mktemp("model")))


@pytest.mark.parametrize(
    ("text", "assertion"),
    [
        ("An accord stands.", Assertion.PRACTICE),
        ("They will sign an accord.", Assertion.PLAN),
        ("They wished they will sign an accord.", Assertion.CALL),
        ("All accords crumble.", Assertion.LACK),
    ],
)
def test_all_that_is_known_decides_together(tagger: Tagger, text: str, assertion: Assertion):
    assert tagger.label(text)["1"].assertion is assertion


def test_words_of_another_clause_are_not_the_evidences_own(tagger: Tagger):
    assert tagger.label("Walls crumble, but the accord stands.")["1"].assertion is Assertion.PRACTICE


def test_a_mention_says_what_decided(tagger: Tagger):
    (_, (mention,), _), *_ = tagger._tag_units(_units("They wished they will sign an accord."))
    assert mention.cue.startswith("learned: wish"), "what speaks for it, against what the rules say"
    (_, (mention,), _), *_ = tagger._tag_units(_units("They will sign an accord."))
    assert mention.cue == "will", "where the rules say the same, their cue is shown"


def _units(text: str) -> object:
    from chna_toolkit.tagging.tagger import _units_of

    return _units_of([(text, "")])


def test_what_a_rule_settles_stays(tagger: Tagger):
    assert tagger.label("They wish for a treaty.")["1"].assertion is Assertion.LACK


def test_a_cue_that_the_model_never_saw_is_left_to_the_rules(tmp_path: Path):
    for name in ("lexicon", "model"):
        (tmp_path / name).mkdir()
    more = written(tmp_path / "lexicon", CUES + OWN_CUE)
    tagger = Tagger(more, model=saved(more, tmp_path / "model"))
    assert tagger.label("One day they wish for an accord.")["1"].assertion is Assertion.PLAN
    assert tagger.label("They wish for an accord.")["1"].assertion is Assertion.CALL


def test_by_rules_alone_it_is_silent(lexicon: Lexicon):
    assert Tagger(lexicon, method="rules").label("They wish for an accord.")["1"].assertion is Assertion.PRACTICE


def test_features_tell_the_evidences_clause_from_the_others(lexicon: Lexicon):
    tagger = Tagger(lexicon, method="rules")
    ((one,),) = evidence_in(tagger, [(("The mayor will go, but the accord stands.", "Goals"), ["L01"])])
    found = features(one)
    assert {"w:mayor", "w:accord", "c:accord", "out:will", "h:goal", "up:under idle"} <= found.keys()
    assert not {"c:mayor", "in:will"} & found.keys()


def test_a_lesson_without_a_mention_is_judged_by_the_whole_text(lexicon: Lexicon):
    tagger = Tagger(lexicon, method="rules")
    ((one,),) = evidence_in(tagger, [(("They will meet and talk.", ""), ["L01"])])
    assert one.places == ()
    assert one.given == (Assertion.PLAN,), "what most words are asserted as"
    assert "in:will" in features(one)


def test_an_empty_text_has_features(lexicon: Lexicon):
    tagger = Tagger(lexicon, method="rules")
    ((one,),) = evidence_in(tagger, [(("Goals", ""), ["L01"])])
    assert features(one)


def test_a_model_comes_back_as_it_was_saved(lexicon: Lexicon, tmp_path: Path):
    model = load_model(saved(lexicon, tmp_path))
    assert model.assertions
    assert model.assertions.names == tuple(WEIGHTS)
    assert model.assertions.cues == ("will", "under")
    assert model.assertions.weights.tolist() == [list(row) for row in WEIGHTS.values()]
    assert replace(model, assertions=None).fits(lexicon)


def test_arrays_that_do_not_fit_are_refused(lexicon: Lexicon, tmp_path: Path):
    model = load_model(saved(lexicon, tmp_path))
    assert model.assertions
    broken = replace(model, assertions=replace(model.assertions, names=("w:wish",)))
    with pytest.raises(ValueError, match="do not fit"):
        assertions_in(broken.assertions.arrays() if broken.assertions else {})
    broken.save(tmp_path)
    with pytest.raises(UsageError, match="no model"):
        load_model(tmp_path)


def test_the_built_in_model_knows_the_cues_of_the_built_in_lexicon():
    model = load_model()
    assert model.assertions
    assert set(model.assertions.cues) == {cue.id for cue in load_lexicon().cues}
    assert model.assertions.weights.shape[1] == len(CLASSES)


@pytest.mark.parametrize(
    ("text", "assertion"),
    [
        ("The hospital and the food bank signed a memorandum of understanding in 2021.", "practice"),
        ("By June the hospital will sign a memorandum of understanding with the food bank.", "plan"),
        ("Pantry leaders urged the hospital to sign a memorandum of understanding with them.", "call"),
        ("No memorandum of understanding with the food bank exists.", "lack"),
    ],
)
def test_the_built_in_model_on_plain_statements(built_in: Tagger, text: str, assertion: str):
    assert built_in.label(text)["10"].assertion == assertion


@pytest.fixture(scope="module")
def built_in() -> Tagger:
    return Tagger(load_lexicon())
