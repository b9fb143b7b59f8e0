"""Worker processes that may die: an executor in which a task costs itself and nothing else.

`concurrent.futures.ProcessPoolExecutor` gives up all its work when one worker dies, and cannot
stop a task that hangs. PDFs make both happen. `WorkerPool` keeps the executor interface (so that
another executor, of a cluster for example, can take its place) and runs every task in a process
that is watched: one task at a time, a wall-clock limit, a memory limit, replaced when it dies.

    submit ──queue──> dispatcher thread ──pipe──> worker process: initializer, then task after task
       ^                     │ over a limit, or pipe closed: kill, fail that one future, replace
       └───── Future <───────┘
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import ModuleType
from typing import Any, TypeVar

from chna_toolkit.worker import Limits, allow_more, run_worker, tell_progress

_T = TypeVar("_T")
_SPAWN = multiprocessing.get_context("spawn")
_START_LIMIT = 180.0  # seconds a worker may take to import what it needs on a busy machine
_START_TRIES = 3  # workers that die one after the other before they are ready: give up
_SIGKILL = 9
_SIGABRT = 6  # how PDFium ends a process that is refused memory
STEP_SHARE = 0.5  # of a task's time that one step may take
_POLL = 0.1  # seconds between looks at workers that are busy
_NEAR_LIMIT = 0.5  # of the memory limit: a worker that held so much and died was refused more


class LostTaskError(Exception):
    """The task was not finished. `progress` is what it last told with `tell_progress`; -1 if nothing."""

    progress = -1


class WorkerDiedError(LostTaskError):
    """The process that ran the task ended in the middle of it; `is_killed` if from outside."""

    def __init__(self, message: str, is_killed: bool = False) -> None:
        super().__init__(message)
        self.is_killed = is_killed


class TaskTimeoutError(LostTaskError):
    """The task, or a step of it, took longer than allowed, and its process was killed."""


class TaskTooLargeError(LostTaskError, MemoryError):
    """The task needed more memory than allowed."""


class PoolBrokenError(Exception):
    """No worker can be started: what follows would fail in the same way."""


@dataclass(slots=True)
class _Task:
    payload: bytes  # pickled (function, args, kwargs)
    future: Future[Any]


@dataclass(slots=True, eq=False)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    deadline: float  # of the start, then of each task
    step: Any  # shared with the process: the last progress it told, when (monotonic), seconds beyond the limit
    is_ready: bool = False
    task: _Task | None = None
    done: int = 0
    used: int = 0  # bytes of memory when last looked at

    @property
    def due(self) -> float:
        """When it must be ready (monotonic), with the time that its task was allowed beyond the limit."""
        return self.deadline + float(self.step[2])


@dataclass(slots=True)
class _State:
    """What the threads share; held under `lock`."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    queue: deque[_Task] = field(default_factory=deque)
    is_closing: bool = False  # no new tasks; end when the queue is empty
    is_killed: bool = False  # end now


class WorkerPool(Executor):
    """An executor over `jobs` spawned processes, each ready after `initializer(*initargs)`.

    A future fails with `TaskTimeoutError`, `TaskTooLargeError`, `WorkerDiedError`, `PoolBrokenError`,
    or with what the function raised.
    """

    def __init__(
        self,
        jobs: int,
        limits: Limits | None = None,
        *,
        initializer: Callable[..., None] | None = None,
        initargs: tuple[object, ...] = (),
    ) -> None:
        self._jobs = max(1, jobs)
        self._limits = limits or Limits()
        self._setup = pickle.dumps((initializer, initargs))
        self._state = _State()
        self._workers: list[_Worker] = []
        self._retired: list[SpawnProcess] = []
        self._failed_starts = 0
        self._wake_reader, self._wake_writer = _SPAWN.Pipe(duplex=False)
        self._thread = threading.Thread(target=self._dispatch, name="chna-pool", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]:
        """Queue `fn(*args, **kwargs)`, which must be picklable and not be defined in the main module."""
        future: Future[_T] = Future()
        task = _Task(pickle.dumps((fn, args, kwargs)), future)
        with self._state.lock:
            if self._state.is_closing:
                raise RuntimeError("the pool is shut down")
            self._state.queue.append(task)
        self._wake()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; with `wait` return when the queued ones are done."""
        with self._state.lock:
            self._state.is_closing = True
            if cancel_futures:
                for task in self._state.queue:
                    task.future.cancel()
        self._wake()
        if wait:
            self._thread.join()

    def kill(self) -> None:
        """End all workers at once, whatever they are doing; open futures are cancelled or fail."""
        with self._state.lock:
            self._state.is_closing = self._state.is_killed = True
        self._wake()
        self._thread.join()

    def _wake(self) -> None:
        with suppress(OSError):  # the dispatcher has ended and closed it
            self._wake_writer.send_bytes(b"x")

    # -- all below runs in the dispatcher thread

    def _dispatch(self) -> None:
        reason: Exception = PoolBrokenError("the pool was stopped")
        try:
            while self._assign():
                self._listen()
                self._enforce_limits()
        except Exception as error:  # a bug here must fail the futures, not hang those who wait
            reason = (
                error if isinstance(error, PoolBrokenError) else PoolBrokenError(f"{type(error).__name__}: {error}")
            )
        finally:
            self._end(reason)

    def _assign(self) -> bool:
        """Give queued tasks to idle workers, start workers as needed; False when all is done."""
        with self._state.lock:
            queue, state = self._state.queue, self._state
            if state.is_killed:
                return False
            for worker in [w for w in self._workers if w.is_ready and w.task is None]:
                task = self._next_task()
                if task is None:
                    break
                self._hand_over(worker, task)
            waiting, starting = len(queue), sum(not worker.is_ready for worker in self._workers)
            is_done = state.is_closing and not waiting and not any(w.task for w in self._workers)
        if is_done:
            return False
        for _ in range(min(waiting - starting, self._jobs - len(self._workers))):
            self._start_worker()
        return True

    def _next_task(self) -> _Task | None:
        while self._state.queue:
            task = self._state.queue.popleft()
            if task.future.set_running_or_notify_cancel():
                return task
        return None

    def _hand_over(self, worker: _Worker, task: _Task) -> None:
        worker.task = task
        worker.deadline = time.monotonic() + self._limits.seconds
        worker.step[0], worker.step[2] = -1, 0.0
        with suppress(OSError):  # it died meanwhile: the closed pipe tells in `_listen`
            worker.pipe.send_bytes(task.payload)

    def _start_worker(self) -> None:
        ours, theirs = _SPAWN.Pipe()
        step = _SPAWN.RawArray("d", 3)
        process = _SPAWN.Process(target=run_worker, args=(theirs, self._setup, self._limits, step), daemon=True)
        with _main_module_hidden():
            _block_interrupts()  # and so in the worker, which inherits it, from its first instruction
            process.start()
        theirs.close()  # so that the pipe reads as closed when the worker dies
        self._workers.append(_Worker(process, ours, time.monotonic() + _START_LIMIT, step))

    def _listen(self) -> None:
        """Wait until a worker answers or dies, a deadline passes, or somebody wakes us."""
        deadlines = [worker.due for worker in self._workers if worker.task or not worker.is_ready]
        pause = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        if pause and any(worker.task for worker in self._workers):
            pause = min(pause, _POLL)  # for the limits that nothing else would wake us for
        ready = wait([self._wake_reader, *(worker.pipe for worker in self._workers)], pause)
        if self._wake_reader in ready:
            while self._wake_reader.poll():
                self._wake_reader.recv_bytes()
        for worker in [worker for worker in self._workers if worker.pipe in ready]:
            try:
                has_worked, value = pickle.loads(worker.pipe.recv_bytes())
            except (EOFError, OSError):
                self._on_death(worker)
            else:
                self._on_answer(worker, has_worked, value)

    def _on_answer(self, worker: _Worker, has_worked: bool, value: Any) -> None:
        task, worker.task = worker.task, None
        if task is None:  # the first message of a worker is about its initializer
            if not has_worked:
                raise PoolBrokenError(f"a worker cannot start: {type(value).__name__}: {value}") from value
            if self._is_too_large(worker):
                raise PoolBrokenError(f"a worker alone needs more than the {self._limits.memory_mb} MiB allowed")
            worker.is_ready, self._failed_starts = True, 0
            return
        worker.done += 1
        if worker.done >= self._limits.tasks or isinstance(value, MemoryError):
            self._workers.remove(worker)
            worker.pipe.close()  # it ends by itself when it reads the end of the pipe
            self._retired.append(worker.process)
        if has_worked:
            task.future.set_result(value)
        else:
            if isinstance(value, MemoryError):
                value = _lost(TaskTooLargeError(self._over_memory()), worker)
            task.future.set_exception(value)

    def _on_death(self, worker: _Worker) -> None:
        code = self._discard(worker)
        how = f"killed by signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        if worker.task:
            error: LostTaskError = WorkerDiedError(f"the worker process died ({how})")
            if code == -_SIGKILL:
                error = WorkerDiedError(f"the worker process died ({how})", is_killed=True)
            elif self._limits.memory_mb and (code == -_SIGABRT or self._is_near_limit(worker)):
                error = TaskTooLargeError(self._over_memory())
            worker.task.future.set_exception(_lost(error, worker))
        elif not worker.is_ready:
            self._failed_starts += 1
            if self._failed_starts >= _START_TRIES:
                raise PoolBrokenError(f"worker processes die while starting ({how})")

    def _enforce_limits(self) -> None:
        now = time.monotonic()
        for worker in list(self._workers):
            if worker.task:
                reason = self._over_limit(worker, now)
                if reason:
                    self._discard(worker)
                    worker.task.future.set_exception(_lost(reason, worker))
            elif not worker.is_ready and worker.deadline <= now:
                self._discard(worker)
                raise PoolBrokenError(f"a worker was not ready within {_START_LIMIT:g} seconds")

    def _over_limit(self, worker: _Worker, now: float) -> LostTaskError | None:
        seconds = self._limits.seconds
        if worker.due <= now:
            return TaskTimeoutError(f"not finished within {seconds:g} s")
        if worker.step[0] > 0 and now - worker.step[1] > STEP_SHARE * seconds:
            return TaskTimeoutError(f"not finished with one step within {STEP_SHARE * seconds:g} s")
        return TaskTooLargeError(self._over_memory()) if self._is_too_large(worker) else None

    def _is_too_large(self, worker: _Worker) -> bool:
        worker.used = _resident(worker.process.pid) if self._limits.memory_mb else 0
        return worker.used > self._limits.memory_mb * 2**20

    def _is_near_limit(self, worker: _Worker) -> bool:
        return worker.used > _NEAR_LIMIT * self._limits.memory_mb * 2**20

    def _over_memory(self) -> str:
        return f"more memory than {self._limits.memory_mb} MiB"

    def _discard(self, worker: _Worker) -> int | None:
        """Make sure that the worker is dead, forget it, and return its exit code."""
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.join(0.2)  # it may be about to end by itself, and tell why
        _kill(worker.process)
        worker.process.join()
        return worker.process.exitcode

    def _end(self, reason: Exception) -> None:
        with self._state.lock:
            self._state.is_closing = True
            open_tasks = [task for task in self._state.queue if not task.future.done()]
            self._state.queue.clear()
        is_calm = not open_tasks and not any(worker.task for worker in self._workers)
        for worker in list(self._workers):
            if worker.task:
                worker.task.future.set_exception(reason)
            worker.pipe.close()
            self._retired.append(worker.process)
        for task in open_tasks:
            if task.future.set_running_or_notify_cancel():
                task.future.set_exception(reason)
        for process in self._retired:
            if is_calm:
                process.join(2)
            _kill(process)
            process.join()
        self._wake_writer.close()
        self._wake_reader.close()


def _lost(error: LostTaskError, worker: _Worker) -> LostTaskError:
    error.progress = int(worker.step[0])
    return error


def _resident(pid: int | None) -> int:
    """Return the bytes a process holds in memory; 0 where the system does not tell (it is no Linux)."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as stream:  # noqa: PTH123 - it is no file, and read often
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


@contextmanager
def _main_module_hidden() -> Iterator[None]:
    """Keep workers from importing the program that made the pool.

    They need nothing of it, it may be slow to import, and a script without the usual
    `if __name__ == "__main__"` would start another pool in each worker.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _kill(process: SpawnProcess) -> None:
    if process.is_alive():
        if sys.platform != "win32" and process.pid:
            with suppress(OSError):  # its group: an OCR program it started goes with it
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()


def _block_interrupts() -> None:
    if sys.platform != "win32":
        # Starting it, which the first worker else does, would end the block again.
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


__all__ = [
    "Limits",
    "LostTaskError",
    "PoolBrokenError",
    "TaskTimeoutError",
    "TaskTooLargeError",
    "WorkerDiedError",
    "WorkerPool",
    "allow_more",
    "tell_progress",
]
