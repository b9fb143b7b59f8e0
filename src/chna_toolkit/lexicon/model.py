"""The lexicon as values: lessons with their codebook entry, rules, word classes, cues, examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chna_toolkit.lexicon.phrases import Speller
from chna_toolkit.model import Assertion


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a piece of the lexicon was written, for messages."""

    file: Path
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which text can give evidence for a lesson.

    `parts` are groups of phrases; the rule matches where one phrase of each part stands within
    reach of the others. A rule with a single part is a plain list of phrases.
    """

    id: str
    lesson: str
    parts: tuple[tuple[str, ...], ...]  # phrase sources, see `phrases.py` for their syntax
    origin: Origin
    ordered: bool = True
    within: int = 6  # most words between neighbouring parts
    needs: tuple[tuple[str, ...], ...] = ()  # each group must occur elsewhere in the sentence
    unless: tuple[str, ...] = ()  # none may occur in the sentence
    not_before: tuple[str, ...] = ()  # none may stand right before the match
    not_after: tuple[str, ...] = ()  # none may stand right after it
    kinds: tuple[str, ...] = ()  # passage kinds it is limited to; empty: all
    under: tuple[str, ...] = ()  # must occur in the section path or the cell's headers
    starts: bool = False  # the match must begin the sentence
    assertion: Assertion | None = None  # overrides the cues
    confidence: float = 0.7
    yields_to: tuple[str, ...] = ()  # lessons whose counted mention in the sentence sets this one aside
    note: str = ""
    header: tuple[str, ...] = ()  # must occur in the cell's row or column header


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Text that looks like evidence and is none: a match overlapping it is set aside."""

    id: str
    lesson: str  # "" for all lessons
    parts: tuple[tuple[str, ...], ...]
    origin: Origin
    ordered: bool = True
    within: int = 6
    whole_sentence: bool = False  # sets aside every match in the sentence, not only overlapping ones
    spares: tuple[str, ...] = ()  # an exclusion for all lessons leaves these alone
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that decide the assertion of what stands in their scope."""

    id: str
    assertion: Assertion | None  # None: cancels overlapping cues ("not only")
    phrases: tuple[str, ...]
    scope: str  # "after", "before", "clause", "sentence", "start" (it opens the sentence), "under" (section or header)
    origin: Origin
    strength: int = 1  # of two cues in scope the stronger wins, then the nearer
    reach: int = 40  # words
    lines_only: bool = False  # only in a text without a full stop at its end: a bullet, cell or heading
    spares: tuple[str, ...] = ()  # lessons whose mentions it leaves alone
    verb: bool = False  # it is a verb: not before a colon or dash, `of`, or another verb, where it is a label or noun
    gives_way: bool = False  # not in a sentence with a verb that says what is or was


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with what must be found in it. `[[…]]` marks the span that must be matched."""

    text: str
    expect: str  # "match", "no_match", "known_miss", "known_false_alarm"
    lesson: str
    origin: Origin
    rule: str = ""  # the rule that must (not) match; "" any of the lesson
    assertion: Assertion | None = None
    note: str = ""
    rules: tuple[str, ...] = ()  # all rules that must (not) match, `rule` among them
    kind: str = "paragraph"  # of the passage
    under: tuple[str, ...] = ()  # headings, or the lead-in, that it stands under
    skip: Mapping[str, str] = field(default_factory=dict)  # automatic variants that do not apply, with the reason
    header: tuple[str, ...] = ()  # row and column headers of its cell


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson: its codebook entry and its rules."""

    id: str  # "L10"
    number: int
    slug: str
    title: str
    brief: str  # one sentence
    definition: str
    code_when: str
    do_not_code_when: str
    recommendation: str  # what the study advises a hospital that lacks it
    rules: tuple[Rule, ...]
    exclusions: tuple[Exclusion, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Lessons in order, shared word classes, exclusions for all lessons, assertion cues."""

    name: str
    version: str
    hash: str  # SHA-256 over what decides matches: no formatting, notes, examples or codebook texts
    lessons: tuple[Lesson, ...]
    classes: Mapping[str, tuple[str, ...]]  # "L10.agreement" for a class local to a lesson
    exclusions: tuple[Exclusion, ...]
    cues: tuple[Cue, ...]
    path: Path
    speller: Speller = field(repr=False, compare=False)
    note: str = ""  # where the lessons come from
    class_origins: Mapping[str, Origin] = field(default_factory=dict, repr=False, compare=False)

    def is_own(self, origin: Origin) -> bool:
        """Whether a piece was written, or changed, in this lexicon and is not only inherited."""
        return origin.file.parent == self.path

    def lesson(self, key: str) -> Lesson:
        """Return a lesson by id (`L10`), number (`10`) or slug. Raises `KeyError`."""
        wanted = key.strip().casefold()
        for lesson in self.lessons:
            if wanted in (lesson.id.casefold(), str(lesson.number), lesson.slug.casefold()):
                return lesson
        raise KeyError(key)
