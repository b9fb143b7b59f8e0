"""A run on a Dask cluster gives what a run on one machine gives, whatever becomes of its workers."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chna_toolkit.assess import assess
from chna_toolkit.batch import as_finished, open_executor
from chna_toolkit.config import Settings
from chna_toolkit.errors import ExitCode, MissingDependencyError, UsageError
from chna_toolkit.extraction.ocr import Engine, Ocr
from chna_toolkit.inputs import find_inputs
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.scan import make_plan, scan

from .conftest import LEXICON, SLOW_CHNA, STAGES, Cluster, needs, tables, until, write

pytestmark = pytest.mark.usefixtures("settings_free")


def chna(*arguments: object) -> subprocess.Popen[str]:
    """Start `chna` whose documents are text files."""
    command = [sys.executable, str(SLOW_CHNA), *map(str, arguments)]

    def hear_ctrl_c() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c)


def finish(process: subprocess.Popen[str], *codes: ExitCode) -> str:
    _, err = process.communicate(timeout=90)
    assert process.returncode in (codes or (ExitCode.OK,)), err
    return err


def many(folder: Path, number: int, slow: float = 0.2) -> Path:
    return write(folder, {f"{n}.pdf": f"!slow {slow}\n# Hospital {n}\nL05 L09\n" for n in range(number)})


def alone(folder: Path, tmp_path: Path, **values: object) -> dict[str, bytes]:
    """The tables of a run with one worker on one machine."""
    settings = Settings(output=tmp_path / "alone", lexicon=LEXICON, jobs=1, cache=False, ocr="off", **values)
    return tables(scan([str(folder)], settings, stages=STAGES).out)


def test_a_worker_killed_in_the_middle_changes_no_byte(cluster: Cluster, tmp_path: Path):
    folder = many(tmp_path / "pdfs", 12, 0.4)
    process = chna("scan", folder, "-o", tmp_path / "out", "--cluster", cluster.address, "-v")
    assert process.stderr
    for line in process.stderr:
        if line.startswith("[2/12]"):
            break
    cluster.kill(0)  # its document is in the middle of its 0.4 seconds, or about to begin
    finish(process)
    assert tables(tmp_path / "out") == alone(folder, tmp_path)
    cluster.add_worker()


def test_documents_hit_the_same_limits_as_on_one_machine_and_cost_themselves_only(cluster: Cluster, tmp_path: Path):
    bad = {"die": "!die\n", "hang": "!hang\n", "memory": "!memory\n", "bug": "!bug\n", "ocr": "needs_ocr\n"}
    folder = write(tmp_path / "pdfs", {f"{name}.pdf": text for name, text in bad.items()})
    many(folder, 2, 0)
    common = ("scan", folder, "--timeout", "1.5", "--memory", "900")
    finish(chna(*common, "-o", tmp_path / "out", "--cluster", cluster.address), ExitCode.PARTIAL)
    found = tables(tmp_path / "out")
    assert found == alone(folder, tmp_path, timeout=1.5, memory_mb=900)
    assert found["failures.csv"].count(b"\n") == 1 + len(bad)


def test_a_document_that_takes_its_workers_along_is_tried_elsewhere_then_failed(cluster: Cluster, tmp_path: Path):
    folder = write(tmp_path / "pdfs", {"a.pdf": "L05\n", "sink.pdf": "!sink\n", "z.pdf": "L09\n"})
    finish(chna("scan", folder, "-o", tmp_path / "out", "--cluster", cluster.address), ExitCode.PARTIAL)
    failures = (tmp_path / "out" / "failures.csv").read_text().splitlines()
    assert len(failures) == 2
    assert re.search(
        r"sink\.pdf,extract,damaged,.*workers died while it was read: 2 of them.*same command again", failures[1]
    )


def test_interrupted_runs_end_in_the_same_bytes(cluster: Cluster, tmp_path: Path):
    folder = many(tmp_path / "pdfs", 12, 0.3)
    common = ("scan", folder, "-o", tmp_path / "out", "--cluster", cluster.address, "-v")
    done = [0]
    for _ in range(2):
        process = chna(*common)
        assert process.stderr
        new = 0
        for line in process.stderr:
            new += "    new; " in line
            if new == 2:
                break
        process.send_signal(signal.SIGINT)
        assert "the same command goes on" in finish(process, ExitCode.INTERRUPTED)
        assert not (tmp_path / "out" / "run.json").exists()
        done.append(len(list((tmp_path / "cache" / "mentions").glob("*/*"))))
    assert 0 < done[1] < done[2] < 12
    err = finish(chna(*common))
    assert int(re.search(r"12 documents: (\d+) cached", err)[1]) >= done[2]
    assert tables(tmp_path / "out") == alone(folder, tmp_path)


def test_no_process_is_left_on_the_workers_after_a_run(cluster: Cluster, tmp_path: Path):
    import psutil

    finish(chna("scan", many(tmp_path / "pdfs", 3), "-o", tmp_path / "out", "--cluster", cluster.address))

    def guarded() -> list[list[str]]:
        """Command lines of the processes that the workers, children of their nannies, have started."""
        nannies = [psutil.Process(one.pid) for one in cluster.workers if one.poll() is None]
        workers = [worker for nanny in nannies for worker in nanny.children()]
        started = [one.cmdline() for worker in workers for one in worker.children()]
        return [line for line in started if "resource_tracker" not in " ".join(line)]

    until(lambda: not guarded(), "the end of the processes", 15)


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
    with open_executor(1, plan, settings, tags=True) as executor:
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
        open_executor(1, plan, settings, tags=False),
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
        open_executor(1, plan, settings, tags=False) as executor,
    ):
        list(as_finished(assess, find_inputs([str(tmp_path / "a.pdf")]), executor))


def test_a_worker_whose_ocr_would_read_otherwise_is_refused(cluster: Cluster, tmp_path: Path):
    (tmp_path / "a.pdf").write_text("x")
    settings = Settings(cluster=cluster.address, cache=False, ocr="off")
    plan = replace(make_plan(settings), ocr=Ocr(Engine("/nowhere/tesseract", "0.0.0", "eng")))
    with (
        pytest.raises(MissingDependencyError, match=r"cannot do OCR|not tesseract 0\.0\.0 eng") as caught,
        open_executor(1, plan, settings, tags=False) as executor,
    ):
        list(as_finished(assess, find_inputs([str(tmp_path / "a.pdf")]), executor))
    assert "--ocr off" in caught.value.hint


def test_no_scheduler_is_told_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    needs("distributed")
    monkeypatch.setattr("chna_toolkit.cluster._CONNECT", 1.0)
    plan, settings = make_plan(Settings(cache=False)), Settings(cluster="tcp://127.0.0.1:9")
    with (
        pytest.raises(UsageError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9") as caught,
        open_executor(1, plan, settings, tags=False),
    ):
        pass
    assert "dask scheduler" in caught.value.hint


def test_folders_that_the_workers_do_not_see_end_the_run_with_a_remedy(cluster: Cluster, tmp_path: Path):
    settings = Settings(cluster=cluster.address, cache_dir=tmp_path / "cache", ocr="off")
    write(tmp_path, {"pdfs/a.pdf": "L05\n"})
    items = find_inputs([str(tmp_path / "pdfs")])
    with (
        pytest.raises(UsageError, match="does not see the cache folder") as caught,
        open_executor(1, make_plan(settings), settings, tags=False) as executor,
    ):
        for path in (tmp_path / "cache").glob(".seen-by-*"):
            path.unlink()
        list(as_finished(assess, items, executor))
    assert "--cache-dir" in caught.value.hint
    with (
        pytest.raises(UsageError, match="does not see the folder") as caught,
        open_executor(1, make_plan(settings), settings, tags=False) as executor,
    ):
        shutil.rmtree(tmp_path / "pdfs")
        list(as_finished(assess, items, executor))
    assert "bucket" in caught.value.hint
    assert not list((tmp_path / "cache").glob(".seen-by-*"))


def test_the_run_tells_that_it_was_made_on_a_cluster(cluster: Cluster, tmp_path: Path):
    write(tmp_path, {"pdfs/a.pdf": "L05\n"})
    finish(chna("scan", tmp_path / "pdfs", "-o", tmp_path / "out", "--cluster", cluster.address))
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert run["settings"]["cluster"] == {"value": cluster.address, "origin": "argument --cluster"}
