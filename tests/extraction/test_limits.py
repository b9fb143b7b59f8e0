"""Files made to exhaust their reader: each ends within a bound of time and memory, with a status that says why."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import bombs
import pytest
from extraction_pages import holds

from chna_toolkit.config import Settings
from chna_toolkit.inputs import find_inputs
from chna_toolkit.model import Document, PageStatus
from chna_toolkit.pool import STEP_SHARE
from chna_toolkit.scan import make_plan
from chna_toolkit.texts import read_texts

MEMORY_MB = 560
SECONDS = {bombs.endless_stream: 3.0, bombs.recursive_form: 3.0}  # of those that take all they get; 30 for others
SENTENCE = "Our partners meet every month in town."

# What must become of each, and words of its reason.
EXPECTED = {
    bombs.endless_stream: ("partial", "2 of 3 pages were read:"),
    bombs.recursive_form: ("partial", "2 of 3 pages were read:"),
    bombs.nested_forms: ("partial", "2 of 3 pages were read:"),
    bombs.huge_stream: ("partial", "2 of 3 pages were read: the rest needs more memory than allowed."),
    bombs.million_operators: ("partial", "2 of 3 pages were read:"),
    bombs.thousands_of_pages: ("partial", "of 5,000 pages were read:"),
    bombs.page_tree_loop: ("partial", "8 could not be opened"),
    bombs.million_words: ("ok", ""),
    bombs.pile_of_words: ("ok", ""),
    bombs.million_objects: ("ok", ""),
    bombs.million_squares: ("ok", ""),
    bombs.false_count: ("ok", ""),
    bombs.deep_array: ("ok", ""),
    bombs.deep_content: ("ok", ""),
    bombs.deep_graphics: ("ok", ""),
    bombs.endless_page: ("ok", ""),
    bombs.endless_lines: ("ok", ""),
    bombs.million_bookmarks: ("ok", ""),
    bombs.huge_metadata: ("ok", ""),
    bombs.object_stream: ("ok", ""),
    bombs.filter_chain: ("ok", ""),
    bombs.deep_page_tree: ("damaged", "No page of the PDF could be opened."),
    bombs.giant_page: ("damaged", "No page of the PDF could be opened."),
    bombs.huge_image: ("needs_ocr", "1 are pictures"),
}


class Memory:
    """Looks at the worker processes every few milliseconds, and remembers the most that one held."""

    def __init__(self) -> None:
        self.most = 0.0  # MiB
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._end.wait(0.01):
            for process in multiprocessing.active_children():
                try:
                    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
                except OSError:
                    continue
                self.most = max(self.most, pages * 4096 / 2**20)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


@dataclass
class Course:
    documents: dict[str, Document] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)  # MiB


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """All of them read, one after the other, each by the way of every document of a scan."""
    folder, course = tmp_path_factory.mktemp("bombs"), Course()
    for bomb in EXPECTED:
        limits = Settings(jobs=1, timeout=SECONDS.get(bomb, 30.0), memory_mb=MEMORY_MB, cache=False, ocr="off")
        path, started = bomb(folder / f"{bomb.__name__}.pdf"), time.monotonic()
        with Memory() as memory:
            ((_, (document, _)),) = read_texts(find_inputs([str(path)]), make_plan(limits), limits)
        course.documents[bomb.__name__] = document
        course.seconds[bomb.__name__], course.memory[bomb.__name__] = time.monotonic() - started, memory.most
        path.unlink()
    return course


def test_every_bomb_is_tried():
    assert set(EXPECTED) == set(bombs.BOMBS)


@pytest.mark.parametrize("bomb", EXPECTED, ids=lambda bomb: bomb.__name__)
def test_a_bomb_costs_bounded_time_and_memory_and_gets_its_status(course: Course, bomb):
    status, reason = EXPECTED[bomb]
    document = course.documents[bomb.__name__]
    holds(document)
    assert (document.status, reason in document.reason) == (status, True), document.reason
    # Two attempts, of which the first may hang on one step; starting a process twice on a busy machine.
    assert course.seconds[bomb.__name__] < (1 + STEP_SHARE) * SECONDS.get(bomb, 20.0) + 6
    assert course.memory[bomb.__name__] < 1.25 * MEMORY_MB + 50


@pytest.mark.parametrize(
    "bomb", ["endless_stream", "recursive_form", "nested_forms", "huge_stream", "million_operators"]
)
def test_the_pages_around_a_bomb_are_kept(course: Course, bomb: str):
    document = course.documents[bomb]
    assert [page.status is PageStatus.OK for page in document.pages] == [True, False, True]
    assert [page.text for page in document.pages] == [SENTENCE, "", SENTENCE]
    assert [passage.page for passage in document.passages] == [1, 3]
    assert {warning for warning in document.warnings if warning.startswith("cut_by_")}


def test_what_lies_at_the_end_of_the_world_does_not_cost_the_page(course: Course):
    document = course.documents["endless_lines"]
    assert SENTENCE in document.pages[0].text
    assert "pages_unreadable" not in document.warnings


def test_text_beyond_measure_is_cut_and_said_to_be(course: Course):
    assert "page_text_over_limit_cut" in course.documents["million_words"].warnings
    assert 1000 < course.documents["million_words"].words < 60_000


def test_a_reading_ends_when_its_time_is_over(make_pdf):
    from chna_toolkit.extraction import read_document
    from chna_toolkit.extraction.watch import Watch

    def page(canvas):
        canvas.drawString(72, 400, SENTENCE)

    path = make_pdf(page, page, page)
    told: list[int] = []
    document = read_document(path, None, Watch(seconds=-1, told=told.append))
    assert (document.status, document.reason) == ("timeout", "0 of 3 pages were read: the time limit ran out.")
    assert [page.status for page in document.pages] == ["error"] * 3
    whole = read_document(path, None, Watch(told=told.append))
    assert (whole.status, told) == ("ok", [0, 1, 2, 3, 0])
    assert whole == read_document(path)
