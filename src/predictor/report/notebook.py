"""A table in a notebook: rounded figures, each with its interval in one cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from predictor.core.html import to_table
from predictor.core.wording import DASH, format_number, format_percent, format_percent_range, format_range, is_missing
from predictor.report.table_cells import list_rows

_SHARES = ("conversion", "share", "caught", "sqls_caught", "observed", "predicted", "base_rate", "converted")
_ENDS = ("_low", "_high")
_MARKS = ("chosen", "recommended")  # columns that mark a row
_WORDS = {"sqls": "SQLs", "auc": "AUC", "ece": "calibration error", "mql": "MQL", "sql": "SQL", "told": "result"}


@dataclass(frozen=True)
class Shown:
    """A table that a notebook shows as HTML.

    Attributes:
        frame: The table, with all its digits.
        caption: What it shows.
    """

    frame: pd.DataFrame
    caption: str = ""

    def _repr_html_(self) -> str:
        rows = list_rows(self.frame)
        marked = [name for name in _MARKS if name in self.frame]
        names = [name for name in map(str, self.frame.columns) if not name.endswith(_ENDS) and name not in marked]
        return to_table(
            [_format_heading(name) for name in names],
            [[_format_cell(row, name) for name in names] for row in rows],
            caption=self.caption,
            marked=[position for position, row in enumerate(rows) if any(row[name] for name in marked)],
            texts=[position for position, name in enumerate(names) if not pd.api.types.is_numeric_dtype(self.frame[name])],
        )


def show(table: pd.DataFrame, caption: str = "", *, columns: Sequence[str] = ()) -> Shown:
    """A table for a notebook: rounded, with shares in percent, and each figure with its 95 % interval in one cell.

    Args:
        table: Any table of this package; a column `x` brings `x_low` and `x_high` with it.
        caption: What it shows; empty for none.
        columns: Columns to show, in that order; empty for all.

    Raises:
        KeyError: The table has no such column.

    >>> table = pd.DataFrame({"way": ["points"], "conversion": [0.271], "conversion_low": [0.24], "conversion_high": [0.31]})
    >>> "27 %" in show(table)._repr_html_()
    True
    """
    chosen = [
        name for column in columns for name in (column, f"{column}_low", f"{column}_high") if column == name or name in table
    ]
    return Shown(table[chosen] if columns else table, caption)


def _format_heading(column: str) -> str:
    """A column as a heading."""
    heading = " ".join(_WORDS.get(word, word) for word in column.split("_"))
    return heading[:1].upper() + heading[1:]


def _format_cell(row: dict[str, Any], name: str) -> str:
    """One cell, with its interval on a further line where the table has one."""
    value, low, high = row[name], row.get(f"{name}_low"), row.get(f"{name}_high")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return DASH if pd.isna(value) else str(value)
    if is_missing(value):
        return DASH
    if name.startswith(_SHARES):
        interval = format_percent_range(low, high)
        return format_percent(value) + ("" if interval == DASH else f"\n{interval}")
    digits = _count_digits(value)
    interval = format_range(low, high, digits)
    return format_number(value, digits) + ("" if interval == DASH else f"\n{interval}")


def _count_digits(value: float) -> int:
    """Decimals that leave two or three significant digits; none for a whole number."""
    if value == int(value):
        return 0
    return 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3 if abs(value) >= 0.1 else 4
