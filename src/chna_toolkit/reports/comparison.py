"""A comparison as text, Markdown, HTML and CSV."""

from __future__ import annotations

import io
from itertools import groupby
from typing import Protocol

from chna_toolkit.comparison import TABLE, Change, Comparison, Passage
from chna_toolkit.reports.markdown import escape
from chna_toolkit.reports.page import page, safe
from chna_toolkit.reports.words import fold, printable
from chna_toolkit.results.cells import write_csv

FORMATS = ("text", "csv", "csv-excel", "markdown", "html")
_SHOWN = 3  # passages gained and lost, each
_MOST = 200  # flips in Markdown: GitHub cuts a summary at 1 MiB
_QUOTE = 160  # characters


class _Escape(Protocol):
    def __call__(self, text: str) -> str: ...


def render_comparison(comparison: Comparison, form: str, width: int | None = None) -> str:
    """Return the comparison in one of `FORMATS`; text is folded to a width, None for as wide as it needs.

    Text, Markdown and HTML show flips; CSV has every change.
    """
    if form.startswith("csv"):
        return _csv(comparison, for_excel=form == "csv-excel")
    if form == "text":
        return _text(comparison, width)
    return {"markdown": _markdown, "html": _html}[form](comparison)


def headline(comparison: Comparison) -> str:
    """Return what changed in one sentence."""
    flips = comparison.flips
    parts = [f"{len(flips)} {'status' if len(flips) == 1 else 'statuses'} flipped"]
    kinds = [(sum(one.kind == kind for one in flips), kind.replace("_", " ")) for kind in ("better", "worse")]
    if told := [f"{number} {kind}" for number, kind in kinds if number]:
        parts[0] += f" ({', '.join(told)})"
    gained = sum(len(one.gained) for one in comparison.changes)
    lost = sum(len(one.lost) for one in comparison.changes)
    parts.append(f"{gained:,} counted mentions gained, {lost:,} lost")
    where = "hospital and cycle" if comparison.compared == 1 else "hospitals and cycles"
    return f"{', '.join(parts)}; {comparison.compared:,} {where} compared."


def _csv(comparison: Comparison, *, for_excel: bool) -> str:
    stream = io.StringIO(newline="")
    rows = (list(change.row().values()) for change in comparison.changes)
    write_csv(stream, TABLE.columns, rows, for_excel=for_excel)
    return stream.getvalue()


def _text(comparison: Comparison, width: int | None) -> str:
    lines = [headline(comparison)]
    lines += [f"differs: {printable(one)}" for one in comparison.differences]
    for name, flips in groupby(comparison.flips, key=lambda one: _where(one, printable)):
        lines += ["", name]
        for one in flips:
            lines.append(f"  {one.lesson}  {printable(one.lesson_title)}")
            lines.append(f"      {_statuses(one)} ({one.kind.replace('_', ' ')}); cause: {', '.join(one.causes)}")
            lines += [f"      {sign} {_passage(passage, printable)}" for sign, passage in _evidence(one)]
    rest = len(comparison.changes) - len(comparison.flips)
    if rest:
        lines += ["", f"{rest} more with other evidence but the same status, or new: --format csv lists them."]
    return "".join(f"{line}\n" for line in fold(lines, width))


def _markdown(comparison: Comparison) -> str:
    parts = ["## Comparison", escape(headline(comparison))]
    if comparison.differences:
        parts.append("\n".join(f"- {escape(one)}" for one in comparison.differences))
    if flips := comparison.flips:
        lines = ["| Hospital | Lesson | Before | After | Cause | Evidence |", "| --- | --- | --- | --- | --- | --- |"]
        for one in flips[:_MOST]:
            evidence = "<br>".join(f"{sign} {_passage(passage, escape)}" for sign, passage in _evidence(one))
            cells = (
                _where(one, escape),
                f"{escape(one.lesson)} {escape(one.lesson_title)}",
                escape(one.status_base or "–"),
                escape(one.status_head or "–"),
                ", ".join(one.causes),
                evidence,
            )
            lines.append(f"| {' | '.join(cells)} |")
        if len(flips) > _MOST:
            lines += ["", f"{len(flips) - _MOST} more flips stand in the CSV."]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _html(comparison: Comparison) -> str:
    rows = []
    for one in comparison.flips:
        cells = (
            _where(one, safe),
            f"{safe(one.lesson)} {safe(one.lesson_title)}",
            safe(one.status_base or "–"),
            safe(one.status_head or "–"),
            f"{safe(one.kind.replace('_', ' '))}; {', '.join(one.causes)}",
            "".join(f'<p class="quote">{sign} {_passage(group, safe)}</p>' for sign, group in _evidence(one)),
        )
        rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n")
    names = ("Hospital", "Lesson", "Before", "After", "Change; cause", "Passages − lost, + gained")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    differences = "".join(f"<li>{safe(one)}</li>" for one in comparison.differences)
    listed = f"<h2>What differs</h2>\n<ul>{differences}</ul>\n" if differences else ""
    table = f"<table><caption>Statuses that flipped</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
    body = f"<h1>Comparison</h1>\n<p>{safe(headline(comparison))}</p>\n{listed}{table}{''.join(rows)}</tbody></table>\n"
    return page("Comparison", body)


def _where(one: Change, safe: _Escape) -> str:
    years = dict.fromkeys(str(year) for year in (one.year_base, one.year_head) if year)
    return f"{safe(one.hospital)} {' → '.join(years)}".rstrip()


def _statuses(one: Change) -> str:
    return f"{one.status_base or '–'} → {one.status_head or '–'}"


def _evidence(one: Change) -> list[tuple[str, list[Passage]]]:
    """Return the first passages lost and gained, those trusted most first, each with all its mentions."""
    shown = []
    for sign, passages in (("−", one.lost), ("+", one.gained)):
        groups: dict[tuple[str, int, str], list[Passage]] = {}
        for passage in passages:
            groups.setdefault((passage.file, passage.page, passage.sentence), []).append(passage)
        shown += [(sign, group) for group in list(groups.values())[:_SHOWN]]
    return shown


def _passage(group: list[Passage], safe: _Escape) -> str:
    first = group[0]
    quote = first.sentence if len(first.sentence) <= _QUOTE else f"{first.sentence[: _QUOTE - 1]}…"
    rules: dict[str, list[str]] = {}
    for one in group:
        rules.setdefault(one.assertion, []).append(one.rule)
    found = ", ".join(f"{assertion} by {_several(list(dict.fromkeys(own)), safe)}" for assertion, own in rules.items())
    return f"{safe(first.file)} p. {first.page}: “{safe(quote)}” [{found}]"


def _several(rules: list[str], safe: _Escape) -> str:
    more = f" and {len(rules) - 1} more" if len(rules) > 1 else ""
    return f"{safe(rules[0])}{more}"
