"""What cells look like that should be dates and cannot be read as dates: one of them, in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from predictor.data.date_formats import list_orders, looks_numeric, read_date
from predictor.data.parse import PLAIN

_LONGEST_SHOWN = 30  # characters; a longer text may hold more than a date
_INSPECTED = 10_000  # different cells
_PLAIN = re.compile(PLAIN)
_NUMBER = re.compile(r"-?(\d+)(?:[.,]\d+)?")
_QUARTER = re.compile(r"(?i)(?:\b[qt][1-4]\b|quart|trim|\bk?w ?\d{1,2}\b|week|woche)")
_TIME = re.compile(r"\d{1,2}[:h]\d{2}(?:[:.]\d{2})?(?: ?[ap]\.?m\.?)?", re.IGNORECASE)
_ZONE = re.compile(r" ?\(?[A-Z]{2,5}\)?$")
_NAMED = re.compile(r"[^\W\d_]{3,}.?\W*\d{2,4}|\d{1,4}\W*[^\W\d_]{3,}")
_EPOCHS = {10: ("seconds", "epoch s"), 13: ("milliseconds", "epoch ms"), 16: ("microseconds", "epoch us")}


@dataclass(frozen=True)
class UnreadDate:
    """Cells that cannot be read as dates, most of which look alike.

    Attributes:
        looks: One of them and what it looks like, as the end of a sentence.
        is_date: Whether they are dates for people, so that whole months or sources may be written like that.
    """

    looks: str
    is_date: bool


def describe_unread(cells: pd.Series) -> UnreadDate:
    """What most of the cells look like.

    Args:
        cells: Those that cannot be read, without missing ones.

    >>> print(describe_unread(pd.Series(["3 prosinac 2024", "soon"])).looks)
    one is '3 prosinac 2024', which looks like a date with the name of a month that is not known
    >>> print(describe_unread(pd.Series(["31.02.2024"])).looks)
    one is '31.02.2024', which is no day of the calendar
    >>> describe_unread(pd.Series(["soon", "Anna"]))
    UnreadDate(looks='one is a text without digits', is_date=False)
    """
    counts = cells.astype("str").str.strip().value_counts().head(_INSPECTED)
    shapes = Counter[str]()
    first: dict[str, str] = {}
    for text, rows in counts.items():
        shape = re.sub(r"\d", "0", re.sub(r"[^\W\d_]+", "a", str(text)))
        shapes[shape] += int(rows)
        first.setdefault(shape, str(text))
    return _describe_text(first[shapes.most_common(1)[0][0]])


def _describe_text(text: str) -> UnreadDate:
    if not any(sign.isdigit() for sign in text):
        return UnreadDate("one is a text without digits", is_date=False)
    if len(text) > _LONGEST_SHOWN or "@" in text:
        return UnreadDate("one is a text that is more than a date", is_date=False)
    what, is_date = _name_form(text)
    return UnreadDate(f"one is '{text}', which {what}", is_date)


def _name_form(text: str) -> tuple[str, bool]:
    """What a text looks like, and whether that is a date."""
    if number := _NUMBER.fullmatch(text):
        return _name_number(number[1])
    return next((looks, is_date) for fits, looks, is_date in _FORMS if fits(text))


def _name_number(digits: str) -> tuple[str, bool]:
    if len(digits) == 5 and "20000" <= digits < "60000":
        return "looks like a day number of a spreadsheet: then set 'excel 1900' in [forms]", True
    if len(digits) in _EPOCHS and digits[0] in "12":
        unit, form = _EPOCHS[len(digits)]
        return f"looks like {unit} since 1970: then set '{form}' in [forms]", True
    if len(digits) == 4 and digits[:2] in {"19", "20"}:
        return "looks like a year without month and day", True
    return "looks like a number, not a date", False


def _is_numeric(text: str) -> bool:
    return looks_numeric(text) or _PLAIN.fullmatch(text) is not None


def _has_unknown_zone(text: str) -> bool:
    short = _ZONE.sub("", text)
    return short != text and bool(read_date(short) or list_orders(short) or _PLAIN.fullmatch(short))


_FORMS: tuple[tuple[Callable[[str], object], str, bool], ...] = (
    (list_orders, "has another order of day, month and year than the rest", True),
    (_has_unknown_zone, "has a time zone that is not known, or has several meanings", True),
    (_is_numeric, "is no day of the calendar", False),
    (_QUARTER.search, "looks like a quarter or a week, not a day", True),
    (_TIME.fullmatch, "looks like a time without a day", False),
    (_NAMED.search, "looks like a date with the name of a month that is not known", True),
    (bool, "has no form of a date that is known", False),
)
