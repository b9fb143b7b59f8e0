"""The words and signs that all reports use for the same thing."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator

from chna_toolkit.model import Status
from chna_toolkit.results.shares import Share
from chna_toolkit.results.view import HospitalView, RunView

# Shapes differ, so that colour is never needed to tell them apart.
SIGNS = {
    Status.COVERED: "#",
    Status.PLANNED: "+",
    Status.ACKNOWLEDGED: "!",
    Status.SILENT: ".",
    Status.NOT_ASSESSED: "?",
}
WORDS = {
    Status.COVERED: "covered",
    Status.PLANNED: "planned",
    Status.ACKNOWLEDGED: "acknowledged",
    Status.SILENT: "silent",
    Status.NOT_ASSESSED: "not assessed",
}
MEANINGS = {
    Status.COVERED: "a document shows it as done",
    Status.PLANNED: "committed to, not yet shown as done",
    Status.ACKNOWLEDGED: "called for, named as missing, or shown too weakly to count",
    Status.SILENT: "not found in text that could be searched",
    Status.NOT_ASSESSED: "too little readable text to say",
}
GAP_KINDS = {
    "planned_only": "Planned only",
    "named_by_document": "The hospital names the gap itself",
    "weak_evidence": "Only weak evidence",
    "silent": "Nothing found",
}


def plain_reason(reason: str) -> str:
    """Return in words why a mention was set aside, such as `too weak alone` for `weak: needs a second rule`."""
    kind, _, rest = reason.partition(": ")
    if kind == "excluded":
        return f"words known to mislead ({rest})"
    if found := re.fullmatch(r"yields to L0*(\d+)", reason):
        return f"it speaks of lesson {found[1]} rather"
    return {"weak": "too weak alone", "learned": "judged unlikely by the learned check"}.get(kind, rest or reason)


def plain_cue(cue: str) -> str:
    """Return what decided the assertion of a passage: its words, or the heading or column that it stands under."""
    if cue.startswith("under: "):
        return "what it stands under"
    words = cue.removeprefix("learned: ")
    return f"“{words}”" if words == cue else f"the words {words}, as a model has learned"


TIED = "\N{NO-BREAK SPACE}"  # between a page and its number, until lines are folded


def fold(lines: Iterable[str], width: int | None) -> Iterator[str]:
    """Yield lines folded to a width (None: as they are), with what goes on indented below its line."""
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()))
        hang = indent if line.startswith("    ") else indent + "    "
        folded = [line]
        if width:
            folded = textwrap.wrap(
                line.strip(), width, initial_indent=indent, subsequent_indent=hang, break_on_hyphens=False
            )
        yield from (one.replace(TIED, " ") for one in folded or [""])


def printable(text: str) -> str:
    """Return text on one line without control, format and direction characters.

    What comes from a PDF may hold escape sequences for the terminal or turn the line around.
    """
    kept = (" " if char.isspace() else char for char in text)
    return " ".join("".join(char for char in kept if unicodedata.category(char)[0] != "C").split())


def cycle(hospital: HospitalView) -> str:
    """Return the cycle's year, with a mark if it is a guess; "" if unknown."""
    if hospital.year is None:
        return ""
    return f"{hospital.year}~" if is_guess(hospital) else f"{hospital.year}"


def is_guess(hospital: HospitalView) -> bool:
    """Whether the cycle was read off the document instead of named by the user."""
    return hospital.year is not None and hospital.year_source != "hospitals_csv"


def others(view: RunView, group: str) -> str:
    """Return who a hospital's peers are, such as "other hospitals in OH"."""
    where = {"all": "here", "state": f"in {group}", "system": f"of {group}", "size": f"with {group}"}
    if group or view.grouping == "all":
        return f"other hospitals {where[view.grouping]}"
    return f"other hospitals of its {view.grouping}"


def interval(share: Share) -> str:
    """Return a share in percent with its interval, such as `43% (16–75)`; "" of nobody."""
    low, high = share.interval
    if share.percent is None or low is None or high is None:
        return ""
    return f"{share.percent:.0f}% ({low:.0f}–{high:.0f})"


def about_peers(hospital: HospitalView) -> list[str]:
    """Return what a reader must know of the hospital's peers, in sentences: why there are none, who is no other."""
    found = [finding.peers for finding in hospital.findings]
    lonely = [one.why_none for one in found if not one.assessed]
    notes = [f"No peers: {why}." for why in dict.fromkeys(lonely)] if len(lonely) == len(found) else []
    if joint := max((one.joint for one in found), default=0):
        who = "One of its peers shares" if joint == 1 else f"{joint} of its peers share"
        notes.append(f"{who} a document with it, and cannot differ by what stands there.")
    return notes


def sentence_of(view: RunView) -> str:
    """Return the sentence that says it all."""
    return view.manifest.closing


def shown(hospital: HospitalView) -> str:
    """Return covered lessons of all, such as `9/15`; `-/15` if none could be assessed."""
    return f"{hospital.covered if hospital.is_assessed else '-'}/{len(hospital.findings)}"
