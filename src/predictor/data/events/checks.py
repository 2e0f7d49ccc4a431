"""Checks of events, counted where they are: the rows that break the contract, and what a reader must know of the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from ibis.expr.types import BooleanValue, Table, Value

from predictor.core.errors import Finding, count
from predictor.core.shared_facts import describe_shared
from predictor.data.parse import DAY_US, ISO_HINT


def mark_faults(parsed: Table) -> dict[tuple[str, str, str], BooleanValue]:
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


def check_rows(parsed: Table) -> list[Finding]:
    """The faults of rows, with the count and the first example of each; all are counted in one pass."""
    marks = mark_faults(parsed)
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


def check_unknown_leads(parsed: Table, readable: Table, keys: Table) -> tuple[Finding, ...]:
    """A warning about events of leads that are not in the table of leads."""
    n, first = _count_rows(readable.anti_join(keys, readable.lead_id == keys.spelling))
    if not n:
        return ()
    total = int(readable.count().to_pyarrow().as_py())
    where = f"{'belongs' if n == 1 else 'belong'} to no lead of the table and were left out{_locate(parsed, first)}"
    what = f"{count(n, 'event')} of {total:,} {where}."
    return (Finding("EVENT007", "warning", what, do="Export both tables at the same time."),)


def check_any(types: Mapping[str, tuple[int, int]]) -> tuple[Finding, ...]:
    """A warning where no event of the leads is left."""
    if types:
        return ()
    what = "No event of these leads is left: every lead counts as one without events."
    do = "Check that the table holds events, and that its lead_id is that of the table of leads."
    return (Finding("EVENT015", "warning", what, do=do),)


def check_future(parsed: Table, known: Table, now: pd.Timestamp | None) -> tuple[Finding, ...]:
    """A warning about events after `now`; None skips the check."""
    n, first = (0, 0) if now is None else _count_rows(known.filter(known.at_us > to_us(now)))
    if not n:
        return ()
    where = f"{'lies' if n == 1 else 'lie'} in the future and will not count until then{_locate(parsed, first)}"
    what = f"{count(n, 'event')} {where}."
    return (Finding("EVENT004", "warning", what, do="Check the tracker's clock, and data.timezone."),)


def check_duplicates(known: Table, table: Table) -> tuple[Finding, ...]:
    """A tip about equal events, which count once."""
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


def to_us(moment: pd.Timestamp) -> int:
    """A moment as microseconds since 1970."""
    return int(moment.value) // 1000
