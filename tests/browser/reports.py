"""Runs that the browser tests look at: of invented hospitals, made without a PDF."""

from __future__ import annotations

from dataclasses import replace

from chna_toolkit.model import Assessed, Identity
from chna_toolkit.results.run import Run
from chna_toolkit.scoring import score
from results.made_up import lexicon, make_run, sample_assessed, sample_failures, write

LEFT_OUT = ("locked.pdf", "leaflet.pdf", "two-rivers-joint.pdf")
FEW = ("L02", "L03", "L10", "L11", "L14")
STATES = ("CA", "GA", "NY", "TX", "VT")


def small_run() -> Run:
    """Return a run with every kind of row, passage and failure, and few of each, so that axe is quick."""
    return make_run(small_run_documents(), sample_failures())


def small_run_documents() -> list[Assessed]:
    """Return the documents of that run."""
    return [one for one in sample_assessed() if one.file not in LEFT_OUT]


def lean_run() -> Run:
    """Return the same run for a few of the lessons, with every status among them."""
    kept = []
    for one in small_run_documents():
        mentions = tuple(mention for mention in one.mentions if mention.lesson in FEW)
        kept.append(replace(one, mentions=mentions, results=score(one.document, mentions, FEW)))
    return make_run(kept, sample_failures(), lexicon(FEW))


def big_run(hospitals: int) -> Run:
    """Return a run of many hospitals with all statuses, made by the writers that a scan uses."""
    return make_run([_one_of_many(number) for number in range(hospitals)])


def _one_of_many(number: int) -> Assessed:
    done = [lesson for lesson in range(1, 16) if (number * 7 + lesson * 5) % 3]
    planned = [lesson for lesson in range(1, 16) if (number + lesson) % 5 == 0]
    writer = write().under("Our work", "Partners").shows(*done).under("Plan").plans(*planned).fill(12)
    system = number % 20
    who = Identity(
        f"Hospital {number:03} of the Hills", f"{number:06}", "", f"Health System {system}",
        STATES[number % len(STATES)], 2019 + number % 7, "chna", "hospitals_csv",
    )  # fmt: skip
    return writer.done(f"system-{system}/hospital-{number:03}.pdf", who)
