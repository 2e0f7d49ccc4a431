"""Dates as CRMs write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = re.compile(r"-?\d{11,14}")  # milliseconds since 1970, as HubSpot writes dates
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)


def read_moment(value: object) -> str | None:
    """A date of a CRM as ISO 8601 in UTC; None where it is no date. A date without a time stays one.

    >>> [read_moment(value) for value in ("1782834000000", "2026-06-30T15:40:00.000+0000", "2026-06-30", "soon")]
    ['2026-06-30T15:40:00Z', '2026-06-30T15:40:00Z', '2026-06-30', None]
    """
    text = str(value).strip()
    try:
        if isinstance(value, (int, float, str)) and not isinstance(value, bool) and _EPOCH.fullmatch(text):
            moment = _EPOCH_START + timedelta(milliseconds=int(text))
        else:
            moment = datetime.fromisoformat(text)
        if len(text) == 10 or moment.tzinfo is None:
            return moment.date().isoformat() if len(text) == 10 else moment.isoformat()
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return None
