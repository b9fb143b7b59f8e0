"""The tutorial works as it is written, and the reference leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chna_toolkit.cli.app import main
from chna_toolkit.errors import ExitCode
from chna_toolkit.lexicon.keys import CUE, EXAMPLE, EXCLUSION, HEAD, LESSON, RULE, TABLES
from chna_toolkit.lexicon_ci.check import SLUGS, check
from chna_toolkit.lexicon_ci.testing import examine

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = (DOCS / "lexicon.md").read_text("utf-8")
TUTORIAL = (DOCS / "lexicon-tutorial.md").read_text("utf-8")
BLOCKS = re.findall(r"<!-- (\w+): ([^>]+?) -->\n```\w+\n(.*?)```", TUTORIAL, re.DOTALL)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["lexicon", *arguments])
    return int(ended.value.code or 0)


def files(folder: str) -> dict[str, str]:
    return {place.split("/")[1]: text for kind, place, text in BLOCKS if kind == "file" and place.startswith(folder)}


def lay_out(folder: Path) -> Path:
    folder.mkdir()
    for name, text in files(folder.name).items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize("name", ["ours", "food"])
def test_the_lexicons_of_the_tutorial_are_sound_and_their_examples_hold(name: str, tmp_path: Path) -> None:
    from chna_toolkit.lexicon import load_lexicon

    folder = lay_out(tmp_path / name)
    checked = check(folder, run_examples=name == "food")
    assert checked.is_valid
    assert checked.findings == ()
    report = examine(load_lexicon(folder), None if name == "food" else ("L10",))
    wrong = [one for one in report.findings if one.file.parent == folder]
    assert wrong == []


def test_what_the_tutorial_does_wrong_is_told_in_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = next(text for kind, _, text in BLOCKS if kind == "wrong")
    said = [(set(place.split()), text) for kind, place, text in BLOCKS if kind == "says"]
    (tmp_path / "ours").mkdir()
    head = files("ours")["lexicon.toml"]
    file = tmp_path / "ours" / "lexicon.toml"
    for text, code, (slugs, shown) in zip(
        (wrong, wrong.replace("wihtin = 3\n", "")), (ExitCode.USAGE, ExitCode.CHECK_FAILED), said, strict=True
    ):
        file.write_text(f"{head}\n{text}", "utf-8")
        assert run("check", "ours") == code
        found = capsys.readouterr().out
        assert set(re.findall(r"\[([a-z-]+)\]$", found, re.MULTILINE)) == slugs
        for line in shown.splitlines():
            assert line in found


def test_the_first_files_are_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, more in (("ours", ()), ("food", ("--framework",))):
        folder = tmp_path / name
        assert run("new", str(folder), *more) == ExitCode.OK
        assert check(folder, run_examples=bool(more)).findings == ()
    assert run("test", str(tmp_path / "food")) == ExitCode.OK
    assert run("new", str(tmp_path / "ours")) == ExitCode.OUTPUT
    assert run("new", str(tmp_path / "six"), "--extends", "irs-501") == ExitCode.USAGE
    assert run("new", str(tmp_path / "six"), "--extends", "irs-501r") == ExitCode.OK


def test_the_lines_that_new_suggests_are_true(tmp_path: Path) -> None:
    assert run("new", str(tmp_path / "ours")) == ExitCode.OK
    file = tmp_path / "ours" / "lexicon.toml"
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join(re.sub(r"^# (?=[\[a-z_]+ ?[=\]\[])", "", line) for line in lines) + "\n", "utf-8")
    assert "\n[[overrides]]\n" in file.read_text("utf-8")
    checked = check(tmp_path / "ours", run_examples=False)
    assert checked.is_valid, checked.findings


@pytest.mark.parametrize("name", sorted({key.name for keys in (RULE, EXCLUSION, CUE, EXAMPLE, HEAD) for key in keys}))
def test_the_reference_names_every_key(name: str) -> None:
    assert re.search(rf"`{name}`|^{name} = |`{name} = |, {name} ", REFERENCE, re.MULTILINE), name


def test_the_reference_lists_every_finding_with_its_meaning() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", REFERENCE, re.MULTILINE))
    assert {slug: rows.get(slug) for slug in SLUGS} == SLUGS


def test_the_reference_names_every_table() -> None:
    assert all(f"[[{name}]]" in REFERENCE for name in TABLES if name != "cues")
    assert LESSON


@pytest.mark.parametrize("link", re.findall(r"\]\(([\w./-]+\.md)", REFERENCE + TUTORIAL))
def test_links_lead_somewhere(link: str) -> None:
    assert (DOCS / link).is_file()


def test_the_built_in_lexicon_does_not_know_the_word_that_the_tutorial_adds(tmp_path: Path) -> None:
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.tagging import Tagger

    text = "The hospital has a good neighbor letter with two food banks."
    assert TUTORIAL.count(text) == 2
    assert Tagger(load_lexicon(), method="rules").label(text) == {}
    assert "10" in Tagger(load_lexicon(lay_out(tmp_path / "ours")), method="rules").label(text)
