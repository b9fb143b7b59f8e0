"""True statuses: what a file may say, and what is made of it by counting on fingers."""

from __future__ import annotations

import json
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given as each
from hypothesis import strategies as st

from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation.agreement import cohens_kappa
from chna_toolkit.evaluation.evaluating import Plan
from chna_toolkit.evaluation.gold import text_key
from chna_toolkit.evaluation.status_figures import ORDERED, evaluate_statuses, within
from chna_toolkit.evaluation.status_given import Given, GivenDocument, GivenStatus, Shown
from chna_toolkit.evaluation.statuses import RIGHT, UNCLEAR, WRONG, Reference, is_status_truth, load_truths
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.model import Status

SHA = "ab" * 32
MOU = "The county signed a memorandum of understanding with the clinic in May."
OTHER = "The hospital has a contract with the firm that wrote this report for it."
GOOD = {"file": "a.pdf", "sha256": SHA, "lesson": "L10", "status": "covered"}


def write(path: Path, *rows: dict | str) -> Path:
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in rows), "utf-8")
    return path


# -- the file


def test_a_line_says_what_is_true_of_a_lesson_in_a_document(tmp_path):
    row = GOOD | {
        "maybe": ["planned"], "best": [f"12: {MOU}"], "right": [f"3:{text_key(OTHER)}"], "wrong": ["4: no evidence"],
        "unclear": ["5: who knows"], "complete": True, "reader": "A", "note": "read twice",
    }  # fmt: skip
    [truth] = load_truths([write(tmp_path / "t.jsonl", row)])
    assert (truth.lesson, truth.status, truth.maybe) == ("10", Status.COVERED, {Status.PLANNED})
    assert truth.best == (Reference(12, quote=MOU),)
    assert truth.judged[RIGHT] == (Reference(3, key=text_key(OTHER)),)
    assert truth.is_complete
    assert truth.line.endswith("t.jsonl:1")


def test_a_table_says_the_same(tmp_path):
    row = GOOD | {"maybe": ["planned", "silent"], "best": [f"12: {MOU}", f"3:{text_key(OTHER)}"], "complete": True}
    plain = write(tmp_path / "t.jsonl", row)
    table = tmp_path / "t.csv"
    table.write_text(
        "file,sha256,lesson,status,maybe,best,complete\n"
        f'a.pdf,{SHA},L10,covered,planned;silent,"12: {MOU} | 3:{text_key(OTHER)}",yes\n'
    )
    [one], [other] = load_truths([plain]), load_truths([table])
    assert (one.status, one.maybe, one.best, one.is_complete) == (
        other.status, other.maybe, other.best, other.is_complete,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"status": "coverd"}, "'coverd' is no status: covered, planned"),
        ({"status": None}, "is no status"),
        ({"maybe": ["perhaps"]}, "'perhaps' is no status"),
        ({"lesson": ""}, "names no lesson"),
        ({"lesson": "ten"}, "'ten' is no lesson"),
        ({"file": "", "sha256": ""}, "names no document"),
        ({"sha256": "xyz"}, "'xyz' is no SHA-256"),
        ({"best": ["a quote without a page"]}, "is not written like 12: quote"),
        ({"best": ["0: no such page"]}, "is not written like 12: quote"),
        ({"best": {"12": MOU}}, "is no list"),
        ({"complete": "perhaps"}, "neither yes nor no"),
        ({"statuss": "covered"}, "unknown field 'statuss'"),
        ({"right": [f"3: {MOU}"], "wrong": [f"3: {MOU}"]}, "is judged twice"),
        ({"best": [f"3: {MOU}"], "wrong": [f"3: {MOU}"]}, "both the best evidence and wrong"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path, row, said):
    path = write(tmp_path / "t.jsonl", GOOD | {"lesson": "L01"}, "", GOOD | row)
    with pytest.raises(UsageError) as error:
        load_truths([path])
    assert error.value.message.startswith(f"{path}:3: ")
    assert said in error.value.message


def test_what_is_no_json_or_no_object_or_nothing_is_refused(tmp_path):
    for text in ("{", "[1]", ""):
        with pytest.raises(UsageError):
            load_truths([write(tmp_path / "t.jsonl", text)])


def test_a_status_is_given_once(tmp_path):
    one, other = write(tmp_path / "a.jsonl", GOOD), write(tmp_path / "b.jsonl", GOOD | {"status": "silent"})
    with pytest.raises(UsageError, match=r"b.jsonl:1: .* has a status already, at .*a.jsonl:1"):
        load_truths([one, other])


def test_a_file_of_statuses_is_told_from_one_of_passages(tmp_path):
    assert is_status_truth(write(tmp_path / "t.jsonl", GOOD))
    assert not is_status_truth(write(tmp_path / "g.jsonl", {"id": 1, "text": "x", "labels": {}}))
    (tmp_path / "g.csv").write_text("id,text,L01\n1,x,practice\n")
    assert not is_status_truth(tmp_path / "g.csv")


# -- passages


@pytest.mark.parametrize(
    ("reference", "text", "page", "fits"),
    [
        (Reference(12, quote=MOU), MOU, 12, True),
        (Reference(12, quote=MOU), MOU.upper().replace(" ", "  "), 80, True),  # the same text is the same anywhere
        (Reference(12, quote="signed a memorandum of understanding"), MOU, 12, True),
        (Reference(12, quote=f"First this. {MOU} Then that."), MOU, 13, True),
        (Reference(12, quote="signed a memorandum of understanding"), MOU, 14, False),
        (Reference(12, quote="the clinic"), MOU, 12, False),  # too little to tell a passage
        (Reference(12, quote="the clinic"), "The clinic", 12, True),
        (Reference(12, quote="…"), "!", 12, False),
        (Reference(12, key=text_key(MOU)), MOU, 12, True),
        (Reference(12, key=text_key(MOU)), MOU[:-5], 12, False),
    ],
)
def test_a_passage_is_found_by_its_words_or_their_hash(reference, text, page, fits):
    assert reference.fits(text, page) is fits


def test_what_a_reader_judged_decides_and_the_rest_is_open_unless_all_was_named(tmp_path):
    judged = {"best": [f"1: {MOU}"], "wrong": [f"2: {OTHER}"], "unclear": ["3: Perhaps this is evidence of something."]}
    for complete, rest in ((False, ""), (True, WRONG)):
        [truth] = load_truths([write(tmp_path / "t.jsonl", GOOD | judged | {"complete": complete})])
        assert truth.verdict(MOU, 1) == RIGHT
        assert truth.verdict(OTHER, 2) == WRONG
        assert truth.verdict("Perhaps this is evidence of something.", 3) == UNCLEAR
        assert truth.verdict("Another passage that nobody has judged so far.", 3) == rest


# -- figures


LEXICON = load_lexicon(Path(__file__).parents[1] / "scan" / "lexicon")


def document(file: str, **lessons: str | GivenStatus) -> GivenDocument:
    statuses = {
        name[1:].lstrip("0"): one if isinstance(one, GivenStatus) else GivenStatus(Status(one), "why", 0.9)
        for name, one in lessons.items()
    }
    return GivenDocument(file, "", statuses)


def judge(tmp_path: Path, rows: list[dict], *documents: GivenDocument, **more):
    truths = load_truths([write(tmp_path / "t.jsonl", *rows)])
    named = [GivenDocument(d.file, f"{n:064x}", d.lessons, (), d.passages) for n, d in enumerate(documents)]
    return evaluate_statuses(truths, Given("somebody", named), LEXICON, Plan(50), **more)


def row(file: str, lesson: str, status: str, **more) -> dict:
    return {"file": file, "lesson": lesson, "status": status, **more}


def test_statuses_are_right_accepted_or_wrong(tmp_path):
    rows = [
        row("a.pdf", "L05", "covered"),
        row("a.pdf", "L09", "silent", maybe=["planned"]),
        row("b.pdf", "L05", "planned"),
        row("b.pdf", "L09", "acknowledged"),
    ]
    ev = judge(tmp_path, rows, document("x/a.pdf", L05="covered", L09="planned"),
               document("b.pdf", L05="silent", L09="acknowledged"))  # fmt: skip
    assert (ev.whole.statuses, ev.whole.exact, ev.whole.accepted) == (4, 2, 3)
    assert (ev.figure("status"), ev.figure("accepted"), ev.figure("assessed")) == (0.5, 0.75, 1.0)
    assert ev.figure("decided") == 2 / 3  # the one that can be argued for is neither right nor wrong
    assert ev.figure("L05") == ev.figure("L09") == ev.figure("lesson") == 0.5
    assert ev.confusion[Status.SILENT, Status.PLANNED] == 1
    assert [one.distance for one in ev.verdicts] == [0, 2, -2, 0]
    assert ev.usual_share == 0.25
    with pytest.raises(UsageError, match="there is no figure 'micro'"):
        ev.figure("micro")


def test_a_document_that_could_not_be_assessed_says_nothing_of_its_lessons(tmp_path):
    rows = [row("a.pdf", "L05", "covered"), row("b.pdf", "L05", "covered"), row("b.pdf", "L09", "not_assessed")]
    ev = judge(tmp_path, rows, document("a.pdf", L05="covered"),
               document("b.pdf", L05="not_assessed", L09="not_assessed"))  # fmt: skip
    assert (ev.whole.statuses, ev.whole.exact) == (2, 2)  # that it cannot be assessed can be true
    assert ev.figure("assessed") == pytest.approx(2 / 3)
    assert "1 status is left out: b.pdf could not be assessed by the tool" in ev.notes


def test_documents_that_nobody_knows_are_left_out_and_named(tmp_path):
    rows = [row("a.pdf", "L05", "covered"), row("z.pdf", "L05", "covered")]
    ev = judge(tmp_path, rows, document("a.pdf", L05="covered"))
    assert ev.whole.statuses == 1
    assert "1 status is left out: nothing is known of z.pdf" in ev.notes
    with pytest.raises(UsageError, match="no status of a document"):
        judge(tmp_path, rows[1:], document("a.pdf", L05="covered"))


def test_a_hash_decides_which_document_is_meant_and_a_shared_name_names_none(tmp_path):
    twins = (document("x/a.pdf", L05="silent"), document("y/a.pdf", L05="covered"))
    with pytest.raises(UsageError):
        judge(tmp_path, [row("a.pdf", "L05", "covered")], *twins)
    assert judge(tmp_path, [row("y/a.pdf", "L05", "covered")], *twins).figure("status") == 1.0
    by_hash = row("a.pdf", "L05", "covered", sha256=f"{1:064x}")
    assert judge(tmp_path, [by_hash], *twins).figure("status") == 1.0
    both = [by_hash, row("y/a.pdf", "L05", "covered")]
    with pytest.raises(UsageError, match="is the document of"):
        judge(tmp_path, both, *twins)


def test_of_the_first_three_passages_the_judged_ones_count(tmp_path):
    texts = [MOU, OTHER, "The third passage that is shown as evidence here.", "A fourth one, which nobody looks at."]
    shown = tuple(Shown(page, text, "practice", "r", 0.9) for page, text in enumerate(texts, 1))
    rows = [
        row("a.pdf", "L05", "covered", best=[f"1: {MOU}", f"4: {texts[3]}", "9: What the tool never saw at all."],
            wrong=[f"2: {OTHER}"]),
        row("a.pdf", "L09", "silent"),
    ]  # fmt: skip
    given = document("a.pdf", L05=GivenStatus(Status.COVERED, "", 0.9, shown),
                     L09=GivenStatus(Status.SILENT, "faint", 0.3, shown))  # fmt: skip
    given = GivenDocument("a.pdf", "", given.lessons, (), tuple(enumerate(texts, 1)))
    ev = judge(tmp_path, rows, given)
    assert ev.whole.evidence == {RIGHT: 1, WRONG: 1, UNCLEAR: 0, "": 1}  # faint evidence is not shown
    assert (ev.whole.best, ev.whole.best_top, ev.whole.best_counted) == (3, 1, 2)
    assert ev.figure("evidence") == 0.5
    assert ev.figure("best") == pytest.approx(1 / 3)
    assert "1 of 3 passages that readers name as best are not in the text as it was read" in ev.notes
    assert isnan(judge(tmp_path, [rows[1]], given).figure("evidence"))


def test_an_unknown_lesson_is_refused_and_lessons_can_be_selected(tmp_path):
    given = document("a.pdf", L05="covered", L09="covered")
    with pytest.raises(UsageError, match=r"t.jsonl:1: the lexicon has no lesson 3"):
        judge(tmp_path, [row("a.pdf", "L03", "covered")], given)
    rows = [row("a.pdf", "L05", "covered"), row("a.pdf", "L09", "silent")]
    assert judge(tmp_path, rows, given, select=["L05"]).figure("status") == 1.0


def test_two_tools_are_compared_on_the_same_statuses(tmp_path):
    rows = [row(f"{name}.pdf", "L05", "covered") for name in "abc"]
    other = [GivenDocument(f"{n}.pdf", f"{k:064x}", {"5": GivenStatus(Status(s), "", 0.0)})
             for k, (n, s) in enumerate([("a", "silent"), ("b", "covered"), ("c", "not_assessed")])]  # fmt: skip
    ev = judge(tmp_path, rows, *(document(f"{n}.pdf", L05="covered") for n in "abc"), other=Given("other", other))
    assert ev.comparison
    assert ev.comparison.figures["status"][:2] == (1.0, 0.5)  # c was not assessed by the other
    assert [one.document.file for one, _ in ev.comparison.mended] == ["a.pdf"]
    assert not ev.comparison.broken


# -- coefficients


@pytest.mark.parametrize("quadratic", [False, True])
def test_kappa_is_that_of_scikit_learn(quadratic):
    metrics = pytest.importorskip("sklearn.metrics", reason="compares with scikit-learn")
    rng = np.random.default_rng(5)
    for _ in range(20):
        one, other = rng.integers(0, len(ORDERED), (2, 40))
        table = np.zeros((len(ORDERED), len(ORDERED)))
        np.add.at(table, (one, other), 1)
        expected = metrics.cohen_kappa_score(one, other, weights="quadratic" if quadratic else None)
        assert cohens_kappa(table[None], quadratic=quadratic)[0] == pytest.approx(expected)


def test_kappa_of_a_published_table():
    # Cohen 1968 gives weights of disagreement; this is the table of Fleiss, Cohen & Everitt 1969, kappa 0.429.
    table = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]], dtype=float)
    assert cohens_kappa(table[None])[0] == pytest.approx(0.429, abs=5e-4)


@each(st.integers(0, 50), st.integers(0, 50))
def test_wilson_holds_the_share(right, wrong):
    low, high = within(right, right + wrong)
    if right + wrong:
        assert 0.0 <= low <= right / (right + wrong) <= high <= 1.0
    else:
        assert isnan(low)
        assert isnan(high)
