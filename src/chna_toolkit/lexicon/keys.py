"""What a lexicon file may say: every key with its kind, its limits and its meaning.

The one place for it: loading checks entries against these keys, and the JSON Schema for editors
is made from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chna_toolkit.model import Assertion, Kind

INHERITED = "..."  # in a list of a lexicon that extends another: what was inherited

EXPECTATIONS = ("match", "no_match", "known_miss", "known_false_alarm")
SCOPES = ("after", "before", "clause", "sentence", "start", "under")


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an entry. `kind`: text, texts, groups, whole, number, flag, choice, choices, reasons."""

    name: str
    kind: str
    doc: str
    default: str | float | bool | None = None
    required: bool = False
    choices: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    pattern: str = ""  # of a text, as a regular expression


_NAME = r"[A-Za-z][A-Za-z0-9-]*"
_REF = r"[A-Za-z@][A-Za-z0-9_.-]*"

_ID = Key("id", "text", "Stable name of the entry; never used twice.", required=True, pattern=_REF)
_NOTE = Key("note", "text", "Why the entry is there.", default="")
_ALLOW = Key("allow", "reasons", "Findings of `chna lexicon check` to leave out: name of the finding = reason.")
_ASSERTIONS = tuple(str(one) for one in Assertion)
_KINDS = tuple(str(one) for one in Kind)

_PARTS = (
    Key("phrases", "texts", "Phrases that match by themselves; short for a single part."),
    Key("parts", "groups", "Phrases, or lists of phrases, that must stand within reach of each other."),
    Key("order", "choice", "Whether the parts stand in the given order, or in any.", "given", choices=("given", "any")),
    Key("within", "whole", "Most words between neighbouring parts.", 6, low=0, high=100),
)
RULE = (
    _ID,
    *_PARTS,
    Key("needs", "groups", "Companions: of each group one phrase must occur elsewhere in the sentence."),
    Key("unless", "texts", "None of these may occur in the text."),
    Key("not_before", "texts", "None of these may stand right before the match."),
    Key("not_after", "texts", "None of these may stand right after the match."),
    Key("kinds", "choices", "Kinds of passages that the rule is limited to.", choices=_KINDS),
    Key("under", "texts", "One of these must occur in the section headings, the cell's headers or the lead-in."),
    Key("header", "texts", "One of these must occur in the row or column header of the table cell."),
    Key("starts", "flag", "The match must begin the sentence.", default=False),
    Key("assertion", "choice", "Settles the assertion; without it the cues decide.", "", choices=("", *_ASSERTIONS)),
    Key("confidence", "number", "How often a match is right; below 0.5 it counts only beside another rule.",
        0.7, low=0.05, high=1.0),
    Key("yields_to", "texts", "Lessons; where one of them counts, the match does not; if mutual, the stronger does."),
    _NOTE,
    _ALLOW,
)  # fmt: skip
EXCLUSION = (
    _ID,
    *_PARTS,
    Key("whole_sentence", "flag", "Sets aside every mention in the sentence, not only those it overlaps.", False),
    Key("spares", "texts", "Lessons that an exclusion for all lessons leaves alone."),
    _NOTE,
    _ALLOW,
)
CUE = (
    _ID,
    Key("assertion", "choice", "What it makes of the mentions in its scope; none: it cancels other cues.", "",
        choices=("", *_ASSERTIONS)),
    Key("phrases", "texts", "The words of the cue.", required=True),
    Key("scope", "choice", "Where the mention stands: after the cue, before it, in its clause or sentence; the cue "
        "opens the sentence; the mention stands under it as a heading.", "clause", choices=SCOPES),
    Key("strength", "whole", "Of the cues in scope the strongest decides, then the nearest.", 1, low=0, high=9),
    Key("reach", "whole", "Most words between cue and mention.", 40, low=1, high=200),
    Key("lines_only", "flag", "Only in bullets, cells and headings.", default=False),
    Key("verb", "flag", "Only as a verb: not before a colon or dash, `of`, `since`, or another verb.", default=False),
    Key("gives_way", "flag", "Not in a sentence with a verb that says what is or was.", default=False),
    Key("spares", "texts", "Lessons whose mentions it leaves alone."),
    _NOTE,
    _ALLOW,
)  # fmt: skip
EXAMPLE = (
    Key("text", "text", "A sentence; [[…]] marks words that must be part of the match.", required=True),
    Key("expect", "choice", "What must happen; the known ones must fail today.", "match", choices=EXPECTATIONS),
    Key("rule", "text", "The rule that must (not) match; without it any of the lesson.", default=""),
    Key("rules", "texts", "Rules that must (not) match, if more than one."),
    Key("lesson", "text", "The lesson, where neither the file nor the rule says it.", default=""),
    Key("assertion", "choice", "The assertion that must be found.", "", choices=("", *_ASSERTIONS)),
    Key("kind", "choice", "Kind of passage the text stands for.", str(Kind.PARAGRAPH), choices=_KINDS),
    Key("under", "texts", "Section headings, or the lead-in, that the text stands under."),
    Key("header", "texts", "Row and column headers of the cell that the text stands for."),
    Key("skip", "reasons", "Automatic variants of `chna lexicon test` that do not apply: variant = reason."),
    _NOTE,
)
LESSON = (
    Key("id", "text", "Short name of the lesson; its rules begin with it.", required=True, pattern=_NAME),
    Key("number", "whole", "Place of the lesson in reports; each once.", required=True, low=1, high=999),
    Key("slug", "text", "Name of the lesson for files and commands.", required=True, pattern=_NAME),
    Key("title", "text", "Name of the lesson for people.", required=True),
    Key("brief", "text", "The lesson in one sentence.", required=True),
    Key("definition", "text", "What the lesson means.", required=True),
    Key("code_when", "text", "When a passage is coded with it.", required=True),
    Key("do_not_code_when", "text", "When it is not.", required=True),
    Key("recommendation", "text", "What to advise a hospital that lacks it.", required=True),
)
HEAD = (
    Key("name", "text", "Name of the lexicon.", required=True),
    Key("version", "text", "Its version.", required=True),
    Key("note", "text", "Where its lessons come from; printed below reports.", default=""),
    Key("extends", "text", "A lexicon to build on: a shipped one by name, or a folder.", default=""),
    Key("keep_lessons", "texts", "Of the inherited lessons keep only these; [] keeps none."),
    Key("remove", "texts", "Inherited rules, exclusions, cues, lessons or @classes to leave out."),
)

# An override names any keys of what it changes; this is what it may be.
OVERRIDE = tuple({key.name: key for keys in (LESSON, CUE, EXCLUSION, RULE) for key in keys}.values())

# Tables that repeat, with their keys.
TABLES = {"rules": RULE, "exclusions": EXCLUSION, "cues": CUE, "examples": EXAMPLE, "overrides": OVERRIDE}
# Tables of free names.
FREE = ("classes", "allow")


def names(keys: Sequence[Key]) -> tuple[str, ...]:
    """Return the names of keys."""
    return tuple(key.name for key in keys)
