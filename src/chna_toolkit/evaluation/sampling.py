"""A random sample of a run's passages for coders, drawn so that precision and recall can be estimated.

Every passage of the run's documents belongs to one stratum: what the run labelled, by lesson and
by the lesson's status in its document; what it set aside, by lesson; and all the rest. Of each some
are drawn at random, and each drawn passage remembers how many it stands for. Coders get
the passages in random order and without a word of what the run thinks of them; that stands in
the key, which is joined with their codes afterwards.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chna_toolkit.errors import NoInputError, UsageError
from chna_toolkit.evaluation.documents import Source
from chna_toolkit.evaluation.gold import text_key
from chna_toolkit.evaluation.sheets import SKIP
from chna_toolkit.model import DocumentStatus, Passage

if TYPE_CHECKING:
    from chna_toolkit.results.run import Run

UNTAGGED = "untagged"
PASSAGE_COLUMNS = ("id", "file", "page", "kind", "section", "headers", "prev", "text")
KEY_COLUMNS = ("id", "stratum", "in_stratum", "drawn", "weight", "doc", "sha256", "page", "passage", "key", "tags")
_WORDS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Quota:
    """How many passages to draw at the most."""

    tagged: int = 20  # of each lesson, shared by the statuses that it has
    aside: int = 5  # of each lesson, where nothing counts
    untagged: int = 200


@dataclass(frozen=True, slots=True)
class Drawn:
    """A passage of the sample: `weight` is how many passages of its stratum it stands for."""

    id: str
    source: Source
    passage: Passage
    stratum: str
    in_stratum: int
    drawn: int
    tags: str  # what the run says: "L03:practice; L10:aside"

    @property
    def weight(self) -> float:
        """Passages that it stands for."""
        return self.in_stratum / self.drawn


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn, in the random order in which coders see it, and of how many in each stratum."""

    drawn: tuple[Drawn, ...]
    strata: Mapping[str, tuple[int, int]]  # stratum -> passages in it, drawn
    missing: tuple[str, ...]  # files of the run that were not found or could not be read


def draw(run: Run, sources: Iterable[Source], quota: Quota, seed: int) -> Sample:
    """Draw a sample of the passages of a run's documents. The same seed draws the same.

    Raises `NoInputError` if none of the documents is there.
    """
    by_hash = {source.document.sha256: source for source in sources}
    wanted = {
        str(row["sha256"]): str(row["file"])
        for row in run.rows("documents")
        if DocumentStatus(str(row["extraction_status"])).is_searchable
    }
    if not by_hash.keys() & wanted.keys():
        raise NoInputError(
            "none of the run's documents was found, and a run keeps no text but its evidence",
            "Name the folder where they are with --documents.",
        )
    strata = _strata(run, [by_hash[sha] for sha in sorted(wanted) if sha in by_hash])
    chance = random.Random(seed)
    drawn: list[Drawn] = []
    sizes: dict[str, tuple[int, int]] = {}
    for stratum, wish in sorted(_wishes(strata, quota).items()):
        held = strata[stratum]
        taken = chance.sample(held, min(wish, len(held)))
        sizes[stratum] = (len(held), len(taken))
        drawn += [
            Drawn(_id_of(source, passage), source, passage, stratum, len(held), len(taken), tags)
            for source, passage, tags in taken
        ]
    chance.shuffle(drawn)
    return Sample(tuple(drawn), sizes, tuple(sorted(file for sha, file in wanted.items() if sha not in by_hash)))


_Held = tuple[Source, Passage, str]


def _id_of(source: Source, passage: Passage) -> str:
    return f"{source.document.sha256[:12]}:{passage.index}"


def _strata(run: Run, sources: Sequence[Source]) -> dict[str, list[_Held]]:
    """Put each passage into one stratum; of several lessons that it shows, the rarest decides."""
    statuses = {(row["document_id"], row["lesson_id"]): row["status"] for row in run.rows("lesson_results")}
    counted: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    aside: dict[tuple[str, int], set[str]] = defaultdict(set)
    for row in run.rows("mentions"):
        place = str(row["document_id"]), int(row["passage"] or 0)
        if row["counted"]:
            counted[place][str(row["lesson_id"])] = str(row["assertion"])
        else:
            aside[place].add(str(row["lesson_id"]))
    common = Counter(lesson for lessons in counted.values() for lesson in lessons)
    common.update(lesson for place, lessons in aside.items() for lesson in lessons if place not in counted)
    strata: dict[str, list[_Held]] = defaultdict(list)
    known = {(str(row["document_id"]), int(row["passage"] or 0)): str(row["sentence"]) for row in run.rows("mentions")}
    for source in sources:
        document = source.document.sha256[:12]
        for passage in source.document.passages:
            place = document, passage.index
            _check_same(known.get(place), passage, source)
            labels, near = counted.get(place, {}), aside.get(place, set())
            tags = "; ".join(
                [f"{one}:{how}" for one, how in sorted(labels.items())]
                + [f"{one}:aside" for one in sorted(near - labels.keys())]
            )
            if labels:
                rarest = min(labels, key=lambda one: (common[one], one))
                stratum = f"{rarest} {statuses[document, rarest]}"
            elif near:
                stratum = f"{min(near, key=lambda one: (common[one], one))} aside"
            elif _WORDS.search(passage.text):
                stratum = UNTAGGED
            else:
                continue  # numbers alone bear no lesson
            strata[stratum].append((source, passage, tags))
    return strata


def _check_same(sentence: str | None, passage: Passage, source: Source) -> None:
    if sentence is not None and text_key(sentence) != text_key(passage.text):
        raise UsageError(
            f"{source.file}: passage {passage.index} is not what the run read there",
            "The run was made by another version or with other settings: scan again.",
        )


def _wishes(strata: Mapping[str, Sequence[_Held]], quota: Quota) -> dict[str, int]:
    """How many to draw of each stratum; what a small one cannot give goes to the lesson's others."""
    wishes = {UNTAGGED: quota.untagged} if UNTAGGED in strata else {}
    statuses: dict[str, list[str]] = defaultdict(list)
    for stratum in sorted(strata):
        lesson, _, status = stratum.partition(" ")
        if status == "aside":
            wishes[stratum] = quota.aside
        elif status:
            statuses[lesson].append(stratum)
    for names in statuses.values():
        left = quota.tagged
        for place, stratum in enumerate(sorted(names, key=lambda name: (len(strata[name]), name))):
            wishes[stratum] = min(len(strata[stratum]), -(-left // (len(names) - place)))
            left -= wishes[stratum]
    return {stratum: wish for stratum, wish in wishes.items() if wish > 0}


def coding_columns(lessons: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a coder's sheet: the passage, a column a lesson, and what else the coder says."""
    return (*PASSAGE_COLUMNS, *lessons, SKIP, "note")


def coding_rows(sample: Sample, lessons: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a sheet to code in."""
    rows = []
    for one in sample.drawn:
        passage, passages = one.passage, one.source.document.passages
        headers = (header for header in (passage.row_header, passage.column_header) if header)
        cells = (
            one.id, one.source.file, str(passage.page), passage.kind.value, " > ".join(passage.section[-2:]),
            " > ".join(headers), passages[passage.index - 1].text if passage.index else "", passage.text,
        )  # fmt: skip
        rows.append({**dict.fromkeys((*lessons, SKIP, "note"), ""), **dict(zip(PASSAGE_COLUMNS, cells, strict=True))})
    return rows


def key_rows(sample: Sample) -> list[dict[str, str]]:
    """Return the rows of the key: what each passage stands for, and what the run says of it; no text."""
    return [
        dict(
            zip(
                KEY_COLUMNS,
                (
                    one.id, one.stratum, str(one.in_stratum), str(one.drawn), f"{one.weight:.6g}", one.source.stem,
                    one.source.document.sha256, str(one.passage.page), str(one.passage.index),
                    text_key(one.passage.text), one.tags,
                ),
                strict=True,
            )
        )
        for one in sample.drawn
    ]  # fmt: skip


def key_path(path: Path) -> Path:
    """Return where the key of a sheet is written."""
    return path.with_name(f"{path.stem}.key.csv")


def places_of(run: Run, folder: Path) -> list[str]:
    """Return the files of a run that are where they were, relative to its folder."""
    places = [(folder / item.link) for item in run.manifest.inputs if item.link]
    return [str(place) for place in places if place.is_file()]
