"""Mistakes between entries of a lexicon: rules that hide, repeat or undo each other, exclusions that swallow rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from chna_toolkit.lexicon.model import Exclusion, Rule
from chna_toolkit.lexicon.phrases import Sequence as Words
from chna_toolkit.lexicon_ci.findings import Finding, Severity
from chna_toolkit.lexicon_ci.spelt import Finder, Spelt, plain

_SHOWN = 3
_FULL = 0.5  # confidence from which on a rule counts alone


def relations(spelt: Spelt) -> Iterator[Finding]:
    """Yield the mistakes that take two entries, at the lexicon's own one."""
    for lesson in spelt.lexicon.lessons:
        for one, other in combinations(lesson.rules, 2):
            if _is_own(spelt, one) or _is_own(spelt, other):
                yield from _hidden(spelt, one, other)
        yield from _counted_twice(spelt, lesson.rules)
    yield from _shared_by_lessons(spelt)
    yield from _mutual(spelt)
    yield from _swallowed(spelt)


def _is_own(spelt: Spelt, piece: Rule | Exclusion) -> bool:
    """Whether what a piece looks for, or gives way to, was written in this lexicon."""
    return spelt.is_own(piece.id, "phrases", "parts", "confidence", "yields_to", "whole_sentence", "spares")


# -- two rules of one lesson


def _hidden(spelt: Spelt, one: Rule, other: Rule) -> Iterator[Finding]:
    if len(one.parts) != len(other.parts) or not one.parts:
        return
    in_other, in_one = _covers(spelt, other, one), _covers(spelt, one, other)
    if in_other and in_one and one.assertion is other.assertion:
        later = other if _is_own(spelt, other) else one
        first = one if later is other else other
        message = f"{later.id} matches just what {first.id} matches, so the same words count twice"
        yield spelt.finding(later.id, "duplicate-rule", Severity.ERROR, message, "Drop one of them.")
        return
    for inner, outer, is_covered in ((one, other, in_other), (other, one, in_one)):
        if is_covered and _is_own(spelt, inner) and inner.confidence <= outer.confidence and not inner.assertion:
            message = f"{outer.id} matches wherever {inner.id} does, and is no less sure"
            remedy = "Drop it; or, if it is there to strengthen, give it the higher confidence."
            yield spelt.finding(inner.id, "shadowed", Severity.WARNING, message, remedy)


def _covers(spelt: Spelt, outer: Rule, inner: Rule) -> bool:
    """Whether a rule matches wherever another of as many parts does."""
    if outer.assertion is not inner.assertion and outer.assertion is not None:
        return False
    if len(outer.parts) > 1 and (outer.within < inner.within or (outer.ordered and not inner.ordered)):
        return False
    if outer.kinds and not (inner.kinds and set(inner.kinds) <= set(outer.kinds)):
        return False
    if (outer.starts and not inner.starts) or (outer.yields_to and not set(outer.yields_to) <= set(inner.yields_to)):
        return False
    for key in ("unless", "not_before", "not_after"):  # what the outer one forbids the inner one must forbid as well
        if not set(getattr(outer, key)) <= set(getattr(inner, key)):
            return False
    for key in ("under", "header"):  # where the outer one must stand the inner one must stand, or more narrowly
        wide, narrow = getattr(outer, key), getattr(inner, key)
        if wide and not (narrow and set(narrow) <= set(wide)):
            return False
    if any(not any(set(mine) <= set(group) for mine in inner.needs) for group in outer.needs):
        return False
    return all(
        spelt.phrases(mine, inner.lesson) <= spelt.phrases(its, outer.lesson)
        for mine, its in zip(inner.parts, outer.parts, strict=True)
    )


def _counted_twice(spelt: Spelt, rules: Sequence[Rule]) -> Iterator[Finding]:
    """Lists of phrases that two rules of one lesson share: their confidences add up for the same words."""
    # rules below the mark are there to strengthen others
    single = [rule for rule in rules if len(rule.parts) == 1 and not rule.assertion and rule.confidence >= _FULL]
    for one, other in combinations(single, 2):
        if not (_is_own(spelt, one) or _is_own(spelt, other)):
            continue
        if set(one.kinds or other.kinds).isdisjoint(other.kinds or one.kinds) and (one.kinds or other.kinds):
            continue
        if (one.needs or one.under or one.header) and not (other.needs or other.under or other.header):
            continue  # the narrower one is there to strengthen
        if (other.needs or other.under or other.header) and not (one.needs or one.under or one.header):
            continue
        shared = spelt.phrases(one.parts[0], one.lesson) & spelt.phrases(other.parts[0], other.lesson)
        if shared:
            later = other if _is_own(spelt, other) else one
            first = one if later is other else other
            message = f"{later.id} and {first.id} share {_some(shared)}: the same words count twice"
            yield spelt.finding(later.id, "counted-twice", Severity.NOTE, message, "Keep each phrase in one of them.")


def _some(shared: frozenset[Words]) -> str:
    shown = sorted(plain(words) for words in shared)
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(f"{words!r}" for words in shown[:_SHOWN]) + more


# -- rules of several lessons


def _shared_by_lessons(spelt: Spelt) -> Iterator[Finding]:
    """Phrases that count by themselves for two lessons, neither of which gives way."""
    alone = [
        rule
        for rule in spelt.rules()
        if len(rule.parts) == 1
        and rule.confidence >= _FULL
        and not (rule.needs or rule.under or rule.header or rule.kinds or rule.starts)
    ]
    for one, other in combinations(alone, 2):
        if one.lesson == other.lesson or other.lesson in one.yields_to or one.lesson in other.yields_to:
            continue
        if not (_is_own(spelt, one) or _is_own(spelt, other)):
            continue
        shared = spelt.phrases(one.parts[0], one.lesson) & spelt.phrases(other.parts[0], other.lesson)
        if shared:
            later = other if _is_own(spelt, other) else one
            first = one if later is other else other
            message = f"{later.id} and {first.id} both count for {_some(shared)}"
            remedy = f'If it is evidence of one lesson only, drop it from the other: yields_to = ["{first.lesson}"].'
            yield spelt.finding(later.id, "lessons-overlap", Severity.NOTE, message, remedy)


def _mutual(spelt: Spelt) -> Iterator[Finding]:
    """Lessons that yield to each other: where both match by such rules, the stronger alone counts."""
    yielding: dict[tuple[str, str], list[Rule]] = {}
    for rule in spelt.rules():
        for rival in rule.yields_to:
            yielding.setdefault((rule.lesson, rival), []).append(rule)
    for (lesson, rival), rules in yielding.items():
        back = yielding.get((rival, lesson), ())
        for rule in rules:
            pair = next((other for other in back if lesson < rival and _may_meet(spelt, rule, other)), None)
            if pair and (_is_own(spelt, rule) or _is_own(spelt, pair)):
                name = rule.id if _is_own(spelt, rule) else pair.id
                message = f"{rule.id} and {pair.id} yield to each other's lesson; the stronger counts"
                remedy = "Say which is to stay: let only the other yield."
                yield spelt.finding(name, "mutual-yield", Severity.WARNING, message, remedy, key="yields_to")


def _may_meet(spelt: Spelt, one: Rule, other: Rule) -> bool:
    """Whether two rules look for the same words somewhere in each of their parts, so that they meet in practice."""
    if not one.parts or not other.parts or min(one.confidence, other.confidence) < _FULL:
        return False  # a weak one makes no lesson strong, so nothing yields to it alone
    fewer, more = sorted((one, other), key=lambda rule: len(rule.parts))
    return all(
        any(spelt.phrases(part, fewer.lesson) & spelt.phrases(its, more.lesson) for its in more.parts)
        for part in fewer.parts
    )


# -- exclusions


def _swallowed(spelt: Spelt) -> Iterator[Finding]:
    """Rules, and phrases of rules, that an exclusion always sets aside."""
    for exclusion in spelt.exclusions():
        if len(exclusion.parts) != 1:
            continue
        words = Finder(spelt.phrases(exclusion.parts[0], exclusion.lesson))
        for rule in spelt.rules():
            mine = exclusion.lesson in ("", rule.lesson) and rule.lesson not in exclusion.spares
            if mine and (_is_own(spelt, rule) or _is_own(spelt, exclusion)):
                yield from _swallowed_rule(spelt, exclusion, words, rule)


def _swallowed_rule(spelt: Spelt, exclusion: Exclusion, words: Finder, rule: Rule) -> Iterator[Finding]:
    name = rule.id if _is_own(spelt, rule) else exclusion.id
    for part in rule.parts:
        dead = [phrase for phrase in part if all(words.inside(one) for one in spelt.phrases((phrase,), rule.lesson))]
        if dead and len(dead) == len(part):
            message = f"{exclusion.id} sets aside all that {rule.id} finds"
            remedy = "Narrow the exclusion, or drop the rule."
            yield spelt.finding(name, "swallowed-rule", Severity.ERROR, message, remedy)
            return
        for phrase in dead:
            message = f"{exclusion.id} sets aside all that {rule.id} finds by {phrase!r}"
            remedy = "Drop the phrase, or narrow the exclusion."
            where = phrase if name == rule.id else ""
            yield spelt.finding(name, "swallowed-phrase", Severity.WARNING, message, remedy, phrase=where)
