"""The tables that the settings name, from wherever they are to the contract."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from predictor.config import Settings
from predictor.errors import Finding, count
from predictor.events import Events, check_events, tell_clocks_apart
from predictor.intake.database import is_url, load_frame
from predictor.intake.header import refuse
from predictor.intake.read import read_table
from predictor.intake.sources import open_events
from predictor.tables import Leads, check_leads

_SAME_EXPORT = pd.Timedelta(days=7)  # two exports of one day end at most so far apart in a firm where something happens


def load_tables(settings: Settings, now: pd.Timestamp) -> tuple[Leads, Events | None, tuple[Finding, ...]]:
    """The leads and events that the settings name, under the contract; None for no events; findings of both.

    Args:
        settings: A firm's settings.
        now: The moment after which nothing can have happened yet.

    Raises:
        TableError: A file or a table that cannot be used, with all its faults.
    """
    where, folder = settings.data.leads, settings.folder
    if not where:
        raise refuse("leads", "The settings name no table of leads.", "Set data.leads in predictor.toml.")
    encoding = settings.data.encoding
    raw = load_frame(where, folder, "leads") if is_url(where) else read_table(folder / where, "leads", encoding=encoding)
    leads = check_leads(raw, settings, now=now)
    if not settings.data.events:
        return leads, None, leads.findings
    keys = leads.frame["lead_id"]
    source = open_events(settings.data.events, folder, encoding=encoding)
    events = check_events(source, settings, keys, now=now)
    apart = tell_clocks_apart(events, keys, leads.frame["mql_at"]) if leads.dated else ()
    watched, longer = _watch_longer(leads, events, settings)
    return watched, events, (*leads.findings, *events.findings, *apart, *longer)


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
