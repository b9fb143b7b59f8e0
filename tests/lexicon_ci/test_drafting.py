"""What coded texts suggest is found, tried, and does in the lexicon just what was said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from math import log
from pathlib import Path

import pytest
from pacts import EXAMPLES

from chna_toolkit.evaluation import GoldUnit, load_gold, split_of
from chna_toolkit.evaluation.documents import Resolved
from chna_toolkit.lexicon import Lexicon, load_lexicon
from chna_toolkit.lexicon_ci.draft_text import paste, render
from chna_toolkit.lexicon_ci.drafting import Draft, Proposal, draft
from chna_toolkit.lexicon_ci.keyness import groups, is_usable, log_likelihood
from chna_toolkit.lexicon_ci.testing import examine
from chna_toolkit.tagging import Tagger

Make = Callable[..., Path]

MISSED = ("The hospital signed an accord with the school.", "We drafted an accord last May.", "They sign an accord.")
BY_HAND = ("All agree on it by handshake.", "Bound by handshake alone.", "We did it by handshake, twice.")
ADOPTED = ("The council adopted a pact with us.", "Both adopted a charter.", "We adopt a letter of intent.")
WRONG = ("He signed a plea pact in court.", "She drafted a plea pact.", "They will sign a plea pact.")
RIGHT = ("We signed a pact.", "They drafted a charter.", "The clinic signed a letter of intent.")
PLAIN = (
    "The survey was sent out.",
    "Asthma is common here.",
    "The court is near the school.",
    "An accord of sounds.",
    "It adopts.",
)
FORBIDS = EXAMPLES + '\n[[examples]]\ntext = "It was sealed by handshake."\nexpect = "no_match"\n'


def ids(part: str) -> Iterator[str]:
    return (name for number in count() if split_of(name := f"u{number}") == part)


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """Coded texts of the part `read`, and one of `check`."""
    texts = [(text, "practice") for text in (*MISSED, *ADOPTED, *BY_HAND, *RIGHT)] + [
        (text, "") for text in (*WRONG, *PLAIN)
    ]
    rows = [
        {"id": name, "text": text, "labels": {"1": label} if label else {}}
        for name, (text, label) in zip(ids("read"), texts, strict=False)
    ]
    rows.append({"id": next(ids("check")), "text": "Both sign the accord.", "labels": {"1": "practice"}})
    file = tmp_path / "gold.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def drafted(lexicon: Lexicon, file: Path, part: str = "read") -> Draft:
    units = load_gold(file)
    return draft(lexicon, Resolved(units, [None] * len(units), [None] * len(units)), part=part)


def written(found: Draft) -> dict[tuple[str, ...], Proposal]:
    return {one.candidate.written: one for one in found.lessons[0].proposals}


def test_the_planted_word_is_proposed_with_what_it_gains(make: Make, gold: Path) -> None:
    found = written(drafted(load_lexicon(make(FORBIDS)), gold))
    accord = found[("accord",)]
    assert (accord.candidate.kind, accord.candidate.target) == ("member", "L01.paper")
    assert {change.unit.text for change in accord.effect.better} == set(MISSED)
    assert (accord.effect.net, len(accord.effect.worse)) == (3, 0)
    assert (accord.checked.net, len(accord.checked.better)) == (1, 1)


def test_what_breaks_an_example_is_not_proposed(make: Make, gold: Path) -> None:
    assert ("by handshake",) in written(drafted(load_lexicon(make(EXAMPLES)), gold))
    strict = drafted(load_lexicon(make(FORBIDS)), gold)
    assert not [words for words in written(strict) if "handshake" in words[0]]
    assert strict.lessons[0].broke


def test_false_alarms_suggest_an_exclusion(make: Make, gold: Path) -> None:
    exclusions = [
        one for one in written(drafted(load_lexicon(make(FORBIDS)), gold)).values() if one.candidate.trial.exclusions
    ]
    assert [one.candidate.written for one in exclusions] == [("plea pact",)]
    assert {change.unit.text for change in exclusions[0].effect.better} == set(WRONG)


def test_a_known_miss_that_would_be_found_is_named(make: Make, gold: Path) -> None:
    known = EXAMPLES + '\n[[examples]]\ntext = "They sign no other accord."\nexpect = "known_miss"\n'
    accord = written(drafted(load_lexicon(make(known)), gold))[("accord",)]
    assert accord.promoted and accord.promoted[0].startswith("L01-pacts.toml:")


def test_what_is_pasted_does_what_was_said(make: Make, gold: Path, tmp_path: Path) -> None:
    make(FORBIDS, name="base")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "lexicon.toml").write_text('name = "Mine"\nversion = "1"\nextends = "../base"\n')
    lexicon = load_lexicon(mine)
    units = load_gold(gold)
    before = found_in(lexicon, units)
    proposals = drafted(lexicon, gold).lessons[0].proposals
    assert {one.candidate.kind for one in proposals} == {"member", "exclusion", "phrase"}
    for one in proposals:
        (mine / "more.toml").write_text("\n".join(paste(one, lexicon)) + "\n")
        changed = load_lexicon(mine)
        assert not [finding for finding in examine(changed).findings if finding.severity == "error"]
        changes = {change.unit.id for effect in (one.effect, one.checked) for change in (*effect.better, *effect.worse)}
        assert found_in(changed, units) == before ^ changes


def found_in(lexicon: Lexicon, units: list[GoldUnit]) -> set[str]:
    labels = Tagger(lexicon, method="rules").labels((unit.text, unit.prev) for unit in units)
    return {unit.id for unit, found in zip(units, labels, strict=True) if found}


def test_rules_and_exclusions_can_be_pasted_with_their_examples(make: Make, gold: Path) -> None:
    folder = make(EXAMPLES)
    file = folder / "L01-pacts.toml"
    lexicon = load_lexicon(folder)
    whole = [one for one in drafted(lexicon, gold).lessons[0].proposals if one.candidate.kind in ("rule", "exclusion")]
    assert {one.candidate.kind for one in whole} == {"rule", "exclusion"}
    file.write_text("\n".join([file.read_text(), *(line for one in whole for line in paste(one, lexicon))]) + "\n")
    found = examine(load_lexicon(folder))
    assert not [one for one in found.findings if one.severity == "error"]  # such as one that no example exercises


def test_what_is_held_back_is_never_used(make: Make, tmp_path: Path) -> None:
    texts = [*zip(ids("held"), MISSED, strict=False), *zip(ids("read"), PLAIN, strict=False)]
    rows = [{"id": name, "text": text, "labels": {"1": "practice"} if text in MISSED else {}} for name, text in texts]
    file = tmp_path / "held.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = drafted(load_lexicon(make()), file, "both")
    assert (found.units, found.lessons[0].borne, found.lessons[0].proposals) == (len(PLAIN), 0, ())


def test_the_texts_of_the_other_part_are_counted_and_not_shown(make: Make, gold: Path) -> None:
    text = render(drafted(load_lexicon(make()), gold), "text")
    assert "check: 1 put right, 0 spoilt" in text
    assert "Both sign" not in text
    assert "They sign an accord." not in text.replace("They [[sign]] an [[accord]].", "")


def chna(*arguments: object, seed: str = "0") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "chna_toolkit", "lexicon", "draft", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_the_command_writes_the_same_whatever_the_hash_seed_and_edits_nothing(make: Make, gold: Path) -> None:
    folder = make(FORBIDS)
    before = {file: file.read_bytes() for file in folder.iterdir()}
    one, other = (chna(folder, "--from", gold, "--format", "json", seed=seed) for seed in ("1", "2"))
    assert (one.returncode, one.stderr) == (0, "")
    assert one.stdout == other.stdout
    assert json.loads(one.stdout)["lessons"][0]["proposals"]
    assert {file: file.read_bytes() for file in folder.iterdir()} == before
    assert chna(folder, "--from", gold, "--part", "held").returncode == 2


def test_log_likelihood_is_that_of_a_table_of_four() -> None:
    def x_log_x(*values: int) -> float:
        return sum(value * log(value) for value in values if value)

    expected = 2 * (x_log_x(10, 10, 1, 79) - x_log_x(20, 80) - x_log_x(11, 89) + x_log_x(100))
    assert log_likelihood(10, 1, 20, 80) == pytest.approx(expected)
    assert log_likelihood(0, 20, 20, 80) < 0
    assert log_likelihood(5, 20, 20, 80) == pytest.approx(0)


def test_only_words_that_stand_for_themselves_make_a_phrase() -> None:
    assert is_usable(("defer", "to"))
    assert not is_usable(("of", "the"))
    assert not is_usable(("the", "accord"))
    assert not is_usable(("accord", "#year"))
    assert not is_usable(("found",))  # the normal form of `founded`; written in a phrase it is read as `find`


def test_texts_are_grouped_by_what_they_share() -> None:
    of = [{("wheel",), ("a",)}, {("wheel",)}, {("oar",)}, *[{("a",)}] * 30]
    features = {(word,): {place for place, has in enumerate(of) if (word,) in has} for word in ("wheel", "a", "oar")}
    found = groups((0, 1, 2), range(3, 33), features, of)
    assert [(one.shared, one.texts) for one in found] == [(("wheel",), (0, 1)), ((), (2,))]
