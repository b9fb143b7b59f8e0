"""A task that dies, hangs or grows costs itself and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import CancelledError, as_completed
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

from chna_toolkit.pool import Limits, PoolBrokenError, TaskTimeoutError, WorkerDiedError, WorkerPool

from . import fakes


def test_results_come_back_from_other_processes():
    with WorkerPool(2) as pool:
        futures = [pool.submit(fakes.square, number) for number in range(20)]
        worker = pool.submit(fakes.pid)
        assert [future.result() for future in futures] == [number**2 for number in range(20)]
        assert worker.result() != os.getpid()


def test_a_worker_that_dies_costs_its_task_only():
    with WorkerPool(2) as pool:
        before = [pool.submit(fakes.square, number) for number in range(5)]
        lost = pool.submit(fakes.die)
        after = [pool.submit(fakes.square, number) for number in range(5)]
        with pytest.raises(WorkerDiedError, match="exit status 9"):
            lost.result()
        assert [future.result() for future in [*before, *after]] == [0, 1, 4, 9, 16] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="signal masks are for Unix")
def test_no_worker_hears_ctrl_c_not_even_the_first_while_it_starts():
    resource_tracker._resource_tracker._stop()  # type: ignore[attr-defined]  # as in a process that never had a pool
    with WorkerPool(1) as pool:
        assert pool.submit(fakes.blocks_interrupts).result(timeout=30)


def test_a_task_that_hangs_is_killed_at_its_limit_and_the_others_go_on():
    started = time.monotonic()
    with WorkerPool(1, Limits(seconds=0.5)) as pool:
        stuck, next_one = pool.submit(fakes.hang), pool.submit(fakes.square, 3)
        with pytest.raises(TaskTimeoutError, match=r"0\.5 s"):
            stuck.result()
        assert next_one.result() == 9
    assert time.monotonic() - started < 10


def test_memory_beyond_the_limit_is_refused_and_the_worker_replaced():
    with WorkerPool(1, Limits(memory_mb=500)) as pool:
        first = pool.submit(fakes.pid).result()
        with pytest.raises(MemoryError):
            pool.submit(fakes.grow).result()
        assert pool.submit(fakes.pid).result() != first


def test_workers_are_replaced_after_so_many_tasks():
    with WorkerPool(1, Limits(tasks=3)) as pool:
        pids = [future.result() for future in [pool.submit(fakes.pid) for _ in range(9)]]
    assert len(set(pids)) == 3


def test_an_exception_comes_back_with_the_traceback_of_the_worker():
    with WorkerPool(1) as pool, pytest.raises(ValueError, match="wrong page") as caught:
        pool.submit(fakes.fail, "wrong page").result()
    assert "in fail" in "".join(caught.value.__notes__)


def test_the_initializer_runs_once_a_worker_before_the_clock_starts(tmp_path: Path):
    with WorkerPool(2, initializer=fakes.note, initargs=(str(tmp_path),)) as pool:
        for future in as_completed([pool.submit(fakes.square, number) for number in range(10)]):
            future.result()
    assert 1 <= len(list(tmp_path.iterdir())) <= 2


@pytest.mark.parametrize(
    ("initializer", "reason"), [(fakes.break_start, "no engine"), (fakes.die_at_start, "exit status 3")]
)
def test_workers_that_cannot_start_break_the_pool_instead_of_looping(initializer, reason):
    with WorkerPool(2, initializer=initializer) as pool:
        futures = [pool.submit(fakes.square, number) for number in range(5)]
        for future in futures:
            with pytest.raises((PoolBrokenError, CancelledError), match=reason):
                future.result(timeout=30)


def test_kill_returns_at_once_and_leaves_no_process():
    pool = WorkerPool(2)
    worker = pool.submit(fakes.pid).result()
    stuck = [pool.submit(fakes.hang) for _ in range(4)]
    time.sleep(0.3)
    started = time.monotonic()
    pool.kill()
    assert time.monotonic() - started < 5
    assert all(future.done() for future in stuck)
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_a_pool_that_is_shut_down_takes_nothing_more():
    pool = WorkerPool(1)
    pool.shutdown()
    with pytest.raises(RuntimeError):
        pool.submit(fakes.square, 2)


def test_workers_use_one_thread_for_arithmetic(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    with WorkerPool(1) as pool:
        assert pool.submit(fakes.environment, "OPENBLAS_NUM_THREADS").result() == "1"


def test_a_script_needs_no_guard_and_what_a_worker_prints_stays_out_of_stdout():
    script = (
        "from tests.scan import fakes\n"
        "from chna_toolkit.pool import WorkerPool\n"
        "with WorkerPool(1) as pool:\n"
        "    pool.submit(fakes.print_noise).result()\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True, cwd=root)
    assert (done.returncode, done.stdout) == (0, "")
    assert "more noise" in done.stderr
