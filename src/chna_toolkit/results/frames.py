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
    names, places = set(table.header), [table.header.index(name) for name in table.key]
    keys: list[tuple[Value, ...]] = []
    parts: list[pd.DataFrame] = []
    block: list[list[Value]] = []  # rows of Python objects take several times the memory of a frame
    for row in rows:
        if row.keys() != names:
            raise ValueError(f"{table.name}: row does not fit: {sorted(row.keys() ^ names)}")
        block.append([tidy(row[column.name], column) for column in table.columns])
        keys.append(tuple(block[-1][place] for place in places))
        if len(block) == _AT_ONCE:
            parts.append(_frame(table, block))
            block = []
    parts.append(_frame(table, block))
    frame, order = pd.concat(parts, ignore_index=True), _order(keys)
    for before, after in pairwise(order):
        if keys[before] == keys[after]:
            raise ValueError(f"{table.name}: two rows with the key {keys[after]}")
    del keys, parts
    is_sorted = all(place == index for index, place in enumerate(order))  # then a large table is not copied
    return frame if is_sorted else frame.take(order).reset_index(drop=True)


def _order(keys: Sequence[tuple[Value, ...]]) -> list[int]:
    """Return the places of the keys in sorted order, what is missing first."""
    places = range(len(keys))
    try:
        return sorted(places, key=keys.__getitem__)
    except TypeError:  # None is compared with nothing
        return sorted(places, key=lambda place: tuple(_sortable(value) for value in keys[place]))


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
