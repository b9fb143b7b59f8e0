"""Texts that would notice a change of a rule: what is found in them is not what a baseline of them says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from chna_toolkit.evaluation import GoldUnit
from chna_toolkit.evaluation.documents import passage_of
from chna_toolkit.lexicon.model import Rule
from chna_toolkit.lexicon_ci.cases import assertion_of, counted
from chna_toolkit.model import Mention, Passage
from chna_toolkit.tagging.explain import Bench
from chna_toolkit.tagging.index import Group
from chna_toolkit.tagging.tagger import _is_lead_in

_Found = Mapping[str, tuple[object, ...]]  # by lesson, what a baseline keeps of it: assertion and rules


def alone(unit: GoldUnit) -> Passage:
    """Return a labelled text as a passage of no document; `Looked.reason` of it is to be ignored."""
    passage = passage_of(unit)
    return replace(passage, section=(unit.prev,)) if not unit.kind and _is_lead_in(unit.prev) else passage


class Texts:
    """Labelled texts, looked up once."""

    def __init__(self, bench: Bench, units: Sequence[GoldUnit]) -> None:
        self._bench = bench
        self._names = [unit.id for unit in units]
        self._looked = [replace(one, reason="") for one in bench.look(map(alone, units))]
        self._found = [_found(bench.mentions(one)) for one in self._looked]
        self._having: dict[int, int] = {}  # by atom, the texts that it stands in, a bit each
        for place, looked in enumerate(self._looked):
            for atom in looked.atoms:
                self._having[atom] = self._having.get(atom, 0) | 1 << place

    def notices(self, old: Rule, new: Rule | None) -> str:
        """Return the id of the first text in which exchanging a rule (`None`: dropping it) changes what is found."""
        near = list(self._places(new or old))
        touched = [near[number] for number in self._bench.touched(old, new, [self._looked[place] for place in near])]
        with self._bench.changed({old.id: new}):
            for place in touched:
                if _found(self._bench.mentions(self._looked[place])) != self._found[place]:
                    return self._names[place]
        return ""

    def _places(self, rule: Rule) -> Iterator[int]:
        """Yield the texts that have words for all that a rule asks for."""
        there = (1 << len(self._names)) - 1
        for group in self._bench.groups(rule):
            there &= self._with(group)
        while there:
            low = there & -there
            yield low.bit_length() - 1
            there ^= low

    def _with(self, group: Group) -> int:
        texts = 0
        for atom in group:
            texts |= self._having.get(atom, 0)
        return texts


def _found(mentions: Sequence[Mention]) -> _Found:
    groups: dict[str, list[Mention]] = {}
    for one in counted(mentions):
        groups.setdefault(one.lesson, []).append(one)
    return {lesson: (assertion_of(group), *sorted({one.rule for one in group})) for lesson, group in groups.items()}
