"""Labels of real passages stand here without their text, and say what their README says."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from chna_toolkit.evaluation import load_gold
from chna_toolkit.evaluation.coding import compare_coders, read_coders
from chna_toolkit.lexicon import load_lexicon

GOLD, DOCS = Path(__file__).parents[1] / "gold", Path(__file__).parents[2] / "docs"
REAL, READERS = GOLD / "real.jsonl", [GOLD / "real-reader-a.jsonl", GOLD / "real-reader-b.jsonl"]
DOUBT, DOUBT_READERS = GOLD / "real-doubt.jsonl", [GOLD / f"real-doubt-reader-{one}.jsonl" for one in "ab"]
MORE, MORE_READERS = GOLD / "real-more.jsonl", [GOLD / f"real-more-reader-{one}.jsonl" for one in "ab"]
REST = GOLD / "real-rest.jsonl"


@pytest.mark.parametrize(
    "path", [REAL, *READERS, DOUBT, *DOUBT_READERS, MORE, *MORE_READERS, REST], ids=lambda path: path.name
)
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


def test_the_readme_says_what_readers_quote():
    units = load_gold(MORE)
    labels = Counter(lesson for unit in units for lesson in unit.labels)
    said = " ".join((GOLD / "README.md").read_text("utf-8").split())
    drawn = Counter(unit.how for unit in units)
    assert f"holds labels of {len(units)} further passages" in said
    assert f"{drawn['quoted']} that readers of whole documents" in said
    assert f"(`beside`, {drawn['beside']}), and {drawn['doubt']} that" in said
    assert f"Both gave {labels.total()} labels in {sum(bool(unit.labels) for unit in units)} passages" in said
    calls = sum(code == "call" for unit in units for code in unit.labels.values())
    assert f"{calls} of them `call`; {sum(bool(unit.maybe) for unit in units)} passages have a `maybe`" in said
    coding = compare_coders(read_coders(MORE_READERS), load_lexicon(), resamples=20)
    assert f"`chna agree` gives F1 {coding.overall.f1:.2f} between them. Both gave {labels.total()}" in said
    assert not {unit.key for unit in units} & {unit.key for unit in (*load_gold(REAL), *load_gold(DOUBT))}


def test_the_readme_says_what_coders_make_of_quotes():
    coded = {(unit.doc, unit.key): unit for path in (REAL, DOUBT, MORE) for unit in load_gold(path)}
    given: Counter[str] = Counter()
    for line in (GOLD / "blind-statuses.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        lesson = str(int(row["lesson"][1:]))
        for place in row.get("best", []) if row["status"] != "silent" else ():
            if unit := coded.get((Path(row["file"]).stem, place.partition(":")[2])):
                given["both" if lesson in unit.labels else "one" if lesson in unit.maybe else "neither"] += 1
    words = f"of the {given.total()} quotes in", f"both coders give {given['both']} the lesson, one gives it to or"
    for said in ((GOLD / "README.md").read_text("utf-8"), (DOCS / "statuses.md").read_text("utf-8")):
        plain = " ".join(said.split())
        assert all(some in plain for some in words)
        assert f"hesitates about {given['one']}, neither {given['neither']}" in plain


def test_the_readme_says_what_reports_holds():
    units = load_gold(GOLD / "reports.jsonl")
    said = (GOLD / "README.md").read_text("utf-8")
    assert f"`reports.jsonl` holds {len(units):,} passages" in said
    labels = sum(len(unit.labels) for unit in units)
    assert f"{labels:,} labels in {sum(bool(unit.labels) for unit in units):,} passages" in said
    assert len({unit.doc for unit in units}) == 12
    assert all(unit.invented for unit in units)
    coding = compare_coders(
        read_coders([GOLD / "reports.jsonl", GOLD / "reports-second-reader.jsonl"]), load_lexicon(), resamples=20
    )
    assert f"{coding.units} of them, drawn at random from nine" in said
    assert coding.assertions
    both = coding.assertions.labels[0]
    same = round(coding.assertions.coefficients.values["percent"] * both)
    said = " ".join(said.split())
    assert f"gives F1 {coding.overall.f1:.2f}, and the same assertion for {same} of the {both} labels" in said


def test_the_readme_says_what_is_left():
    units = load_gold(REST)
    said = " ".join((GOLD / "README.md").read_text("utf-8").split())
    labels = sum(len(unit.labels) for unit in units)
    assert f"all {len(units):,} passages of seven words or more" in said
    assert f"So {labels} labels are left in {sum(bool(unit.labels) for unit in units)} passages" in said
    assert f"{sum(bool(unit.maybe) for unit in units)} passages have a `maybe`" in said
    drawn = {(unit.doc, unit.key) for path in (REAL, DOUBT, MORE) for unit in load_gold(path)}
    assert not drawn & {(unit.doc, unit.key) for unit in units}


def test_the_model_card_names_all_that_was_learned_from():
    learned = json.loads((files("chna_toolkit") / "tagging" / "model" / "model.json").read_text("utf-8"))["facts"]
    said = (DOCS / "model-card.md").read_text("utf-8")
    for one in learned["gold"]:
        row = rf"^\| `(tests/gold/)?{re.escape(one['name'])}` \| {one['texts']:,} \|"
        assert re.search(row, said, re.MULTILINE), one["name"]


def test_the_readme_counts_the_passages_in_other_words():
    rounds = Counter(unit.id[0] for unit in load_gold(GOLD / "written.jsonl"))
    said = (GOLD / "README.md").read_text("utf-8")
    assert f"`written.jsonl` holds {rounds.total():,} passages" in said
    assert f"`w…`, {rounds['w']:,}" in said
    assert f"`x…` and `y…`, {rounds['x'] + rounds['y']:,}" in said


@pytest.mark.parametrize(("gold", "readers"), [(REAL, READERS), (DOUBT, DOUBT_READERS), (MORE, MORE_READERS)])
def test_gold_is_what_both_readers_gave(gold: Path, readers: list[Path]):
    one, other = ({unit.id: unit for unit in load_gold(path)} for path in readers)
    for unit in load_gold(gold):
        assert set(unit.labels) == set(one[unit.id].labels) & set(other[unit.id].labels)
