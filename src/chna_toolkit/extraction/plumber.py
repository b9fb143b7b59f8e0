"""pdfplumber's reading of a page's tables, for the pages whose rulings leave doubt.

It parses the page a second time, with pdfminer, at 20 to 100 times the cost of our own pass. So it
is asked page by page, never for pages too rich in objects, and given up after a time.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chna_toolkit.model import Box

MAX_CHARS = 12_000  # of a page; more cost pdfminer a second
MAX_PATHS = 1_500
MAX_PAGES = 3_000  # of a document: pdfminer walks the page tree from its beginning
SECONDS = 5.0  # of CPU for one page


class GaveUpError(Exception):
    """pdfplumber could not read the page, or not in time."""


class Plumber:
    """One PDF, opened by pdfplumber when a page is first asked for. Use as a context manager."""

    def __init__(self, path: Path, pages: int) -> None:
        self.path, self.pages = path, pages
        self.asked = 0  # pages read
        self._pdf: Any = None

    def __enter__(self) -> Plumber:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pdf is not None:
            self._pdf.close()

    def can_read(self, chars: int, paths: int) -> bool:
        """Whether a page with so many characters and paths is worth the time."""
        return chars <= MAX_CHARS and paths <= MAX_PATHS and self.pages <= MAX_PAGES

    def cells(self, number: int) -> list[Box]:
        """Boxes of the cells of all tables on page `number`, in points as shown. Raises GaveUpError."""
        self.asked += 1
        try:
            with _limited(SECONDS):
                return self._cells(number)
        except (KeyboardInterrupt, MemoryError):
            raise
        except Exception as error:  # a second opinion must not cost the page
            raise GaveUpError(str(error)) from error

    def _cells(self, number: int) -> list[Box]:
        import pdfplumber

        if self._pdf is None:
            logging.getLogger("pdfminer").setLevel(logging.ERROR)
            self._pdf = pdfplumber.open(self.path)
        page = self._pdf.pages[number - 1]
        try:
            left, top = page.bbox[0], page.bbox[1]
            found = [cell for table in page.find_tables() for cell in table.cells]
            return [(x0 - left, y0 - top, x1 - left, y1 - top) for x0, y0, x1, y1 in found]
        finally:
            page.close()


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise TimeoutError inside after so much CPU time, where the system can (main thread, not Windows)."""
    able = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not able:
        yield
        return

    def stop(*_: object) -> None:
        raise TimeoutError(f"more than {seconds:.0f} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
