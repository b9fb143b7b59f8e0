"""A sample as a project for programs of qualitative analysis: its passages as one text, a paragraph each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chna_toolkit.evaluation.sampling import Sample
from chna_toolkit.exports.coded_text import lay_out
from chna_toolkit.exports.qda import make_project
from chna_toolkit.exports.refi import Source, write_qdpx
from chna_toolkit.model import Document, DocumentStatus

if TYPE_CHECKING:
    from chna_toolkit.results.run import Run


def write_sample_project(path: Path, sample: Sample, run: Run) -> Sample:
    """Write the passages with the run's codebook, and return the sample with ids as `chna import --all` gives them.

    Nobody has coded anything in it, the tool least of all. Raises `OutputError`.
    """
    passages = tuple(replace(one.passage, index=place, block=place) for place, one in enumerate(sample.drawn))
    text, _ = lay_out(Document("", DocumentStatus.OK, "", "", (), passages))
    said = "Passages drawn at random; the key to them is kept apart from coders."
    project = replace(
        make_project(run, ()),
        name="CHNA lessons: a sample",
        users=(),
        sources=(Source(f"{path.stem}.txt", text, (), said),),
        cases=(),
    )
    write_qdpx(project, path)
    return replace(
        sample, drawn=tuple(replace(one, id=f"{path.stem}:{place}") for place, one in enumerate(sample.drawn))
    )
