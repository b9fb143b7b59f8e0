"""Dropping or weakening a rule is noticed by an example, or told."""

from __future__ import annotations

from collections.abc import Callable

from pacts import EXAMPLES, LESSON

from chna_toolkit.evaluation import GoldUnit
from chna_toolkit.lexicon import Lexicon
from chna_toolkit.lexicon_ci.findings import Severity
from chna_toolkit.lexicon_ci.mutate import MutationReport, mutate
from chna_toolkit.lexicon_ci.noticing import Texts
from chna_toolkit.lexicon_ci.suite import Suite

Load = Callable[..., Lexicon]


def fates(lexicon: Lexicon) -> dict[tuple[str, str], str]:
    report = mutate(Suite.of(lexicon))
    return {(one.mutant.kind, one.mutant.target): one.killer for one in report.verdicts}


def test_a_dropped_rule_and_a_dropped_exclusion_are_noticed(load: Load) -> None:
    found = fates(load())
    assert found["rule-dropped", "L01.sign"].startswith("L01-pacts.toml:")
    assert found["exclusion-dropped", "L01.x.peace"].startswith("L01-pacts.toml:")
    assert found["unless-dropped", "L01.sign"] == ""


def test_a_rule_that_another_one_stands_in_for_must_be_named(load: Load) -> None:
    lesson = LESSON + '\n[[rules]]\nid = "L01.pact"\nphrases = ["pact"]\nnot_before = ["peace"]\n'
    unnamed = '\n[[examples]]\ntext = "They signed a pact."\n'
    assert fates(load(unnamed, lesson=lesson))["rule-dropped", "L01.sign"] == ""
    named = unnamed + 'rules = ["L01.sign", "L01.pact"]\n'
    assert fates(load(named, lesson=lesson))["rule-dropped", "L01.sign"]
    assert fates(load(named, lesson=lesson))["rule-dropped", "L01.pact"]


def test_weaker_rules_are_noticed_by_the_sentences_that_are_asked_for(load: Load) -> None:
    more = """
[[examples]]
text = "They signed the treaty as a pact."
expect = "no_match"
[[examples]]
text = "A pact is what they sign."
expect = "no_match"
[[examples]]
text = "They lost a pact, a charter and a letter of intent."
expect = "no_match"
[[examples]]
text = "They signed the bill, which kept costs for pacts low."
expect = "no_match"
[[examples]]
text = "They signed quite a good new pact."
"""
    found = fates(load(EXAMPLES + more))
    for kind in ("part-dropped", "unless-dropped", "order-loosened", "within-halved"):
        assert found[kind, "L01.sign"], kind


def on_texts(lexicon: Lexicon, *texts: str) -> MutationReport:
    suite = Suite.of(lexicon)
    units = [GoldUnit(f"text-{number}", text, "", {}, frozenset()) for number, text in enumerate(texts)]
    return mutate(suite, texts=Texts(suite.bench, units))


def test_what_no_example_notices_a_text_of_a_baseline_may(load: Load) -> None:
    report = on_texts(
        load(), "They lost it.", "They signed the treaty as a pact.", "They signed quite a good new pact."
    )
    noticed = {(one.mutant.kind, one.mutant.target): one.noticer for one in report.verdicts}
    assert noticed["unless-dropped", "L01.sign"] == "text-1"
    assert noticed["within-halved", "L01.sign"] == "text-2"
    assert noticed["rule-dropped", "L01.sign"] == ""  # an example does
    assert "mutant-unless-dropped" not in {one.slug for one in report.findings}
    assert "order-loosened" not in report.summary[1]
    assert "unless-dropped 1" in report.summary[1]


def test_texts_notice_another_assertion_and_another_rule_but_not_what_stays(load: Load) -> None:
    settled = LESSON.replace("within = 4", 'within = 4\nassertion = "call"')
    kinds = {one.mutant.kind: one.noticer for one in on_texts(load("", lesson=settled), "They signed a pact.").verdicts}
    assert kinds["assertion-dropped"] == "text-0"
    assert kinds["order-loosened"] == ""
    two = LESSON + '\n[[rules]]\nid = "L01.pact"\nphrases = ["pact"]\n'
    report = on_texts(load("", lesson=two), "They signed a pact.")
    dropped = {one.mutant.target: one.noticer for one in report.verdicts if one.mutant.kind == "rule-dropped"}
    assert dropped == {"L01.sign": "text-0", "L01.pact": "text-0"}


def test_a_survivor_is_an_error_if_dropped_and_a_warning_if_weakened(load: Load) -> None:
    report = mutate(Suite.of(load('\n[[examples]]\ntext = "They lost it."\nexpect = "no_match"\n')))
    severities = {one.slug: one.severity for one in report.findings}
    assert severities["mutant-rule-dropped"] is Severity.ERROR
    assert severities["mutant-exclusion-dropped"] is Severity.ERROR
    assert severities["mutant-within-halved"] is Severity.WARNING
    assert report.killed == 0


def test_the_lexicon_is_as_before_when_all_mutants_are_done(load: Load) -> None:
    suite = Suite.of(load())
    before = [suite.of_lesson(read.example, read.looked) for read in suite.reads]
    mutate(suite)
    assert [suite.of_lesson(read.example, read.looked) for read in suite.reads] == before
