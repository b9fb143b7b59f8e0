"""Each hospital beside its peers, as text, Markdown, HTML and CSV."""

from __future__ import annotations

import io
from collections.abc import Sequence
from textwrap import wrap

from chna_toolkit.reports.markdown import escape
from chna_toolkit.reports.page import page, safe
from chna_toolkit.reports.words import SIGNS, WORDS, about_peers, cycle, interval, others, printable
from chna_toolkit.results.cells import write_csv
from chna_toolkit.results.frames import values_of
from chna_toolkit.results.run import Run
from chna_toolkit.results.schemas import PEERS
from chna_toolkit.results.view import LEAST_PEERS, Finding, HospitalView, RunView

_BEHIND = f"most of the peers, {LEAST_PEERS} or more that could be assessed, cover it, and the hospital does not"
_WIDTH = 80  # characters of the notes below the text
_ABOUT = (
    "Peers count once, by their latest cycle that could be assessed for the lesson. "
    "In brackets: the 95% Wilson interval, in percent."
)


def render_peers(run: Run, view: RunView, hospitals: Sequence[HospitalView], form: str) -> str:
    """Return these hospitals beside their peers in one of `comparison.FORMATS`; `view` knows who the peers are."""
    if form.startswith("csv"):
        return _csv(run, view, hospitals, for_excel=form == "csv-excel")
    return {"text": _text, "markdown": _markdown, "html": _html}[form](view, hospitals)


def _csv(run: Run, view: RunView, hospitals: Sequence[HospitalView], *, for_excel: bool) -> str:
    stream, wanted = io.StringIO(newline=""), {(one.key, one.year) for one in hospitals}
    rows = values_of(run.tables[PEERS.name])
    kind = PEERS.header.index("grouping")
    found = (row for row in rows if row[kind] == view.grouping and row[:2] in wanted)
    write_csv(stream, PEERS.columns, found, for_excel=for_excel)
    return stream.getvalue()


def _headline(view: RunView, hospitals: Sequence[HospitalView]) -> str:
    behind = sum(finding.is_behind for one in hospitals for finding in one.findings)
    alone = sum(not any(finding.peers.assessed for finding in one.findings) for one in hospitals)
    many = "1 hospital and cycle" if len(hospitals) == 1 else f"{len(hospitals):,} hospitals and cycles"
    by = {"all": "all others in this run"}.get(view.grouping, f"those of the same {view.grouping}")
    lonely = f" {alone:,} {'has' if alone == 1 else 'have'} no peers." if alone else ""
    gaps = "1 gap that most peers do not have" if behind == 1 else f"{behind:,} gaps that most peers do not have"
    return f"{many} beside {by}: {gaps}.{lonely}"


def _title(view: RunView, one: HospitalView) -> str:
    return f"{one.name}{f', {cycle(one)}' if one.year else ''}: beside {others(view, one.peer_group)}"


def _share(finding: Finding) -> str:
    one = finding.peers
    return f"{one.covered} of {one.assessed}" if one.assessed else "–"


def _text(view: RunView, hospitals: Sequence[HospitalView]) -> str:
    wide = max((len(lesson.name) for lesson in view.lessons), default=0)
    lines = [_headline(view, hospitals)]
    for one in hospitals:
        lines += ["", printable(_title(view, one)), *(f"  {printable(text)}" for text in about_peers(one))]
        if not any(finding.peers.assessed for finding in one.findings):
            continue
        share = max(len(_share(finding)) for finding in one.findings)
        for finding in one.findings:
            lesson, status = finding.lesson, f"{SIGNS[finding.status]} {WORDS[finding.status]}"
            told = f"{_share(finding):>{share}}  {interval(finding.peers)}"
            mark = "<" if finding.is_behind else ""
            lines.append(
                f"  {lesson.id} {printable(lesson.name):<{wide}}  {status:<14}  {told:<{share + 15}} {mark}".rstrip()
            )
    lines += ["", *wrap(f"< {_BEHIND}.", _WIDTH), *wrap(_ABOUT, _WIDTH)]
    return "\n".join(lines) + "\n"


def _markdown(view: RunView, hospitals: Sequence[HospitalView]) -> str:
    parts = ["## Hospitals beside their peers", escape(_headline(view, hospitals))]
    for one in hospitals:
        parts += [f"### {escape(_title(view, one))}", *(escape(text) for text in about_peers(one))]
        if any(finding.peers.assessed for finding in one.findings):
            lines = ["| Lesson | Status | Peers that cover it | Share | Behind |", "| --- | --- | ---: | ---: | :-: |"]
            lines += [
                f"| {escape(finding.lesson.id)} {escape(finding.lesson.title)} | {WORDS[finding.status]} "
                f"| {_share(finding)} | {interval(finding.peers)} | {'<' if finding.is_behind else ''} |"
                for finding in one.findings
            ]
            parts.append("\n".join(lines).replace("| < |", "| &lt; |"))
    parts.append(f"&lt; {escape(_BEHIND)}. {escape(_ABOUT)}")
    return "\n\n".join(parts) + "\n"


def _html(view: RunView, hospitals: Sequence[HospitalView]) -> str:
    names = ("Lesson", "Status", "Peers that cover it", "Share", "Behind")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    parts = [f"<h1>Hospitals beside their peers</h1>\n<p>{safe(_headline(view, hospitals))}</p>\n"]
    for one in hospitals:
        notes = "".join(f"<p>{safe(text)}</p>\n" for text in about_peers(one))
        rows = "".join(
            f'<tr><th scope="row">{safe(finding.lesson.id)} {safe(finding.lesson.title)}</th>'
            f"<td>{WORDS[finding.status]}</td><td>{_share(finding)}</td>"
            f'<td class="short">{interval(finding.peers)}</td>'
            f"<td>{'most peers cover it' if finding.is_behind else ''}</td></tr>\n"
            for finding in one.findings
        )
        table = f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n"
        has_peers = any(finding.peers.assessed for finding in one.findings)
        parts.append(f"<h2>{safe(_title(view, one))}</h2>\n{notes}{table if has_peers else ''}")
    parts.append(f"<p>Behind: {safe(_BEHIND)}. {safe(_ABOUT)}</p>\n")
    return page("Hospitals beside their peers", "".join(parts))
