"""Rows of the database as a frame: read in parts that become columns of numbers at once, so that a million need little memory."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from predictor.store.schema import Moment

Column = sa.Column[Any] | sa.Label[Any]
_DTYPES = {
    sa.Integer: "int64", sa.Float: "float64", sa.String: "str", sa.Unicode: "str", sa.Boolean: "bool", sa.JSON: "object",
    Moment: "datetime64[us, UTC]",
}  # fmt: skip
_ROWS = 5_000  # of a part: as Python objects, a row takes up about a kilobyte
_MICROSECONDS = 1_000_000
_MISSING = np.iinfo(np.int64).min  # NaT, as NumPy writes it


def read_frame(connection: sa.Connection, columns: Sequence[Column], query: sa.Select[Any]) -> pd.DataFrame:
    """The rows of a query, moments in UTC.

    Args:
        connection: In a transaction.
        columns: Of one table, in the order of the result.
        query: What to read, without columns: conditions, order, limit.

    Returns:
        A column for each of `columns`, of the type that the schema says.
    """
    found = query.with_only_columns(*(_choose_expression(connection, column) for column in columns))
    parts: list[list[Any]] = [[_make_array(column, ())] for column in columns]
    with _pause_collector():
        for rows in _fetch(connection, found):
            for column, values, own in zip(columns, zip(*rows, strict=True), parts, strict=True):
                own.append(_make_array(column, values))
    return pd.DataFrame({column.name: _join(column, own) for column, own in zip(columns, parts, strict=True)})


@contextmanager
def _pause_collector() -> Iterator[None]:
    """No search for cycles meanwhile: rows are tuples of values, and a fifth of the time went into looking through them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _fetch(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[Sequence[Any]]:
    """The rows in parts. SQLite's driver gives them itself, because rows and values of SQLAlchemy take twice as long."""
    if connection.dialect.name != "sqlite":
        yield from connection.execution_options(stream_results=True).execute(query).partitions(_ROWS)
        return
    result = connection.execute(query)
    while rows := result.cursor.fetchmany(_ROWS):
        yield rows
    result.close()


def _choose_expression(connection: sa.Connection, column: Column) -> sa.ColumnElement[Any]:
    """What to select so that a moment comes as a text (SQLite, which stores it so) or as microseconds (PostgreSQL)."""
    if not isinstance(column.type, Moment):
        return column
    if connection.dialect.name == "sqlite":
        return sa.type_coerce(column, sa.String).label(column.name)
    microseconds = sa.cast(sa.extract("epoch", column) * _MICROSECONDS, sa.BigInteger)
    return sa.func.coalesce(microseconds, _MISSING).label(column.name)


def _make_array(column: Column, values: Sequence[Any]) -> Any:  # noqa: ANN401  of NumPy or pandas
    if isinstance(column.type, Moment):
        return np.array(values, dtype="datetime64[us]")
    if isinstance(column.type, sa.JSON):
        array = np.empty(len(values), dtype=object)
        array[:] = [json.loads(value) if isinstance(value, str) else value for value in values]  # PostgreSQL's is read already
        return array
    dtype = _DTYPES[type(column.type)]
    return pd.Series(values, dtype=dtype).array if dtype == "str" else np.array(values, dtype=dtype)


def _join(column: Column, parts: list[Any]) -> pd.Series:
    """The parts of a column as one, which are given free."""
    joined = pd.concat([pd.Series(part) for part in parts[1:] or parts], ignore_index=True)
    parts.clear()
    return joined.dt.tz_localize("UTC") if isinstance(column.type, Moment) else joined
