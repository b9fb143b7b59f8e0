"""A Dask cluster and an S3 server, in processes of their own on this machine's loopback."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "scan"))
from fakes import STAGES  # noqa: E402 - found by the line above, here as in worker processes

__all__ = ["STAGES"]
LEXICON = TESTS / "scan" / "lexicon"
SLOW_CHNA = TESTS / "cli" / "slow_chna.py"
AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def needs(*packages: str) -> None:
    """Skip with the reason where a package is not installed."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: pip install '.[test-cluster]'")


def until(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} took longer than {seconds} s"
        time.sleep(0.05)


@pytest.fixture
def settings_free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings but the lexicon for tests, and a cache of one's own."""
    for name in list(os.environ):
        if name.startswith("CHNA_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CHNA_LEXICON", str(LEXICON))
    monkeypatch.setenv("CHNA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("CHNA_OCR", "off")
    monkeypatch.setenv("COLUMNS", "80")


@dataclass
class Cluster:
    """A scheduler and its workers, each the leader of a process group."""

    folder: Path
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "scheduler.json"

    @property
    def address(self) -> str:
        return json.loads(self.file.read_text())["address"]

    def start(self, workers: int) -> None:
        # idle-timeout, death-timeout: nothing outlives tests that were killed
        arguments = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--idle-timeout", "180")
        self.scheduler = self._process("scheduler", *arguments, "--scheduler-file", str(self.file))
        until(lambda: self.file.exists() and self.file.read_text().strip().endswith("}"), "the scheduler's start")
        for _ in range(workers):
            self.add_worker()
        for number in range(workers):
            until(lambda log=self.folder / f"worker-{number}.log": b"Registered to" in log.read_bytes(), "a worker")

    def add_worker(self) -> None:
        arguments = ("--scheduler-file", str(self.file), "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
        name = f"worker-{len(self.workers)}"
        place = ("--local-directory", str(self.folder / name), "--death-timeout", "30")
        self.workers.append(self._process("worker", *arguments, *place, log=name))

    def _process(self, what: str, *arguments: str, log: str = "scheduler") -> subprocess.Popen[bytes]:
        environment = os.environ | AWS | {
            "PYTHONPATH": os.pathsep.join((str(TESTS / "scan"), str(TESTS / "cli"))),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",  # so that two deaths are enough for the tests
        }  # fmt: skip
        with (self.folder / f"{log}.log").open("wb") as stream:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", what, *arguments],
                stdout=stream,
                stderr=stream,
                env=environment,
                start_new_session=True,
            )

    def kill(self, number: int) -> None:
        """Kill a worker with its nanny, as when its machine fails."""
        end(self.workers[number])

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process:
                end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of three workers with a thread each."""
    needs("distributed")
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        found.start(3)
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An S3 server; its URL."""
    needs("moto", "flask", "s3fs")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    log = (tmp_path_factory.mktemp("s3") / "log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        until(lambda: process.poll() is not None or _answers(port), "the S3 server's start")
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty bucket as `s3://name`, which this process and its children can reach."""
    import fsspec

    for name, value in (AWS | {"AWS_ENDPOINT_URL": s3}).items():
        monkeypatch.setenv(name, value)
    fsspec.filesystem("s3").clear_instance_cache()
    name = f"bucket-{abs(hash(request.node.nodeid)) % 10**9}"
    fsspec.filesystem("s3", use_listings_cache=False).mkdir(name)
    yield f"s3://{name}"
    fsspec.filesystem("s3").clear_instance_cache()


def tables(out: Path) -> dict[str, bytes]:
    """The tables of a run folder."""
    return {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.suffix == ".csv"}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
