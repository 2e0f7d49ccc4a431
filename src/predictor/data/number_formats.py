"""Amounts and ranges as people and spreadsheets write them, as plain numbers."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal

_BLANKS = "'’´ "  # between groups of digits, once other blanks are plain ones
CURRENCY_CODES = (
    "USD EUR GBP CHF JPY CNY RMB INR AUD CAD NZD SEK NOK DKK ISK PLN CZK HUF RON BGN UAH RUB BRL MXN ARS CLP COP PEN ZAR NGN KES "
    "EGP SGD HKD TWD KRW THB IDR MYR PHP VND TRY AED SAR QAR KWD ILS"
)
_WORDS = r"rs\.?|zł|kč|kr\.?|ft|lei|fr\.|euros?|dollars?|pounds?"
_CURRENCY = rf"(?:[A-Z]{{1,2}}\$|[$€£¥₹₽₩₪₺₴₫₱฿₦]|(?:{'|'.join(CURRENCY_CODES.split())}|(?i:{_WORDS}))(?![A-Za-z]))"
_SIGNS = {
    "$": "USD", "US$": "USD", "DOLLAR": "USD", "DOLLARS": "USD", "A$": "AUD", "C$": "CAD", "R$": "BRL",
    "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "POUND": "GBP", "POUNDS": "GBP", "FR": "CHF",
    "¥": "JPY", "RMB": "CNY", "₹": "INR", "RS": "INR", "₩": "KRW", "₫": "VND", "₱": "PHP", "฿": "THB",
    "₽": "RUB", "₪": "ILS", "₺": "TRY", "₴": "UAH", "₦": "NGN", "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "LEI": "RON",
}  # fmt: skip
_POWERS = {
    word: power
    for power, words in {
        3: "k tsd tys thousand",
        5: "lakh lakhs",
        6: "m mm mn mio mln million millions millionen",
        7: "crore crores",
        9: "b bn md mrd mld milliard milliards milliarden billion billions",
    }.items()
    for word in words.split()
} | {"": 0, "t": 3}
_LONGEST_FIRST = "|".join(sorted((word for word in _POWERS if len(word) > 0 and word != "t"), key=len, reverse=True))
_SCALE = rf"(?P<scale>(?i:{_LONGEST_FIRST}|t(?=\s?(?:EUR|€)))?)"  # T€ and TEUR are thousands; a t alone may mean anything
_POINT = rf"\d{{1,3}}(?:[,{_BLANKS}]\d{{2,3}})*[,{_BLANKS}]\d{{3}}(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+"
_COMMA = rf"\d{{1,3}}(?:[.{_BLANKS}]\d{{3}})+(?:,\d+)?|\d+(?:,\d*)?(?:[eE][-+]?\d{{1,3}})?|,\d+"
_END = r"\d{1,3}(?:[,.' ]\d{3})+|\d+(?:\.\d{1,2})?"
_PLAIN_END = re.compile(_END)
_RANGE = re.compile(rf"(?P<low>{_END})(?P<k>[kK]?)\s*(?:-|–|—|to|bis|\.\.\.?|…)\s*(?P<high>{_END})(?P<k2>[kK]?)(?:\s+\w+)?")
_OPEN = re.compile(
    rf"(?:(?:>=?|≥|over|more than|above)\s*(?P<after>{_END})(?P<k>[kK]?)|(?:<=?|≤|under|less than|up to|below)\s*"
    rf"(?P<under>{_END})(?P<k2>[kK]?)|(?P<from>{_END})(?P<k3>[kK]?)\s*(?:\+|or more|and more|and above))(?:\s+\w+)?"
)


def _compile_amount(number: str) -> re.Pattern[str]:
    front = rf"(?P<open>\(\s*)?(?P<sign>[-+−]?)\s*(?:{_CURRENCY}\s*)?(?P<minus>[-−]?)\s*"
    back = rf"(?:\s*(?:{_CURRENCY}|%))?(?P<after>\s?[-−])?(?(open)\s*\))"
    return re.compile(rf"{front}(?P<number>{number})\s*{_SCALE}\.?{back}")


_AMOUNTS = {"amount 1,234.5": (_compile_amount(_POINT), "."), "amount 1.234,5": (_compile_amount(_COMMA), ",")}
AMOUNTS = tuple(_AMOUNTS)
_USUAL = {  # amounts that need no more than their signs removed; most of a column are written so
    "amount 1,234.5": re.compile(r"[$€£]?(0|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*)(?:\.(\d+))?", re.ASCII),
    "amount 1.234,5": re.compile(r"(0|[1-9]\d{0,2}(?:\.\d{3})+|[1-9]\d*)(?:,(\d+))?(?: ?[€])?", re.ASCII),
}
_GROUPING = {"amount 1,234.5": ",", "amount 1.234,5": "."}


def fits_amount(text: str, format_name: str) -> bool:
    """Whether a text is an amount in this format.

    >>> fits_amount("1 234 €", "amount 1,234.5"), fits_amount("1.234,5", "amount 1,234.5")
    (True, False)
    """
    return _match_amount(text, format_name) is not None


def read_currency(text: str) -> str:
    """The code of the currency that an amount is written in; empty where it names none, or one that is no amount.

    >>> [read_currency(text) for text in ("$1,200", "1.200 €", "USD 5k", "CHF 3'000", "1200", "Kr. 50", "paid in $")]
    ['USD', 'EUR', 'USD', 'CHF', '', 'KR', '']
    """
    if not any(fits_amount(text, name) for name in _AMOUNTS):
        return ""
    found = re.search(_CURRENCY, _simplify(text))
    sign = "" if found is None else found[0].upper().rstrip(".")
    return _SIGNS.get(sign, sign)


def read_amount(text: str, format_name: str) -> str | None:
    """An amount as a plain number: no currency, grouping or percent sign, so that 12 % is 12; 3k and 2.5M written out.

    An amount of the other format is read too where both signs stand in it, so that it is clear which separates decimals.

    >>> read_amount("1.000,50", "amount 1,234.5"), read_amount("1,000.50", "amount 1.234,5")
    ('1000.50', '1000.50')
    >>> [read_amount(text, "amount 1,234.5") for text in ("(1,200)", "USD 3k", "12 %", "-$.5", "1,23", "1,200-")]
    ['-1200', '3000', '12', '-0.5', None, '-1200']
    """
    if usual := _USUAL[format_name].fullmatch(text):
        return usual[1].replace(_GROUPING[format_name], "") + ("." + usual[2] if usual[2] else "")
    match = _match_amount(text, format_name)
    if match is None and "." in text and "," in text:
        format_name = next(name for name in AMOUNTS if name != format_name)
        match = _match_amount(text, format_name)
    if match is None:
        return None
    point = _AMOUNTS[format_name][1]
    digits = re.sub(rf"[{_BLANKS}{',' if point == '.' else '.'}]", "", match["number"]).replace(point, ".")
    number = Decimal(digits).scaleb(_POWERS[match["scale"].casefold()])
    return f"{-number if _list_signs(match).strip('+') else number:f}"


def _match_amount(text: str, format_name: str) -> re.Match[str] | None:
    match = _AMOUNTS[format_name][0].fullmatch(_simplify(text))
    return None if match is None or len(_list_signs(match)) > 1 else match


def _list_signs(match: re.Match[str]) -> str:
    """The signs of an amount: a plus, a minus in one of its places, or the bracket of a negative amount."""
    return "".join((match[part] or "").strip() for part in ("open", "sign", "minus", "after"))


def _simplify(text: str) -> str:
    """A text with plain blanks and digits in place of the narrow and the wide ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def looks_like_range(text: str) -> bool:
    """Whether a text has the form of a range, whatever its ends are.

    >>> looks_like_range("10-5"), looks_like_range("10 and 5")
    (True, False)
    """
    text = _simplify(text)
    return any(pattern.fullmatch(text) for pattern in (_PLAIN_END, _OPEN, _RANGE))


def read_range(text: str) -> str | None:
    """One number for a range: the geometric mean of its ends, to three digits; an open range gives its known end.

    Sizes grow by factors, so the middle of 51 to 200 is 101, and a rule on either end, as `>= 51`, still applies.

    >>> [read_range(text) for text in ("1-10", "11–50 employees", "500 to 999", "< 10", "1000 or more", "5k-10k", "10-5", "420")]
    ['3.16', '23.5', '707', '10', '1000', '7070', None, '420']
    """
    text = _simplify(text)
    if _PLAIN_END.fullmatch(text):
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
