"""Figures of a run for papers and slides: SVG and PNG, the same bytes for the same run.

One hue, darker is more, so that nothing depends on telling colours apart; where there are two sides,
blue and brown, which colour-blind eyes tell apart. Every figure says what it shows and of how many.
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from chna_toolkit.errors import MissingDependencyError
from chna_toolkit.model import Status
from chna_toolkit.reports.words import SIGNS, WORDS, cycle, printable
from chna_toolkit.results.cycles import steps_of, turn
from chna_toolkit.results.shares import wilson
from chna_toolkit.results.view import HospitalView, LessonView, RunView

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FILLS = {
    Status.COVERED: "#14506e",
    Status.PLANNED: "#a9cfe0",
    Status.ACKNOWLEDGED: "#d6e8f1",
    Status.SILENT: "#ffffff",
    Status.NOT_ASSESSED: "#ffffff",
}
_INKS = {Status.COVERED: "#ffffff", Status.NOT_ASSESSED: "#565d64"}
_DARK, _LIGHT, _OTHER, _LINE = "#14506e", "#a9cfe0", "#b3541e", "#b8bfc6"
_LOOK: Any = {
    "svg.hashsalt": "chna-toolkit",
    "svg.fonttype": "none",  # text stays text: it can be searched and edited
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 9,
    "text.parse_math": False,  # a hospital's name may hold two $
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _LINE,
    "hatch.linewidth": 0.5,
    "hatch.color": "#8a9299",
}
_NAMED = 80  # hospitals in the heat map that have their names beside them; more are drawn as rows without
_NAME = 44  # characters of a hospital's name
_DPI = 200  # of PNG
_LEAST = (6.0, 3.6)  # inches; a smaller figure has no room for its own words


def draw_figures(view: RunView, names: Sequence[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Yield each figure (of `names`, if any) that the run has data for, as SVG and PNG: file name and content.

    Raises `MissingDependencyError` without matplotlib.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise MissingDependencyError(
            f"this needs the package matplotlib: {error}", "Install it: pip install 'chna-toolkit[plots]'."
        ) from error
    with mpl.rc_context(_LOOK), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # in PNG; in SVG the viewer has it
        for name, draw in FIGURES.items():
            if (name in names or not names) and (drawn := draw(view)):
                figure, title, caption = drawn
                yield from _files(figure, name, title, f"{caption} {_provenance(view)}")


_Drawn = tuple["Figure", str, str]  # with title and caption


def _files(figure: Figure, name: str, title: str, caption: str) -> Iterator[tuple[str, bytes]]:
    width = figure.get_size_inches()[0]
    figure.suptitle(title, x=0.02, ha="left", fontsize=13, fontweight="bold")
    figure.supxlabel(textwrap.fill(caption, int(width * 15)), x=0.02, ha="left", fontsize=8, color="#545d66")
    for suffix in ("svg", "png"):
        stream = BytesIO()
        about: dict[str, str | None] = {"Title": title, "Description": caption}
        about |= {"Date": None, "Creator": None} if suffix == "svg" else {"Software": None}
        figure.savefig(stream, format=suffix, metadata=about, dpi=_DPI, facecolor="white")
        yield f"{name}.{suffix}", stream.getvalue()


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(max(width, _LEAST[0]), max(height, _LEAST[1])), layout="constrained")
    return figure, figure.add_subplot()


# -- coverage: hospitals and lessons


def coverage(view: RunView) -> _Drawn | None:
    """Draw the heat map of hospitals and lessons, those that show most at the top."""
    rows = sorted(view.hospitals, key=lambda one: (not one.is_assessed, -one.covered, one.name.casefold(), one.key))
    if not rows:
        return None
    is_named = len(rows) <= _NAMED
    step = 0.24 if is_named else max(0.02, 18 / len(rows))
    figure, axes = _figure(3.4 * is_named + 0.36 * len(view.lessons) + 1.2, step * len(rows) + 2.4)
    _cells(axes, rows, is_named)
    axes.set_xlim(0, len(view.lessons))
    axes.set_ylim(len(rows), 0)
    axes.xaxis.tick_top()
    axes.set_xticks([place + 0.5 for place in range(len(view.lessons))], [str(one.number) for one in view.lessons])
    axes.set_yticks([place + 0.5 for place in range(len(rows))] if is_named else [])
    if is_named:
        axes.set_yticklabels([_named(one) for one in rows])
    else:
        axes.set_ylabel(f"{len(rows):,} hospitals and cycles, those that show most at the top")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    _legend(axes)
    assessed = len(view.assessed)
    caption = f"n = {assessed:,} of {len(rows):,} hospitals and cycles could be assessed. {_names(view.lessons)}"
    return figure, "Which lessons the documents show", caption


def _cells(axes: Axes, rows: Sequence[HospitalView], is_named: bool) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    for status in Status:
        places = [
            (across, down)
            for down, one in enumerate(rows)
            for across, finding in enumerate(one.findings)
            if finding.status is status
        ]
        boxes = [Rectangle((across + 0.04, down + 0.04), 0.92, 0.92) for across, down in places]
        hatch = "/////" if status is Status.NOT_ASSESSED else None
        edge, thin = (_LINE, 0.4) if is_named else ("none", 0.0)
        look: dict[str, Any] = {"facecolor": FILLS[status], "edgecolor": edge, "linewidth": thin, "hatch": hatch}
        axes.add_collection(PatchCollection(boxes, **look))
        for across, down in places if is_named else ():
            ink = _INKS.get(status, "#0b2f41")
            axes.text(across + 0.5, down + 0.52, SIGNS[status], ha="center", va="center", fontsize=7, color=ink)


def _legend(axes: Axes) -> None:
    from matplotlib.patches import Patch

    marks = [
        Patch(
            facecolor=FILLS[status],
            edgecolor=_LINE,
            hatch="/////" if status is Status.NOT_ASSESSED else None,
            label=f"{SIGNS[status]} {WORDS[status]}",
        )
        for status in Status
    ]
    axes.legend(handles=marks, loc="upper left", bbox_to_anchor=(0, -0.01), ncols=3, frameon=False, fontsize=8)


# -- prevalence


def prevalence(view: RunView) -> _Drawn | None:
    """Draw how many hospitals cover each lesson, with intervals."""
    lessons = [one for one in view.lessons if one.assessed]
    if not lessons:
        return None
    figure, axes = _figure(8.2, 0.32 * len(lessons) + 2.0)
    for place, one in enumerate(lessons):
        hits, of = one.tally[Status.COVERED], one.assessed
        low, high = wilson(hits, of)
        planned = 100 * one.tally[Status.PLANNED] / of
        axes.barh(place, 100 * hits / of, height=0.66, color=_DARK, label="covered" if not place else None)
        left = 100 * hits / of
        axes.barh(place, planned, left=left, height=0.66, color=_LIGHT, label="planned" if not place else None)
        axes.plot([100 * low, 100 * high], [place, place], color="#ffffff", linewidth=3.2, solid_capstyle="butt")
        axes.plot([100 * low, 100 * high], [place, place], color=_OTHER, linewidth=1.4, marker="|", markersize=7)
        axes.text(101.5, place, f"{hits} of {of}", va="center", fontsize=8, clip_on=False)
    _lesson_axis(axes, lessons)
    axes.set_xlim(0, 100)
    axes.set_xlabel("percent of the hospitals that could be assessed")
    axes.grid(axis="x", color="#e4e7ea", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=8)
    most = max(one.assessed for one in lessons)
    caption = (
        f"n = {most:,} hospitals, each by its latest cycle that could be assessed. Brown: 95 % Wilson score interval "
        "of the share that covers the lesson; it tells the chance in which hospitals were looked at, not the errors "
        "of reading."
    )
    return figure, "How many hospitals cover each lesson", caption


# -- change over cycles


def change(view: RunView) -> _Drawn | None:
    """Draw how many hospitals rose and fell in each lesson from one cycle to the next; None without two cycles."""
    steps = list(steps_of(view.hospitals))
    if not steps:
        return None
    figure, axes = _figure(8.2, 0.32 * len(view.lessons) + 2.0)
    most = 1
    for place in range(len(view.lessons)):
        turns = [turn(step.old.findings[place], step.new.findings[place]) for step in steps]
        rose, fell = turns.count(1), turns.count(-1)
        most = max(most, rose, fell)
        axes.barh(place, rose, height=0.66, color=_DARK, label="shows more" if not place else None)
        axes.barh(place, -fell, height=0.66, color=_OTHER, label="shows less" if not place else None)
        for value, side, align in ((rose, 1, "left"), (fell, -1, "right")):
            if value:
                axes.annotate(
                    str(value), (side * value, place), (3 * side, 0), textcoords="offset points",
                    ha=align, va="center", fontsize=8,
                )  # fmt: skip
    _lesson_axis(axes, view.lessons)
    axes.axvline(0, color="#545d66", linewidth=0.8)
    axes.set_xlim(-1.15 * most, 1.15 * most)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=8)
    hospitals = len({step.old.key for step in steps})
    caption = (
        f"n = {_of(len(steps), 'step')} from one cycle to the next, of {_of(hospitals, 'hospital')}. A hospital shows "
        "more of a lesson if its status rose, as from planned to covered; the others stayed as they were."
    )
    return figure, "What changed from cycle to cycle", caption


# -- co-occurrence


def cooccurrence(view: RunView) -> _Drawn | None:
    """Draw how many hospitals cover two lessons both."""
    latest: dict[str, HospitalView] = {}
    for one in sorted(view.assessed, key=lambda one: one.year or 0):
        latest[one.key] = one
    if not latest:
        return None
    covers = [[finding.status is Status.COVERED for finding in one.findings] for one in latest.values()]
    size = len(view.lessons)
    counts = [[sum(row[a] and row[b] for row in covers) for b in range(size)] for a in range(size)]
    most = max(1, *(counts[a][a] for a in range(size)))
    figure, axes = _figure(0.38 * size + 3.2, 0.34 * size + 2.2)
    _triangle(axes, counts, most)
    _lesson_axis(axes, view.lessons)
    axes.set_xlim(-0.5, size - 0.5)
    axes.set_xticks(range(size), [str(one.number) for one in view.lessons])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    caption = (
        f"n = {_of(len(latest), 'hospital')}, each by its latest cycle that could be assessed. A number says how many "
        "cover both lessons; framed, on the diagonal, how many cover the lesson."
    )
    return figure, "Which lessons go together", caption


def _triangle(axes: Axes, counts: Sequence[Sequence[int]], most: int) -> None:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    shades = LinearSegmentedColormap.from_list("one hue", ["#ffffff", _LIGHT, _DARK])
    for down, row in enumerate(counts):
        for across, count in enumerate(row[: down + 1]):
            frame = ("#545d66", 1.0) if across == down else (_LINE, 0.3)
            box = Rectangle((across - 0.46, down - 0.46), 0.92, 0.92, facecolor=shades(count / most))
            box.set_edgecolor(frame[0])
            box.set_linewidth(frame[1])
            axes.add_patch(box)
            ink = "#ffffff" if count > 0.75 * most else "#1d2733"
            axes.text(across, down, str(count), ha="center", va="center", fontsize=7, color=ink)


# -- shared


def _lesson_axis(axes: Axes, lessons: Sequence[LessonView]) -> None:
    axes.set_yticks(range(len(lessons)), [f"{printable(one.name)}  {one.number}" for one in lessons])
    axes.set_ylim(len(lessons) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _named(one: HospitalView) -> str:
    name = printable(one.name)
    year = f"  {cycle(one)}" if one.year else ""
    return f"{name if len(name) <= _NAME else name[: _NAME - 1] + '…'}{year}"


def _names(lessons: Sequence[LessonView]) -> str:
    return "Lessons: " + ", ".join(f"{one.number} {printable(one.name)}" for one in lessons) + "."


def _of(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _provenance(view: RunView) -> str:
    one = view.manifest
    return f"chna-toolkit {one.tool_version}, lexicon {one.lexicon_version} ({one.lexicon_hash[:12]})."


FIGURES: dict[str, Callable[[RunView], _Drawn | None]] = {
    "coverage": coverage,
    "prevalence": prevalence,
    "change": change,
    "cooccurrence": cooccurrence,
}
