"""Finding every phrase of a lexicon in text, in one pass and at C speed.

Each group of phrases (a rule's part, a companion list, a cue…) becomes a few *atoms*: one for
each word class it names and one for the phrases it spells out itself. spaCy's `PhraseMatcher`
finds all spelt-out phrases at once; what comes back are the spans of each atom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from chna_toolkit.lexicon.phrases import spell_out
from chna_toolkit.lexicon.words import COMMA, Words

Span = tuple[int, int]  # first word, one past the last
Hits = dict[int, list[Span]]  # atom -> its spans in a text, in order
Group = tuple[int, ...]  # the atoms that stand for a group of phrases

# Stands for every word the lexicon does not know, so that the vocabulary never grows with the
# text; no lexicon word can be equal to it.
_OTHER = "\u0001"
_Checks = tuple[tuple[int, str], ...]  # (position, form) of words whose form is fixed


class PhraseIndex:
    """All phrases of a lexicon, found together."""

    def __init__(self, classes: Mapping[str, tuple[str, ...]]) -> None:
        self._classes = classes
        self._atoms: dict[object, int] = {}
        self._table: dict[tuple[str, ...], list[tuple[int, _Checks]]] = {}
        self._known: set[str] = set()
        self._vocab = Vocab()
        self._matcher = PhraseMatcher(self._vocab, attr="ORTH")
        self._entries: dict[int, list[tuple[int, _Checks]]] = {}

    def add(self, phrases: Sequence[str], scope: str = "") -> Group:
        """Add a group of phrases; call before `freeze`. Returns the atoms that stand for it."""
        atoms: list[int] = []
        literal: list[str] = []
        for phrase in phrases:
            name = phrase[1:] if phrase.startswith("@") and phrase[1:].replace("_", "").isalnum() else ""
            if name:
                key = f"{scope}.{name}" if f"{scope}.{name}" in self._classes else name
                atoms.append(self._atom(("class", key), (phrase,), scope))
            else:
                literal.append(phrase)
        if literal:
            atoms.append(self._atom(("phrases", scope, tuple(sorted(literal))), literal, scope))
        return tuple(sorted(set(atoms)))

    def _atom(self, key: object, phrases: Iterable[str], scope: str) -> int:
        if key in self._atoms:
            return self._atoms[key]
        atom = self._atoms[key] = len(self._atoms)
        sequences = {sequence for phrase in phrases for sequence in spell_out(phrase, self._classes, scope)}
        for sequence in sorted(sequences):
            norms = tuple(norm for norm, _ in sequence)
            checks = tuple((place, form) for place, (_, form) in enumerate(sequence) if form)
            self._table.setdefault(norms, []).append((atom, checks))
        return atom

    def freeze(self) -> None:
        """Build the matcher; nothing can be added afterwards."""
        for norms, entries in self._table.items():
            self._known.update(norms)
            name = "\u0002".join(norms)
            self._matcher.add(name, [Doc(self._vocab, words=list(norms))])
            self._entries[self._vocab.strings[name]] = entries
        self._table.clear()

    def find(self, texts: Sequence[Words]) -> list[Hits]:
        """Return the hits of each text. Many texts in one call are faster than one by one."""
        known = self._known
        words: list[str] = []
        for text in texts:
            words += [norm if norm in known else _OTHER for norm in text.norms]
            words.append(_OTHER)
        found: list[Hits] = [{} for _ in texts]
        starts = [0, *accumulate(len(text.norms) + 1 for text in texts)]
        which = 0
        for key, start, end in sorted(self._matcher(Doc(self._vocab, words=words)), key=_by_place):
            while start >= starts[which + 1]:
                which += 1
            offset, text = starts[which], texts[which]
            first, last = start - offset, end - offset
            if last - first > 1 and max(text.breaks[first + 1 : last]) >= COMMA:
                continue
            hits = found[which]
            for atom, checks in self._entries[key]:
                if all(text.forms[first + place] == form for place, form in checks):
                    spans = hits.setdefault(atom, [])
                    if not spans or spans[-1] != (first, last):
                        spans.append((first, last))
        return found


def _by_place(match: tuple[int, int, int]) -> tuple[int, int, int]:
    key, start, end = match
    return start, end, key
