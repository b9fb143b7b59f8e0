"""An evaluation of statuses written for people and for machines."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from math import isnan, nan
from typing import Any

from chna_toolkit import __version__
from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation.rendering import FORMATS, Bar, bar_cases, bar_section, plain
from chna_toolkit.evaluation.status_figures import (
    ORDERED,
    TOP,
    StatusComparison,
    StatusEvaluation,
    Tally,
    Verdict,
    within,
)
from chna_toolkit.evaluation.statuses import RIGHT, UNCLEAR, WRONG
from chna_toolkit.evaluation.tables import FEW, Section, as_markdown, as_text, between, number, shortened
from chna_toolkit.junit import junit
from chna_toolkit.model import Status
from chna_toolkit.results.cells import write_csv
from chna_toolkit.results.schemas import Column, Value

_FORMAT = 1  # of the JSON; raised when a reader of the old one would go wrong
_QUOTE = 110  # characters of a passage that are shown

_TITLES = {
    "status": "status is the reader's",
    "accepted": "… or one that the reader accepts",
    "decided": "… of those right or wrong, not arguable",
    "kappa": "Cohen's kappa",
    "weighted": "quadratic weighted kappa",
    "evidence": f"first {TOP} passages right, of those judged",
    "best": f"reader's best passages among the first {TOP}",
    "found": "… counted at all",
    "assessed": "statuses assessed",
}


def render_statuses(ev: StatusEvaluation, form: str, bars: Sequence[Bar] = (), *, quotes: bool = True) -> str:
    """Return an evaluation in one of `FORMATS`; without `quotes` no document's text is shown. Raises `UsageError`."""
    if form not in FORMATS:
        raise UsageError(f"unknown format {form!r}", f"Choose one of: {', '.join(FORMATS)}.")
    if form == "json":
        return json.dumps(plain(_values(ev, bars, quotes)), indent=2, ensure_ascii=False) + "\n"
    if form == "csv":
        return _csv(ev)
    if form == "junit":
        output = shortened(f"{ev.whole.statuses} statuses by {ev.by}", 500)
        return junit("chna evaluate", {", ".join(ev.gold): bar_cases(bars)}, output)
    sections = _sections(ev, bars, quotes)
    return as_text(sections) if form == "text" else f"## Statuses against careful reading\n\n{as_markdown(sections)}"


def _sections(ev: StatusEvaluation, bars: Sequence[Bar], quotes: bool) -> list[Section]:
    head = (
        f"{', '.join(ev.gold)}: {_number_of(ev.whole.statuses, 'status', 'es')} of "
        f"{_number_of(len(ev.documents), 'document')}",
        f"Statuses by {ev.by}; lexicon {ev.lexicon}",
        *ev.notes,
    )
    sections = [Section("", lines=head), _totals(ev), _confusion(ev), *_kinds_of_errors(ev)]
    sections += [_tallies("By lesson", ev.lessons), _tallies("By document", ev.documents), *_cases(ev, quotes)]
    if ev.comparison:
        sections += _comparison(ev.comparison, ev.plan.worst)
    if bars:
        sections.append(bar_section(bars))
    return sections


def _number_of(count: int, noun: str, ending: str = "s") -> str:
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}{ending}"


def _totals(ev: StatusEvaluation) -> Section:
    whole, top = ev.whole, ev.whole.evidence
    of = {
        "status": f"{whole.exact} of {whole.statuses}",
        "accepted": f"{whole.accepted} of {whole.statuses}",
        "decided": f"{whole.exact} of {whole.decided}",
        "evidence": f"{top[RIGHT]} of {whole.judged}",
        "best": f"{whole.best_top} of {whole.best}",
        "found": f"{whole.best_counted} of {whole.best}",
        "assessed": f"{whole.statuses} of {whole.statuses + len(ev.not_assessed)}",
    }
    rows = [
        (title, number(ev.figures[name].value, 3), between(ev.figures[name].interval), of.get(name, ""))
        for name, title in _TITLES.items()
    ]
    usual = f"always {ev.usual.value}"
    rows.insert(3, (usual, number(ev.usual_share, 3), "", f"{round(ev.usual_share * whole.statuses)}"))
    few = "; so few documents make them a rough guide" if len(ev.documents) < FEW else ""
    lines = (
        f"95 % intervals by {ev.plan.resamples:,} resamples of {_number_of(len(ev.documents), 'document')} "
        f"(seed {ev.plan.seed})"
        f"{few}; kappa without what is not assessed",
        f"Of the first {TOP} passages of each lesson that is not silent, {top['']:,} were not judged "
        f"and {top[UNCLEAR]:,} are unclear",
    )
    return Section("Figures", ("figure", "is", "95 %", "of"), tuple(rows), lines)


def _confusion(ev: StatusEvaluation) -> Section:
    given = (*reversed(ORDERED), Status.NOT_ASSESSED)
    used = [one for one in given if one in ORDERED or any(one in pair for pair in ev.confusion)]
    rows = tuple((true.value, *(str(ev.confusion.get((true, one), 0)) for one in used)) for true in used)
    line = "A row is what is true, a column what was given."
    return Section("Statuses", ("true \\ given", *(one.value for one in used)), rows, (line,))


def _kinds_of_errors(ev: StatusEvaluation) -> list[Section]:
    """Each pair of a true status and another given, the most frequent first."""
    kinds: dict[tuple[str, str], list[Verdict]] = {}
    for one in ev.verdicts:
        if not one.is_exact:
            kinds.setdefault((one.truth.status.value, one.given.status.value), []).append(one)
    if not kinds:
        return []
    ranked = sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))
    rows = tuple(
        (*pair, str(len(own)), str(sum(one.is_accepted for one in own)), shortened(_lessons(own), 60))
        for pair, own in ranked
    )
    return [Section("Statuses confused", ("true", "given", "times", "accepted", "lessons"), rows, left=2)]


def _lessons(verdicts: Sequence[Verdict]) -> str:
    return " ".join(sorted({one.lesson for one in verdicts}))


def _tallies(title: str, tallies: Sequence[Tally]) -> Section:
    header = (
        title.removeprefix("By "), "statuses", "exact", "95 %", "accepted", "judged", "right", "95 %", "unjudged",
        "best", "in top", "counted",
    )  # fmt: skip
    rows = tuple(
        (
            shortened(f"{one.name} {one.title}".strip(), 60),
            str(one.statuses),
            number(one.exact / one.statuses),
            between(within(one.exact, one.statuses)),
            number(one.accepted / one.statuses),
            str(one.judged),
            number(one.evidence[RIGHT] / one.judged if one.judged else nan),
            between(within(one.evidence[RIGHT], one.judged)),
            str(one.evidence[""]),
            str(one.best),
            str(one.best_top),
            str(one.best_counted),
        )
        for one in tallies
    )
    return Section(title, header, rows, ("95 % intervals by Wilson's score",))


def _cases(ev: StatusEvaluation, quotes: bool) -> list[Section]:
    worst = ev.plan.worst
    sections = []
    wrong = sorted((one for one in ev.verdicts if not one.is_exact), key=_by_distance)[:worst]
    if wrong:
        header = ("document", "lesson", "true", "given", "because", *(("first evidence",) if quotes else ()))
        rows = tuple((*_named(one), *_said(one), *((_first(one),) if quotes else ())) for one in wrong)
        sections.append(Section("Wrong statuses, the farthest first", header, rows, left=len(header)))
    false = [(one, shown) for one in ev.verdicts for shown, said in one.top if said == WRONG][:worst]
    if false:
        header = ("document", "lesson", "page", "says", "rule", *(("text",) if quotes else ()))
        rows = tuple(
            (*_named(one), str(shown.page), shown.assertion, shortened(shown.rule, 40))
            + ((shortened(shown.text, _QUOTE),) if quotes else ())
            for one, shown in false
        )
        sections.append(Section(f"Wrong evidence among the first {TOP}", header, rows, left=len(header)))
    missed = [(one, ref) for one in ev.verdicts for ref in one.truth.best if ref not in one.best_counted][:worst]
    if missed:
        rows = tuple(
            (*_named(one), shortened(str(ref) if quotes else str(ref.page), _QUOTE), "lost" if ref in one.lost else "")
            for one, ref in missed
        )
        header = ("document", "lesson", "passage", "in the text")
        sections.append(Section("Best evidence that does not count", header, rows, left=len(header)))
    return sections


def _by_distance(one: Verdict) -> tuple[int, str, str]:
    return -abs(one.distance), one.document.file, one.lesson


def _named(one: Verdict) -> tuple[str, str]:
    return shortened(one.document.file, 45), one.lesson


def _said(one: Verdict) -> tuple[str, str, str]:
    maybe = "".join(f" ({status.value})" for status in ORDERED if status in one.truth.maybe)
    return one.truth.status.value + maybe, one.given.status.value, shortened(one.given.reason, 70)


def _first(one: Verdict) -> str:
    return shortened(one.given.evidence[0].text, _QUOTE) if one.given.evidence else ""


def _comparison(other: StatusComparison, worst: int) -> list[Section]:
    rows = tuple(
        (
            _TITLES[name],
            number(mine, 3),
            number(its, 3),
            "–" if isnan(mine - its) else f"{mine - its:+.3f}",
            between(spread),
        )
        for name, (mine, its, spread) in other.figures.items()
    )
    line = f"{len(other.mended)} statuses right here and wrong there, {len(other.broken)} the other way round"
    header = ("figure", "this", "other", "difference", "95 %")
    sections = [Section(f"Compared with {shortened(other.other, 80)}", header, rows, (line,))]
    for title, pairs in (("Right here alone", other.mended), ("Right there alone", other.broken)):
        cells = tuple(
            (*_named(one), one.truth.status.value, one.given.status.value, twin.given.status.value)
            for one, twin in pairs[:worst]
        )
        if cells:
            sections.append(Section(title, ("document", "lesson", "true", "this", "other"), cells, left=5))
    return sections


def _values(ev: StatusEvaluation, bars: Sequence[Bar], quotes: bool) -> dict[str, Any]:
    values: dict[str, Any] = {
        "format": _FORMAT,
        "tool": f"chna {__version__}",
        "gold": list(ev.gold),
        "statuses_by": ev.by,
        "lexicon": ev.lexicon,
        "notes": list(ev.notes),
        "resamples": ev.plan.resamples,
        "seed": ev.plan.seed,
        "figures": {name: {"value": one.value, "interval": list(one.interval)} for name, one in ev.figures.items()},
        "usual": {"status": ev.usual.value, "share": ev.usual_share},
        "all": _tally(ev.whole),
        "lessons": {one.name: _tally(one) for one in ev.lessons},
        "documents": {one.name: _tally(one) for one in ev.documents},
        "confusion": [
            {"true": true.value, "given": given.value, "statuses": count}
            for (true, given), count in sorted(ev.confusion.items())
        ],
        "statuses": [_status(one, quotes) for one in (*ev.verdicts, *ev.not_assessed)],
        "bars": [{"name": b.name, "least": b.least, "found": b.found, "reached": b.is_reached} for b in bars],
    }
    if other := ev.comparison:
        values["comparison"] = {
            "other": other.other,
            "figures": {
                name: {"this": mine, "other": its, "interval": list(spread)}
                for name, (mine, its, spread) in other.figures.items()
            },
            "right_here_alone": [_pair(*pair) for pair in other.mended],
            "right_there_alone": [_pair(*pair) for pair in other.broken],
        }
    return values


def _tally(one: Tally) -> dict[str, Any]:
    low, high = within(one.exact, one.statuses)
    return {
        "statuses": one.statuses,
        "exact": one.exact,
        "accepted": one.accepted,
        "exact_share": one.exact / one.statuses,
        "exact_wilson": [low, high],
        "evidence": {said or "unjudged": count for said, count in one.evidence.items()},
        "best": one.best,
        "best_in_top": one.best_top,
        "best_counted": one.best_counted,
    }


def _status(one: Verdict, quotes: bool) -> dict[str, Any]:
    return {
        "document": one.document.file,
        "sha256": one.document.sha256,
        "lesson": one.lesson,
        "true": one.truth.status.value,
        "maybe": sorted(status.value for status in one.truth.maybe),
        "given": one.given.status.value,
        "exact": one.is_exact,
        "accepted": one.is_accepted,
        "reason": one.given.reason,
        "strength": one.given.strength,
        "top": [
            {
                "page": shown.page,
                "assertion": shown.assertion,
                "rule": shown.rule,
                "confidence": shown.confidence,
                "verdict": said or "unjudged",
                **({"text": shown.text} if quotes else {}),
            }
            for shown, said in one.top
        ],
        "best": len(one.truth.best),
        "best_in_top": len(one.best_top),
        "best_counted": len(one.best_counted),
        "best_lost": len(one.lost),
    }


def _pair(one: Verdict, twin: Verdict) -> dict[str, Any]:
    return {
        "document": one.document.file,
        "lesson": one.lesson,
        "true": one.truth.status.value,
        "this": one.given.status.value,
        "other": twin.given.status.value,
    }


_COUNTS = (
    "statuses", "exact", "accepted", "evidence_right", "evidence_wrong", "evidence_unclear", "evidence_unjudged",
    "best", "best_in_top", "best_counted",
)  # fmt: skip


def _csv(ev: StatusEvaluation) -> str:
    """One tidy table: a row a lesson, a document and all; figures of the whole have a row each."""
    columns = [Column("group", "string", ""), Column("name", "string", "")]
    columns += [Column(name, "integer", "") for name in _COUNTS]
    columns += [Column(name, "number", "") for name in ("value", "low", "high")]
    rows: list[list[Value]] = []
    for group, tallies in (("lesson", ev.lessons), ("document", ev.documents), ("all", (ev.whole,))):
        for one in tallies:
            top = (one.evidence[said] for said in (RIGHT, WRONG, UNCLEAR, ""))
            counts = (one.statuses, one.exact, one.accepted, *top, one.best, one.best_top, one.best_counted)
            share: tuple[Value, ...] = (one.exact / one.statuses, *within(one.exact, one.statuses))
            rows.append([group, one.name, *counts, *(share if group != "all" else (None,) * 3)])
    for name, figure in ev.figures.items():
        values = [None if isnan(value) else value for value in (figure.value, *figure.interval)]
        rows.append(["figure", name, *(None for _ in _COUNTS), *values])
    stream = io.StringIO()
    write_csv(stream, columns, rows)
    return stream.getvalue()
