"""A lexicon with its phrases spelt out, for checks that compare what rules stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chna_toolkit.lexicon.layers import Layer, Owned
from chna_toolkit.lexicon.model import Exclusion, Lexicon, Rule
from chna_toolkit.lexicon.phrases import Sequence as Words
from chna_toolkit.lexicon_ci.findings import Finding, Severity

Phrases = frozenset[Words]  # what a list of phrases stands for: sequences of (normal form, form or "")


@dataclass(slots=True)
class Spelt:
    """A sound lexicon, its entries as written, and what its phrases stand for."""

    lexicon: Lexicon
    layer: Layer
    _groups: dict[tuple[tuple[str, ...], str], Phrases] = field(default_factory=dict)

    def phrases(self, group: Sequence[str], scope: str) -> Phrases:
        """Return every word sequence that a list of phrases stands for."""
        key = (tuple(group), scope)
        if key not in self._groups:
            self._groups[key] = frozenset().union(*(self.lexicon.speller.spell_out(one, scope) for one in group))
        return self._groups[key]

    def rules(self) -> Iterator[Rule]:
        """Yield all rules, inherited ones among them, in order."""
        for lesson in self.lexicon.lessons:
            yield from lesson.rules

    def exclusions(self) -> Iterator[Exclusion]:
        """Yield all exclusions, those for all lessons first."""
        yield from self.lexicon.exclusions
        for lesson in self.lexicon.lessons:
            yield from lesson.exclusions

    def entry(self, name: str) -> Owned:
        """Return a rule, exclusion or cue as written."""
        return next(pieces[name] for _, pieces in self.layer.pieces() if name in pieces)

    def is_own(self, name: str, *keys: str) -> bool:
        """Whether an entry was written in this lexicon, or is inherited and changed: in some key, or in these."""
        entry = self.entry(name).entry
        if entry.source not in self.layer.sources:
            return False
        return not (keys and entry.base) or not entry.table.keys.keys().isdisjoint(keys)

    def finding(
        self, name: str, slug: str, severity: Severity, message: str, remedy: str, *, key: str = "", phrase: str = ""
    ) -> Finding:
        """Return a finding about an entry, at the line of a key or of a phrase of it."""
        entry = self.entry(name).entry
        file, line = entry.place_of(phrase) if phrase else entry.place(key)
        return Finding(file, line, name, slug, severity, message, remedy)


def within(short: Words, long: Words) -> bool:
    """Whether the words of one sequence stand in another, so that wherever the other is found it is found as well."""
    size = len(short)
    return any(
        all(
            norm == other and form in ("", other_form)
            for (norm, form), (other, other_form) in zip(short, piece, strict=True)
        )
        for piece in (long[place : place + size] for place in range(len(long) - size + 1))
    )


class Finder:
    """Tells which of many sequences stand within another, without trying them all."""

    def __init__(self, sequences: Iterable[Words]) -> None:
        self._by_first: dict[str, list[Words]] = {}
        for sequence in sequences:
            self._by_first.setdefault(sequence[0][0], []).append(sequence)

    def inside(self, long: Words) -> Words | None:
        """Return a sequence that stands within another, `None` if there is none."""
        for norm, _ in long:
            for short in self._by_first.get(norm, ()):
                if within(short, long):
                    return short
        return None


def plain(words: Words) -> str:
    """Return a sequence as people write it."""
    return " ".join(f"={form}" if form else norm for norm, form in words)


def name_of(path: Path, folder: Path) -> str:
    """Return a path below a folder, or its name."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
