"""`chna lexicon draft`: what coded texts suggest to add to a lexicon, each proposal tried before it is told.

By the rules alone, as the test. A proposal is put into the lexicon in memory; the examples and the
coded texts that hold its words are judged again. It edits nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation.documents import Resolved
from chna_toolkit.evaluation.gold import YES, GoldUnit, split_of
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.lexicon_ci.candidates import Candidate, Ground, Shortfall, candidates
from chna_toolkit.lexicon_ci.cases import Span, assertion_of, counted, judge, spans_of
from chna_toolkit.lexicon_ci.keyness import Feature, Group, groups, runs
from chna_toolkit.lexicon_ci.noticing import alone
from chna_toolkit.lexicon_ci.suite import Suite
from chna_toolkit.model import Mention
from chna_toolkit.tagging.explain import Looked
from chna_toolkit.tagging.trying import tried

PARTS = ("read", "check", "both")  # that proposals may come from; never what is held back
TOP = 5
LEAST = 3
_WORTH = 2  # labels it must put right for each that it spoils

Labels = dict[str, Sequence[Mention]]  # counted mentions by lesson


@dataclass(frozen=True, slots=True)
class Change:
    """A label that a proposal changes, in one text."""

    unit: GoldUnit
    lesson: str
    is_found: bool  # it is found with the proposal, and was not
    is_right: bool  # gold bears it
    spans: tuple[Span, ...]  # where it is, or was, found
    assertion: str

    @property
    def is_better(self) -> bool:
        """Whether the label is right now and was wrong."""
        return self.is_found is self.is_right


@dataclass(frozen=True, slots=True)
class Effect:
    """What a proposal does to the coded texts of one part of the split."""

    better: tuple[Change, ...] = ()
    worse: tuple[Change, ...] = ()

    @property
    def net(self) -> int:
        """Labels put right less labels spoilt."""
        return len(self.better) - len(self.worse)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something to add that has been tried."""

    candidate: Candidate
    effect: Effect  # on the part that it comes from
    checked: Effect  # on the other part
    promoted: tuple[str, ...]  # examples that are known to fail and would hold


@dataclass(frozen=True, slots=True)
class Drafted:
    """What was found for one lesson."""

    lesson: str
    slug: str
    borne: int  # texts that bear it, of the part that proposals come from
    missed: tuple[tuple[Group, tuple[GoldUnit, ...]], ...]
    wrong: tuple[tuple[Group, tuple[GoldUnit, ...]], ...]
    proposals: tuple[Proposal, ...]
    tried: int
    broke: int  # of these, how many an example forbids


@dataclass(frozen=True)
class Draft:
    """All proposals."""

    lexicon: Lexicon
    part: str
    units: int
    checked: int  # texts of the other part
    lessons: tuple[Drafted, ...]
    notes: tuple[str, ...] = field(default=())


def draft(
    lexicon: Lexicon,
    gold: Resolved,
    lessons: Collection[str] | None = None,
    *,
    part: str = "read",
    top: int = TOP,
    least: int = LEAST,
    progress: Callable[[str], None] = lambda _: None,
) -> Draft:
    """Propose additions for the lessons (ids; all by default), at most `top` for each.

    `least` coded texts must be put right by each. Raises `UsageError` if nothing is coded in the part.
    """
    if part not in PARTS:
        raise UsageError(f"--part {part!r} is unknown", f"Choose one of: {', '.join(PARTS)}.")
    desk = _Desk(lexicon, gold, part, least)
    if not desk.read:
        raise UsageError(f"no unit of the gold belongs to the part {part}", "Choose another --part.")
    done = []
    for lesson in lexicon.lessons:
        if lessons is None or lesson.id in lessons:
            progress(lesson.id)
            done.append(desk.drafted(lesson.id, top))
    return Draft(lexicon, part, len(desk.read), len(desk.check), tuple(done), gold.notes)


def _is_in(unit: GoldUnit, part: str) -> bool:
    return split_of(unit.id) in (("read", "check") if part == "both" else (part,))


class _Desk:
    """Examples and coded texts, looked up once and judged by the lexicon as it is."""

    def __init__(self, lexicon: Lexicon, gold: Resolved, part: str, least: int) -> None:
        other = {"read": "check", "check": "read", "both": ""}[part]
        kept = [place for place, unit in enumerate(gold.units) if _is_in(unit, part) or _is_in(unit, other)]
        self.units = [gold.units[place] for place in kept]
        self.read = [place for place, unit in enumerate(self.units) if _is_in(unit, part)]
        self.check = [place for place, unit in enumerate(self.units) if not _is_in(unit, part)]
        self.suite = Suite.of(lexicon)
        self.numbers = {lesson.id: str(lesson.number) for lesson in lexicon.lessons}
        texts = list(_look(self.suite, gold, kept))
        self.before = [self._found(self.suite.bench.mentions(looked)) for looked in texts]
        of = [{feature for _, feature in runs(looked.words)} for looked in texts]
        names = {rule.id for lesson in lexicon.lessons for rule in lesson.rules}
        names |= {one.id for lesson in lexicon.lessons for one in lesson.exclusions}
        self.ground = Ground(lexicon, self.suite.bench, texts, _inverted(of), of, least, _in_lower_case(texts), names)
        self.holding = [read for read in self.suite.reads if not read.problem]
        self.in_examples = _inverted([{one for _, one in runs(read.looked.words)} for read in self.holding])

    @staticmethod
    def _found(mentions: Iterable[Mention]) -> Labels:
        found: dict[str, list[Mention]] = defaultdict(list)
        for one in counted(mentions):
            found[one.lesson].append(one)
        return dict(found)

    def drafted(self, lesson: str, top: int) -> Drafted:
        short = self._shortfall(lesson)
        every = list(candidates(self.ground, short))
        results = [self._tried(one) for one in every]
        good = [one for one in results if one and one.effect.net >= self.ground.least and _is_worth(one.effect)]
        return Drafted(
            lesson,
            self.ground.lexicon.lesson(lesson).slug,
            len(short.missed) + len(short.right),
            self._grouped(short.missed, short.rest),
            self._grouped(short.wrong, short.right),
            tuple(_chosen(good, top)),
            len(every),
            results.count(None),
        )

    def _shortfall(self, lesson: str) -> Shortfall:
        sorts: dict[tuple[bool, bool], list[int]] = defaultdict(list)
        number = self.numbers[lesson]
        for place in self.read:
            unit = self.units[place]
            if number not in unit.maybe:
                sorts[number in unit.labels, lesson in self.before[place]].append(place)
        missed, right = tuple(sorts[True, False]), tuple(sorts[True, True])
        wrong, silent = sorts[False, True], sorts[False, False]
        return Shortfall(lesson, missed, tuple(wrong), right, tuple(sorted([*wrong, *silent])))

    def _grouped(self, texts: Sequence[int], rest: Collection[int]) -> tuple[tuple[Group, tuple[GoldUnit, ...]], ...]:
        found = groups(texts, rest, self.ground.features, self.ground.of)
        return tuple((one, tuple(self.units[place] for place in one.texts)) for one in found)

    def _tried(self, candidate: Candidate) -> Proposal | None:
        """Put a candidate into the lexicon and judge what holds its words; `None` if an example forbids it."""
        touched = self.ground.having(candidate.items, range(len(self.units)))
        promoted = []
        with tried(self.suite.bench, candidate.trial) as mentions:
            for place in sorted(_having(self.in_examples, candidate.words)):
                read = self.holding[place]
                mine = [one for one in mentions(read.looked) if one.lesson == read.example.lesson]
                problem = judge(read.example, read.spans, mine)
                if problem and problem.slug != "example-promote":
                    return None
                if problem:
                    promoted.append(f"{read.example.origin.file.name}:{read.example.origin.line}")
            after = {place: self._found(mentions(self.ground.texts[place])) for place in sorted(touched)}
        effect, checked = (self._effect(after, part) for part in (self.read, self.check))
        return Proposal(candidate, effect, checked, tuple(promoted))

    def _effect(self, after: Mapping[int, Labels], part: Collection[int]) -> Effect:
        inside = set(part)
        changes = [one for place, labels in after.items() if place in inside for one in self._changes(place, labels)]
        return Effect(
            tuple(one for one in changes if one.is_better), tuple(one for one in changes if not one.is_better)
        )

    def _changes(self, place: int, after: Labels) -> Iterator[Change]:
        unit, before = self.units[place], self.before[place]
        for lesson in sorted(before.keys() ^ after.keys()):
            number = self.numbers[lesson]
            if number not in unit.maybe:
                mentions = after.get(lesson) or before[lesson]
                is_right = number in unit.labels
                yield Change(unit, lesson, lesson in after, is_right, spans_of(mentions), str(assertion_of(mentions)))


def _in_lower_case(texts: Iterable[Looked]) -> frozenset[str]:
    words = (pair for looked in texts for pair in zip(looked.words.norms, looked.words.capitals, strict=True))
    return frozenset(norm for norm, is_capital in words if not is_capital)


def _inverted(of: Sequence[set[Feature]]) -> dict[Feature, set[int]]:
    found: dict[Feature, set[int]] = defaultdict(set)
    for place, features in enumerate(of):
        for feature in features:
            found[feature].add(place)
    return dict(found)


def _having(features: Mapping[Feature, set[int]], words: Sequence[Feature]) -> set[int]:
    sets = [features.get(one, set()) for one in words]
    return set.intersection(*sets)


def _look(suite: Suite, gold: Resolved, kept: Sequence[int]) -> Iterator[Looked]:
    """Look coded texts up, each with what surrounds it; only in a document can their place keep them from counting."""
    passages = [gold.passages[place] or alone(gold.units[place]) for place in kept]
    for place, looked in zip(kept, suite.bench.look(passages), strict=True):
        yield looked if gold.passages[place] else replace(looked, reason="")


def _is_worth(effect: Effect) -> bool:
    return len(effect.better) >= _WORTH * len(effect.worse)


def _chosen(proposals: Iterable[Proposal], top: int) -> Iterator[Proposal]:
    """Yield the best: most net gain, then the keyest; those that put nothing else right than better ones are left."""
    order = sorted(
        proposals, key=lambda one: (-one.effect.net, -one.candidate.keyness, one.candidate.kind, one.candidate.target,
                                    one.candidate.place, one.candidate.written)
    )  # fmt: skip
    done: set[tuple[str, str]] = set()
    for one in order:
        mine = {(change.unit.id, change.lesson) for change in one.effect.better}
        if top and not mine <= done:
            done |= mine
            top -= 1
            yield one


def asserted_rightly(changes: Iterable[Change], numbers: Mapping[str, str]) -> int:
    """Return how many labels that are found rightly are also asserted as gold says, or gold leaves it open."""
    return sum(
        one.is_found and one.is_right and one.unit.labels[numbers[one.lesson]] in (YES, one.assertion)
        for one in changes
    )
