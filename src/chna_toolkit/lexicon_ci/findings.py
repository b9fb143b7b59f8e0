"""What checks and tests of a lexicon find: one value for all of them, whatever it is written as."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Severity(StrEnum):
    """How much a finding matters, the worst first."""

    ERROR = "error"  # the lexicon does not do what it says
    WARNING = "warning"  # it probably does not
    NOTE = "note"  # worth a look


_RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake in a lexicon, with its place and what to do about it."""

    file: Path
    line: int  # from 1; 0: the file as a whole
    rule: str  # id of the rule, exclusion or cue, or `@name` of the class; "" for none of them
    slug: str  # names the kind of mistake, and never changes
    severity: Severity
    message: str  # what is wrong
    remedy: str = ""  # what to do

    @property
    def key(self) -> tuple[str, int, int, str, str, str]:
        """Order of findings: by place, then the worst first."""
        return str(self.file), self.line, _RANK[self.severity], self.rule, self.slug, self.message


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings by file and line, each once."""
    return sorted(set(findings), key=lambda finding: finding.key)


def counts(findings: Iterable[Finding]) -> dict[Severity, int]:
    """Return how many findings there are of each severity, the worst first."""
    found = dict.fromkeys(Severity, 0)
    for finding in findings:
        found[finding.severity] += 1
    return found
