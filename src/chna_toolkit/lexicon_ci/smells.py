"""Mistakes within one entry of a lexicon: phrases that are not what they look like, rules that can never match."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from chna_toolkit.lexicon.layers import Owned
from chna_toolkit.lexicon.load import phrase_groups
from chna_toolkit.lexicon.model import Rule
from chna_toolkit.lexicon.phrases import class_names
from chna_toolkit.lexicon.source import Entry
from chna_toolkit.lexicon.words import normal
from chna_toolkit.lexicon_ci.findings import Finding, Severity
from chna_toolkit.lexicon_ci.fix import fold
from chna_toolkit.lexicon_ci.spelt import Finder, Spelt, plain

LONG_LINE = 160  # characters; --fix folds lists to 120
_MANY = 4_000  # spelt-out phrases of one source; 6,000 are refused
_MANY_IN_LIST = 20_000  # of one list
_PARTS = 5
_LONG_FORBIDDEN = 6  # words that a forbidden phrase may have at the most
_COUNTED = 0.5  # the confidence from which on one rule counts alone
_FORBIDDEN = ("unless", "not_before", "not_after")

# Words that say nothing alone.
FUNCTION_WORDS = frozenset((
    "a", "an", "the", "of", "to", "for", "from", "in", "on", "at", "by", "with", "and", "or", "as", "be", "have", "do",
    "it", "its", "this", "that", "these", "those", "their", "our", "we", "they", "who", "which", "not", "no", "than",
    "then", "so", "such", "into", "over", "under", "about", "up", "out", "all", "any", "each",
))  # fmt: skip
_PLURAL = re.compile(r"(?<![\w@=#'’-])([a-z][a-z-]{2,}s|[a-z]+['’]s)\?")
_FIGURE = re.compile(r"(?<![\w=#@.,-])\$?\d[\d,.]*%?(?![\w-])")
_WORD = re.compile(r"(?<![\w=@#'’-])[a-z]{3,}(?![\w'’-])")
_PUNCTUATED = re.compile(r"\w[,;:] ")


def smells(spelt: Spelt) -> Iterator[Finding]:
    """Yield the mistakes of the lexicon's own entries, one by one."""
    for kind, pieces in spelt.layer.pieces():
        for name, owned in pieces.items():
            if spelt.is_own(name):
                yield from _lists(spelt, name, owned, "" if kind == "cues" else owned.lesson)
    for rule in spelt.rules():
        if spelt.is_own(rule.id):
            yield from _ambiguous(spelt, rule)
            yield from _impossible(spelt, rule)
            yield from _costly(spelt, rule)
    yield from _classes(spelt)
    yield from _read_as(spelt)
    yield from _long_lines(spelt)


# -- lists of phrases


def _lists(spelt: Spelt, name: str, owned: Owned, scope: str) -> Iterator[Finding]:
    groups = list(phrase_groups(owned.entry.data))
    for group in groups:
        yield from _repeated(spelt, name, group)
        size = len(spelt.phrases(group, scope)) if group else 0
        if size > _MANY_IN_LIST:
            message = f"a list of {name} stands for {size:,} phrases"
            remedy = "Split it into parts, or use classes in parts of their own."
            yield spelt.finding(name, "too-costly", Severity.WARNING, message, remedy, phrase=group[0])
        for phrase in group:
            yield from _phrase(spelt, name, phrase, scope)
    for key in _FORBIDDEN:
        yield from _overfitted(spelt, name, owned.entry.texts(key), scope)
    if ".x." in name or name.startswith("x."):
        yield from _overfitted(spelt, name, owned.entry.texts("phrases"), scope)


def _repeated(spelt: Spelt, name: str, group: Sequence[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for phrase in group:
        key = " ".join(phrase.lower().split())
        if key in seen:
            message = f"{phrase!r} is listed twice"
            yield spelt.finding(name, "listed-twice", Severity.WARNING, message, "Drop one (--fix).", phrase=phrase)
        seen.add(key)


def _phrase(spelt: Spelt, name: str, phrase: str, scope: str) -> Iterator[Finding]:
    for slug, severity, message, remedy in phrase_traps(phrase):
        yield spelt.finding(name, slug, severity, message, remedy, phrase=phrase)
    stands_for = spelt.lexicon.speller.spell_out(phrase, scope)
    if "?" in phrase:
        # a word in one form was meant
        bare = sorted(words[0][0] for words in stands_for if len(words) == 1 and not words[0][1])
        bare = [word for word in bare if word in FUNCTION_WORDS]
        if bare and len(bare) < len(stands_for):
            message = f"{phrase!r} also matches {bare[0]!r}: all its other words may be missing"
            remedy = "A plain word stands for all its forms: leave out the ?, or let fewer words be missing."
            yield spelt.finding(name, "bare-words", Severity.ERROR, message, remedy, phrase=phrase)
    if len(stands_for) > _MANY and not re.fullmatch(r"@\w+", phrase):
        message = f"{phrase!r} stands for {len(stands_for):,} phrases"
        yield spelt.finding(name, "too-costly", Severity.WARNING, message, "Use parts.", phrase=phrase)


def phrase_traps(phrase: str) -> Iterator[tuple[str, Severity, str, str]]:
    """Yield slug, severity, message and remedy of what a phrase looks like and is not."""
    for match in _PLURAL.finditer(phrase):
        word = match[1]
        if normal(word.split("-")[-1].replace("’", "'")) != word or "'" in word or "’" in word:
            message = f"in {phrase!r} the whole word {word!r} may be missing, not only its ending"
            remedy = f"A plain word stands for all its forms: write {normal(word.split(chr(39))[0])!r} without the ?."
            yield "optional-plural", Severity.WARNING, message, remedy
    for match in _FIGURE.finditer(phrase):
        message = f"in {phrase!r} the figure {match[0]} stands for any number"
        yield "any-number", Severity.WARNING, message, f"Write ={match[0]} for this number, # for any."
    if _PUNCTUATED.search(phrase):
        message = f"{phrase!r} matches only text without its comma: a phrase never runs over one"
        yield "punctuation", Severity.WARNING, message, "Use parts with a small `within`."


def _overfitted(spelt: Spelt, name: str, phrases: Iterable[str], scope: str) -> Iterator[Finding]:
    for phrase in phrases:
        shortest = min((len(words) for words in spelt.lexicon.speller.spell_out(phrase, scope)), default=0)
        if shortest > _LONG_FORBIDDEN:
            message = f"the forbidden phrase {phrase!r} of {shortest} words fits hardly any text but one"
            remedy = "Forbid the words in it that mislead."
            yield spelt.finding(name, "overfitted", Severity.WARNING, message, remedy, phrase=phrase)


# -- single rules


def _ambiguous(spelt: Spelt, rule: Rule) -> Iterator[Finding]:
    """A single word that counts alone, wherever it stands."""
    if len(rule.parts) != 1 or rule.needs or rule.under or rule.header or rule.kinds or rule.starts:
        return
    if rule.confidence < _COUNTED:
        return
    for phrase in rule.parts[0]:
        single = [words for words in spelt.phrases((phrase,), rule.lesson) if len(words) == 1]
        if single and not phrase.startswith("@"):
            message = f"the single word {plain(single[0])!r} counts wherever it stands"
            remedy = "Give it a companion with needs or parts, forbid misleading words, or lower the confidence."
            yield spelt.finding(rule.id, "ambiguous-word", Severity.WARNING, message, remedy, phrase=phrase)


def _impossible(spelt: Spelt, rule: Rule) -> Iterator[Finding]:
    """Rules, and phrases of rules, that can never match or never count."""
    if rule.lesson in rule.yields_to:
        message = f"{rule.id} yields to its own lesson, so it never counts"
        yield spelt.finding(rule.id, "never-matches", Severity.ERROR, message, "Drop it.", key="yields_to")
    if rule.header and rule.kinds and "table_cell" not in rule.kinds:
        message = f"{rule.id} asks for a header, which cells alone have, and not for table_cell"
        remedy = 'Write kinds = ["table_cell"].'
        yield spelt.finding(rule.id, "never-matches", Severity.ERROR, message, remedy, key="kinds")
    if rule.kinds and set(rule.kinds) <= {"footnote"}:
        message = f"{rule.id} is limited to footnotes, in which nothing counts"
        yield spelt.finding(rule.id, "never-matches", Severity.ERROR, message, "Name other kinds.", key="kinds")
    if not rule.unless:
        return
    forbidden = Finder(spelt.phrases(rule.unless, rule.lesson))
    for part in rule.parts:
        dead = [phrase for phrase in part if _all_hold(spelt, phrase, rule.lesson, forbidden)]
        if part and len(dead) == len(part):
            words = plain(_first(spelt, dead[0], rule.lesson, forbidden))
            message = f"{rule.id} can never match: each phrase of a part holds a forbidden one, such as {words!r}"
            remedy = "Take it out of `unless`."
            yield spelt.finding(rule.id, "never-matches", Severity.ERROR, message, remedy, key="unless")
            continue
        for phrase in dead:
            words = plain(_first(spelt, phrase, rule.lesson, forbidden))
            message = f"{phrase!r} can never match: `unless` forbids {words!r}"
            remedy = "Take it out of the one or the other."
            yield spelt.finding(rule.id, "dead-phrase", Severity.WARNING, message, remedy, phrase=phrase)


def _all_hold(spelt: Spelt, phrase: str, scope: str, forbidden: Finder) -> bool:
    return all(forbidden.inside(words) for words in spelt.phrases((phrase,), scope))


def _first(spelt: Spelt, phrase: str, scope: str, forbidden: Finder) -> tuple[tuple[str, str], ...]:
    found = (forbidden.inside(words) for words in sorted(spelt.phrases((phrase,), scope)))
    return next((words for words in found if words), ())


def _costly(spelt: Spelt, rule: Rule) -> Iterator[Finding]:
    if len(rule.parts) > _PARTS:
        message = f"{rule.id} has {len(rule.parts)} parts: each way to choose their words is tried"
        remedy = f"Use {_PARTS} parts at the most; move companions to `needs`."
        yield spelt.finding(rule.id, "too-costly", Severity.WARNING, message, remedy, key="parts")


# -- words, classes and lines


def _read_as(spelt: Spelt) -> Iterator[Finding]:
    """Words that are forms of another one: one finding a word and file, at its first place."""
    first: dict[tuple[Path, str], tuple[int, str]] = {}
    counts: Counter[tuple[Path, str]] = Counter()
    for name, entry, phrases in _own_phrases(spelt):
        for phrase in phrases:
            for word in _WORD.findall(phrase):
                if normal(word) != word and not word.endswith(("er", "s")) and _has_forms_of_its_own(word):
                    file, line = entry.place_of(phrase)
                    first.setdefault((file, word), (line, name))
                    counts[file, word] += 1
    for (file, word), (line, name) in first.items():
        times = f", here and {counts[file, word] - 1} times more" if counts[file, word] > 1 else ""
        message = f"the word {word!r} is read as a form of {normal(word)!r}{times}"
        remedy = f"If you mean “{word}” itself, write ={word}, and its other forms beside it."
        yield Finding(file, line, name, "read-as", Severity.NOTE, message, remedy)


def _own_phrases(spelt: Spelt) -> Iterator[tuple[str, Entry, Sequence[str]]]:
    for name, members in spelt.layer.classes.items():
        if members.entry.source in spelt.layer.sources:
            yield f"@{name}", members.entry, members.phrases
    for _, pieces in spelt.layer.pieces():
        for name, owned in pieces.items():
            if spelt.is_own(name):
                for group in phrase_groups(owned.entry.data):
                    yield name, owned.entry, group


def _has_forms_of_its_own(word: str) -> bool:
    """Whether other words are forms of it, as “founded” of “found”, which itself is read as “find”."""
    stems = (word, word + word[-1])
    return any(normal(stem + ending) == word for stem in stems for ending in ("ed", "ing"))


def _classes(spelt: Spelt) -> Iterator[Finding]:
    used = used_classes(spelt)
    for name, members in spelt.layer.classes.items():
        if members.entry.source not in spelt.layer.sources:
            continue
        file, line = members.place
        if name not in used:
            message, remedy = f"nobody uses the class @{name}", "Drop it."
            yield Finding(file, line, f"@{name}", "class-unused", Severity.WARNING, message, remedy)
        seen: set[str] = set()
        for phrase in members.phrases:
            if phrase in seen:
                message = f"{phrase!r} is listed twice"
                yield Finding(file, line, f"@{name}", "listed-twice", Severity.WARNING, message, "Drop one (--fix).")
            seen.add(phrase)
            for slug, severity, message, remedy in phrase_traps(phrase):
                yield Finding(*members.entry.place_of(phrase), f"@{name}", slug, severity, message, remedy)


def used_classes(spelt: Spelt) -> set[str]:
    """Return the full names of the classes that some rule, exclusion or cue reaches."""
    speller = spelt.lexicon.speller
    waiting: list[tuple[str, str]] = []
    for kind, pieces in spelt.layer.pieces():
        for owned in pieces.values():
            scope = "" if kind == "cues" else owned.lesson
            names = (name for group in phrase_groups(owned.entry.data) for one in group for name in class_names(one))
            waiting += ((name, scope) for name in names)
    used: set[str] = set()
    while waiting:
        name, scope = waiting.pop()
        key = speller.key_of(name, scope)
        if key not in used and key in spelt.lexicon.classes:
            used.add(key)
            waiting += ((inner, scope) for one in spelt.lexicon.classes[key] for inner in class_names(one))
    return used


def _long_lines(spelt: Spelt) -> Iterator[Finding]:
    for source in spelt.layer.sources:
        folded = fold("\n".join(source.lines) + "\n", drop=False).splitlines()
        if max(map(len, folded), default=0) == max(map(len, source.lines), default=0) and folded == list(source.lines):
            continue  # what is long cannot be folded: one phrase, or the sentence of an example
        long = [number for number, line in enumerate(source.lines, 1) if len(line) > LONG_LINE and line not in folded]
        if long:
            message = f"{len(long):,} lines are longer than {LONG_LINE} characters: nobody can review a change in them"
            yield Finding(source.path, long[0], "", "long-line", Severity.NOTE, message, "Fold them (--fix).")
