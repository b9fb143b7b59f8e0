"""Parquet beside the CSV."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from chna_toolkit.errors import ExitCode
from chna_toolkit.results.run import Run, write_run

pytest.importorskip("pyarrow", reason="needs pyarrow: pip install '.[parquet]'")


def test_each_table_comes_back_with_its_types(chna, folder: Path, run: Run):
    assert chna("export", folder, "--parquet").code == ExitCode.OK
    for table in run.schemas:
        again = pd.read_parquet(folder / f"{table.name}.parquet")
        pd.testing.assert_frame_equal(run.tables[table.name], again)


def test_it_is_not_overwritten_unasked_and_goes_with_the_next_scan(chna, folder: Path, run: Run):
    chna("export", folder, "--parquet")
    assert chna("export", folder, "--parquet").code == ExitCode.OUTPUT
    assert chna("export", folder, "--parquet", "--force").code == ExitCode.OK
    write_run(folder, run.tables, run.manifest)
    assert not list(folder.glob("*.parquet"))
