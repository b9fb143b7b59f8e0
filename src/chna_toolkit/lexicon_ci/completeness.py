"""Whether the examples of a lexicon exercise all of it: rules, exclusions, cues, members of classes.

A rule is exercised where it counts in an example of its lesson that must match, an exclusion where
it sets something aside in any example, a cue where it decides an assertion. For the members of
classes nobody writes ten thousand sentences: each is put, by machine, in the place of another
member of its class in an example, and must be found there. So a member that can never be found
(misspelt for the normal form, broken by a comma) is noticed, and one sentence a class will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from chna_toolkit.lexicon.model import Lexicon, Origin
from chna_toolkit.lexicon.words import MONEY, NAME, NUMBER, PERCENT, YEAR
from chna_toolkit.lexicon_ci.cases import Span, counted
from chna_toolkit.lexicon_ci.findings import Finding, Severity
from chna_toolkit.lexicon_ci.suite import Read, Share, Suite
from chna_toolkit.model import Passage

_STANDS_FOR = {NUMBER: "12", YEAR: "2024", MONEY: "$500", PERCENT: "40%", NAME: "Alder Creek Trust"}
_TRIES = 3  # forms of one member that are tried


def completeness(suite: Suite) -> tuple[list[Finding], tuple[Share, ...]]:
    """Return what no example exercises, and the shares of what is."""
    findings: list[Finding] = []
    shares = []
    for name, every, done, severity in _kinds(suite):
        # what is inherited has its examples where it was written
        pieces = {piece: origin for piece, origin in every.items() if suite.lexicon.is_own(origin)}
        for piece, origin in pieces.items():
            if piece not in done:
                findings.append(
                    Finding(
                        origin.file,
                        origin.line,
                        piece,
                        f"{name}-untested",
                        severity,
                        f"no example exercises {piece}",
                        _HINTS[name],
                    )
                )
        shares.append(Share(f"{name}s", len(done & pieces.keys()), len(pieces)))
    unfound, members, classes = _members(suite)
    findings += unfound
    return findings, (*shares, classes, members)


_HINTS = {
    "rule": "Write an example that must match and name the rule in it.",
    "exclusion": 'Write an example with expect = "no_match" that only the exclusion keeps from matching.',
    "cue": "Write an example with an assertion that the cue decides.",
}


def _kinds(suite: Suite) -> Iterator[tuple[str, dict[str, Origin], set[str], Severity]]:
    lexicon = suite.lexicon
    yield "rule", {rule.id: rule.origin for rule in suite.rules.values()}, rules_exercised(suite), Severity.ERROR
    exclusions = [*lexicon.exclusions, *(one for lesson in lexicon.lessons for one in lesson.exclusions)]
    aside = {mention.set_aside for read in suite.reads for mention in suite.bench.mentions(read.looked)}
    done = {reason.removeprefix("excluded: ") for reason in aside}
    yield "exclusion", {one.id: one.origin for one in exclusions}, done, Severity.ERROR
    yield "cue", {cue.id: cue.origin for cue in lexicon.cues}, _cues(suite), Severity.WARNING


def rules_exercised(suite: Suite) -> set[str]:
    """Return the ids of the rules that count in some example that must match."""
    good = [read for read in suite.reads if read.example.expect == "match" and not read.problem]
    return {one.rule for read in good for one in counted(read.mentions)}


def _cues(suite: Suite) -> set[str]:
    """Cues without which some example would be asserted otherwise."""
    found = [read for read in suite.reads if read.mentions]
    near = {cue.id: [one for one in found if suite.bench.cued(cue.id, one.looked)] for cue in suite.lexicon.cues}
    done = set()
    for cue in suite.lexicon.cues:
        with suite.bench.changed(cues=[cue.id]):
            for read in near[cue.id]:
                if _asserted(suite.of_lesson(read.example, read.looked)) != _asserted(read.mentions):
                    done.add(cue.id)
                    break
    return done


def _asserted(mentions: Iterable[object]) -> list[object]:
    return [getattr(one, "assertion", None) for one in mentions]


@dataclass(frozen=True, slots=True)
class _Carrier:
    """An example with a place where a member of a class stands."""

    read: Read
    place: Span


def _members(suite: Suite) -> tuple[list[Finding], Share, Share]:
    """Put each member of each class where another one stands, and look whether it is found."""
    # a class that stands within phrases alone is spelt out in them, and found with them
    origins = suite.lexicon.class_origins
    names = [name for name, one in origins.items() if suite.lexicon.is_own(one) and suite.bench.stands_alone(name)]
    carriers = {name: carrier for name in names if (carrier := _carrier(suite, name))}
    findings = [
        _class_finding(suite.lexicon, name, "class-untested", f"no example has a word of @{name}", _CLASS_HINT)
        for name in names
        if name not in carriers
    ]
    asked: list[tuple[str, str, Span]] = []
    passages: list[Passage] = []
    for name, carrier in carriers.items():
        text, (start, end) = carrier.read.looked.passage.text, carrier.place
        for member in suite.lexicon.classes[name]:
            for words in _forms(suite.lexicon, name, member):
                asked.append((name, member, (start, start + len(words))))
                swapped = text[:start] + words + text[end:]
                passages.append(replace(carrier.read.looked.passage, text=swapped, end=len(swapped)))
    found: set[tuple[str, str]] = set()
    for (name, member, place), looked in zip(asked, suite.bench.look(passages), strict=True):
        scope, bare = _scoped(name)
        if place in suite.bench.places([f"@{bare}"], scope, looked):
            found.add((name, member))
    every = dict.fromkeys((name, member) for name, member, _ in asked)
    for name, member in every:
        if (name, member) not in found:
            message = f"{member!r} of @{name} is not found in the place of another member"
            findings.append(_class_finding(suite.lexicon, name, "member-unfound", message, _MEMBER_HINT))
    total = sum(len(set(suite.lexicon.classes[name])) for name in names)
    classes = Share("classes", len(carriers), len(names))
    return findings, Share("their members, in generated sentences", len(found), total), classes


_CLASS_HINT = "Write an example with one of its words, or drop the class."
_MEMBER_HINT = "Text never has it in this form: write it as it is printed."


def _carrier(suite: Suite, name: str) -> _Carrier | None:
    """Return the first example in which a word of the class stands, best of its own lesson."""
    scope, bare = _scoped(name)
    users = [read for read in suite.reads if not scope or read.example.lesson == scope]
    for read in users:
        places = suite.bench.places([f"@{bare}"], scope, read.looked)
        if places:
            return _Carrier(read, places[0])
    return None


def _scoped(name: str) -> tuple[str, str]:
    scope, dot, bare = name.partition(".")
    return (scope, bare) if dot else ("", name)


def _forms(lexicon: Lexicon, name: str, member: str) -> list[str]:
    """Return a few ways in which a member is printed, the shortest first."""
    scope, _ = _scoped(name)
    spelt = sorted(lexicon.speller.spell_out(member, scope), key=lambda sequence: (len(sequence), sequence))
    printed = [" ".join(form or _STANDS_FOR.get(norm, norm) for norm, form in sequence) for sequence in spelt]
    return printed[:_TRIES]


def _class_finding(lexicon: Lexicon, name: str, slug: str, message: str, remedy: str) -> Finding:
    origin = lexicon.class_origins[name]
    return Finding(origin.file, origin.line, f"@{name}", slug, Severity.WARNING, message, remedy)
