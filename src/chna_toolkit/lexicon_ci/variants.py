"""Variants made of an example by machine: some must change nothing, some must change the assertion.

After the test types of CheckList (Ribeiro et al., ACL 2020): invariance and direction. Each maker
returns `None` where its variant cannot be made, by the rule that its docstring states. An example
leaves single variants out by `skip = {plural = "the reason"}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chna_toolkit.extraction.vocabulary import Vocabulary
from chna_toolkit.extraction.words import Line, Word
from chna_toolkit.lexicon.model import Example
from chna_toolkit.lexicon.words import SENTENCE, cut, normal
from chna_toolkit.model import Assertion

Span = tuple[int, int]
Maker = Callable[[str, Sequence[Span]], str | None]  # text, places of the match

_LONG = 8  # letters of a word that a typesetter would divide
_VOWELS = "aeiouy"
_ARTICLE = re.compile(r"\ban? $")
_HEAD = re.compile(r"(?:[\w-]+ ){0,2}?([a-z]{3,})(?= (?:of|for|with|to|between|in|on)\b|[.,;]|$)")
_BULLET = "•"
_OTHER_BULLETS = ("▪", "➢", "\uf0b7", "-", "*")


def line_break(text: str, _spans: Sequence[Span]) -> str | None:
    """Every space a line break. Not made of a text of one word."""
    return text.replace(" ", "\n") if " " in text else None


def hyphenation(text: str, spans: Sequence[Span]) -> str | None:
    """The longest matched word divided at a line end, then joined as the extraction does.

    Not made where no matched word has eight letters and a place between a vowel and a consonant.
    """
    longest = max((word for word in _words_in(text, spans)), key=lambda word: word[1] - word[0], default=(0, 0))
    word = text[longest[0] : longest[1]]
    places = [place for place in range(3, len(word) - 2) if _divides(word, place)]
    place = min(places, key=lambda place: abs(2 * place - len(word)), default=0)
    if len(word) < _LONG or not place:
        return None
    lines = [Line([Word(piece, 0, 0, 1, 1) for piece in text.split()])]
    joined = Vocabulary(lines).join(word[:place] + "-", word[place:])
    return text[: longest[0]] + joined + text[longest[1] :]


def compound_break(text: str, spans: Sequence[Span]) -> str | None:
    """A line break behind each hyphen of a matched compound. Not made where none is matched."""
    hyphens = {
        place
        for start, end in spans
        for place in range(start, end)
        if text[place] == "-" and text[place - 1 : place].isalpha() and text[place + 1 : place + 2].isalpha()
    }
    if not hyphens:
        return None
    return "".join(char + "\n" if place in hyphens else char for place, char in enumerate(text))


def curly_quotes(text: str, _spans: Sequence[Span]) -> str | None:
    """Straight quotes and apostrophes as typeset. Not made where there are none."""
    curled = re.sub(r'"(?=\w)', "“", text).replace('"', "”").replace("'", "’")
    return curled if curled != text else None


def capitals(text: str, _spans: Sequence[Span]) -> str | None:
    """ALL CAPITALS, as headings are set."""
    return text.upper()


def plural(text: str, spans: Sequence[Span]) -> str | None:
    """`a memorandum of understanding` as `memorandums of understanding`.

    Made where the match begins right behind `a` or `an` (but not one that opens the sentence, whose
    verb would have to agree), with its first word that stands before a preposition, a mark or
    the end of the match; not of names and of words in -ing, -ed and -ship.
    """
    for start, end in spans:
        article, head = _ARTICLE.search(text[:start]), _HEAD.match(text, start)
        if article and head and head.end(1) <= end and not head[1].endswith(("ing", "s", "ed", "ship")):
            return f"{text[: article.start()]}{text[start : head.start(1)]}{_plural(head[1])}{text[head.end(1) :]}"
    return None


def bullet(text: str, _spans: Sequence[Span]) -> str | None:
    """A bullet before the text."""
    return f"{_BULLET} {text}"


def other_bullet(text: str, _spans: Sequence[Span]) -> str | None:
    """One of the other glyphs that bullets become in PDFs, another for each text."""
    return f"{_OTHER_BULLETS[len(text) % len(_OTHER_BULLETS)]} {text}"


def planned(text: str, spans: Sequence[Span]) -> str | None:
    """The same said of the future: `signed` as `plans to sign`, `was signed` as `will be signed`."""
    return _recast(text, spans, _PLAN)


def called_for(text: str, spans: Sequence[Span]) -> str | None:
    """The same as a demand: `signed` as `should sign`, `was signed` as `should be signed`."""
    return _recast(text, spans, _CALL)


def negated(text: str, spans: Sequence[Span]) -> str | None:
    """The same denied: `signed` as `did not sign`, `was signed` as `was not signed`."""
    return _recast(text, spans, _NOT)


def none(text: str, spans: Sequence[Span]) -> str | None:
    """`no` for the first article: `A charter names …` as `No charter names …`.

    Made of a single sentence whose match begins right behind an article that opens it.
    """
    if SENTENCE in cut(text).breaks[1:]:
        return None
    opens = re.match(r"An? (?=\w)", text)
    return f"No {text[opens.end() :]}" if opens and any(start == opens.end() for start, _ in spans) else None


INVARIANT: Mapping[str, Maker] = {
    "line_break": line_break,
    "hyphenation": hyphenation,
    "compound_break": compound_break,
    "curly_quotes": curly_quotes,
    "capitals": capitals,
    "plural": plural,
    "bullet": bullet,
    "other_bullet": other_bullet,
}
DIRECTED: Mapping[str, tuple[Maker, Assertion]] = {
    "planned": (planned, Assertion.PLAN),
    "called_for": (called_for, Assertion.CALL),
    "negated": (negated, Assertion.LACK),
    "none": (none, Assertion.LACK),
}
NAMES = (*INVARIANT, *DIRECTED)


def skips(example: Example, variant: str, phrases: Sequence[str]) -> bool:
    """Whether a variant does not apply to an example, by its own word or by the rules that matched.

    Capitals tell names from words, so what matches by `#name` cannot stand in capitals.
    """
    return variant in example.skip or (variant == "capitals" and "#name" in phrases)


def _words_in(text: str, spans: Sequence[Span]) -> list[Span]:
    return [
        (start + match.start(), start + match.end())
        for start, end in spans
        for match in re.finditer(r"[a-z]+", text[start:end])
    ]


def _divides(word: str, place: int) -> bool:
    return word[place - 1] in _VOWELS and word[place] not in _VOWELS and word[place + 1] in _VOWELS


def _plural(noun: str) -> str:
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "z", "ch", "sh")) else "s")


@dataclass(frozen=True, slots=True)
class _Mood:
    """How a verb is put: `be` before a participle, `do` or `does` before a bare verb, `have` before a perfect."""

    be: str  # "" keeps the auxiliary and adds `not`
    one: str
    many: str
    past: str


_PLAN = _Mood("will be", "plans to", "plan to", "plans to")
_CALL = _Mood("should be", "should", "should", "should")
_NOT = _Mood("", "does not", "do not", "did not")

_SUBJECT = re.compile(
    r"(?:We|They|It|(?:The|Our|Each|Every|Both|All|Its|Their|A|An|Two|Three|Four|Five)(?: [\w’'-]+){1,4}) "
)
_JOINS = re.compile(r"\b(?:that|which|who|whose|of|by|for|with|from|to|in|on|at|and|or|as|not|has|have|had|was|were)\b")
_FINITE = re.compile(r"\b(?:was|were|is|are|has|have|had|will|can|may|must|should|would)\b")
_OBJECT = re.compile(
    r" (?:an?|the|its|our|their|this|these|each|every|all|both|one|two|three|four|five|\d+|new|written)\b"
    r"| (?:with|to|for|in|on)\b"
)
_PARTICIPLE = (
    r"([a-z]{2,}ed|held|met|given|built|brought|written|paid|made|taken|led|run|sent|kept|chosen|drawn|shared)"
)
_PASSIVE = re.compile(rf"\b(was|were|is|are)((?: (?:also|now|then|first|fully|jointly|formally))?) {_PARTICIPLE}\b")
_PERFECT = re.compile(rf"\b(has|have) {_PARTICIPLE}\b")
_PAST = re.compile(r"\b(?:[a-z]+ed|held|met|gave|built|brought|wrote|paid|made|took|led|ran|sent|kept|chose|drew)\b")
_NO_VERBS = frozenset(
    ("are", "were", "have", "had", "will", "can", "could", "may", "must", "do", "did", "should", "would")
)
_OTHER_CLAUSE = re.compile(r"[,;:—]|\b(?:but|while|because|since|if)\b")


def _recast(text: str, spans: Sequence[Span], mood: _Mood) -> str | None:
    """Give the main verb of a plain statement another mood.

    Made of a single clause whose match includes its verb: `was/were/is/are` or `has/have` with a
    participle, a past tense right behind a short subject (`We`, `The`, `Our`, `A … …`) without
    preposition and before an object, or the bare verb behind an opening `We`. Nothing else can
    be recast without understanding it.
    """
    if not text.endswith(".") or SENTENCE in cut(text).breaks[1:] or _OTHER_CLAUSE.search(text):
        return None
    match = _PASSIVE.search(text)
    alone = match and len(_FINITE.findall(text)) == 1 and not re.search(r" (?:and|that) ", text[: match.start()])
    if match and alone and _covers(spans, match.start(3), match.end(3)):
        if not mood.be:
            return f"{text[: match.end(1)]} not{text[match.end(1) :]}"
        return f"{text[: match.start()]}{mood.be}{text[match.start(2) :]}"
    return _active(text, spans, mood)


def _active(text: str, spans: Sequence[Span], mood: _Mood) -> str | None:
    for pattern, group in ((_PERFECT, 2), (_PAST, 0)):
        match = pattern.search(text)
        if match and _covers(spans, *match.span(group)) and len(_FINITE.findall(text)) == (group > 0):
            verb, subject = normal(match.group(group)), text[: match.start()]
            plain = _SUBJECT.fullmatch(subject) and not _JOINS.search(subject)
            if not plain or verb == match.group(group) or not _OBJECT.match(text[match.end() :]):
                return None
            said = mood.past if mood is _NOT else mood.many if _is_plural(subject) else mood.one
            return f"{subject}{said} {verb}{text[match.end() :]}"
    bare = re.match(r"We ([a-z]+)\b", text)
    if bare and bare[1] not in _NO_VERBS and normal(bare[1]) == bare[1] and _covers(spans, *bare.span(1)):
        return f"We {mood.many} {text[3:]}" if _OBJECT.match(text[bare.end() :]) else None
    return None


def _is_plural(subject: str) -> bool:
    head = subject.split()[-1].lower()
    return head in ("we", "they") or head.endswith("s") or subject.startswith(("Both ", "All ", "Two ", "Three "))


def _covers(spans: Sequence[Span], start: int, end: int) -> bool:
    return any(first <= start and end <= last for first, last in spans)
