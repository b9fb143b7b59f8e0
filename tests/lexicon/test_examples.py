"""The examples in the built-in lexicon hold: the lexicon's own regression test, one test an example."""

from __future__ import annotations

import re
from functools import cache

import pytest

from chna_toolkit.lexicon import Example, load_lexicon
from chna_toolkit.tagging import Label, Tagger

EXAMPLES = [example for lesson in load_lexicon().lessons for example in lesson.examples]
NUMBERS = {lesson.id: str(lesson.number) for lesson in load_lexicon().lessons}


@cache
def tagger() -> Tagger:
    return Tagger(load_lexicon(), method="rules")


def name_of(example: Example) -> str:
    return f"{example.origin.file.stem}:{example.origin.line}"


def found(example: Example) -> tuple[str, Label | None]:
    text = example.text.replace("[[", "").replace("]]", "")
    return text, tagger().label(text).get(NUMBERS[example.lesson])


def problem(example: Example) -> str:
    """Return what is wrong with what the tagger finds, "" if nothing."""
    text, label = found(example)
    wanted = example.expect in ("match", "known_miss")
    if label is None or (example.rule and example.rule not in label.rules):
        return f"no {example.rule or example.lesson} in {text!r}" if wanted else ""
    if not wanted:
        return f"{label.rules} in {text!r}"
    if example.assertion and label.assertion is not example.assertion:
        return f"{label.assertion} instead of {example.assertion} in {text!r}"
    for start, end in marked(example):
        if not any(first < end and start < last for first, last in label.spans):
            return f"the marked words are not part of the match in {text!r}"
    return ""


def marked(example: Example) -> list[tuple[int, int]]:
    spans, shift = [], 0
    for match in re.finditer(r"\[\[(.*?)\]\]", example.text, re.DOTALL):
        start = match.start() - shift
        spans.append((start, start + len(match[1])))
        shift += 4
    return spans


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_example(example: Example) -> None:
    wrong = problem(example)
    if example.expect.startswith("known"):
        assert wrong, f"promote this example: it no longer fails ({example.expect})"
    else:
        assert not wrong, wrong


@pytest.mark.parametrize("lesson", load_lexicon().lessons, ids=lambda lesson: lesson.id)
def test_each_lesson_has_examples_of_both_kinds(lesson: object) -> None:
    expectations = [example.expect for example in lesson.examples]  # type: ignore[attr-defined]
    assert expectations.count("match") >= 8
    assert expectations.count("no_match") >= 8
