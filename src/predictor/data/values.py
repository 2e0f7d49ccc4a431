"""Single values as rules and features compare them, the same from a file and from a request; and the event of a lead."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

MOST_VALUE = 1e15  # a larger value of an event is a mistake, and sums of it would lose all others


class Event(NamedTuple):
    """A dated event of one lead.

    Attributes:
        occurred_at: When, with a zone.
        event_type: What, as `pricing_page_view`; a firm may use its own types.
        asset: What was read, attended or filled in; None where unknown.
        campaign: The campaign that led to it; None where unknown.
        value: A number that belongs to the event (seconds, amount); None where there is none.
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
        number = _to_float(value) + 0.0  # -0.0 becomes 0.0
        return None if math.isnan(number) else f"{number:.15g}"
    raise TypeError(f"{name_type(value)} is no single value")


def normal_texts(column: pd.Series) -> pd.Series:
    """`normal_text` of a whole column; missing is None.

    >>> normal_texts(pd.Series([" Software", None])).tolist()
    ['software', None]
    """
    codes, values = factorize_column(column)
    texts = [None if value is pd.NA or value is pd.NaT else normal_text(value) for value in values]
    return pd.Series([texts[code] for code in codes], index=column.index, dtype=object)


def factorize_column(column: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """For each row the position of its cell among the distinct cells, and the distinct cells as Python's own values.

    `True` and `1`, which are equal in Python, are two values, as they are when leads are scored one by one.

    >>> codes, values = factorize_column(pd.Series(["a", "b", "a"]))
    >>> codes.tolist(), values
    ([0, 1, 0], ['a', 'b'])
    """
    if column.dtype != object:
        codes, uniques = pd.factorize(column, use_na_sentinel=False)
        return codes, [value if type(value) is str else to_plain(value) for value in list_cells(uniques)]
    positions: dict[Any, int] = {}
    values: list[Any] = []
    codes = np.empty(len(column), dtype=np.intp)
    for row, cell in enumerate(column):
        value = to_plain(cell)
        codes[row] = positions.setdefault((type(value), _make_hashable(value)), len(positions))
        if codes[row] == len(values):
            values.append(value)
    return codes, values


def list_cells(cells: Any) -> list[Any]:  # noqa: ANN401  any array of pandas
    """The cells of an array as a list; of texts at once, since Arrow hands them out slowly one by one."""
    return np.asarray(cells, dtype=object).tolist() if isinstance(cells.dtype, pd.StringDtype) else list(cells)


def _make_hashable(value: object) -> object:
    try:
        hash(value)
    except TypeError:
        return id(value)
    return value


def to_plain(value: Any) -> Any:  # noqa: ANN401  any cell of any column
    """A number of numpy as Python's own; anything else as it is.

    >>> type(to_plain(np.int64(3))).__name__
    'int'
    """
    return value.item() if isinstance(value, np.generic) else value


def _to_float(number: float) -> float:
    """The number as a float; one too large for it is infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def name_type(value: object) -> str:
    """The type of a value in words; never the value, which may be personal.

    >>> name_type(True), name_type(["x"]), name_type({})
    ('yes or no', 'a list', 'an object')
    """
    names = {bool: "yes or no", list: "a list", tuple: "a list", dict: "an object", str: "this text"}
    return names.get(type(value), f"a {type(value).__name__}")


def to_number(value: object) -> float:
    """A value as a number; NaN when missing. Numbers may be texts, since many CRMs send nothing else.

    Raises:
        ValueError: The value is no finite number.

    >>> to_number("250"), to_number(None)
    (250.0, nan)
    >>> to_number("many")
    Traceback (most recent call last):
    ValueError: this text is no number
    """
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"{name_type(value)} is no number")  # noqa: TRY004  callers catch one kind
    number = _read_number(value) if isinstance(value, str) else _to_float(value)
    if math.isinf(number):
        raise ValueError("infinity is no number that can be scored")
    return number


def _read_number(text: str) -> float:
    """The number in a text, by the same rules as `parse_numbers`; underscores, which Python accepts, are refused."""
    text = text.strip()
    try:
        return math.nan if not text else float(text if text.isascii() and "_" not in text else "-")
    except ValueError:
        raise ValueError("this text is no number") from None
