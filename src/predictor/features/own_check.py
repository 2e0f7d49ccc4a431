"""Whether a function of the firm's own gives one lead what it gives it in a table: tried on made-up leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.errors import TrainingError
from predictor.data.events.history import EventHistory, EventHistoryReader
from predictor.data.values import Event, factorize_column, normal_text
from predictor.features.feature import may_be_kept
from predictor.features.own_features import OwnFeatures

_LEADS = 60
_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_TYPES = ("page_view", "email_open", "phone_call")
_WORDS = ("a", "b", "c")  # where no text is known
_USUAL, _UNKNOWN = 6, 0.2
_SHOWN = 8  # attributes in an error
_TOLERANCE = 1e-9  # of the value: sums may be added in another order


@dataclass(frozen=True)
class _MadeUp:
    """A lead that is made up: its moment, its events and its attributes."""

    as_of: datetime
    events: list[Event]
    values: dict[str, Any] = field(default_factory=dict)


def check_own_features(
    own: OwnFeatures, event_types: Sequence[str] = (), attributes: pd.DataFrame | None = None, *, seed: int = 0
) -> None:
    """Refuse functions whose features depend on other leads, which may be later ones, or change from call to call.

    Args:
        own: The functions.
        event_types: Types of events to try; with none, some usual ones.
        attributes: Attributes of leads, in the plain format: the made-up ones have values of that kind; None for none.
        seed: Of the made-up leads.

    Raises:
        TrainingError: A feature that differs, with the lead that shows it.
        ScoringError: A function fails, or does not give numbers.
    """
    draw = np.random.default_rng(seed)
    leads = [_draw_lead(number, event_types or _TYPES, draw) for number in range(_LEADS)]
    _draw_attributes(leads, own, pd.DataFrame() if attributes is None else attributes, draw)
    reader = EventHistoryReader()
    histories, values = [reader.read(lead.events, lead.as_of) for lead in leads], [lead.values for lead in leads]
    for name, function in own.functions.items():
        one = OwnFeatures({name: function}, own.attributes)
        table = one.compute_histories(histories, values)
        for place, (history, known) in enumerate(zip(histories, values, strict=True)):
            alone = one.compute_histories([history], [known])
            difference = _find_difference(table.iloc[place], alone.iloc[0])
            if difference is not None:
                raise TrainingError(_describe(name, difference, history, known))


def _draw_lead(number: int, event_types: Sequence[str], draw: np.random.Generator) -> _MadeUp:
    """A moment and events: some leads have none, some later than their moment, some at the same time."""
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
    return _MadeUp(as_of, events)


def _draw_attributes(leads: Sequence[_MadeUp], own: OwnFeatures, known: pd.DataFrame, draw: np.random.Generator) -> None:
    """Give made-up leads attributes: numbers in the range of the known ones, usual texts, dates before and after the moment."""
    for name, kind in own.attributes.kinds.items():
        column = known[name] if name in known else pd.Series(dtype=object)
        if kind == "number":
            low, high = pd.to_numeric(column, errors="coerce").quantile([0.02, 0.98]).fillna(0).tolist()
            drawn: list[Any] = [float(f"{number:.3g}") for number in draw.uniform(low, high, len(leads))]
        elif kind == "date":
            drawn = [lead.as_of - timedelta(days=int(draw.integers(-100, 3000))) for lead in leads]
        else:
            drawn = draw.choice(np.array(_list_usual(column), dtype=object), len(leads)).tolist()
        for lead, value in zip(leads, drawn, strict=True):
            if draw.random() > _UNKNOWN:
                lead.values[name] = value


def _list_usual(column: pd.Series) -> list[str]:
    """The texts that most leads have and that name nobody."""
    codes, values = factorize_column(column)
    usual = [values[code] for code in np.argsort(-np.bincount(codes, minlength=len(values)), kind="stable")[:_USUAL]]
    texts = [text for value in usual if isinstance(value, str | bool | float | int) and (text := normal_text(value))]
    return [text for text in texts if may_be_kept(text)] or list(_WORDS)


def _find_difference(table: pd.Series, alone: pd.Series) -> tuple[str, float, float] | None:
    """The first feature that differs, with its value in a table and alone."""
    for name in dict.fromkeys([*table.index, *alone.index]):
        pair = (float(table.get(name, np.nan)), float(alone.get(name, np.nan)))
        if not np.isclose(*pair, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True):
            return str(name), *pair
    return None


def _describe(name: str, difference: tuple[str, float, float], history: EventHistory, known: Mapping[str, Any]) -> str:
    feature, in_table, alone = difference
    moment = pd.Timestamp(history.now, unit="us", tz="UTC")
    events = "; ".join(f"{kind} at {pd.Timestamp(at, unit='us', tz='UTC'):%Y-%m-%d %H:%M}" for at, _, kind, *_ in history.events)
    values = f"'{feature}' is {in_table:g} for a lead in a table, but {alone:g} for the same lead alone, as it is scored live"
    rule = "A feature may look at nothing but its own lead and that lead's events, and must be the same at each call"
    shown = [
        f"{attribute} {value:%Y-%m-%d}" if isinstance(value, datetime) else f"{attribute} {value}"
        for attribute, value in known.items()
    ]
    more = "; ..." if len(shown) > _SHOWN else ""
    attributes = f", {'; '.join(shown[:_SHOWN])}{more}" if shown else ""
    lead = f"The lead, made up: as of {moment:%Y-%m-%d %H:%M}{attributes}, events: {events or 'none'}"
    return f"Feature function '{name}' cannot be used: {values}. {rule}. {lead}."
