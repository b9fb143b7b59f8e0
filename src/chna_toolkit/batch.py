"""Many inputs through a pool of workers, where the failure of one is a result like another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import TypeVar

from chna_toolkit.assess import InputChangedError, Obstacle, Plan, warm_up
from chna_toolkit.config import Settings
from chna_toolkit.errors import ChnaError, MissingDependencyError, OutputError
from chna_toolkit.inputs import Input
from chna_toolkit.model import DocumentStatus
from chna_toolkit.pool import Limits, PoolBrokenError, TaskTimeoutError, WorkerDiedError, WorkerPool

_T = TypeVar("_T")
Work = Callable[[Input, Plan], _T]
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
    tasks: dict[Future[_T], Input] = {}
    for item in inputs:
        if item.problem:
            yield item, _cannot_open(item)
        else:
            tasks[pool.submit(work, item, plan)] = item
    while tasks:
        for future in wait(tasks, timeout=_TICK, return_when=FIRST_COMPLETED).done:
            result = _result(future, settings)
            yield tasks.pop(future), result


def in_order(
    work: Work[_T], inputs: Sequence[Input], plan: Plan, settings: Settings, pool: WorkerPool
) -> Iterator[tuple[Input, _T | Obstacle]]:
    """Yield the same in the order of the inputs, holding few results at a time."""
    waiting: deque[tuple[Input, Future[_T] | None]] = deque()
    for number in range(len(inputs) + 2 * settings.workers):
        if number < len(inputs):
            item = inputs[number]
            waiting.append((item, None if item.problem else pool.submit(work, item, plan)))
        if waiting and number + 1 >= 2 * settings.workers:
            item, future = waiting.popleft()
            while future and not wait([future], timeout=_TICK).done:
                pass
            if future is None:
                yield item, _cannot_open(item)
            else:
                result = _result(future, settings)
                yield item, result


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
        return Obstacle(DocumentStatus.DAMAGED, reason, "Raise memory_mb in chna.toml.")
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
    return ChnaError(str(error), "Try fewer workers with -j, or another memory_mb in chna.toml.")
