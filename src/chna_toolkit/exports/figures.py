"""The figures of a run as files."""

from __future__ import annotations

from pathlib import Path

from chna_toolkit.exports.files import whole_file
from chna_toolkit.reports.figures import FIGURES, draw_figures
from chna_toolkit.results.run import Run
from chna_toolkit.results.view import view_of


def figure_paths(folder: Path) -> list[Path]:
    """Return the files that `write_figures` may write."""
    return [folder / f"{name}.{suffix}" for name in FIGURES for suffix in ("svg", "png")]


def write_figures(run: Run, folder: Path) -> list[Path]:
    """Write each figure that the run has data for, as SVG and PNG; return the files.

    One of an earlier run that this one has no data for is removed.
    Raises `MissingDependencyError` without matplotlib, `OutputError` where they cannot be written.
    """
    written = []
    for name, data in draw_figures(view_of(run)):
        with whole_file(folder / name) as partial:
            partial.write_bytes(data)
        written.append(folder / name)
    for path in figure_paths(folder):
        if path not in written:
            path.unlink(missing_ok=True)
    return written
