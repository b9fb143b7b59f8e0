"""An evaluation written for people and for machines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, Protocol

from chna_toolkit import __version__
from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation.evaluating import Case, Comparison, Evaluation, Row
from chna_toolkit.evaluation.gold import ASSERTIONS
from chna_toolkit.evaluation.tables import Section, as_markdown, as_text, between, count, number, shortened, spread_note
from chna_toolkit.junit import Case as TestCase
from chna_toolkit.junit import junit
from chna_toolkit.results.cells import write_csv
from chna_toolkit.results.schemas import Column, Value

FORMATS = ("text", "json", "csv", "markdown", "junit")
_FORMAT = 1  # of the JSON; raised when a reader of the old one would go wrong
_QUOTE = 110  # characters of a passage that are shown


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must reach."""

    name: str
    least: float
    found: float

    @property
    def is_reached(self) -> bool:
        """Whether the figure is as high; one that is undefined is not."""
        return self.found >= self.least


class HasFigures(Protocol):
    """An evaluation, of labels or of statuses."""

    def figure(self, name: str) -> float:
        """Return a figure that can have a bar."""


def read_bars(given: Iterable[str], evaluation: HasFigures) -> tuple[Bar, ...]:
    """Return the bars written as `micro=0.6,L03=0.4`. Raises `UsageError`."""
    bars = []
    for part in (part.strip() for one in given for part in one.split(",") if part.strip()):
        name, equals, least = part.partition("=")
        try:
            value = float(least)
        except ValueError:
            value = -1.0
        if not equals or not 0.0 <= value <= 1.0:
            raise UsageError(f"--fail-under: {part!r} is no bar", "Write it like micro=0.6 or L03=0.4, from 0 to 1.")
        bars.append(Bar(name.strip(), value, evaluation.figure(name.strip())))
    return tuple(bars)


def render(evaluation: Evaluation, form: str, bars: Sequence[Bar] = (), *, quotes: bool = True) -> str:
    """Return an evaluation in one of `FORMATS`; without `quotes` no text of a unit is shown. Raises `UsageError`."""
    if form not in FORMATS:
        raise UsageError(f"unknown format {form!r}", f"Choose one of: {', '.join(FORMATS)}.")
    if form == "json":
        return json.dumps(plain(_values(evaluation, bars, quotes)), indent=2, ensure_ascii=False) + "\n"
    if form == "csv":
        return _csv(evaluation)
    if form == "junit":
        return _junit(evaluation, bars)
    sections = _sections(evaluation, bars, quotes)
    return as_text(sections) if form == "text" else f"## Labels against gold\n\n{as_markdown(sections)}"


def _sections(ev: Evaluation, bars: Sequence[Bar], quotes: bool) -> list[Section]:
    part = "" if ev.part == "all" else f", part {ev.part} of the split by id"
    head = [
        f"{', '.join(ev.gold)}{part}: {ev.units:,} units, {count(ev.micro.figures.support)} labels",
        f"Labels by {ev.by}; lexicon {ev.lexicon}",
        *ev.notes,
    ]
    sections = [Section("", lines=tuple(head)), _lesson_table(ev)]
    if ev.weighted:
        sections.append(
            Section(
                "Corrected for how the sample was drawn",
                _HEADER,
                (_row(ev.weighted),),
                (f"Each unit counts for as many as it stands for, {ev.weighted.units:,} in all.",),
            )
        )
    sections += [_assertion_table(ev), _calibration_table(ev)]
    for name, group in ev.groups.items():
        header = (name, "units", *_HEADER[1:])
        cells = tuple((row.name, f"{row.units:,}", *_row(row)[1:]) for row in group)
        sections.append(Section(f"By {name} (micro)", header, cells))
    if ev.confused:
        rows = tuple((missed, false, str(units)) for missed, false, units in ev.confused[: ev.plan.worst])
        sections.append(Section("Lessons confused", ("missed", "given instead", "units"), rows, left=2))
    sections += _cause_tables(ev, quotes)
    if ev.comparison:
        sections += _comparison_tables(ev.comparison, ev.plan.worst, quotes)
    if bars:
        sections.append(bar_section(bars))
    return sections


def bar_section(bars: Sequence[Bar]) -> Section:
    """Return the table that says which bars are reached."""
    rows = tuple((bar.name, number(bar.found, 3), f"{bar.least:g}", "yes" if bar.is_reached else "NO") for bar in bars)
    return Section("Bars", ("figure", "is", "must reach", "reached"), rows)


_HEADER = (
    "lesson", "labels", "given", "precision", "95 %", "recall", "95 %", "F1", "95 %", "AP", "assertions right",
)  # fmt: skip


def _row(row: Row) -> tuple[str, ...]:
    figures, within = row.figures, row.intervals
    known = figures.right - figures.assertions_open
    return (
        f"{row.name} {row.title}".strip(),
        count(figures.support),
        count(figures.predicted),
        number(figures.precision if figures.predicted else float("nan")),
        between(within.get("precision")),
        number(figures.recall if figures.support else float("nan")),
        between(within.get("recall")),
        number(figures.f1 if figures.support or figures.predicted else float("nan")),
        between(within.get("f1")),
        number(row.average_precision),
        number(figures.assertion_accuracy if known else float("nan")),
    )


def _lesson_table(ev: Evaluation) -> Section:
    blank = ("",) * 4
    macro = (
        "mean of lessons (macro)", "", "", *blank, number(ev.macro_f1), between(ev.macro_interval),
        number(ev.macro_average_precision), "",
    )  # fmt: skip
    note = (
        f"{spread_note(ev.plan.resamples, ev.clusters, ev.plan.seed)}; AP: average precision by confidence",
        f"micro-F1 {ev.micro.figures.f1:.3f}, macro-F1 {ev.macro_f1:.3f}, "
        f"assertion accuracy {ev.micro.figures.assertion_accuracy:.3f}",
    )
    rows = (*map(_row, ev.lessons), _row(ev.micro), macro)
    return Section("Lessons", _HEADER, rows, note)


def _assertion_table(ev: Evaluation) -> Section:
    rows = tuple((gold, *(str(ev.confusion.get((gold, one), 0)) for one in ASSERTIONS)) for gold in ASSERTIONS)
    share = f"{ev.micro.figures.assertion_accuracy:.3f} right ({between(ev.assertion_interval)})"
    line = f"Of the right labels whose assertion gold gives; {share}. A row is what gold says, a column what was given."
    return Section("Assertions", ("gold \\ given", *ASSERTIONS), rows, (line,))


def _calibration_table(ev: Evaluation) -> Section:
    rows = tuple(
        (f"{one.low:.1f}–{one.high:.1f}", str(one.labels), number(one.confidence), number(one.right)) for one in ev.bins
    )
    line = f"Expected calibration error {number(ev.calibration_error, 3)}"
    return Section("Confidence", ("confidence", "labels", "mean", "share right"), rows, (line,))


def _cause_tables(ev: Evaluation, quotes: bool) -> list[Section]:
    sections = []
    if rules := ev.rules[: ev.plan.worst]:
        rows = tuple((rule, str(right), str(false)) for rule, right, false in rules if false)
        sections.append(Section("Rules by false labels", ("rule", "right", "false"), rows))
    if ev.false_alarms:
        sections.append(_cases("Worst false alarms", ev.false_alarms, quotes))
    if ev.misses:
        sections.append(_cases("Misses, those first that something came near to", ev.misses, quotes))
    return sections


def _cases(title: str, cases: Sequence[Case], quotes: bool) -> Section:
    header = ("lesson", "says", "sure", "unit", "cause", *(("text",) if quotes else ()))
    rows = tuple(
        (
            case.lesson,
            case.assertion,
            number(case.confidence) if not isnan(case.confidence) else "",
            shortened(_place(case), 60),
            shortened(case.cause, 70),
            *((shortened(case.unit.text, _QUOTE),) if quotes else ()),
        )
        for case in cases
    )
    return Section(title, header, rows, left=len(header))


def _place(case: Case) -> str:
    unit = case.unit
    return f"{unit.id} p.{unit.page} {case.form}" if unit.page else f"{unit.id} {case.form}"


def _comparison_tables(one: Comparison, worst: int, quotes: bool) -> list[Section]:
    rows = [
        ("all (micro)", *map(number, one.micro), f"{one.micro[0] - one.micro[1]:+.3f}", between(one.micro_interval)),
        (
            "mean of lessons (macro)", *map(number, one.macro), f"{one.macro[0] - one.macro[1]:+.3f}",
            between(one.macro_interval),
        ),
    ]  # fmt: skip
    rows += [
        (name, number(mine), number(theirs), f"{mine - theirs:+.3f}", between(within))
        for name, mine, theirs, within in one.lessons
    ]
    sizes = ", ".join(f"{len(cases)} {name}" for name, cases in one.changes.items())
    sections = [
        Section(f"Compared with {one.other}", ("F1 of", "this", "other", "difference", "95 %"), tuple(rows), (sizes,))
    ]
    sections += [
        _cases(f"Changed: {name}", cases[:worst], quotes) for name, cases in one.changes.items() if cases and worst
    ]
    return sections


def _values(ev: Evaluation, bars: Sequence[Bar], quotes: bool) -> dict[str, Any]:
    values: dict[str, Any] = {
        "format": _FORMAT,
        "tool": f"chna {__version__}",
        "gold": list(ev.gold),
        "part": ev.part,
        "labels_by": ev.by,
        "lexicon": ev.lexicon,
        "notes": list(ev.notes),
        "units": ev.units,
        "clusters": ev.clusters,
        "resamples": ev.plan.resamples,
        "seed": ev.plan.seed,
        "micro": _figures(ev.micro),
        "macro": {
            "f1": ev.macro_f1,
            "f1_interval": list(ev.macro_interval),
            "average_precision": ev.macro_average_precision,
        },
        "weighted_micro": _figures(ev.weighted) if ev.weighted else None,
        "lessons": {row.name: _figures(row) for row in ev.lessons},
        "assertion_accuracy": ev.micro.figures.assertion_accuracy,
        "assertion_accuracy_interval": list(ev.assertion_interval),
        "assertion_confusion": [
            {"gold": gold, "given": given, "labels": labels} for (gold, given), labels in ev.confusion.items()
        ],
        "expected_calibration_error": ev.calibration_error,
        "reliability": [
            {"low": b.low, "high": b.high, "labels": b.labels, "confidence": b.confidence, "right": b.right}
            for b in ev.bins
        ],
        "groups": {name: {row.name: _figures(row) for row in rows} for name, rows in ev.groups.items()},
        "confused": [{"missed": a, "given": b, "units": units} for a, b, units in ev.confused],
        "rules": [{"rule": rule, "right": right, "false": false} for rule, right, false in ev.rules],
        "false_alarms": [_case(case, quotes) for case in ev.false_alarms],
        "misses": [_case(case, quotes) for case in ev.misses],
        "bars": [{"name": b.name, "least": b.least, "found": b.found, "reached": b.is_reached} for b in bars],
    }
    if one := ev.comparison:
        values["comparison"] = {
            "other": one.other,
            "micro_f1": {"this": one.micro[0], "other": one.micro[1], "interval": list(one.micro_interval)},
            "macro_f1": {"this": one.macro[0], "other": one.macro[1], "interval": list(one.macro_interval)},
            "lessons": {
                name: {"this": mine, "other": theirs, "interval": list(within)}
                for name, mine, theirs, within in one.lessons
            },
            "changes": {name: [_case(case, quotes) for case in cases] for name, cases in one.changes.items()},
        }
    return values


def _figures(row: Row) -> dict[str, Any]:
    figures = row.figures
    return {
        "units": row.units,
        "support": figures.support,
        "given": figures.predicted,
        "right": figures.right,
        "false": figures.false,
        "missed": figures.missed,
        "precision": figures.precision,
        "recall": figures.recall,
        "f1": figures.f1,
        **{f"{name}_interval": list(within) for name, within in row.intervals.items()},
        "average_precision": row.average_precision,
        "assertion_accuracy": figures.assertion_accuracy,
    }


def _case(case: Case, quotes: bool) -> dict[str, Any]:
    unit = case.unit
    values = {
        "id": unit.id,
        "doc": unit.doc,
        "page": unit.page or None,
        "form": case.form,
        "lesson": case.lesson,
        "kind": case.kind,
        "assertion": case.assertion,
        "confidence": case.confidence,
        "cause": case.cause,
    }
    return {**values, "text": unit.text} if quotes else values


def plain(value: Any) -> Any:
    """Return values as JSON can hold them: it has no NaN."""
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return None if isnan(value) else round(value, 6)
    return value


_COUNTS = ("units", "support", "given", "right", "false", "missed")
_SHARES = ("precision", "recall", "f1")


def _csv(ev: Evaluation) -> str:
    """One tidy table: a row a lesson, a group or a whole, with all figures."""
    columns = [Column("group", "string", ""), Column("name", "string", "")]
    columns += [Column(name, "number", "", decimals=2) for name in _COUNTS]
    columns += [Column(f"{name}{end}", "number", "") for name in _SHARES for end in ("", "_low", "_high")]
    columns += [Column("average_precision", "number", ""), Column("assertion_accuracy", "number", "")]
    rows = [("lesson", row) for row in ev.lessons] + [("micro", ev.micro)]
    rows += [("micro_weighted", ev.weighted)] if ev.weighted else []
    rows += [(name, row) for name, group in ev.groups.items() for row in group]
    listed = [_cells(group, row) for group, row in rows]
    macro: list[Value] = ["macro", "mean of lessons", *[None] * 12, ev.macro_f1, *ev.macro_interval]
    listed.insert(len(ev.lessons) + 1, [*macro, ev.macro_average_precision, None])
    stream = io.StringIO()
    write_csv(stream, columns, ([_known(value) for value in row] for row in listed))
    return stream.getvalue()


def _cells(group: str, row: Row) -> list[Value]:
    values = _figures(row)
    cells: list[Value] = [group, row.name, *(float(values[name]) for name in _COUNTS)]
    for name in _SHARES:
        cells += [values[name], *row.intervals.get(name, (None, None))]
    return [*cells, values["average_precision"], values["assertion_accuracy"]]


def _known(value: Value) -> Value:
    return None if isinstance(value, float) and isnan(value) else value


def _junit(ev: Evaluation, bars: Sequence[Bar]) -> str:
    output = shortened(f"{ev.units} units; labels by {ev.by}", 500)
    return junit("chna evaluate", {", ".join(ev.gold): bar_cases(bars)}, output)


def bar_cases(bars: Sequence[Bar]) -> list[TestCase]:
    """Return a test case a bar. Raises `UsageError` if there is none."""
    if not bars:
        raise UsageError("--format junit tells which bars are reached, and there are none", "Set some: --fail-under.")
    return [
        TestCase(
            f"{bar.name} >= {bar.least:g}",
            "" if bar.is_reached else f"{bar.name} is {number(bar.found, 3)}, and must reach {bar.least:g}",
        )
        for bar in bars
    ]
