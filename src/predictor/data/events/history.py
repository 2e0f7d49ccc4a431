"""What one lead had done by a moment: its events as points and features read them, looked through once for both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from operator import itemgetter
from typing import NamedTuple

from predictor.data.parse import DAY_US
from predictor.data.values import MOST_VALUE, Event, normal_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_TEXTS = 10_000  # spellings remembered: more come from a mistaken client, not from a firm
_BY_TIME = itemgetter(0)

# Moment and date of an act (microseconds and days since 1970 in UTC), type, asset, campaign, value; texts in their normal form.
Act = tuple[int, int, str, str | None, str | None, float | None]


class EventHistory(NamedTuple):
    """What a lead had done.

    Attributes:
        now: The moment, in microseconds since 1970 in UTC.
        acts: What had happened by then, in the order of time; events alike in everything are one.
        later: Events after that moment.
        untyped: Events without a type, whenever they were.
        types: Each type that came, as it is spelled -> its normal text.
    """

    now: int
    acts: list[Act]
    later: int
    untyped: int
    types: dict[str, str]


class EventHistoryReader:
    """Reads the events of one lead after another, and remembers the texts, which repeat; it may serve many threads.

    >>> from datetime import timedelta
    >>> now = datetime(2026, 5, 10, tzinfo=UTC)
    >>> seen = [Event(now + timedelta(days=days), " Call", asset="N/A") for days in (1, -1, -1)]
    >>> past = EventHistoryReader(lambda text: text == "N/A").read(seen, now)
    >>> past.acts, past.later, past.types
    ([(1778284800000000, 20582, 'call', None, None, None)], 1, {' Call': 'call'})
    """

    def __init__(self, is_missing: Callable[[object], bool] = lambda _: False) -> None:
        """Texts that `is_missing` are taken as none."""
        self._texts = _Texts(is_missing)

    def read(self, events: Iterable[Event], as_of: datetime) -> EventHistory:
        """The past of a lead as of a moment.

        Args:
            events: What this lead did, in any order.
            as_of: The moment, with a zone.

        Raises:
            TypeError: A time has no zone, or a text is a list or a mapping.
        """
        since = as_of - _EPOCH
        now = since.days * DAY_US + since.seconds * 1_000_000 + since.microseconds
        acts: list[Act] = []
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
                acts.append((at, day, kind, texts[asset], texts[campaign], number))
        acts.sort(key=_BY_TIME)
        if len(set(map(_BY_TIME, acts))) < len(acts):  # only acts of one moment can be alike
            acts = list(dict.fromkeys(acts))
        return EventHistory(now, acts, later, untyped, types)


class _Texts(dict[str | None, str | None]):
    """Text -> normal text, None for what is missing; remembered, since the events of many leads repeat a few."""

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
    """The past of one lead; where many leads follow one another, make a `EventHistoryReader` once.

    >>> read_history([Event(datetime(2026, 5, 9, tzinfo=UTC), "call")], datetime(2026, 5, 10))
    Traceback (most recent call last):
    TypeError: can't subtract offset-naive and offset-aware datetimes
    """
    return EventHistoryReader().read(events, as_of)
