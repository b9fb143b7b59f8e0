"""Labels of real passages stand here without their text, and say what their README says."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from chna_toolkit.evaluation import load_gold
from chna_toolkit.evaluation.coding import compare_coders, read_coders
from chna_toolkit.lexicon import load_lexicon

GOLD = Path(__file__).parents[1] / "gold"
REAL, READERS = GOLD / "real.jsonl", [GOLD / "real-reader-a.jsonl", GOLD / "real-reader-b.jsonl"]
DOUBT, DOUBT_READERS = GOLD / "real-doubt.jsonl", [GOLD / f"real-doubt-reader-{one}.jsonl" for one in "ab"]


@pytest.mark.parametrize("path", [REAL, *READERS, DOUBT, *DOUBT_READERS], ids=lambda path: path.name)
def test_there_is_no_text_of_others(path: Path):
    allowed = {"id", "doc", "sha256", "page", "key", "how", "weight", "labels", "maybe"}
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        assert row.keys() <= allowed
        assert re.fullmatch(r"[0-9a-f]{16}", row["key"])


def test_the_readme_says_what_is_there():
    units = load_gold(REAL)
    labels = Counter(lesson for unit in units for lesson in unit.labels)
    said = (GOLD / "README.md").read_text("utf-8")
    assert f"{len(units):,} passages" in said
    assert f"{labels.total()} labels" in said
    rows = dict(re.findall(r"^\| L(\d\d) \| (\d+) \|", said, re.M))
    assert {int(lesson): int(count) for lesson, count in rows.items()} == {n: labels[str(n)] for n in range(1, 16)}
    drawn = Counter(unit.how for unit in units)
    assert drawn == {"fires": 262, "near": 950, "random": 600}
    assert sum(unit.weight for unit in units) == pytest.approx(13_908, abs=0.1)


def test_the_two_readers_agree_as_the_readme_says():
    coding = compare_coders(read_coders(READERS), load_lexicon(), resamples=20)
    assert coding.units == 1812
    assert coding.overall.f1 == pytest.approx(0.955, abs=5e-4)
    assert coding.overall.coefficients.values["alpha"] == pytest.approx(0.955, abs=1e-3)


def test_the_readme_says_what_is_in_doubt():
    units = load_gold(DOUBT)
    labels = Counter(lesson for unit in units for lesson in unit.labels)
    said = (GOLD / "README.md").read_text("utf-8")
    assert f"holds labels of {len(units)} further passages" in said
    assert f"{labels.total()} labels in {sum(bool(unit.labels) for unit in units)} passages" in said
    assert f"{sum(bool(unit.maybe) for unit in units)} passages have a `maybe`" in said
    coding = compare_coders(read_coders(DOUBT_READERS), load_lexicon(), resamples=20)
    assert f"`chna agree` gives F1 {coding.overall.f1:.2f}" in said
    assert not {unit.id for unit in units} & {unit.id for unit in load_gold(REAL)}


def test_the_readme_counts_the_passages_in_other_words():
    rounds = Counter(unit.id[0] for unit in load_gold(GOLD / "written.jsonl"))
    said = (GOLD / "README.md").read_text("utf-8")
    assert f"`written.jsonl` holds {rounds.total():,} passages" in said
    assert f"`w…`, {rounds['w']:,}" in said
    assert f"`x…` and `y…`, {rounds['x'] + rounds['y']:,}" in said


@pytest.mark.parametrize(("gold", "readers"), [(REAL, READERS), (DOUBT, DOUBT_READERS)], ids=("drawn", "in doubt"))
def test_gold_is_what_both_readers_gave(gold: Path, readers: list[Path]):
    one, other = ({unit.id: unit for unit in load_gold(path)} for path in readers)
    for unit in load_gold(gold):
        assert set(unit.labels) == set(one[unit.id].labels) & set(other[unit.id].labels)
