"""The real stages on the sample documents: the same bytes whatever the circumstances."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chna_toolkit.assess import Plan, _tagger, assess, trim
from chna_toolkit.cache import Store
from chna_toolkit.config import Settings
from chna_toolkit.errors import ExitCode
from chna_toolkit.hospitals import guess_identities
from chna_toolkit.inputs import find_inputs
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.model import Assessed
from chna_toolkit.results.tables import build_tables
from chna_toolkit.scan import scan
from chna_toolkit.scoring import DEFAULT_THRESHOLDS, score
from chna_toolkit.tagging.encoder import SentenceEncoder
from results.cross_check import problems

LEXICON = Path(__file__).parent / "lexicon"


@pytest.fixture(scope="module")
def pdfs(sample_reports: Path) -> list[str]:
    found = sorted(sample_reports.glob("*.pdf"), key=lambda path: path.stat().st_size)[:2]
    if not found:
        pytest.skip("the sample documents have not been made yet")
    return [str(path) for path in found]


def tables(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.suffix == ".csv"}


def test_the_same_bytes_for_any_workers_hash_seed_and_cache(
    pdfs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    command = [sys.executable, "-m", "chna_toolkit", "scan", *pdfs, "-o", str(tmp_path / "alone"), "-j", "1"]
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    done = subprocess.run(
        [*command, "--no-cache", "--lexicon", str(LEXICON)],
        env=environment,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode in (ExitCode.OK, ExitCode.PARTIAL), done.stderr
    monkeypatch.setenv("PYTHONHASHSEED", "2")  # of the workers
    settings = Settings(output=tmp_path / "together", lexicon=LEXICON, jobs=2, cache_dir=tmp_path / "cache")
    scan(pdfs, settings)
    run = scan(pdfs, replace(settings, output=tmp_path / "cached", jobs=1)).run
    assert run.manifest.extra["cached"] == len(pdfs)
    assert list(problems(tmp_path / "cached")) == []
    assert tables(tmp_path / "alone") == tables(tmp_path / "together") == tables(tmp_path / "cached")


def test_the_tables_of_trimmed_documents_are_those_of_whole_ones(pdfs: list[str]):
    lexicon = load_lexicon(LEXICON)
    lessons = tuple(lesson.id for lesson in lexicon.lessons)
    from chna_toolkit.extraction import read_document
    from chna_toolkit.tagging import Tagger

    tagger = Tagger(lexicon)
    whole, trimmed = [], []
    for item in find_inputs(pdfs):
        document = read_document(item.path)
        mentions = tuple(tagger.tag(document))
        results = score(document, mentions, lessons)
        rest = (mentions, results, guess_identities(document, item.file))
        whole.append(Assessed(item.file, item.size, document, *rest))
        trimmed.append(Assessed(item.file, item.size, trim(document, mentions), *rest))
    assert any(one.mentions for one in whole)
    expected = build_tables(whole, lexicon, [], DEFAULT_THRESHOLDS)
    for name, table in build_tables(trimmed, lexicon, [], DEFAULT_THRESHOLDS).items():
        assert table.equals(expected[name]), name


def test_the_encoder_does_not_read_again_because_the_lexicon_changed(
    pdfs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    read: list[int] = []
    readings = SentenceEncoder.readings
    monkeypatch.setattr(
        SentenceEncoder, "readings", lambda encoder, texts: [read.append(len(texts)), readings(encoder, texts)][1]
    )
    item = find_inputs(pdfs[-1:])[0]

    def assessed(lexicon: Path | None, store: Store | None) -> Assessed:
        _tagger.cache_clear()  # as another process
        loaded = load_lexicon(lexicon)
        lessons = tuple(lesson.id for lesson in loaded.lessons)
        return assess(
            item, Plan(store, lexicon, loaded.hash, lessons, DEFAULT_THRESHOLDS, "auto", 60.0, {"tagger": ""})
        ).assessed

    mentions = assessed(None, Store(tmp_path / "cache")).mentions
    first = sum(read)
    gone = next(one.rule for one in mentions if one.counted and not one.rule.endswith((".encoder", ".learned")))
    (tmp_path / "lexicon.toml").write_text(f'name = "Less"\nextends = "builtin"\nversion = "1"\nremove = ["{gone}"]\n')

    read.clear()
    assessed(LEXICON, Store(tmp_path / "cache"))  # of other lessons, for which there is no encoder
    assert not read
    again = assessed(tmp_path, Store(tmp_path / "cache"))
    assert sum(read) < first / 10
    read.clear()
    assert again == assessed(tmp_path, None)
    assert sum(read) > first / 2  # without a store
    assert gone not in {one.rule for one in again.mentions}


def test_one_document_is_assessed_without_a_store(pdfs: list[str]):
    lexicon = load_lexicon(LEXICON)
    lessons = tuple(lesson.id for lesson in lexicon.lessons)
    plan = Plan(None, LEXICON, lexicon.hash, lessons, DEFAULT_THRESHOLDS, "auto", 60.0, {"tagger": ""})
    finding = assess(find_inputs(pdfs[:1])[0], plan)
    assert not finding.is_cached
    assert len(finding.assessed.results) == len(lessons)
    assert set(finding.seconds) == {"load", "extract", "tag", "score"}
