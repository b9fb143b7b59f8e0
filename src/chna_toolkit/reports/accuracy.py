"""How often the tagger was right, lesson by lesson, as measured against gold: shown beside its results.

`accuracy.json` is made by `benchmarks/lesson_accuracy.py` from what `chna evaluate` says of passages that
neither the rules' writers nor the learned layer saw.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from chna_toolkit.results.run import Manifest
from chna_toolkit.results.shares import wilson

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def text(self) -> str:
        """Such as `23 of 30, 77% (59–88)`; a dash of nothing."""
        if not self.of:
            return "–"
        low, high = wilson(self.hits, self.of)
        return f"{self.hits} of {self.of}, {100 * self.hits / self.of:.0f}% ({100 * low:.0f}–{100 * high:.0f})"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one kind of gold says."""

    name: str  # of the kind of text
    gold: tuple[str, ...]  # files
    units: int
    right: Mapping[str, Share]  # lesson -> of the labels given, how many were right (precision)
    found: Mapping[str, Share]  # lesson -> of the labels that people gave, how many were found (recall)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """All that was measured."""

    lexicon_hash: str  # its first digits
    kinds: tuple[Measured, ...]


def accuracy_of(manifest: Manifest, lessons: tuple[str, ...]) -> Accuracy | None:
    """Return what was measured of the lessons of a run; None if it was made with another framework or method."""
    shipped = _shipped()
    method = manifest.settings.get("method")
    if manifest.lexicon_name != shipped["lexicon"] or (method and method.value != shipped["method"]):
        return None
    kinds = tuple(_measured(kind) for kind in shipped["kinds"])
    if any(not kind.right.keys() >= set(lessons) for kind in kinds):
        return None
    return Accuracy(shipped["lexicon_hash"], kinds)


def _measured(kind: Mapping[str, Any]) -> Measured:
    return Measured(
        kind["name"],
        tuple(kind["gold"]),
        kind["units"],
        {name: Share(one["right"], one["given"]) for name, one in kind["lessons"].items()},
        {name: Share(one["right"], one["support"]) for name, one in kind["lessons"].items()},
    )


@cache
def _shipped() -> dict[str, Any]:
    text = (files("chna_toolkit.reports") / "accuracy.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    if found["format"] != FORMAT:
        raise ValueError(f"accuracy.json has format {found['format']}, not {FORMAT}")
    return found
