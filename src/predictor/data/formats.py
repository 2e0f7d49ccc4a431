"""How a firm writes amounts, ranges, dates, yes and no, and sets, and how each cell is converted to the plain format.

A format belongs to a column. It is detected from the whole column once, saved with the model, and changes only cells that fit
it, in a table as in one lead; other cells stay as they are, for the checks of numbers and dates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from predictor.core.cell_formats import SET_FORMATS, YES_NO_FORMATS
from predictor.data.date_formats import DAY_NUMBERS, EPOCHS, READERS, read_epoch_by_size
from predictor.data.number_formats import AMOUNTS, read_amount, read_range
from predictor.data.sets import to_plain_set
from predictor.data.yes_no import to_plain_yes_no

_SETS = {str(name): name for name in SET_FORMATS}
_YES_NO = {str(name): name for name in YES_NO_FORMATS}
DAY_FORMAT = "day format"  # in the `attrs` of a frame whose workbook counts days from 1904: the format of its day numbers
EPOCH_BY_SIZE = "epoch by size"  # of dates that were plain in training: what a request or a file may send beside them
COUNTED_DATES = frozenset({*EPOCHS, *DAY_NUMBERS, EPOCH_BY_SIZE})  # formats in which a number is a date
_CONVERTERS: Mapping[str, Callable[[str], str | None]] = {
    **{name: partial(read_amount, format_name=name) for name in AMOUNTS},
    "range 1-10": read_range,
    **READERS,
    EPOCH_BY_SIZE: read_epoch_by_size,
}


def to_plain_format(value: object, format_name: str | None) -> Any:  # noqa: ANN401  a cell is anything
    """A value in the plain format, 1234.5 or 2026-03-31T14:05:00, where it fits the format; unchanged where it does not.

    >>> to_plain_format("$1,234.50", "amount 1,234.5"), to_plain_format("2.5M", "amount 1,234.5")
    ('1234.50', '2500000')
    >>> to_plain_format("1.234,50 €", "amount 1.234,5")
    '1234.50'
    >>> to_plain_format("51-200", "range 1-10"), to_plain_format("10,001+", "range 1-10"), to_plain_format("many", "range 1-10")
    ('101', '10001', 'many')
    >>> to_plain_format("3/31/2026 2:05 PM", "date m/d/y"), to_plain_format("31.03.26", "date d/m/y")
    ('2026-03-31T14:05:00', '2026-03-31')
    >>> to_plain_format(1774965900000, "epoch ms"), to_plain_format(45446.803472, "excel 1900")
    ('2026-03-31T14:05:00Z', '2024-06-03T19:17:00')
    >>> to_plain_format(True, "yes/no"), to_plain_format(["b", "a"], "set ;")
    ('yes', 'a;b')
    """
    if format_name in _SETS:
        return to_plain_set(value, _SETS[format_name])
    if format_name in _YES_NO:
        return to_plain_yes_no(value, _YES_NO[format_name])
    if isinstance(value, str):
        text = value.strip()
    elif format_name in COUNTED_DATES and isinstance(value, (int, float)) and not isinstance(value, bool):
        text = repr(value)
    else:
        return value
    convert = _CONVERTERS.get(format_name or "")
    plain = None if convert is None else convert(text)
    return value if plain is None else plain
