"""The leads and events that the settings name, read and checked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from predictor.core.errors import Finding, TableError, count
from predictor.core.settings import Settings
from predictor.data.leads import Leads, check_leads
from predictor.data.raw_tables import RawTables, read_frames, read_tables

if TYPE_CHECKING:
    from predictor.data.events.contract import Events

_SAME_EXPORT = pd.Timedelta(days=7)  # two tables whose last dates are at most this far apart were exported together


def load_tables(
    settings: Settings, now: pd.Timestamp, *, leads: pd.DataFrame | None = None, events: pd.DataFrame | None = None
) -> tuple[Leads, Events | None, tuple[Finding, ...]]:
    """The checked leads, the checked events (None where there are none), and the findings of both.

    Args:
        settings: A firm's settings.
        now: The moment after which nothing can have happened yet.
        leads: Leads in memory, in place of those that the settings name.
        events: Their events, not used without `leads`.

    Raises:
        TableError: A file or table cannot be used; all its faults are listed.
    """
    raw = read_tables(settings) if leads is None else read_frames(settings, leads, events)
    return _check_tables(raw, settings, now)


def _check_tables(raw: RawTables, settings: Settings, now: pd.Timestamp) -> tuple[Leads, Events | None, tuple[Finding, ...]]:
    try:
        leads = check_leads(raw.leads, settings, now=now)
    except TableError as error:  # a warning of the reader may be the cause
        warnings = [note for note in raw.notes if note.severity == "warning"]
        raise TableError("leads", [*error.findings, *warnings]) from None
    if raw.events is None:
        return leads, None, (*raw.notes, *leads.findings)
    from predictor.data.events.contract import check_clocks, check_events  # noqa: PLC0415  only where there are events

    keys = leads.frame["lead_id"]
    events = check_events(raw.events, settings, keys, now=now)
    clock_findings = check_clocks(events, keys, leads.frame["mql_at"]) if leads.dated else ()
    leads, end_findings = _extend_observation(leads, events, settings)
    return leads, events, (*raw.notes, *leads.findings, *events.findings, *clock_findings, *end_findings)


def _extend_observation(leads: Leads, events: Events, settings: Settings) -> tuple[Leads, tuple[Finding, ...]]:
    """The leads, observed until their latest event where the settings name no end; a finding where that is much later."""
    until, latest = leads.observed_until, events.latest
    if until is None or settings.data.observed_until or latest is None or latest <= until:
        return leads, ()
    if latest - until <= _SAME_EXPORT:
        return replace(leads, observed_until=latest), ()
    days = (latest - until).days
    what = f"Events go on for {count(days, 'day')} after the last date of the leads; outcomes are taken as known until then."
    do = "Export both at the same time, or set data.observed_until to the day up to which acceptances are known."
    return leads, (Finding("EVENT014", "warning", what, do=do),)
