"""The contract of the table of events, checked where the events are: no more of them than a count enters memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
from ibis.expr.types import BooleanValue, Table

from predictor.core.errors import Finding, TableError, count, list_names
from predictor.core.row_faults import Faults, check_dropped, offer_to_drop
from predictor.core.settings import Settings
from predictor.core.settings_sections import DATE_FORMATS
from predictor.data.columns import as_keys, check_named, rename_to_ours
from predictor.data.events.cells import keep, parse_cells
from predictor.data.events.table import complete_events, list_rows
from predictor.data.parse import ISO_HINT

EVENT_COLUMNS = ("lead_id", "occurred_at", "event_type", "asset", "campaign", "value")
NEEDED = ("lead_id", "occurred_at", "event_type")
_SKEW_US = 10_000_000
_MANY = 0.05  # share of rows from which it is no chance that something follows within seconds


@dataclass(frozen=True)
class Read:
    """Events as they were read: a table on DuckDB in texts or types as they came.

    Attributes:
        table: The columns that were asked for, `row` (from 1, in the order of the files) and `file`, None for no file.
        faults: Rows that could not be read at all, which the table lacks.
    """

    table: Table
    faults: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class RawEvents:
    """Events as a firm holds them, not read yet.

    Attributes:
        columns: The names that they have.
        read: Reads the columns of a mapping, our name -> theirs, under our names.
        notes: What was noticed where they are.
    """

    columns: tuple[str, ...]
    read: Callable[[Mapping[str, str]], Read]
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Events:
    """Events that keep the contract, on DuckDB.

    Attributes:
        table: lead_id, at_us (microseconds since 1970 in UTC), event_type, asset, campaign (texts in their normal form) and
            value; each act once, none of an unknown lead.
        types: Event type -> number of its acts, and number of leads that have one; most frequent first.
        latest: The latest moment that is not in the future; None where there is none.
        findings: What was noticed and left out.
    """

    table: Table
    types: dict[str, tuple[int, int]]
    latest: pd.Timestamp | None
    findings: tuple[Finding, ...] = ()


def check_events(
    raw: RawEvents, settings: Settings, lead_ids: pd.Series, *, now: pd.Timestamp | None = None, drop: bool | None = None
) -> Events:
    """The events of an export under the contract, and what was noticed; columns beyond the contract are not read.

    Args:
        raw: The events.
        settings: Sections data and event_columns are used.
        lead_ids: The leads that are known; events of others are left out.
        now: The moment after which nothing can have happened yet; None where that is not to be checked.
        drop: Whether faulty rows are left out; None means as data.faulty_rows says.

    Raises:
        TableError: All faults together: a column that is missing, rows that are broken, dates that are no dates, events
            without a lead or a type, values that are no numbers.
    """
    read = raw.read(_find_columns(raw.columns, settings))
    data = settings.data
    order = next((form for form in DATE_FORMATS if form == f"date {data.date_order}"), None)
    parsed = keep(parse_cells(read.table, timezone=data.timezone, missing_values=data.missing_values, order=order))
    faults = (*read.faults, *_find_faults(parsed))
    if faults and not (data.faulty_rows == "drop" if drop is None else drop):
        raise TableError("events", [fault if drop is not None else offer_to_drop(fault) for fault in faults])
    whole = parsed.filter(~ibis.or_(*_mark_faults(parsed).values()))
    keys = ibis.memtable(pa.table({"lead_id": pa.array(as_keys(lead_ids).dropna().unique(), pa.string())}))
    known = whole.semi_join(keys, "lead_id")
    table = keep(complete_events(known).distinct())
    noticed = (*_tell_strangers(parsed, whole, keys), *_tell_future(parsed, known, now), *_tell_alike(known, table))
    types = _count_types(table)
    findings = (*raw.notes, *map(check_dropped, faults), *noticed, *_tell_none(types))
    return Events(table, types, _find_latest(table, now), findings)


def check_clocks(events: Events, lead_ids: pd.Series, as_of: pd.Series) -> tuple[Finding, ...]:
    """Whether many leads did something in the ten seconds after they became MQLs, which no feature may see.

    Args:
        events: The events.
        lead_ids: The lead of each row.
        as_of: The moment it became an MQL.
    """
    rows = list_rows(lead_ids, as_of)
    acts = events.table.select("at_us", key="lead_id")
    after = [rows.lead_id == acts.key, acts.at_us > rows.as_of_us, acts.at_us <= rows.as_of_us + _SKEW_US]
    near = int(rows.join(acts, after).row.nunique().to_pyarrow().as_py())
    if near < _MANY * len(lead_ids):
        return ()
    what = f"In {near:,} of {count(len(lead_ids), 'row')} an event follows 'mql_at' within ten seconds, and is not looked at."
    do = "If it made the lead an MQL, or the clocks of tracker and CRM differ, set mql_at to a moment after it."
    return (Finding("EVENT005", "tip", what, do),)


def _find_columns(names: tuple[str, ...], settings: Settings) -> dict[str, str]:
    """Our name -> the firm's column, for every column of the contract that is there.

    Raises:
        TableError: Columns that are missing, bear one name twice, or are no words of the contract.
    """
    faults = Faults()
    mapped, bare = settings.event_columns, pd.DataFrame(columns=list(names))
    check_named(list(mapped.values()), bare, section="[event_columns]", faults=faults)
    rename_to_ours(bare, mapped, EVENT_COLUMNS, section="event_columns", faults=faults)
    taken = set(mapped.values())
    ours = {name: mapped.get(name, name) for name in EVENT_COLUMNS if name in mapped or name not in taken}
    found = {name: theirs for name, theirs in ours.items() if theirs in names}
    for name in NEEDED:
        if name not in found:
            what = f"There is no column '{name}'; the table has {list_names(names)}."
            faults.add("EVENT001", what, "Map it in [event_columns].")
    faults.settle("events", bare, drop=False)
    return found


def _mark_faults(parsed: Table) -> dict[tuple[str, str, str], BooleanValue]:
    """Code, words and advice of each fault that a row can have -> the rows that have it."""
    lacks = "Column '{}' is empty in"
    no_date, no_number = "Column 'occurred_at' holds no date in", "Column 'value' holds no number in"
    return {
        ("EVENT003", no_date, f"{ISO_HINT}; where no day is above 12, set data.date_order."): parsed.bad_at,
        ("EVENT006", lacks.format("lead_id"), "Export the lead of every event."): parsed.lead_id.isnull(),
        ("EVENT006", lacks.format("occurred_at"), "Export when it happened."): parsed.at_us.isnull() & ~parsed.bad_at,
        ("EVENT006", lacks.format("event_type"), "Export what happened."): parsed.event_type.isnull(),
        ("EVENT009", no_number, "Write plain numbers, as 1200 for 1,200."): parsed.bad_value,
    }


def _find_faults(parsed: Table) -> list[Finding]:
    """The faults of rows, with counts and the first example of each; all are counted in one pass."""
    marks = _mark_faults(parsed)
    sums = {f"n{place}": mark.sum() for place, mark in enumerate(marks.values())}
    firsts = {f"first{place}": parsed.row.min(where=mark) for place, mark in enumerate(marks.values())}
    (found,) = parsed.aggregate(**sums, **firsts).to_pyarrow().to_pylist()
    return [
        Finding(code, "error", f"{what} {count(n, 'row')} (first in {_locate(parsed, found[f'first{place}'])}).", do)
        for place, (code, what, do) in enumerate(marks)
        if (n := found[f"n{place}"])
    ]


def _locate(table: Table, row: int) -> str:
    """Where a row stands: its number among those that can be read, from 1, and its file where there are several."""
    firsts = table.group_by("file").aggregate(first=table.row.min()).to_pyarrow().to_pylist()
    first, name = max((entry["first"], entry["file"]) for entry in firsts if entry["first"] <= row)
    if len(firsts) == 1:
        return f"row {row:,}"
    base = os.path.commonpath([Path(entry["file"]).parent for entry in firsts])
    return f"row {row - first + 1:,} of '{Path(name).relative_to(base)}'"


def _tell_strangers(parsed: Table, whole: Table, keys: Table) -> tuple[Finding, ...]:
    strangers = whole.anti_join(keys, "lead_id")
    n, first = _count_rows(strangers)
    if not n:
        return ()
    total = int(whole.count().to_pyarrow().as_py())
    where = f"{'belongs' if n == 1 else 'belong'} to no lead of the table and were left out (first in {_locate(parsed, first)})"
    what = f"{count(n, 'event')} of {total:,} {where}."
    return (Finding("EVENT007", "warning", what, "Export both tables at the same time."),)


def _tell_none(types: Mapping[str, tuple[int, int]]) -> tuple[Finding, ...]:
    if types:
        return ()
    what = "No event of these leads is left: every lead is taken for one that did nothing."
    return (
        Finding(
            "EVENT015", "warning", what, "Check that the table holds events, and the leads' keys as the table of leads has them."
        ),
    )


def _tell_future(parsed: Table, known: Table, now: pd.Timestamp | None) -> tuple[Finding, ...]:
    if now is None:
        return ()
    n, first = _count_rows(known.filter(known.at_us > _to_us(now)))
    if not n:
        return ()
    where = f"{'lies' if n == 1 else 'lie'} in the future, which changes nothing until then (first in {_locate(parsed, first)})"
    what = f"{count(n, 'event')} {where}."
    return (Finding("EVENT004", "warning", what, "Check the tracker's clock, and data.timezone."),)


def _tell_alike(known: Table, table: Table) -> tuple[Finding, ...]:
    total, kept = (int(events.count().to_pyarrow().as_py()) for events in (known, table))
    if total == kept:
        return ()
    what = f"{count(total - kept, 'event')} of {total:,} alike in everything to another one: they count as one act with it."
    return (Finding("EVENT013", "tip", what, "If they are different acts, export the moment with its time of day."),)


def _count_rows(events: Table) -> tuple[int, int]:
    """How many they are, and the first of them."""
    (found,) = events.aggregate(n=events.count(), first=events.row.min()).to_pyarrow().to_pylist()
    return found["n"], found["first"]


def _count_types(table: Table) -> dict[str, tuple[int, int]]:
    counts = table.group_by("event_type").aggregate(acts=table.count(), leads=table.lead_id.nunique())
    found = sorted(counts.to_pyarrow().to_pylist(), key=lambda entry: (-entry["acts"], entry["event_type"]))
    return {entry["event_type"]: (entry["acts"], entry["leads"]) for entry in found}


def _find_latest(table: Table, now: pd.Timestamp | None) -> pd.Timestamp | None:
    past = table if now is None else table.filter(table.at_us <= _to_us(now))
    latest = past.at_us.max().to_pyarrow().as_py()
    return None if latest is None else pd.Timestamp(latest, unit="us", tz="UTC")


def _to_us(moment: pd.Timestamp) -> int:
    return int(moment.value) // 1000
