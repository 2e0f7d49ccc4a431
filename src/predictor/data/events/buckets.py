"""Leads and their events in buckets, so that time grows with the events and not faster, and memory does not grow."""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.expr.types import IntegerValue, StringValue, Table
from numpy.typing import NDArray

from predictor.data.lead_keys import as_keys

_MOST = 5_000_000  # events that DuckDB joins and sorts in about a gigabyte


def split_by_lead(lead_ids: pd.Series, events: Table) -> Iterator[tuple[NDArray[np.intp], Table]]:
    """The places of some leads and the events of these, bucket after bucket; every place is in one.

    There is one bucket where events are few, or where a database computes that sorts more than memory holds by itself.

    Args:
        lead_ids: The lead of each row.
        events: With `lead_id`.

    >>> leads = pd.Series(["A", "B"])
    >>> [places.tolist() for places, _ in split_by_lead(leads, ibis.memtable(pa.table({"lead_id": ["A"]})))]
    [[0, 1]]
    """
    total = int(events.count().to_pyarrow().as_py()) if events.get_backend().name == "duckdb" else 0
    if total <= 1.5 * _MOST:  # a bucket is not split again
        yield np.arange(len(lead_ids)), events
        return
    buckets = -(-total // _MOST)
    named = events.mutate(bucket=_choose_bucket(events.lead_id, buckets))
    stored = events.get_backend().create_table(ibis.util.gen_name("buckets"), named.order_by("bucket"))
    keys = ibis.memtable(
        pa.table({"place": np.arange(len(lead_ids)), "key": pa.array(as_keys(lead_ids), pa.string(), from_pandas=True)})
    )
    found = keys.select("place", bucket=_choose_bucket(keys.key.fill_null(""), buckets)).order_by("place").to_pyarrow()
    bucket = found["bucket"].to_numpy()
    for number in range(buckets):
        yield np.flatnonzero(bucket == number), stored.filter(stored.bucket == number).drop("bucket")


def _choose_bucket(lead_id: StringValue, buckets: int) -> IntegerValue:
    """A number from 0; hashes may be negative."""
    return ((lead_id.hash() % buckets + buckets) % buckets).cast("int32")
