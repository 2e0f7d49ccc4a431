"""The contract of the table of events, checked on DuckDB: only counts and examples enter memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import ibis
import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table

from predictor.core.cell_formats import DATE_FORMATS, Format
from predictor.core.errors import Finding, TableError, count, list_names
from predictor.core.row_faults import Faults, check_dropped, offer_to_drop
from predictor.core.settings import Settings
from predictor.data.columns import check_named, rename_to_ours
from predictor.data.events.checks import (
    check_any,
    check_duplicates,
    check_future,
    check_rows,
    check_unknown_leads,
    mark_faults,
    to_us,
)
from predictor.data.events.event_cells import parse_event_cells, parse_placed_cells
from predictor.data.events.stored_tables import materialise
from predictor.data.events.table import complete_events, list_rows
from predictor.data.lead_keys import as_keys, list_spellings

EVENT_COLUMNS = ("lead_id", "occurred_at", "event_type", "asset", "campaign", "value")
NEEDED = ("lead_id", "occurred_at", "event_type")
_SKEW_US = 10_000_000
_MANY = 0.05  # share of rows with an event within seconds that is no coincidence


@dataclass(frozen=True)
class ReadEvents:
    """Events as read: a table on DuckDB, with texts or types as in the source, or one that stays in its database.

    Attributes:
        table: The requested columns, `row` (from 1, in the order of the files) and `file`, None where there is no file. In place:
            what `parse_placed_cells` reads.
        faults: Rows that could not be read and are missing in the table.
        notes: Findings about rows that are no events and were left out.
        in_place: Whether the table is in the database that the events come from.
    """

    table: Table
    faults: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    in_place: bool = False


@dataclass(frozen=True)
class RawEvents:
    """Events in their source, not read yet.

    Attributes:
        columns: The names of the source's columns.
        read: Reads the columns of a mapping, our name -> theirs, under our names.
        notes: Findings about the source.
        copy: The same as `read`, always to DuckDB; None where `read` does that.
    """

    columns: tuple[str, ...]
    read: Callable[[Mapping[str, str]], ReadEvents]
    notes: tuple[Finding, ...] = ()
    copy: Callable[[Mapping[str, str]], ReadEvents] | None = None


@dataclass(frozen=True)
class Events:
    """Checked events, on DuckDB or in the database that they come from.

    Attributes:
        table: lead_id, at_us (microseconds since 1970 in UTC), event_type, asset, campaign (normal texts) and value; no
            duplicates, no events of unknown leads.
        types: Event type -> number of events and number of leads that have one; most frequent first.
        latest: The latest moment that is not in the future; None where there is none.
        findings: Warnings and tips, and what was left out.
        formats: `occurred_at` and `value`, and how they are written, where that is not the plain format.
    """

    table: Table
    types: dict[str, tuple[int, int]]
    latest: pd.Timestamp | None
    findings: tuple[Finding, ...] = ()
    formats: Mapping[str, Format] = field(default_factory=dict)


def check_events(
    raw: RawEvents,
    settings: Settings,
    lead_ids: pd.Series | Table,
    *,
    now: pd.Timestamp | None = None,
    drop: bool | None = None,
    formats: Mapping[str, Format] = MappingProxyType({}),
) -> Events:
    """The checked events of an export; columns beyond the contract are not read.

    Args:
        raw: The events.
        settings: Sections data and event_columns are used.
        lead_ids: The known leads; events of others are left out. Where they are a table beside the events, it has the `key` of
            each lead and its `spelling` in the events.
        now: Later events are reported; None skips this check.
        drop: Whether faulty rows are left out; None means as data.faulty_rows says.
        formats: How `occurred_at` and `value` were written in training, for cells that may be read in two ways.

    Raises:
        TableError: All faults together: missing columns, broken rows, unreadable dates or values, events without a lead or
            a type.
    """
    read = raw.read(_match_columns(raw.columns, settings))
    data = settings.data
    if read.in_place:
        table, formats = parse_placed_cells(read.table, timezone=data.timezone, missing_values=data.missing_values), {}
    else:
        order = next((name for name in DATE_FORMATS if name == f"date {data.date_order}"), None)
        cells = parse_event_cells(
            read.table, timezone=data.timezone, missing_values=data.missing_values, order=order, formats=formats
        )
        table, formats = cells.table, cells.formats
    parsed = materialise(table)
    faults = (*read.faults, *check_rows(parsed))
    if faults and not (data.faulty_rows == "drop" if drop is None else drop):
        raise TableError("events", [fault if drop is not None else offer_to_drop(fault) for fault in faults])
    readable = parsed.filter(~ibis.or_(*mark_faults(parsed).values()))
    keys = lead_ids if isinstance(lead_ids, Table) else _list_keys(lead_ids, in_place=read.in_place)
    known = readable.join(keys, readable.lead_id == keys.spelling).drop("lead_id", "spelling").rename(lead_id="key")
    table = materialise(complete_events(known).distinct())
    types = _count_types(table)
    findings = (
        *raw.notes,
        *read.notes,
        *map(check_dropped, faults),
        *check_unknown_leads(parsed, readable, keys),
        *check_future(parsed, known, now),
        *check_duplicates(known, table),
        *check_any(types),
    )
    latest = _compute_latest_event(table, now)
    return Events(table=table, types=types, latest=latest, findings=findings, formats=formats)


def _list_keys(lead_ids: pd.Series, *, in_place: bool) -> Table:
    """The keys of the leads, and how events spell each: as the key, where they are read here."""
    keys = as_keys(lead_ids).dropna().unique()
    pairs = [(spelling, key) for key in keys for spelling in (list_spellings(key) if in_place else (key,))]
    spellings, found = zip(*pairs, strict=True) if pairs else ((), ())
    return ibis.memtable(pa.table({"spelling": pa.array(spellings, pa.string()), "key": pa.array(found, pa.string())}))


def check_clocks(events: Events, lead_ids: pd.Series, as_of: pd.Series) -> tuple[Finding, ...]:
    """A tip where many leads have an event in the ten seconds after they became MQLs, which no feature may see.

    Args:
        events: The events.
        lead_ids: The lead of each row.
        as_of: The moment when it became an MQL.
    """
    rows = list_rows(lead_ids, as_of)
    moments = events.table.select("at_us", key="lead_id")
    just_after = [rows.lead_id == moments.key, moments.at_us > rows.as_of_us, moments.at_us <= rows.as_of_us + _SKEW_US]
    n = int(rows.join(moments, just_after).row.nunique().to_pyarrow().as_py())
    if n < _MANY * len(lead_ids):
        return ()
    what = f"In {n:,} of {count(len(lead_ids), 'row')} an event follows 'mql_at' within ten seconds, and is not used."
    do = "If it made the lead an MQL, or the clocks of tracker and CRM differ, set mql_at to a moment after it."
    return (Finding("EVENT005", "tip", what, do=do),)


def _match_columns(names: tuple[str, ...], settings: Settings) -> dict[str, str]:
    """Our name -> the firm's column, for every column of the contract that exists.

    Raises:
        TableError: A column is missing, two have the same name, or a mapped name is none of ours.
    """
    faults = Faults()
    mapped, header = settings.event_columns, pd.DataFrame(columns=list(names))
    check_named(list(mapped.values()), header, section="[event_columns]", faults=faults)
    rename_to_ours(header, mapped, EVENT_COLUMNS, section="event_columns", faults=faults)
    taken = set(mapped.values())
    ours = {name: mapped.get(name, name) for name in EVENT_COLUMNS if name in mapped or name not in taken}
    found = {name: theirs for name, theirs in ours.items() if theirs in names}
    for name in NEEDED:
        if name not in found:
            what = f"There is no column '{name}'; the table has {list_names(names)}."
            faults.add("EVENT001", what, "Map it in [event_columns].")
    faults.settle("events", header, drop=False)
    return found


def _count_types(table: Table) -> dict[str, tuple[int, int]]:
    counts = table.group_by("event_type").aggregate(events=table.count(), leads=table.lead_id.nunique())
    entries = sorted(counts.to_pyarrow().to_pylist(), key=lambda entry: (-entry["events"], entry["event_type"]))
    return {entry["event_type"]: (entry["events"], entry["leads"]) for entry in entries}


def _compute_latest_event(table: Table, now: pd.Timestamp | None) -> pd.Timestamp | None:
    past = table if now is None else table.filter(table.at_us <= to_us(now))
    latest = past.at_us.max().to_pyarrow().as_py()
    return None if latest is None else pd.Timestamp(latest, unit="us", tz="UTC")
