"""One value of a lead, from a file or from a request, to what rules and features compare: the same for both."""

from __future__ import annotations

import math
from datetime import datetime
from typing import NamedTuple

import pandas as pd


class Event(NamedTuple):
    """A dated act of one lead.

    Attributes:
        occurred_at: When, with a zone.
        event_type: What, as `pricing_page_view`; a firm's own types are taken as they come.
        asset: What was read, attended or filled in; None where unknown.
        campaign: The campaign it came by; None where unknown.
        value: A number that belongs to the act (seconds, amount); None where there is none.
    """

    occurred_at: datetime
    event_type: str
    asset: str | None = None
    campaign: str | None = None
    value: float | None = None


def normal_text(value: object) -> str | None:
    """A value as the text by which categories and rules are compared: trimmed, without case; None when missing.

    Raises:
        TypeError: The value is a list or a mapping, which no attribute can be.

    >>> normal_text("  Software "), normal_text(True), normal_text(3.0), normal_text(float("nan"))
    ('software', 'true', '3', None)
    >>> normal_text(["a"])
    Traceback (most recent call last):
    TypeError: a list is no single value
    """
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip().casefold() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return None if math.isnan(value) else f"{value:.15g}"
    raise TypeError(f"a {type(value).__name__} is no single value")


def normal_texts(column: pd.Series) -> pd.Series:
    """`normal_text` of a whole column; missing is None.

    >>> normal_texts(pd.Series([" Software", None])).tolist()
    ['software', None]
    """
    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    texts = [normal_text(value.item() if hasattr(value, "item") else value) for value in uniques]
    return pd.Series([None if code < 0 else texts[code] for code in codes], index=column.index, dtype=object)


def to_number(value: object) -> float:
    """A value as a number; NaN when missing. Numbers written as text count, since many CRMs send nothing else.

    Raises:
        ValueError: The value is no finite number.

    >>> to_number("250"), to_number(None)
    (250.0, nan)
    >>> to_number("many")
    Traceback (most recent call last):
    ValueError: 'many' is no number
    """
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"a {type(value).__name__} is no number")  # noqa: TRY004  callers catch one kind
    if isinstance(value, str) and not value.strip():
        return math.nan
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{value!r} is no number") from None
    if math.isinf(number):
        raise ValueError("infinity is no number that can be scored")
    return number
