"""A table as a CSV that a spreadsheet opens right by double click, with the decimal sign of the place."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

Decimal = Literal["comma", "point"]
_NUMBER = r"-?\d+\.\d+"
_MOST_DIGITS = 15  # that a spreadsheet keeps of a number


def write_sheet_csv(frame: pd.DataFrame, path: Path, decimal: Decimal) -> None:
    """Write a table for a spreadsheet: in UTF-8 with its mark, six digits, and no text that would be taken for a formula.

    Args:
        frame: The table.
        path: The file.
        decimal: `comma`: numbers as 0,5 between semicolons; `point`: as 0.5 between commas.
    """
    sign, separator = (",", ";") if decimal == "comma" else (".", ",")
    shown = frame.copy()
    for name in shown:
        shown[name] = _read_decimals(shown[name])
    guard_formulas(shown).to_csv(path, index=False, encoding="utf-8-sig", sep=separator, decimal=sign, float_format="%.6g")


def guard_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with an apostrophe before each text that a spreadsheet would take for a formula.

    >>> guard_formulas(pd.DataFrame({"rule": ["=1+1", "Demo"]}))["rule"].tolist()
    ["'=1+1", 'Demo']
    """
    safe = frame.copy()
    for name in safe:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = [
                f"'{text}" if isinstance(text, str) and text[:1] in "=+-@\t\r" and text else text for text in safe[name]
            ]
    return safe


def list_changed_keys(keys: pd.Series) -> list[str]:
    """Keys that a spreadsheet changes when it opens a CSV: with a zero before other digits, or of more than 15 digits.

    >>> list_changed_keys(pd.Series(["17", "0017", "12345678901234567", "A0017"]))
    ['0017', '12345678901234567']
    """
    texts = keys.dropna().astype(str)
    return texts[texts.str.fullmatch(rf"0\d+|\d{{{_MOST_DIGITS + 1},}}")].tolist()


def _read_decimals(column: pd.Series) -> pd.Series:
    """The column as numbers where it holds texts such as 0.5, which a spreadsheet with a decimal comma takes for a date.

    >>> _read_decimals(pd.Series(["0.5", None, "2"])).tolist(), _read_decimals(pd.Series(["0.5", "x"])).tolist()
    ([0.5, nan, 2.0], ['0.5', 'x'])
    """
    if pd.api.types.is_numeric_dtype(column):
        return column
    texts = column.dropna().astype(str)
    decimals = texts.str.fullmatch(_NUMBER)
    return pd.to_numeric(column) if decimals.any() and (decimals | texts.str.fullmatch(r"-?\d{1,15}")).all() else column
