"""The pages that hold what a report shows, drawn from the PDFs in worker processes.

    view ──> pages, best evidence first ──> a task a document, in its guarded process ──> PNG files ──> reports

The PDFs are untrusted: a page that hangs, crashes or eats the memory is ended by the pool like one that
is read, and has no picture. A PDF that is gone, or is another than was scanned, has none either, and it
is said which. What is drawn depends on the run and the PDFs alone.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chna_toolkit.assess import Attempt, Obstacle, Plan
from chna_toolkit.batch import Outcome, open_executor, tasks_in_order
from chna_toolkit.config import Settings
from chna_toolkit.inputs import Input

if TYPE_CHECKING:  # one brings PDFium, the others pandas
    from chna_toolkit.extraction.thumbnails import Thumbnail
    from chna_toolkit.reports.pictures import Key, Picture, Pictures
    from chna_toolkit.results.view import RunView

PASSAGES = 2  # of a hospital and a lesson: those that stand open in the report
MAX_PAGES = 5_000  # of a run
MAX_BYTES = 200_000_000  # of a run, as PNG
_AHEAD = 100  # documents under way on a cluster, whose size is not known
_NAMED = 5  # documents without pictures that are named


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What became of one document."""

    thumbnails: dict[int, Thumbnail] = field(default_factory=dict)
    problem: str = ""


def pages_shown(view: RunView, most: int = MAX_PAGES) -> tuple[dict[str, tuple[int, ...]], int]:
    """Return the pages of each document that hold the best evidence, and how many more there are than `most`.

    The best passage of every lesson and hospital comes first, then the second.
    """
    found: dict[Key, None] = {}
    for rank in range(PASSAGES):
        for hospital in view.hospitals:
            for finding in hospital.findings:
                for evidence in finding.evidence[rank : rank + 1]:
                    found[evidence.document, evidence.page] = None
    pages: dict[str, tuple[int, ...]] = {}
    for document, page in sorted(list(found)[:most]):
        pages[document] = (*pages.get(document, ()), page)
    return pages, max(0, len(found) - most)


@contextmanager
def draw_pages(
    view: RunView,
    inputs: Sequence[Input],
    plan: Plan,
    settings: Settings,
    tell: Callable[[str], None],
    warn: Callable[[str], None],
) -> Iterator[Pictures]:
    """Give the pictures of pages that a report on the run shows; their files are gone after the block.

    `inputs` lead to the PDFs. `tell` hears how much there is to do, `warn` what has no picture, and why.
    """
    pages, more = pages_shown(view)
    if more:
        warn(f"thumbnails of {MAX_PAGES:,} pages; {more:,} more have none")
    wanted: dict[str, Input] = {}
    for item in inputs:
        if item.sha256[:12] in pages:
            wanted.setdefault(item.sha256[:12], item)
    tell(f"drawing {sum(map(len, pages.values())):,} pages of {len(pages):,} documents")
    with tempfile.TemporaryDirectory(prefix="chna-pages-") as folder:
        yield _Album(Path(folder), pages, warn).fill(_draw_all(wanted, pages, plan, settings))


def _draw_all(
    wanted: dict[str, Input], pages: dict[str, tuple[int, ...]], plan: Plan, settings: Settings
) -> Iterator[Outcome[_Drawn]]:
    if not wanted:
        return
    plan = replace(plan, store=None)  # the text of a document is no picture: its bytes are needed
    tasks = [(partial(_draw, pages[identity]), item) for identity, item in sorted(wanted.items())]
    ahead = _AHEAD if settings.cluster else 2 * settings.workers
    with open_executor(len(tasks), plan, settings) as executor:
        yield from tasks_in_order(tasks, executor, ahead)


def _draw(pages: Sequence[int], item: Input, plan: Plan, attempt: Attempt) -> _Drawn:
    """Draw pages of one document: runs in a worker."""
    from chna_toolkit.extraction.thumbnails import draw_thumbnails

    try:
        with item.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return _Drawn(problem=f"the PDF cannot be opened: {error.strerror or error}")
    if digest != item.sha256:
        return _Drawn(problem="the PDF is another one than was scanned")
    passwords = plan.passwords.candidates(item.file, item.sha256)
    return _Drawn(dict(draw_thumbnails(item.path, pages, attempt.watch(plan), passwords)))


class _Album:
    """Keeps pictures as files, within bounds, and says what is missing."""

    def __init__(self, folder: Path, pages: dict[str, tuple[int, ...]], warn: Callable[[str], None]) -> None:
        self.folder, self.pages, self.warn = folder, pages, warn
        self.left = MAX_BYTES
        self.pictures: dict[Key, Picture] = {}

    def fill(self, outcomes: Iterator[Outcome[_Drawn]]) -> Pictures:
        """Return the pictures of all documents."""
        problems = []
        for item, result in outcomes:
            drawn = _Drawn(problem=result.reason) if isinstance(result, Obstacle) else result
            self._keep(item.sha256[:12], drawn)
            if drawn.problem:
                problems.append(f"no thumbnails of {item.file}: {drawn.problem.rstrip('.')}")
        for problem in problems[:_NAMED]:
            self.warn(problem)
        if len(problems) > _NAMED:
            self.warn(f"no thumbnails of {len(problems) - _NAMED} more documents")
        self._tell_missing(len(problems))
        return self.pictures

    def _keep(self, document: str, drawn: _Drawn) -> None:
        from chna_toolkit.reports.pictures import Picture

        for page, one in sorted(drawn.thumbnails.items()):
            size = len(one.png)
            if size <= self.left:
                self.left -= size
                path = self.folder / f"{document}-{page}.png"
                path.write_bytes(one.png)
                width, height = round(one.width, 1), round(one.height, 1)
                self.pictures[document, page] = Picture(document, page, width, height, path, size)

    def _tell_missing(self, problems: int) -> None:
        asked = sum(len(pages) for pages in self.pages.values())
        if len(self.pictures) < asked and not problems:
            self.warn(f"thumbnails of {len(self.pictures):,} of {asked:,} pages: the others cannot be drawn")
