"""A hospital on the terminal: what could not be looked at, what it shows with proof, what it lacks."""

from __future__ import annotations

from collections.abc import Iterator

from chna_toolkit.errors import UsageError
from chna_toolkit.model import Status
from chna_toolkit.reports.words import (
    GAP_KINDS,
    MEANINGS,
    SIGNS,
    TIED,
    WORDS,
    about_peers,
    cycle,
    fold,
    interval,
    others,
    printable,
    shown,
)
from chna_toolkit.results.view import Evidence, Finding, HospitalView, RunView

_GAPS = (Status.PLANNED, Status.ACKNOWLEDGED, Status.SILENT)


def find_hospital(view: RunView, name: str, year: int | None = None) -> HospitalView:
    """Return the hospital of this key, or with this in its name; in its latest cycle if no year is given.

    Raises `UsageError` if none or several are.
    """
    wanted = " ".join(name.casefold().replace("’", "'").split())
    exact = [one for one in view.hospitals if wanted in (one.key.casefold(), one.ccn.casefold(), one.ein)]
    found = exact or [one for one in view.hospitals if wanted in one.name.casefold().replace("’", "'")]
    names = list(dict.fromkeys(printable(one.name) for one in found or view.hospitals))
    listed = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
    if not found:
        raise UsageError(f"no hospital like {name!r} in this run", f"There are: {listed}.")
    if len({one.key for one in found}) > 1:
        raise UsageError(f"several hospitals are like {name!r}: {listed}", "Name one, or give its CCN or EIN.")
    if year is None:
        return max(found, key=lambda one: (one.is_assessed, one.year or 0))
    for one in found:
        if one.year == year:
            return one
    years = ", ".join(str(one.year) for one in found if one.year) or "none that is known"
    raise UsageError(f"{names[0]} has no cycle {year} in this run", f"There are: {years}.")


def render_brief(view: RunView, hospital: HospitalView, width: int = 80, evidence: int = 1) -> str:
    """Return the brief as text of a width, with so many passages for each lesson that is shown."""
    lines = [*_head(view, hospital), *_unread(hospital)]
    for status in Status:
        if findings := hospital.having(status):
            lines += ["", f"{WORDS[status].upper()}: {MEANINGS[status]}", ""]
            for finding in findings:
                lines += _finding(view, finding, evidence, len(hospital.documents))
    return "".join(f"{line}\n" for line in fold(lines, max(width, 40)))


def _head(view: RunView, one: HospitalView) -> Iterator[str]:
    yield printable(one.name) + (f", {cycle(one)}" if one.year else "")
    known = [printable(text) for text in (one.system, one.state) if text]
    known += [f"{name} {printable(text)}" for name, text in (("CCN", one.ccn), ("EIN", one.ein)) if text]
    if known:
        yield " · ".join(known)
    others = [str(other.year) for other in view.hospitals if other.key == one.key and other.year != one.year]
    counts = ", ".join(f"{one.count(status)} {WORDS[status]}" for status in Status if one.count(status))
    yield f"Lessons shown: {shown(one)} ({counts})"
    if others:
        yield f"Other cycles in this run: {', '.join(others)}"
    yield from (printable(text) for text in about_peers(one))
    for document in one.documents:
        yield f"- {printable(document.file)}, {document.pages:,} pages, {document.words:,} words"


def _unread(one: HospitalView) -> Iterator[str]:
    for document in one.documents:
        if document.reason:
            yield f"  ! {printable(document.file)}: {printable(document.reason)} {printable(document.hint)}".rstrip()


def _finding(view: RunView, finding: Finding, evidence: int, files: int) -> Iterator[str]:
    fragile = "  (hangs on one rule or page)" if finding.is_fragile else ""
    yield f"{SIGNS[finding.status]} {finding.lesson.id}  {printable(finding.lesson.title)}{fragile}"
    for quote in finding.evidence[:evidence]:
        yield _quote(quote, files)
    if finding.status in _GAPS and finding.gap:
        peers = _peers(view, finding)
        yield f"    {GAP_KINDS[finding.gap.kind]}{f'; {peers}' if peers else ''}."
        for near in finding.gap.nearest[:evidence]:
            where = _place(near.file, near.page, files)
            yield f"    Nearest: “{printable(near.quote)}” {where}: {printable(near.why)}"
        yield f"    Advice: {printable(finding.lesson.recommendation)}"
    elif view.grouping != "all" and (peers := _peers(view, finding)):
        yield f"    {peers[:1].upper()}{peers[1:]}."


def _peers(view: RunView, finding: Finding) -> str:
    one = finding.peers
    if not one.assessed:
        return ""
    return f"{one.covered} of {one.assessed} {printable(others(view, one.group))} cover it, {interval(one)}"


def _quote(quote: Evidence, files: int) -> str:
    text = "".join(f"[{piece}]" if marked else piece for piece, marked in quote.pieces)
    label = f" ({printable(quote.page_label)})" if quote.page_label and quote.page_label != str(quote.page) else ""
    return f"    “{printable(text)}” {_place(quote.file, quote.page, files)}{label}, {quote.assertion}"


def _place(file: str, page: int, files: int) -> str:
    """Return where a passage stands; a hospital with one document needs no name."""
    name = f"{printable(file)} " if files > 1 else ""
    return f"{name}p.{TIED}{page}"
