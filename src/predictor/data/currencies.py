"""Columns of amounts in several currencies, which are read as if all were in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count
from predictor.data.number_formats import AMOUNTS, read_currency
from predictor.data.values import factorize_column

_NO_DIGITS = str.maketrans("", "", "0123456789.,' -+")
_FEWEST = 2  # rows in a second currency, of which one may be mistyped
_MOST_NAMED = 4


def check_currencies(frame: pd.DataFrame, formats: Mapping[str, str]) -> tuple[Finding, ...]:
    """A warning for each column of amounts in which several currencies are written: they are not converted.

    Args:
        frame: The leads as read.
        formats: Column -> its format in the export.

    >>> cells = pd.DataFrame({"Revenue": ["$1,200", "€900", "€1,000", "$800", "700"]})
    >>> check_currencies(cells, {"Revenue": "amount 1,234.5"})[0].what.partition(".")[0]
    "Column 'Revenue' holds amounts in several currencies: EUR in 2 rows, USD in 2 rows"
    """
    findings = []
    for name, format_name in formats.items():
        if format_name not in AMOUNTS or name not in frame:
            continue
        rows = _count_currencies(frame[name])
        named = [f"{currency} in {count(n, 'row')}" for currency, n in sorted(rows.items(), key=lambda pair: (-pair[1], pair[0]))]
        if len(rows) > 1 and sorted(rows.values())[-2] >= _FEWEST:
            more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
            what = f"Column '{name}' holds amounts in several currencies: {', '.join(named[:_MOST_NAMED])}{more}. "
            what += "They are read as plain numbers, without conversion."
            do = "Export the amounts in one currency."
            findings.append(Finding("LEAD044", "warning", what, do=do, column=name))
    return tuple(findings)


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
