"""What a worker process of the pool does: task after task, within limits that it sets itself.

The pool watches it from outside (`pool.py`). A task can tell how far it is, which costs a few
hundred nanoseconds, and so need not write down anything for the case that it is lost.
"""

from __future__ import annotations

import math
import os
import pickle
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

_HEADROOM = 1.25  # times the memory limit: what a worker may ask for before it is refused
_GRACE = 30  # seconds after which the kernel ends a task that nobody is left to end
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may use up."""

    seconds: float = 120.0  # wall clock, for one task; half of it for a step that a task tells of
    memory_mb: int = 0  # of a worker, in MiB; 0: unlimited
    tasks: int = 200  # a worker is replaced after so many, so that leaks stay small


_step: Any = None  # shared with the pool


def tell_progress(step: int) -> None:
    """Tell the pool how far the task is: the number (from 1) of the step that begins, 0 for what has none.

    A task that is lost fails with the last number told. Elsewhere than in a worker it does nothing.
    """
    if _step is not None:
        _step[1] = time.monotonic()
        _step[0] = step


def allow_more(seconds: float) -> None:
    """Allow the task, and the step it is at, more time than the limit; or, below 0, take some back.

    For what cannot be known before and is limited otherwise. Elsewhere than in a worker it does nothing.
    """
    if _step is not None:
        _step[1] += seconds
        _step[2] += seconds
        if sys.platform != "win32":
            _set_alarm(max(1, signal.alarm(0) + math.ceil(seconds)))


def run_worker(pipe: Connection, setup: bytes, limits: Limits, step: Any) -> None:
    """Body of a worker: run the initializer, then answer task after task until the pipe ends."""
    global _step
    _step = step
    _prepare_process(limits)
    with suppress(EOFError, OSError):  # nobody listens any more: the pool was shut down or killed
        try:
            initializer, initargs = pickle.loads(setup)
            if initializer:
                initializer(*initargs)
            ready = pickle.dumps((True, None))
        except Exception as error:
            pipe.send_bytes(_dump_error(error))
            return
        pipe.send_bytes(ready)
        while True:
            payload = pipe.recv_bytes()
            _set_alarm(int(limits.seconds) + _GRACE)
            answer = _run(payload)
            _set_alarm(0)
            pipe.send_bytes(answer)


def _run(payload: bytes) -> bytes:
    try:
        fn, args, kwargs = pickle.loads(payload)
        return pickle.dumps((True, fn(*args, **kwargs)))
    except Exception as error:
        return _dump_error(error)


def _dump_error(error: Exception) -> bytes:
    """Return the exception as a message, with its traceback as a note; one that cannot travel, as text."""
    trace = traceback.format_exc()
    try:
        error.add_note(trace)
        message = pickle.dumps((False, error))
        pickle.loads(message)
    except Exception:
        substitute = RuntimeError(f"{type(error).__name__}: {error}")
        substitute.add_note(trace)
        message = pickle.dumps((False, substitute))
    return message


def _prepare_process(limits: Limits) -> None:
    for name in _ONE_THREAD:  # before numpy is imported: the processes already fill the machine
        os.environ[name] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    os.dup2(2, 1)  # stdout is data: what a library prints must not get into it
    if sys.platform == "win32":
        return
    with suppress(OSError):
        os.setpgid(0, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if limits.memory_mb:
        import resource

        # What a process asks for, not what libraries map: the pool watches what is really used, but
        # not often enough for a process that takes all there is within a moment.
        most = int(_HEADROOM * limits.memory_mb) * 2**20
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (most if hard < 0 else min(most, hard), hard))


def _set_alarm(seconds: int) -> None:
    """Have the kernel end this process, should the parent be gone that would have done so."""
    if sys.platform != "win32":
        signal.alarm(seconds)
