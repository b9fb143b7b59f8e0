"""Words meet whatever their inflection, capitals, quotes, hyphens, line breaks and spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chna_toolkit.lexicon.words import CLAUSE, COMMA, NO_BREAK, SENTENCE, cut, normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("data-use agreement", "data use agreements"),
        ("Memoranda of Understanding", "MEMORANDUM OF UNDERSTANDING"),
        ("co-designed with youth", "co-designing with youth"),
        ("the hospital’s partners", "the hospital's partner"),
        ("community\nhealth workers", "Community Health Worker"),
        ("the organisation prioritised programmes", "the organization prioritizes program"),
        ("neighbourhood centres", "neighborhood center"),
        ("a neighborhood", "a neighborhoods"),  # the dictionary's lemma is British
        ("cancelled meetings", "canceled meeting"),
        ("“quality improvement” teams", "quality improvement team"),
    ],
)
def test_the_same_words_in_another_dress_have_the_same_normal_forms(one: str, other: str) -> None:
    assert cut(one).norms == cut(other).norms


def test_words_that_mean_different_things_stay_apart() -> None:
    assert normal("training") != normal("train")
    assert normal("meeting") != normal("meet")
    assert normal("housing") != normal("house")


def test_a_contraction_holds_its_negation() -> None:
    assert cut("They won't sign and can't pay, they didn’t").norms[-1] == "not"
    assert "not" in cut("It isn't signed").norms


def test_numbers_are_told_apart_by_what_they_count() -> None:
    assert list(cut("12 groups in 2022, 62% and $3.2 million").norms) == [
        "#", "group", "in", "#year", "#percent", "and", "#money", "million",
    ]  # fmt: skip


def test_punctuation_becomes_the_strength_of_a_break() -> None:
    words = cut("We met monthly, as planned; Dr. Jones led. Partners (all 9) agreed")
    breaks = dict(zip(words.forms, words.breaks, strict=True))
    assert breaks["as"] == COMMA
    assert breaks["dr"] == CLAUSE
    assert breaks["jones"] == NO_BREAK  # the full stop of an abbreviation
    assert breaks["partners"] == SENTENCE
    assert breaks["all"] == COMMA
    assert words.sentences[0] == 0
    assert words.sentences[-1] == 1


def test_a_range_of_years_is_no_clause_boundary() -> None:
    assert cut("from 2019–2021 on").breaks == [0, 0, 0, 0]


def test_a_contraction_of_three_words_is_three() -> None:
    words = cut("I’d've gone, she'll've come, rock'd'n")
    assert words.forms == ("i", "would", "have", "gone", "she", "will", "have", "come", "rock", "would")
    assert words.breaks == [0, 0, 0, 0, COMMA, 0, 0, 0, COMMA, 0]
    assert words.places[:3] == [(0, 6)] * 3


@given(st.text(max_size=200) | st.text("a'’dve ns.", max_size=30))
def test_offsets_point_into_the_text_and_never_go_back(text: str) -> None:
    words = cut(text)
    assert len(words.norms) == len(words.forms) == len(words.places) == len(words.breaks) == len(words.sentences)
    assert all(0 <= start < end <= len(text) for start, end in words.places)
    assert words.places == sorted(words.places)
    assert words.sentences == sorted(words.sentences)


@given(st.from_regex(r"[A-Za-z]{1,12}( [A-Za-z]{1,12}){0,5}", fullmatch=True))
def test_capitals_never_change_the_normal_form(text: str) -> None:
    assert cut(text).norms == cut(text.upper()).norms
