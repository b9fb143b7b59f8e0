"""From a folder of documents to a run folder, whatever single documents do to the workers."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chna_toolkit.assess import trim
from chna_toolkit.config import Settings
from chna_toolkit.errors import ExitCode, NoInputError, OutputError, UsageError
from chna_toolkit.inputs import Input
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.scan import ScanOutcome, Silent, scan, select_lessons

from . import fakes

LEXICON = Path(__file__).parent / "lexicon"
GOOD = {
    "north/a.pdf": "# North Hospital\nWe show L05 here.\n# 2022 Community Health Needs Assessment\nand L09\n",
    "b.pdf": "# South Hospital\nnothing of use\nat all\n",
    "c.pdf": "# East Hospital\nL10\nL10 again\nmore of L05\n",
}


class Recorder(Silent):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.total, self.done, self.files, self.warnings = 0, 0, [], []
        self.cached = 0

    def start(self, total, done):
        self.total, self.done = total, done

    def advance(self, finding):
        self.files.append(finding.assessed.file)
        self.cached += finding.is_cached

    def warn(self, message):
        self.warnings.append(message)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pdfs"
    write(root, GOOD)
    return root


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def run(tmp_path: Path, folder: Path) -> Callable[..., ScanOutcome]:
    def run(out: str = "out", progress=None, paths=None, **values) -> ScanOutcome:
        force = values.pop("force", False)
        defaults = {"jobs": 1, "timeout": 5.0, "cache_dir": tmp_path / "cache", "memory_mb": 2000, "lexicon": LEXICON}
        settings = Settings(output=tmp_path / out, **(defaults | values))
        return scan(paths or [str(folder)], settings, progress, force=force, stages=fakes.STAGES)

    return run


def rows(outcome: ScanOutcome, table: str) -> list[dict[str, str]]:
    with (outcome.out / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def tables(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.suffix == ".csv"}


def manifest(out: Path) -> dict[str, object]:
    """run.json without what may differ between runs of the same things."""
    values = json.loads((out / "run.json").read_text())
    for name in ("started", "ended", "seconds", "extra", "closing", "command"):
        values.pop(name)
    for name in ("jobs", "output", "cache", "cache_dir"):
        values["settings"].pop(name)
    return values


def test_every_document_is_accounted_for_and_every_table_written(run):
    outcome = run()
    assert outcome.exit_code is ExitCode.OK
    assert [row["file"] for row in sorted(rows(outcome, "documents"), key=lambda row: row["file"])] == sorted(GOOD)
    lessons = len(load_lexicon(LEXICON).lessons)
    assert len(rows(outcome, "lesson_results")) == lessons * len(GOOD)
    assert {path.name for path in outcome.out.iterdir()} >= {
        "documents.csv",
        "document_hospitals.csv",
        "lesson_results.csv",
        "coverage_matrix.csv",
        "gaps.csv",
        "mentions.csv",
        "failures.csv",
        "lessons.csv",
        "index.html",
        "summary.md",
        "run.json",
    }


def test_hospitals_are_guessed_and_marked_or_taken_from_the_list(run, tmp_path):
    found = {row["file"]: row for row in rows(run(), "document_hospitals")}
    assert found["north/a.pdf"]["hospital_name"] == "North Hospital"
    assert found["north/a.pdf"]["chna_year"] == "2022"
    assert found["north/a.pdf"]["identity_source"] == "guess"
    (tmp_path / "h.csv").write_text("file,ccn,name\na.pdf,010001,North\nx.pdf,,Nobody\n")
    progress = Recorder()
    found = {
        row["file"]: row for row in rows(run("named", progress, hospitals=tmp_path / "h.csv"), "document_hospitals")
    }
    assert (found["north/a.pdf"]["ccn"], found["north/a.pdf"]["identity_source"]) == ("010001", "hospitals_csv")
    assert found["b.pdf"]["identity_source"] == "guess"
    assert any("no document matches 'x.pdf'" in warning for warning in progress.warnings)
    assert any("no row for 2 documents" in warning for warning in progress.warnings)


@pytest.mark.parametrize(
    ("order", "status", "reason"),
    [
        ("!die", "damaged", "Reading it crashed"),
        ("!killed", "damaged", "killed by signal 9"),
        ("!hang", "timeout", "not finished within 1 s."),
        ("!memory", "too_large", "It needs more memory than the 2000 MiB"),
        ("!bug", "damaged", "Internal error: ValueError: odd page"),
        ("!changed", "damaged", "changed while it was read"),
        ("encrypted", "encrypted", "it is encrypted"),
        ("needs_ocr", "needs_ocr", "it is needs_ocr"),
    ],
)
def test_a_document_that_cannot_be_read_costs_itself_only(run, folder, order, status, reason):
    write(folder, {"bad.pdf": f"{order}\n"})
    outcome = run(timeout=1.0)
    assert outcome.exit_code is ExitCode.PARTIAL
    found = {row["file"]: row for row in rows(outcome, "documents")}
    assert found.pop("bad.pdf")["extraction_status"] == status
    assert {row["extraction_status"] for row in found.values()} == {"ok"}
    [failure] = rows(outcome, "failures")
    assert failure["file"] == "bad.pdf"
    assert reason in failure["message"]
    assert failure["hint"]
    statuses = {row["status"] for row in rows(outcome, "lesson_results") if row["file"] == "bad.pdf"}
    assert statuses == {"not_assessed"}


def test_the_bytes_are_the_same_for_any_number_of_workers_cached_or_fresh(run, folder, tmp_path):
    write(folder, {"bad.pdf": "damaged\n", "copy.pdf": GOOD["c.pdf"], "crash.pdf": "!die\n", "ocr.pdf": "needs_ocr\n"})
    first = run("one", jobs=1, cache=False)
    fresh = run("fresh", jobs=3)
    cached = run("cached", progress := Recorder(), jobs=2)
    assert progress.cached == 5  # all but the crash, which is tried again
    for other in (fresh, cached):
        assert tables(other.out) == tables(first.out)
        assert manifest(other.out) == manifest(first.out)
        assert (other.out / "summary.md").read_bytes().count(b"\n") > 0


def test_a_second_run_reads_nothing_again(run, folder):
    run()
    progress = Recorder()
    run("again", progress)
    assert (progress.total, progress.done, progress.cached) == (3, 3, 3)
    write(folder, {"new.pdf": "L01\n"})
    progress = Recorder()
    run("more", progress)
    assert (progress.total, progress.done, progress.cached) == (4, 3, 3)


def test_another_selection_is_tagged_again_but_not_read_again(run, folder):
    run()
    ids = [lesson.id for lesson in load_lexicon(LEXICON).lessons]
    progress = Recorder()
    outcome = run("some", progress, select=(ids[0],))
    assert progress.cached == 0
    assert {row["lesson_id"] for row in rows(outcome, "lesson_results")} == {ids[0]}
    seconds = json.loads((outcome.out / "run.json").read_text())["seconds"]
    assert "extract" not in seconds
    assert "tag" in seconds


def test_a_damaged_cache_entry_is_made_again(run, tmp_path):
    first = run()
    entries = [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and len(path.name) == 62]
    assert len(entries) == 6
    for number, path in enumerate(sorted(entries)):
        path.write_bytes(path.read_bytes()[:-5] if number % 2 else b"rubbish")
    progress = Recorder()
    assert tables(run("again", progress).out) == tables(first.out)
    assert progress.cached == 0
    progress = Recorder()
    run("third", progress)
    assert progress.cached == 3


def test_a_timeout_is_remembered_for_its_limit_only(run, folder):
    write(folder, {"slow.pdf": "!slow 1\nL05\n"})
    assert run(timeout=0.5).exit_code is ExitCode.PARTIAL
    progress = Recorder()
    assert run("same", progress, timeout=0.5).exit_code is ExitCode.PARTIAL
    assert progress.cached == 4
    assert run("longer", timeout=10.0).exit_code is ExitCode.OK


def test_what_the_tables_need_survives_trimming(run, folder):
    document = fakes.read(Input(folder / "north/a.pdf", "north/a.pdf", "", 0))
    mentions = fakes.FakeTagger(("L05",)).tag(document)
    trimmed = trim(document, mentions)
    assert trimmed.passages[1] == document.passages[1]
    assert trimmed.pages[0] == document.pages[0]
    assert trimmed.pages[1] == replace(document.pages[1], text="")
    assert (trimmed.words, trimmed.readable_pages) == (document.words, document.readable_pages)
    assert len(trimmed.passages) == len(document.passages)
    assert trimmed.passages[0] == document.passages[0]  # it stands beside what is shown
    assert not trimmed.passages[-1].text


def test_copies_are_one_document_and_both_are_listed_as_inputs(run, folder):
    write(folder, {"z.pdf": GOOD["b.pdf"]})
    outcome = run()
    assert len(rows(outcome, "documents")) == 3
    assert [row["other_files"] for row in rows(outcome, "documents") if row["file"] == "b.pdf"] == ["z.pdf"]
    inputs = json.loads((outcome.out / "run.json").read_text())["inputs"]
    assert [one["file"] for one in inputs] == ["b.pdf", "c.pdf", "north/a.pdf", "z.pdf"]
    assert inputs[0]["link"] == "../pdfs/b.pdf"
    assert len(inputs[0]["sha256"]) == 64


def test_a_file_that_cannot_be_opened_is_a_failure(run, folder):
    (folder / "gone.pdf").symlink_to(folder / "nowhere.pdf")
    outcome = run()
    assert outcome.exit_code is ExitCode.PARTIAL
    [failure] = rows(outcome, "failures")
    assert (failure["file"], failure["stage"], failure["slug"]) == ("gone.pdf", "open", "unreadable")


def test_when_nothing_can_be_used_the_failures_are_written_and_the_code_says_so(run, folder, tmp_path):
    write(tmp_path / "bad", {"a.pdf": "encrypted\n"})
    outcome = run(paths=[str(tmp_path / "bad")])
    assert outcome.exit_code is ExitCode.NO_INPUT
    assert [row["slug"] for row in rows(outcome, "failures")] == ["encrypted"]
    assert json.loads((outcome.out / "run.json").read_text())["exit_code"] == 3


def test_nothing_found_is_no_input(run, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoInputError):
        run(paths=[str(tmp_path / "empty")])


def test_a_folder_with_other_files_is_refused_unless_forced_and_nothing_of_it_is_lost(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("mine")
    with pytest.raises(OutputError):
        run()
    run(force=True)
    run()  # a former run of ours is taken without asking
    assert (tmp_path / "out" / "thesis.docx").read_text() == "mine"


def test_without_an_output_folder_nothing_is_done(folder):
    with pytest.raises(UsageError, match="no output folder"):
        scan([str(folder)], Settings(), stages=fakes.STAGES)


def test_a_cache_nobody_asked_for_that_cannot_be_written_is_a_warning(run, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    progress = Recorder()
    assert run(progress=progress, cache_dir=None).exit_code is ExitCode.OK
    assert "going on without a cache" in progress.warnings[0]
    with pytest.raises(OutputError, match="cache folder"):
        run("again", cache_dir=tmp_path / "file")


def test_lessons_are_selected_by_id_number_or_slug_in_the_order_of_the_lexicon():
    lexicon = load_lexicon(LEXICON)
    one, two = lexicon.lessons[0], lexicon.lessons[1]
    assert select_lessons(lexicon, [two.slug, str(one.number)]) == (one.id, two.id)
    assert len(select_lessons(lexicon, [])) == len(lexicon.lessons)
    with pytest.raises(UsageError, match="unknown lesson 'L99'"):
        select_lessons(lexicon, ["L99"])


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_linked_pdf_is_linked_to_where_it_was_found(run, folder, tmp_path):
    (tmp_path / "private").mkdir()
    (folder / "b.pdf").rename(tmp_path / "private" / "b.pdf")
    (folder / "b.pdf").symlink_to(tmp_path / "private" / "b.pdf")
    links = {one.file: one.link for one in run().run.manifest.inputs}
    assert links["b.pdf"].endswith(f"{folder.name}/b.pdf")
