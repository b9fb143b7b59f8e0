"""Statuses of the invented and the real documents: what is in the files, and what the tool makes of the former.

`CHNA_UPDATE_STATUSES=1` writes `sample-statuses.jsonl` anew from `truth.toml`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from chna_toolkit.evaluation.evaluating import Plan
from chna_toolkit.evaluation.status_figures import StatusEvaluation, evaluate_statuses
from chna_toolkit.evaluation.status_given import by_keyword_list, by_tagger
from chna_toolkit.evaluation.statuses import load_truths
from chna_toolkit.extraction import ExtractionSettings, read_document
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.model import Status

GOLD = Path(__file__).parents[1] / "gold"
SAMPLES, REAL, BLIND = GOLD / "sample-statuses.jsonl", GOLD / "statuses.jsonl", GOLD / "blind-statuses.jsonl"
READERS = GOLD / "blind-statuses-reader-a.jsonl", GOLD / "blind-statuses-reader-b.jsonl"


def from_truth(folder: Path) -> str:
    """What `truth.toml` says, as a file of statuses: of the scan, what its text shows."""
    lines = []
    for document in tomllib.loads((folder / "truth.toml").read_text("utf-8"))["document"]:
        sha256 = hashlib.sha256((folder / document["file"]).read_bytes()).hexdigest()
        for lesson, status in document.get("after_ocr", document["expected"]).items():
            evidence = [f"{e['page']}: {e['quote']}" for e in document["evidence"] if e["lesson"] == lesson]
            row = {"file": document["file"], "sha256": sha256, "lesson": lesson, "status": status}
            lines.append(json.dumps(row | {"best": evidence, "complete": True}, ensure_ascii=False) + "\n")
    return "".join(lines)


def test_the_statuses_of_the_samples_are_those_of_their_truth(sample_reports):
    made = from_truth(sample_reports)
    if os.environ.get("CHNA_UPDATE_STATUSES"):
        SAMPLES.write_text(made, "utf-8")
    assert SAMPLES.read_text("utf-8") == made
    truths = load_truths([SAMPLES])
    assert len(truths) == 120
    assert Counter(truth.status for truth in truths)[Status.NOT_ASSESSED] == 0


@pytest.fixture(scope="module")
def judged(sample_reports: Path) -> tuple[StatusEvaluation, StatusEvaluation]:
    """The samples by the rules (the learned layer is no part of what is tested here) and by the keyword list."""
    from chna_toolkit.config import Settings
    from chna_toolkit.tagging import Tagger

    lexicon, settings = load_lexicon(), Settings()
    reading = ExtractionSettings(ocr=None)
    documents = [(path.name, read_document(path, reading)) for path in sorted(sample_reports.glob("*.pdf"))]
    truths = load_truths([SAMPLES])
    keywords = by_keyword_list(documents, lexicon, settings)
    given = by_tagger(documents, Tagger(lexicon), settings, "the tagger")
    return evaluate_statuses(truths, given, lexicon, Plan(100), other=keywords), evaluate_statuses(
        truths, keywords, lexicon, Plan(100)
    )


def test_the_samples_are_judged_far_better_than_by_keywords(judged):
    tagger, keywords = judged
    assert len(tagger.not_assessed) == 15  # the scan, without OCR
    assert tagger.figure("status") >= 0.75 > 0.5 > keywords.figure("status")
    assert tagger.figure("weighted") >= 0.72
    assert tagger.figure("evidence") >= 0.76
    assert tagger.figure("found") >= 0.66
    assert tagger.comparison
    low, high = tagger.comparison.figures["status"][2]
    assert 0.1 < low < high


def test_all_evidence_that_the_samples_name_is_in_their_text_as_read(judged):
    lost = [(one.document.file, str(ref)) for one in judged[0].verdicts for ref in one.lost]
    assert not lost


@pytest.mark.parametrize("path", [REAL, BLIND, *READERS], ids=lambda path: path.stem)
def test_the_statuses_of_real_documents_give_no_text_of_them_away(path):
    truths = load_truths([path])
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(truths) == 15 * len({row["sha256"] for row in rows})
    allowed = {"file", "sha256", "lesson", "status", "maybe", "best", "right", "wrong", "unclear", "reader"}
    for row in rows:
        assert row.keys() <= allowed
        for field in ("best", "right", "wrong", "unclear"):
            assert all(re.fullmatch(r"\d+:[0-9a-f]{16}", one) for one in row.get(field, []))


@pytest.mark.parametrize(("path", "prefix"), [(REAL, ""), (BLIND, "blind ")], ids=["read", "blind"])
def test_the_readme_counts_the_statuses_of_real_documents(path, prefix):
    truths = load_truths([path])
    _, _, table = (GOLD / "README.md").read_text("utf-8").partition(f"| {prefix or 'true '}status |")
    said = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \|$", table.partition("\n\n")[0], re.M)
    found = Counter(truth.status.value for truth in truths)
    arguable = Counter(truth.status.value for truth in truths if truth.maybe)
    statuses = {status: (int(one), int(maybe)) for status, one, maybe in said}
    assert statuses == {status: (found[status], arguable[status]) for status in found}


def test_what_two_blind_readers_see_alike_stands_and_the_rest_is_arguable():
    settled = {(one.sha256, one.lesson): one for one in load_truths([BLIND])}
    first, second = ({(one.sha256, one.lesson): one for one in load_truths([path])} for path in READERS)
    assert settled.keys() == first.keys() == second.keys()
    alike = 0
    for place, one in settled.items():
        said = {first[place].status, second[place].status}
        alike += len(said) == 1
        assert one.status in said
        assert {one.status, *one.maybe} == said | {*first[place].maybe, *second[place].maybe}
    assert (alike, len(settled)) == (97, 105)
    assert f"{alike} of {len(settled)} statuses are the same" in (GOLD / "README.md").read_text("utf-8")
