"""Documents, cache and output in a bucket: the same bytes, and nothing fetched or read twice."""

from __future__ import annotations

import json
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chna_toolkit.cache import Store, Usage
from chna_toolkit.config import Settings, load_settings
from chna_toolkit.errors import ExitCode, NoInputError, OutputError, UsageError
from chna_toolkit.inputs import find_inputs
from chna_toolkit.scan import ScanOutcome, Silent, scan
from chna_toolkit.storage import Url, parse_url

from .conftest import LEXICON, STAGES, Cluster, tables, write
from .test_cluster import chna, finish
from .test_cluster import run as run_in_folders

pytestmark = pytest.mark.usefixtures("settings_free")
KEY = "ab" + "0" * 62
DOCUMENTS = {
    "north/a.pdf": "# North Hospital\nWe show L05 here.\n# 2022 Community Health Needs Assessment\nand L09\n",
    "b.pdf": "# South Hospital\nnothing of use\nat all\n",
    "c.pdf": "# East Hospital\nL10\nL10 again\nmore of L05\n",
    "copy.pdf": "# South Hospital\nnothing of use\nat all\n",
    "needs.pdf": "needs_ocr\n",
    "crash.pdf": "!die\n",
}


class Counts(Silent):
    def __init__(self) -> None:
        self.total, self.done, self.cached = 0, 0, 0

    def start(self, total: int, done: int) -> None:
        self.total, self.done = total, done

    def advance(self, finding: object) -> None:
        self.cached += finding.is_cached


def files(bucket: str) -> object:
    import fsspec

    return fsspec.filesystem("s3", use_listings_cache=False)


def upload(bucket: str, names: dict[str, str]) -> None:
    for name, text in names.items():
        files(bucket).pipe_file(f"{bucket}/{name}", text.encode())


def run(paths: list[str], out: object, progress: Silent | None = None, **values: object) -> ScanOutcome:
    defaults = {"lexicon": LEXICON, "jobs": 2, "ocr": "off", "timeout": 5.0, "memory_mb": 2000}
    given = {name: str(value) if name in ("output", "cache_dir") else value for name, value in values.items()}
    settings = load_settings({"output": str(out), **defaults, **given}, environment={}, folder=Path("/"))
    return scan(paths, settings, progress, stages=STAGES)


def downloaded(bucket: str, out: str, folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    for name in files(bucket).ls(f"{bucket}/{out}", detail=False):
        (folder / name.rpartition("/")[2]).write_bytes(files(bucket).cat_file(name))
    return tables(folder)


# -- the cache


def test_a_bucket_holds_entries_as_a_folder_does(bucket: str):
    store = Store(parse_url(f"{bucket}/cache"))
    store.prepare()
    assert not store.has("text", KEY)
    assert store.load("text", KEY, bytes.decode) is None
    store.save("text", KEY, b"page one")
    store.save("text", KEY, b"page 1")
    assert store.has("text", KEY)
    assert store.load("text", KEY, bytes.decode) == "page 1"
    assert store.usage() == [Usage("text", 1, 6), Usage("mentions", 0, 0), Usage("scores", 0, 0), Usage("source", 0, 0)]
    upload(bucket, {"cache/text/ab/thesis.docx": "mine"})
    assert store.clear() == 1
    assert files(bucket).cat_file(f"{bucket}/cache/text/ab/thesis.docx") == b"mine"


def test_several_writers_of_an_entry_leave_one_of_them_whole(bucket: str, tmp_path: Path):
    values = [bytes([number]) * 100_000 for number in range(8)]
    for store in (Store(parse_url(f"{bucket}/cache")), Store(tmp_path / "cache")):
        with ThreadPoolExecutor(8) as writers:
            list(writers.map(lambda data, store=store: store.save("text", KEY, data), values))
        assert store.load("text", KEY, lambda data: data) in values
        assert store.usage()[0] == Usage("text", 1, 100_000)


def test_a_bucket_that_is_not_there_is_an_error_before_any_work(bucket: str):
    nowhere = parse_url("s3://no-such-bucket-here/cache")
    with pytest.raises(
        OutputError, match="the cache folder s3://no-such-bucket-here/cache cannot be written"
    ) as caught:
        Store(nowhere).prepare()
    assert "--cache-dir" in caught.value.hint
    with pytest.raises(UsageError, match="s3://no-such-bucket-here"):
        find_inputs(["s3://no-such-bucket-here/pdfs"])
    upload(bucket, {"pdfs/a.pdf": "L05\n"})
    with pytest.raises(OutputError, match="cannot write to s3://no-such-bucket-here/out"):
        run([f"{bucket}/pdfs"], "s3://no-such-bucket-here/out", cache=False)


# -- documents


def test_names_are_those_of_a_folder(bucket: str):
    upload(bucket, DOCUMENTS | {".hidden.pdf": "x", "old/.git/d.pdf": "x", "notes.txt": "x", "A B?.PDF": "x"})

    def shown(*arguments: str) -> list[str]:
        return [item.file for item in find_inputs([f"{bucket}{argument}" for argument in arguments])]

    assert shown("/") == sorted(["A B?.PDF", *DOCUMENTS])
    assert shown("/north") == shown("/north/") == ["a.pdf"]
    assert shown("/notes.txt") == ["notes.txt"]
    assert shown("/c*.pdf") == ["c.pdf", "copy.pdf", "crash.pdf"]
    assert shown("/n*") == ["needs.pdf", "north/a.pdf", "notes.txt"]
    assert shown("/", "/north/a.pdf") == shown("/north/a.pdf", "/")
    with pytest.raises(UsageError, match="no such object or folder"):
        shown("/nowhere")
    upload(bucket, {"empty/readme.txt": "x"})
    with pytest.raises(NoInputError):
        shown("/empty")


def test_from_bucket_to_bucket_the_bytes_are_those_of_a_local_run(bucket: str, tmp_path: Path):
    local = run_in_folders(write(tmp_path / "pdfs", DOCUMENTS), tmp_path / "alone")
    upload(bucket, {f"pdfs/{name}": text for name, text in DOCUMENTS.items()})
    first = Counts()
    outcome = run([f"{bucket}/pdfs"], f"{bucket}/out", first, cache_dir=f"{bucket}/cache")
    assert (outcome.exit_code, str(outcome.out)) == (ExitCode.PARTIAL, f"{bucket}/out")
    assert downloaded(bucket, "out", tmp_path / "first") == local
    manifest = json.loads((tmp_path / "first" / "run.json").read_text())
    assert [one["file"] for one in manifest["inputs"]] == sorted(DOCUMENTS)
    assert manifest["inputs"][-1]["link"] == "../pdfs/north/a.pdf"
    assert {len(one["sha256"]) for one in manifest["inputs"]} == {64}
    assert (tmp_path / "first" / "index.html").stat().st_size > 10_000
    # A second run takes all but the crash from the cache, and so fetches nothing else.
    second = Counts()
    run([f"{bucket}/pdfs"], f"{bucket}/out", second, cache_dir=f"{bucket}/cache")
    assert (first.done, second.done, second.cached) == (0, 5, 5)
    # New bytes under an old name are another document.
    upload(bucket, {"pdfs/c.pdf": "L09\n"})
    third = Counts()
    run([f"{bucket}/pdfs"], f"{bucket}/out", third, cache_dir=f"{bucket}/cache")
    assert third.done == 4


def test_what_is_in_the_cache_is_not_fetched_again_unless_damaged(bucket: str, monkeypatch: pytest.MonkeyPatch):
    import chna_toolkit.fetch

    fetched: list[str] = []
    fetch = chna_toolkit.fetch.fetch
    monkeypatch.setattr("chna_toolkit.fetch.fetch", lambda url, *rest: (fetched.append(str(url)), fetch(url, *rest))[1])
    upload(bucket, {"pdfs/a.pdf": "L05\n", "pdfs/b.pdf": "L09\n"})
    for number, wanted in enumerate((2, 0)):
        fetched.clear()
        run([f"{bucket}/pdfs"], f"{bucket}/out{number}", cache_dir=f"{bucket}/cache")
        assert len(fetched) == wanted
    for name in files(bucket).find(f"{bucket}/cache/text"):
        files(bucket).pipe_file(name, b"rubbish")
    outcome = run([f"{bucket}/pdfs"], f"{bucket}/out2", cache_dir=f"{bucket}/cache")
    assert len(fetched) == 2
    assert outcome.exit_code is ExitCode.OK


def test_an_output_with_other_files_is_refused_and_a_run_is_whole_when_it_has_a_manifest(bucket: str):
    upload(bucket, {"pdfs/a.pdf": "L05\n", "thesis/chapter.docx": "mine"})
    with pytest.raises(OutputError, match="holds other files"):
        run([f"{bucket}/pdfs"], f"{bucket}/thesis", cache=False)
    outcome = run([f"{bucket}/pdfs"], f"{bucket}/out", cache=False)
    names = {name.rpartition("/")[2] for name in files(bucket).ls(f"{bucket}/out", detail=False)}
    assert {"run.json", "index.html", "mentions.csv"} <= names
    assert not any(name.startswith(".") for name in names)
    times = {name: files(bucket).info(f"{bucket}/out/{name}")["LastModified"] for name in names}
    assert times["run.json"] == max(times.values())
    run([f"{bucket}/pdfs"], outcome.out, cache=False)  # a former run of ours is taken without asking


# -- all together


def test_interrupted_runs_on_a_cluster_with_a_bucket_end_in_the_bytes_of_a_local_run(
    bucket: str, s3: str, tmp_path: Path
):
    documents = {f"{n}.pdf": f"!slow 0.3\n# Hospital {n}\nL05 L09\n" for n in range(9)}
    upload(bucket, {f"pdfs/{name}": text for name, text in documents.items()})
    cluster = Cluster(tmp_path)  # of its own, for its workers must know where S3 is
    try:
        cluster.start(2)
        common = ("scan", f"{bucket}/pdfs", "-o", f"{bucket}/out", "--cache", f"{bucket}/cache", "-v")
        command = (*common, "--cluster", cluster.address)
        process = chna(*command)
        assert process.stderr
        for line in process.stderr:
            if line.startswith("[2/9]"):
                break
        cluster.kill(0)
        for line in process.stderr:
            if line.startswith("[4/9]"):
                break
        process.send_signal(signal.SIGINT)
        finish(process, ExitCode.INTERRUPTED)
        assert not files(bucket).exists(f"{bucket}/out/run.json")
        err = finish(chna(*command))
        assert int(re.search(r"9 documents: (\d+) cached", err)[1]) >= 3
    finally:
        cluster.stop()
    assert downloaded(bucket, "out", tmp_path / "fetched") == run_in_folders(
        write(tmp_path / "pdfs", documents), tmp_path / "alone"
    )


def test_the_cache_is_shown_and_cleared_wherever_it_is(bucket: str):
    store = Store(parse_url(f"{bucket}/cache"))
    store.save("text", KEY, b"x")
    assert "1 entries deleted" in finish(chna("cache", "clear", "--cache", f"{bucket}/cache"))
    assert not store.has("text", KEY)


def test_settings_take_a_bucket_where_it_makes_sense_and_tell_where_not():
    settings = load_settings({"output": "s3://b/out", "cache_dir": "gs://b/cache"}, environment={}, folder=Path("/"))
    assert (settings.output, settings.cache_dir) == (Url("s3://b/out"), Url("gs://b/cache"))
    for name, value, reason in (
        ("output", "https://example.org/out", "must be a path or a bucket"),
        ("hospitals", "s3://b/hospitals.csv", "must be a path on this machine"),
        ("cluster", "localhost:8786", "must be the address of a Dask scheduler"),
    ):
        with pytest.raises(UsageError, match=reason):
            load_settings({name: value}, environment={}, folder=Path("/"))
    with pytest.raises(UsageError, match="unknown scheme 'ftp'"):
        load_settings({"output": "ftp://b/out"}, environment={}, folder=Path("/"))
    assert Settings().cluster == ""
