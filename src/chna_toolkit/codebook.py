"""The codebook entry of a lesson, for people and for programs."""

from __future__ import annotations

import textwrap
from typing import Any

from chna_toolkit.lexicon.model import Example, Lesson

_HEADS = {
    "match": "Examples",
    "no_match": "Counter-examples",
    "known_miss": "Known misses",
    "known_false_alarm": "Known false alarms",
}
_SHOWN = 6  # examples of a kind


def entry(lesson: Lesson) -> dict[str, Any]:
    """Return the entry with all examples as plain values."""
    return {
        "id": lesson.id,
        "number": lesson.number,
        "slug": lesson.slug,
        "title": lesson.title,
        "brief": lesson.brief,
        "definition": lesson.definition,
        "code_when": lesson.code_when,
        "do_not_code_when": lesson.do_not_code_when,
        "recommendation": lesson.recommendation,
        "rules": len(lesson.rules),
        "exclusions": len(lesson.exclusions),
        "examples": [
            {
                "text": example.text,
                "expect": example.expect,
                "rule": example.rule,
                "assertion": str(example.assertion) if example.assertion else "",
                "note": example.note,
            }
            for example in lesson.examples
        ],
    }


def entry_text(lesson: Lesson, width: int = 80) -> str:
    """Return the entry as text of the width, with a few examples of each kind."""
    parts = [f"{lesson.id}  {lesson.title}  ({lesson.slug})", "", _wrap(lesson.brief, width)]
    for head, text in (
        ("Definition", lesson.definition),
        ("Code when", lesson.code_when),
        ("Do not code when", lesson.do_not_code_when),
        ("Recommendation", lesson.recommendation),
    ):
        parts += ["", head, _wrap(text, width)]
    for expect, head in _HEADS.items():
        examples = [example for example in lesson.examples if example.expect == expect]
        if examples:
            shown = f"{head} ({min(_SHOWN, len(examples))} of {len(examples)})"
            parts += ["", shown, *(_wrap(f"- {_example(example)}", width) for example in examples[:_SHOWN])]
    parts += ["", f"{len(lesson.rules)} rules, {len(lesson.exclusions)} exclusions.", ""]
    return "\n".join(parts)


def list_text(lessons: tuple[Lesson, ...], width: int = 80) -> str:
    """Return one lesson a paragraph: id, title and what it is about."""
    return "".join(f"{one.id}  {one.title}\n{_wrap(one.brief, width, '     ')}\n" for one in lessons)


def _example(example: Example) -> str:
    return f"{example.text} [{example.assertion}]" if example.assertion else example.text


def _wrap(text: str, width: int, indent: str = "  ") -> str:
    """Fold each line; a line that begins with `- ` hangs, other neighbouring lines run together."""
    paragraphs: list[str] = []
    for line in text.strip().splitlines():
        if line.startswith("- ") or not paragraphs or not line.strip():
            paragraphs.append(line.strip())
        else:
            paragraphs[-1] = f"{paragraphs[-1]} {line.strip()}".strip()
    folded = (
        textwrap.fill(
            paragraph,
            width,
            initial_indent=indent,
            subsequent_indent=indent + "  " * paragraph.startswith("- "),
            break_on_hyphens=False,
        )
        for paragraph in paragraphs
    )
    return "\n".join(folded)
