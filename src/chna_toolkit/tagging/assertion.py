"""Assertions: whether what stands at a place is done, planned, called for, or missing.

After ConText (Harkema et al., J Biomed Inform 2009; 42: 839-851): cues with a direction and a
reach, ended by clause boundaries, with pseudo-cues that cancel others. The cues are our own:
clinical ones are wrong here ("lack of transportation" is a need, not a negation).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from chna_toolkit.lexicon.model import Cue
from chna_toolkit.lexicon.words import CLAUSE, COMMA, NUMBER, Words
from chna_toolkit.model import Assertion
from chna_toolkit.tagging.index import Group, Hits, PhraseIndex, Span

# A relative clause has its own verb and tense.
_RELATIVES = frozenset(("who", "whom", "whose", "which"))
# A clause begins at these words wherever they stand …
_OPENERS = _RELATIVES | frozenset(
    ("but", "while", "whereas", "although", "though", "however", "because", "unless", "until")
)
# … at these after a comma …
_OPENERS_AFTER_COMMA = frozenset(("where", "when", "so", "and", "or", "as", "if", "since", "after", "before", "yet"))
# … and at these when one of those follows: a new verb with its own tense.
_JOINERS = frozenset(("and", "or", "then", "that"))
_AUXILIARIES = frozenset(("will", "have", "be", "plan", "intend", "can", "could", "should", "must", "do"))
# Words that show a statement about the past or present.
_FINITE = frozenset(("was", "were", "is", "are", "has", "have", "had", "did", "does", "do"))
# The next comma ends a clause that one of these opened.
_SUBORDINATORS = _RELATIVES | frozenset(
    ("while", "whereas", "although", "though", "because", "unless", "until", "when", "if", "since", "after", "before")
)


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

    def read(self, text: Words, hits: Hits, context: Hits, *, is_line: bool = False) -> Reading:
        """Find the cues of one text; the result answers for any span in it.

        `is_line`: the text is no full sentence but a bullet, cell or heading.
        """
        found: list[tuple[Cue, Span]] = []
        cancelled: list[Span] = []
        general: list[Cue] = []
        here, above = hits.uses >> self._first, context.uses >> self._first
        for number, (cue, group) in enumerate(self._cues):
            is_above = cue.scope == "under"
            if not (above if is_above else here) >> number & 1 or (cue.lines_only and not is_line):
                continue
            if is_above:
                general.append(cue)
                continue
            spans = hits.spans(group)
            if cue.assertion is None:
                cancelled += spans
            else:
                found += ((cue, span) for span in spans)
        live = [
            (cue, span)
            for cue, span in found
            if not any(other[0] <= span[0] and span[1] <= other[1] for other in cancelled)
        ]
        return Reading(text, live, general, _clauses(text))


@dataclass(frozen=True, slots=True)
class Reading:
    """The cues of one text with its clauses."""

    text: Words
    cues: list[tuple[Cue, Span]]
    general: list[Cue]  # cues in the section path or the cell's headers
    clauses: list[int]

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
            distance = self._distance(cue, span, start, end)
            if distance is None:
                continue
            rank = (cue.strength, -distance)
            if best is None or rank > best:
                best, winner = rank, (cue, span)
        if winner is not None and winner[0].assertion is not None:
            words = " ".join(self.text.forms[winner[1][0] : winner[1][1]])
            return Verdict(winner[0].assertion, words)
        for cue in self.general:
            if cue.assertion is not None and not self._says_what_is():
                return Verdict(cue.assertion, f"under: {cue.id}")
        return Verdict(Assertion.PRACTICE)

    def majority(self, lesson: str) -> Verdict:
        """Return the verdict that holds for most words: for evidence that has no place of its own."""
        verdicts = [self.verdict(((place, place + 1),), lesson) for place in range(len(self.text))]
        counts = Counter(verdict.assertion for verdict in verdicts)
        most = max(Assertion, key=lambda assertion: counts[assertion])
        return next(verdict for verdict in verdicts if verdict.assertion is most)

    def _says_what_is(self) -> bool:
        """Whether the text has a finite verb of its own, so that its heading does not decide."""
        return not _FINITE.isdisjoint(self.text.forms)

    def _distance(self, cue: Cue, span: Span, start: int, end: int) -> int | None:
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
    """First word of the sentence around a place, leaving out an enumerator such as `3.` or `2.1`."""
    first = text.sentences.index(text.sentences[place])
    while first < place and text.norms[first] in (NUMBER, "o"):
        first += 1
    return first


def _clauses(text: Words) -> list[int]:
    """Number the clauses: one number a word."""
    numbers: list[int] = []
    clause = 0
    subordinate = False  # inside a clause that the next comma ends
    norms = text.norms
    for place, norm in enumerate(norms):
        strength = text.breaks[place]
        following = norms[place + 1] if place + 1 < len(norms) else ""
        opens = (
            strength >= CLAUSE
            or norm in _OPENERS
            or (strength == COMMA and (subordinate or norm in _OPENERS_AFTER_COMMA))
            or (norm in _JOINERS and following in _AUXILIARIES)
        )
        if place and opens:
            clause += 1
        if opens or place == 0:
            subordinate = norm in _SUBORDINATORS
        numbers.append(clause)
    return numbers
