"""Run the commands of the documentation as a reader would type them, and compare what they say.

usage: python docs/run_pages.py [--accept] [PAGE ...]

Each page runs from its top in a fresh folder that holds `sample_reports`, as do those of `tests/docs`. Blocks
of `sh` and `python` are run; a `text` block below one is what it must say, on stdout and stderr together.
In it a line `…` stands for any lines, and times and sizes are not compared. Comments above a block say more:

    <!-- exit: 4 -->              the block ends with this exit code, else with 0
    <!-- file: ours/a.toml -->    the block is no command but the content of this file
    <!-- wrong: ours/a.toml -->   the same, added to the end of the file
    <!-- before: COMMAND -->      done unseen before the block, because the text says that it is so
    <!-- needs: MODULE ... -->    the block is run where these packages are installed
    <!-- not run: REASON -->      the block is not run
    <!-- not compared: REASON --> what the block says is not the same everywhere

`--accept` writes what was said today into the pages.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARKS = ("exit", "file", "wrong", "before", "needs", "not run", "not compared", "says")
RUN = {"sh": "bash", "python": "python"}  # languages that are run, and by what
SECONDS = 300  # for one block; on a machine that does nothing else none takes 30

_FENCE = re.compile(r"^```(\w*)\s*$")
_MARK = re.compile(r"^<!-- ([a-z ]+?): (.*?) -->$")
_QUANTITY = re.compile(r"\b\d[\d,.]*(?= (?:s|ms|seconds|MB|KB|GB)\b)")


class PageError(Exception):
    """A page that does not hold; the text says where and why."""


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, what it holds, and what the comments above it say of it."""

    page: Path
    line: int  # of its first line of content, from 1
    language: str
    text: str
    marks: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def writes(self) -> str:
        """The file that it is the content of; "" if it is none."""
        return next(iter((*self.marks.get("file", ()), *self.marks.get("wrong", ()))), "")

    @property
    def is_run(self) -> bool:
        """Whether it holds commands that are run."""
        return self.language in RUN and not self.writes and "not run" not in self.marks

    @property
    def lacks(self) -> str:
        """The first package that it needs and that is not installed; "" if none."""
        return next((name for mark in self.marks.get("needs", ()) for name in mark.split() if not find_spec(name)), "")

    @property
    def code(self) -> int:
        """The exit code that it must end with."""
        return int(next(iter(self.marks.get("exit", ())), "0"))


def pages() -> list[Path]:
    """All pages written by hand: those of docs/, and the ones beside the code."""
    beside = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    return [*beside, *sorted(path for path in (ROOT / "docs").glob("*.md"))]


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in order. Raises `PageError` for a mark that is none."""
    found: list[Block] = []
    marks: dict[str, list[str]] = {}
    lines = iter(enumerate(page.read_text("utf-8").splitlines(), 1))
    for number, line in lines:
        if mark := _MARK.match(line):
            if mark[1] not in MARKS:
                raise PageError(f"{page.name}:{number}: {mark[1]!r} is no mark; there are {', '.join(MARKS)}")
            marks.setdefault(mark[1], []).append(mark[2])
        elif fence := _FENCE.match(line):
            text = "".join(f"{inner}\n" for _, inner in _until_end(lines))
            found.append(Block(page, number + 1, fence[1], text, marks))
            marks = {}
        elif line.strip() and marks:
            raise PageError(f"{page.name}:{number}: the comment above it belongs to no block")
    return found


def _until_end(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for number, line in lines:
        if line == "```":
            return
        yield number, line


@dataclass(frozen=True)
class Said:
    """What a block said, and the block of the page that shows it, if there is one."""

    block: Block
    output: str
    shown: Block | None


class Home:
    """An empty folder with `sample_reports`, where `chna` is the one of this Python."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder / "home"
        programs = folder / "bin"
        for path in (self.folder, programs, cache):
            path.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / "sample_reports", self.folder / "sample_reports", ignore=_no_pdf_twice)
        for name, more in (("chna", ' -m chna_toolkit "$@"'), ("python", ' "$@"')):
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}"{more}\n', "utf-8")
            program.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHNA_", "COV_", "PYTEST"))}
        self.environment = {
            **kept,
            "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "CHNA_CACHE_DIR": str(cache),
            "CHNA_OCR": "off",  # the same outcome whether or not tesseract is installed
            "COLUMNS": "80",
            "LC_ALL": "C.UTF-8",
            "PYTHONIOENCODING": "utf-8",
            "BROWSER": "true",  # `chna open` opens nothing
            "HOME": str(folder),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "REPOSITORY": str(ROOT),  # for what is done unseen
        }

    def run(self, block: Block) -> str:
        """Run a block and return what it said. Raises `PageError` unless its exit code is the promised one."""
        for command in block.marks.get("before", ()):
            self._run("bash", f"set -euo pipefail\n{command}", block, 0)
        text = f"set -euo pipefail\n{block.text}" if block.language == "sh" else block.text
        return self._run(RUN[block.language], text, block, block.code)

    def write(self, block: Block) -> None:
        """Write the file that a block is the content of."""
        path = self.folder / block.writes
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if "wrong" in block.marks else "w", encoding="utf-8", newline="") as file:
            file.write(f"\n{block.text}" if "wrong" in block.marks else block.text)

    def _run(self, program: str, text: str, block: Block, code: int) -> str:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as script:
            script.write(text)
            script.flush()
            started = subprocess.Popen(
                [program, script.name], cwd=self.folder, env=self.environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                encoding="utf-8", errors="replace",
            )  # fmt: skip
            try:
                said, _ = started.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                raise PageError(f"{block.place}: not done after {SECONDS} s") from None
            finally:
                with suppress(OSError):  # what it has started goes with it
                    os.killpg(started.pid, signal.SIGKILL)
                started.wait()
        if started.returncode != code:
            raise PageError(f"{block.place}: exit code {started.returncode}, not {code}:\n{text}\n{said}")
        return said


def _no_pdf_twice(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith((".pdf", ".csv")) and Path(folder).name == "sample_reports"}


def run_page(page: Path, home: Home) -> Iterator[Said]:
    """Do what a page says, and give what each block said. Raises `PageError` where it cannot be done."""
    waiting: Said | None = None
    skipped = False
    for block in blocks_of(page):
        if block.is_run:
            if waiting:
                yield waiting
            skipped = bool(block.lacks)
            waiting = None if skipped else Said(block, home.run(block), None)
        elif block.writes:
            home.write(block)
        elif block.language == "text" and "not compared" not in block.marks and not skipped:
            if waiting is None:
                raise PageError(f"{block.place}: shows what no block before it has said")
            yield Said(waiting.block, waiting.output, block)
            waiting = None
    if waiting:
        yield waiting


def differences(said: Said) -> str:
    """Return how what was said differs from what the page shows; "" if it does not."""
    if said.shown is None or _fits(_plain(said.shown.text), _plain(said.output)):
        return ""
    return f"{said.shown.place} shows\n\n{said.shown.text}\nand it is now\n\n{said.output}"


def _plain(text: str) -> list[str]:
    """Return the lines without what differs from run to run."""
    return [_QUANTITY.sub("N", line).rstrip() for line in text.strip("\n").splitlines()]


def _fits(shown: Sequence[str], said: Sequence[str]) -> bool:
    """Whether the lines are those shown, where `…` stands for any number of lines."""
    parts: list[list[str]] = [[]]
    for line in shown:
        if line.strip() == "…":
            parts.append([])
        else:
            parts[-1].append(line)
    first, *rest = parts
    if list(said[: len(first)]) != first:
        return False
    if not rest:
        return len(said) == len(first)
    at, last = len(first), rest.pop()
    for part in rest:
        places = range(at, len(said) - len(part) + 1)
        place = next((start for start in places if list(said[start : start + len(part)]) == part), None)
        if place is None:
            return False
        at = place + len(part)
    return len(said) - len(last) >= at and list(said[len(said) - len(last) :]) == last


def accept(page: Path, said: Sequence[Said]) -> int:
    """Write into a page what was said, as far as it is shown; return how many blocks changed."""
    lines, changed = page.read_text("utf-8").splitlines(), 0
    for one in sorted((one for one in said if differences(one)), key=lambda one: -(one.shown.line if one.shown else 0)):
        assert one.shown is not None
        shown, now = one.shown.text.splitlines(), one.output.strip("\n").splitlines()
        cuts = [place for place, line in enumerate(shown) if line.strip() == "…"]
        if len(cuts) > 1:
            print(f"{one.shown.place}: has several gaps; mend it by hand", file=sys.stderr)
            continue
        if cuts:
            head, tail = cuts[0], len(shown) - cuts[0] - 1
            now = [*now[:head], shown[cuts[0]], *(now[-tail:] if tail else [])]
        lines[one.shown.line - 1 : one.shown.line - 1 + len(shown)] = now
        changed += 1
    page.write_text("\n".join(lines) + "\n", "utf-8")
    return changed


def main() -> int:
    """Run pages and say what does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--accept", action="store_true", help="write what is said now into the pages")
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE")
    asked = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, page in enumerate([path.resolve() for path in asked.pages] or pages()):
            try:
                said = list(run_page(page, Home(Path(folder) / f"{number}-{page.stem}", Path(folder) / "cache")))
            except PageError as error:
                print(error, file=sys.stderr)
                wrong += 1
                continue
            odd = [text for text in map(differences, said) if text]
            if odd and asked.accept:
                print(f"{page.name}: {accept(page, said)} blocks rewritten")
            elif odd:
                print("\n\n".join(odd), file=sys.stderr)
                wrong += 1
            print(f"{page.name}: {len(said)} blocks run")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
