"""Tables of the monitor's page: rows of a frame as texts, a column by what shows its cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from predictor.core.wording import DASH, format_number, format_percent, format_range, format_share, is_missing

Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]  # caption, heads, rows
Cell = Callable[[dict[str, Any]], str]  # a row in, the text of a cell out


def make_table(caption: str, frame: pd.DataFrame, columns: dict[str, Cell]) -> Table:
    """A table of a frame: a row a line, in each column what its cell makes of the row."""
    rows = frame.to_dict("records")
    return (
        caption,
        tuple(columns),
        [tuple(cell({str(name): value for name, value in row.items()}) for cell in columns.values()) for row in rows],
    )


def show_count(name: str) -> Cell:
    """A whole number."""
    return lambda row: format_number(row[name])


def format_count_share(row: dict[str, Any], name: str, share: str) -> str:
    """A count, and its share in brackets where there is one."""
    count = format_number(row[name])
    return count if is_missing(row[share]) else f"{count} ({format_percent(row[share])})"


def show_number(name: str, digits: int) -> Cell:
    """A number with so many digits."""
    return lambda row: format_number(row[name], digits)


def show_percent(name: str) -> Cell:
    """A share without its interval."""
    return lambda row: format_percent(row[name])


def show_share(name: str) -> Cell:
    """A share with the interval in `NAME_low` and `NAME_high`."""
    return lambda row: format_share(row[name], row[f"{name}_low"], row[f"{name}_high"])


def show_between(name: str, low: str, high: str) -> Cell:
    """A whole number with its interval in two other columns."""
    return lambda row: f"{format_number(row[name])} ({row[low]:,} to {row[high]:,})"


def show_text(name: str) -> Cell:
    """A text, or a dash where it is empty."""
    return lambda row: str(row[name]) or DASH


def format_gap(row: dict[str, Any]) -> str:
    """A difference of log losses with its interval; a dash where it is unknown."""
    if is_missing(row["difference"]):
        return DASH
    ends = format_range(row["difference_low"], row["difference_high"], 4, sign=True)
    return f"{format_number(row['difference'], 4, sign=True)} ({ends})"
