"""Examples as cases: the plain text, what must be found in it, and what is wrong with what was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chna_toolkit.lexicon.model import Example
from chna_toolkit.model import Assertion, Kind, Mention, Passage

Span = tuple[int, int]  # characters: first, one past the last

_MARKED = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_NO_BOX = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one case."""

    slug: str  # names the kind of failure, and never changes
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A text that was judged: an example as written, or a variant made from it."""

    example: Example
    variant: str  # "" for the example itself
    text: str  # without marks
    expected: tuple[Span, ...]  # what was marked; empty for a variant
    mentions: tuple[Mention, ...]  # of its lesson, counted and set aside
    problem: Problem | None

    @property
    def name(self) -> str:
        """Where it was written and what was made of it: `L10-formal-agreements.toml:523/capitals`."""
        origin = self.example.origin
        return f"{origin.file.name}:{origin.line}" + (f"/{self.variant}" if self.variant else "")

    @property
    def failed(self) -> bool:
        """Whether it is not as it should be."""
        return self.problem is not None

    @property
    def shown_expected(self) -> str:
        """The text with the words that must be found between [[ and ]]."""
        return mark(self.text, self.expected, "[[", "]]")

    @property
    def shown_found(self) -> str:
        """The text with the words that were found between {{ and }}; counted mentions alone."""
        return mark(self.text, spans_of(counted(self.mentions)), "{{", "}}")

    @property
    def found(self) -> str:
        """The rules that were found, each with its assertion or the reason why it does not count."""
        named = {
            f"{one.rule} ({one.assertion}{f', by “{one.cue}”' if one.cue else ''})"
            if one.counted
            else f"{one.rule} (set aside: {one.set_aside})"
            for one in self.mentions
        }
        return ", ".join(sorted(named)) or "nothing"


def unmark(text: str) -> tuple[str, tuple[Span, ...]]:
    """Return a text without its [[ ]] and the spans that they enclosed."""
    spans: list[Span] = []
    for match in _MARKED.finditer(text):
        start = match.start() - 4 * len(spans)
        spans.append((start, start + len(match[1])))
    return _MARKED.sub(r"\1", text), tuple(spans)


def mark(text: str, spans: Iterable[Span], left: str, right: str) -> str:
    """Put marks around spans; those that touch become one."""
    joined: list[list[int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(end, joined[-1][1])
        else:
            joined.append([start, end])
    for start, end in reversed(joined):
        text = f"{text[:start]}{left}{text[start:end]}{right}{text[end:]}"
    return text


def passage_of(example: Example, text: str, index: int = 0) -> Passage:
    """Return the text of an example, or a variant of it, as the passage that the example says it is."""
    row, column = ("", "", *example.header)[-2:]
    return Passage(
        index,
        1,
        "",
        Kind(example.kind),
        text,
        0,
        len(text),
        _NO_BOX,
        section=example.under,
        row_header=row,
        column_header=column,
    )


def counted(mentions: Iterable[Mention]) -> list[Mention]:
    """Return the mentions that count."""
    return [one for one in mentions if one.counted]


def spans_of(mentions: Iterable[Mention]) -> tuple[Span, ...]:
    """Return the places of all parts, in order."""
    return tuple(sorted({part for one in mentions for part in one.parts}))


def assertion_of(mentions: Sequence[Mention]) -> Assertion | None:
    """Return what the counted mentions of one lesson in one text assert: that of the surest, as labels do."""
    sure = counted(mentions)
    return max(sure, key=lambda one: (one.confidence, -one.start, one.rule)).assertion if sure else None


def judge(example: Example, spans: Sequence[Span], mentions: Sequence[Mention]) -> Problem | None:
    """Return what is wrong with the mentions of its lesson found in an example; `None` if nothing."""
    if example.expect == "match":
        return _miss(example, spans, mentions)
    if example.expect == "no_match":
        return _false_alarm(example, mentions)
    if example.expect == "known_miss":
        if _miss(example, spans, mentions):
            return None
        return Problem("example-promote", "this known miss is found now", 'Promote it: expect = "match".')
    if _false_alarm(example, mentions):
        return None
    return Problem("example-promote", "this known false alarm is gone", 'Promote it: expect = "no_match".')


def _miss(example: Example, spans: Sequence[Span], mentions: Sequence[Mention]) -> Problem | None:
    sure = counted(mentions)
    if not sure:
        return Problem("example-missed", f"{example.lesson} is not found", "See `chna lexicon explain`.")
    missing = sorted(set(example.rules) - {one.rule for one in sure})
    if missing:
        return Problem("example-missed", f"{', '.join(missing)} does not count here", "See `chna lexicon explain`.")
    found = assertion_of(mentions)
    if example.assertion and found is not example.assertion:
        return Problem("example-assertion", f"the assertion is {found}, not {example.assertion}", "Look at its cue.")
    places = spans_of(sure)
    for start, end in spans:
        if not any(first < end and start < last for first, last in places):
            return Problem("example-span", "the marked words are no part of what is found", "Mark other words.")
    return None


def _false_alarm(example: Example, mentions: Sequence[Mention]) -> Problem | None:
    found = {one.rule for one in counted(mentions)}
    wrong = sorted(found & set(example.rules) if example.rules else found)
    if not wrong:
        return None
    return Problem("example-false-alarm", f"{', '.join(wrong)} counts here", "Narrow the rule, or exclude this.")
