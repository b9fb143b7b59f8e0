"""The index finds what the phrases of a lexicon stand for, and says what a text could be used for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chna_toolkit.lexicon.phrases import Speller
from chna_toolkit.lexicon.words import COMMA, cut
from chna_toolkit.tagging.index import PhraseIndex, Span

OWN = Path(__file__).parents[1] / "gold" / "own.jsonl"
CLASSES = {"partner": ("food bank", "school district", "church"), "L01.leader": ("chief executive", "=ceo")}


def index_of(*groups: str, scope: str = "") -> tuple[PhraseIndex, list[frozenset[int]]]:
    index = PhraseIndex(Speller(CLASSES))
    added = [index.add((group,), scope) for group in groups]
    first = index.reserve(len(added))
    for bit, group in enumerate(added, first):
        index.give(group, bit)
    index.freeze()
    return index, added


@pytest.mark.parametrize(
    ("phrase", "text", "spans"),
    [
        ("agreement", "Agreements, and one agreement more.", [(0, 1), (3, 4)]),
        ("=led", "Led by residents; leads nobody.", [(0, 1)]),
        ("@partner", "The food banks and two churches.", [(1, 3), (5, 6)]),
        ("memorandum of understanding", "a memorandum of understanding", [(1, 4)]),
        ("memorandum of understanding", "a memorandum of, understanding", []),
        ("school district", "the school, district by district", []),
        ("#name", "It met with the Harbor Street Coalition today.", [(4, 7)]),
        ("food (bank|pantry)", "", []),
    ],
)
def test_a_phrase_is_found_where_it_stands(phrase: str, text: str, spans: list[Span]) -> None:
    index, (group,) = index_of(phrase)
    hits = index.find(cut(text))
    assert hits.spans(group) == spans
    assert hits.has(group) == bool(spans)
    assert bool(hits.uses) == bool(spans)


def test_what_was_met_can_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chna_toolkit.lexicon.words._REMEMBERED", 2)
    index, (long, short) = index_of("memorandum of understanding", "church")
    for text in ("a memorandum of understanding", "seven other words stand here", "memoranda of understanding"):
        assert index.find(cut(text)).has(long) == ("mem" in text)
        assert index.find(cut("the church")).spans(short) == [(1, 2)]


def test_a_class_of_a_lesson_hides_behind_its_scope() -> None:
    index, (group,) = index_of("@leader", scope="L01")
    assert index.find(cut("The CEO and the chief executive met.")).spans(group) == [(1, 2), (4, 6)]


def test_each_use_has_its_bit() -> None:
    index, _ = index_of("agreement", "partner", "food bank")
    assert index.find(cut("an agreement with the food bank")).uses == 0b101
    assert index.find(cut("a partner")).uses == 0b010


def test_who_waits_is_called_once_before_the_hits_that_have_all_it_needs() -> None:
    index = PhraseIndex(Speller(CLASSES))
    wanted = [index.add((phrase,)) for phrase in ("@partner", "memorandum of understanding")]
    first = index.reserve(1)
    calls: list[str] = []

    def call() -> None:
        calls.append("called")
        index.give(wanted[0], first)

    index.once_met(wanted, call)
    index.freeze()
    assert not index.find(cut("a memorandum of understanding")).uses
    assert not calls
    assert index.find(cut("an understanding with the church")).uses  # each was met, if not in one text
    assert index.find(cut("the food bank")).uses  # a phrase met for the first time after the bit was given
    assert len(calls) == 1


WORDS = ("food", "bank", "banks", "school", "district", "the", "led", "Church")


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from((" ", ", ", "-", ". "))), max_size=14))
def test_the_index_finds_just_what_reading_word_by_word_finds(pieces: list[tuple[str, str]]) -> None:
    text = cut("".join(word + gap for word, gap in pieces))
    phrases = ("food bank", "bank", "school district the", "=banks", "church")
    index, groups = index_of(*phrases)
    hits = index.find(text)
    for phrase, group in zip(phrases, groups, strict=True):
        exact, wanted = phrase[0] == "=", tuple(phrase.lstrip("=").split())
        words = text.forms if exact else text.norms
        spans = [
            (at, at + len(wanted))
            for at in range(len(words) - len(wanted) + 1)
            if words[at : at + len(wanted)] == wanted and max(text.breaks[at + 1 : at + len(wanted)], default=0) < COMMA
        ]
        assert hits.spans(group) == spans


SCRIPT = """
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.tagging import Tagger
import json, sys
lines = list(open(sys.argv[1], encoding="utf-8"))[::20]
texts = [(json.loads(line)["text"], "") for line in lines]
print(*Tagger(load_lexicon()).labels(texts), sep="\\n")
"""


def test_labels_are_the_same_in_every_process() -> None:
    """Python orders sets of words anew in each process; what is found must not depend on it."""
    said = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(OWN)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert ".encoder" in said[0]
