"""The shipped lexicons: every example holds, everything is exercised, dropping any rule is noticed.

`.ci/run` asks the same of the commands; here a broken rule fails the tests at once.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.lexicon_ci.findings import Severity
from chna_toolkit.lexicon_ci.mutate import DROPPED, mutate
from chna_toolkit.lexicon_ci.suite import Suite, run
from chna_toolkit.model import Document, DocumentStatus
from chna_toolkit.tagging import Tagger

LEXICONS = Path(__file__).resolve().parents[2] / "lexicons"


@pytest.fixture(scope="module", params=["", "irs-501r"], ids=["builtin", "irs-501r"])
def suite(request: pytest.FixtureRequest) -> Suite:
    return Suite.of(load_lexicon(LEXICONS / request.param))


def test_examples_hold_and_nothing_is_untested(suite: Suite) -> None:
    report = run(suite)
    assert [one.message for one in report.findings if one.severity is Severity.ERROR] == []
    assert len(report.cases) > 3 * len(suite.reads)


def test_dropping_any_rule_or_exclusion_fails_an_example(suite: Suite) -> None:
    report = mutate(suite, kinds=DROPPED)
    killed = report.by_kind
    assert all(killed[kind][0] == killed[kind][1] for kind in DROPPED), report.findings[:5]


def test_an_opened_tagger_finds_what_the_tagger_does(suite: Suite) -> None:
    tagger = Tagger(suite.lexicon, method="rules")
    for read in suite.reads[::40]:
        alone = Document("0" * 64, DocumentStatus.OK, "", "", (), (read.looked.passage,))
        assert suite.bench.mentions(read.looked) == tagger.tag(alone)
