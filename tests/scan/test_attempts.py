"""A page that ends its process costs itself: the document is tried again without it."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from chna_toolkit.assess import FIRST, Attempt, Plan, Reading, Stages, assess, failed, is_done, read
from chna_toolkit.batch import as_finished, in_order, open_executor
from chna_toolkit.cache import Store
from chna_toolkit.config import Settings
from chna_toolkit.extraction.quality import judge_reading
from chna_toolkit.extraction.watch import Loss, Watch
from chna_toolkit.inputs import Input
from chna_toolkit.model import Document, Page, PageStatus
from chna_toolkit.pool import Limits, TaskTimeoutError, TaskTooLargeError, WorkerDiedError, WorkerPool, tell_progress
from chna_toolkit.scan import make_plan

from . import fakes

# -- a document is a list of words, a page each: "fine", or what the process meets there


def read_words(item: Input, plan: Plan, watch: Watch) -> Document:
    data = item.path.read_bytes()
    words = data.decode().split()
    actions = {
        "die": fakes.die,
        "killed": fakes.be_killed,
        "hang": fakes.hang,
        "grow": grow,
        "full": fakes.run_out_of_memory,
    }
    pages = []
    for number, word in enumerate(words, 1):
        is_read = watch.may_read(number)
        if is_read and word in actions:
            actions[word]()
        if is_read and word == "slow":
            time.sleep(1)
        status = PageStatus.OK if is_read else PageStatus.ERROR
        pages.append(
            Page(number, "", 612.0, 792.0, status, f"words of page {number}" if is_read else "", 100 * is_read)
        )
    watch.has_read_pages()
    if words[-1] == "end":
        fakes.hang()
    warnings: set[str] = set()
    status, reason, hint = judge_reading([page.status for page in pages], watch.lost, len(pages), warnings)
    return Document(
        hashlib.sha256(data).hexdigest(), status, reason, hint, tuple(pages), (), {}, tuple(sorted(warnings))
    )


def grow() -> None:
    kept = []
    while True:
        kept.append(b"x" * (10 << 20))
        time.sleep(0.01)


STAGES = Stages(fakes.versions, read_words, fakes.make_tagger)
LIMITS = Settings(jobs=1, timeout=3.0, memory_mb=300, cache=False)


def item_of(tmp_path: Path, words: str) -> Input:
    path = tmp_path / "words.pdf"
    path.write_text(words)
    return Input(path, path.name, hashlib.sha256(words.encode()).hexdigest(), len(words))


def outcome(tmp_path: Path, words: str, settings: Settings = LIMITS) -> Document:
    plan = make_plan(settings, stages=STAGES)
    with open_executor(1, plan, settings) as executor:
        ((item, result),) = in_order(read, [item_of(tmp_path, words)], executor, 2)
    return result.document if isinstance(result, Reading) else result.document(item)


@pytest.mark.parametrize(
    ("words", "pages", "status", "reason"),
    [
        ("fine die fine", "1 3", "partial", "2 of 3 pages were read: the rest crashes the reader."),
        ("fine killed fine", "1 3", "partial", "2 of 3 pages were read: the rest crashes the reader."),
        ("fine hang fine", "1 3", "partial", "2 of 3 pages were read: the time limit ran out."),
        ("fine grow fine", "1 3", "partial", "2 of 3 pages were read: the rest needs more memory than allowed."),
        ("fine full fine", "1 3", "partial", "2 of 3 pages were read: the rest needs more memory than allowed."),
        ("fine die fine full fine fine", "1 3", "partial", "2 of 6 pages were read: the rest needs more memory"),
        ("fine slow slow slow fine", "1 2 3", "partial", "3 of 5 pages were read: the time limit ran out."),
        ("die", "", "damaged", "0 of 1 pages were read: the rest crashes the reader."),
        ("hang", "", "timeout", "0 of 1 pages were read: the time limit ran out."),
        ("full", "", "too_large", "0 of 1 pages were read: the rest needs more memory than allowed."),
        ("fine end", "", "timeout", "It was not finished within 3 s."),
        ("fine fine", "1 2", "ok", ""),
    ],
)
def test_what_can_be_read_is_kept_and_the_reason_told(tmp_path, words, pages, status, reason):
    document = outcome(tmp_path, words)
    assert " ".join(str(page.number) for page in document.pages if page.text) == pages
    assert (document.status, document.reason.startswith(reason)) == (status, True), document.reason
    assert bool(document.hint) == (status != "ok")


def test_a_document_that_dies_everywhere_is_tried_three_times_and_no_more(tmp_path):
    document = outcome(tmp_path, " ".join(["fine", "fine", *["die"] * 40]))
    assert [page.number for page in document.pages if page.text] == [1, 2]
    assert document.reason.startswith("2 of 42 pages")


def test_other_documents_are_not_held_up(tmp_path):
    items = []
    for number, words in enumerate(["fine hang", "fine die", "fine", "fine fine"]):
        (tmp_path / str(number)).mkdir()
        items.append(item_of(tmp_path / str(number), words))
    plan = make_plan(LIMITS, stages=STAGES)
    with open_executor(4, plan, LIMITS) as executor:
        results = list(as_finished(read, items, executor))
    assert len(results) == 4
    assert all(isinstance(result, Reading) for _, result in results)


# -- what limits left of a document is not taken for the whole


def scan_plan(tmp_path: Path, **more: object) -> Plan:
    plan = make_plan(Settings(jobs=1, cache_dir=tmp_path / "cache", **more), "hash", ("L05",), stages=STAGES)
    assert isinstance(plan.store, Store)
    return plan


def test_a_document_cut_by_a_limit_is_remembered_for_this_limit_only(tmp_path):
    item = item_of(tmp_path, "fine fine fine")
    short, long = scan_plan(tmp_path, timeout=1.0), scan_plan(tmp_path, timeout=9.0)
    larger = scan_plan(tmp_path, timeout=1.0, memory_mb=9999)
    cut = assess(item, short, Attempt({2: Loss.TIME}))
    assert cut.assessed.document.status == "partial"
    assert cut.assessed.document.warnings == ("cut_by_time",)
    again = assess(item, short)
    assert again.assessed == cut.assessed
    assert is_done(item, short)
    assert not is_done(item, long)
    assert not is_done(item, larger)
    assert assess(item, long).assessed.document.status == "ok"
    assert assess(item, short).assessed.document.status == "ok"  # the whole is better, and it is there


def test_what_the_system_ended_is_tried_anew_the_next_time(tmp_path):
    item, plan = item_of(tmp_path, "fine fine fine"), scan_plan(tmp_path)
    cut = assess(item, plan, Attempt({2: Loss.CRASH}, is_repeatable=False))
    assert cut.assessed.document.status == "partial"
    assert not is_done(item, plan)


def test_a_failure_of_memory_is_kept_under_its_limit(tmp_path):
    item, plan = item_of(tmp_path, "full"), scan_plan(tmp_path)
    from chna_toolkit.assess import Obstacle
    from chna_toolkit.model import DocumentStatus

    failed(item, plan, Obstacle(DocumentStatus.TOO_LARGE, "It is.", "Allow more."))
    assert is_done(item, plan)
    assert not is_done(item, scan_plan(tmp_path, memory_mb=9999))


def test_costs_are_told_by_stage(tmp_path):
    finding = assess(item_of(tmp_path, "fine"), scan_plan(tmp_path), FIRST)
    assert {"tagging", "scoring"} <= set(finding.costs)
    assert all(seconds >= 0 for seconds in finding.costs.values())


# -- the pool tells how far a task was


def be_ready() -> None:
    """Have a worker import this module before any clock runs."""


def step_and(how: str, steps: int) -> None:
    for step in range(1, steps + 1):
        tell_progress(step)
    {"die": fakes.die, "abort": os.abort, "hang": fakes.hang, "full": fakes.run_out_of_memory, "grow": grow}[how]()


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("die", WorkerDiedError),
        ("abort", TaskTooLargeError),
        ("hang", TaskTimeoutError),
        ("full", TaskTooLargeError),
        ("grow", TaskTooLargeError),
    ],
)
def test_a_lost_task_tells_its_progress(how, error):
    limits = Limits(seconds=3.0 if how == "hang" else 30.0, memory_mb=300)
    with WorkerPool(1, limits, initializer=be_ready) as pool:
        for steps in (7, 0):  # the next task does not inherit it
            with pytest.raises(error) as caught:
                pool.submit(step_and, how, steps).result()
            assert caught.value.progress == (steps or -1)


def test_half_the_time_is_enough_for_a_step_that_is_told_of():
    with WorkerPool(1, Limits(seconds=6.0), initializer=be_ready) as pool:
        started = time.monotonic()
        with pytest.raises(TaskTimeoutError, match="one step within 3 s"):
            pool.submit(step_and, "hang", 1).result()
        assert time.monotonic() - started < 5.9


def test_progress_told_elsewhere_than_in_a_worker_is_told_to_nobody():
    tell_progress(3)
