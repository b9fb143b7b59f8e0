"""The tables as Parquet, for programs that read columns with their types."""

from __future__ import annotations

from pathlib import Path

from chna_toolkit.exports.files import needs, whole_file
from chna_toolkit.results.run import Run


def parquet_paths(run: Run, folder: Path) -> list[Path]:
    """Return the files that `write_parquet` writes."""
    return [folder / f"{table.name}.parquet" for table in run.schemas]


def write_parquet(run: Run, folder: Path) -> None:
    """Write each table beside its CSV. Text stands exactly as in the document, without the CSV's apostrophe.

    Raises `MissingDependencyError` without pyarrow, `OutputError` where they cannot be written.
    """
    for table, path in zip(run.schemas, parquet_paths(run, folder), strict=True):
        with needs("pyarrow", "parquet"), whole_file(path) as partial:
            run.tables[table.name].to_parquet(partial, engine="pyarrow", compression="zstd", index=False)
