"""The examples of the shipped lexicons hold, one test an example; their variants are tested in tests/lexicon_ci."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from chna_toolkit.lexicon import Example, Lesson, load_lexicon, shipped_lexicons
from chna_toolkit.lexicon_ci.suite import Read, Suite

LEXICONS = {
    name: load_lexicon(path) if name != "builtin" else load_lexicon() for name, path in shipped_lexicons().items()
}
EXAMPLES = [
    (name, example) for name, lexicon in LEXICONS.items() for lesson in lexicon.lessons for example in lesson.examples
]
LESSONS = [(name, lesson) for name, lexicon in LEXICONS.items() for lesson in lexicon.lessons]


@cache
def reads(name: str) -> dict[tuple[Path, int], Read]:
    """The examples of a lexicon as judged, by place."""
    return {(one.example.origin.file, one.example.origin.line): one for one in Suite.of(LEXICONS[name]).reads}


@pytest.mark.parametrize(
    ("name", "example"), EXAMPLES, ids=[f"{one.origin.file.stem}:{one.origin.line}" for _, one in EXAMPLES]
)
def test_example(name: str, example: Example) -> None:
    read = reads(name)[example.origin.file, example.origin.line]
    assert read.problem is None, f"{read.problem}: {read.looked.passage.text}"


@pytest.mark.parametrize(("name", "lesson"), LESSONS, ids=[f"{name}-{one.id}" for name, one in LESSONS])
def test_each_lesson_has_examples_of_both_kinds(name: str, lesson: Lesson) -> None:
    expectations = [example.expect for example in lesson.examples]
    assert expectations.count("match") >= 8
    assert expectations.count("no_match") >= 8
