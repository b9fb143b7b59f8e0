"""`chna export`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say
from chna_toolkit.errors import UsageError

if TYPE_CHECKING:
    from chna_toolkit.results.run import Run


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that a scan has written.")],
    excel: Annotated[
        Path | None, typer.Option("--excel", metavar="FILE.xlsx", help="One workbook with all tables. Extra: [excel].")
    ] = None,
    sqlite: Annotated[
        Path | None,
        typer.Option("--sqlite", metavar="FILE.sqlite", help="A database with full-text search and views."),
    ] = None,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="The tables as Parquet, beside the CSV in RUN. Extra: [parquet].")
    ] = False,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a finished run in the formats of other programs."""
    from chna_toolkit.exports.files import check_free
    from chna_toolkit.results.run import MANIFEST, read_run

    if not (excel or sqlite or parquet):
        raise UsageError("nothing to export", "Say what, such as --excel results.xlsx.")
    finished, folder = read_run(run), run.parent if run.name == MANIFEST else run
    jobs = [*_files(finished, excel, sqlite), *([_parquet(finished, folder)] if parquet else [])]
    for path in (path for job in jobs for path in job.paths):
        check_free(path, force=force)
    for job in jobs:
        job.write()
        if not quiet:
            say("\n".join(f"written: {path}" for path in job.paths))


class _Job(NamedTuple):
    paths: list[Path]
    write: Callable[[], None]


def _files(run: Run, excel: Path | None, sqlite: Path | None) -> Iterator[_Job]:
    if excel:
        from chna_toolkit.exports.excel import write_excel

        yield _Job([excel], partial(write_excel, run, excel))
    if sqlite:
        from chna_toolkit.exports.sqlite import write_sqlite

        yield _Job([sqlite], partial(write_sqlite, run, sqlite))


def _parquet(run: Run, folder: Path) -> _Job:
    from chna_toolkit.exports.parquet import parquet_paths, write_parquet

    return _Job(parquet_paths(run, folder), partial(write_parquet, run, folder))
