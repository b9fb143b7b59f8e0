"""Many inputs through a pool of workers, where the failure of one is a result like another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import TypeVar

from chna_toolkit.assess import FIRST, Attempt, InputChangedError, Obstacle, Plan, warm_up
from chna_toolkit.config import Settings
from chna_toolkit.errors import ChnaError, MissingDependencyError, OutputError
from chna_toolkit.extraction.watch import Loss
from chna_toolkit.inputs import Input
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
Work = Callable[[Input, Plan, Attempt], _T]
MAX_LOST = 2  # pages that may end attempts; after that, only what stands before the last of them is read
_TICK = 1.0  # seconds; a limit on the waiting lets Ctrl-C through on every system


@contextmanager
def open_pool(inputs: int, plan: Plan, settings: Settings, *, tags: bool) -> Iterator[WorkerPool]:
    """Give a pool for so many inputs, with a tagger in each worker if asked; nothing survives the block."""
    pool = WorkerPool(
        min(settings.workers, inputs),
        Limits(settings.timeout, settings.memory_mb),
        initializer=warm_up,
        initargs=(plan, tags),
    )
    try:
        yield pool
        pool.shutdown()
    except BaseException:  # Ctrl-C above all
        pool.kill()
        raise


def as_finished(
    work: Work[_T], inputs: Sequence[Input], plan: Plan, settings: Settings, pool: WorkerPool
) -> Iterator[tuple[Input, _T | Obstacle]]:
    """Yield each input with its result, or what kept it from one, in the order they finish."""
    tasks: dict[Future[_T], tuple[Input, Attempt]] = {}
    for item in inputs:
        if item.problem:
            yield item, _cannot_open(item)
        else:
            tasks[pool.submit(work, item, plan, FIRST)] = item, FIRST
    while tasks:
        for future in wait(tasks, timeout=_TICK, return_when=FIRST_COMPLETED).done:
            item, attempt = tasks.pop(future)
            again = _next_attempt(future, attempt)
            if again:
                tasks[pool.submit(work, item, plan, again)] = item, again
            else:
                result: _T | Obstacle = _result(future, settings)
                yield item, result


def in_order(
    work: Work[_T], inputs: Sequence[Input], plan: Plan, settings: Settings, pool: WorkerPool
) -> Iterator[tuple[Input, _T | Obstacle]]:
    """Yield the same in the order of the inputs, holding few results at a time."""
    waiting: deque[tuple[Input, Future[_T] | None]] = deque()
    for number in range(len(inputs) + 2 * settings.workers):
        if number < len(inputs):
            item = inputs[number]
            waiting.append((item, None if item.problem else pool.submit(work, item, plan, FIRST)))
        if waiting and number + 1 >= 2 * settings.workers:
            item, future = waiting.popleft()
            if future is None:
                yield item, _cannot_open(item)
            else:
                result: _T | Obstacle = _last_result(work, item, plan, settings, pool, future)
                yield item, result


def _last_result(
    work: Work[_T], item: Input, plan: Plan, settings: Settings, pool: WorkerPool, future: Future[_T]
) -> _T | Obstacle:
    """Wait for a task, and for those that try again what it lost."""
    attempt: Attempt | None = FIRST
    while attempt:
        while not wait([future], timeout=_TICK).done:
            pass
        attempt = _next_attempt(future, attempt)
        if attempt:
            future = pool.submit(work, item, plan, attempt)
    return _result(future, settings)


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


def _result(future: Future[_T], settings: Settings) -> _T | Obstacle:
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
        reason = f"It needs more memory than the {settings.memory_mb} MiB that a worker may use."
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
        return cause
    if isinstance(cause, ImportError):
        return MissingDependencyError(f"a package is missing: {cause}", "Run `chna doctor`.")
    return ChnaError(str(error), "Try fewer workers with -j, or allow more memory with --memory.")
