"""Examples are judged, all failures are told at once, and nothing untested goes unnoticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pacts import EXAMPLES, LESSON

from chna_toolkit.errors import UsageError
from chna_toolkit.lexicon import Lexicon
from chna_toolkit.lexicon_ci.cases import mark, unmark
from chna_toolkit.lexicon_ci.suite import Suite, TestReport, run
from chna_toolkit.lexicon_ci.testing import examine

Load = Callable[..., Lexicon]


def report_of(lexicon: Lexicon) -> TestReport:
    return run(Suite.of(lexicon))


def slugs(report: TestReport) -> list[str]:
    return [finding.slug for finding in report.findings]


def example(text: str, **rest: str) -> str:
    lines = [f'text = "{text}"', *(f'{key} = "{value}"' for key, value in rest.items())]
    return "\n[[examples]]\n" + "\n".join(lines) + "\n"


def test_a_sound_lexicon_has_no_finding(load: Load) -> None:
    report = report_of(load())
    assert slugs(report) == ["cue-untested"] * 3  # no example has an assertion that a cue decides
    assert not report.failed
    assert {share.name: (share.done, share.total) for share in report.shares}["rules"] == (1, 1)


@pytest.mark.parametrize(
    ("wrong", "slug", "said"),
    [
        (example("The clinic lost a pact."), "example-missed", "L01 is not found"),
        (example("The clinic signed a pact.", expect="no_match"), "example-false-alarm", "L01.sign counts here"),
        (example("They will sign a pact.", assertion="practice"), "example-assertion", "the assertion is plan"),
        (example("The [[clinic]] signed a pact."), "example-span", "the marked words are no part"),
        (example("They signed a pact.", expect="known_miss"), "example-promote", 'expect = "match"'),
        (example("They lost a pact.", expect="known_false_alarm"), "example-promote", 'expect = "no_match"'),
    ],
)
def test_each_kind_of_failure_is_told(load: Load, wrong: str, slug: str, said: str) -> None:
    found = [one for one in report_of(load(EXAMPLES + wrong)).findings if one.slug == slug]
    assert len(found) == 1
    assert said in found[0].message + found[0].remedy


def test_known_failures_that_still_fail_are_no_findings(load: Load) -> None:
    known = example("They shook hands on it.", expect="known_miss")
    known += example("A toy letter was signed as a pact.", expect="known_false_alarm")
    lexicon = load(example("They signed a pact.", rule="L01.sign") + known)
    assert not [one for one in slugs(report_of(lexicon)) if one.startswith("example")]


def test_all_failures_are_told_with_expected_and_found_marked(load: Load) -> None:
    report = report_of(load(example("We [[lost]] a pact.") + example("Nobody [[drafts]] a pact.", assertion="lack")))
    messages = [one.message for one in report.findings if one.slug.startswith("example")]
    assert len(messages) == 2
    assert "expected: We [[lost]] a pact." in messages[0]
    assert "found:    Nobody {{drafts}} a {{pact}}." in messages[1]


def test_what_no_example_exercises_is_told(load: Load) -> None:
    report = report_of(load(example("They lost a pact.", expect="no_match")))
    assert {"rule-untested", "exclusion-untested"} <= set(slugs(report))


def test_a_member_that_text_never_has_is_told(load: Load) -> None:
    report = report_of(load(lesson=LESSON.replace('"charter"', '"charter, signed"')))
    assert [one.message for one in report.findings if one.slug == "member-unfound"] == [
        "'charter, signed' of @paper is not found in the place of another member"
    ] or "member-unfound" not in slugs(report)


def test_a_variant_that_loses_the_match_is_told_and_can_be_left_out(load: Load) -> None:
    lesson = LESSON.replace('"@paper"', '"=pact"')
    text = 'text = "They signed a pact."\nrule = "L01.sign"\n'
    lost = [one for one in report_of(load(f"\n[[examples]]\n{text}", lesson=lesson)).findings if "variant" in one.slug]
    assert [one.slug for one in lost] == ["variant-lost"]
    assert "in the variant plural" in lost[0].message
    kept = f'\n[[examples]]\n{text}skip = {{plural = "only one is ever signed"}}\n'
    assert "variant-lost" not in slugs(report_of(load(kept, lesson=lesson)))


def test_a_denial_that_no_cue_notices_is_told(load: Load) -> None:
    report = report_of(
        load(cues='[[cues]]\nid = "cue.plan"\nassertion = "plan"\nphrases = ["plan to"]\nscope = "after"\n')
    )
    turned = [one.message.splitlines()[0] for one in report.findings if one.slug == "variant-assertion"]
    assert turned == [
        "the assertion is practice, not call in the variant called_for",
        "the assertion is practice, not lack in the variant negated",
    ]


def test_a_skipped_variant_must_exist(load: Load) -> None:
    text = '\n[[examples]]\ntext = "They signed a pact."\nskip = {upside_down = "no"}\n'
    assert "example-unknown-variant" in slugs(report_of(load(text)))


def test_kind_and_headings_of_an_example_count(load: Load) -> None:
    lesson = LESSON + '\n[[rules]]\nid = "L01.cell"\nkinds = ["table_cell"]\nunder = ["pact"]\n'
    cell = '\n[[examples]]\ntext = "Larkfield School"\nrule = "L01.cell"\nkind = "table_cell"\nunder = ["Pacts with"]\n'
    assert not [one for one in slugs(report_of(load(cell, lesson=lesson))) if one.startswith("example")]
    elsewhere = cell.replace("table_cell", "paragraph")
    assert "example-missed" in slugs(report_of(load(elsewhere, lesson=lesson)))


def test_a_part_of_the_examples_can_be_chosen(load: Load) -> None:
    lexicon = load()
    assert examine(lexicon, keyword="peace").data["examples"] == 1
    assert examine(lexicon, keyword="L01.SIGN").data["examples"] == 1
    with pytest.raises(UsageError):
        examine(lexicon, keyword="nothing has this")


def test_marks_are_taken_out_and_put_back() -> None:
    text, spans = unmark("We [[signed]] a [[pact]].")
    assert text == "We signed a pact."
    assert [text[start:end] for start, end in spans] == ["signed", "pact"]
    assert mark(text, spans, "[[", "]]") == "We [[signed]] a [[pact]]."
    assert mark("abcdef", [(1, 3), (2, 4)], "<", ">") == "a<bcd>ef"
