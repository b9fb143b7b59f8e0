"""Agreement of coders written for people and for machines, and what they say together as a file of gold."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

from chna_toolkit import __version__
from chna_toolkit.errors import OutputError, UsageError
from chna_toolkit.evaluation.agreement import COEFFICIENTS, TITLES
from chna_toolkit.evaluation.coding import Coding, Disagreement, LessonAgreement
from chna_toolkit.evaluation.gold import MAYBE, lesson_number
from chna_toolkit.evaluation.sheets import write_sheet
from chna_toolkit.evaluation.tables import Section, as_markdown, as_text, between, number, shortened, spread_note
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.results.cells import write_csv
from chna_toolkit.results.schemas import Column

FORMATS = ("text", "json", "csv", "markdown")
_FORMAT = 1  # of the JSON
_QUOTE = 110


def render(coding: Coding, form: str, shown: int = 20, *, quotes: bool = True) -> str:
    """Return the agreement in one of `FORMATS`, with at most `shown` disagreements (all in JSON).

    Raises `UsageError` for an unknown format.
    """
    if form not in FORMATS:
        raise UsageError(f"unknown format {form!r}", f"Choose one of: {', '.join(FORMATS)}.")
    if form == "json":
        return json.dumps(_values(coding, quotes), indent=2, ensure_ascii=False) + "\n"
    if form == "csv":
        return _csv(coding)
    sections = _sections(coding, shown, quotes)
    return as_text(sections) if form == "text" else f"## Agreement of coders\n\n{as_markdown(sections)}"


def _all_rows(coding: Coding) -> list[LessonAgreement]:
    return [*coding.lessons, coding.overall, *([coding.assertions] if coding.assertions else [])]


def _sections(coding: Coding, shown: int, quotes: bool) -> list[Section]:
    said = {"open": "no rating", "no": "not borne", "yes": "borne"}[coding.maybe]
    head = [
        f"{', '.join(coding.coders)}: {coding.units:,} passages that two of them judged",
        f"A maybe counts as {said}; {spread_note(coding.resamples, coding.clusters, coding.seed)}",
    ]
    if coding.only_one:
        head.append(f"{coding.only_one:,} passages that one coder alone judged are left out")
    names = [TITLES[name] for name in COEFFICIENTS]
    if len(coding.coders) > 2:
        names[COEFFICIENTS.index("cohen")] += " (mean of pairs)"
    header = ("lesson", "labels", "decisions", "F1", *(part for name in names for part in (name, "95 %")))
    rows = tuple(_row(one) for one in _all_rows(coding))
    note = (
        "Where a lesson is rare, kappa and alpha are low however well coders agree; read AC1 and F1 beside them. "
        "– : undefined, nobody gave it.",
    )
    sections = [Section("", lines=tuple(head)), Section("Agreement", header, rows, note)]
    if coding.disagreements and shown:
        sections.append(_listed(coding, shown, quotes))
    return sections


def _row(one: LessonAgreement) -> tuple[str, ...]:
    found = one.coefficients
    cells = [cell for name in COEFFICIENTS for cell in (number(found.values[name]), between(found.intervals[name]))]
    return (one.name, "/".join(map(str, one.labels)), f"{found.units:,}", number(one.f1), *cells)


def _listed(coding: Coding, shown: int, quotes: bool) -> Section:
    header = ("unit", "lesson", *coding.coders, *(("text",) if quotes else ()))
    rows = tuple(
        (
            shortened(one.unit.id, 40),
            one.lesson,
            *(one.codes.get(coder, "–") or "no" for coder in coding.coders),
            *((shortened(one.unit.text, _QUOTE),) if quotes else ()),
        )
        for one in coding.disagreements[:shown]
    )
    about = sum(one.is_about_assertion for one in coding.disagreements)
    line = f"{len(coding.disagreements):,} in all, {about:,} of them about the assertion alone; shown: {len(rows)}"
    return Section("Disagreements", header, rows, (line,), left=len(header))


def _values(coding: Coding, quotes: bool) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "tool": f"chna {__version__}",
        "coders": list(coding.coders),
        "units": coding.units,
        "clusters": coding.clusters,
        "left_out": coding.only_one,
        "maybe": coding.maybe,
        "resamples": coding.resamples,
        "seed": coding.seed,
        "agreement": {one.name: _figures(one) for one in _all_rows(coding)},
        "disagreements": [_disagreement(one, quotes) for one in coding.disagreements],
    }


def _figures(one: LessonAgreement) -> dict[str, Any]:
    found = one.coefficients
    return {
        "labels": list(one.labels),
        "decisions": found.units,
        "f1": _known(one.f1),
        **{name: _known(found.values[name]) for name in COEFFICIENTS},
        **{f"{name}_interval": [_known(bound) for bound in found.intervals[name]] for name in COEFFICIENTS},
    }


def _disagreement(one: Disagreement, quotes: bool) -> dict[str, Any]:
    values = {"id": one.unit.id, "lesson": one.lesson, "codes": dict(one.codes)}
    return {**values, "text": one.unit.text} if quotes else values


def _known(value: float) -> float | None:
    return None if isnan(value) else round(value, 6)


def _csv(coding: Coding) -> str:
    columns = [Column("name", "string", ""), Column("labels", "string", ""), Column("decisions", "integer", "")]
    columns.append(Column("f1", "number", ""))
    columns += [Column(f"{name}{end}", "number", "") for name in COEFFICIENTS for end in ("", "_low", "_high")]
    rows = []
    for one in _all_rows(coding):
        found = one.coefficients
        spread = [
            _known(value) for name in COEFFICIENTS for value in (found.values[name], *found.intervals[name])
        ]  # fmt: skip
        rows.append([one.name, "/".join(map(str, one.labels)), found.units, _known(one.f1), *spread])
    stream = io.StringIO()
    write_csv(stream, columns, rows)
    return stream.getvalue()


_COLUMNS = ("id", "doc", "sha256", "page", "key", "stratum", "weight", "kind", "section", "headers", "prev", "text")


def write_adjudicated(
    path: Path,
    rows: Sequence[Mapping[str, Any]],
    lexicon: Lexicon,
    *,
    force: bool = False,
) -> None:
    """Write what coders say together (`coding.adjudicated`) as .jsonl, .csv or .xlsx.

    Raises `UsageError`, `OutputError`.
    """
    lessons = [lesson.id for lesson in lexicon.lessons]
    if path.suffix.lower() != ".jsonl":
        listed = [{**_cells(row), **{one: row["codes"].get(one, "") for one in lessons}, "settled": ""} for row in rows]
        write_sheet(path, (*_COLUMNS, *lessons, "dispute", "settled"), listed, lexicon, force=force)
        return
    if path.exists() and not force:
        raise OutputError(f"{path} exists", "Name another file with -o, or overwrite with --force.")
    lines = []
    for row in rows:
        cells = {name: value for name, value in _cells(row).items() if value}
        codes = {lesson_number(lesson): code for lesson, code in row["codes"].items()}
        values = {
            **cells,
            "labels": {lesson: code for lesson, code in codes.items() if code != MAYBE},
            "maybe": [lesson for lesson, code in codes.items() if code == MAYBE],
            "settled": "",
        }
        lines.append(json.dumps(values, ensure_ascii=False) + "\n")
    try:
        path.write_text("".join(lines), "utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}", "Name another file.") from error


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    unit = row["unit"]
    return {
        "id": unit.id,
        "doc": unit.doc,
        "sha256": unit.sha256,
        "page": str(unit.page or ""),
        "key": unit.key,
        "stratum": unit.how,
        "weight": f"{unit.weight:.6g}" if unit.how else "",
        "kind": unit.kind,
        "section": " > ".join(unit.section),
        "headers": " > ".join(unit.headers),
        "prev": unit.prev,
        "text": unit.text,
        "dispute": row["dispute"],
    }
