"""The contract of the table of events."""

from __future__ import annotations

import pandas as pd

from predictor.columns import as_keys, check_named, rename_to_ours
from predictor.config import Settings
from predictor.errors import Finding, count, list_names
from predictor.faults import Faults
from predictor.parse import ISO_HINT, blank_missing, parse_numbers, parse_times

EVENT_COLUMNS = ("lead_id", "occurred_at", "event_type", "asset", "campaign", "value")


def check_events(
    raw: pd.DataFrame, settings: Settings, lead_ids: pd.Series, *, drop: bool | None = None
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Events under the contract, `occurred_at` in UTC, and what was noticed; columns beyond the contract are left out.

    Args:
        raw: The events as read.
        settings: Sections data and event_columns are used.
        lead_ids: The leads that are known; events of others are left out.
        drop: Whether faulty rows are left out; None means as data.faulty_rows says.

    Raises:
        TableError: A column that is missing, dates that are no dates, events without a lead or a type.
    """
    faults = Faults()
    check_named(list(settings.event_columns.values()), raw, section="[event_columns]", faults=faults)
    frame = rename_to_ours(raw, settings.event_columns, EVENT_COLUMNS, section="event_columns", faults=faults)
    for name in ("lead_id", "occurred_at", "event_type"):
        if name not in frame:
            what = f"There is no column '{name}'; the table has {list_names(frame.columns)}."
            faults.add("EVENT001", what, "Map it in [event_columns].")
    if faults.findings:
        faults.settle("events", frame, drop=False)
    frame = frame.assign(lead_id=as_keys(frame["lead_id"]))[[name for name in EVENT_COLUMNS if name in frame]]
    frame = blank_missing(frame, settings.data.missing_values)
    frame["occurred_at"], bad = parse_times(frame["occurred_at"], settings.data.timezone)
    faults.add_rows("EVENT003", bad, "Column 'occurred_at' holds no date in {rows}.", ISO_HINT + ".")
    lacking = frame[["lead_id", "event_type"]].isna().any(axis=1) | (frame["occurred_at"].isna() & ~bad)
    faults.add_rows("EVENT006", lacking, "lead_id, occurred_at or event_type is lacking in {rows}.", "Export all three.")
    if "value" in frame:
        frame["value"], bad = parse_numbers(frame["value"])
        faults.add_rows("EVENT009", bad, "Column 'value' holds no number in {rows}.", "Write plain numbers.")
    wanted = settings.data.faulty_rows == "drop" if drop is None else drop
    frame, left = faults.settle("events", frame, drop=wanted)
    known = frame["lead_id"].isin(as_keys(lead_ids))
    if not known.all():
        what = f"{count(int((~known).sum()), 'event')} of {len(frame):,} belong to no lead of the table and were left out."
        left = (*left, Finding("EVENT007", "warning", what, "Export both tables at the same time."))
    return frame[known].reset_index(drop=True), left
