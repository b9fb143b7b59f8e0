"""What the pages tell people to type does what they say, and prints what they show."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import run_pages
from run_pages import Block, Home, PageError, blocks_of, differences, pages, run_page
from typer.main import get_command

from chna_toolkit.cli.app import app

PAGES = pages()
REFERENCE = sorted((run_pages.ROOT / "docs" / "reference").glob("*.md"))
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
NOT_RUN = [block for block in BLOCKS if "not run" in block.marks]
RUNNABLE = [page for page in PAGES if any(block.is_run for block in blocks_of(page))]

# Pages that take long, mostly for lexicons and comparisons: run by `pytest tests/docs -m pages`.
LONG = {
    "how-to-ci.md",
    "how-to-research.md",
    "exports.md",
    "evaluation.md",
    "lexicon-tutorial.md",
    "lexicon-tests.md",
    "statuses.md",
}

# Blocks that no test can run, such as those that install programs or need a cluster. Run what you can:
# a new block that is not run is a decision, and raises this number.
MOST_NOT_RUN = 20


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all pages and all processes, so that the sample reports are read once."""
    folder = tmp_path_factory.getbasetemp()
    return (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "cache-of-the-pages"


def each_page() -> list[Any]:
    return [pytest.param(page, marks=pytest.mark.pages if page.name in LONG else (), id=page.name) for page in RUNNABLE]


@pytest.mark.parametrize("page", each_page())
def test_the_commands_do_what_the_page_says(page: Path, cache: Path, tmp_path: Path) -> None:
    wrong = [text for text in map(differences, run_page(page, Home(tmp_path, cache))) if text]
    assert not wrong, "\n".join(wrong) + "\nIf this is right, run: python docs/run_pages.py --accept " + str(page)


def test_few_blocks_are_not_run(record_property: Any) -> None:
    record_property("blocks run", sum(block.is_run for block in BLOCKS))
    record_property("blocks not run", len(NOT_RUN))
    told = "\n".join(f"{block.place}: {block.marks['not run'][0]}" for block in NOT_RUN)
    print(f"{len(NOT_RUN)} blocks are not run:\n{told}")
    assert sum(block.is_run for block in BLOCKS) > 2 * len(NOT_RUN)
    assert len(NOT_RUN) <= MOST_NOT_RUN, told


def test_every_block_has_a_language() -> None:
    bare = [block.place for block in BLOCKS if not block.language]
    assert not bare


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_command_hides_in_an_indented_block(page: Path) -> None:
    lines = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL).splitlines()
    assert not [line for line in lines if re.match(r" {4,}(\$ |chna |python |pip )", line)]


# -- the names of commands and options, wherever they stand


def told(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Each command line of `chna` on a page, in blocks and in running text: its text, and its words."""
    text = page.read_text("utf-8")
    for block in blocks_of(page):
        if block.language == "sh":
            for line in block.text.replace("\\\n", " ").splitlines():
                for part in re.split(r"\|\|?|&&|;;|; ", line.partition(" #")[0]):
                    if match := re.search(r"\bchna (?![-\w]*\))(.*)", part):
                        yield match[0], words_of(match[1])
    for inline in re.findall(r"(?<!`)`(chna [^`]+)`(?!`)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        yield inline, words_of(inline.removeprefix("chna "))


def words_of(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that the line break of the page cut off
        return text.split()


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, and the words left; None if there is none."""
    command: Any = get_command(app)
    while getattr(command, "commands", None) and words:
        command, words = command.commands.get(words[0]), words[1:]
    return command, words


@pytest.mark.parametrize("page", [*PAGES, *REFERENCE], ids=lambda page: page.name)
def test_every_command_and_option_named_on_a_page_is_there(page: Path) -> None:
    wrong = []
    for text, words in told(page):
        if words[0] in ("COMMAND", "…") or words[0].startswith("-"):
            continue
        for name in words[0].split("|"):  # `chna lexicon check|test`
            command, rest = command_of([name, *words[1:]])
            if command is None:
                wrong += [] if "|" in text or "[" in text else [f"no such command: {text}"]
                continue
            known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"-h", "--help"}
            given = {word.partition("=")[0] for word in rest if re.fullmatch(r"--?[a-z][a-z-]*(=.*)?", word)}
            wrong += [f"no option {option}: {text}" for option in sorted(given - known)]
    assert not wrong


# -- the runner itself


def page_of(folder: Path, text: str) -> Path:
    page = folder / "page.md"
    page.write_text(text, "utf-8")
    return page


def run_text(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> list[str]:
    monkeypatch.setattr(run_pages, "ROOT", folder)
    (folder / "sample_reports").mkdir()
    return [differences(said) for said in run_page(page_of(folder, text), Home(folder / "run", folder / "cache"))]


def test_what_is_shown_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "```sh\necho one; echo 2 s; echo three\n```\n\n```text\n{}\n```\n"
    for number, (shown, fits) in enumerate(
        (("one\n5 s\nthree", True), ("one\n…", True), ("…\nthree", True), ("one\n…\nthree", True), ("…\n2 s\n…", True),
         ("one", False), ("one\nthree\n…", False), ("…\none", False), ("…\nfour\n…", False))
    ):  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        assert (run_text(folder, monkeypatch, text.format(shown)) == [""]) is fits, shown


def test_an_exit_code_must_be_the_one_that_is_promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_text(tmp_path, monkeypatch, "<!-- exit: 3 -->\n```sh\nexit 3\n```\n") == [""]
    for number, text in enumerate(("```sh\nfalse\necho on\n```\n", "<!-- exit: 1 -->\n```sh\ntrue\n```\n")):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(PageError, match="exit code"):
            run_text(folder, monkeypatch, text)


def test_files_are_written_and_unseen_steps_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "<!-- file: a/b.toml -->\n```toml\none = 1\n```\n<!-- wrong: a/b.toml -->\n```toml\ntwo = 2\n```\n"
        "<!-- before: echo unseen > c.txt -->\n```sh\ncat a/b.toml c.txt\n```\n"
        "```text\none = 1\n\ntwo = 2\nunseen\n```\n"
    )
    assert run_text(tmp_path, monkeypatch, text) == [""]


def test_a_comment_that_says_nothing_is_an_error(tmp_path: Path) -> None:
    for text in ("<!-- exti: 4 -->\n```sh\ntrue\n```\n", "<!-- exit: 4 -->\nText.\n"):
        with pytest.raises(PageError):
            blocks_of(page_of(tmp_path, text))


def test_what_is_said_now_can_be_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_pages, "ROOT", tmp_path)
    (tmp_path / "sample_reports").mkdir()
    page = page_of(tmp_path, "```sh\necho a; echo b; echo c\n```\n\n```text\nx\n…\nz\n```\n")
    said = list(run_page(page, Home(tmp_path / "run", tmp_path / "cache")))
    assert run_pages.accept(page, said) == 1
    assert "```text\na\n…\nc\n```" in page.read_text("utf-8")


def test_a_block_knows_its_place() -> None:
    block = Block(run_pages.ROOT / "docs" / "tutorial.md", 7, "sh", "")
    assert block.place == "docs/tutorial.md:7"
