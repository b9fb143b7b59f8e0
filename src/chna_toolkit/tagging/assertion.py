"""Assertions: whether what stands at a place is done, planned, called for, or missing.

After ConText (Harkema et al., J Biomed Inform 2009; 42: 839-851): cues with a direction and a
reach, ended by clause boundaries, with pseudo-cues that cancel others. The cues are our own:
clinical ones are wrong here ("lack of transportation" is a need, not a negation).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from chna_toolkit.lexicon.model import Cue
from chna_toolkit.lexicon.words import Words
from chna_toolkit.model import Assertion
from chna_toolkit.tagging.clauses import is_enumerator, is_verb, number_clauses, states
from chna_toolkit.tagging.index import Group, Hits, PhraseIndex, Span


@dataclass(frozen=True, slots=True)
class Verdict:
    """The assertion of a mention and the words that decided it."""

    assertion: Assertion
    cue: str = ""


class AssertionFinder:
    """Decides assertions by cues with scope."""

    def __init__(self, cues: tuple[Cue, ...], index: PhraseIndex) -> None:
        self._cues: list[tuple[Cue, Group]] = [(cue, index.add(cue.phrases)) for cue in cues]
        self._first = index.reserve(len(cues))
        for number, (_, group) in enumerate(self._cues):
            index.give(group, self._first + number)
        under = [cue.scope == "under" for cue, _ in self._cues]
        self._under = sum(1 << number for number, is_under in enumerate(under) if is_under)
        self._inside = sum(1 << number for number, is_under in enumerate(under) if not is_under)

    def read(self, text: Words, hits: Hits, context: Sequence[Hits], *, is_line: bool = False) -> Reading:
        """Find the cues of one text; the result answers for any span in it.

        `context` has the headings and headers above it, the nearest first. `is_line`: the text is no
        full sentence but a bullet, cell or heading.
        """
        found: list[tuple[Cue, Span]] = []
        cancelled: list[Span] = []
        here = hits.uses >> self._first & self._inside
        while here:
            cue, group = self._cues[(here & -here).bit_length() - 1]
            here &= here - 1
            if cue.lines_only and not is_line:
                continue
            spans = hits.spans(group)
            if cue.assertion is None:
                cancelled += spans
            else:
                found += ((cue, span) for span in spans if not cue.verb or is_verb(text, span[1]))
        if cancelled:
            found = [
                (cue, span)
                for cue, span in found
                if not any(other[0] <= span[0] and span[1] <= other[1] for other in cancelled)
            ]
        return Reading(text, found, self._above(context, is_line), number_clauses(text), is_line)

    def _above(self, context: Sequence[Hits], is_line: bool) -> Cue | None:
        """Return the cue that headings and headers give: the nearest line with one decides, in it the strongest."""
        for line in context:
            found = line.uses >> self._first & self._under
            cues = [cue for number, (cue, _) in enumerate(self._cues) if found >> number & 1] if found else []
            if cues := [cue for cue in cues if cue.assertion and (is_line or not cue.lines_only)]:
                return max(cues, key=lambda cue: cue.strength)
        return None


@dataclass(slots=True)
class Reading:
    """The cues of one text with its clauses."""

    text: Words
    cues: list[tuple[Cue, Span]]
    above: Cue | None  # of the headings and the cell's headers
    clauses: list[int]
    is_line: bool
    _stating: list[int] | None = field(default=None, repr=False)

    def verdict(self, match: tuple[Span, ...], lesson: str) -> Verdict:
        """Return the assertion of a match: the strongest cue in whose scope it stands, then the nearest."""
        start, end = match[0][0], match[-1][1]
        best: tuple[int, int] | None = None
        winner: tuple[Cue, Span] | None = None
        for cue, span in self.cues:
            if lesson in cue.spares:
                continue
            if cue.assertion is Assertion.LACK and any(part[0] <= span[0] < part[1] for part in match):
                continue  # a negation that the rule itself spells out is its content
            distance = self.distance(cue, span, start, end)
            if distance is None or (cue.gives_way and self.says_what_is(start)):
                continue
            rank = (cue.strength, -distance)
            if best is None or rank > best:
                best, winner = rank, (cue, span)
        above = self.above
        if winner and winner[0].verb and above and above.assertion is Assertion.CALL:
            winner = None  # a bare verb leaves open who wants it done; a heading such as "Recommendations" says it
        if winner is not None and winner[0].assertion is not None:
            words = " ".join(self.text.forms[winner[1][0] : winner[1][1]])
            return Verdict(winner[0].assertion, words)
        if above and above.assertion and not self.says_what_is(start):
            return Verdict(above.assertion, f"under: {above.id}")
        return Verdict(Assertion.PRACTICE)

    def majority(self, lesson: str) -> Verdict:
        """Return the verdict that holds for most words: for evidence that has no place of its own."""
        verdicts = [self.verdict(((place, place + 1),), lesson) for place in range(len(self.text))]
        counts = Counter(verdict.assertion for verdict in verdicts)
        most = max(Assertion, key=lambda assertion: counts[assertion])
        return next(verdict for verdict in verdicts if verdict.assertion is most)

    def stating(self) -> list[int]:
        """Places of the verbs that say what is or was."""
        if self._stating is None:
            self._stating = states(self.text, is_line=self.is_line)
        return self._stating

    def says_what_is(self, place: int) -> bool:
        """Whether the sentence at a place has a verb that says what is or was, so that no heading or date decides."""
        sentences = self.text.sentences
        return any(sentences[verb] == sentences[place] for verb in self.stating())

    def distance(self, cue: Cue, span: Span, start: int, end: int) -> int | None:
        """Words from a cue to a match in its scope; `None` outside it."""
        text, clauses = self.text, self.clauses
        if text.sentences[span[0]] != text.sentences[start]:
            return None
        if span[1] <= start:
            gap = start - span[1]
        elif span[0] >= end:
            gap = span[0] - end
        else:
            gap = 0
        if gap > cue.reach:
            return None
        if cue.scope == "sentence":
            return gap
        if cue.scope == "start":
            return gap if span[0] == _opening(text, start) else None
        touches = clauses[start] <= clauses[span[0]] <= clauses[end - 1]
        if cue.scope == "after" and span[0] >= end:
            return None
        if cue.scope == "before" and span[1] <= start:
            return None
        return gap if touches or clauses[span[1] - 1] in (clauses[start], clauses[end - 1]) else None


def _opening(text: Words, place: int) -> int:
    """First word of the sentence around a place, leaving out an enumerator such as `3.`, `2.1` or `5-F`."""
    first = text.sentences.index(text.sentences[place])
    while first < place and is_enumerator(text.forms[first]):
        first += 1
    return first
