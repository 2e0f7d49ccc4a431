"""Local times of events as moments in UTC, by the offsets of their days."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.expr.types import IntegerValue, Table
from numpy.typing import NDArray

from predictor.data.events.stored_tables import add_lookup, list_distinct
from predictor.data.parse import DAY_US, QUARTER_US, compute_offsets, parse_times

_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999  # years 1 to 9999


def move_to_utc(table: Table, timezone: str) -> Table:
    """Local times as moments in UTC: by the offset of their day, or one by one on days when the clocks change."""
    if timezone == "UTC":
        return table
    day = table.at_us - (table.at_us % DAY_US + DAY_US) % DAY_US
    table = table.mutate(day=ibis.cases((table.local, day)))
    days = list_distinct(table, "day").to_numpy()
    offsets = compute_offsets(days, timezone)
    is_constant = np.isfinite(offsets)
    table = add_lookup(table, "day", shift=pa.table({"key": days[is_constant], "found": offsets[is_constant].astype("int64")}))
    table = table.mutate(local_us=ibis.cases((table.local & table.shift.isnull(), table.at_us)))
    local = list_distinct(table, "local_us")
    exact = parse_times(pd.Series(local.to_numpy().astype("datetime64[us]")), timezone)[0]
    table = add_lookup(table, "local_us", exact=pa.table({"key": local, "found": to_us(exact)}))
    moved = ibis.cases((table.local, ibis.coalesce(keep_possible(table.at_us - table.shift), table.exact)), else_=table.at_us)
    return table.mutate(at_us=moved).drop("day", "shift", "local_us", "exact")


def move_days_to_utc(table: Table, timezone: str) -> Table:
    """Local times as moments in UTC, without a list of them: by day, and by quarter of an hour on days when the clocks change."""
    if timezone == "UTC":
        return table
    day, quarter = (table.at_us - (table.at_us % span + span) % span for span in (DAY_US, QUARTER_US))
    table = table.mutate(day=day, quarter=quarter)
    days = list_distinct(table, "day").to_numpy()
    offsets = compute_offsets(days, timezone)
    is_constant = np.isfinite(offsets)
    quarters = (days[~is_constant, None] + np.arange(0, DAY_US, QUARTER_US)).ravel()
    starts, ends = (_parse_local(quarters + into, timezone) for into in (0, QUARTER_US - 1))
    skipped = starts == ends  # no clock shows these times: they mean the moment of the change
    lookups = {
        "shift": ("day", days[is_constant], offsets[is_constant]),
        "late": ("quarter", quarters[~skipped], (quarters - starts)[~skipped]),
        "change": ("quarter", quarters[skipped], starts[skipped]),
    }
    for name, (column, key, found) in lookups.items():
        table = add_lookup(table, column, **{name: pa.table({"key": key, "found": found.astype("int64")})})
    at = ibis.coalesce(table.at_us - table.shift, table.at_us - table.late, table.change)
    return table.mutate(at_us=at).drop("day", "quarter", *lookups)


def _parse_local(times: NDArray[np.int64], timezone: str) -> NDArray[np.int64]:
    moments: NDArray[np.int64] = to_us(parse_times(pd.Series(times.astype("datetime64[us]")), timezone)[0]).to_numpy()
    return moments


def keep_possible(us: IntegerValue) -> IntegerValue:
    """Moments of the years 1 to 9999; others are missing."""
    return ibis.cases((us.between(_FIRST_US, _LAST_US), us))


def to_us(times: pd.Series) -> pa.Array:
    """Moments as microseconds since 1970; missing ones stay missing."""
    us = times.dt.as_unit("us").astype("datetime64[us, UTC]").to_numpy("datetime64[us]").astype("int64")
    return pa.array(us, pa.int64(), mask=times.isna().to_numpy())
