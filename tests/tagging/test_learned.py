"""The learned layer: a tiny model, trained here by hand, over a lexicon small enough to see whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chna_toolkit.errors import UsageError
from chna_toolkit.lexicon import Lexicon, load_lexicon
from chna_toolkit.lexicon.words import cut
from chna_toolkit.model import Assertion, Document, DocumentStatus, Kind, Passage
from chna_toolkit.tagging import DEFAULT_METHOD, Tagger
from chna_toolkit.tagging.encoder import load_encoder
from chna_toolkit.tagging.learned import Combiner, Learned, Model, load_model
from chna_toolkit.tagging.tagger import OTHER_LESSONS, OTHER_LEXICON, UNLIKELY, Seen

LESSON = """
number = {number}
id = "L0{number}"
slug = "{slug}"
title = "T"
brief = "B"
definition = "D"
code_when = "C"
do_not_code_when = "N"
recommendation = "R"
"""
PACT = '[classes]\npaper = ["accord", "treaty"]\n[[rules]]\nid = "L01.pact"\nphrases = ["@paper"]\nconfidence = 0.8\n'
TEACH = '[[rules]]\nid = "L02.teach"\nphrases = ["teach"]\nconfidence = 0.8\n'
CUES = '[[cues]]\nid = "will"\nassertion = "plan"\nphrases = ["will"]\nscope = "after"\n'

# words (and pairs) with their weights for lesson 1 and 2; then classes
WORDS = {"coach": (-2.0, 9.0), "each other": (9.0, -2.0), "peace": (-30.0, 0.0), "the": (0.0, 0.0)}
CLASSES = {"@L01.paper": (4.0, 0.0)}


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    folder = tmp_path_factory.mktemp("lexicon")
    (folder / "lexicon.toml").write_text('name = "test"\nversion = "1"\n')
    (folder / "cues.toml").write_text(CUES)
    (folder / "classes.toml").write_text("[classes]\n")
    (folder / "L01.toml").write_text(LESSON.format(number=1, slug="pacts") + PACT)
    (folder / "L02.toml").write_text(LESSON.format(number=2, slug="teaching") + TEACH)
    return load_lexicon(folder)


def made(of: Lexicon, **changes: object) -> Model:
    weights = np.array([*WORDS.values(), *CLASSES.values()])
    values: dict[str, object] = {
        "words": tuple(WORDS),
        "classes": tuple(CLASSES),
        "idf": np.ones(len(weights)),
        "weights": weights,
        "intercepts": np.array([-4.0, -4.0]),
        "combiner": Combiner(text=1.0, floored_text=0.0, rules=4.0, short=0.0, intercept=0.0, offsets=(0.0, 0.0)),
        "keep": 0.3,
        "add": 0.5,
        "lessons": (("L01", "pacts"), ("L02", "teaching")),
        "lexicon": of.hash,
        "facts": {},
    }
    return Model(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tagger(lexicon: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    folder = tmp_path_factory.mktemp("model")
    made(lexicon).save(folder)
    return Tagger(lexicon, method="hybrid", model=folder)


def learned(tagger: Tagger, text: str) -> tuple[Learned, Seen]:
    assert tagger._learned is not None
    return tagger._learned, next(tagger.see([(text, "")]))


def test_what_a_rule_and_the_text_both_say_counts(tagger: Tagger):
    label = tagger.label("They signed an accord.")["1"]
    assert label.rules == ("L01.pact",)
    assert label.confidence > 0.9


def test_what_no_rule_finds_is_added_under_a_name_of_its_own(tagger: Tagger):
    label = tagger.label("They will coach neighbors.")["2"]
    assert label.rules == ("L02.learned",)
    assert label.assertion is Assertion.PLAN, "the same cues decide its assertion"
    assert label.spans == ((10, 15),)


def document_of(text: str) -> Document:
    passage = Passage(0, 1, "1", Kind.PARAGRAPH, text, 0, len(text), (0.0, 0.0, 1.0, 1.0))
    return Document("0" * 64, DocumentStatus.OK, "", "", (), (passage,))


def test_a_mention_is_as_sure_as_its_text_bears_it_out(lexicon: Lexicon, tagger: Tagger):
    text = "They signed an accord."
    (by_rule,) = Tagger(lexicon, method="rules").tag(document_of(text))
    (mention,) = tagger.tag(document_of(text))
    assert mention.rule == by_rule.rule
    assert mention.confidence == tagger.label(text)["1"].confidence > by_rule.confidence


def test_what_a_rule_finds_in_an_unlikely_place_is_set_aside(tagger: Tagger):
    text = "The accord brought peace."
    assert tagger.label(text) == {}
    (mention,) = tagger.tag(document_of(text))
    assert (mention.rule, mention.counted, mention.set_aside) == ("L01.pact", False, UNLIKELY)


def test_a_lesson_that_is_not_selected_is_not_found_and_changes_nothing(lexicon: Lexicon, tagger: Tagger, tmp_path):
    made(lexicon).save(tmp_path)
    one = Tagger(lexicon, ["L02"], method="hybrid", model=tmp_path)
    text = "They signed an accord to coach each other."
    assert one.label(text) == {number: label for number, label in tagger.label(text).items() if number == "2"}


def test_word_classes_weigh_whatever_the_word(tagger: Tagger):
    accord, treaty = (learned(tagger, f"a {word}") for word in ("accord", "treaty"))
    assert [c.feature for c in accord[0].explain(accord[1].words, accord[1].hits, "L01")] == ["@L01.paper"]
    both = accord[0].text_scores([(seen.words, seen.hits) for _, seen in (accord, treaty)])
    assert both[0] == pytest.approx(both[1])


def test_what_explains_a_text_adds_up_to_its_score() -> None:
    """Here several phrases bear one class, and each of them counts."""
    tagger = Tagger(load_lexicon())
    model, seen = learned(tagger, "The food bank, two churches and the school district signed an agreement with us.")
    text = [(seen.words, seen.hits)]
    rows = model._featurizer.rows(text)
    assert len(set(rows.columns.tolist())) < len(rows.columns)
    for place, lesson in enumerate(model.lessons):
        added = rows.values * model.model.weights[rows.columns, place]
        assert sum(clue.weight for clue in model.explain(*text[0], lesson)) == pytest.approx(added[added > 0].sum())
        assert model.text_scores(text)[0, place] == pytest.approx(model.model.intercepts[place] + added.sum())


WORDS_AND_MARKS = "the|coach|each|other|accord|treaty|peace|teach|will|we|not|.|;|–|3|$5|ß|\n"
TEXTS = st.lists(st.sampled_from(WORDS_AND_MARKS.split("|")), max_size=30).map(" ".join)


@given(TEXTS, st.sampled_from(["L01", "L02"]))
@settings(max_examples=60, deadline=None)
def test_what_explains_a_label_stands_in_the_text(tagger: Tagger, text: str, lesson: str):
    layer, seen = learned(tagger, text)
    clues = layer.explain(seen.words, seen.hits, lesson)
    assert [clue.weight for clue in clues] == sorted((clue.weight for clue in clues), reverse=True)
    for clue in clues:
        assert clue.weight > 0
        assert clue.spans, "a feature of a text has a place in it"
        assert all(0 <= start < end <= len(seen.words) for start, end in clue.spans)
    spans = layer.evidence(seen.words, seen.hits, lesson)
    assert all(one[1] <= other[0] for one, other in pairwise(spans)), "in order, without overlap"
    for label in tagger.label(text).values():
        assert all(0 <= start < end <= len(text) for start, end in label.spans)


@given(st.lists(TEXTS, min_size=1, max_size=8), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_labels_do_not_depend_on_what_else_is_in_the_batch(tagger: Tagger, texts: list[str], batch: int):
    pairs = [(text, "") for text in texts]
    assert list(tagger.labels(pairs, batch)) == [tagger.label(text) for text in texts]


def test_a_stream_is_labelled_as_it_comes(tagger: Tagger):
    taken = []

    def endless() -> Iterator[tuple[str, str]]:
        while True:
            taken.append(1)
            yield "They will coach neighbors.", ""

    answers = tagger.labels(endless(), batch=4)
    assert [set(next(answers)) for _ in range(6)] == [{"2"}] * 6
    assert len(taken) <= 8


def test_a_model_is_stored_as_the_same_bytes_and_read_back(lexicon: Lexicon, tmp_path: Path):
    made(lexicon).save(tmp_path / "one")
    load_model(tmp_path / "one").save(tmp_path / "two")
    for name in ("model.npz", "model.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_damaged_model_is_refused(lexicon: Lexicon, tmp_path: Path):
    made(lexicon).save(tmp_path)
    (tmp_path / "model.npz").write_bytes((tmp_path / "model.npz").read_bytes()[:-1])
    with pytest.raises(UsageError, match=r"not the file that model\.json describes"):
        load_model(tmp_path)
    with pytest.raises(UsageError, match="no model"):
        load_model(tmp_path / "nowhere")


def test_a_lexicon_with_other_lessons_is_tagged_by_its_rules_alone(lexicon: Lexicon, tmp_path: Path):
    made(lexicon, lessons=(("L01", "pacts"), ("L02", "cooking"))).save(tmp_path)
    tagger = Tagger(lexicon, method="hybrid", model=tmp_path)
    assert (tagger.method, tagger.warnings) == ("rules", (OTHER_LESSONS,))
    assert set(tagger.label("The accord brought peace.")) == {"1"}
    assert Tagger(lexicon).method == "rules", "neither does the built-in model suit it"


def test_a_changed_lexicon_works_with_a_warning(lexicon: Lexicon, tmp_path: Path):
    made(lexicon, lexicon="another", classes=("@L01.gone",)).save(tmp_path)
    tagger = Tagger(lexicon, method="hybrid", model=tmp_path)
    assert (tagger.method, tagger.warnings) == ("hybrid", (OTHER_LEXICON,))
    assert set(tagger.label("We coach neighbors.")) == {"2"}


def test_an_unknown_method_is_refused(lexicon: Lexicon):
    with pytest.raises(UsageError, match="unknown method"):
        Tagger(lexicon, method="magic")


def test_the_built_in_model_suits_the_built_in_lessons():
    model = load_model()
    assert DEFAULT_METHOD == "encoder"
    assert model.is_joined_with(load_encoder())
    assert model.fits(load_lexicon())
    assert np.isfinite(model.weights).all()


def test_no_words_bear_no_lesson(tagger: Tagger):
    assert [tagger.label(text) for text in ("", " ", "—")] == [{}, {}, {}]
    assert len(cut("")) == 0
