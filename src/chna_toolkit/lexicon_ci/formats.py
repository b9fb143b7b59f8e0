"""What a check, a test or a comparison of lexicons found, written for people and for machines.

One `Report` for all commands, one function a format. The order is that of the findings, which is
that of the files; nothing depends on time, hash seed or machine, so that two runs can be compared.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chna_toolkit import __version__
from chna_toolkit.errors import UsageError
from chna_toolkit.junit import Case, junit
from chna_toolkit.lexicon_ci.findings import Finding, Severity, counts

ANNOTATIONS = 10  # GitHub shows no more of a step; the rest is counted
_ROWS = 50  # of a Markdown table
_FORMAT = 1  # of the JSON; raised when a reader of the old one would go wrong
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tested, for formats that list what passed as well."""

    suite: str  # the lesson or file
    name: str
    failure: str = ""  # what is wrong, "" if nothing


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a command on a lexicon."""

    command: str  # "check", "test" or "diff"
    lexicon: str  # name and version, or what was compared
    findings: tuple[Finding, ...]
    summary: tuple[str, ...]  # lines that say the result as a whole
    checks: tuple[Check, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)  # more for JSON, of plain values
    body: str = ""  # Markdown that follows the summary in text and Markdown

    def fails(self, at: Severity = Severity.ERROR) -> bool:
        """Whether something is as bad as a severity or worse."""
        ranks = list(Severity)
        return any(ranks.index(one.severity) <= ranks.index(at) for one in self.findings)


def render(report: Report, form: str) -> str:
    """Return a report as text in one of `FORMATS`. Raises `UsageError` for another."""
    if form not in FORMATS:
        raise UsageError(f"unknown format {form!r}", f"Choose one of: {', '.join(FORMATS)}.")
    return FORMATS[form](report)


def shown(file: Path) -> str:
    """Return a path as people and CI read it: relative to where the command runs, with slashes."""
    path = Path(os.path.relpath(file)) if file.is_absolute() and _is_below(file) else file
    return path.as_posix()


def _is_below(file: Path) -> bool:
    return file.resolve().is_relative_to(Path.cwd().resolve())


def _text(report: Report) -> str:
    lines = []
    for one in report.findings:
        place = f"{shown(one.file)}:{one.line}" if one.line else shown(one.file)
        lines.append(f"{place}: {one.severity}: {_named(one)} [{one.slug}]")
        lines += [f"    {line}" for line in one.message.splitlines()[1:]]
        if one.remedy:
            lines.append(f"    → {one.remedy}")
    body = [line for line in report.body.splitlines() if not line.startswith("```")]
    lines += [*report.summary, *body, _count_line(report)]
    return "\n".join(lines) + "\n"


def _named(one: Finding) -> str:
    """The first line of the message, with the rule unless it names it itself."""
    first = one.message.splitlines()[0]
    return first if not one.rule or one.rule in first else f"{one.rule}: {first}"


def _count_line(report: Report) -> str:
    found = counts(report.findings)
    said = ", ".join(_number(number, severity) for severity, number in found.items() if number)
    return f"{report.command}: {said or 'nothing wrong'} ({report.lexicon})"


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _json(report: Report) -> str:
    values = {
        "format": _FORMAT,
        "command": report.command,
        "tool": f"chna {__version__}",
        "lexicon": report.lexicon,
        "failed": report.fails(),
        "counts": {str(severity): number for severity, number in counts(report.findings).items()},
        "summary": list(report.summary),
        "findings": [
            {
                "file": shown(one.file),
                "line": one.line,
                "rule": one.rule,
                "slug": one.slug,
                "severity": str(one.severity),
                "message": one.message,
                "remedy": one.remedy,
            }
            for one in report.findings
        ],
        **report.data,
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def _junit(report: Report) -> str:
    """A test case a check; errors that belong to none are cases of their own, warnings are output."""
    said = {check.failure.splitlines()[0] for check in report.checks if check.failure}
    errors = [one for one in report.findings if one.severity is Severity.ERROR]
    others = [one for one in errors if not any(one.message.startswith(first) for first in said)]
    own = [Check(shown(one.file), f"{one.slug} {one.rule}:{one.line}", one.message) for one in others]
    checks = [*report.checks, *own] or [Check(report.command, report.command)]
    suites: dict[str, list[Check]] = {}
    for check in checks:
        suites.setdefault(check.suite, []).append(check)
    warnings = [f"{one.severity}: {_named(one)}" for one in report.findings if one.severity is not Severity.ERROR]
    cases = {name: [Case(check.name, check.failure) for check in members] for name, members in suites.items()}
    return junit(f"chna lexicon {report.command}", cases, "\n".join(warnings))


_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def _github(report: Report) -> str:
    """Workflow commands that GitHub Actions shows at the lines: the first ten, the worst first, then a count."""
    ranked = sorted(report.findings, key=lambda one: list(Severity).index(one.severity))
    lines = []
    for one in ranked[:ANNOTATIONS]:
        place = f"file={_property(shown(one.file))}" + (f",line={one.line}" if one.line else "")
        text = one.message + (f"\n{one.remedy}" if one.remedy else "")
        title = _property(f"{one.slug} {one.rule}".strip())
        lines.append(f"::{_LEVELS[one.severity]} {place},title={title}::{_escaped(text)}")
    if len(ranked) > ANNOTATIONS:
        lines.append(f"::notice::{len(ranked) - ANNOTATIONS:,} more findings: see the log or --format text")
    said = (*report.summary, _count_line(report))
    lines += [" ".join(line.split()).replace("::", ":") for line in said]  # no workflow command of its own
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _sarif(report: Report) -> str:
    """SARIF 2.1.0, for code scanning: a rule a slug, fingerprints that outlive moved lines."""
    slugs = sorted({one.slug for one in report.findings})
    rules = [
        {"id": slug, "name": slug, "shortDescription": {"text": slug.replace("-", " ")}} for slug in slugs
    ]  # fmt: skip
    levels = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
    results = [
        {
            "ruleId": one.slug,
            "ruleIndex": slugs.index(one.slug),
            "level": levels[one.severity],
            "message": {"text": one.message + (f"\n{one.remedy}" if one.remedy else "")},
            "locations": [{"physicalLocation": _location(one)}],
            "partialFingerprints": {"chna/v1": _fingerprint(one)},
        }
        for one in report.findings
    ]
    driver = {"name": "chna lexicon", "semanticVersion": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"chna-lexicon-{report.command}/"},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return (
        json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"
    )


def _location(one: Finding) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": shown(one.file).replace(" ", "%20")}}
    if one.line:
        place["region"] = {"startLine": one.line}
    return place


def _fingerprint(one: Finding) -> str:
    text = "\n".join((one.file.name, one.slug, one.rule, one.message))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _markdown(report: Report) -> str:
    """For a step summary or a pull request."""
    mark = "❌" if report.fails() else "✅"
    lines = [f"## {mark} chna lexicon {report.command}", "", *(f"- {_cell(line)}" for line in report.summary)]
    if report.findings:
        lines += ["", "| where | severity | what | remedy |", "| --- | --- | --- | --- |"]
        lines += [_row(one) for one in report.findings[:_ROWS]]
    if len(report.findings) > _ROWS:
        lines += ["", f"… and {len(report.findings) - _ROWS:,} more."]
    lines += ["", *([report.body, ""] if report.body else []), _cell(_count_line(report))]
    return "\n".join(lines) + "\n"


def _row(one: Finding) -> str:
    place = f"{shown(one.file)}:{one.line}" if one.line else shown(one.file)
    what = _cell(f"{_named(one)} `{one.slug}`", *one.message.splitlines()[1:])
    return f"| {_cell(place)} | {one.severity} | {what} | {_cell(one.remedy)} |"


def _cell(*lines: str) -> str:
    """Text of documents and lexicons is untrusted: no mark-up of its own in a table."""
    plain = "<br>".join(line.strip().replace("&", "&amp;").replace("<", "&lt;") for line in lines)
    return plain.replace("|", "\\|").replace("[", "\\[").replace("\n", " ")


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": _text,
    "json": _json,
    "junit": _junit,
    "github": _github,
    "sarif": _sarif,
    "markdown": _markdown,
}


def checks_of(findings: Iterable[Finding], files: Sequence[Path]) -> tuple[Check, ...]:
    """Return a check a file, which fails with the errors found in it: for commands that have no cases."""
    wrong: dict[Path, list[str]] = {}
    for one in findings:
        if one.severity is Severity.ERROR:
            wrong.setdefault(one.file, []).append(f"{one.line}: {one.message}")
    return tuple(Check(shown(file.parent), file.name, "\n".join(wrong.get(file, ()))) for file in files)
