"""The phrase language: what a written phrase stands for, and what is refused."""

from __future__ import annotations

import re

import pytest

from chna_toolkit.lexicon.phrases import PhraseError, Speller, class_names

CLASSES = {
    "partner": ("agency", "food bank", "@school"),
    "school": ("school", "=Head Start"),
    "L01.school": ("academy",),
}


def norms(source: str, scope: str = "") -> set[str]:
    return {" ".join(norm for norm, _ in sequence) for sequence in Speller(CLASSES).spell_out(source, scope)}


def test_a_word_stands_for_its_inflections() -> None:
    assert norms("agreements") == {"agreement"}


def test_an_exact_form_is_kept_beside_the_normal_form() -> None:
    assert Speller(CLASSES).spell_out("=Established") == {(("establish", "established"),)}


def test_alternatives_groups_and_optional_words() -> None:
    assert norms("formal? (memo|letter of intent)") == {
        "memo", "formal memo", "letter of intent", "formal letter of intent",
    }  # fmt: skip


def test_a_class_stands_for_its_members_and_classes_nest() -> None:
    assert norms("with @partner") == {"with agency", "with food bank", "with school", "with head start"}


def test_a_class_of_the_lesson_hides_the_shared_one() -> None:
    assert norms("@school", "L01") == {"academy"}


def test_hyphens_separate() -> None:
    assert norms("co-design") == norms("co design")


def test_kinds_of_numbers() -> None:
    assert norms("# site|#year plan") == {"# site", "#year plan"}
    assert norms("#percent of") == {"#percent of", "# percent of"}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("(a|b", "missing )"),
        ("a)", "unexpected"),
        ("?", "nothing before ?"),
        ("@nobody", "unknown class @nobody"),
        ("!!!", "no letters"),
        ("#dozen", "unknown number kind"),
        ("(" * 3000 + "a" + ")" * 3000, "brackets within each other"),
    ],
)
def test_mistakes_are_refused_with_a_reason(source: str, reason: str) -> None:
    with pytest.raises(PhraseError, match=re.escape(reason)):
        Speller(CLASSES).spell_out(source)


def test_a_class_within_itself_is_refused() -> None:
    with pytest.raises(PhraseError, match="contains itself"):
        Speller({"a": ("@b",), "b": ("@a",)}).spell_out("@a")


def test_a_phrase_that_explodes_is_refused() -> None:
    many = {"m": tuple(chr(97 + n) + "x" for n in range(20))}
    with pytest.raises(PhraseError, match="use parts"):
        Speller(many).spell_out("@m @m @m @m")


def test_class_names_are_listed() -> None:
    assert class_names("(@partner|x) of @school") == ["partner", "school"]


def test_what_was_forgotten_is_spelt_out_anew() -> None:
    speller = Speller(CLASSES)
    before = speller.spell_out("@partner agree")
    speller.forget()
    assert speller.spell_out("@partner agree") == before != frozenset()
