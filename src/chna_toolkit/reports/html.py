"""The HTML report, in one file or as a site: it explains itself, needs no network and runs no foreign script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import PureWindowsPath

from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from chna_toolkit.model import Status
from chna_toolkit.reports.accuracy import accuracy_of
from chna_toolkit.reports.pictures import NONE, Pictures
from chna_toolkit.reports.places import DOCUMENTS, FOLDER, STYLE, InOneFile, InSite, OnPage
from chna_toolkit.reports.words import (
    GAP_KINDS,
    MEANINGS,
    WORDS,
    about_peers,
    cycle,
    interval,
    is_guess,
    others,
    plain_cue,
    plain_reason,
    sentence_of,
)
from chna_toolkit.results.cycles import Step, steps_of
from chna_toolkit.results.run import Setting
from chna_toolkit.results.schemas import FORMULA_NOTE
from chna_toolkit.results.shares import wilson
from chna_toolkit.results.view import Evidence, Gap, HospitalView, LessonView, RunView
from chna_toolkit.scoring import DEFAULT_THRESHOLDS

_GROUPS = {
    Status.COVERED: "Shown",
    Status.PLANNED: "Planned",
    Status.ACKNOWLEDGED: "Only named",
    Status.SILENT: "Not found",
    Status.NOT_ASSESSED: "Not assessed",
}
# What stands for a status where a drawing in each of ten thousands of cells is too much.
_GLYPHS = {
    Status.COVERED: "●",
    Status.PLANNED: "◐",
    Status.ACKNOWLEDGED: "△",
    Status.SILENT: "–",
    Status.NOT_ASSESSED: "?",
}
_QUOTE = 700  # characters of a passage that are shown; run-on tables can have thousands


def render_html(view: RunView, pictures: Pictures = NONE) -> str:
    """Return the report as one HTML document, with pictures of pages inside it.

    All text is escaped. A content security policy forbids every load; style and script are
    inline and allowed by their hash only.
    """
    return "".join(_one_file(view, pictures))


def render_html_within(view: RunView, most: int, pictures: Pictures = NONE) -> str | None:
    """Return the same, or None as soon as it is clear that it has more than `most` bytes."""
    if sum(4 * one.size // 3 for one in pictures.values()) > most:
        return None
    pieces, size = [], 0
    for piece in _one_file(view, pictures):
        size += len(piece.encode("utf-8", "replace"))
        if size > most:
            return None
        pieces.append(piece)
    return "".join(pieces)


def _one_file(view: RunView, pictures: Pictures) -> Iterator[str]:
    style = _source("style.css")
    policy = f"style-src '{_digest(style)}'{'; img-src data:' if pictures else ''}"
    script = _source("print.js") + _source("report.js")
    values = _common(view, script, policy) | _summary(view)
    stream = (
        _environment().get_template("report.html.j2").stream(place=InOneFile(pictures), style=Markup(style), **values)
    )
    stream.enable_buffering(100)
    return iter(stream)


class Pages:
    """Renders the pages of a report that is a site: `index.html`, and those in the folder beside it."""

    def __init__(self, view: RunView, pictures: Pictures, names: Mapping[str, str]) -> None:
        self.view = view
        self.index_place, self.place = InSite(pictures, names), OnPage(pictures, names)
        # Browsers do not agree whether a file beside a file is of the same origin: 'self' or file:
        policy = "style-src 'self' file:; img-src 'self' file:"
        self.values = _common(view, _source("print.js"), policy) | {"style_file": STYLE}
        script = _source("print.js") + _source("report.js")
        self.steps: dict[str, list[Step]] = {}
        for step in steps_of(view.hospitals):
            for one in (step.old, step.new):
                self.steps.setdefault(one.anchor, []).append(step)
        self.index_values = _common(view, script, policy) | {"style_file": f"{FOLDER}/{STYLE}"}

    @property
    def style(self) -> str:
        """The style that all pages share."""
        return _source("style.css")

    def index(self) -> str:
        """Return `index.html`."""
        values = self.index_values | _summary(self.view) | {"documents_file": f"{FOLDER}/{DOCUMENTS}"}
        return _environment().get_template("report.html.j2").render(place=self.index_place, **values)

    def documents(self) -> str:
        """Return the page that lists the documents."""
        return _environment().get_template("documents.html.j2").render(place=self.place, **self.values)

    def hospital(self, number: int) -> str:
        """Return the page of a hospital, by its place in the view."""
        hospitals = self.view.hospitals
        before = hospitals[number - 1] if number else None
        after = hospitals[number + 1] if number + 1 < len(hospitals) else None
        one = hospitals[number]
        place = OnPage(self.place.pictures, self.place.names, one.anchor)
        values = {"hospital": one, "before": before, "after": after, "steps": self.steps.get(one.anchor, ())}
        return _environment().get_template("hospital.html.j2").render(place=place, **values, **self.values)


def _common(view: RunView, script: str, policy: str) -> dict[str, object]:
    """Return what every page takes."""
    allowed = f"default-src 'none'; {policy}; script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
    return {"view": view, "script": Markup(script), "policy": allowed}


def _summary(view: RunView) -> dict[str, object]:
    """Return what the page with the matrix takes."""
    most, least = _extremes(view)
    return {
        "sentence": sentence_of(view),
        "most": most,
        "least": least,
        "choices": _choices(view),
        "accuracy": accuracy_of(view.manifest, tuple(lesson.id for lesson in view.lessons)),
        "steps": list(steps_of(view.hospitals)),
        "unknown": not all(hospital.is_known for hospital in view.hospitals),
        "guessed": any(is_guess(hospital) for hospital in view.hospitals),
        "thresholds": {**asdict(DEFAULT_THRESHOLDS), **view.manifest.thresholds},
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": _number,
        "plain_cue": plain_cue,
        "plain_reason": plain_reason,
        "percent": _percent,
        "about_peers": about_peers,
        "capital": lambda text: text[:1].upper() + text[1:],
        "cycle": cycle,
        "interval": interval,
        "others": others,
        "excerpt": excerpt,
        "facts": _facts,
        "searched": _searched,
        "sentence": _sentence,
        "bracketed": _bracketed,
        "settings": _settings,
    }
    # Globals reach the macros that another template imports; the values of a render do not.
    environment.globals |= {
        "Status": Status,
        "statuses": list(Status),
        "words": WORDS,
        "meanings": MEANINGS,
        "glyphs": _GLYPHS,
        "wilson": wilson,
        "group_titles": _GROUPS,
        "gap_kinds": GAP_KINDS,
        "formula_note": FORMULA_NOTE,
    }
    return environment


# Control characters have no place in HTML, and direction overrides turn a name around.
_UNSHOWN = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)


def _harmless(value: object) -> object:
    return value.translate(_UNSHOWN) if type(value) is str else value


def excerpt(evidence: Evidence) -> list[tuple[str, bool]]:
    """Return the passage in pieces with whether they matched, long unmatched ones cut in the middle."""
    pieces = list(evidence.pieces)
    if sum(len(text) for text, _ in pieces) <= _QUOTE:
        return pieces
    plain = sum(not marked for _, marked in pieces)
    room = max(80, _QUOTE // max(plain, 1))
    last = len(pieces) - 1
    return [
        (text if marked else _cut(text, room, is_first=place == 0, is_last=place == last), marked)
        for place, (text, marked) in enumerate(pieces)
    ]


def _cut(text: str, room: int, *, is_first: bool, is_last: bool) -> str:
    """Shorten a piece, keeping what stands next to the matched words."""
    if len(text) <= room:
        return text
    if is_first:
        return "… " + text[-room:].partition(" ")[2]
    if is_last:
        return text[:room].rpartition(" ")[0] + " …"
    half = room // 2
    return text[:half].rpartition(" ")[0] + " … " + text[-half:].partition(" ")[2]


def _extremes(view: RunView) -> tuple[list[LessonView], list[LessonView]]:
    """Return the lessons that are covered most often and least often; none if all are alike."""
    shares = [(one.tally[Status.COVERED] / one.assessed, one) for one in view.lessons if one.assessed]
    ends = {share for share, _ in shares}
    if len(ends) < 2:
        return [], []
    return [one for share, one in shares if share == max(ends)], [one for share, one in shares if share == min(ends)]


def _choices(view: RunView) -> list[tuple[str, list[str]]]:
    """Return by what the matrix can be narrowed down, with the values; of one value there is no choice."""
    years = {str(one.year) for one in view.hospitals if one.year}
    found = (
        ("state", {one.state for one in view.hospitals if one.state}),
        ("system", {one.system for one in view.hospitals if one.system}),
        ("year", years),
    )
    return [(name, sorted(values, key=str.casefold)) for name, values in found if len(values) > 1]


def _facts(hospital: HospitalView) -> list[str]:
    """Return what is known of a hospital's identity, for one line."""
    facts = [hospital.system, hospital.state]
    facts += [f"CCN {hospital.ccn}"] if hospital.ccn else []
    facts += [f"EIN {hospital.ein}"] if hospital.ein else []
    facts += [] if hospital.is_known else ["hospital unknown: the document stands under its file name"]
    facts += ["cycle guessed from the document"] if is_guess(hospital) else []
    return [fact for fact in facts if fact]


def _searched(gap: Gap) -> str:
    """Say what was searched for a lesson that was not found; it is the same for all of a hospital."""
    documents = f"{gap.documents_searched} {'document' if gap.documents_searched == 1 else 'documents'}"
    unread = f"; {gap.documents_unread} more could not be read" if gap.documents_unread else ""
    return f"Searched: {documents}, {gap.readable_pages:,} of {gap.pages:,} pages, {gap.words:,} words{unread}."


def _settings(settings: Mapping[str, Setting]) -> list[str]:
    """Return the settings that have a value, each with its origin.

    Of a path only the last name is shown: the report is mailed, and where a machine keeps its
    files is nobody's business. `run.json` has it.
    """
    shown = []
    for name, setting in settings.items():
        value = setting.value
        if isinstance(value, str):
            value = PureWindowsPath(value).name if re.search(r"[/\\]", value) else value
        elif isinstance(value, (list, tuple)):
            value = " ".join(map(str, value))
        if value not in (None, ""):
            shown.append(f"{name} = {value} ({setting.origin})")
    return shown


def _sentence(text: str) -> str:
    """Return text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _bracketed(text: str) -> list[tuple[str, bool]]:
    """Return an example of the lexicon in pieces, `[[marked]]` ones apart."""
    pieces = re.split(r"\[\[(.*?)\]\]", text)
    return [(piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else ""


def _source(name: str) -> str:
    return (files("chna_toolkit.reports") / "templates" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
