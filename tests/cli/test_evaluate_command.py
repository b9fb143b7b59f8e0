"""`chna evaluate`: every figure from gold that is small enough to count by hand."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from chna_toolkit.errors import ExitCode
from chna_toolkit.evaluation.gold import text_key

MOU = "The county signed a memorandum of understanding with the clinic."


def write_gold(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def gold(home: Path) -> Path:
    """Two right (one of them with the wrong assertion), one false alarm, one miss, one maybe."""
    return write_gold(
        home / "gold.jsonl",
        [
            {"id": "a", "text": MOU, "labels": {"10": "practice"}},
            {"id": "b", "text": "They have L05 now.", "labels": {"5": "plan"}, "maybe": ["10"]},
            {"id": "c", "text": "A false L09 here.", "labels": {}},
            {"id": "d", "text": "Said otherwise.", "labels": {"10": "call"}},
            {"id": "e", "text": "Perhaps L09.", "labels": {}, "maybe": ["9"]},
            {"id": "f", "text": "Nothing.", "labels": {}},
        ],
    )


def test_the_built_in_tagger_against_gold(chna, gold):
    done = chna("evaluate", gold, "--format", "json")
    assert done.code == ExitCode.OK, done.err
    found = json.loads(done.out)
    micro = found["micro"]
    assert (micro["right"], micro["false"], micro["missed"]) == (2, 1, 1)
    assert micro["precision"] == micro["recall"] == micro["f1"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["macro"]["f1"] == pytest.approx((1.0 + 0.0 + 2 / 3) / 3, abs=1e-6)  # L05, L09, L10
    assert found["assertion_accuracy"] == 0.5
    assert found["assertion_confusion"] == [
        {"gold": "plan", "given": "practice", "labels": 1},
        {"gold": "practice", "given": "practice", "labels": 1},
    ]
    assert [(one["id"], one["lesson"], one["cause"]) for one in found["false_alarms"]] == [("c", "L09", "L09.words")]
    assert [(one["id"], one["cause"]) for one in found["misses"]] == [("d", "no rule comes near")]
    low, high = micro["f1_interval"]
    assert low < micro["f1"] < high


def test_text_and_markdown_say_the_same_and_text_is_only_shown_where_wanted(chna, gold):
    text, markdown = chna("evaluate", gold).out, chna("evaluate", gold, "--format", "markdown").out
    for out in (text, markdown):
        assert "micro-F1 0.667, macro-F1 0.556, assertion accuracy 0.500" in out
        assert "A false L09 here." in out
    assert "| all (micro) | 3 | 3 | 0.67 |" in markdown
    assert "A false L09 here." not in chna("evaluate", gold, "--no-quotes").out


def test_csv_is_one_tidy_table(chna, gold):
    rows = list(csv.DictReader(io.StringIO(chna("evaluate", gold, "--format", "csv").out)))
    micro = next(row for row in rows if row["group"] == "micro")
    assert (float(micro["support"]), float(micro["f1"])) == (3.0, 0.6667)
    assert [row["name"] for row in rows if row["group"] == "lesson"] == ["L05", "L09", "L10"]
    macro = next(row for row in rows if row["group"] == "macro")
    assert (macro["support"], float(macro["f1"])) == ("", 0.5556)


def test_bars_decide_the_exit_code(chna, gold):
    assert chna("evaluate", gold, "--fail-under", "micro=0.6,L05=1", "--fail-under", "assertion=0.5").code == 0
    done = chna("evaluate", gold, "--fail-under", "micro=0.6,macro=0.9")
    assert done.code == ExitCode.CHECK_FAILED
    assert "macro is 0.556, and must reach 0.9" in done.err
    for wrong in ("micro", "micro=2", "f7=0.1"):
        assert chna("evaluate", gold, "--fail-under", wrong).code == ExitCode.USAGE


def test_junit_has_a_case_a_bar_and_cannot_pass_without_one(chna, gold):
    done = chna("evaluate", gold, "--format", "junit", "--fail-under", "micro=0.6,L09=0.5")
    assert done.code == ExitCode.CHECK_FAILED
    cases = ET.fromstring(done.out).findall(".//testcase")
    assert [(case.get("name"), case.find("failure") is not None) for case in cases] == [
        ("micro >= 0.6", False),
        ("L09 >= 0.5", True),
    ]
    assert chna("evaluate", gold, "--format", "junit").code == ExitCode.USAGE


def test_labels_that_chna_tag_wrote(chna, gold, home):
    (home / "labels.jsonl").write_text(chna("tag", gold).out)
    by_file = json.loads(chna("evaluate", gold, "--labels", "labels.jsonl", "--format", "json").out)
    by_tagger = json.loads(chna("evaluate", gold, "--format", "json").out)
    assert by_file["micro"] == by_tagger["micro"]
    assert by_file["labels_by"] == "labels.jsonl"
    (home / "some.jsonl").write_text('{"id": "a", "labels": {"10": {"assertion": "practice", "confidence": 1}}}\n')
    done = json.loads(chna("evaluate", gold, "--labels", "some.jsonl", "--format", "json").out)
    assert done["units"] == 1
    assert "5 units are left out: nothing is known of them" in done["notes"]
    (home / "odd.jsonl").write_text('{"id": "a", "labels": {"10": {"assertion": "maybe?"}}}\n')
    done = chna("evaluate", gold, "--labels", "odd.jsonl")
    assert (done.code, "odd.jsonl:1" in done.err) == (ExitCode.USAGE, True)


def test_two_taggers_compared_on_the_same_units(chna, gold, home):
    (home / "other.jsonl").write_text(
        "".join(
            json.dumps({"id": one, "labels": {lesson: {"assertion": "call"} for lesson in lessons}}) + "\n"
            for one, lessons in {"a": ["10"], "b": [], "c": [], "d": ["10"], "e": ["9"], "f": ["5"]}.items()
        )
    )
    found = json.loads(chna("evaluate", gold, "--compare", "other.jsonl", "--format", "json").out)["comparison"]
    assert found["micro_f1"]["this"] == found["micro_f1"]["other"] == pytest.approx(2 / 3, abs=1e-6)
    changed = {name: [(one["id"], one["lesson"]) for one in cases] for name, cases in found["changes"].items()}
    assert changed == {
        "found": [("b", "L05")],
        "lost": [("d", "L10")],
        "new false alarm": [("c", "L09")],
        "false alarm gone": [("f", "L05")],
    }
    assert "Compared with other.jsonl" in chna("evaluate", gold, "--compare", "other.jsonl").out


def test_a_run_is_measured_by_keyed_gold_without_its_text(chna, documents, home):
    assert chna("scan", "pdfs", "-o", "out", "-q").code == ExitCode.OK
    write_gold(
        home / "keyed.jsonl",
        [
            {"id": "1", "doc": "north", "key": text_key("L05 and more"), "page": 1, "labels": {"5": "practice"}},
            {"id": "2", "doc": "south", "key": text_key("nothing"), "page": 1, "labels": {"9": "plan"}},
            {"id": "3", "doc": "elsewhere", "key": text_key("gone"), "labels": {}},
        ],
    )
    done = chna("evaluate", "keyed.jsonl", "--labels", "out", "--format", "json")
    assert done.code == ExitCode.OK, done.err
    found = json.loads(done.out)
    assert (found["units"], found["micro"]["right"], found["micro"]["missed"]) == (2, 1, 1)
    assert found["notes"] == ["1 units are left out: nothing is known of them"]
    done = chna("evaluate", "keyed.jsonl")
    assert (done.code, "--documents" in done.err) == (ExitCode.USAGE, True)


def test_keyed_gold_finds_its_text_in_pdfs_and_text_files(chna, documents, home):
    (documents / "lines.txt").write_text("First line here.\nThe lead agency is L05. A second sentence is here.\n")
    write_gold(
        home / "keyed.jsonl",
        [
            {"id": "1", "doc": "north", "key": text_key("L05 and more"), "page": 1, "labels": {"5": "practice"}},
            {"id": "2", "doc": "south", "key": text_key("something else"), "page": 1, "labels": {"9": "plan"}},
            {"id": "3", "doc": "lines", "key": text_key("The lead agency is L05."), "page": 2, "labels": {"5": "plan"}},
        ],
    )
    done = chna("evaluate", "keyed.jsonl", "--documents", documents, "--format", "json")
    assert done.code == ExitCode.OK, done.err
    found = json.loads(done.out)
    assert (found["units"], found["micro"]["right"]) == (2, 2)
    assert found["notes"] == [
        "2 of 3 units that stand in documents were found there",
        "1 units (1 labels) are left out: not found in south",
    ]


def test_weights_of_a_sample_correct_the_figures(chna, home):
    write_gold(
        home / "gold.jsonl",
        [
            {"id": "a", "text": "L05", "labels": {"5": "practice"}, "weight": 1},
            {"id": "b", "text": "unseen", "labels": {"5": "practice"}, "weight": 9},
        ],
    )
    found = json.loads(chna("evaluate", "gold.jsonl", "--format", "json").out)
    assert found["micro"]["recall"] == 0.5
    assert found["weighted_micro"]["recall"] == 0.1
    assert "Corrected for how the sample was drawn" in chna("evaluate", "gold.jsonl").out


def test_parts_of_the_split_and_lessons_can_be_chosen(chna, gold):
    sizes = [
        json.loads(chna("evaluate", gold, "--part", part, "--format", "json").out)["units"] for part in ("read", "held")
    ]
    assert sum(sizes) <= 6
    found = json.loads(chna("evaluate", gold, "--select", "L10", "--format", "json").out)
    assert list(found["lessons"]) == ["L10"]
    assert (found["micro"]["right"], found["micro"]["missed"]) == (1, 1)
    assert chna("evaluate", gold, "--part", "most").code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"id": 1, "text": "x"}', "labels"),
        ('{"id": 1, "text": "x", "labels": {"5": "perhaps"}}', "perhaps"),
        ('{"id": 1, "labels": {}}', "text"),
        ("[]", "gold unit"),
        ("{", "not JSON"),
    ],
)
def test_a_bad_line_is_named(chna, home, line, why):
    (home / "gold.jsonl").write_text(f'{{"id": 0, "text": "y", "labels": {{}}}}\n{line}\n')
    done = chna("evaluate", "gold.jsonl")
    assert done.code == ExitCode.USAGE
    assert "gold.jsonl:2" in done.err
    assert why in done.err


def test_the_answer_is_the_same_twice(chna, gold):
    assert chna("evaluate", gold, "--format", "json").out == chna("evaluate", gold, "--format", "json").out
    other = json.loads(chna("evaluate", gold, "--seed", "3", "--format", "json").out)
    assert other["seed"] == 3


def test_nothing_is_learned_from_gold_whose_text_is_not_there(chna, documents, home):
    write_gold(home / "keyed.jsonl", [{"id": "1", "doc": "north", "key": text_key("L05 and more"), "labels": {}}])
    done = chna("train", "keyed.jsonl", "-o", "model")
    assert (done.code, "--documents" in done.err) == (ExitCode.USAGE, True)
    done = chna("train", "keyed.jsonl", "-o", "model", "--documents", documents)
    assert "1 of 1 units that stand in documents were found there" in done.err
