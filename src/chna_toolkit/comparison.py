"""What changed from one run to another, or from one cycle of a hospital to the next.

The unit is a hospital in a cycle and a lesson. Of each whose status or evidence changed it is told
how, by which passages, and what may be the cause: other documents, lexicon, settings or tool.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from chna_toolkit.errors import UsageError
from chna_toolkit.model import Status
from chna_toolkit.results.frames import rows_of
from chna_toolkit.results.run import Manifest, Run
from chna_toolkit.results.schemas import Column, Table, Value

_Row = Mapping[str, Any]
_Cycle = tuple[str, int | None]  # hospital_key, chna_year
_Pair = tuple[_Cycle | None, _Cycle | None]  # before and after; None: not there
_ORDER = [status.value for status in Status]  # best first
CHANGES = ("better", "worse", "assessed", "not_assessed", "evidence", "lost", "new")
CAUSES = ("text", "lexicon", "settings", "tool")
_MENTION_COLUMNS = (
    "document_id", "lesson_id", "rule_id", "file", "page_number", "assertion", "confidence", "keyword", "sentence",
    "counted",
)  # fmt: skip
# Settings that cannot change what is found.
_HARMLESS = frozenset(
    (
        "output", "jobs", "cache", "cache_dir", "cluster", "download_mb", "passwords", "keyring", "peers", "hospitals",
        "lexicon", "absolute_paths", "report", "thumbnails",
    )
)  # fmt: skip

TABLE = Table(
    "comparison",
    "One row a hospital and lesson whose status or counted mentions changed.",
    (
        Column("hospital_key", "string", "The hospital.", key=True),
        Column("year_base", "integer", "Its cycle before.", "year", key=True),
        Column("year_head", "integer", "Its cycle after; the same when runs are compared.", "year", key=True),
        Column("lesson_id", "string", "The lesson.", key=True),
        Column("hospital_name", "string", "Name of the hospital."),
        Column("lesson_title", "string", "The lesson's title."),
        Column("status_base", "string", "Status before; empty if the hospital is new."),
        Column("status_head", "string", "Status after; empty if the hospital is gone."),
        Column("change", "string", "What became of the status; evidence: only the mentions changed.", values=CHANGES),
        Column("mentions_base", "integer", "Counted mentions before.", "mentions"),
        Column("mentions_head", "integer", "Counted mentions after.", "mentions"),
        Column("mentions_gained", "integer", "Counted mentions that were not there before.", "mentions"),
        Column("mentions_lost", "integer", "Counted mentions that are no longer there.", "mentions"),
        Column("rules_gained", "string", "Rules of those gained.", "rule ids, ;"),
        Column("rules_lost", "string", "Rules of those lost.", "rule ids, ;"),
        Column("cause", "string", "What differs and can have caused it, likeliest first.", "text, lexicon, …; ;"),
    ),
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A counted mention that was gained or lost."""

    rule: str
    assertion: str
    file: str
    page: int
    sentence: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Change:
    """What changed at a hospital in a lesson."""

    hospital_key: str
    hospital: str
    year_base: int | None
    year_head: int | None
    lesson: str
    lesson_title: str
    status_base: str
    status_head: str
    mentions_base: int
    mentions_head: int
    gained: tuple[Passage, ...]
    lost: tuple[Passage, ...]
    causes: tuple[str, ...]

    @property
    def is_flip(self) -> bool:
        """Whether the status of a hospital that was there before is another, or gone."""
        return self.status_base != self.status_head and self.kind != "new"

    @property
    def kind(self) -> str:
        """What became of the status, one of `CHANGES`."""
        base, head, unknown = self.status_base, self.status_head, Status.NOT_ASSESSED.value
        if not base or not head:
            return "lost" if base else "new"
        if base == head:
            return "evidence"
        if unknown in (base, head):
            return "assessed" if base == unknown else "not_assessed"
        return "better" if _ORDER.index(head) < _ORDER.index(base) else "worse"

    def row(self) -> dict[str, Value]:
        """Return it as a row of `TABLE`."""
        return {
            "hospital_key": self.hospital_key,
            "year_base": self.year_base,
            "year_head": self.year_head,
            "lesson_id": self.lesson,
            "hospital_name": self.hospital,
            "lesson_title": self.lesson_title,
            "status_base": self.status_base,
            "status_head": self.status_head,
            "change": self.kind,
            "mentions_base": self.mentions_base,
            "mentions_head": self.mentions_head,
            "mentions_gained": len(self.gained),
            "mentions_lost": len(self.lost),
            "rules_gained": ";".join(sorted({one.rule for one in self.gained})),
            "rules_lost": ";".join(sorted({one.rule for one in self.lost})),
            "cause": ";".join(self.causes),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed, and what it was looked for in."""

    compared: int  # hospitals and cycles on both sides
    differences: tuple[str, ...]  # between the runs, in words
    changes: tuple[Change, ...]  # by hospital, cycle and lesson

    @property
    def flips(self) -> tuple[Change, ...]:
        """The changes of a status."""
        return tuple(change for change in self.changes if change.is_flip)


def compare_runs(base: Run, head: Run) -> Comparison:
    """Compare two runs, hospital by hospital and cycle by cycle. Lessons that only one has are named, not compared."""
    before, after = _Side(base), _Side(head)
    lessons = [lesson for lesson in head.lessons if lesson in before.titles]
    pairs: list[_Pair] = [(cycle if cycle in before.cycles else None, cycle) for cycle in after.cycles]
    pairs += [(cycle, None) for cycle in before.cycles if cycle not in after.cycles]
    causes = _differing(base.manifest, head.manifest)
    changes = _changes(before, after, pairs, lessons, causes)
    compared = sum(None not in pair for pair in pairs)
    differences = (*_only(base, head), *_in_words(base.manifest, head.manifest))
    return Comparison(compared, differences, changes)


def compare_cycles(run: Run, hospital: str = "") -> Comparison:
    """Compare each cycle of a hospital with the one before, within one run; of all hospitals if none is named.

    `hospital` is a key, or part of a name. Raises `UsageError` if none has two cycles.
    """
    side = _Side(run)
    wanted = hospital.casefold()
    years: dict[str, list[_Cycle]] = defaultdict(list)
    for cycle, row in side.cycles.items():
        if cycle[1] is not None and (cycle[0] == hospital or wanted in row["hospital_name"].casefold()):
            years[cycle[0]].append(cycle)
    pairs = [pair for cycles in years.values() for pair in pairwise(sorted(cycles, key=lambda one: one[1] or 0))]
    if not pairs:
        who = f"no hospital like {hospital!r}" if hospital else "no hospital"
        raise UsageError(f"{who} has two cycles of a known year", "Name the years in hospitals.csv and scan again.")
    changes = _changes(side, side, pairs, run.lessons, ("text",))
    return Comparison(len(pairs), (), changes)


class _Side:
    """One of the two that are compared."""

    def __init__(self, run: Run) -> None:
        self.cycles: dict[_Cycle, _Row] = {
            (row["hospital_key"], row["chna_year"]): row  # type: ignore[misc]
            for row in run.rows("coverage_matrix")
        }
        self.titles: dict[str, str] = {str(row["lesson_id"]): str(row["title"]) for row in run.rows("lessons")}
        self.mentions: dict[tuple[str, str], list[_Row]] = defaultdict(list)
        for row in rows_of(run.tables["mentions"][list(_MENTION_COLUMNS)]):
            if row["counted"]:
                self.mentions[str(row["document_id"]), str(row["lesson_id"])].append(row)

    def documents(self, cycle: _Cycle | None) -> frozenset[str]:
        return frozenset(self.cycles[cycle]["document_ids"].split(";")) if cycle else frozenset()

    def evidence(self, cycle: _Cycle | None, lesson: str) -> list[_Row]:
        return [row for one in sorted(self.documents(cycle)) for row in self.mentions[one, lesson]]

    def status(self, cycle: _Cycle | None, lesson: str) -> str:
        return str(self.cycles[cycle][f"{lesson}_status"]) if cycle else ""


def _changes(
    before: _Side,
    after: _Side,
    pairs: Iterable[_Pair],
    lessons: Iterable[str],
    causes: tuple[str, ...],
) -> tuple[Change, ...]:
    found = []
    lessons = list(lessons)
    for base, head in pairs:
        row = after.cycles[head] if head else before.cycles[base]  # type: ignore[index]
        own = before.documents(base) != after.documents(head)
        for lesson in lessons:
            old, new = before.evidence(base, lesson), after.evidence(head, lesson)
            gained, lost = _beyond(new, old), _beyond(old, new)
            statuses = before.status(base, lesson), after.status(head, lesson)
            if statuses[0] == statuses[1] and not gained and not lost:
                continue
            why = _causes(own, bool(gained or lost), causes)
            years = (base or (None, None))[1], (head or (None, None))[1]
            name = (row["hospital_key"], row["hospital_name"])
            sizes = (len(old), len(new))
            found.append(Change(*name, *years, lesson, after.titles[lesson], *statuses, *sizes, gained, lost, why))
    found.sort(key=lambda one: (one.hospital.casefold(), one.hospital_key, one.year_head or 0, one.year_base or 0))
    return tuple(found)


def _beyond(rows: list[_Row], others: list[_Row]) -> tuple[Passage, ...]:
    """Return the mentions that the others do not have. Places may shift; rule, assertion and passage are compared."""
    left = Counter(_identity(row) for row in others)
    found = []
    for row in rows:
        key = _identity(row)
        if left[key]:
            left[key] -= 1
        else:
            place = (row["file"], row["page_number"])
            found.append(Passage(row["rule_id"], row["assertion"], *place, row["sentence"], row["confidence"]))
    return tuple(sorted(found, key=lambda one: -one.confidence))


def _identity(row: _Row) -> tuple[str, str, str, str]:
    return row["rule_id"], row["assertion"], row["keyword"], " ".join(row["sentence"].split())


def _causes(other_documents: bool, other_mentions: bool, differing: tuple[str, ...]) -> tuple[str, ...]:
    if other_documents:
        return ("text", *(one for one in differing if one != "text"))
    # A lexicon acts through mentions alone: where these are the same, it is not the cause.
    rest = tuple(one for one in differing if other_mentions or one != "lexicon")
    return rest or ("tool",)


# -- what differs between two runs


def _differing(base: Manifest, head: Manifest) -> tuple[str, ...]:
    found = {
        "lexicon": base.lexicon_hash != head.lexicon_hash,
        "settings": bool(list(_settings_in_words(base, head))),
        "tool": (base.tool_version, dict(base.libraries)) != (head.tool_version, dict(head.libraries)),
    }
    return tuple(name for name in CAUSES if found.get(name))


def _in_words(base: Manifest, head: Manifest) -> Iterator[str]:
    if base.lexicon_hash != head.lexicon_hash:
        names = [f"{one.lexicon_name} {one.lexicon_version} ({one.lexicon_hash[:12]})" for one in (base, head)]
        yield f"lexicon: {names[0]} → {names[1]}"
    yield from _settings_in_words(base, head)
    if base.tool_version != head.tool_version:
        yield f"chna-toolkit: {base.tool_version} → {head.tool_version}"
    for name in sorted({*base.libraries, *head.libraries}):
        old, new = base.libraries.get(name, ""), head.libraries.get(name, "")
        if old != new:
            yield f"{name}: {old or 'none'} → {new or 'none'}"


def _settings_in_words(base: Manifest, head: Manifest) -> Iterator[str]:
    for name in sorted({*base.settings, *head.settings} - _HARMLESS):
        old, new = ((one.settings[name].value if name in one.settings else None) for one in (base, head))
        if old != new and not name.startswith("thresholds."):
            yield f"{name}: {old} → {new}"
    for name in sorted({*base.thresholds, *head.thresholds}):
        old, new = base.thresholds.get(name), head.thresholds.get(name)
        if old != new:
            yield f"thresholds.{name}: {old} → {new}"


def _only(base: Run, head: Run) -> Iterator[str]:
    for name, one, other in (("base", base, head), ("head", head, base)):
        if alone := [lesson for lesson in one.lessons if lesson not in other.lessons]:
            yield f"lessons only in {name}, not compared: {', '.join(alone)}"
