"""What a scan shows while it runs, on stderr: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from chna_toolkit.cli.output import plain, say
from chna_toolkit.scan import Silent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.progress import Progress as RichProgress

    from chna_toolkit.assess import Finding
    from chna_toolkit.extraction.watch import Aside
    from chna_toolkit.model import Document

_EVERY_DOCUMENTS = 25
_EVERY_SECONDS = 30.0
_MOST_SHOWN = 60  # characters of a text
_MOST_FAILURES = 20  # named one by one; failures.csv has them all


def make_progress(quiet: bool, verbose: bool) -> Counting:
    """Return what suits the options and the terminal."""
    if quiet:
        return Counting()
    if verbose:
        return Verbose()
    return Bar() if sys.stderr.isatty() else Lines()


class Counting(Silent):
    """Counts, and shows nothing: what remains to be said when a scan is interrupted."""

    def __init__(self) -> None:
        self.total = self.ok = self.cached = self.failed = 0
        self.started = time.monotonic()

    @property
    def done(self) -> int:
        """Documents that are finished."""
        return self.ok + self.cached + self.failed

    def start(self, total: int, done: int) -> None:  # noqa: ARG002
        """Remember how much there is to do."""
        self.total, self.started = total, time.monotonic()

    def advance(self, finding: Finding) -> None:
        """Count the document."""
        if not finding.assessed.document.status.is_searchable:
            self.failed += 1
        elif finding.is_cached:
            self.cached += 1
        else:
            self.ok += 1


class Lines(Counting):
    """A line every 25 documents or 30 seconds, and one for each failure."""

    def start(self, total: int, done: int) -> None:
        """Say how much there is to do."""
        super().start(total, done)
        self.said_at, self.said = time.monotonic(), 0
        say(f"{_documents(total)}: {done} cached, {total - done} to do")

    def advance(self, finding: Finding) -> None:
        """Say what failed, and now and then how far it is."""
        super().advance(finding)
        if not finding.assessed.document.status.is_searchable:
            self.tell_failure(finding)
        now = time.monotonic()
        if self.done == self.total or self.done - self.said >= _EVERY_DOCUMENTS or now - self.said_at >= _EVERY_SECONDS:
            self.said_at, self.said = now, self.done
            left = f", {_minutes(self.seconds_left(now))} left" if self.done < self.total else ""
            say(f"{self.done}/{_documents(self.total)}: {self.counts()}{left}")

    def tell_failure(self, finding: Finding) -> None:
        """Name a document that could not be read, if not too many were named before."""
        if self.failed <= _MOST_FAILURES:
            say(_failure(finding))
        elif self.failed == _MOST_FAILURES + 1:
            say("more failures: see failures.csv")

    def counts(self) -> str:
        """Return what became of the documents so far."""
        return f"{self.ok} ok, {self.cached} cached, {self.failed} failed"

    def seconds_left(self, now: float) -> float:
        """Return an estimate from the documents that were not simply taken from the cache."""
        worked = self.ok + self.failed
        return (now - self.started) / max(worked, 1) * (self.total - self.done)

    def tell(self, message: str) -> None:
        """Say it."""
        say(message)

    def warn(self, message: str) -> None:
        """Say it."""
        say(f"warning: {message}")


class Verbose(Lines):
    """A line for each document."""

    def advance(self, finding: Finding) -> None:
        """Explain what became of the document."""
        Counting.advance(self, finding)
        one = finding.assessed
        if not one.document.status.is_searchable:
            say(f"[{self.done}/{self.total}] {_failure(finding)}")
        else:
            counted = sum(mention.counted for mention in one.mentions)
            say(
                f"[{self.done}/{self.total}] {one.file}: {one.document.status}; pages: {len(one.document.pages)} "
                f"({one.document.readable_pages} readable{_by_ocr(one.document)}), words: {one.document.words}, "
                f"mentions: {counted} counted, {len(one.mentions) - counted} set aside"
            )
            if one.document.reason:
                say(f"    {one.document.reason}")
            if one.document.warnings:
                say(f"    warnings: {', '.join(one.document.warnings)}")
        seconds = ", ".join(f"{stage} {spent:.2f} s" for stage, spent in finding.seconds.items())
        say(f"    {'cached' if finding.is_cached else 'new'}; {seconds or 'no stage finished'}")
        explain(one.file, finding.asides)
        if finding.details:
            say(finding.details)


class Bar(Lines):
    """A bar with done, total, time left and counts."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: RichProgress | None = None

    def start(self, total: int, done: int) -> None:
        """Draw it."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        Counting.start(self, total, done)
        self._bar = Progress(
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[counts]}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", total=total, counts=self.counts())
        self._bar.start()

    def advance(self, finding: Finding) -> None:
        """Move it; a failure is named above it."""
        Counting.advance(self, finding)
        if self._bar:
            if not finding.assessed.document.status.is_searchable and self.failed <= _MOST_FAILURES:
                self._bar.console.print(plain(_failure(finding)), markup=False, highlight=False)
            self._bar.update(self._task, advance=1, counts=self.counts())

    def stop(self) -> None:
        """Remove it."""
        if self._bar:
            self._bar.stop()


def failure_line(file: str, document: Document) -> str:
    """Return what is said of a document that could not be read."""
    return f"{file}: {str(document.status).replace('_', ' ')}: {document.reason} {document.hint}".strip()


def explain(file: str, asides: Iterable[Aside]) -> None:
    """Say of each text that was left out where it stood, why, and how it begins."""
    for one in asides:
        words = " ".join(one.text.split())
        shown = words if len(words) <= _MOST_SHOWN else f"{words[:_MOST_SHOWN]}…"
        say(f"    {file}: page {one.page}: {one.reason}: {shown}".replace("\n", " "))


def _failure(finding: Finding) -> str:
    return failure_line(finding.assessed.file, finding.assessed.document)


def _by_ocr(document: Document) -> str:
    if not document.ocr_pages:
        return ""
    return f", {document.ocr_pages} by OCR with confidence {document.ocr_confidence or 0:.2f}"


def _documents(number: int) -> str:
    return f"{number} document" if number == 1 else f"{number} documents"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
