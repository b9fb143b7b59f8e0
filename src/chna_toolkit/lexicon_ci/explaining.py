"""`chna lexicon explain` as a function: why a rule or a lesson was found in a sentence, or was not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chna_toolkit.errors import UsageError
from chna_toolkit.lexicon.model import Lexicon, Rule
from chna_toolkit.lexicon_ci.cases import assertion_of, counted, mark, spans_of
from chna_toolkit.lexicon_ci.near import nearest_name
from chna_toolkit.model import Kind, Mention, Passage
from chna_toolkit.tagging import Tagger
from chna_toolkit.tagging.explain import Bench, Explanation, Looked, Reason

_NEAR = 5  # rules that came near and are shown
_PHRASES = 6  # of a list that nothing was found of
_LONG = 40  # characters of a phrase


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a sentence stands."""

    kind: str = "paragraph"
    under: tuple[str, ...] = ()  # headings, or the lead-in
    header: tuple[str, ...] = ()  # row and column headers of its cell


@dataclass(frozen=True)
class Account:
    """What became of a sentence."""

    text: str
    asked: str  # rule or lesson
    lesson: str
    looked: Looked = field(repr=False)
    mentions: tuple[Mention, ...]  # of the lesson
    rules: tuple[Explanation, ...]  # those asked for, that matched, or that came near

    def render(self, form: str) -> str:
        """Return it as `text` or `json`. Raises `UsageError` for another format."""
        if form == "json":
            return json.dumps(self._values(), indent=2, ensure_ascii=False) + "\n"
        if form != "text":
            raise UsageError(f"unknown format {form!r}", "Choose one of: text, json.")
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield mark(self.text, spans_of(counted(self.mentions)), "{{", "}}")
        yield ""
        yield self._verdict()
        for one in self.rules:
            yield ""
            yield from _rule_lines(one, self.text)

    def _verdict(self) -> str:
        found = counted(self.mentions)
        if not found:
            aside = sorted({f"{one.rule}: {one.set_aside}" for one in self.mentions})
            return f"{self.lesson} is not found" + (f"; set aside: {'; '.join(aside)}" if aside else "")
        rules = ", ".join(sorted({one.rule for one in found}))
        return f"{self.lesson} is found as {assertion_of(found)}, by {rules}"

    def _values(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "asked": self.asked,
            "lesson": self.lesson,
            "found": bool(counted(self.mentions)),
            "assertion": assertion_of(self.mentions),
            "rules": [_values_of(one, self.text) for one in self.rules],
        }


def explain(lexicon: Lexicon, asked: str, text: str, setting: Setting | None = None) -> Account:
    """Say why a rule (id) or a lesson (id, number or slug) is found in a sentence or is not.

    For a lesson, the rules that matched are explained, and some that failed by one condition.
    Raises `UsageError` for a rule or lesson that does not exist, or an unknown kind.
    """
    setting = setting or Setting()
    rules = {rule.id: rule for lesson in lexicon.lessons for rule in lesson.rules}
    if setting.kind not in list(Kind):
        raise UsageError(f"unknown kind {setting.kind!r}", f"Kinds are {', '.join(Kind)}.")
    bench = Bench(Tagger(lexicon, method="rules"))
    looked = next(bench.look([_passage(text, setting)]))
    if asked in rules:
        lesson = rules[asked].lesson
        chosen: tuple[Explanation, ...] = (bench.explain(rules[asked], looked),)
    else:
        lesson = _lesson(lexicon, asked, rules)
        chosen = tuple(_telling([bench.explain(rule, looked) for rule in lexicon.lesson(lesson).rules]))
    mentions = tuple(one for one in bench.mentions(looked) if one.lesson == lesson)
    return Account(text, asked, lesson, looked, mentions, chosen)


def _lesson(lexicon: Lexicon, asked: str, rules: dict[str, Rule]) -> str:
    try:
        return lexicon.lesson(asked).id
    except KeyError:
        known = [*rules, *(name for lesson in lexicon.lessons for name in (lesson.id, lesson.slug))]
        near = nearest_name(asked, known)
        hint = f"Did you mean {near}?" if near else "`chna lesson --all` lists the lessons."
        raise UsageError(f"no rule or lesson {asked!r}", hint) from None


def _passage(text: str, setting: Setting) -> Passage:
    row, column = ("", "", *setting.header)[-2:]
    return Passage(
        0,
        1,
        "",
        Kind(setting.kind),
        text,
        0,
        len(text),
        (0.0, 0.0, 0.0, 0.0),
        section=setting.under,
        row_header=row,
        column_header=column,
    )


def _telling(every: Sequence[Explanation]) -> Iterator[Explanation]:
    """Those that matched; then some that failed by a single condition, the surest rules first."""
    yield from (one for one in every if one.matched)
    near = [one for one in every if not one.matched and _failed(one) == 1 and _has_part(one)]
    near.sort(key=lambda one: (-one.rule.confidence, one.rule.id))
    yield from near[:_NEAR]


def _failed(one: Explanation) -> int:
    """How many conditions failed; that the parts are too far apart goes without saying where one is missing."""
    failed = [reason.name for reason in one.reasons if not reason.holds]
    missing = any(name.startswith(("part", "phrases")) for name in failed)
    return len(failed) - (missing and "order and distance" in failed)


def _has_part(one: Explanation) -> bool:
    return any(reason.places for reason in one.reasons if reason.name.startswith(("part", "phrases")))


def _rule_lines(one: Explanation, text: str) -> Iterator[str]:
    yield f"{one.rule.id} {_outcome(one)}"
    missing = any(not reason.holds for reason in one.reasons if reason.name.startswith(("part", "phrases")))
    for reason in one.reasons:
        if reason.name == "order and distance" and missing:
            continue  # follows from the missing part
        yield f"  {'✓' if reason.holds else '✗'} {reason.name:<18} {_said(reason, text)}"
    if one.matched and one.rule.assertion:
        yield f"    the rule itself says {one.rule.assertion}"
    for mention in one.mentions:
        what = f"assertion {mention.assertion}" + (f", decided by “{mention.cue}”" if mention.cue else "")
        yield f"    “{text[mention.start : mention.end]}”: {what if mention.counted else mention.set_aside}"
    for reason in one.exclusions if one.matched else ():
        yield f"  ⊘ {reason.name:<18} {_said(reason, text)}"


def _outcome(one: Explanation) -> str:
    if not one.matched:
        return "does not match"
    if counted(one.mentions):
        return f"counts (confidence {one.rule.confidence:g})"
    if one.mentions:
        return f"matches, but is set aside: {one.mentions[0].set_aside}"
    return f"matches, but its confidence {one.rule.confidence:g} alone is far too low"


def _said(reason: Reason, text: str) -> str:
    found = ", ".join(dict.fromkeys(f"“{text[start:end]}”" for start, end in reason.places))
    few = [phrase if len(phrase) <= _LONG else f"{phrase[:_LONG]}…" for phrase in reason.wanted[:_PHRASES]]
    wanted = ", ".join(few) + (" …" if len(reason.wanted) > _PHRASES else "")
    detail = f" ({reason.detail})" if reason.detail else ""
    if reason.name in ("unless", "not_before", "not_after"):
        return f"nothing of: {wanted}" if not found else f"{found}{detail}"
    if reason.name in ("order and distance", "starts", "kinds"):
        return reason.detail
    if not found:
        return f"nothing of: {wanted}{detail}" if not reason.holds else f"{wanted}{detail}"
    return f"{found}{detail if not reason.holds else ''}"


def _values_of(one: Explanation, text: str) -> dict[str, Any]:
    return {
        "rule": one.rule.id,
        "matched": one.matched,
        "counted": bool(counted(one.mentions)),
        "outcome": _outcome(one),
        "conditions": [
            {
                "name": reason.name,
                "holds": reason.holds,
                "wanted": list(reason.wanted),
                "found": [{"start": start, "end": end, "text": text[start:end]} for start, end in reason.places],
                "detail": reason.detail,
            }
            for reason in one.reasons
        ],
        "mentions": [
            {
                "start": mention.start,
                "end": mention.end,
                "assertion": str(mention.assertion),
                "cue": mention.cue,
                "counted": mention.counted,
                "set_aside": mention.set_aside,
            }
            for mention in one.mentions
        ],
        "exclusions": [
            {"id": reason.name, "found": [text[start:end] for start, end in reason.places]} for reason in one.exclusions
        ],
    }
