"""The tables that the settings name, from wherever they are to the contract."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from predictor.core.errors import Finding, TableError, count
from predictor.core.settings import Settings
from predictor.data.events.contract import Events, check_clocks, check_events
from predictor.data.leads import Leads, check_leads
from predictor.data.raw_tables import read_tables

_SAME_EXPORT = pd.Timedelta(days=7)  # two exports of one day end at most so far apart in a firm where something happens


def load_tables(settings: Settings, now: pd.Timestamp) -> tuple[Leads, Events | None, tuple[Finding, ...]]:
    """The leads and events that the settings name, under the contract; None for no events; findings of both.

    Args:
        settings: A firm's settings.
        now: The moment after which nothing can have happened yet.

    Raises:
        TableError: A file or a table that cannot be used, with all its faults.
    """
    raw = read_tables(settings)
    try:
        leads = check_leads(raw.leads, settings, now=now)
    except TableError as refusal:  # beside what may be the reason
        doubts = [note for note in raw.notes if note.severity == "warning"]
        raise TableError("leads", [*refusal.findings, *doubts]) from None
    if raw.events is None:
        return leads, None, (*raw.notes, *leads.findings)
    keys = leads.frame["lead_id"]
    events = check_events(raw.events, settings, keys, now=now)
    apart = check_clocks(events, keys, leads.frame["mql_at"]) if leads.dated else ()
    watched, longer = _watch_longer(leads, events, settings)
    return watched, events, (*raw.notes, *leads.findings, *events.findings, *apart, *longer)


def _watch_longer(leads: Leads, events: Events, settings: Settings) -> tuple[Leads, tuple[Finding, ...]]:
    """The leads, observed as long as their events are where the settings do not say how long; not where those go on for long."""
    until, latest = leads.observed_until, events.latest
    if until is None or settings.data.observed_until or latest is None or latest <= until:
        return leads, ()
    if latest - until <= _SAME_EXPORT:
        return replace(leads, observed_until=latest), ()
    days = (latest - until).days
    what = f"Events go on for {count(days, 'day')} after the last date of the leads: outcomes are taken as known until that date."
    do = "Export both at the same time, or set data.observed_until to the day up to which acceptances are known."
    return leads, (Finding("EVENT014", "warning", what, do),)
