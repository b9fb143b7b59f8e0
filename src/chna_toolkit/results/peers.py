"""Which hospitals are peers, and how many of them cover a lesson: said here and nowhere else.

The peers of a hospital are the other hospitals of the run: all of them, or those of the same health
system, state or size. Each counts once for a lesson, by its latest cycle that could be assessed for
it; one that never could is left out. A hospital is never its own peer, in no cycle.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from chna_toolkit.lexicon.model import Lesson
from chna_toolkit.model import Status
from chna_toolkit.results.frames import DataFrame
from chna_toolkit.results.hospitals import HospitalCycle
from chna_toolkit.results.schemas import GROUPINGS, Value
from chna_toolkit.results.shares import Share

# Beds of each size but the largest: critical access hospitals have 25 at most.
_SIZES = ((25, "up to 25 beds"), (99, "26 to 99 beds"), (299, "100 to 299 beds"), (499, "300 to 499 beds"))
_LARGEST = "500 beds and more"


def size_of(beds: int | None) -> str:
    """Return the band of a number of beds; "" if it is unknown."""
    if not beds:
        return ""
    return next((name for most, name in _SIZES if beds <= most), _LARGEST)


def unknown(grouping: str) -> str:
    """Say why a hospital has no peers in a grouping for which it has no value."""
    return f"its {grouping} is not known"


def missing(tables: Mapping[str, DataFrame], grouping: str) -> tuple[str, str] | None:
    """Return what is missing in a run for a grouping, and the remedy; None if some hospital has a value."""
    peers = tables["peers"]
    if len(peers) == 0 or (peers["grouping"] == grouping).any():
        return None
    column = "beds" if grouping == "size" else grouping
    return f"the {grouping} of no hospital is known", f"Fill the column {column} of hospitals.csv and scan again."


class PeerGroups:
    """The hospitals of a run in their groups, counted once for all questions."""

    def __init__(self, hospitals: Sequence[HospitalCycle], lessons: Sequence[str]) -> None:
        self._groups = _groups_of(hospitals)
        self._latest = _latest(hospitals, lessons)
        self._members = Counter((kind, _same(group)) for one in self._groups.values() for kind, group in one.items())
        self._assessed: Counter[tuple[str, str, str]] = Counter()  # lesson, grouping, group
        self._covered: Counter[tuple[str, str, str]] = Counter()
        for lesson, cycles in self._latest.items():
            for key, cycle in cycles.items():
                for kind, group in self._groups[key].items():
                    self._assessed[lesson, kind, _same(group)] += 1
                    self._covered[lesson, kind, _same(group)] += _covers(cycle, lesson)
        self._owners: dict[str, set[str]] = defaultdict(set)  # document -> hospitals it speaks for
        for one in hospitals:
            for document in one.documents:
                self._owners[document.document_id].add(one.key)

    @property
    def groupings(self) -> tuple[str, ...]:
        """Those by which at least one hospital has a group."""
        known = {kind for kind, _ in self._members}
        return tuple(kind for kind in GROUPINGS if kind in known)

    def share(self, hospital: HospitalCycle, lesson: str, grouping: str = "all") -> Share:
        """Return how many peers of the hospital cover the lesson."""
        key, group = hospital.key, self._groups[hospital.key].get(grouping)
        if group is None:
            return Share("", 0, 0, 0, unknown(grouping))
        place = (lesson, grouping, _same(group))
        own = self._latest[lesson].get(key)
        assessed = self._assessed[place] - (own is not None)
        covered = self._covered[place] - (own is not None and _covers(own, lesson))
        others = self._members[place[1:]] - 1
        why = "" if assessed else _why_none(grouping, others)
        return Share(group, assessed, covered, self._joint(hospital, lesson, place) if assessed else 0, why)

    def _joint(self, hospital: HospitalCycle, lesson: str, place: tuple[str, str, str]) -> int:
        """Count the peers whose latest assessed cycle rests on a document of this hospital and cycle."""
        own = {one.document_id for one in hospital.documents}
        sharing = {key for document in own for key in self._owners[document]} - {hospital.key}
        return sum(
            key in self._latest[lesson]
            and _same(self._groups[key].get(place[1])) == place[2]
            and any(one.document_id in own for one in self._latest[lesson][key].documents)
            for key in sharing
        )


def peer_rows(
    hospitals: Sequence[HospitalCycle], lessons: Sequence[Lesson], peers: PeerGroups
) -> Iterator[dict[str, Value]]:
    """Yield the rows of `peers.csv`."""
    for hospital in hospitals:
        for lesson in lessons:
            for grouping in sorted(peers.groupings):
                yield _row(hospital, lesson, grouping, peers.share(hospital, lesson.id, grouping))


def _row(hospital: HospitalCycle, lesson: Lesson, grouping: str, share: Share) -> dict[str, Value]:
    low, high = share.interval
    return {
        "hospital_key": hospital.key,
        "chna_year": hospital.year,
        "lesson_id": lesson.id,
        "grouping": grouping,
        "peer_group": share.group,
        "hospital_name": hospital.identity.name,
        "lesson_title": lesson.title,
        "status": hospital.lessons[lesson.id].status.value,
        "peers_assessed": share.assessed,
        "peers_covered": share.covered,
        "peers_covered_percent": share.percent,
        "percent_low": low,
        "percent_high": high,
        "peers_joint": share.joint,
        "why_none": share.why_none,
    }


def _groups_of(hospitals: Sequence[HospitalCycle]) -> dict[str, dict[str, str]]:
    """Return the groups that are known of each hospital, by its latest cycle that tells."""
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for one in hospitals:  # sorted by year: later cycles overwrite earlier ones
        traits = {"system": one.identity.system, "state": one.identity.state, "size": size_of(one.identity.beds)}
        groups[one.key] |= {"all": "", **{kind: " ".join(group.split()) for kind, group in traits.items() if group}}
    return groups


def _latest(hospitals: Sequence[HospitalCycle], lessons: Sequence[str]) -> dict[str, Mapping[str, HospitalCycle]]:
    """Return for each lesson and hospital its latest cycle that was assessed for it."""
    latest: dict[str, dict[str, HospitalCycle]] = {lesson: {} for lesson in lessons}
    for one in hospitals:
        for lesson in lessons:
            if one.lessons[lesson].status is not Status.NOT_ASSESSED:
                latest[lesson][one.key] = one
    return dict(latest)


def _covers(hospital: HospitalCycle, lesson: str) -> bool:
    return hospital.lessons[lesson].status is Status.COVERED


def _same(group: str | None) -> str:
    """Return a group's name without what people write in different ways."""
    return " ".join((group or "").casefold().replace("’", "'").split())


def _why_none(grouping: str, others: int) -> str:
    of = "" if grouping == "all" else f" of its {grouping}"
    if not others:
        return f"no other hospital{of} in this run"
    return f"no other hospital{of} could be assessed for it"
