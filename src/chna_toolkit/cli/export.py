"""`chna export`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
    qdpx: Annotated[
        Path | None,
        typer.Option("--qdpx", metavar="FILE.qdpx", help="A project for NVivo, ATLAS.ti, MAXQDA, … (REFI-QDA)."),
    ] = None,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="The tables as Parquet, beside the CSV in RUN. Extra: [parquet].")
    ] = False,
    figures: Annotated[
        Path | None, typer.Option("--figures", metavar="DIR", help="Figures as SVG and PNG. Extra: [plots].")
    ] = None,
    csv_excel: Annotated[
        Path | None,
        typer.Option("--csv-excel", metavar="DIR", help="Copies of the CSV that are safe to open in a spreadsheet."),
    ] = None,
    jobs: options.Jobs = None,
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a finished run in the formats of other programs.

    For --qdpx the texts come from the cache; what it does not hold is read from the PDFs again.
    """
    texts = options.given(locals())
    from chna_toolkit.exports.files import check_free
    from chna_toolkit.results.run import MANIFEST, read_run

    if not (excel or sqlite or qdpx or parquet or figures or csv_excel):
        raise UsageError("nothing to export", "Say what, such as --excel results.xlsx.")
    finished, folder = read_run(run), run.parent if run.name == MANIFEST else run
    works = [*_files(finished, excel, sqlite)]
    works += [_parquet(finished, folder)] if parquet else []
    works += [_figures(finished, figures)] if figures else []
    works += [_csv(finished, csv_excel)] if csv_excel else []
    works += [_project(finished, folder, qdpx, texts)] if qdpx else []
    if csv_excel and csv_excel.resolve() == folder.resolve():
        raise UsageError("the copies for spreadsheets would replace the tables of the run", "Name another folder.")
    for path in (path for work in works for path in work.paths):
        check_free(path, force=force)
    for work in works:
        work.write()
        if not quiet:
            say("\n".join(f"written: {path}" for path in work.paths if path.exists()))


class _Work(NamedTuple):
    paths: list[Path]
    write: Callable[[], object]


def _files(run: Run, excel: Path | None, sqlite: Path | None) -> Iterator[_Work]:
    if excel:
        from chna_toolkit.exports.excel import write_excel

        yield _Work([excel], partial(write_excel, run, excel))
    if sqlite:
        from chna_toolkit.exports.sqlite import write_sqlite

        yield _Work([sqlite], partial(write_sqlite, run, sqlite))


def _parquet(run: Run, folder: Path) -> _Work:
    from chna_toolkit.exports.parquet import parquet_paths, write_parquet

    return _Work(parquet_paths(run, folder), partial(write_parquet, run, folder))


def _csv(run: Run, folder: Path) -> _Work:
    from chna_toolkit.exports.excel_csv import excel_csv_paths, write_excel_csv

    return _Work(excel_csv_paths(run, folder), partial(write_excel_csv, run, folder))


def _figures(run: Run, folder: Path) -> _Work:
    from chna_toolkit.exports.figures import figure_paths, write_figures

    return _Work(figure_paths(folder), partial(write_figures, run, folder))


def _project(run: Run, folder: Path, path: Path, given: Mapping[str, object]) -> _Work:
    from chna_toolkit.exports.qda import write_project
    from chna_toolkit.run_texts import read_again, settings_of

    settings = settings_of(run, folder, given)
    return _Work([path], lambda: write_project(run, read_again(run, folder, settings), path))
