"""What the tests run inside worker processes: it must be importable there."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

from chna_toolkit.assess import Plan, Stages
from chna_toolkit.extraction.watch import Watch
from chna_toolkit.inputs import Input
from chna_toolkit.model import Assertion, Document, DocumentStatus, Kind, Mention, Page, PageStatus, Passage
from chna_toolkit.pool import allow_more

PRACTICE = Assertion.PRACTICE


def square(number: int) -> int:
    return number * number


def pid() -> int:
    return os.getpid()


def die(code: int = 9) -> None:
    os._exit(code)


def hang() -> None:
    time.sleep(600)


def take_more_time(allowed: float, seconds: float) -> int:
    allow_more(allowed)
    time.sleep(seconds)
    allow_more(seconds - allowed)
    return int(seconds)


def take_more_time_and_hang(allowed: float) -> None:
    allow_more(allowed)
    allow_more(-allowed)
    time.sleep(600)


def run_out_of_memory() -> None:
    bytearray(1 << 45)


def grow() -> int:
    return len(bytearray(900 << 20))


def fail(message: str) -> None:
    raise ValueError(message)


def print_noise() -> None:
    print("noise")
    os.write(1, b"more noise\n")


def environment(name: str) -> str | None:
    return os.environ.get(name)


def note(folder: str) -> None:
    (Path(folder) / f"start-{os.getpid()}").touch()


def blocks_interrupts() -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def break_start() -> None:
    raise RuntimeError("no engine")


def be_killed() -> None:
    os.kill(os.getpid(), 9)


def die_at_start() -> None:
    os._exit(3)


def kill_parent() -> None:
    """Kill the worker of a cluster that runs this process. Not for tests without a cluster."""
    os.kill(os.getppid(), 9)
    time.sleep(600)


# -- stages of the pipeline, for text files that pose as PDFs


def read(item: Input, plan: Plan | None = None, watch: Watch | None = None) -> Document:
    """Read a file whose lines are passages, or do what its first line says."""
    data = item.path.read_bytes()
    sha256, lines = hashlib.sha256(data).hexdigest(), data.decode().splitlines()
    order = lines[0] if lines else ""
    actions = {
        "!die": die,
        "!killed": be_killed,
        "!sink": kill_parent,
        "!hang": hang,
        "!memory": run_out_of_memory,
        "!bug": lambda: fail("odd page"),
    }
    if order in actions:
        actions[order]()
    if order.startswith("!slow"):
        time.sleep(float(order.split()[1]))
    if order in list(DocumentStatus):
        return Document(sha256, DocumentStatus(order), f"it is {order}", "mend it")
    if order == "!changed":
        sha256 = "0" * 64
    return _document(sha256, lines)


def _document(sha256: str, lines: list[str]) -> Document:
    pages, passages = [], []
    for number, first in enumerate(range(0, len(lines), 3), 1):  # three lines a page
        start = 0
        for line in lines[first : first + 3]:
            kind, text = Kind.HEADING if line.startswith("# ") else Kind.PARAGRAPH, line.removeprefix("# ")
            place = (len(passages), number, str(number), kind, text, start, start + len(text))
            passages.append(Passage(*place, (0.0, 0.0, 1.0, 1.0), ("Section",)))
            start += len(text) + 1
        text = "\n".join(line.removeprefix("# ") for line in lines[first : first + 3])
        pages.append(Page(number, str(number), 612.0, 792.0, PageStatus.OK, text, 100))
    return Document(sha256, DocumentStatus.OK, "", "", tuple(pages), tuple(passages))


class FakeTagger:
    """Finds the words L01, L02, … in the text."""

    def __init__(self, lessons: tuple[str, ...]) -> None:
        self.lessons = lessons

    def tag(self, document: Document, kept: object = None) -> list[Mention]:
        return [
            Mention(lesson, f"{lesson}.word", one.index, start, start + 3, ((start, start + 3),), PRACTICE, 0.8, True)
            for one in document.passages
            for lesson in self.lessons
            if (start := one.text.find(lesson)) >= 0
        ]


def make_tagger(lexicon: Path | None, lexicon_hash: str, lessons: tuple[str, ...], method: str) -> FakeTagger:
    return FakeTagger(lessons)


def versions() -> dict[str, str]:
    return {"extractor": "fake", "tagger": "fake"}


STAGES = Stages(versions, read, make_tagger)
