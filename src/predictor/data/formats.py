"""How a firm writes amounts, ranges and dates, and how each is converted to the plain format.

A format belongs to a column. It is detected from the whole column once, saved with the model, and changes only cells that fit
it, in a table as in one lead; other cells stay as they are, for the checks of numbers and dates.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

_BLANKS = "'’ \u00a0\u2009\u202f"
_CODES = "USD EUR GBP CHF JPY CNY INR AUD CAD NZD SEK NOK DKK PLN CZK HUF BRL MXN ZAR SGD HKD KRW TRY AED ILS".replace(" ", "|")
_SIGNS = rf"(?:[A-Z]{{1,2}}\$|[$€£¥₹₽₩₪]|(?:{_CODES})\b|Rs\.?)"
_SCALES = {
    "": 0, "k": 3, "tsd": 3, "m": 6, "mm": 6, "mn": 6, "mio": 6, "million": 6, "b": 9, "bn": 9, "mrd": 9, "billion": 9,
}  # fmt: skip
_POINT = rf"\d{{1,3}}(?:[,{_BLANKS}]\d{{2,3}})*[,{_BLANKS}]\d{{3}}(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+"
_COMMA = rf"\d{{1,3}}(?:[.{_BLANKS}]\d{{3}})+(?:,\d+)?|\d+(?:,\d*)?|,\d+"
_SCALE = r"(?P<scale>k|tsd|mm|mn|mio|million|m|bn|mrd|billion|b)?"


def _compile_amount(number: str) -> re.Pattern[str]:
    front, back = rf"(?P<open>\()?(?P<sign>[-+−]?)\s*(?:{_SIGNS}\s*)?(?P<minus>[-−]?)", rf"(?:\s*(?:{_SIGNS}|%))?\s*\)?"
    return re.compile(rf"{front}(?P<number>{number})\s*(?i:{_SCALE})\.?{back}")


_AMOUNTS = {"amount 1,234.5": (_compile_amount(_POINT), ",", "."), "amount 1.234,5": (_compile_amount(_COMMA), ".", ",")}
_END = r"\d{1,3}(?:[,.' ]\d{3})+|\d+(?:\.\d{1,2})?"
_RANGE = re.compile(rf"(?P<low>{_END})(?P<k>[kK]?)\s*(?:-|–|—|to|bis|\.\.\.?|…)\s*(?P<high>{_END})(?P<k2>[kK]?)(?:\s+\w+)?")
_OPEN = re.compile(
    rf"(?:(?:>=?|≥|over|more than|above)\s*(?P<after>{_END})(?P<k>[kK]?)|(?:<=?|≤|under|less than|up to|below)\s*"
    rf"(?P<under>{_END})(?P<k2>[kK]?)|(?P<from>{_END})(?P<k3>[kK]?)\s*(?:\+|or more|and more|and above))(?:\s+\w+)?"
)
_TIME = (
    r"(?:(?:,?\s+|T)(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:\.\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
)
_SEPARATORS = r"[/.\-]"
_DATE = re.compile(rf"(?P<a>\d{{1,4}}){_SEPARATORS}\s?(?P<b>\d{{1,2}}){_SEPARATORS}\s?(?P<c>\d{{1,4}}){_TIME}")
_MONTHS = {
    name: at for at, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_NAME = r"(?P<name>(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))[a-z]*\.?"
_NAMED = (
    re.compile(rf"(?P<day>\d{{1,2}})[ \-]{_NAME}[ \-,]\s?(?P<year>\d{{4}}|\d{{2}}){_TIME}"),
    re.compile(rf"{_NAME} (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){_TIME}"),
)
_EPOCHS = {"epoch ms": (re.compile(r"\d{12,13}"), 1), "epoch s": (re.compile(r"\d{9,10}"), 1000)}
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_ORDERS = {"date d/m/y": ("c", "b", "a"), "date m/d/y": ("c", "a", "b"), "date y/m/d": ("a", "b", "c")}


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
    >>> to_plain_format(1774965900000, "epoch ms")
    '2026-03-31T14:05:00Z'
    """
    if format_name is None or isinstance(value, bool) or not isinstance(value, (str, int)):
        return value
    if isinstance(value, int) and format_name not in _EPOCHS:
        return value
    plain = _CONVERTERS[format_name](str(value).strip()) if format_name in _CONVERTERS else None
    return value if plain is None else plain


def _read_amount(text: str, format_name: str) -> str | None:
    """An amount as a plain number: no currency, grouping or percent sign; 3k and 2.5M written out.

    >>> [_read_amount(text, "amount 1,234.5") for text in ("(1,200)", "USD 3k", "12 %", "-$.5", "1,23")]
    ['-1200', '3000', '12', '-0.5', None]
    """
    pattern, _, point = _AMOUNTS[format_name]
    match = pattern.fullmatch(text)
    if match is None:
        return None
    digits = re.sub(rf"[{_BLANKS}{',' if point == '.' else '.'}]", "", match["number"]).replace(point, ".")
    exponent = _SCALES[(match["scale"] or "").casefold()]
    number = Decimal(digits).scaleb(exponent)
    negative = bool(match["open"]) or "-" in (match["sign"] + match["minus"]).replace("−", "-")
    return f"{-number if negative else number:f}"


def _read_range(text: str) -> str | None:
    """One number for a range: the geometric mean of its ends, to three digits; an open range gives its known end.

    Sizes grow by factors, so the middle of 51 to 200 is 101, and a rule on either end, as `>= 51`, still applies.

    >>> [_read_range(text) for text in ("1-10", "11–50 employees", "500 to 999", "< 10", "1000 or more", "5k-10k", "10-5", "420")]
    ['3.16', '23.5', '707', '10', '1000', '7070', None, '420']
    """
    if re.fullmatch(_END, text):
        return _plain_end(text, "")
    if match := _OPEN.fullmatch(text):
        end, thousand = next((match[end], match[k]) for end, k in (("after", "k"), ("under", "k2"), ("from", "k3")) if match[end])
        return _plain_end(end, thousand)
    if not (match := _RANGE.fullmatch(text)):
        return None
    low, high = float(_plain_end(match["low"], match["k"])), float(_plain_end(match["high"], match["k2"]))
    if low >= high:
        return None
    middle = math.sqrt(low * high) if low > 0 else high / 2
    return f"{Decimal(f'{middle:.3g}'):f}"


def _plain_end(text: str, thousand: str) -> str:
    digits = re.sub(r"[,.' ](?=\d{3}(?:\D|$))", "", text)
    return f"{Decimal(digits).scaleb(3 if thousand else 0):f}"


def _read_date(text: str, format_name: str) -> str | None:
    """A date of this format as ISO 8601, without a zone; None where there is no such day.

    >>> [_read_date(text, "date d/m/y") for text in ("1/2/2026", "31.12.2026, 23:59", "31/02/2026", "12/31/2026", "2026-01-31")]
    ['2026-02-01', '2026-12-31T23:59:00', None, None, None]
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (match[part] for part in _ORDERS[format_name])
    if len(year) not in {2, 4} or max(len(month), len(day)) > 2:
        return None
    return _write_moment(_complete_year(year), int(month), int(day), match)


def _read_named(text: str) -> str | None:
    """A date with the English name of its month, as ISO 8601.

    >>> [_read_named(text) for text in ("31 Mar 2026", "March 3, 2026 9:05 am", "31-Mar-26", "Marble 3, 2026")]
    ['2026-03-31', '2026-03-03T09:05:00', '2026-03-31', None]
    """
    match = next((match for pattern in _NAMED if (match := pattern.fullmatch(text))), None)
    if match is None:
        return None
    word = re.search(r"[A-Za-z]+", text)
    if word is None or word[0].casefold() not in _FULL:
        return None
    return _write_moment(_complete_year(match["year"]), _MONTHS[match["name"].casefold()], int(match["day"]), match)


_FULL = {
    *_MONTHS, "sept", "january", "february", "march", "april", "june", "july", "august", "september", "october", "november",
    "december",
}  # fmt: skip


def _complete_year(year: str) -> int:
    """A year with four digits; two digits are completed as in POSIX: 69 to 99 belong to the last century."""
    number = int(year)
    return number if len(year) == 4 else number + (1900 if number >= 69 else 2000)


def _write_moment(year: int, month: int, day: int, match: re.Match[str]) -> str | None:
    try:
        if match["hour"] is None:
            return date(year, month, day).isoformat()
        hour, half = int(match["hour"]), (match["half"] or "")[:1].casefold()
        if half and not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0) if half else hour
        return datetime(year, month, day, hour, int(match["minute"]), int(match["second"] or 0)).isoformat()  # noqa: DTZ001  local time
    except ValueError:
        return None


def _read_epoch(text: str, format_name: str) -> str | None:
    pattern, scale = _EPOCHS[format_name]
    if not pattern.fullmatch(text):
        return None
    moment = _EPOCH_START + timedelta(milliseconds=int(text) * scale)
    return moment.isoformat().replace("+00:00", "Z")


_CONVERTERS: dict[str, Callable[[str], str | None]] = {
    **{name: partial(_read_amount, format_name=name) for name in _AMOUNTS},
    "range 1-10": _read_range,
    **{name: partial(_read_date, format_name=name) for name in _ORDERS},
    "date 31 Mar 2026": _read_named,
    **{name: partial(_read_epoch, format_name=name) for name in _EPOCHS},
}  # fmt: skip
