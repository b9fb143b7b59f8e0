"""What changed for a hospital from one cycle to the next. Reports and figures count it the same way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from chna_toolkit.model import Status
from chna_toolkit.results.view import Finding, HospitalView

_ORDER: list[Status] = [status for status in Status if status is not Status.NOT_ASSESSED]  # best first


@dataclass(frozen=True, slots=True)
class Step:
    """A hospital in two cycles that follow each other, both assessed."""

    old: HospitalView
    new: HospitalView

    @property
    def changes(self) -> tuple[tuple[Finding, Finding], ...]:
        """The lessons, old and new, that could be assessed both times and whose status differs."""
        pairs = zip(self.old.findings, self.new.findings, strict=True)
        return tuple(pair for pair in pairs if turn(*pair))

    @property
    def risen(self) -> tuple[tuple[Finding, Finding], ...]:
        """Those of which the new cycle shows more."""
        return tuple(pair for pair in self.changes if turn(*pair) > 0)

    @property
    def fallen(self) -> tuple[tuple[Finding, Finding], ...]:
        """Those of which it shows less."""
        return tuple(pair for pair in self.changes if turn(*pair) < 0)


def turn(old: Finding, new: Finding) -> int:
    """Return 1 if the status rose, -1 if it fell, 0 if it stayed or one of the two could not be assessed."""
    if Status.NOT_ASSESSED in (old.status, new.status):
        return 0
    before, after = _ORDER.index(old.status), _ORDER.index(new.status)
    return (after < before) - (after > before)


def steps_of(hospitals: Iterable[HospitalView]) -> Iterator[Step]:
    """Yield the steps of each hospital, in the order of the hospitals and then of the years."""
    cycles: dict[str, list[HospitalView]] = {}
    for one in hospitals:
        if one.year is not None and one.is_assessed:
            cycles.setdefault(one.key, []).append(one)
    for own in cycles.values():
        for old, new in pairwise(sorted(own, key=lambda one: one.year or 0)):
            yield Step(old, new)
