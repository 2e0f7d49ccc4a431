"""Whether a function of the firm's own gives one lead what it gives it in a table: tried on made-up leads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from predictor.core.errors import TrainingError
from predictor.data.events.history import EventHistory, EventHistoryReader
from predictor.data.values import Event
from predictor.features.own_features import OwnFeatures

_LEADS = 60
_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_TYPES = ("page_view", "email_open", "phone_call")
_TOLERANCE = 1e-9  # of the value: sums may be added in another order


def check_own_features(own: OwnFeatures, event_types: Sequence[str] = (), *, seed: int = 0) -> None:
    """Refuse functions whose features depend on other leads, which may be later ones, or change from call to call.

    Args:
        own: The functions.
        event_types: Types of events to try; with none, some usual ones.
        seed: Of the made-up leads.

    Raises:
        TrainingError: A feature that differs, with the lead that shows it.
        ScoringError: A function fails, or does not give numbers.
    """
    leads = _draw_leads(event_types or _TYPES, seed)
    reader = EventHistoryReader()
    histories = [reader.read(events, as_of) for as_of, events in leads]
    for name, function in own.functions.items():
        one = OwnFeatures({name: function})
        table = one.compute_histories(histories)
        for place, history in enumerate(histories):
            alone = one.compute_histories([history])
            difference = _find_difference(table.iloc[place], alone.iloc[0])
            if difference is not None:
                raise TrainingError(_describe(name, difference, history))


def _draw_leads(event_types: Sequence[str], seed: int) -> list[tuple[datetime, list[Event]]]:
    """Moments and events of leads: some without events, some with events later than their moment, some at the same time."""
    draw, leads = np.random.default_rng(seed), []
    for number in range(_LEADS):
        as_of = _START + timedelta(days=3 * number, hours=int(draw.integers(0, 24)))
        hours = draw.integers(-30 * 24, 90 * 24, 0 if number % 10 == 0 else draw.integers(1, 12))
        events = [
            Event(
                as_of - timedelta(hours=int(ago)),
                str(draw.choice(np.array(event_types, dtype=object))),
                asset=None if draw.random() < 0.5 else "pricing",
                campaign=None if draw.random() < 0.5 else "spring",
                value=None if draw.random() < 0.5 else float(draw.integers(0, 100)),
            )
            for ago in (*hours, *hours[:1])
        ]
        leads.append((as_of, events))
    return leads


def _find_difference(table: pd.Series, alone: pd.Series) -> tuple[str, float, float] | None:
    """The first feature that differs, with its value in a table and alone."""
    for name in dict.fromkeys([*table.index, *alone.index]):
        pair = (float(table.get(name, np.nan)), float(alone.get(name, np.nan)))
        if not np.isclose(*pair, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True):
            return str(name), *pair
    return None


def _describe(name: str, difference: tuple[str, float, float], history: EventHistory) -> str:
    feature, in_table, alone = difference
    moment = pd.Timestamp(history.now, unit="us", tz="UTC")
    events = "; ".join(f"{kind} at {pd.Timestamp(at, unit='us', tz='UTC'):%Y-%m-%d %H:%M}" for at, _, kind, *_ in history.events)
    values = f"'{feature}' is {in_table:g} for a lead in a table, but {alone:g} for the same lead alone, as it is scored live"
    rule = "A feature may look at nothing but the events of its own lead, and must be the same at each call"
    lead = f"The lead, made up: as of {moment:%Y-%m-%d %H:%M}, events: {events or 'none'}"
    return f"Feature function '{name}' cannot be used: {values}. {rule}. {lead}."
