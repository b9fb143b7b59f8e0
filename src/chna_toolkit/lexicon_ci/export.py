"""`chna lexicon export`: the codebook of a lexicon for people, spreadsheets and qualitative-analysis programs."""

from __future__ import annotations

import csv
import io
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence

from chna_toolkit.errors import UsageError
from chna_toolkit.lexicon.model import Example, Lesson, Lexicon
from chna_toolkit.model import Assertion

_NAMESPACE = uuid.UUID("6d6f1d1c-6a52-5c7e-9e0b-0f6c2d7b1a55")  # of the codes of all lexicons
_QDC = "urn:QDA-XML:codebook:1.0"
# Told apart by people who cannot see all colours (Okabe and Ito); lessons take them in turn.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
_ASSERTIONS = {
    Assertion.PRACTICE: "The text says that it is done.",
    Assertion.PLAN: "The text commits to doing it.",
    Assertion.CALL: "The text asks for it, and nobody commits to it.",
    Assertion.LACK: "The text says that it is missing.",
}
_KINDS = {
    "match": "Examples",
    "no_match": "Not examples",
    "known_miss": "Missed by the rules",
    "known_false_alarm": "Wrongly found by the rules",
}
_SHOWN = 8  # examples of a kind in Markdown
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(lexicon: Lexicon, form: str) -> str:
    """Return the codebook in one of `FORMATS`. The same lexicon gives the same text. Raises `UsageError`."""
    if form not in FORMATS:
        raise UsageError(f"unknown format {form!r}", f"Choose one of: {', '.join(FORMATS)}.")
    return FORMATS[form](lexicon)


def code_guid(lexicon: Lexicon, lesson: Lesson, assertion: Assertion | None = None) -> str:
    """Return the lasting identifier of the code of a lesson, or of a lesson with an assertion."""
    name = f"{lexicon.name}|{lesson.id}|{lesson.slug}" + (f"|{assertion}" if assertion else "")
    return str(uuid.uuid5(_NAMESPACE, name))


# -- Markdown


def _markdown(lexicon: Lexicon) -> str:
    parts = [
        f"# {_line(lexicon.name)}",
        f"Version {_line(lexicon.version)}, hash `{lexicon.hash[:12]}`. {_line(lexicon.note)}".rstrip(),
        "A passage is one sentence, bullet, heading, caption or table cell. Each coded passage has an assertion:",
        "\n".join(f"- **{assertion}**: {meaning}" for assertion, meaning in _ASSERTIONS.items()),
        "\n".join(f"{lesson.number}. [{_line(lesson.title)}](#{_anchor(lesson)})" for lesson in lexicon.lessons),
    ]
    for lesson in lexicon.lessons:
        parts += _entry(lesson)
    return "\n\n".join(parts) + "\n"


def _entry(lesson: Lesson) -> list[str]:
    parts = [
        f'<a id="{_anchor(lesson)}"></a>\n## {lesson.id} {_line(lesson.title)}',
        f"*{_line(lesson.brief)}*",
        lesson.definition.strip(),
        f"**Code when**\n\n{lesson.code_when.strip()}",
        f"**Do not code when**\n\n{lesson.do_not_code_when.strip()}",
        f"**Recommendation.** {lesson.recommendation.strip()}",
    ]
    for kind, head in _KINDS.items():
        examples = [example for example in lesson.examples if example.expect == kind]
        if examples:
            shown = "\n".join(f"- {_example(example)}" for example in examples[:_SHOWN])
            more = f" ({_SHOWN} of {len(examples)})" if len(examples) > _SHOWN else ""
            parts.append(f"**{head}**{more}\n\n{shown}")
    parts.append(f"{len(lesson.rules)} rules, {len(lesson.exclusions)} exclusions.")
    return parts


def _example(example: Example) -> str:
    text = _line(example.text).replace("[[", "**").replace("]]", "**")
    under = f"under “{_line(' > '.join(example.under))}”" if example.under else ""
    header = f"in the column “{_line(example.header[-1])}”" if example.header else ""
    notes = ", ".join(note for note in (under, header, example.assertion and f"*{example.assertion}*") if note)
    return f"{text} ({notes})" if notes else text


def _anchor(lesson: Lesson) -> str:
    return lesson.slug.lower()


def _line(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;")


# -- CSV

_COLUMNS: Mapping[str, Callable[[Lesson], str | int]] = {
    "lesson_id": lambda lesson: lesson.id,
    "number": lambda lesson: lesson.number,
    "slug": lambda lesson: lesson.slug,
    "title": lambda lesson: lesson.title,
    "brief": lambda lesson: lesson.brief,
    "definition": lambda lesson: lesson.definition,
    "code_when": lambda lesson: lesson.code_when,
    "do_not_code_when": lambda lesson: lesson.do_not_code_when,
    "recommendation": lambda lesson: lesson.recommendation,
    "examples": lambda lesson: _texts(lesson, "match"),
    "counter_examples": lambda lesson: _texts(lesson, "no_match"),
    "rules": lambda lesson: len(lesson.rules),
    "exclusions": lambda lesson: len(lesson.exclusions),
}


def _csv(lexicon: Lexicon) -> str:
    """One row a lesson; what a spreadsheet would run as a formula begins with an apostrophe."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for lesson in lexicon.lessons:
        writer.writerow([_cell(value(lesson)) for value in _COLUMNS.values()])
    return stream.getvalue()


def _cell(value: str | int) -> str | int:
    if not isinstance(value, str):
        return value
    text = value.strip()
    return f"'{text}" if text.startswith(_FORMULA) else text


def _texts(lesson: Lesson, kind: str) -> str:
    texts = (example.text for example in lesson.examples if example.expect == kind)
    return "\n".join(" ".join(text.replace("[[", "").replace("]]", "").split()) for text in texts)


# -- REFI-QDA codebook


def _qdc(lexicon: Lexicon) -> str:
    """A codebook after REFI-QDA 1.5, which NVivo, ATLAS.ti, MAXQDA and QualCoder import: a code a lesson,
    and below it one for each assertion."""
    ET.register_namespace("", _QDC)
    root = ET.Element(f"{{{_QDC}}}CodeBook", origin=_xml(f"chna-toolkit, {lexicon.name} {lexicon.version}"))
    codes = ET.SubElement(root, f"{{{_QDC}}}Codes")
    for place, lesson in enumerate(lexicon.lessons):
        colour = _COLOURS[place % len(_COLOURS)]
        code = _code(codes, code_guid(lexicon, lesson), f"{lesson.id} {lesson.title}", colour, _description(lesson))
        for assertion, meaning in _ASSERTIONS.items():
            _code(code, code_guid(lexicon, lesson, assertion), f"{lesson.id} {assertion}", colour, meaning)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _code(parent: ET.Element, guid: str, name: str, colour: str, description: str) -> ET.Element:
    code = ET.SubElement(
        parent, f"{{{_QDC}}}Code", guid=guid, name=_xml(" ".join(name.split())), isCodable="true", color=colour
    )
    ET.SubElement(code, f"{{{_QDC}}}Description").text = _xml(description)
    return code


def _description(lesson: Lesson) -> str:
    parts: Sequence[tuple[str, str]] = (
        ("", lesson.definition),
        ("Code when", lesson.code_when),
        ("Do not code when", lesson.do_not_code_when),
        ("Examples", "\n".join(f"- {text}" for text in _texts(lesson, "match").splitlines()[:_SHOWN])),
    )
    return "\n\n".join(f"{head}\n{text.strip()}".strip() for head, text in parts if text.strip())


def _xml(text: str) -> str:
    """XML has no room for control characters."""
    return "".join(char if char >= " " or char in "\t\n" else "\ufffd" for char in text)


FORMATS: Mapping[str, Callable[[Lexicon], str]] = {"markdown": _markdown, "csv": _csv, "qdc": _qdc}
