"""Many inputs through workers, where the failure of one is a result like another.

An `Executor` takes a document and gives a future of what became of it. `LocalExecutor` has a pool
of processes on this machine; that of `cluster.py` sends documents to other machines, where each
goes through such a pool as well: `guarded` is the one way of a document through its process.
"""

from __future__ import annotations

import re
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import Protocol, TypeAlias, TypeVar

from chna_toolkit.assess import FIRST, Attempt, InputChangedError, Obstacle, Plan, is_done, warm_up
from chna_toolkit.cache import Store, make_key
from chna_toolkit.codec import CodecError
from chna_toolkit.config import Settings
from chna_toolkit.errors import ChnaError, MissingDependencyError, OutputError
from chna_toolkit.extraction.watch import Loss
from chna_toolkit.inputs import Input
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.model import DocumentStatus
from chna_toolkit.pool import (
    Limits,
    LostTaskError,
    PoolBrokenError,
    TaskTimeoutError,
    TaskTooLargeError,
    WorkerDiedError,
    WorkerPool,
)

_T = TypeVar("_T")
Work: TypeAlias = Callable[[Input, Plan, Attempt], _T]
# An input, with the hash that was learnt on the way, and its result or what kept it from one.
Outcome: TypeAlias = tuple[Input, _T | Obstacle]
MAX_LOST = 2  # pages that may end attempts; after that, only what stands before the last of them is read
_AHEAD = 2  # documents that wait ready, fetched if they lie elsewhere, for a worker to be free
_TICK = 1.0  # seconds; a limit on the waiting lets Ctrl-C through on every system


class Executor(Protocol):
    """Where documents are worked on."""

    def submit(self, work: Work[_T], item: Input) -> Future[Outcome[_T]]:
        """Queue a document. The future fails only if the next document must fail in the same way."""

    def close(self) -> None:
        """Take no more; return when the queued ones are done."""

    def cancel(self) -> None:
        """End at once, whatever is being done."""


@contextmanager
def open_executor(inputs: int, plan: Plan, settings: Settings, lexicon: Lexicon | None = None) -> Iterator[Executor]:
    """Give the executor the settings ask for; nothing survives the block.

    With the plan's lexicon each worker makes a tagger before its first document.
    """
    executor: Executor
    if settings.cluster:
        from chna_toolkit.cluster import ClusterExecutor

        executor = ClusterExecutor(settings.cluster, plan, settings, lexicon)
    else:
        executor = LocalExecutor(min(settings.workers, inputs), plan, settings, lexicon)
    try:
        yield executor
        executor.close()
    except BaseException:  # Ctrl-C above all
        executor.cancel()
        raise


def as_finished(work: Work[_T], inputs: Sequence[Input], executor: Executor) -> Iterator[Outcome[_T]]:
    """Yield each input with its result, or what kept it from one, in the order they finish."""
    # A queue, for to wait on thousands of futures takes a time that grows with their number each time.
    done: SimpleQueue[Future[Outcome[_T]]] = SimpleQueue()
    for item in inputs:
        executor.submit(work, item).add_done_callback(done.put)
    for _ in inputs:
        yield _next(done).result()


def _next(queue: SimpleQueue[Future[_T]]) -> Future[_T]:
    while True:
        try:
            return queue.get(timeout=_TICK)
        except Empty:
            continue


def in_order(work: Work[_T], inputs: Sequence[Input], executor: Executor, ahead: int) -> Iterator[Outcome[_T]]:
    """Yield the same in the order of the inputs, with at most so many of them under way."""
    return tasks_in_order(((work, item) for item in inputs), executor, ahead)


def tasks_in_order(tasks: Iterable[tuple[Work[_T], Input]], executor: Executor, ahead: int) -> Iterator[Outcome[_T]]:
    """Yield the same, where each input has work of its own."""
    waiting: deque[Future[Outcome[_T]]] = deque()
    for work, item in tasks:
        waiting.append(executor.submit(work, item))
        if len(waiting) >= ahead:
            yield _wait(waiting.popleft()).result()
    while waiting:
        yield _wait(waiting.popleft()).result()


def _wait(future: Future[_T]) -> Future[_T]:
    while not wait([future], timeout=_TICK).done:
        pass
    return future


# -- one document


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one document may use up."""

    seconds: float
    memory_mb: int
    download_mb: int

    @classmethod
    def of(cls, settings: Settings) -> Allowance:
        """Return what the settings allow."""
        return cls(settings.timeout, settings.memory_mb, settings.download_mb)

    @property
    def limits(self) -> Limits:
        """The same for a pool."""
        return Limits(self.seconds, self.memory_mb)


def guarded(
    work: Work[_T], item: Input, plan: Plan, allowance: Allowance, pool: WorkerPool, stop: Event | None = None
) -> Outcome[_T]:
    """Fetch a document if it lies elsewhere, have a process of the pool work on it, and wait.

    Raises `ChnaError` if the next document must fail in the same way.
    """
    if item.source is None or item.problem:
        return item, _worked(work, item, plan, allowance, pool)
    if item.sha256 and is_done(item, plan):  # all is in the store: its bytes are not needed
        result = _worked(work, item, plan, allowance, pool)
        if not isinstance(result, Obstacle):
            return item, result
    with tempfile.TemporaryDirectory(prefix="chna-") as folder:
        fetched = _fetched(item, Path(folder) / "document.pdf", plan, allowance, stop)
        return replace(fetched, path=item.path), _worked(work, fetched, plan, allowance, pool)


def _fetched(item: Input, target: Path, plan: Plan, allowance: Allowance, stop: Event | None) -> Input:
    """Return the input with its bytes at `target`, or with the problem."""
    from chna_toolkit.fetch import Bounds, fetch

    assert item.source
    try:
        sha256, size = fetch(item.source, target, Bounds(allowance.download_mb << 20, allowance.seconds, stop))
    except OSError as error:
        return replace(item, sha256="", problem=error.strerror or str(error))
    if plan.store and item.version:
        plan.store.save("source", _source_key(item), sha256.encode())
    return replace(item, path=target, sha256=sha256, size=size)


def known_hash(item: Input, store: Store) -> str:
    """Return the hash that these bytes had when they were fetched for an earlier run; "" if they never were."""
    return (store.load("source", _source_key(item), _decode_hash) or "") if item.version else ""


def _source_key(item: Input) -> str:
    return make_key({"source": str(item.source), "version": item.version, "size": item.size})


def _decode_hash(data: bytes) -> str:
    if not re.fullmatch(rb"[0-9a-f]{64}", data):
        raise CodecError("no hash")
    return data.decode()


def _worked(work: Work[_T], item: Input, plan: Plan, allowance: Allowance, pool: WorkerPool) -> _T | Obstacle:
    """Have a process work on it, and again without the pages that ended the process."""
    if item.problem:
        return _cannot_open(item)
    attempt: Attempt | None = FIRST
    while attempt:
        future = _wait(pool.submit(work, item, plan, attempt))
        attempt = _next_attempt(future, attempt)
    return _result(future, allowance)


def _next_attempt(future: Future[_T], attempt: Attempt) -> Attempt | None:
    """Return how to try again what a page has ended, without that page; None if there is nothing more to try."""
    error = future.exception()
    if not isinstance(error, LostTaskError) or error.progress < 1 or attempt.end:
        return None
    page = error.progress
    lost = {**attempt.lost, page: _loss(error)}
    was_killed = isinstance(error, WorkerDiedError) and error.is_killed
    return Attempt(lost, page if len(lost) >= MAX_LOST else 0, attempt.is_repeatable and not was_killed)


def _loss(error: LostTaskError) -> Loss:
    if isinstance(error, TaskTimeoutError):
        return Loss.TIME
    return Loss.MEMORY if isinstance(error, TaskTooLargeError) else Loss.CRASH


def _cannot_open(item: Input) -> Obstacle:
    return Obstacle(
        DocumentStatus.DAMAGED,
        f"The file cannot be opened: {item.problem}.",
        "Check that the file is there and that you may read it.",
    )


def _result(future: Future[_T], allowance: Allowance) -> _T | Obstacle:
    """Return what a task gave, or its failure, unless the next task must fail in the same way."""
    try:
        return future.result()
    except TaskTimeoutError as error:
        return Obstacle(DocumentStatus.TIMEOUT, f"It was {error}.", "Give it more with --timeout.")
    except WorkerDiedError as error:
        hint = "Open it in a PDF program and save a copy; the other documents are not affected."
        if error.is_killed:  # by the system, when memory runs out, or by hand
            hint = "If the machine ran out of memory, run the same command again with fewer workers, such as -j 1."
        return Obstacle(DocumentStatus.DAMAGED, f"Reading it crashed: {error}.", hint)
    except MemoryError:
        reason = f"It needs more memory than the {allowance.memory_mb} MiB that a worker may use."
        return Obstacle(DocumentStatus.TOO_LARGE, reason, "Allow more with --memory.")
    except InputChangedError:
        hint = "Run the same command again."
        return Obstacle(DocumentStatus.DAMAGED, "The file changed while it was read.", hint)
    except OutputError:
        raise
    except PoolBrokenError as error:
        raise _why_broken(error) from error
    except Exception as error:
        reason = f"Internal error: {type(error).__name__}: {error}"
        hint = "This is a bug: please report it with what -v shows."
        return Obstacle(DocumentStatus.DAMAGED, reason, hint, "\n".join(getattr(error, "__notes__", ())))


def _why_broken(error: PoolBrokenError) -> ChnaError:
    """Return the error for workers that cannot start."""
    cause = error.__cause__
    if isinstance(cause, ChnaError):
        return copy(cause)  # itself would become the cause of its cause, and who follows them never end
    if isinstance(cause, ImportError):
        return MissingDependencyError(f"a package is missing: {cause}", "Run `chna doctor`.")
    return ChnaError(str(error), "Try fewer workers with -j, or allow more memory with --memory.")


# -- on this machine


class LocalExecutor:
    """Worker processes of this machine, each document brought to them by a thread of its own."""

    def __init__(self, jobs: int, plan: Plan, settings: Settings, lexicon: Lexicon | None) -> None:
        self._plan, self._allowance = plan, Allowance.of(settings)
        self._pool = WorkerPool(jobs, self._allowance.limits, initializer=warm_up, initargs=(plan, lexicon))
        self._threads = ThreadPoolExecutor(max(1, jobs) + _AHEAD, thread_name_prefix="chna-document")
        self._stop = Event()

    def submit(self, work: Work[_T], item: Input) -> Future[Outcome[_T]]:
        """Queue a document."""
        return self._threads.submit(guarded, work, item, self._plan, self._allowance, self._pool, self._stop)

    def close(self) -> None:
        """Take no more; return when the queued ones are done."""
        self._threads.shutdown()
        self._pool.shutdown()

    def cancel(self) -> None:
        """Kill the processes, stop the downloads."""
        self._stop.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.kill()
