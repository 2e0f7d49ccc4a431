"""The event features of one lead, in plain Python: what a request is answered with, equal to what `history` computes."""

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
from predictor.features.event_features import WEEK_US, ZERO_OF_NOTHING, EventFeature, EventKind

_MONTH_US = 30 * DAY_US
_Value = float | str | None


class _Plan(NamedTuple):
    """What is asked of the acts of one type, or of all: names in the order in which `_measure` answers."""

    names: tuple[str, ...]
    spans: tuple[int, ...]
    asked: tuple[bool, ...]
    touch: tuple[bool, ...]


class LiveWindows:
    """The event features of one lead after another: the list is prepared once, and an instance may serve many threads.

    Attributes:
        nothing: The features of a lead that did nothing.

    >>> from datetime import UTC, timedelta
    >>> from predictor.features.event_features import list_event_features
    >>> windows = LiveWindows(list_event_features(["page_view"], [7]))
    >>> now = datetime(2026, 5, 10, tzinfo=UTC)
    >>> seen = [Event(now - timedelta(days=days), "page_view", "Pricing ") for days in (-1, 1, 7, 7.5)]
    >>> row = windows.compute(seen, now)
    >>> row["events/page_view/count_7d"], row["events/any/assets"], row["events/any/days_since_last"]
    (2, 1, 1.0)
    """

    def __init__(self, features: Iterable[EventFeature]) -> None:
        by_type: dict[str | None, list[EventFeature]] = {}
        for feature in features:
            by_type.setdefault(feature.event_type, []).append(feature)
        self._plans = {event_type: _make_plan(listed) for event_type, listed in by_type.items()}
        self.nothing: dict[str, _Value] = {
            feature.name: 0.0 if feature.kind in ZERO_OF_NOTHING else None for listed in by_type.values() for feature in listed
        }
        self._past = EventHistoryReader()

    def compute(self, events: Iterable[Event], as_of: datetime) -> dict[str, _Value]:
        """Name of each feature -> its value as of that moment; None where it is missing.

        Args:
            events: What this lead did, in any order; events after `as_of` change nothing.
            as_of: The moment the features speak of, with a zone.

        Raises:
            TypeError: A time has no zone, or a text is a list or a mapping.
        """
        return self.nothing | self.compute_history(self._past.read(events, as_of))

    def compute_history(self, past: EventHistory) -> dict[str, _Value]:
        """The same of events that are read already; what is as of `nothing` is left out."""
        now, plans = past.now, self._plans
        groups: dict[str | None, list[PastEvent]] = {None: past.events} if past.events and None in plans else {}
        for act in past.events:
            kind = act[2]
            if kind in groups:
                groups[kind].append(act)
            elif kind in plans:
                groups[kind] = [act]
        row: dict[str, _Value] = {}
        for event_type, group in groups.items():
            plan = plans[event_type]
            row.update(zip(plan.names, _measure(plan, group, now)))  # noqa: B905  `strict` costs time, here and below
        return row


def compute_live(features: Iterable[EventFeature], events: Iterable[Event], as_of: datetime) -> dict[str, _Value]:
    """The event features of one lead; where many leads follow one another, prepare a `LiveWindows` once.

    >>> from datetime import UTC
    >>> from predictor.features.event_features import list_event_features
    >>> compute_live(list_event_features([], [7]), [], datetime(2026, 5, 10, tzinfo=UTC))["events/any/count_7d"]
    0.0
    >>> compute_live(list_event_features([], [7]), [], datetime(2026, 5, 10))
    Traceback (most recent call last):
    TypeError: can't subtract offset-naive and offset-aware datetimes
    """
    return LiveWindows(features).compute(events, as_of)


def _make_plan(features: Sequence[EventFeature]) -> _Plan:
    counts = {feature.name: feature.window_days * DAY_US for feature in features if feature.window_days is not None}
    others = {feature.kind: feature.name for feature in features if feature.window_days is None}
    touch = tuple(kind in others for kind in _TOUCHES)
    return _Plan(
        names=(*counts, *(others[kind] for kind in (*_OTHERS, *_TOUCHES) if kind in others)),
        spans=tuple(counts.values()),
        asked=tuple(kind in others for kind in _OTHERS),
        touch=touch if any(touch) else (),
    )


def _measure(plan: _Plan, acts: Sequence[PastEvent], now: int) -> list[_Value]:
    """What is asked of these acts: at least one, in the order of time."""
    _, spans, asked, touch = plan
    times, days, kinds, assets, campaigns, values = zip(*acts)  # noqa: B905
    size, first, last = len(times), times[0], times[-1]
    known = [value for value in values if value is not None]
    month, week = bisect_left(times, now - _MONTH_US), bisect_left(times, now - WEEK_US)
    found: list[_Value] = [size - bisect_left(times, now - span) for span in spans]
    others = (
        size,
        (now - last) / 1e6 / 86_400.0,  # in the same steps as a table's, so that both give the same number
        (now - first) / 1e6 / 86_400.0,
        len(set(days)),
        len(set(assets) - _NOTHING),
        size if last - first <= WEEK_US else _most_in_week(times),
        (size - week) / 7.0 - (week - month) / 23.0,
        math.fsum(known),
        float(max(known)) if known else None,
    )
    found += compress(others, asked)
    if touch:
        found += compress((_first_text(times, campaigns), _first_text(times, kinds)), touch)
    return found


def _most_in_week(times: Sequence[int]) -> int:
    """The window opens with each act but closes one act at a time, so that it keeps the largest size it had."""
    start = 0
    for at in times:
        if times[start] < at - WEEK_US:
            start += 1
    return len(times) - start


def _first_text(times: Sequence[int], texts: Sequence[str | None]) -> str | None:
    """The text of the earliest act that has one; the first by alphabet where several are of that moment."""
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
