"""`summary.md`: the run in one screen, for an issue or `$GITHUB_STEP_SUMMARY`."""

from __future__ import annotations

import html
import re

from chna_toolkit.model import Status
from chna_toolkit.reports.words import SIGNS, WORDS, cycle, printable, sentence_of, shown
from chna_toolkit.results.view import LessonView, RunView

_SPECIAL = re.compile(r"([\\`*_\[\]#|~$@]|:(?=//))")
_MOST = 100  # hospitals: GitHub cuts a summary at 1 MiB


def render_markdown(view: RunView) -> str:
    """Return the summary: closing sentence, what was not assessed, matrix, prevalence, provenance."""
    parts = [
        "# What the CHNAs show",
        escape(sentence_of(view)),
        *_not_assessed(view),
        *_matrix(view),
        *_lessons(view),
        _provenance(view),
    ]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Return text that Markdown and HTML show as it is, on one line."""
    # HTML first: its entities hold no character that Markdown would need escaped but `#`.
    safe = _SPECIAL.sub(r"\\\1", printable(text))
    return html.escape(safe, quote=False)


def _not_assessed(view: RunView) -> list[str]:
    if not view.not_assessed:
        return []
    lines = [
        "## Could not be assessed",
        "",
        "Nothing can be said of these files; they are not gaps.",
        "",
        "| File | What | Why | Remedy |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {escape(one.file)} | {escape(one.what)} | {escape(one.message)} | {escape(one.hint)} |"
        for one in view.not_assessed
    ]
    return ["\n".join(lines)]


def _matrix(view: RunView) -> list[str]:
    if not view.hospitals:
        return []
    numbers = " | ".join(str(lesson.number) for lesson in view.lessons)
    lines = [
        "## Hospitals and lessons",
        "",
        "   ".join(f"`{SIGNS[status]}` {WORDS[status]}" for status in Status),
        "",
        f"| Hospital | Cycle | Shown | {numbers} |",
        "| --- | --- | ---: |" + " :-: |" * len(view.lessons),
    ]
    for hospital in view.hospitals[:_MOST]:
        name = escape(hospital.name)
        name += " *(incomplete)*" if hospital.is_incomplete and hospital.is_assessed else ""
        signs = " | ".join(f"`{SIGNS[finding.status]}`" for finding in hospital.findings)
        lines.append(f"| {name} | {escape(cycle(hospital))} | {shown(hospital)} | {signs} |")
    if len(view.hospitals) > _MOST:
        lines += ["", f"{len(view.hospitals) - _MOST} more hospitals stand in `coverage_matrix.csv`."]
    return ["\n".join(lines)]


def _lessons(view: RunView) -> list[str]:
    lines = [
        "## Lessons",
        "",
        "Hospitals by their latest assessed cycle.",
        "",
        "| | Lesson | Covered | Planned | Acknowledged | Silent | Assessed |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [_lesson(lesson) for lesson in view.lessons]
    return ["\n".join(lines)]


def _lesson(lesson: LessonView) -> str:
    statuses = (Status.COVERED, Status.PLANNED, Status.ACKNOWLEDGED, Status.SILENT)
    numbers = " | ".join(str(lesson.tally[status]) for status in statuses)
    return f"| {lesson.number} | {escape(lesson.title)} | {numbers} | {lesson.assessed} |"


def _provenance(view: RunView) -> str:
    manifest = view.manifest
    lexicon = f"{manifest.lexicon_name} {manifest.lexicon_version}"
    return (
        f"<sub>chna-toolkit {escape(manifest.tool_version)}, lexicon {escape(lexicon)} "
        f"({escape(manifest.lexicon_hash[:12])}). A mention is read by rules: read the quote before you "
        "rely on it.</sub>"
    )
