"""Documents on the workers of a Dask cluster, through the same guarded processes as on one machine.

    this process                        scheduler              worker: a thread a document
    ClusterExecutor.submit ── item ──────────────────────────> work_on_document
           ^                    job (plan, lexicon), once each       │ guarded(…, pool)
           └────────────────── outcome <─────────────────────────────┘   └─> process, killed at its limits

A worker of Dask never opens a PDF itself: it starts a `WorkerPool` for each run, so that limits
and isolation are those of the local scan. What travels with the first document is the job: the
plan with the lexicon in it. Results go from the workers straight into the store, which all must
see. A worker that dies has its documents given to others by the scheduler, a bounded number of times.
The scheduler counts a death against every document that was on the worker, also against those that only
waited there; so one that has used up its deaths is tried again with nothing else under way, and blamed then.
"""

from __future__ import annotations

import logging
import pickle
import platform
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import current_process
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from chna_toolkit import __version__
from chna_toolkit.assess import Obstacle, Plan, warm_up
from chna_toolkit.batch import Allowance, Outcome, Work, guarded
from chna_toolkit.config import Settings
from chna_toolkit.errors import ClusterError, MissingDependencyError, UsageError
from chna_toolkit.inputs import Input
from chna_toolkit.model import DocumentStatus
from chna_toolkit.pool import WorkerPool
from chna_toolkit.storage import scrub

if TYPE_CHECKING:
    from chna_toolkit.lexicon.model import Lexicon

_T = TypeVar("_T")
_CONNECT = 30.0  # seconds to reach the scheduler
_FIRST_WORKER = 600.0  # seconds that a queue of jobs may take to start one
_TELL = 10.0  # seconds to tell the workers that a run has ended
_QUIET = 120.0  # seconds after which a worker ends the processes of a run that sends nothing more
_SAME = "Install the same version of chna-toolkit and its packages for scheduler, workers and here."


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for all documents of a run."""

    run: str  # unique
    plan: Plan
    allowance: Allowance
    lexicon: Lexicon | None  # None: no document is to be tagged
    mark: str  # file below the cache folder that shows a worker that it sees the same one; "" if it need not


class ClusterExecutor:
    """The workers of a Dask cluster. Raises `ClusterError` where it cannot be used, `MissingDependencyError`."""

    def __init__(self, address: str, plan: Plan, settings: Settings, lexicon: Lexicon | None) -> None:
        if settings.keyring:
            raise UsageError("the keyring of this machine is not on the cluster's", "Give a file with --passwords.")
        self._client = _connect(address)
        self._mark: Path | None = None
        try:
            _check_versions(self._client)
            job = self._job(plan, settings, lexicon)
            self._run = job.run
            # By its own name, so that the scheduler can make it again should the worker die that holds it.
            parcel = {"tool": __version__, "job": pickle.dumps(job)}
            self._sent = self._client.submit(_unchanged, parcel, key=f"chna-job-{job.run}", pure=False)
            self._futures = self._client.get_executor(pure=False)
            self._dispatch = Dispatch(partial(self._futures.submit, work_on_document, self._run, self._sent))
            self._wait_for_a_worker(address)
        except BaseException:
            self._leave()
            raise

    def submit(self, work: Work[_T], item: Input) -> Future[Outcome[_T]]:
        """Queue a document."""
        item = replace(item, path=item.path.absolute())
        return self._dispatch.submit(item, pickle.dumps((work, item)))

    def close(self) -> None:
        """Return when the queued documents are done; the workers end their processes."""
        self._tell_workers()
        self._leave()

    def cancel(self) -> None:
        """Take back what is queued, end what is being done."""
        self._futures.shutdown(wait=False)
        self._tell_workers()
        self._leave()

    def _wait_for_a_worker(self, address: str) -> None:
        from distributed import TimeoutError as WaitedError

        try:  # a cluster that grows with its work has seen some by now
            self._client.wait_for_workers(1, timeout=_FIRST_WORKER)
        except WaitedError:
            raise ClusterError(
                f"no worker has joined the scheduler at {scrub(address)} within {_FIRST_WORKER:g} seconds",
                "Start some with `dask worker` and that address.",
            ) from None

    def _job(self, plan: Plan, settings: Settings, lexicon: Lexicon | None) -> Job:
        run = uuid4().hex
        folder = plan.store.folder if plan.store else None
        if isinstance(folder, Path):
            plan = replace(plan, store=replace(plan.store, folder=folder.resolve())) if plan.store else plan
            self._mark = folder.resolve() / f".seen-by-{run}"
            self._mark.touch()
        return Job(run, plan, Allowance.of(settings), lexicon, self._mark.name if self._mark else "")

    def _tell_workers(self) -> None:
        def tell() -> None:
            with suppress(Exception):  # they find out by themselves
                self._client.run(end_run, self._run, on_error="ignore")

        if self._client.status != "running":  # the scheduler has gone, and the workers go after it
            return
        telling = threading.Thread(target=tell, daemon=True)
        telling.start()
        telling.join(_TELL)  # a worker that has gone could keep us waiting

    def _leave(self) -> None:
        with suppress(Exception):
            self._client.close(_TELL)
        if self._mark:
            with suppress(OSError):
                self._mark.unlink()


def _unchanged(parcel: dict[str, Any]) -> dict[str, Any]:
    return parcel


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingDependencyError(
            f"--cluster needs the package distributed: {error}", "Install it: pip install 'chna-toolkit[cluster]'."
        ) from error
    for name in [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed"]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what it means for the scan, the errors below say
    try:
        connect: Any = Client  # which has no types
        return connect(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no scheduler answers at {scrub(address)}: {scrub(str(error))}",
            "Start one with `dask scheduler`, and check host, port and firewall.",
        ) from error


def _check_versions(client: Any) -> None:
    """Compare the versions on the scheduler and on those workers that are there already."""
    found: dict[str, Any] = {}
    with suppress(PackageNotFoundError):
        found["the scheduler"] = "none"
        found["the scheduler"] = client.run_on_scheduler(version, "chna-toolkit")
    answers = client.run(version, "chna-toolkit", on_error="return")
    found |= {f"the worker {name}": "none" if isinstance(one, Exception) else one for name, one in answers.items()}
    for place, one in found.items():
        if one != __version__:
            raise MissingDependencyError(f"{place} has chna-toolkit {one}, this process {__version__}", _SAME)


@dataclass(frozen=True, slots=True)
class _Task:
    """A document on its way through the cluster."""

    item: Input
    message: bytes  # the work and the item
    outcome: Future[Outcome[Any]]


class Dispatch:
    """Sends documents, and those that died with others once more, each with nothing else under way."""

    def __init__(self, send: Callable[[bytes], Future[Any]]) -> None:
        self._send_off, self._lock = send, threading.RLock()
        self._under_way = 0
        self._alone: _Task | None = None  # the suspect that is tried
        self._suspects: deque[_Task] = deque()
        self._held: deque[_Task] = deque()  # those that came while a suspect was tried

    def submit(self, item: Input, message: bytes) -> Future[Outcome[Any]]:
        """Send a document, in its turn."""
        task = _Task(item, message, Future())
        with self._lock:
            self._held.append(task)
            self._go_on()
        return task.outcome

    def _go_on(self) -> None:
        while self._held and not self._alone:
            self._send(self._held.popleft())
        if self._suspects and not self._under_way:
            self._alone = self._suspects.popleft()
            self._send(self._alone)

    def _send(self, task: _Task) -> None:
        try:
            sent = self._send_off(task.message)
        except Exception as error:  # the run was cancelled, or the connection lost, while this waited
            task.outcome.set_exception(error)
            return
        self._under_way += 1
        sent.add_done_callback(partial(self._arrived, task))

    def _arrived(self, task: _Task, sent: Future[Any]) -> None:
        with self._lock:
            self._under_way -= 1
            was_alone, self._alone = task is self._alone, None
            if _was_killed(sent) and not was_alone:
                self._suspects.append(task)
            else:
                _settle(task, sent)
            self._go_on()


def _was_killed(sent: Future[Any]) -> bool:
    """Return whether workers died that had the task, be it for another's sake."""
    from distributed.scheduler import KilledWorker

    return not sent.cancelled() and isinstance(sent.exception(), KilledWorker)


def _settle(task: _Task, sent: Future[Any]) -> None:
    """Hand on what a task gave; tell what is the fault of one document from what is that of all."""
    from distributed.scheduler import KilledWorker

    outcome = task.outcome
    try:
        outcome.set_result(sent.result())
    except KilledWorker as error:
        reason = f"The cluster's workers died while it was read: {error.allowed_failures + 1} of them."
        hint = "If they were stopped on purpose, or ran out of memory, run the same command again."
        outcome.set_result((task.item, Obstacle(DocumentStatus.DAMAGED, reason, hint)))
    except CancelledError:
        gone = ClusterError(
            "the connection to the cluster was lost", "Start it again; what is finished is in the cache."
        )
        outcome.set_exception(gone)
    except BaseException as error:
        is_foreign = isinstance(error, (ImportError, AttributeError)) or "deserializ" in str(error)
        reason = f"the cluster cannot run what this process sends: {error}"
        outcome.set_exception(MissingDependencyError(reason, _SAME) if is_foreign else error)


# -- all below runs in a worker of Dask


def work_on_document(run: str, parcel: Mapping[str, Any], task: bytes) -> Outcome[Any]:
    """Take a document through a process of this worker. Raises `ChnaError` if none could be."""
    if parcel["tool"] != __version__:  # before anything is made of the rest, which may mean something else
        raise MissingDependencyError(f"{_here()} has chna-toolkit {__version__}, not {parcel['tool']}", _SAME)
    with _runs_lock:
        if run in _ended:  # it was cancelled while this was on its way
            raise ClusterError("the run has ended", "Run the same command again.")
        ours = _runs.setdefault(run, _Run())
    with ours.open(parcel["job"]) as (plan, allowance, pool):
        work, item = pickle.loads(task)
        return guarded(work, _seen(item), plan, allowance, pool)


def end_run(run: str) -> None:
    """End the processes of a run."""
    with _runs_lock:
        _ended.add(run)
        ended = _runs.pop(run, None)
    if ended:
        ended.end()


def _here() -> str:
    from distributed import get_worker

    return f"the worker {get_worker().address}"


def _seen(item: Input) -> Input:
    """Return the input, with a problem if this machine has no such file."""
    if item.source or item.path.is_file():
        return item
    if not item.path.parent.is_dir():
        raise UsageError(
            f"{_here()} does not see the folder {item.path.parent}",
            "Put the documents into a folder that all machines share, or into a bucket.",
        )
    return replace(item, problem=f"{_here()} does not find it")


class _Run:
    """The processes of one run on this worker, ended when it has been quiet for a while."""

    def __init__(self) -> None:
        self._lock, self._users, self._is_over = threading.Lock(), 0, False
        self._tools: tuple[Plan, Allowance, WorkerPool] | None = None
        self._timer: threading.Timer | None = None

    @contextmanager
    def open(self, job: bytes) -> Iterator[tuple[Plan, Allowance, WorkerPool]]:
        """Give what a document needs, made by the first."""
        with self._lock:
            if self._is_over:
                raise ClusterError("the run has ended", "Run the same command again.")
            self._tools = self._tools or self._start(pickle.loads(job))
            self._users += 1
            if self._timer:
                self._timer.cancel()
        try:
            yield self._tools
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._timer = threading.Timer(_QUIET, self._rest)
                    self._timer.daemon = True
                    self._timer.start()

    def end(self) -> None:
        """Kill the processes, and start none any more."""
        with self._lock:
            self._is_over = True
            if self._timer:
                self._timer.cancel()
            self._drop_tools()

    def _rest(self) -> None:
        with self._lock:
            if not self._users:  # none has come while the timer rang
                self._drop_tools()

    def _drop_tools(self) -> None:
        if self._tools:
            self._tools[2].kill()
        self._tools = None

    def _start(self, job: Job) -> tuple[Plan, Allowance, WorkerPool]:
        from distributed import get_worker

        store = job.plan.store
        if store and isinstance(store.folder, Path) and not (store.folder / job.mark).exists():
            raise UsageError(
                f"{_here()} does not see the cache folder {store.folder}",
                "Name one that all machines share with --cache-dir, or a bucket, or use --no-cache.",
            )
        plan = _with_own_ocr(job.plan)
        # Dask's nanny starts its worker as a daemon, which multiprocessing forbids to have children
        # lest they outlive it. Ours do not: they end when the pipe to their worker breaks.
        current_process()._config["daemon"] = False  # type: ignore[attr-defined]
        jobs = get_worker().state.nthreads
        pool = WorkerPool(jobs, job.allowance.limits, initializer=_warm_up, initargs=(plan, job.lexicon))
        return plan, job.allowance, pool


def _with_own_ocr(plan: Plan) -> Plan:
    """Return the plan with this machine's OCR program. Raises `MissingDependencyError` unless it reads the same."""
    if plan.ocr is None:
        return plan
    from chna_toolkit.extraction.ocr import OcrError, find_engine

    wanted = plan.ocr.engine
    remedy = "Install the same tesseract and language data on all machines, or use --ocr off."
    try:
        found = find_engine(wanted.languages)
    except OcrError as error:
        raise MissingDependencyError(f"{_here()} cannot do OCR: {error.reason}", remedy) from error
    if found.key != wanted.key:
        raise MissingDependencyError(f"{_here()} has {found.key}, not {wanted.key}", remedy)
    return replace(plan, ocr=replace(plan.ocr, engine=found))


def _warm_up(plan: Plan, lexicon: Lexicon | None) -> None:
    """Make a process ready, if it would give what the others give. Raises `MissingDependencyError`."""
    found = plan.stages.versions()
    for name, wanted in plan.versions.items():
        if found.get(name) != wanted:
            reason = f"a worker on {platform.node()} has {name} {found.get(name) or 'none'}, not {wanted}"
            raise MissingDependencyError(reason, _SAME)
    warm_up(plan, lexicon)


_runs: dict[str, _Run] = {}
_ended: set[str] = set()  # runs of which no document is taken any more
_runs_lock = threading.Lock()
