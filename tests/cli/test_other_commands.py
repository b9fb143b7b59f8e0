"""`extract`, `lesson`, `cache`, `--version` and `--help`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chna_toolkit import __version__
from chna_toolkit.errors import ExitCode

COMMANDS = [
    "scan", "report", "export", "import", "compare", "kwic", "show", "open", "tag", "extract", "lesson", "doctor",
    "cache",
]  # fmt: skip


def test_text_goes_to_stdout_page_by_page_in_the_order_of_names(chna, documents):
    (documents / "south.pdf").write_text("one\ntwo\nthree\nfour\n")
    done = chna("extract", documents)
    assert done.out == "North Hospital\nL05 and more\nCHNA 2022\n\fone\ntwo\nthree\n\ffour\n\f"
    assert done.err == ""


def test_passages_as_json_lines_can_be_tagged(chna, documents):
    done = chna("extract", documents / "north.pdf", "--format", "jsonl")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["text"] for row in rows] == ["North Hospital", "L05 and more", "CHNA 2022"]
    assert rows[1]["id"].endswith(":1")
    assert (rows[1]["page"], rows[1]["kind"], rows[1]["section"]) == (1, "paragraph", ["Section"])
    tagged = [json.loads(line) for line in chna("tag", "-", stdin=done.out).out.splitlines()]
    assert [list(row["labels"]) for row in tagged] == [[], ["5"], []]


def test_with_a_folder_each_document_gets_a_file_of_its_name(chna, documents):
    (documents / "2022").mkdir()
    (documents / "2022" / "north.pdf").write_text("another\n")
    (documents / "NORTH.PDF").write_text("a third\n")
    done = chna("extract", documents, "-o", "texts")
    assert done.code == ExitCode.OK
    found = {path.relative_to("texts").as_posix() for path in Path("texts").rglob("*") if path.is_file()}
    assert found == {"2022/north.txt", "NORTH.txt", "north.pdf.txt", "south.txt"}
    assert Path("texts/2022/north.txt").read_text() == "another\n\f"
    assert "4 files in texts" in done.err
    chna("extract", documents / "south.pdf", "-o", "texts", "--format", "jsonl")
    assert Path("texts/south.jsonl").exists()


def test_two_files_with_the_same_bytes_both_get_theirs(chna, documents):
    (documents / "copy.pdf").write_bytes((documents / "north.pdf").read_bytes())
    chna("extract", documents, "-o", "texts", "--format", "jsonl")
    rows = [json.loads(Path(f"texts/{name}.jsonl").read_text().splitlines()[0]) for name in ("copy", "north")]
    assert [(row["file"], row["text"]) for row in rows] == [
        ("copy.pdf", "North Hospital"), ("north.pdf", "North Hospital"),
    ]  # fmt: skip


def test_a_document_that_kills_its_reader_does_not_stop_the_extraction(chna, documents):
    (documents / "m.pdf").write_text("!die\n")
    done = chna("extract", documents, "-j", "2")
    assert done.code == ExitCode.PARTIAL
    assert "m.pdf: damaged: Reading it crashed" in done.err
    assert "North Hospital" in done.out
    assert "South Hospital" in done.out


def test_a_lesson_by_id_number_or_slug(chna):
    by_id = chna("lesson", "L10")
    assert by_id.code == ExitCode.OK
    assert by_id.out == chna("lesson", "10").out == chna("lesson", "formal-agreements").out
    assert by_id.out == chna("lesson", "l10").out == chna("lesson", "Formal Agreements").out
    assert chna("lesson", "05").out == chna("lesson", "L5").out == chna("lesson", "L05").out
    for part in ("Formal agreements", "Code when", "Do not code when", "Recommendation", "Counter-examples"):
        assert part in by_id.out
    assert max(len(line) for line in by_id.out.splitlines()) <= 80


def test_all_lessons_or_a_list_of_them(chna):
    assert chna("lesson").out.count("What lesson") == 3
    assert chna("lesson", "--all").out.count("Do not code when") == 3


def test_a_lesson_as_json(chna):
    entry = json.loads(chna("lesson", "L05", "--json").out)
    assert (entry["id"], entry["number"], entry["slug"]) == ("L05", 5, "know-your-role")
    assert entry["examples"][0]["expect"] == "match"
    assert [one["id"] for one in json.loads(chna("lesson", "--all", "--json").out)] == ["L05", "L09", "L10"]


def test_the_cache_is_shown_and_cleared(chna, documents):
    chna("scan", documents, "-o", "out", "-q")
    done = chna("cache", "info")
    assert [line.split()[:2] for line in done.out.splitlines()[1:]] == [
        ["text", "2"],
        ["mentions", "2"],
        ["scores", "0"],
        ["source", "0"],
    ]
    assert "4 entries deleted" in chna("cache", "clear").err
    assert [line.split()[1] for line in chna("cache", "info").out.splitlines()[1:]] == ["0"] * 4


def test_the_version_names_tool_and_lexicon(chna):
    done = chna("--version")
    assert done.code == ExitCode.OK
    assert done.out.startswith(f"chna {__version__}\nlexicon ")


@pytest.mark.parametrize(("key", "hint"), [("formal-agrements", "formal-agreements"), ("CLEAR-OWNER", "clear-owners")])
def test_a_misspelt_lesson_gets_a_suggestion(chna, key, hint):
    done = chna("lesson", key)
    assert (done.code, done.out) == (ExitCode.USAGE, "")
    assert f"Did you mean {hint}?" in done.err
    assert "Lessons are L05, L09, L10." in chna("lesson", "L99").err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_is_plain_everywhere(chna, command, monkeypatch):
    plain = chna(command, "--help")
    assert plain.code == ExitCode.OK
    assert plain.out == chna(command, "-h").out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert chna(command, "--help").out == plain.out
    assert "\x1b" not in plain.out


def test_the_module_runs_like_the_command():
    done = subprocess.run([sys.executable, "-m", "chna_toolkit", "-h"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: chna ")
    assert all(command in done.stdout for command in COMMANDS)


def test_no_arguments_is_a_usage_error_that_shows_the_help(chna):
    assert chna().code == ExitCode.USAGE
