"""The rule engine, on a lexicon small enough to see whole."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.lexicon.words import cut
from chna_toolkit.model import Assertion
from chna_toolkit.tagging import Label, Tagger
from chna_toolkit.tagging.index import PhraseIndex
from chna_toolkit.tagging.rules import RuleBook, ready_rule

OWN = Path(__file__).parents[1] / "gold" / "own.jsonl"

HEAD = """
number = {number}
id = "L0{number}"
slug = "s{number}"
title = "T"
brief = "B"
definition = "D"
code_when = "C"
do_not_code_when = "N"
recommendation = "R"
"""
CUES = """
[[cues]]
id = "will"
assertion = "plan"
phrases = ["will"]
scope = "after"
[[cues]]
id = "no"
assertion = "lack"
phrases = ["no", "not"]
scope = "after"
strength = 2
reach = 5
[[cues]]
id = "not-only"
phrases = ["not only"]
[[cues]]
id = "should"
assertion = "call"
phrases = ["should"]
scope = "clause"
strength = 3
[[cues]]
id = "bare"
assertion = "plan"
phrases = ["=train"]
scope = "start"
strength = 0
"""


class Bench:
    """Builds a tagger from rules written in a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "lexicon.toml").write_text('name = "test"\nversion = "1"\n')
        (folder / "cues.toml").write_text(CUES)
        (folder / "classes.toml").write_text('[classes]\npartner = ["partner", "food bank"]\n')

    def labels(self, rules: str, text: str, prev: str = "") -> dict[str, Label]:
        (self.folder / "L01.toml").write_text(HEAD.format(number=1) + rules)
        return Tagger(load_lexicon(self.folder)).label(text, prev)

    def matches(self, rules: str, text: str, prev: str = "") -> bool:
        return "1" in self.labels(rules, text, prev)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


MOU = '[[rules]]\nid = "L01.mou"\nphrases = ["memorandum of understanding"]\n'
TRAIN = '[[rules]]\nid = "L01.train"\nparts = ["train", "@partner"]\nwithin = 3\n'


@pytest.mark.parametrize(
    "text",
    [
        "A memorandum of understanding exists.",
        "MEMORANDUM OF UNDERSTANDING",
        "Memoranda of under\u00adstanding".replace("\u00ad", ""),
        "a memorandum\nof understanding",
        "a “memorandum of understanding”",
        "a memorandum-of-understanding",
    ],
)
def test_a_phrase_survives_its_dress(bench: Bench, text: str) -> None:
    assert bench.matches(MOU, text)


def test_a_phrase_does_not_run_over_punctuation(bench: Bench) -> None:
    assert not bench.matches(MOU, "We sent a memorandum. Of understanding there was little.")


def test_parts_stand_in_order_and_within_reach(bench: Bench) -> None:
    assert bench.matches(TRAIN, "We trained the two food banks.")
    assert not bench.matches(TRAIN, "Partners asked us to train.")
    assert not bench.matches(TRAIN, "We trained nurses and aides in the big hospital for partners.")
    assert bench.matches(TRAIN + 'order = "any"\n', "Partners are trained.")


def test_parts_stand_in_one_sentence(bench: Bench) -> None:
    assert not bench.matches(TRAIN, "They were trained. Partners left.")


def test_parts_do_not_share_words(bench: Bench) -> None:
    rules = '[[rules]]\nid = "L01.a"\nparts = ["@partner", "@partner"]\norder = "any"\n'
    assert not bench.matches(rules, "One partner left.")
    assert bench.matches(rules, "One partner left, a food bank joined.")


def test_the_spans_are_the_parts(bench: Bench) -> None:
    text = "We trained the two food banks."
    label = bench.labels(TRAIN, text)["1"]
    assert [text[start:end] for start, end in label.spans] == ["trained", "food banks"]
    assert label.rules == ("L01.train",)


def test_companions_and_forbidden_words(bench: Bench) -> None:
    needs = MOU + 'needs = [["@partner"]]\n'
    assert bench.matches(needs, "A memorandum of understanding with the partners.")
    assert not bench.matches(needs, "A memorandum of understanding.")
    assert not bench.matches(MOU + 'unless = ["payer"]\n', "A payer's memorandum of understanding.")
    assert not bench.matches(MOU + 'not_before = ["former"]\n', "The former memorandum of understanding.")
    assert not bench.matches(MOU + 'not_after = ["template"]\n', "A memorandum of understanding template.")


def test_a_match_at_the_start_only(bench: Bench) -> None:
    assert bench.matches(TRAIN + "starts = true\n", "Train partners.")
    assert not bench.matches(TRAIN + "starts = true\n", "We train partners.")


def test_an_exact_form(bench: Bench) -> None:
    rules = '[[rules]]\nid = "L01.a"\nphrases = ["=trained"]\n'
    assert bench.matches(rules, "They Trained us")
    assert not bench.matches(rules, "They train us")


def test_the_lead_in_is_context(bench: Bench) -> None:
    rules = '[[rules]]\nid = "L01.a"\nphrases = ["food bank"]\nunder = ["lead agency"]\n'
    assert bench.matches(rules, "County food bank", "Lead agency:")
    assert not bench.matches(rules, "County food bank", "The lead agency met us in May.")


def test_an_exclusion_sets_aside_what_it_overlaps(bench: Bench) -> None:
    rules = TRAIN + '[[exclusions]]\nid = "L01.x.dog"\nphrases = ["trained dog"]\n'
    assert not bench.matches(rules, "The trained dogs met partners.")
    assert bench.matches(rules, "The trained dogs met; we trained partners.")


def test_a_weak_rule_counts_only_beside_another(bench: Bench) -> None:
    weak = '[[rules]]\nid = "L01.{0}"\nphrases = ["{0}"]\nconfidence = 0.3\n'
    rules = weak.format("bread") + weak.format("butter") + weak.format("salt")
    assert not bench.matches(rules, "bread alone")
    label = bench.labels(rules, "bread, butter, salt")["1"]
    assert label.confidence == pytest.approx(1 - 0.7**3, abs=0.001)


@pytest.mark.parametrize(
    ("text", "assertion"),
    [
        ("We trained partners.", Assertion.PRACTICE),
        ("We will train partners.", Assertion.PLAN),
        ("Train partners", Assertion.PLAN),
        ("The hospital should train partners.", Assertion.CALL),
        ("We did not train partners.", Assertion.LACK),
        ("Not only did we train partners, we paid them.", Assertion.PRACTICE),
        ("Clinics will open; we trained partners.", Assertion.PRACTICE),
        ("While no bus runs, we trained partners.", Assertion.PRACTICE),
        ("While no bus runs, we will train partners.", Assertion.PLAN),
    ],
)
def test_the_assertion_follows_the_cues_in_scope(bench: Bench, text: str, assertion: Assertion) -> None:
    assert bench.labels(TRAIN, text)["1"].assertion is assertion


def test_a_rule_may_settle_its_assertion(bench: Bench) -> None:
    assert bench.labels(MOU + 'assertion = "lack"\n', "A memorandum of understanding")["1"].assertion is Assertion.LACK


def test_a_rule_may_yield_to_another_lesson(bench: Bench) -> None:
    (bench.folder / "L02.toml").write_text(HEAD.format(number=2) + MOU.replace("L01", "L02"))
    labels = bench.labels(TRAIN + 'yields_to = ["L02"]\n', "We train partners by memorandum of understanding.")
    assert set(labels) == {"2"}


@pytest.mark.parametrize(("confidence", "stays"), [(0.9, "2"), (0.5, "1")])
def test_of_two_that_yield_to_each_other_the_stronger_stays(bench: Bench, confidence: float, stays: str) -> None:
    other = MOU.replace("L01", "L02") + f'yields_to = ["L01"]\nconfidence = {confidence}\n'
    (bench.folder / "L02.toml").write_text(HEAD.format(number=2) + other)
    labels = bench.labels(TRAIN + 'yields_to = ["L02"]\n', "We train partners by memorandum of understanding.")
    assert set(labels) == {stays}


def test_labels_come_in_order_whatever_the_batch(bench: Bench) -> None:
    (bench.folder / "L01.toml").write_text(HEAD.format(number=1) + TRAIN)
    tagger = Tagger(load_lexicon(bench.folder))
    texts = [("We train partners.", ""), ("", ""), ("Nothing here.", ""), ("TRAIN FOOD BANKS", "")] * 5
    whole = list(tagger.labels(texts))
    assert whole == [label for size in (1,) for label in tagger.labels(texts, batch=size)]
    assert [bool(labels) for labels in whole] == [True, False, False, True] * 5


@pytest.mark.parametrize("seed", range(3))
def test_the_rules_to_try_are_those_with_words_for_every_slot_whatever_was_read_before(seed: int) -> None:
    lexicon = load_lexicon()
    index = PhraseIndex(lexicon.speller)
    book = RuleBook(lexicon, frozenset(lesson.id for lesson in lexicon.lessons), index)
    rules = [ready_rule(rule, index) for lesson in lexicon.lessons for rule in lesson.rules if rule.parts]
    index.freeze()
    texts = [json.loads(line)["text"] for line in OWN.read_text(encoding="utf-8").splitlines()]
    found = 0
    for text in random.Random(seed).sample(texts, 60):
        hits = index.find(cut(text))
        wanted = [
            one.rule.id
            for one in rules
            if all(map(hits.has, (*one.pattern.parts, *one.needs))) and not hits.has(one.unless)
        ]
        assert [one.rule.id for one in book.rules(hits)] == wanted
        found += len(wanted)
    assert found
