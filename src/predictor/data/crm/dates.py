"""Dates as CRMs write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from predictor.data.date_formats import read_date, read_epoch

_EPOCH = re.compile(r"-?\d{11,14}(?:\.0*)?")  # milliseconds since 1970, as HubSpot writes dates


def read_moment(value: object) -> str | None:
    """A date of a CRM as ISO 8601 in UTC; None where it is no date. A date without a time stays one.

    >>> [read_moment(value) for value in ("1782834000000", "2026-06-30T15:40:00.000+0000", "2026-06-30", "30 Jun 2026", "soon")]
    ['2026-06-30T15:40:00Z', '2026-06-30T15:40:00Z', '2026-06-30', '2026-06-30', None]
    """
    text = str(value).strip()
    if isinstance(value, (int, float, str)) and not isinstance(value, bool) and _EPOCH.fullmatch(text):
        return read_epoch(text, "epoch ms")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        iso = read_date(text) if isinstance(value, str) else None
        return None if iso is None else read_moment(iso)
    try:
        if len(text) == 10 or moment.tzinfo is None:
            return moment.date().isoformat() if len(text) == 10 else moment.isoformat()
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return None
