"""The event features of one lead, in plain Python: used to answer requests, equal to what `table` computes."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import compress
from typing import NamedTuple

from predictor.data.events.history import EventHistory, EventHistoryReader, PastEvent
from predictor.data.parse import DAY_US
from predictor.data.values import Event
from predictor.features.event_features import WEEK_US, ZERO_WITHOUT_EVENTS, EventFeature, EventKind

_MONTH_US = 30 * DAY_US
_Value = float | str | None


class _Plan(NamedTuple):
    """What to compute from the events of one type, or of all; the names are in the order of `_measure`."""

    names: tuple[str, ...]
    spans: tuple[int, ...]
    others: tuple[bool, ...]
    touches: tuple[bool, ...]


class OneLeadFeatures:
    """Computes the event features of one lead after another; an instance may serve many threads.

    Attributes:
        without_events: The features of a lead without events.

    >>> from datetime import UTC, timedelta
    >>> from predictor.features.event_features import list_event_features
    >>> features = OneLeadFeatures(list_event_features(["page_view"], [7]))
    >>> now = datetime(2026, 5, 10, tzinfo=UTC)
    >>> seen = [Event(now - timedelta(days=days), "page_view", "Pricing ") for days in (-1, 1, 7, 7.5)]
    >>> row = features.compute(seen, now)
    >>> row["events/page_view/count_7d"], row["events/any/assets"], row["events/any/days_since_last"]
    (2, 1, 1.0)
    >>> features.compute([], now.replace(tzinfo=None))
    Traceback (most recent call last):
    TypeError: can't subtract offset-naive and offset-aware datetimes
    """

    def __init__(self, features: Iterable[EventFeature]) -> None:
        by_type: dict[str | None, list[EventFeature]] = {}
        for feature in features:
            by_type.setdefault(feature.event_type, []).append(feature)
        self._plans = {event_type: _make_plan(listed) for event_type, listed in by_type.items()}
        self.without_events: dict[str, _Value] = {
            feature.name: 0.0 if feature.kind in ZERO_WITHOUT_EVENTS else None
            for listed in by_type.values()
            for feature in listed
        }
        self._reader = EventHistoryReader()

    def compute(self, events: Iterable[Event], as_of: datetime) -> dict[str, _Value]:
        """Name of each feature -> its value as of a moment; None where it is missing.

        Args:
            events: The lead's events, in any order; events after `as_of` change nothing.
            as_of: The moment, with a zone.

        Raises:
            TypeError: A time has no zone, or a text is a list or a mapping.
        """
        return self.without_events | self.compute_from_history(self._reader.read(events, as_of))

    def compute_from_history(self, history: EventHistory) -> dict[str, _Value]:
        """The features of events that are read already, without those of types that did not occur."""
        now, plans = history.now, self._plans
        groups: dict[str | None, list[PastEvent]] = {None: history.events} if history.events and None in plans else {}
        for event in history.events:
            kind = event[2]
            if kind in groups:
                groups[kind].append(event)
            elif kind in plans:
                groups[kind] = [event]
        row: dict[str, _Value] = {}
        for event_type, group in groups.items():
            plan = plans[event_type]
            row.update(zip(plan.names, _measure(plan, group, now)))  # noqa: B905  `strict` costs time, here and below
        return row


def _make_plan(features: Sequence[EventFeature]) -> _Plan:
    counts = {feature.name: feature.window_days * DAY_US for feature in features if feature.window_days is not None}
    others = {feature.kind: feature.name for feature in features if feature.window_days is None}
    touches = tuple(kind in others for kind in _TOUCHES)
    return _Plan(
        names=(*counts, *(others[kind] for kind in (*_OTHERS, *_TOUCHES) if kind in others)),
        spans=tuple(counts.values()),
        others=tuple(kind in others for kind in _OTHERS),
        touches=touches if any(touches) else (),
    )


def _measure(plan: _Plan, events: Sequence[PastEvent], now: int) -> list[_Value]:
    """The values of a plan for at least one event, in the order of time."""
    _, spans, chosen, touches = plan
    times, days, kinds, assets, campaigns, values = zip(*events)  # noqa: B905
    size, first, last = len(times), times[0], times[-1]
    known = [value for value in values if value is not None]
    month, week = bisect_left(times, now - _MONTH_US), bisect_left(times, now - WEEK_US)
    measured: list[_Value] = [size - bisect_left(times, now - span) for span in spans]
    others = (
        size,
        (now - last) / 1e6 / 86_400.0,  # in the same steps as for a table, so that both give the same number
        (now - first) / 1e6 / 86_400.0,
        len(set(days)),
        len(set(assets) - _NOTHING),
        size if last - first <= WEEK_US else _count_most_in_week(times),
        (size - week) / 7.0 - (week - month) / 23.0,
        math.fsum(known),
        float(max(known)) if known else None,
    )
    measured += compress(others, chosen)
    if touches:
        measured += compress((_choose_first_text(times, campaigns), _choose_first_text(times, kinds)), touches)
    return measured


def _count_most_in_week(times: Sequence[int]) -> int:
    """The most events within 7 days: the window grows by each event and shrinks by at most one, so it keeps its largest size."""
    start = 0
    for at in times:
        if times[start] < at - WEEK_US:
            start += 1
    return len(times) - start


def _choose_first_text(times: Sequence[int], texts: Sequence[str | None]) -> str | None:
    """The text of the earliest event that has one; of several at that moment, the first in alphabetical order."""
    first, moment = None, 0
    for at, text in zip(times, texts, strict=True):
        if text is None:
            continue
        if first is None:
            first, moment = text, at
        elif at == moment:
            first = min(first, text)
        else:
            break
    return first


_NOTHING = frozenset({None})
_OTHERS: tuple[EventKind, ...] = (
    "count_ever", "days_since_last", "days_since_first", "active_days", "assets", "most_in_week", "trend", "value_sum",
    "value_max",
)  # fmt: skip
_TOUCHES: tuple[EventKind, ...] = ("first_campaign", "first_type")
