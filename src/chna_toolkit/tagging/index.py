"""Finding every phrase of a lexicon in text, in one pass.

Each group of phrases (a rule's part, a companion list, a cue…) becomes a few *atoms*: one for
each word class it names and one for the phrases it spells out itself. A phrase can belong to
hundreds of atoms, so a hit carries a *profile*, shared by all phrases with the same atoms, in which
the answer to "what could this be used for?" is laid up as a bit mask: one OR a hit tells which of
thousands of uses a text can serve at all. Who has a use for a group gets its bit with `reserve` and `give`, and can
have itself called for that when texts with the words it needs come up (`once_met`).

Phrases are looked up by their first two words in plain dictionaries, which hold only what begins with a word that was
met. So neither the dictionaries nor the masks that a text is looked up in grow with rules that no text had words for.
spaCy's `PhraseMatcher` finds the same phrases, somewhat slower (`benchmarks/matcher.py`), and takes longer to import
than all else here together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from chna_toolkit.lexicon.phrases import Sequence as Spelt
from chna_toolkit.lexicon.phrases import Speller
from chna_toolkit.lexicon.words import COMMA, NAME, Remembered, Words, names

Span = tuple[int, int]  # first word, one past the last
Group = frozenset[int]  # the atoms that stand for a group of phrases

_Norms = tuple[str, ...]
_Checks = tuple[tuple[int, str], ...]  # (position, form) of words whose form is fixed


class Profile:
    """What a phrase is good for: its atoms, and as a bit mask the uses of all of them together."""

    __slots__ = ("atoms", "number", "uses")

    def __init__(self, atoms: frozenset[int], uses: int = 0, number: int = -1) -> None:
        self.atoms = atoms
        self.uses = uses  # from when it was met
        self.number = number  # its place among the profiles of an index


Fitting = dict[Group, frozenset[Profile]]

_Entry = tuple[_Checks, Profile]
_Tails = dict[int, dict[_Norms, list[_Entry]]]  # by their length, then by their words
_Listed = list[tuple[Spelt, Profile]]  # phrases
# What two words are alone, and what may follow, by its first word
_Head = tuple[list[_Entry], dict[str, _Tails | _Listed]]


@dataclass(slots=True)
class _Waiting:
    """Who waits for phrases of some groups to be met."""

    missing: set[Group]
    call: Callable[[], None]


class Hits:
    """The phrases found in one text."""

    __slots__ = ("_fitting", "_longer", "_singles", "_spans", "profiles", "uses")

    def __init__(
        self,
        singles: Sequence[Profile | None] = (),
        longer: Iterable[tuple[int, int, Profile]] = (),
        fitting: Fitting | None = None,
    ) -> None:
        """`singles` has for each word what it is good for alone; `longer` what stands in more words, or in one form.

        `fitting` knows of some groups what phrases fit them.
        """
        self._singles = singles
        self._longer = list(longer)
        distinct = dict.fromkeys(singles)
        distinct.pop(None, None)
        for _, _, profile in self._longer:
            distinct[profile] = None
        self.profiles: list[Profile] = list(distinct)  # type: ignore[arg-type]  # None is gone
        uses = 0
        for profile in self.profiles:
            uses |= profile.uses
        self.uses = uses  # the uses that some hit has, as a bit mask
        self._fitting = fitting or {}
        self._spans: dict[Group, list[Span]] = {}

    def found(self) -> list[tuple[int, int, Profile]]:
        """Return all hits in order of place: first word, one past the last, profile."""
        found = [(at, at + 1, profile) for at, profile in enumerate(self._singles) if profile]
        return sorted([*found, *self._longer], key=_start) if self._longer else found

    def spans(self, group: Group) -> list[Span]:
        """Return the places where a phrase of the group stands, in order, each once."""
        spans = self._spans.get(group)
        if spans is None:
            fitting = self._fitting.get(group) or self._of(group)
            spans = []
            if fitting:
                spans = [(at, at + 1) for at, profile in enumerate(self._singles) if profile in fitting]
                if longer := [(start, end) for start, end, profile in self._longer if profile in fitting]:
                    spans = sorted({*spans, *longer})
            self._spans[group] = spans
        return spans

    def has(self, group: Group) -> bool:
        """Whether a phrase of the group occurs."""
        return bool(self._of(group))

    def _of(self, group: Group) -> Collection[Profile]:
        known = self._fitting.get(group)
        if known is None:
            return [profile for profile in self.profiles if not group.isdisjoint(profile.atoms)]
        return known.intersection(self.profiles)


_start = _sequence_of = itemgetter(0)


class PhraseIndex:
    """All phrases of a lexicon, found together."""

    def __init__(self, speller: Speller) -> None:
        self._speller = speller
        self._atoms: dict[object, int] = {}
        self._uses: list[int] = []  # by atom
        self._fitting: Fitting = {}
        self._groups: set[Group] = set()
        self._reserved = 0
        self._waiting: dict[int, list[tuple[_Waiting, Group]]] = defaultdict(list)  # by atom
        self._known: set[Profile] = set()  # of phrases that were met, or the beginnings of which were
        self._table: dict[Spelt, list[int]] = defaultdict(list)  # atoms, in order, of each spelt-out phrase
        self._singles: dict[str, Profile] = {}  # one word in any form, by normal form
        self._exact: dict[str, Profile] = {}  # one word in one form
        self._beginning: dict[str, _Listed] = {}  # phrases of two words and more by their first
        # by the first two normal forms, of phrases whose first word was met; where both were, they are laid out
        self._longer: dict[tuple[str, str], _Head | _Listed] = {}
        self._met = Remembered(self._meet)  # what a word is good for alone
        self._name: Profile | None = None  # what a proper name is good for
        self.profiles: list[Profile] = []  # all of them, once it is frozen

    @property
    def keys(self) -> Mapping[object, int]:
        """What each atom stands for: `("class", full name)` or `("phrases", scope, phrases)`."""
        return self._atoms

    def add(self, phrases: Sequence[str], scope: str = "") -> Group:
        """Add a group of phrases; call before `freeze`. Returns the atoms that stand for it."""
        atoms: list[int] = []
        literal: list[str] = []
        for phrase in phrases:
            name = phrase[1:] if phrase.startswith("@") and phrase[1:].replace("_", "").isalnum() else ""
            if name:
                key = self._speller.key_of(name, scope)
                atoms.append(self._atom(("class", key), (phrase,), scope))
            else:
                literal.append(phrase)
        if literal:
            atoms.append(self._atom(("phrases", scope, tuple(sorted(literal))), literal, scope))
        group = frozenset(atoms)
        self._groups.add(group)
        return group

    def _atom(self, key: object, phrases: Iterable[str], scope: str) -> int:
        if key in self._atoms:
            return self._atoms[key]
        atom = self._atoms[key] = len(self._atoms)
        self._uses.append(0)
        sequences = {sequence for phrase in phrases for sequence in self._speller.spell_out(phrase, scope)}
        for sequence in sequences:
            self._table[sequence].append(atom)
        return atom

    def once_met(self, groups: Iterable[Group], call: Callable[[], None]) -> None:
        """Have a function called, once, before hits are returned of the first text that has phrases of all the groups.

        It may be called sooner: as soon as texts had phrases of each, or beginnings of them. Call before `freeze`.
        """
        waiting = _Waiting(set(groups), call)
        for group in waiting.missing:
            for atom in group:
                self._waiting[atom].append((waiting, group))

    def reserve(self, count: int) -> int:
        """Set `count` bits aside for one who has uses for groups; returns the lowest."""
        first = self._reserved
        self._reserved += count
        return first

    def give(self, group: Group, bit: int) -> None:
        """Say that a hit of the group has the use of a reserved bit, in all hits to come."""
        use = 1 << bit
        for atom in group:
            self._uses[atom] |= use
        for profile in self._known.intersection(self._fitting.get(group, ())):
            profile.uses |= use

    def freeze(self) -> None:
        """End the additions."""
        profiles: dict[tuple[int, ...], Profile] = {}
        beginning: dict[str, _Listed] = defaultdict(list)
        for sequence, listed in self._table.items():
            atoms = tuple(listed)
            profile = profiles.get(atoms)
            if profile is None:
                profile = profiles[atoms] = Profile(frozenset(atoms), number=len(profiles))
            norm, form = sequence[0]
            if len(sequence) > 1:
                beginning[norm].append((sequence, profile))
            elif form:
                self._exact[form] = profile
            else:
                self._singles[norm] = profile
        self._beginning = dict(beginning)
        self._name = self._singles.pop(NAME, None)
        self._table.clear()
        self.profiles = list(profiles.values())
        by_atom: dict[int, set[Profile]] = {}
        for profile in self.profiles:
            for atom in profile.atoms:
                by_atom.setdefault(atom, set()).add(profile)
        self._fitting = {group: frozenset().union(*(by_atom.get(atom, ()) for atom in group)) for group in self._groups}

    def _meet(self, norm: str) -> Profile | None:
        """Return what a word is good for alone, and make the phrases that begin with it ready to be found."""
        if norm in self._beginning:
            beginnings: dict[tuple[str, str], _Listed] = defaultdict(list)
            for phrase in self._beginning[norm]:
                beginnings[norm, phrase[0][1][0]].append(phrase)
            self._longer.update(beginnings)  # before others could take the word for met
        single = self._singles.get(norm)
        if single:
            self._know(single)
        return single

    def _know(self, profile: Profile) -> None:
        """Give a profile its uses when a phrase of it is first met, and call those who waited for that."""
        if profile in self._known:
            return
        self._known.add(profile)
        for atom in profile.atoms:
            for waiting, group in self._waiting.pop(atom, ()):
                if group in waiting.missing:
                    waiting.missing.remove(group)
                    if not waiting.missing:
                        waiting.call()
        for atom in profile.atoms:
            profile.uses |= self._uses[atom]

    def _head(self, start: tuple[str, str]) -> _Head:
        """Return the phrases that begin with two words, those of three words and more by the third.

        Few of the thousands of beginnings are ever met; to lay all of them out would double the time to be ready.
        """
        listed = self._longer[start]
        if isinstance(listed, tuple):  # since the caller looked
            return listed
        pair: _Listed = []
        following: dict[str, _Listed] = defaultdict(list)
        for phrase in listed:
            sequence = phrase[0]
            if len(sequence) == 2:
                pair.append(phrase)
            else:
                following[sequence[2][0]].append(phrase)
        for _, profile in pair:
            self._know(profile)
        alone = [_entry(*phrase) for phrase in sorted(pair, key=_sequence_of)]
        head: _Head = (alone, {**following})
        self._longer[start] = head
        return head

    def find(self, text: Words) -> Hits:
        """Return the hits of a text."""
        norms, forms, breaks = text.norms, text.forms, text.breaks
        singles = list(map(self._met.__getitem__, norms))  # before the pairs are looked up: it makes them ready
        longer: list[tuple[int, int, Profile]] = []
        if not self._exact.keys().isdisjoint(forms):
            exact = [(at, at + 1, self._exact[form]) for at, form in enumerate(forms) if form in self._exact]
            for _, _, profile in exact:
                self._know(profile)
            longer += exact
        heads = [(at, head) for at, head in enumerate(map(self._longer.get, pairwise(norms))) if head]
        last = len(norms) - 2
        for start, head in heads:
            pair, following = head if isinstance(head, tuple) else self._head((norms[start], norms[start + 1]))
            if breaks[start + 1] < COMMA:
                for checks, profile in pair:
                    if not checks or all(forms[start + place] == form for place, form in checks):
                        longer.append((start, start + 2, profile))
                tails = following.get(norms[start + 2]) if start < last else None
                if not tails:
                    continue
                if isinstance(tails, list):  # met for the first time
                    for _, profile in tails:
                        self._know(profile)
                    tails = following[norms[start + 2]] = _laid_out(tails)
                for length, rest in tails.items():
                    end = start + 2 + length
                    for checks, profile in rest.get(norms[start + 2 : end], ()):
                        unbroken = max(breaks[start + 2 : end]) < COMMA
                        if unbroken and all(forms[start + place] == form for place, form in checks):
                            longer.append((start, end, profile))
        if self._name and (spans := names(text)):
            self._know(self._name)
            longer += ((*span, self._name) for span in spans)
        return Hits(singles, longer, self._fitting)


def _entry(sequence: Spelt, profile: Profile) -> _Entry:
    return tuple((place, form) for place, (_, form) in enumerate(sequence) if form), profile


def _laid_out(listed: _Listed) -> _Tails:
    """Return phrases of three words and more by their length and what follows their first two words."""
    tails: _Tails = {}
    # sorted, for they came out of sets: hits must not depend on the process
    for sequence, profile in sorted(listed, key=_sequence_of):
        norms = tuple(norm for norm, _ in sequence[2:])
        tails.setdefault(len(norms), {}).setdefault(norms, []).append(_entry(sequence, profile))
    return tails
