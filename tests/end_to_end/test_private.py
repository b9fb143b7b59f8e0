"""What is shared does not tell where the scanning machine keeps its files, nor who uses it."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import sys
import zipfile
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from chna_toolkit.cli.app import main
from chna_toolkit.errors import ExitCode
from chna_toolkit.provenance import _without_folders

TESTS = Path(__file__).resolve().parents[1]
SAMPLES = TESTS.parent / "sample_reports"
USER = "zebulon-quill"  # a folder that no document speaks of
FILES = ("wagon-creek-chna-2024.pdf", "meridian-flats-chna-2024.pdf")


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def chna(home: Path, *arguments: object, fast: bool = True) -> Done:
    """Run a command as the user of that home would."""
    words = [str(argument) for argument in arguments]
    environment = {"HOME": str(home), "USERPROFILE": str(home), "CHNA_JOBS": "1", "CHNA_CACHE_DIR": str(home / "cache")}
    if fast:  # the small lexicon of the tests finds nothing in the samples, and is read at once
        environment |= {"CHNA_METHOD": "rules", "CHNA_LEXICON": str(TESTS / "scan" / "lexicon")}
    out, err = io.StringIO(), io.StringIO()
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, environment))
        stack.enter_context(mock.patch.object(sys, "argv", ["chna", *words]))
        stack.enter_context(chdir(home))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        try:
            main(words)
        except SystemExit as ended:
            return Done(int(ended.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("a command ends with an exit code")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a user with two PDFs, one that is broken, and a link that leads nowhere."""
    home = tmp_path_factory.mktemp("homes") / USER
    (home / "pdfs").mkdir(parents=True)
    for name in FILES:
        shutil.copy(SAMPLES / name, home / "pdfs" / name)
    (home / "pdfs" / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    (home / "pdfs" / "gone.pdf").symlink_to(home / "nowhere.pdf")
    shutil.copy(SAMPLES / "hospitals.csv", home / "hospitals.csv")
    return home


def scan(home: Path, out: Path, *more: str, fast: bool = True) -> Done:
    options = ("--hospitals", home / "hospitals.csv", "--ocr", "off", f"--config={home / 'chna.toml'}")
    (home / "chna.toml").write_text('passwords = "secrets.txt"\n')
    (home / "secrets.txt").write_text("pass\n")
    done = chna(home, "scan", home / "pdfs", "-o", out, *options, *more, fast=fast)
    assert done.returncode == ExitCode.PARTIAL, done.stderr
    return done


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder by name, what is packed unpacked."""
    found: dict[str, bytes] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found[path.name] = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found |= {f"{path.name}/{name}": archive.read(name) for name in archive.namelist()}
        if path.suffix == ".sqlite":
            found[f"{path.name}/dump"] = "\n".join(sqlite3.connect(path).iterdump()).encode()
    return found


def telling(folder: Path, *secrets: str) -> list[str]:
    """The files that tell one of the secrets."""
    spelt = [form for one in secrets for form in (one.encode(), one.encode("utf-16-le"))]
    return [name for name, data in contents(folder).items() if any(one in data for one in spelt)]


def test_no_file_of_a_run_or_export_tells_the_path_of_the_machine(home, tmp_path):
    out = home / "results" / "run"
    scan(home, out, "--thumbnails", fast=False)
    exports = [
        "--sqlite", out / "x.sqlite", "--qdpx", out / "x.qdpx", "--csv-excel", out / "safe",
    ]  # fmt: skip
    for option, module, value in (
        ("--excel", "xlsxwriter", [out / "x.xlsx"]),
        ("--parquet", "pyarrow", []),
        ("--figures", "matplotlib", [out / "figures"]),
    ):
        if _has(module):
            exports += [option, *value]
    done = chna(home, "export", out, *exports)
    assert done.returncode == ExitCode.OK, done.stderr
    for name, arguments in {
        "beside.html": ("compare", out, "--peers", "state", "--format", "html"),
        "kwic.html": ("kwic", "the hospital", out, "--format", "html"),
    }.items():
        (out / name).write_text(chna(home, *arguments).stdout, "utf-8")
    assert len(contents(out)) > 20
    assert telling(out, USER, str(home), str(home.parent)) == []


def test_links_lead_from_the_report_to_the_pdfs(home):
    out = home / "results" / "links"
    assert "--absolute-paths" not in scan(home, out).stderr
    manifest = json.loads((out / "run.json").read_text("utf-8"))
    links = {one["file"]: one["link"] for one in manifest["inputs"]}
    assert links[FILES[0]] == f"../../pdfs/{FILES[0]}"
    assert f'href="../../pdfs/{FILES[0]}"' in (out / "index.html").read_text("utf-8")
    assert manifest["settings"]["hospitals"]["value"] == "../../hospitals.csv"
    assert manifest["command"][2:] == [
        "…/pdfs", "-o", "…/links", "--hospitals", "…/hospitals.csv", "--ocr", "off", "--config=…/chna.toml",
    ]  # fmt: skip


def test_a_way_through_the_folder_of_homes_is_no_link_but_a_warning(home):
    out = home.parent / "shared"
    done = scan(home, out)
    assert telling(out, USER, str(home.parent)) == []
    assert "scan with --absolute-paths" in done.stderr
    inputs = json.loads((out / "run.json").read_text("utf-8"))["inputs"]
    assert {one["link"] for one in inputs} == {""}
    assert f'href="./{FILES[0]}"' in (out / "index.html").read_text("utf-8")
    # The texts are found by their hashes all the same.
    assert chna(home, "kwic", "hospital", out).returncode == ExitCode.OK


def test_paths_are_told_if_they_are_asked_for(home):
    out = home.parent / "asked"
    done = scan(home, out, "--absolute-paths")
    manifest = json.loads((out / "run.json").read_text("utf-8"))
    assert str(home / "pdfs") in manifest["command"]
    assert f"../{USER}/pdfs/{FILES[0]}" in {one["link"] for one in manifest["inputs"]}
    assert "look" not in done.stderr


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("/home/ann/pdfs", "…/pdfs"),
        ("/home/ann/pdfs/", "…/pdfs"),
        ("/home/ann/2024/*.pdf", "…/*.pdf"),
        ("~/pdfs", "…/pdfs"),
        ("C:\\Users\\Ann\\pdfs", "…/pdfs"),
        ("\\\\server\\share\\pdfs", "…/pdfs"),
        ("--output=/home/ann/out", "--output=…/out"),
        ("-o/home/ann/out", "-o…/out"),
        ("file:///home/ann/a.pdf", "…/a.pdf"),
        ("pdfs/2024", "pdfs/2024"),
        ("--timeout=30", "--timeout=30"),
        ("s3://bucket/pdfs", "s3://bucket/pdfs"),
        ("-", "-"),
    ],
)
def test_of_an_absolute_path_in_a_command_the_last_name_is_kept(word: str, shown: str):
    assert _without_folders(word) == shown


def _has(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None
