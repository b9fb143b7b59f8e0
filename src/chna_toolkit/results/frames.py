"""Data frames that match their schema, and rows out of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
from pandas import DataFrame as DataFrame

from chna_toolkit.results.cells import tidy
from chna_toolkit.results.schemas import Table, Type, Value

# Nullable types: a missing year must not turn years into 2024.0, nor an id into a number.
_DTYPES: dict[Type, Any] = {
    "string": "string",
    "integer": "Int64",
    "number": "Float64",
    "boolean": "boolean",
}

Row = Mapping[str, Value]
_AT_ONCE = 10_000  # rows


def frame_of(table: Table, rows: Iterable[Row]) -> pd.DataFrame:
    """Return the rows as a data frame with exactly the table's columns, types and order.

    Raises `ValueError` if a row has other columns, or two rows have the same key.
    """
    listed = []
    names = set(table.header)
    for row in rows:
        if row.keys() != names:
            raise ValueError(f"{table.name}: row does not fit: {sorted(row.keys() ^ names)}")
        listed.append([tidy(row[column.name], column) for column in table.columns])
    places = [table.header.index(name) for name in table.key]
    listed.sort(key=lambda values: tuple(_sortable(values[place]) for place in places))
    keys = [tuple(values[place] for place in places) for values in listed]
    for before, after in pairwise(keys):
        if before == after:
            raise ValueError(f"{table.name}: two rows with the key {after}")
    return _frame(table, listed)


def frame_of_values(table: Table, rows: Iterable[Sequence[Value]]) -> pd.DataFrame:
    """Return rows that are known to be tidy and sorted (read from a run) as a data frame."""
    return _frame(table, list(rows))


def _frame(table: Table, rows: list[list[Value]] | list[Sequence[Value]]) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(table.columns)
    return pd.DataFrame(
        {
            column.name: pd.array(list(values), dtype=_DTYPES[column.type])
            for column, values in zip(table.columns, columns, strict=True)
        }
    )


def rows_of(frame: pd.DataFrame) -> list[dict[str, Value]]:
    """Return the rows with plain Python values; missing is `None`."""
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, values, strict=True)) for values in values_of(frame)]


def values_of(frame: pd.DataFrame) -> Iterator[tuple[Value, ...]]:
    """Yield the rows as tuples in the order of the columns, so that a large table takes little memory."""
    for first in range(0, len(frame), _AT_ONCE):
        part = frame.iloc[first : first + _AT_ONCE]
        yield from zip(*(_plain(part[name]) for name in part.columns), strict=True)


def _plain(series: pd.Series) -> list[Value]:
    missing = series.isna()
    return [None if gone else value for value, gone in zip(series.tolist(), missing, strict=True)]


def _sortable(value: Value) -> tuple[bool, Value]:
    return (value is not None, value)
