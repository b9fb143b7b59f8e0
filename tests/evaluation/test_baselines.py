"""What the tagger must beat works itself."""

from __future__ import annotations

import pytest

from chna_toolkit.evaluation import GoldUnit, evaluate
from chna_toolkit.evaluation.baselines import KEYWORDS, by_keywords, by_tfidf
from chna_toolkit.lexicon import load_lexicon


def unit(name: str, text: str, *lessons: str, doc: str = "") -> GoldUnit:
    return GoldUnit(name, text, "", dict.fromkeys(lessons, "practice"), frozenset(), doc=doc)


def test_there_are_keywords_for_every_lesson_and_they_are_about_ten():
    assert KEYWORDS.keys() == {str(lesson.number) for lesson in load_lexicon().lessons}
    assert all(8 <= len(words.split("|")) <= 12 for words in KEYWORDS.values())


def test_keywords_are_found_as_words_whatever_their_case_and_ending():
    texts = ["MEMORANDA OF UNDERSTANDING WERE SIGNED", "Four focus groups met", "The mouse ran", "Nothing"]
    found = by_keywords([unit(str(place), text) for place, text in enumerate(texts)])
    assert [set(one.labels) for one in found if one] == [{"10"}, {"3"}, set(), set()]


def corpus() -> list[GoldUnit]:
    return [
        unit(
            f"u{n}",
            f"the {'oath' if n % 2 else 'song'} of group {'abcdefg'[n % 7]} was heard",
            *(["5"] if n % 2 else []),
            doc=f"d{n % 11}",
        )
        for n in range(66)
    ]


def test_tfidf_learns_what_tells_lessons_apart_from_other_documents_alone():
    pytest.importorskip("sklearn")
    units = corpus()
    found = by_tfidf(units, ["5"])
    figures = evaluate(units, (one.labels if one else {} for one in found), ["5"])
    assert figures.micro_f1 == 1.0
    # A word that one document alone has is never known where it is asked for.
    odd = [unit(one.id, f"{one.doc}{'yes' if one.labels else 'no'} stands", *one.labels, doc=one.doc) for one in units]
    guesses = by_tfidf(odd, ["5"])
    assert evaluate(odd, (one.labels if one else {} for one in guesses), ["5"]).micro_f1 < 0.9


def test_tfidf_is_never_measured_on_what_it_was_trained_on():
    pytest.importorskip("sklearn")
    units = corpus()
    others = [unit(f"x{n}", one.text, *one.labels) for n, one in enumerate(units)]
    assert evaluate(units, (one.labels if one else {} for one in by_tfidf(units, ["5"], others)), ["5"]).micro_f1 == 1.0
    # Every text has a word of its own: known by heart it would be right each time.
    odd = [unit(f"o{n}", f"o{n}{'yes' if n % 3 else 'no'} stands", *(["5"] if n % 3 else [])) for n in range(60)]
    twice = odd + [unit(one.id, one.text, *one.labels) for one in odd]
    guesses = by_tfidf(odd, ["5"], twice)
    right = sum(bool(one and one.labels) == bool(gold.labels) for one, gold in zip(guesses, odd, strict=True))
    assert right < len(odd)
