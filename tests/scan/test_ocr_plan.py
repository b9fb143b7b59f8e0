"""OCR in a scan: what is asked for must be there, its time is its own, the cache keeps apart what it decides."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from chna_toolkit.assess import Plan, Stages, is_done, read
from chna_toolkit.cache import Store
from chna_toolkit.config import Settings, load_settings
from chna_toolkit.doctor import examine
from chna_toolkit.errors import ExitCode, MissingDependencyError, UsageError
from chna_toolkit.extraction.ocr import Engine, Ocr
from chna_toolkit.inputs import find_inputs
from chna_toolkit.model import Document, DocumentStatus, Page, PageStatus
from chna_toolkit.pool import Limits, TaskTimeoutError, WorkerPool
from chna_toolkit.scan import Silent, make_plan
from chna_toolkit.scoring import DEFAULT_THRESHOLDS

from . import fakes

AUTO = Ocr(Engine("/bin/tesseract", "5.3.0", "eng", "12345678"))
OTHERS = [
    None,
    Ocr(AUTO.engine, always=True),
    Ocr(Engine("/bin/tesseract", "5.4.0", "eng", "12345678")),
    Ocr(Engine("/bin/tesseract", "5.3.0", "eng+spa", "12345678")),
    Ocr(Engine("/bin/tesseract", "5.3.0", "eng", "87654321")),
]


@pytest.fixture
def plan(tmp_path: Path):
    """`plan(ocr)` with a reader that takes a file named `scan` for pictures and notes what it reads."""
    calls: list[str] = []

    def fake(item, plan, watch) -> Document:
        calls.append(item.file)
        status, warnings = PageStatus.OK, ()
        if item.file.startswith("scan"):
            status = PageStatus.OCR if plan.ocr else PageStatus.IMAGE_ONLY
            warnings = ("ocr_failed",) if "fails" in item.file else ()
        page = Page(1, "", 612, 792, status, f"read by {plan.ocr}", 3)
        return Document(
            hashlib.sha256(item.path.read_bytes()).hexdigest(), DocumentStatus.OK, "", "", (page,), warnings=warnings
        )

    def make(ocr: Ocr | None) -> Plan:
        stages = Stages(dict, fake, fakes.make_tagger)
        versions = {"extractor": "1", "tagger": "1"}
        store = Store(tmp_path / "cache")
        return Plan(store, None, "", (), DEFAULT_THRESHOLDS, "auto", 9.0, versions, stages, ocr=ocr)

    make.calls = calls
    return make


@pytest.fixture
def item(tmp_path: Path):
    def make(name: str):
        path = tmp_path / name
        path.write_text(name)
        return find_inputs([str(path)])[0]

    return make


def test_a_text_without_pictures_is_read_once_whatever_ocr_there_is(plan, item) -> None:
    digital = item("digital.pdf")
    for ocr in (None, AUTO, OTHERS[2], AUTO):
        read(digital, plan(ocr))
    assert len(plan.calls) == 1


@pytest.mark.parametrize("other", OTHERS)
def test_a_scan_is_read_anew_when_ocr_would_read_it_otherwise(plan, item, other: Ocr | None) -> None:
    scan = item("scan.pdf")
    for ocr in (AUTO, other, AUTO, other):
        assert read(scan, plan(ocr)).document.pages[0].text == f"read by {ocr}"
    assert len(plan.calls) == 2


def test_reading_all_pages_by_ocr_does_not_take_what_was_read_without(plan, item) -> None:
    digital = item("digital.pdf")
    read(digital, plan(AUTO))
    assert read(digital, plan(OTHERS[1])).document.pages[0].text == f"read by {OTHERS[1]}"
    assert read(digital, plan(AUTO)).document.pages[0].text == f"read by {AUTO}"


def test_where_ocr_failed_it_is_tried_again(plan, item) -> None:
    scan = item("scan-fails.pdf")
    for _ in range(2):
        read(scan, plan(AUTO))
    assert len(plan.calls) == 2


def test_a_scan_counts_as_done_only_for_the_ocr_that_read_it(plan, item) -> None:
    scan = item("scan.pdf")
    with_ocr, without = plan(AUTO), plan(None)
    with_ocr.store.save("mentions", with_ocr.mentions_key(read(scan, without).key), b"")
    assert is_done(scan, without)
    assert not is_done(scan, with_ocr)


# -- time


def test_time_that_was_allowed_is_not_counted() -> None:
    with WorkerPool(1, Limits(seconds=1.0)) as pool:
        assert pool.submit(fakes.take_more_time, 30.0, 2.0).result() == 2


def test_time_that_was_given_back_is_gone() -> None:
    started = time.monotonic()
    with WorkerPool(1, Limits(seconds=1.0)) as pool:
        with pytest.raises(TaskTimeoutError):
            pool.submit(fakes.take_more_time_and_hang, 300.0).result()
        assert pool.submit(fakes.square, 3).result() == 9
    assert time.monotonic() - started < 60


# -- settings


def test_without_the_program_scans_go_on_unless_ocr_was_asked_for(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert make_plan(Settings(cache=False)).ocr is None
    assert make_plan(Settings(cache=False, ocr="off", ocr_language="spa")).ocr is None
    for asked in (Settings(cache=False, ocr="force"), Settings(cache=False, ocr_language="spa")):
        with pytest.raises(MissingDependencyError, match="tesseract is not installed") as raised:
            make_plan(asked)
        assert "apt install tesseract-ocr" in raised.value.hint
        assert raised.value.exit_code is ExitCode.MISSING_DEPENDENCY


def test_a_program_that_does_not_run_is_warned_of(tmp_path: Path, monkeypatch) -> None:
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\nexit 7\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    check = next(one for one in examine(Settings(cache=False)) if one.name == "tesseract")
    assert not check.ok
    assert "exit status 7" in check.detail
    progress = Silent()
    said: list[str] = []
    monkeypatch.setattr(progress, "warn", said.append)
    assert make_plan(Settings(cache=False), progress=progress).ocr is None
    assert said == ["tesseract failed with exit status 7; going on without OCR"]


def test_the_doctor_names_the_remedy(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for settings, ok in ((Settings(), True), (Settings(ocr="force"), False), (Settings(ocr="off"), True)):
        check = next(one for one in examine(settings) if one.name == "tesseract")
        assert (check.ok, "apt install tesseract-ocr" in check.hint) == (ok, True)


def test_the_plan_knows_what_reads(tesseract: Engine) -> None:
    assert make_plan(Settings(cache=False)).ocr == Ocr(tesseract)
    assert make_plan(Settings(cache=False, ocr="force")).ocr == Ocr(tesseract, always=True)


def test_ocr_can_be_set_in_the_file_and_the_environment(tmp_path: Path) -> None:
    (tmp_path / "chna.toml").write_text('ocr = "off"\nocr_language = "eng+spa"\n')
    settings = load_settings({}, folder=tmp_path, environment={"CHNA_OCR": "force"})
    assert (settings.ocr, settings.ocr_language) == ("force", "eng+spa")


@pytest.mark.parametrize(("name", "value"), [("ocr", "yes"), ("ocr_language", "eng; rm"), ("ocr_language", "-l")])
def test_values_that_make_no_sense_are_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"{name}: must be"):
        load_settings({name: value}, folder=tmp_path, environment={})
