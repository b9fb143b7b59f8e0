"""A run on a Dask cluster gives what a run on one machine gives, whatever becomes of its workers."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from chna_toolkit import __version__
from chna_toolkit.assess import Finding, Obstacle, assess, read
from chna_toolkit.batch import as_finished, open_executor
from chna_toolkit.cluster import Dispatch, end_run, work_on_document
from chna_toolkit.config import Settings
from chna_toolkit.errors import ClusterError, ExitCode, MissingDependencyError, UsageError
from chna_toolkit.extraction.ocr import Engine, Ocr
from chna_toolkit.inputs import Input, find_inputs
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.scan import Silent, make_plan, scan

from .conftest import LEXICON, SLOW_CHNA, STAGES, Cluster, end, needs, tables, until, write

pytestmark = pytest.mark.usefixtures("settings_free")


def chna(*arguments: object) -> subprocess.Popen[str]:
    """Start `chna` whose documents are text files."""
    command = [sys.executable, str(SLOW_CHNA), *map(str, arguments)]

    def hear_ctrl_c() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c)


def finish(process: subprocess.Popen[str], *codes: ExitCode) -> str:
    _, err = process.communicate(timeout=120)
    assert process.returncode in (codes or (ExitCode.OK,)), err
    return err


class After(Silent):
    """Does something when so many documents have been worked on."""

    def __init__(self, number: int, act: Callable[[], object]) -> None:
        self.left, self.act, self.cached, self.total = number, act, 0, 0

    def advance(self, finding: Finding) -> None:
        self.total += 1
        self.cached += finding.is_cached
        self.left -= not finding.is_cached
        if not finding.is_cached and not self.left:
            self.act()


def run(folder: Path, out: Path, progress: Silent | None = None, **values: object) -> dict[str, bytes]:
    """The tables of a scan."""
    settings = Settings(output=out, **{"lexicon": LEXICON, "jobs": 1, "ocr": "off", "cache": False} | values)
    return tables(scan([str(folder)], settings, progress, stages=STAGES).out)


def outcomes(folder: Path, settings: Settings) -> dict[str, Finding | Obstacle]:
    """What becomes of each document, without what differs from run to run."""
    plan = make_plan(settings, "hash", ("L05", "L09"), stages=STAGES)
    with open_executor(2, plan, settings, load_lexicon(LEXICON)) as executor:
        found = dict(as_finished(assess, find_inputs([str(folder)]), executor))
    return {
        item.file: one if isinstance(one, Obstacle) else replace(one, seconds={}, costs={})
        for item, one in found.items()
    }


def many(folder: Path, number: int, slow: float = 0.2) -> Path:
    return write(folder, {f"{n}.pdf": f"!slow {slow}\n# Hospital {n}\nL05 L09\n" for n in range(number)})


def test_a_worker_killed_in_the_middle_changes_no_byte(cluster: Cluster, tmp_path: Path):
    folder = many(tmp_path / "pdfs", 12, 0.4)
    killer = After(2, lambda: cluster.kill(0))  # its document is in the middle of its 0.4 seconds, or about to begin
    found = run(folder, tmp_path / "out", killer, cluster=cluster.address)
    assert killer.total == 12
    assert cluster.workers[0].poll() is not None
    assert found == run(folder, tmp_path / "alone")
    manifest = json.loads((tmp_path / "out" / "run.json").read_text())
    assert manifest["settings"]["cluster"]["value"] == cluster.address
    cluster.add_worker()


def test_documents_hit_the_same_limits_as_on_one_machine_and_cost_themselves_only(cluster: Cluster, tmp_path: Path):
    bad = {"die": "!die\n", "hang": "!hang\n", "memory": "!memory\n", "bug": "!bug\n", "ocr": "needs_ocr\n"}
    folder = write(tmp_path / "pdfs", {f"{name}.pdf": text for name, text in bad.items()})
    many(folder, 2, 0)
    settings = Settings(timeout=1.5, memory_mb=900, cache=False, jobs=2, ocr="off")
    alone = outcomes(folder, settings)
    assert sum(isinstance(one, Obstacle) for one in alone.values()) == 4
    found = outcomes(folder, replace(settings, cluster=cluster.address))
    bug = found["bug.pdf"]
    assert isinstance(bug, Obstacle)
    assert "odd page" in bug.details  # the traceback, which tells of other lines
    assert {**found, "bug.pdf": replace(bug, details="")} == {
        **alone,
        "bug.pdf": replace(alone["bug.pdf"], details=""),
    }


def test_a_document_that_takes_its_workers_along_is_failed_and_no_other_is(cluster: Cluster, tmp_path: Path):
    # More documents than the cluster has threads: some wait on a worker that dies, and are counted dead with it.
    names = [f"{number}.pdf" for number in range(9)]
    folder = write(tmp_path / "pdfs", {"4-sink.pdf": "!sink\n"} | {name: f"!slow 0.2\nL05 {name}\n" for name in names})
    found = outcomes(folder, Settings(cluster=cluster.address, cache=False, ocr="off"))
    sunk = found.pop("4-sink.pdf")
    assert isinstance(sunk, Obstacle)
    assert (sunk.status, "workers died while it was read: 2 of them" in sunk.reason) == ("damaged", True)
    assert "same command again" in sunk.hint
    assert {name: one.assessed.document.status for name, one in found.items()} == dict.fromkeys(names, "ok")


def test_what_died_with_others_is_blamed_only_when_it_dies_alone():
    needs("distributed")
    from distributed.scheduler import KilledWorker

    sent: dict[int, tuple[str, Future[object]]] = {}  # by the order of sending

    def send(message: bytes) -> Future[object]:
        sent[len(sent)] = (message.decode(), Future())
        return sent[len(sent) - 1][1]

    def names() -> str:
        return "".join(name for name, _ in sent.values())

    dispatch = Dispatch(send)
    a, b, c = (dispatch.submit(Input(Path(name), name, "", 0), name.encode()) for name in "abc")
    died = KilledWorker("task", None, 1)
    sent[0][1].set_exception(died)
    sent[1][1].set_exception(died)
    assert names() == "abc"  # c is still under way
    sent[2][1].set_result("fine")
    assert (c.result(), names()) == ("fine", "abca")
    d = dispatch.submit(Input(Path("d"), "d", "", 0), b"d")
    assert names() == "abca"
    sent[3][1].set_result("innocent")
    assert (a.result(), names()) == ("innocent", "abcad")
    sent[4][1].set_result("fine")
    assert (d.result(), names()) == ("fine", "abcadb")
    sent[5][1].set_exception(died)
    assert isinstance(b.result()[1], Obstacle)


def test_any_number_of_interrupted_runs_ends_in_the_same_bytes(cluster: Cluster, tmp_path: Path):
    folder = many(tmp_path / "pdfs", 10, 0.2)

    def interrupt() -> None:
        raise KeyboardInterrupt

    here = {"cluster": cluster.address, "cache": True, "cache_dir": tmp_path / "cache"}
    done = [0]
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            run(folder, tmp_path / "out", After(2, interrupt), **here)
        assert not (tmp_path / "out" / "run.json").exists()
        done.append(len(list((tmp_path / "cache" / "mentions").glob("*/*"))))
    assert sorted(set(done)) == done  # each run got on
    assert done[-1] < 10
    last = After(0, interrupt)
    found = run(folder, tmp_path / "out", last, **here)
    assert 10 > last.cached >= done[-1]
    assert found == run(folder, tmp_path / "alone")


def test_a_document_that_comes_after_the_end_of_its_run_starts_nothing():
    run = "cancelled-while-it-was-sent"
    end_run(run)
    with pytest.raises(ClusterError, match="has ended"):
        work_on_document(run, {"tool": __version__, "job": b"not even read"}, b"nor this")


def test_no_process_is_left_on_the_workers_after_a_run(cluster: Cluster, tmp_path: Path):
    import psutil

    def guarded() -> list[list[str]]:
        """Command lines of the processes that the workers, children of their nannies, have started."""
        nannies = [psutil.Process(one.pid) for one in cluster.workers if one.poll() is None]
        workers = [worker for nanny in nannies for worker in nanny.children()]
        started = [one.cmdline() for worker in workers for one in worker.children()]
        return [line for line in started if "resource_tracker" not in " ".join(line)]

    folder, settings = many(tmp_path / "pdfs", 3), Settings(cluster=cluster.address, cache=False, ocr="off")
    with open_executor(3, make_plan(settings, stages=STAGES), settings) as executor:
        list(as_finished(read, find_inputs([str(folder)]), executor))
        assert guarded()
    until(lambda: not guarded(), "the end of the processes", 60)


def test_the_lexicon_travels_with_the_run(cluster: Cluster, tmp_path: Path):
    from reportlab.pdfgen.canvas import Canvas

    page = Canvas(str(tmp_path / "a.pdf"))
    page.drawString(72, 700, "The hospital has a lead agency for food.")
    page.save()
    lexicon = tmp_path / "lexicon"
    shutil.copytree(LEXICON, lexicon)
    settings = Settings(lexicon=lexicon, cluster=cluster.address, cache=False, ocr="off", method="rules")
    loaded = load_lexicon(lexicon)
    plan = make_plan(settings, loaded.hash, tuple(one.id for one in loaded.lessons))
    with open_executor(1, plan, settings, loaded) as executor:
        shutil.rmtree(lexicon)  # as on another machine
        [(_, finding)] = as_finished(assess, find_inputs([str(tmp_path / "a.pdf")]), executor)
    assert finding.assessed.document.status == "ok"
    assert finding.assessed.mentions


@pytest.mark.parametrize("tool", ["0.0.1", "9.0"])
def test_another_version_is_refused_with_a_remedy(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tool: str):
    monkeypatch.setattr("chna_toolkit.cluster.__version__", tool)
    plan, settings = make_plan(Settings(cache=False)), Settings(cluster=cluster.address)
    with (
        pytest.raises(MissingDependencyError, match=rf"scheduler has chna-toolkit .*, this process {tool}") as caught,
        open_executor(1, plan, settings),
    ):
        pass
    assert "same version" in caught.value.hint


def test_a_worker_that_joins_later_with_another_version_or_library_is_refused(cluster: Cluster, tmp_path: Path):
    from distributed import Client

    from chna_toolkit.cluster import work_on_document

    with Client(cluster.address, set_as_default=False) as client:
        late = client.submit(work_on_document, "run", {"tool": "0.0.1", "job": b"?"}, b"?")
        with pytest.raises(MissingDependencyError, match=r"the worker tcp://.* not 0\.0\.1"):
            late.result(timeout=30)
    (tmp_path / "a.pdf").write_text("x")
    settings = Settings(cluster=cluster.address, cache=False)
    plan = make_plan(settings)
    plan = replace(plan, versions={**plan.versions, "pypdfium2": "1.0"})
    with (
        pytest.raises(MissingDependencyError, match=r"has pypdfium2 \d\S+, not 1\.0"),
        open_executor(1, plan, settings) as executor,
    ):
        list(as_finished(assess, find_inputs([str(tmp_path / "a.pdf")]), executor))


def test_a_worker_whose_ocr_would_read_otherwise_is_refused(cluster: Cluster, tmp_path: Path):
    (tmp_path / "a.pdf").write_text("x")
    settings = Settings(cluster=cluster.address, cache=False, ocr="off")
    plan = replace(make_plan(settings), ocr=Ocr(Engine("/nowhere/tesseract", "0.0.0", "eng")))
    with (
        pytest.raises(MissingDependencyError, match=r"cannot do OCR|not tesseract 0\.0\.0 eng") as caught,
        open_executor(1, plan, settings) as executor,
    ):
        list(as_finished(assess, find_inputs([str(tmp_path / "a.pdf")]), executor))
    assert "--ocr off" in caught.value.hint


def test_no_scheduler_is_told_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    needs("distributed")
    monkeypatch.setattr("chna_toolkit.cluster._CONNECT", 1.0)
    plan, settings = make_plan(Settings(cache=False)), Settings(cluster="tcp://127.0.0.1:9")
    with (
        pytest.raises(ClusterError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9") as caught,
        open_executor(1, plan, settings),
    ):
        pass
    assert "dask scheduler" in caught.value.hint


def test_folders_that_the_workers_do_not_see_end_the_run_with_a_remedy(cluster: Cluster, tmp_path: Path):
    settings = Settings(cluster=cluster.address, cache_dir=tmp_path / "cache", ocr="off")
    write(tmp_path, {"pdfs/a.pdf": "L05\n"})
    items = find_inputs([str(tmp_path / "pdfs")])
    with (
        pytest.raises(UsageError, match="does not see the cache folder") as caught,
        open_executor(1, make_plan(settings), settings) as executor,
    ):
        for path in (tmp_path / "cache").glob(".seen-by-*"):
            path.unlink()
        list(as_finished(assess, items, executor))
    assert "--cache-dir" in caught.value.hint
    with (
        pytest.raises(UsageError, match="does not see the folder") as caught,
        open_executor(1, make_plan(settings), settings) as executor,
    ):
        shutil.rmtree(tmp_path / "pdfs")
        list(as_finished(assess, items, executor))
    assert "bucket" in caught.value.hint
    assert not list((tmp_path / "cache").glob(".seen-by-*"))


def test_a_scheduler_that_goes_away_ends_the_run_and_what_is_finished_is_kept(
    tmp_path: Path,
):
    needs("distributed")
    import dask

    short = Cluster(tmp_path)
    try:
        short.start(1)
        folder = many(tmp_path / "pdfs", 6, 0.3)
        here = {"cluster": short.address, "cache": True, "cache_dir": tmp_path / "cache"}
        with (
            dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
            pytest.raises(ClusterError, match="the connection to the cluster was lost") as caught,
        ):
            run(folder, tmp_path / "out", After(2, lambda: end(short.scheduler)), **here)
    finally:
        short.stop()
    assert caught.value.exit_code is ExitCode.MISSING_DEPENDENCY
    assert len(list((tmp_path / "cache" / "mentions").glob("*/*"))) >= 2
