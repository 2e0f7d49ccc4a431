"""Tables on any backend: computed once and stored, and joined with what Python has read of their distinct cells."""

from __future__ import annotations

import ibis
import pyarrow as pa
from ibis.expr.types import Table


def materialise(table: Table) -> Table:
    """The table, computed once and stored on its backend while the connection is open; Databricks computes it each time."""
    backend, name = table.get_backend(), ibis.util.gen_name("events")
    if backend.name == "databricks":
        return table
    if backend.name == "pyspark":
        return _cache_on_spark(table, name)
    stored = backend.create_table(name, table, temp=backend.name != "duckdb")
    if backend.name == "postgres":
        texts = [f'ALTER COLUMN "{column}" TYPE TEXT COLLATE "C"' for column, kind in table.schema().items() if kind.is_string()]
        backend.raw_sql(f'ALTER TABLE "{name}" {", ".join(texts)}; ANALYZE "{name}"').close()
    return stored


def _cache_on_spark(table: Table, name: str) -> Table:
    """The table in the cache of its session; a view of it is resolved at once, so that no lookup is missing later."""
    from pyspark.sql import SparkSession  # noqa: PLC0415  few have Spark

    backend = table.get_backend()
    backend.create_view(f"{name}_source", table)
    frame = SparkSession.active().table(f"{name}_source").cache()
    frame.createOrReplaceTempView(name)
    return backend.table(name)


def list_distinct(table: Table, column: str) -> pa.ChunkedArray:
    """The different cells of a column, without missing ones."""
    return table.filter(table[column].notnull()).select(column).distinct().to_pyarrow()[column]


def add_lookup(table: Table, column: str, **lookup: pa.Table) -> Table:
    """The table with one more column: `found` of the lookup where `key` equals a column's cell, else missing."""
    ((name, pairs),) = lookup.items()
    if not len(pairs):
        return table.mutate(**{name: ibis.null(ibis.Schema.from_pyarrow(pairs.schema)["found"])})
    known = ibis.memtable(pairs).rename({f"{name}_key": "key", name: "found"})
    return table.left_join(known, table[column] == known[f"{name}_key"]).drop(f"{name}_key")
