"""The contract of the table of events, checked on DuckDB: only counts and examples enter memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import ibis
import pandas as pd
import pyarrow as pa
from ibis.expr.types import BooleanValue, Table, Value

from predictor.core.errors import Finding, TableError, count, list_names
from predictor.core.row_faults import Faults, check_dropped, offer_to_drop
from predictor.core.settings import Settings
from predictor.core.settings_sections import DATE_FORMATS, Format
from predictor.core.shared_facts import describe_shared
from predictor.data.columns import check_named, rename_to_ours
from predictor.data.events.event_cells import materialise, parse_event_cells, parse_placed_cells
from predictor.data.events.table import complete_events, list_rows
from predictor.data.lead_keys import as_keys, list_spellings
from predictor.data.parse import DAY_US, ISO_HINT

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
    faults = (*read.faults, *_check_rows(parsed))
    if faults and not (data.faulty_rows == "drop" if drop is None else drop):
        raise TableError("events", [fault if drop is not None else offer_to_drop(fault) for fault in faults])
    readable = parsed.filter(~ibis.or_(*_mark_faults(parsed).values()))
    keys = lead_ids if isinstance(lead_ids, Table) else _list_keys(lead_ids, in_place=read.in_place)
    known = readable.join(keys, readable.lead_id == keys.spelling).drop("lead_id", "spelling").rename(lead_id="key")
    table = materialise(complete_events(known).distinct())
    types = _count_types(table)
    findings = (
        *raw.notes,
        *read.notes,
        *map(check_dropped, faults),
        *_check_unknown_leads(parsed, readable, keys),
        *_check_future(parsed, known, now),
        *_check_duplicates(known, table),
        *_check_any(types),
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


def _mark_faults(parsed: Table) -> dict[tuple[str, str, str], BooleanValue]:
    """Code, text and advice of each fault that a row can have -> the rows that have it."""
    empty = "Column '{}' is empty in"
    no_date, no_number = "Column 'occurred_at' holds no date in", "Column 'value' holds no number in"
    return {
        ("EVENT003", no_date, f"{ISO_HINT}; where no day is above 12, set data.date_order."): parsed.bad_at,
        ("EVENT006", empty.format("lead_id"), "Export the lead of every event."): parsed.lead_id.isnull(),
        ("EVENT006", empty.format("occurred_at"), "Export when it happened."): parsed.at_us.isnull() & ~parsed.bad_at,
        ("EVENT006", empty.format("event_type"), "Export what happened."): parsed.event_type.isnull(),
        ("EVENT009", no_number, "Write plain numbers, as 1200 for 1,200."): parsed.bad_value,
    }


def _check_rows(parsed: Table) -> list[Finding]:
    """The faults of rows, with the count and the first example of each; all are counted in one pass."""
    marks = _mark_faults(parsed)
    sums = {f"n{place}": mark.sum() for place, mark in enumerate(marks.values())}
    firsts = {f"first{place}": parsed.row.min(where=mark) for place, mark in enumerate(marks.values())}
    (found,) = parsed.aggregate(**sums, **firsts).to_pyarrow().to_pylist()
    return [
        Finding(
            code,
            "error",
            f"{what} {count(n, 'row')}{_locate(parsed, found[f'first{place}'])}.",
            do=f"{do} {_describe_shared(parsed, mark)}".rstrip(),
        )
        for place, ((code, what, do), mark) in enumerate(marks.items())
        if (n := found[f"n{place}"])
    ]


def _describe_shared(parsed: Table, mark: BooleanValue) -> str:
    """What faulty rows have in common beyond chance, a type or a month; empty for nothing."""
    day = parsed.at_us - (parsed.at_us % DAY_US + DAY_US) % DAY_US
    facts: list[tuple[str, Value, Callable[..., str]]] = [
        ("are '{}'", parsed.event_type, str),
        ("are of {}", day, _describe_month),
    ]
    counts = []
    for phrase, fact, describe in facts:
        rows = (
            parsed.mutate(fact=fact, faulty=mark)
            .group_by("fact")
            .aggregate(faulty=lambda t: t.faulty.sum(), n=lambda t: t.count())
        )
        found: dict[str, tuple[int, int]] = {}
        for row in rows.filter(rows.fact.notnull()).to_pyarrow().to_pylist():
            name = phrase.format(describe(row["fact"]))
            faulty, n = found.get(name, (0, 0))
            found[name] = faulty + row["faulty"], n + row["n"]
        counts.append(found)
    (total,) = parsed.aggregate(faulty=mark.sum(), n=parsed.count()).to_pyarrow().to_pylist()
    return describe_shared(counts, total["faulty"], total["n"])


def _describe_month(day: int) -> str:
    return f"{pd.Timestamp(day, unit='us'):%Y-%m}"


def _locate(table: Table, row: int | str | None) -> str:
    """The place of the first row in brackets: its number among the readable rows, from 1, and its file where there are several.

    Rows of a database have no number: there it is the least key of their leads, and nothing where they have none.
    """
    if not isinstance(row, int):
        return "" if row is None else f" (first of lead '{row}')"
    return f" (first in {_locate_in_files(table, row)})"


def _locate_in_files(table: Table, row: int) -> str:
    firsts = table.group_by("file").aggregate(first=table.row.min()).to_pyarrow().to_pylist()
    first, name = max((entry["first"], entry["file"]) for entry in firsts if entry["first"] <= row)
    if len(firsts) == 1:
        return f"row {row:,}"
    base = os.path.commonpath([Path(entry["file"]).parent for entry in firsts])
    return f"row {row - first + 1:,} of '{Path(name).relative_to(base)}'"


def _check_unknown_leads(parsed: Table, readable: Table, keys: Table) -> tuple[Finding, ...]:
    n, first = _count_rows(readable.anti_join(keys, readable.lead_id == keys.spelling))
    if not n:
        return ()
    total = int(readable.count().to_pyarrow().as_py())
    where = f"{'belongs' if n == 1 else 'belong'} to no lead of the table and were left out{_locate(parsed, first)}"
    what = f"{count(n, 'event')} of {total:,} {where}."
    return (Finding("EVENT007", "warning", what, do="Export both tables at the same time."),)


def _check_any(types: Mapping[str, tuple[int, int]]) -> tuple[Finding, ...]:
    if types:
        return ()
    what = "No event of these leads is left: every lead counts as one without events."
    do = "Check that the table holds events, and that its lead_id is that of the table of leads."
    return (Finding("EVENT015", "warning", what, do=do),)


def _check_future(parsed: Table, known: Table, now: pd.Timestamp | None) -> tuple[Finding, ...]:
    n, first = (0, 0) if now is None else _count_rows(known.filter(known.at_us > _to_us(now)))
    if not n:
        return ()
    where = f"{'lies' if n == 1 else 'lie'} in the future and will not count until then{_locate(parsed, first)}"
    what = f"{count(n, 'event')} {where}."
    return (Finding("EVENT004", "warning", what, do="Check the tracker's clock, and data.timezone."),)


def _check_duplicates(known: Table, table: Table) -> tuple[Finding, ...]:
    total, kept = (int(events.count().to_pyarrow().as_py()) for events in (known, table))
    if total == kept:
        return ()
    verb = "is a duplicate" if total - kept == 1 else "are duplicates"
    what = f"{count(total - kept, 'event')} of {total:,} {verb}: equal events count once."
    return (Finding("EVENT013", "tip", what, do="If they are different events, export the moment with its time of day."),)


def _count_rows(events: Table) -> tuple[int, int | str | None]:
    """The number of rows, and the first row."""
    (totals,) = events.aggregate(n=events.count(), first=events.row.min()).to_pyarrow().to_pylist()
    return totals["n"], totals["first"]


def _count_types(table: Table) -> dict[str, tuple[int, int]]:
    counts = table.group_by("event_type").aggregate(events=table.count(), leads=table.lead_id.nunique())
    entries = sorted(counts.to_pyarrow().to_pylist(), key=lambda entry: (-entry["events"], entry["event_type"]))
    return {entry["event_type"]: (entry["events"], entry["leads"]) for entry in entries}


def _compute_latest_event(table: Table, now: pd.Timestamp | None) -> pd.Timestamp | None:
    past = table if now is None else table.filter(table.at_us <= _to_us(now))
    latest = past.at_us.max().to_pyarrow().as_py()
    return None if latest is None else pd.Timestamp(latest, unit="us", tz="UTC")


def _to_us(moment: pd.Timestamp) -> int:
    return int(moment.value) // 1000
