"""Dates as people, spreadsheets and databases write them, as ISO 8601: months by name, numbers in any order, serial numbers.

A date is read only where its parts are clear. `read_date` needs nothing else; for 03/04/2026, 45446 or 1717442220 the format of
the column says what the numbers are.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache, partial
from importlib.resources import files
from typing import Any
from zoneinfo import available_timezones

import pandas as pd

_LONGEST = 80  # characters of a date, with the name of its zone
_DAYS = 100_000  # that are remembered
_ZONE = r"(?P<zone>z|(?:utc|gmt)?[-+−]\d{1,2}(?::?\d{2})?|[a-z]{2,5}|[a-z_]+(?:/[a-z_\-+0-9]+)+)"
_CLOCK = (
    r"(?P<hour>\d{1,2})(?:(?:[:.]| ?h ?)(?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,:](?P<fraction>\d+))?)?)?"
    rf"(?: ?(?P<half>[ap])\.? ?m\b\.?)?(?: ?(?:uhr|hrs|h)\b)?(?: ?{_ZONE})?(?: ?[\[(].*[\])])?"
)
_BETWEEN = r"(?:,? |t|[:\-]|,? (?:at|um|kl\.?|a(?: las?)?|as|alle(?: ore)?|ore|om|o) )"
_TIME = rf"(?:{_BETWEEN}{_CLOCK})?"
_ARTICLE = "(?:the|den|el|le|il|am|on|dne) "
_WEEKDAY = rf"(?:(?!{_ARTICLE})(?P<weekday>[^\W\d_]+(?:['’][^\W\d_]+)?)(?:-feira)?[.,]{{0,2}} )?(?:{_ARTICLE})?"
_DAY = r"(?P<day>\d{1,2})(?:(?:st|nd|rd|th|er|re|[.:]?[oa]|:e)(?![^\W\d_])|\.)?"
_NAME = r"(?P<name>[^\W\d_]{3,})\.?"
_OF = r"(?:de |del |of |d['’])?"
_NUMERIC = re.compile(rf"{_WEEKDAY}(?P<a>\d{{1,4}})[/.\-] ?(?P<b>\d{{1,2}})[/.\-] ?(?P<c>\d{{1,4}})\.?{_TIME}")
_NAMED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_WEEKDAY}{_DAY}[ /.\-,]?{_OF}{_NAME}[ /.\-,]{{0,2}}{_OF}'?(?P<year>\d{{4}}|\d{{2}})(?: ?[rгр]\.?)?{_TIME}",
        rf"{_WEEKDAY}{_NAME}[ \-]?{_DAY}(?:, ?|[ /\-])(?P<year>\d{{4}}){_TIME}",
        rf"{_WEEKDAY}(?P<year>\d{{4}})[ /.\-]{{1,2}}{_NAME}[ /.\-]{{0,2}}{_DAY}{_TIME}",
        rf"{_WEEKDAY}{_NAME} {_DAY} {_CLOCK} (?P<year>\d{{4}})",
        rf"{_NAME}[ /\-]{_OF}(?P<year>\d{{4}})",
    )
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})[t\-_]?(\d{2})(\d{2})(\d{2})(\.\d+)?")
_EAST = re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]?")
_NET = re.compile(r"/date\((-?\d{1,15})(?:[-+]\d{4})?\)/")
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d+)?")
ORDERS: Mapping[str, tuple[str, str, str]] = {
    "date d/m/y": ("c", "b", "a"), "date m/d/y": ("c", "a", "b"), "date y/m/d": ("a", "b", "c"),
}  # fmt: skip
EPOCHS: Mapping[str, int] = {"epoch s": 1, "epoch ms": 1_000, "epoch us": 1_000_000}
DAY_NUMBERS: Mapping[str, date] = {"excel 1900": date(1899, 12, 30), "excel 1904": date(1904, 1, 1)}  # the day with number 0
_EPOCH_SIZES = {10: "epoch s", 13: "epoch ms", 16: "epoch us"}  # by digits
_SIZED = re.compile(r"(1\d{9}(?:\d{3}(?:\d{3})?)?)(?:\.\d+)?")
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_LEAP_BUG = 60  # Excel counts a 29 February 1900, which never was: earlier days are one further on


def read_date(text: str) -> str | None:
    """A date whose parts are clear as ISO 8601, without a zone where it has none; None for any other text.

    A month without a day is its first day, as in ISO 8601.

    >>> [read_date(text) for text in ("3. Juni 2024", "3-jun-24", "June 3rd, 2024 7:17 pm", "lunes 3 de junio de 2024")]
    ['2024-06-03', '2024-06-03', '2024-06-03T19:17:00', '2024-06-03']
    >>> [read_date(text) for text in ("03-JUN-24 07.17.00.000000 PM", "2024/6/3 19:17 CET", "Juin 2024", "03/06/2024")]
    ['2024-06-03T19:17:00', '2024-06-03T19:17:00+01:00', '2024-06-01', None]
    """
    simple = _simplify(text) if len(text) <= _LONGEST else ""
    if match := _NUMERIC.fullmatch(simple):
        return _write(match, "a", "b", "c") if len(match["a"]) == 4 else None
    if match := next((match for pattern in _NAMED if (match := pattern.fullmatch(simple))), None):
        return _read_named(match)
    if match := _COMPACT.fullmatch(simple):
        year, month, day, hour, minute, second, fraction = match.groups()
        return _check_iso(f"{year}-{month}-{day}T{hour}:{minute}:{second}{fraction or ''}")
    if match := _NET.fullmatch(simple):
        return read_epoch(match[1], "epoch ms")
    if match := _EAST.match(simple):
        return read_date(f"{match[1]}-{match[2]}-{match[3]}{simple[match.end() :]}")
    return None


def read_numeric_date(text: str, format_name: str) -> str | None:
    """A date of numbers in the order of the format as ISO 8601; None where there is no such day.

    >>> [read_numeric_date(text, "date d/m/y") for text in ("1/2/2026", "31.12.2026, 23:59", "31/02/2026", "12/31/2026")]
    ['2026-02-01', '2026-12-31T23:59:00', None, None]
    """
    match = _match_numeric(text)
    return None if match is None else _write(match, *ORDERS[format_name])


def _match_numeric(text: str) -> re.Match[str] | None:
    return _NUMERIC.fullmatch(_simplify(text)) if len(text) <= _LONGEST else None


def looks_numeric(text: str) -> bool:
    """Whether a text has the form of a date of numbers, whether or not there is such a day.

    >>> looks_numeric("99.99.2026 10:00"), looks_numeric("3 May 2026")
    (True, False)
    """
    return _match_numeric(text) is not None


def list_orders(text: str) -> frozenset[str]:
    """The formats of `ORDERS` in which a text is a date.

    >>> sorted(list_orders("13/02/2026")), len(list_orders("03/02/2026")), len(list_orders("soon"))
    (['date d/m/y'], 2, 0)
    """
    match = _match_numeric(text)
    if match is None or not _is_weekday(match["weekday"]) or _join("2000-01-01", match) is None:
        return frozenset()
    return _find_orders(match["a"], match["b"], match["c"])


@lru_cache(_DAYS)
def _find_orders(a: str, b: str, c: str) -> frozenset[str]:
    parts = {"a": a, "b": b, "c": c}
    return frozenset(name for name, order in ORDERS.items() if _read_day(*(parts[part] for part in order)) is not None)


def read_epoch(text: str, format_name: str) -> str | None:
    """A number of seconds, milliseconds or microseconds since 1970 as ISO 8601 in UTC.

    >>> read_epoch("1774965900000.0", "epoch ms"), read_epoch("1774965900.5", "epoch s"), read_epoch("soon", "epoch s")
    ('2026-03-31T14:05:00Z', '2026-03-31T14:05:00.500000Z', None)
    """
    if not _NUMBER.fullmatch(text):
        return None
    try:
        moment = _EPOCH_START + timedelta(microseconds=round(Decimal(text) * (1_000_000 // EPOCHS[format_name])))
    except OverflowError:
        return None
    return moment.isoformat().replace("+00:00", "Z")


def read_epoch_by_size(text: str) -> str | None:
    """A number of seconds, milliseconds or microseconds since 1970, whichever its size means, as ISO 8601 in UTC.

    It must be a moment from September 2001 to May 2033, so that its size is clear, and no compact date such as 2026033114.

    >>> [read_epoch_by_size(text) for text in ("1774965900", "1774965900000.0", "2026033114", "45446")]
    ['2026-03-31T14:05:00Z', '2026-03-31T14:05:00Z', None, None]
    """
    match = _SIZED.fullmatch(text)
    return None if match is None else read_epoch(text, _EPOCH_SIZES[len(match[1])])


def read_day_number(text: str, format_name: str) -> str | None:
    """A day number of a spreadsheet, with the time of day as its fraction, as ISO 8601, to the second.

    >>> read_day_number("45446", "excel 1900"), read_day_number("45446.803472", "excel 1900"), read_day_number("1", "excel 1900")
    ('2024-06-03', '2024-06-03T19:17:00', '1900-01-01')
    """
    if not _NUMBER.fullmatch(text) or (number := float(text)) < 0:
        return None
    number += format_name == "excel 1900" and number < _LEAP_BUG
    try:
        moment = datetime.combine(DAY_NUMBERS[format_name], time()) + timedelta(seconds=round(number * 86_400))
    except OverflowError:
        return None
    return moment.isoformat() if number % 1 else moment.date().isoformat()


READERS: Mapping[str, Callable[[str], str | None]] = {
    **{name: partial(read_numeric_date, format_name=name) for name in ORDERS},
    "date 31 Mar 2026": read_date,
    **{name: partial(read_epoch, format_name=name) for name in EPOCHS},
    **{name: partial(read_day_number, format_name=name) for name in DAY_NUMBERS},
}  # fmt: skip


@cache
def _read_file() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("predictor.data").joinpath("date_words.toml").read_text(encoding="utf-8"))


@cache
def list_months() -> dict[str, int]:
    """Names of months in all languages of date_words.toml, simplified -> the number of the month.

    >>> [list_months().get(word) for word in ("mar", "marz", "juin", "styczen", "marble")]
    [3, 3, 6, 1, None]
    """
    languages = _read_file()["months"].values()
    pairs = ((word, month) for language in languages for month, words in enumerate(language, 1) for word in words.split())
    return {_simplify(word): month for word, month in pairs}


@cache
def _list_weekdays() -> frozenset[str]:
    return frozenset(_simplify(word) for words in _read_file()["weekdays"].values() for word in words.split())


@cache
def _list_zones() -> dict[str, str]:
    """Names of zones without case -> an offset from UTC, or the name of the zone in the database of zones."""
    return {name.casefold(): name for name in available_timezones() if "/" in name} | _read_file()["zones"]


def _simplify(text: str) -> str:
    """A text without case, accents and repeated blanks, with plain digits, for comparisons."""
    if not text.isascii():
        signs = unicodedata.normalize("NFKD", text.casefold()).replace("ı", "i")
        text = "".join(str(unicodedata.decimal(sign, sign)) for sign in signs if not unicodedata.combining(sign))
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.lower().split())


def _read_named(match: re.Match[str]) -> str | None:
    month = list_months().get(match["name"])
    groups = match.groupdict()
    if month is None or not _is_weekday(groups.get("weekday")):
        return None
    day = _read_day(match["year"], str(month), groups.get("day") or "1")
    return None if day is None else _join(day, match)


def _is_weekday(word: str | None) -> bool:
    return word is None or word in _list_weekdays()


def _write(match: re.Match[str], year: str, month: str, day: str) -> str | None:
    """The date of a match whose groups hold year, month and day."""
    found = _read_day(match[year], match[month], match[day])
    return None if found is None or not _is_weekday(match["weekday"]) else _join(found, match)


@lru_cache(_DAYS)
def _read_day(year: str, month: str, day: str) -> str | None:
    """A day as ISO 8601; None where there is none. Two digits of a year are completed as in POSIX: 69 to 99 are 19xx."""
    if len(year) not in {2, 4} or max(len(month), len(day)) > 2:
        return None
    number = int(year)
    if len(year) == 2:
        number += 1900 if number >= 69 else 2000
    try:
        return date(number, int(month), int(day)).isoformat()
    except ValueError:
        return None


def _join(day: str, match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    if groups.get("hour") is None:
        return day
    clock = _write_time(match)
    return None if clock is None else _add_zone(f"{day}T{clock}", groups.get("zone"))


def _write_time(match: re.Match[str]) -> str | None:
    """The time of day as ISO 8601; an hour alone needs AM or PM."""
    hour, half, fraction = int(match["hour"]), match["half"], match["fraction"]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or (match["minute"] is None and not half) or int(match["minute"] or 0) > 59 or int(match["second"] or 0) > 59:
        return None
    digits = f".{fraction[:6]:0<6}" if fraction and fraction.strip("0") else ""
    return f"{hour:02}:{match['minute'] or '00'}:{match['second'] or '00'}{digits}"


def _add_zone(local: str, zone: str | None) -> str | None:
    """A local time with its offset from UTC; None where the zone is not known, or has several meanings."""
    if not zone:
        return local
    zone = zone.replace("−", "-")
    if number := re.fullmatch(r"(?:utc|gmt)?([-+])(\d{1,2}):?(\d{2})?", zone):
        hours, minutes = int(number[2]), int(number[3] or 0)
        return f"{local}{number[1]}{hours:02}:{minutes:02}" if hours <= 23 and minutes <= 59 else None
    known = _list_zones().get(zone)
    if known is None or "/" not in known:
        return None if known is None else local + known
    moment = pd.Timestamp(local).tz_localize(known, ambiguous=False, nonexistent="shift_forward")  # as `to_moment` does
    return str(moment.tz_convert("UTC").isoformat()).replace("+00:00", "Z")


def _check_iso(text: str) -> str | None:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return None
