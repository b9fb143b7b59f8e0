"""What the built-in cues make of a statement: done, planned, called for, or missing, by families of sentences."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chna_toolkit.evaluation.documents import passage_of
from chna_toolkit.evaluation.gold import GoldUnit, text_key
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.lexicon.words import cut
from chna_toolkit.tagging import Tagger
from chna_toolkit.tagging.clauses import is_verb, number_clauses, states
from chna_toolkit.tagging.judging import judge_passages

PACT = "memorandum of understanding with the food bank"  # bears lesson 10 whatever stands around it


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger(load_lexicon(), method="rules")


def said(
    tagger: Tagger, text: str, kind: str = "paragraph", section: Sequence[str] = (), headers: Sequence[str] = ()
) -> str:
    """How lesson 10 is asserted in a passage."""
    unit = GoldUnit(
        "u", text, "", {}, frozenset(), "d", text_key(text), kind=kind, section=tuple(section), headers=tuple(headers)
    )
    (judged,) = judge_passages(tagger, [passage_of(unit)])
    return str(judged.labels["10"].assertion)


@pytest.mark.parametrize(
    ("text", "assertion"),
    [
        # tense decides
        (f"The hospital signed a {PACT}.", "practice"),
        (f"The hospital will sign a {PACT}.", "plan"),
        (f"The hospital has a {PACT} and will continue to use it.", "practice"),
        (f"Partners are to sign a {PACT} in the second year.", "plan"),
        (f"The clinic is working toward a {PACT}.", "plan"),
        # a date decides only where no verb says what is
        (f"{PACT.capitalize()}, by June 2027", "plan"),
        (f"The {PACT} was renewed in FY26 and runs through 2030.", "practice"),
        # what was meant to be is told
        (f"The coalition aimed to make the {PACT} easy to read.", "practice"),
        # each clause has its own verb
        (f"While no {PACT} exists yet, the county will buy a van.", "lack"),
        (f"While no van runs yet, the hospital will sign a {PACT} by June.", "plan"),
        # a list after a colon belongs to the verb before it
        (f"The hospital will take these steps, including: a van; a {PACT}; a common form.", "plan"),
        # somebody who does not commit
        (f"Residents said the hospital should sign a {PACT}.", "call"),
        (f"We ask every hospital to sign a {PACT}.", "call"),
        # questions that were asked, and invitations, are no calls
        (f"Volunteers were asked which {PACT} they had heard of, and the answers were kept.", "practice"),
        # missing
        (f"No {PACT} exists.", "lack"),
        (f"In the end the {PACT} fell through.", "lack"),
        (f"The {PACT} has held without a break.", "practice"),
    ],
)
def test_clauses_decide_first(tagger: Tagger, text: str, assertion: str):
    assert said(tagger, text) == assertion


@pytest.mark.parametrize(
    ("section", "headers", "assertion"),
    [
        (("Implementation Strategy", "Food"), (), "plan"),
        (("Implementation Strategy", "Progress since the last assessment"), (), "practice"),
        (("Evaluation of the 2022 Implementation Strategy",), (), "practice"),
        (("Community voice",), (), "call"),
        (("Food", "4.2 Recommendations"), (), "call"),
        (("Food",), ("Priority 1", "Activities"), "plan"),
        (("Implementation Strategy",), ("Priority 1", "Accomplishments"), "practice"),
        (("Progress since the last assessment",), ("Priority 1", "Target"), "plan"),
        (("Food",), (), "practice"),
    ],
)
def test_the_nearest_heading_decides_where_no_clause_does(
    tagger: Tagger, section: Sequence[str], headers: Sequence[str], assertion: str
):
    kind = "table_cell" if headers else "list_item"
    assert said(tagger, PACT.capitalize(), kind, section, headers) == assertion


def test_a_verb_outweighs_the_heading(tagger: Tagger):
    under = ("Implementation Strategy",)
    assert said(tagger, f"The hospital keeps a {PACT}.", section=under) == "practice"
    assert said(tagger, f"Our lawyers wrote the {PACT} over the winter.", section=under) == "practice"
    assert said(tagger, f"Keep the {PACT} up to date", "list_item", under) == "plan"


def test_a_bare_verb_is_a_plan_unless_others_want_it(tagger: Tagger):
    line = f"4-B Sign a {PACT}"
    assert said(tagger, line, "list_item", ("Food",)) == "plan"
    assert said(tagger, line, "list_item", ("Food", "Recommendations")) == "call"


def test_a_line_that_only_names_an_owner_is_practice(tagger: Tagger):
    line = "Lead agency: Riverbend Food Bank, by memorandum of understanding"
    assert said(tagger, line, "table_cell", ("Implementation Strategy",)) == "practice"


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("Measure progress", True),
        ("Measure: visits", False),
        ("Measure of progress", False),
        ("Measure kept by us", False),
    ],
)
def test_a_label_or_noun_is_no_verb(line: str, verb: bool):
    assert is_verb(cut(line), 1) is verb


@pytest.mark.parametrize(
    ("text", "is_line", "verbs"),
    [
        ("Parents met in May.", False, ["met"]),
        ("The plan, drafted by parents, names an owner.", False, ["drafted"]),
        ("Parents trained in first aid", True, []),
        ("A trained parent", False, []),
        ("School-based care", False, []),
        ("We fund it.", False, ["fund"]),
        ("We will fund it.", False, []),
    ],
)
def test_verbs_that_say_what_is_or_was(text: str, is_line: bool, verbs: list[str]):
    words = cut(text)
    assert [words.forms[place] for place in states(words, is_line=is_line)] == verbs


def test_clauses_are_numbered():
    words = cut("While no bus runs, we walk; who knows why.")
    assert number_clauses(words) == [0, 0, 0, 0, 1, 1, 2, 2, 2]
