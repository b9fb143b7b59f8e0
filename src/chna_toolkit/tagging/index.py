"""Finding every phrase of a lexicon in text, in one pass and at C speed.

Each group of phrases (a rule's part, a companion list, a cue…) becomes a few *atoms*: one for
each word class it names and one for the phrases it spells out itself. spaCy's `PhraseMatcher`
finds the heads of all spelt-out phrases at once. A phrase can belong to hundreds of atoms, so a hit carries a
*profile*, shared by all phrases with the same atoms, in which the answer to "which patterns could
this fill, and where?" is laid up as bit masks: one OR a hit and one AND a slot tell which of
thousands of patterns can match a text at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate

from chna_toolkit.lexicon.phrases import Speller
from chna_toolkit.lexicon.words import COMMA, NAME, Words, names

Span = tuple[int, int]  # first word, one past the last
Group = frozenset[int]  # the atoms that stand for a group of phrases

# Stands for every word the lexicon does not know, so that the vocabulary never grows with the
# text; no lexicon word can be equal to it.
_OTHER = "\u0001"
_Checks = tuple[tuple[int, str], ...]  # (position, form) of words whose form is fixed


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What a phrase is good for: its atoms, and for each slot the patterns it can fill, as a bit mask."""

    atoms: tuple[int, ...]
    masks: tuple[int, ...]


@dataclass(slots=True)
class Hits:
    """The phrases found in one text, in order of place."""

    found: list[tuple[int, int, Profile]] = field(default_factory=list)
    _spans: dict[Group, list[Span]] = field(default_factory=dict)

    def spans(self, group: Group) -> list[Span]:
        """Return the places where a phrase of the group stands, in order, each once."""
        spans = self._spans.get(group)
        if spans is None:
            touched = ((start, end) for start, end, profile in self.found if not group.isdisjoint(profile.atoms))
            spans = self._spans[group] = list(dict.fromkeys(touched))
        return spans

    def has(self, group: Group) -> bool:
        """Whether a phrase of the group occurs."""
        return any(not group.isdisjoint(profile.atoms) for _, _, profile in self.found)

    def masks(self, slots: int) -> list[int]:
        """Return for each slot the patterns that some hit can fill it in."""
        union = [0] * slots
        for profile in {profile for _, _, profile in self.found}:
            for slot, mask in enumerate(profile.masks):
                if mask:
                    union[slot] |= mask
        return union


# The matcher looks for the first words of phrases, which many phrases share; the rest is looked up.
_HEAD = 2
_Norms = tuple[str, ...]
_Tails = dict[int, dict[_Norms, list[tuple[_Checks, Profile]]]]  # by their length, then by their words


class PhraseIndex:
    """All phrases of a lexicon, found together."""

    def __init__(self, speller: Speller) -> None:
        # Importing spaCy takes most of a second; who only asks for the tagger's version need not wait.
        from spacy.matcher import PhraseMatcher
        from spacy.tokens import Doc
        from spacy.vocab import Vocab

        self._speller = speller
        self._atoms: dict[object, int] = {}
        self._table: dict[_Norms, dict[_Checks, list[int]]] = {}
        self._tails: dict[_Norms, _Tails] = {}  # of heads that the matcher does not have yet
        self._waiting: dict[str, list[_Norms]] = {}  # such heads, by a word not met in any text
        self._unmet: set[str] = set()
        self._met: set[str] = set()
        self._vocab = Vocab()
        self._make_doc = partial(Doc, self._vocab)
        self._matcher = PhraseMatcher(self._vocab, attr="ORTH")
        self._by_head: dict[int, _Tails] = {}  # of heads that it has
        self._names: list[Profile] = []  # what a proper name is good for

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
        return frozenset(atoms)

    def _atom(self, key: object, phrases: Iterable[str], scope: str) -> int:
        if key in self._atoms:
            return self._atoms[key]
        atom = self._atoms[key] = len(self._atoms)
        sequences = {sequence for phrase in phrases for sequence in self._speller.spell_out(phrase, scope)}
        for sequence in sequences:
            norms, forms = zip(*sequence, strict=True)
            checks = tuple((place, form) for place, form in enumerate(forms) if form) if any(forms) else ()
            self._table.setdefault(norms, {}).setdefault(checks, []).append(atom)
        return atom

    def freeze(self, roles: Mapping[int, Sequence[int]]) -> None:
        """End the additions. `roles` gives for an atom the patterns it can fill: one bit mask a slot."""
        profiles: dict[tuple[int, ...], Profile] = {}
        for norms, variants in self._table.items():
            head, tail = norms[:_HEAD], norms[_HEAD:]
            if head not in self._tails:
                self._tails[head] = {}
                self._waiting.setdefault(head[-1], []).append(head)
                self._unmet.update(head)
            entries = self._tails[head].setdefault(len(tail), {}).setdefault(tail, [])
            for checks, listed in variants.items():
                atoms = tuple(sorted(listed))
                if atoms not in profiles:
                    profiles[atoms] = Profile(atoms, _union(roles.get(atom, ()) for atom in atoms))
                entries.append((checks, profiles[atoms]))
        self._table.clear()
        for tails in self._tails.get((NAME,), {}).values():
            self._names = [profile for entries in tails.values() for _, profile in entries]

    def _meet(self, words: Iterable[str]) -> None:
        """Give the matcher the heads that can occur now that these words have been met.

        Making a pattern for each of tens of thousands of heads takes a second; a text has the words
        of few. So each head waits under one of its words that no text had yet, and moves on to
        another such word, or into the matcher, when that word turns up.
        """
        new = self._unmet.intersection(words)
        self._unmet -= new
        self._met |= new
        for word in sorted(new):
            for head in self._waiting.pop(word, ()):
                missing = next((norm for norm in head if norm in self._unmet), None)
                if missing is not None:
                    self._waiting.setdefault(missing, []).append(head)
                    continue
                name = "\u0002".join(head)
                self._matcher.add(name, [self._make_doc(words=list(head))])
                self._by_head[self._vocab.strings[name]] = self._tails.pop(head)

    def find(self, texts: Sequence[Words]) -> list[Hits]:
        """Return the hits of each text. Many texts in one call are faster than one by one."""
        self._meet(norm for text in texts for norm in text.norms)
        met = self._met
        words: list[str] = []
        for text in texts:
            words += [norm if norm in met else _OTHER for norm in text.norms]
            words.append(_OTHER)
        found = [Hits() for _ in texts]
        starts = [0, *accumulate(len(text.norms) + 1 for text in texts)]
        which = 0
        for key, start, end in self._matcher(self._make_doc(words=words)):  # by place, as the matcher walks
            while start >= starts[which + 1]:
                which += 1
            offset = starts[which]
            self._complete(key, start - offset, end - offset, texts[which], found[which])
        if self._names:
            for text, hits in zip(texts, found, strict=True):
                hits.found += ((*span, profile) for span in names(text) for profile in self._names)
        return found

    def _complete(self, key: int, start: int, end: int, text: Words, hits: Hits) -> None:
        """Note the phrases that begin with the head found at a place."""
        for length, tails in self._by_head[key].items():
            last = end + length
            entries = tails.get(tuple(text.norms[end:last]))
            if not entries or (last - start > 1 and max(text.breaks[start + 1 : last]) >= COMMA):
                continue
            for checks, profile in entries:
                if not checks or all(text.forms[start + place] == form for place, form in checks):
                    hits.found.append((start, last, profile))


def _union(rows: Iterable[Sequence[int]]) -> tuple[int, ...]:
    """OR of rows of masks, slot by slot."""
    union: list[int] = []
    for row in rows:
        union += [0] * (len(row) - len(union))
        for slot, mask in enumerate(row):
            union[slot] |= mask
    return tuple(union)
