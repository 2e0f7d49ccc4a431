"""The history of one lead as of a moment: its past events as points and features read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from operator import itemgetter
from typing import NamedTuple

from predictor.data.parse import DAY_US
from predictor.data.values import MOST_VALUE, Event, normal_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_TEXTS = 10_000  # cached texts; a firm has fewer
_BY_TIME = itemgetter(0)

# Moment and day (microseconds and days since 1970 in UTC), type, asset, campaign, value; normal texts.
PastEvent = tuple[int, int, str, str | None, str | None, float | None]


class EventHistory(NamedTuple):
    """The past of a lead.

    Attributes:
        now: The moment, in microseconds since 1970 in UTC.
        events: Events up to that moment, in the order of time; equal events count once.
        later: The number of events after that moment.
        untyped: The number of events without a type.
        types: Each type as it was written -> its normal text.
    """

    now: int
    events: list[PastEvent]
    later: int
    untyped: int
    types: dict[str, str]


class EventHistoryReader:
    """Reads the events of leads, one lead at a time; caches normal texts, and may serve many threads.

    >>> from datetime import timedelta
    >>> now = datetime(2026, 5, 10, tzinfo=UTC)
    >>> events = [Event(now + timedelta(days=days), " Call", asset="N/A") for days in (1, -1, -1)]
    >>> history = EventHistoryReader(lambda text: text == "N/A").read(events, now)
    >>> history.events, history.later, history.types
    ([(1778284800000000, 20582, 'call', None, None, None)], 1, {' Call': 'call'})
    """

    def __init__(self, is_missing: Callable[[object], bool] = lambda _: False) -> None:
        """A reader that takes texts as missing where `is_missing` says so."""
        self._texts = _NormalTexts(is_missing)

    def read(self, events: Iterable[Event], as_of: datetime) -> EventHistory:
        """The past of a lead as of a moment.

        Args:
            events: The events of this lead, in any order.
            as_of: The moment, with a zone.

        Raises:
            TypeError: A time has no zone, or a text is a list or a mapping.
        """
        since = as_of - _EPOCH
        now = since.days * DAY_US + since.seconds * 1_000_000 + since.microseconds
        past: list[PastEvent] = []
        types: dict[str, str] = {}
        texts, later, untyped = self._texts, 0, 0
        for occurred_at, event_type, asset, campaign, value in events:
            since = occurred_at - _EPOCH
            day = since.days
            at = day * DAY_US + since.seconds * 1_000_000 + since.microseconds
            kind = texts[event_type]
            if kind is None:
                untyped += 1
            else:
                types[event_type] = kind
            if at > now:
                later += 1
            elif kind is not None:
                number = value if value is None or abs(value) <= MOST_VALUE else None
                past.append((at, day, kind, texts[asset], texts[campaign], number))
        past.sort(key=_BY_TIME)
        if len(set(map(_BY_TIME, past))) < len(past):  # only events of the same moment can be equal
            past = list(dict.fromkeys(past))
        return EventHistory(now=now, events=past, later=later, untyped=untyped, types=types)


class _NormalTexts(dict[str | None, str | None]):
    """Text -> normal text, None where missing; a cache, since the events of many leads repeat a few texts."""

    def __init__(self, is_missing: Callable[[object], bool]) -> None:
        super().__init__()
        self._is_missing = is_missing

    def __missing__(self, text: str | None) -> str | None:
        normal = None if self._is_missing(text) else normal_text(text)
        if text is None or isinstance(text, str):
            if len(self) >= _MOST_TEXTS:
                self.clear()
            self[text] = normal
        return normal


def read_history(events: Iterable[Event], as_of: datetime) -> EventHistory:
    """The past of one lead; for many leads use one `EventHistoryReader`.

    >>> read_history([Event(datetime(2026, 5, 9, tzinfo=UTC), "call")], datetime(2026, 5, 10))
    Traceback (most recent call last):
    TypeError: can't subtract offset-naive and offset-aware datetimes
    """
    return EventHistoryReader().read(events, as_of)
