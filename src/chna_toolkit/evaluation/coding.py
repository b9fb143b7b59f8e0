"""Coders' sheets compared: how far they agree on each lesson, where they do not, and what both say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

import numpy as np

from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation.agreement import MISSING, Agreement, Ratings, agreement, shared_f1
from chna_toolkit.evaluation.gold import ASSERTIONS, MAYBE, YES, GoldUnit, load_gold, weighted
from chna_toolkit.evaluation.measures import clusters_of
from chna_toolkit.lexicon.model import Lexicon

MAYBES = ("no", "open", "yes")  # what a coder's `maybe` is taken for


@dataclass(frozen=True, slots=True)
class Coder:
    """One coder's units by id."""

    name: str
    units: Mapping[str, GoldUnit]

    def code(self, unit: str, lesson: str) -> str | None:
        """Return the code of a lesson: an assertion, `YES`, `MAYBE` or ""; None if the coder skipped the unit."""
        own = self.units.get(unit)
        if own is None:
            return None
        return MAYBE if lesson in own.maybe else own.labels.get(lesson, "")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A lesson in a unit that coders judged differently: `codes` by coder, "" where it is not borne."""

    unit: GoldUnit
    lesson: str
    codes: Mapping[str, str]

    @property
    def is_about_assertion(self) -> bool:
        """Whether all find the lesson, and differ in how it is asserted."""
        return all(code not in ("", MAYBE) for code in self.codes.values())


@dataclass(frozen=True, slots=True)
class LessonAgreement:
    """How far coders agree on a lesson, or over all."""

    name: str
    labels: tuple[int, ...]  # by coder
    coefficients: Agreement
    f1: float  # between coders, mean over the pairs


@dataclass(frozen=True, slots=True)
class Coding:
    """Several coders compared, over the units that two of them judged."""

    coders: tuple[str, ...]
    units: int
    clusters: int
    resamples: int
    seed: int
    maybe: str
    lessons: tuple[LessonAgreement, ...]
    overall: LessonAgreement  # all decisions of all lessons together
    assertions: LessonAgreement | None  # where coders agree that a lesson is borne
    disagreements: tuple[Disagreement, ...]
    only_one: int  # units that one coder alone judged


def read_coders(paths: Sequence[Path], key: Path | None = None) -> list[Coder]:
    """Read coders' files, with documents and weights from the `key`; each is called after its file.

    Raises `UsageError`.
    """
    if len(paths) < 2:
        raise UsageError("agreement needs two coders or more", "Give a file for each.")
    names = [path.stem for path in paths]
    if len(set(names)) < len(names):
        names = [path.as_posix() for path in paths]
    coders = []
    for name, path in zip(names, paths, strict=True):
        units = weighted(load_gold(path), key) if key else load_gold(path)
        by_id = {unit.id: unit for unit in units}
        if len(by_id) < len(units):
            twice = next(one for one, count in Counter(unit.id for unit in units).items() if count > 1)
            raise UsageError(f"{path}: the id {twice} stands there twice", "A passage is coded once in a file.")
        coders.append(Coder(name, by_id))
    return coders


def compare_coders(
    coders: Sequence[Coder], lexicon: Lexicon, resamples: int = 1000, seed: int = 15, maybe: str = "no"
) -> Coding:
    """Compare coders on the units that two of them or more judged.

    A `maybe` is taken for `no`, for `yes`, or for no rating at all (`open`: then whoever hesitates never
    disagrees). Raises `UsageError` if there is nothing to compare.
    """
    if maybe not in MAYBES:
        raise UsageError(f"--maybe {maybe!r} is unknown", f"Choose one of: {', '.join(MAYBES)}.")
    units = _common(coders)
    counts = Counter(one for coder in coders for one in coder.units)
    if not units:
        raise UsageError("the coders have no passage in common", "Ids must be the same in all files.")
    clusters = clusters_of(units)
    bench = _Bench(coders, units, clusters, resamples, seed, maybe)
    lessons = [(str(lesson.number), lesson.id) for lesson in lexicon.lessons]
    ratings = [bench.ratings(number) for number, _ in lessons]
    rows = [bench.row(name, one, clusters) for (_, name), one in zip(lessons, ratings, strict=True)]
    overall = bench.row("all decisions", np.concatenate(ratings), clusters * len(lessons))
    return Coding(
        tuple(coder.name for coder in coders),
        len(units),
        max(clusters) + 1,
        resamples,
        seed,
        maybe,
        tuple(rows),
        overall,
        bench.assertions([number for number, _ in lessons]),
        tuple(bench.disagreements(lessons)),
        sum(count == 1 for count in counts.values()),
    )


def _common(coders: Sequence[Coder]) -> list[GoldUnit]:
    """Return the units that two coders judged, in the order of the first coder's file."""
    counts = Counter(one for coder in coders for one in coder.units)
    merged: dict[str, GoldUnit] = {}
    for coder in coders:
        for one, unit in coder.units.items():
            other = merged.setdefault(one, unit)
            if other.text and unit.text and other.key != unit.key:
                raise UsageError(f"the text of {one} is not the same for all coders", "Compare files of one sample.")
    return [unit for one, unit in merged.items() if counts[one] > 1]


@dataclass(frozen=True, slots=True)
class _Bench:
    coders: Sequence[Coder]
    units: Sequence[GoldUnit]
    clusters: Sequence[int]
    resamples: int
    seed: int
    maybe: str

    def ratings(self, lesson: str) -> Ratings:
        """1 where a coder gives the lesson, 0 where not."""
        value: dict[str | None, int] = {None: MISSING, "": 0}
        value[MAYBE] = {"open": MISSING, "no": 0, "yes": 1}[self.maybe]
        codes = [[value.get(coder.code(unit.id, lesson), 1) for coder in self.coders] for unit in self.units]
        return np.array(codes, dtype=np.int64)

    def row(self, name: str, ratings: Ratings, clusters: Sequence[int], categories: int = 2) -> LessonAgreement:
        found = agreement(ratings, categories, list(clusters), self.resamples, self.seed)
        labels = tuple(int(count) for count in ((ratings == 1) if categories == 2 else (ratings >= 0)).sum(axis=0))
        return LessonAgreement(name, labels, found, shared_f1(ratings) if categories == 2 else nan)

    def assertions(self, lessons: Sequence[str]) -> LessonAgreement | None:
        """Agreement on the assertion of what two coders or more find borne."""
        rows, clusters = [], []
        for place, unit in enumerate(self.units):
            for lesson in lessons:
                codes = [coder.code(unit.id, lesson) for coder in self.coders]
                values = [ASSERTIONS.index(code) if code in ASSERTIONS else MISSING for code in codes]
                if sum(value != MISSING for value in values) > 1:
                    rows.append(values)
                    clusters.append(self.clusters[place])
        if not rows:
            return None
        numbers = {cluster: number for number, cluster in enumerate(sorted(set(clusters)))}
        ratings = np.array(rows, dtype=np.int64)
        return self.row("assertions", ratings, [numbers[one] for one in clusters], len(ASSERTIONS))

    def disagreements(self, lessons: Sequence[tuple[str, str]]) -> list[Disagreement]:
        found = []
        for unit in self.units:
            for number, name in lessons:
                codes = {coder.name: coder.code(unit.id, number) for coder in self.coders}
                given = {coder: code for coder, code in codes.items() if code is not None}
                if len(set(given.values()) - {YES}) > 1 or (YES in given.values() and "" in given.values()):
                    found.append(Disagreement(unit, name, given))
        return found


def adjudicated(coders: Sequence[Coder], lexicon: Lexicon) -> list[dict[str, Any]]:
    """Return what the coders say together, a row a unit that two of them judged, as gold.

    A lesson that all give is a label, with their assertion, or `yes` where they differ in it; what
    only some give is `maybe`. `dispute` says who said what; `settled` is to be filled in by hand.
    """
    rows = []
    for unit in _common(coders):
        codes: dict[str, str] = {}
        disputes = []
        for lesson in lexicon.lessons:
            said = {coder.name: coder.code(unit.id, str(lesson.number)) for coder in coders}
            given = {name: code for name, code in said.items() if code is not None}
            if code := _together(list(given.values())):
                codes[lesson.id] = code
            if len(set(given.values())) > 1:
                disputes.append(f"{lesson.id}: " + ", ".join(f"{name} {code or 'no'}" for name, code in given.items()))
        rows.append({"unit": unit, "codes": codes, "dispute": "; ".join(disputes)})
    return rows


def _together(codes: Sequence[str]) -> str:
    if all(code not in ("", MAYBE) for code in codes):
        said = set(codes) - {YES}
        return said.pop() if len(said) == 1 else YES
    return MAYBE if any(codes) else ""
