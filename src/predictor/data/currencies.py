"""The currency of amounts; amounts in several currencies are read as if all were in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count
from predictor.data.number_formats import AMOUNTS, CURRENCY_CODES, read_currency
from predictor.data.values import factorize_column

_NO_DIGITS = str.maketrans("", "", "0123456789.,' -+")
_FEWEST = 2  # rows in a second currency, of which one may be mistyped
_MOST_NAMED = 4
_FIRST = 1000  # rows that show whether a column can be one that names currencies
_MOST_CODES = 20  # different currencies of a column that names them
_BLANK = {"NAN", "NONE", "<NA>", "NAT"}
_CURRENCIES = frozenset(["", *CURRENCY_CODES.split()])


def check_currencies(frame: pd.DataFrame, formats: Mapping[str, str]) -> tuple[Finding, ...]:
    """A warning for each column of amounts in which several currencies are written: they are not converted.

    Args:
        frame: The leads as read.
        formats: Column -> its format in the export.

    >>> cells = pd.DataFrame({"Revenue": ["$1,200", "€900", "€1,000", "$800", "700"]})
    >>> check_currencies(cells, {"Revenue": "amount 1,234.5"})[0].what.partition(".")[0]
    "Column 'Revenue' holds amounts in several currencies: EUR in 2 rows, USD in 2 rows"
    """
    findings: list[Finding] = []
    for name, format_name in formats.items():
        if format_name not in AMOUNTS or name not in frame:
            continue
        rows = _count_currencies(frame[name])
        findings += _list_several(name, rows, f"Column '{name}' holds amounts in several currencies")
    return tuple(findings)


def list_currency_columns(raw: pd.DataFrame) -> dict[str, Counter[str]]:
    """The columns that hold codes of currencies alone -> the rows of every code.

    Args:
        raw: The leads as read.
    """
    named = dict[str, Counter[str]]()
    for name in raw.columns:
        if not _names_currencies(factorize_column(raw[name].iloc[:_FIRST])[1]):
            continue
        codes, cells = factorize_column(raw[name])
        if not _names_currencies(cells):
            continue
        rows = Counter[str]()
        for cell, n in zip(cells, np.bincount(codes[codes >= 0], minlength=len(cells)).tolist(), strict=True):
            rows[_read_code(cell)] += n
        del rows[""]
        named[str(name)] = rows
    return named


def check_currency_columns(named: Mapping[str, Counter[str]]) -> tuple[Finding, ...]:
    """A warning for each column beside the amounts that names their currencies, where these are several.

    Args:
        named: What `list_currency_columns` gives.

    >>> frame = pd.DataFrame({"Amount": [100, 200, 300, 400], "Currency": ["EUR", "usd"] * 2, "Country": ["DE", "US"] * 2})
    >>> [finding.what.partition(". ")[0] for finding in check_currency_columns(list_currency_columns(frame))]
    ["Column 'Currency' says that amounts are in several currencies: EUR in 2 rows, USD in 2 rows"]
    >>> list_currency_columns(frame[["Amount", "Country"]])
    {}
    """
    what = "Column '{}' says that amounts are in several currencies"
    return tuple(finding for name, rows in named.items() for finding in _list_several(name, rows, what.format(name)))


def find_currency(named: Mapping[str, Counter[str]], amounts: pd.Series) -> str:
    """The currency of amounts: the one that is written beside them, or that a column of codes names; empty for none or several.

    Args:
        named: What `list_currency_columns` gives.
        amounts: The column of amounts as read.

    >>> named = list_currency_columns(pd.DataFrame({"Amount": [100, 200], "Currency": ["EUR", "eur"]}))
    >>> find_currency(named, pd.Series([100, 200])), find_currency(named, pd.Series(["$100", "$200"]))
    ('EUR', 'USD')
    """
    written = set(_count_currencies(amounts)) or {code for rows in named.values() for code in rows}
    return written.pop() if len(written) == 1 else ""


def _names_currencies(cells: Sequence[object]) -> bool:
    """Whether cells, each another, are codes of currencies or blank."""
    return len(cells) <= _MOST_CODES and _CURRENCIES.issuperset(map(_read_code, cells))


def _read_code(cell: object) -> str:
    """The code as written; empty for a blank cell."""
    code = str(cell).strip().upper()
    return "" if code in _BLANK else code


def _list_several(name: str, rows: Counter[str], what: str) -> list[Finding]:
    """The warning, where more than a mistyped cell is in a second currency."""
    if len(rows) < 2 or sorted(rows.values())[-2] < _FEWEST:
        return []
    named = [f"{currency} in {count(n, 'row')}" for currency, n in sorted(rows.items(), key=lambda pair: (-pair[1], pair[0]))]
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    text = f"{what}: {', '.join(named[:_MOST_NAMED])}{more}. They are read as plain numbers, without conversion."
    return [Finding("LEAD044", "warning", text, do="Export the amounts in one currency.", column=name)]


def _count_currencies(column: pd.Series) -> Counter[str]:
    """The rows in which each currency is written."""
    codes, cells = factorize_column(column)
    signs: dict[str, str] = {}  # what stands beside the digits -> the currency: few different texts
    rows: Counter[str] = Counter()
    for cell, n in zip(cells, np.bincount(codes[codes >= 0], minlength=len(cells)).tolist(), strict=True):
        if not isinstance(cell, str):
            continue
        sign = cell.translate(_NO_DIGITS)
        if sign not in signs:
            signs[sign] = read_currency(cell.strip()) if sign else ""
        rows[signs[sign]] += n
    del rows[""]
    return rows
