"""A draft as people and programs read it, with the lines to paste into the lexicon."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation.gold import GoldUnit
from chna_toolkit.lexicon.model import Lexicon, Origin
from chna_toolkit.lexicon_ci.candidates import WITHIN, Candidate
from chna_toolkit.lexicon_ci.cases import mark
from chna_toolkit.lexicon_ci.drafting import Change, Draft, Drafted, Effect, Proposal, asserted_rightly
from chna_toolkit.lexicon_ci.keyness import Group

_SHOWN = 3  # sentences of each sort
_IDS = 4  # of a group


def render(draft: Draft, form: str) -> str:
    """Return a draft as `text` or `json`. Raises `UsageError`."""
    if form == "json":
        return json.dumps(_as_json(draft), indent=1, ensure_ascii=False) + "\n"
    if form != "text":
        raise UsageError(f"unknown format {form!r}", "Choose text or json.")
    return "\n".join(_text(draft)) + "\n"


def _text(draft: Draft) -> Iterator[str]:
    name = f"{draft.lexicon.name} {draft.lexicon.version}"
    yield f"{name}: proposals from {draft.units:,} coded texts ({draft.part}), counted on {draft.checked:,} others"
    yield from draft.notes
    for one in draft.lessons:
        yield from _lesson(one, draft)
    number = sum(len(one.proposals) for one in draft.lessons)
    tried = sum(one.tried for one in draft.lessons)
    broke = sum(one.broke for one in draft.lessons)
    yield ""
    yield f"{number:,} proposals of {tried:,} that were tried; {broke:,} break an example. Nothing was changed."
    yield "Each was tried by itself: after pasting one, run `chna lexicon test` and this again."


def _lesson(one: Drafted, draft: Draft) -> Iterator[str]:
    missed, wrong = (sum(len(units) for _, units in grouped) for grouped in (one.missed, one.wrong))
    yield ""
    yield f"{one.lesson} {one.slug}: {missed:,} of {one.borne:,} missed, {wrong:,} false alarms"
    for name, grouped in (("missed", one.missed), ("false alarms", one.wrong)):
        for group, units in grouped:
            if group.shared:
                yield f"  {name} that share “{' '.join(group.shared)}”: {len(units)} ({_named(units)})"
    for number, proposal in enumerate(one.proposals, 1):
        yield from _proposal(number, proposal, draft)
    if not one.proposals:
        yield f"  no proposal: of {one.tried:,} that were tried none is worth it and breaks no example"


def _named(units: Sequence[GoldUnit]) -> str:
    return ", ".join(unit.id for unit in units[:_IDS]) + (", …" if len(units) > _IDS else "")


def _proposal(number: int, one: Proposal, draft: Draft) -> Iterator[str]:
    effect, checked = one.effect, one.checked
    numbers = {lesson.id: str(lesson.number) for lesson in draft.lexicon.lessons}
    yield ""
    yield f"  {number}. {_title(one.candidate, draft.lexicon)}"
    found = sum(change.is_found for change in effect.better)
    asserted = f", {asserted_rightly(effect.better, numbers)} of {found} asserted rightly" if found else ""
    yield f"     {draft.part}: {_counts(effect)}{asserted}; G² {one.candidate.keyness:.1f}"
    if draft.checked:
        yield f"     {'check' if draft.part == 'read' else 'read'}: {_counts(checked)}"
    known = f"; known failures to promote: {', '.join(one.promoted)}" if one.promoted else ""
    yield f"     all examples hold{known}"
    for sign, changes in (("+", effect.better), ("-", effect.worse)):
        for change in changes[:_SHOWN]:
            yield f"     {sign} {_sentence(change)}"
        if len(changes) > _SHOWN:
            yield f"     {sign} … and {len(changes) - _SHOWN:,} more"
    yield from (f"       {line}".rstrip() for line in paste(one, draft.lexicon))


def _counts(effect: Effect) -> str:
    return f"{len(effect.better)} put right, {len(effect.worse)} spoilt"


def _sentence(change: Change) -> str:
    what = "found" if change.is_found else "gone"
    text = " ".join(mark(change.unit.text, change.spans, "[[", "]]").split())
    return f"{change.unit.id} {change.lesson} {what}: {text}"


def _title(one: Candidate, lexicon: Lexicon) -> str:
    words = " … ".join(f"“{part}”" for part in one.written)
    if one.kind == "phrase":
        origin = next(rule.origin for rule in lexicon.lesson(one.lesson).rules if rule.id == one.target)
        return f"phrase {words} for part {one.place} of {one.target} ({_place(origin)})"
    if one.kind == "member":
        return f"member {words} for the class {one.target} ({_place(lexicon.class_origins[one.target])})"
    if one.kind == "exclusion":
        whole = ", of the whole sentence" if one.trial.exclusions[0].whole_sentence else ""
        return f"exclusion {words}{whole}"
    return f"rule of {len(one.items)} part{'s' * (len(one.items) > 1)} {words}"


def _place(origin: Origin) -> str:
    return f"{origin.file.name}:{origin.line}"


def paste(one: Proposal, lexicon: Lexicon) -> list[str]:
    """Return the lines of TOML that make a proposal part of the lexicon, with an example where one is needed."""
    candidate = one.candidate
    if candidate.kind == "member":
        origin = lexicon.class_origins[candidate.target]
        words = _quoted(candidate.written[0])
        if lexicon.is_own(origin):
            return [f"# add to the class in {_place(origin)}", f"{words},"]
        return ["[classes]", f'"{candidate.target}" = ["...", {words}]']
    if candidate.kind == "phrase":
        return [*_phrase(candidate, lexicon), *_example(one, candidate.target)]
    if candidate.kind == "exclusion":
        exclusion = candidate.trial.exclusions[0]
        lines = ["[[exclusions]]", f"id = {_quoted(candidate.target)}", f"phrases = [{_quoted(candidate.written[0])}]"]
        return [*lines, *(["whole_sentence = true"] if exclusion.whole_sentence else []), *_example(one, "")]
    lines = ["[[rules]]", f"id = {_quoted(candidate.target)}"]
    listed = ", ".join(map(_quoted, candidate.written))
    lines += [f"parts = [{listed}]", f"within = {WITHIN}"] if len(candidate.items) > 1 else [f"phrases = [{listed}]"]
    return [*lines, *_example(one, candidate.target)]


def _phrase(candidate: Candidate, lexicon: Lexicon) -> list[str]:
    rule = next(rule for rule in lexicon.lesson(candidate.lesson).rules if rule.id == candidate.target)
    if lexicon.is_own(rule.origin):
        return [f"# add to part {candidate.place} in {_place(rule.origin)}", f"{_quoted(candidate.written[0])},"]
    lines = [f"  [{', '.join(map(_quoted, part))}]," for part in candidate.trial.rules[0].parts]
    return ["[[overrides]]", f"id = {_quoted(rule.id)}", "parts = [", *lines, "]"]


def _example(one: Proposal, rule: str) -> list[str]:
    """An example made of a text that is put right, as no rule and no exclusion may be without."""
    for change in one.effect.better:
        if change.lesson == one.candidate.lesson and change.is_found is bool(rule):
            text = mark(change.unit.text, change.spans, "[[", "]]") if rule else change.unit.text
            end = [f"rule = {_quoted(rule)}"] if rule else [f"lesson = {_quoted(change.lesson)}", 'expect = "no_match"']
            kind = [f"kind = {_quoted(change.unit.kind)}"] if change.unit.kind not in ("", "paragraph") else []
            return ["", "[[examples]]", f"text = {_quoted(text)}", *kind, *end]
    return []


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # TOML reads a JSON string


def _as_json(draft: Draft) -> dict[str, Any]:
    return {
        "lexicon": f"{draft.lexicon.name} {draft.lexicon.version}",
        "part": draft.part,
        "texts": draft.units,
        "checked_texts": draft.checked,
        "notes": list(draft.notes),
        "lessons": [
            {
                "lesson": one.lesson,
                "borne": one.borne,
                "missed": [_group(*pair) for pair in one.missed],
                "false_alarms": [_group(*pair) for pair in one.wrong],
                "tried": one.tried,
                "break_an_example": one.broke,
                "proposals": [_as_dict(proposal, draft.lexicon) for proposal in one.proposals],
            }
            for one in draft.lessons
        ],
    }


def _group(group: Group, units: Sequence[GoldUnit]) -> dict[str, Any]:
    return {"shared": " ".join(group.shared), "g2": round(group.keyness, 2), "ids": [unit.id for unit in units]}


def _as_dict(one: Proposal, lexicon: Lexicon) -> dict[str, Any]:
    candidate = one.candidate
    return {
        "kind": candidate.kind,
        "target": candidate.target,
        "part": candidate.place,
        "words": list(candidate.written),
        "g2": round(candidate.keyness, 2),
        "net": one.effect.net,
        "put_right": [_change(change) for change in one.effect.better],
        "spoilt": [_change(change) for change in one.effect.worse],
        "check": {"put_right": len(one.checked.better), "spoilt": len(one.checked.worse)},
        "promoted": list(one.promoted),
        "toml": "\n".join(paste(one, lexicon)),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "id": change.unit.id,
        "lesson": change.lesson,
        "found": change.is_found,
        "assertion": change.assertion,
        "text": mark(change.unit.text, change.spans, "[[", "]]"),
    }
