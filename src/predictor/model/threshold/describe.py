"""Figures of the model room in words, for marketing operations."""

from __future__ import annotations

import math

import pandas as pd

from predictor.core.errors import TrainingError


def check_weeks(weeks: float | None) -> float:
    """The length of a period in weeks; NaN where leads carry no dates.

    Raises:
        TrainingError: It is not above 0.
    """
    if weeks is not None and not weeks > 0:
        raise TrainingError(
            f"The period of the leads must be above 0 weeks, but is {weeks:g}. Give its length, or None where leads carry no "
            "dates."
        )
    return math.nan if weeks is None else weeks


def or_none(figure: float) -> float | None:
    """A figure, None in place of NaN."""
    return None if math.isnan(figure) else float(figure)


def describe_routed(row: pd.Series[float]) -> str:
    """What is handed over and what becomes of it: a row of the table of thresholds in words."""
    weekly = "" if math.isnan(row["leads_per_week"]) else f"{format_number(row['leads_per_week'])} a week, "
    share = "" if row["share_routed"] == 1 else f"{format_percent(row['share_routed'])} of all, "
    interval = f"{100 * row['conversion_low']:.0f} to {100 * row['conversion_high']:.0f} %"
    caught = "" if math.isnan(row["sqls_caught"]) else f": {format_percent(row['sqls_caught'])} of all SQLs"
    return f"{weekly}{share}of which {format_percent(row['conversion'])} ({interval}) become SQLs{caught}"


def format_percent(share: float) -> str:
    """A share in percent.

    >>> format_percent(0.214), format_percent(0.004)
    ('21 %', '0.4 %')
    """
    return f"{100 * share:.1f} %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def format_band(band: tuple[float, float]) -> str:
    """A band in percent.

    >>> format_band((0.2, 0.3))
    '20 to 30 %'
    """
    return f"{100 * band[0]:.4g} to {100 * band[1]:.4g} %"


def format_number(number: float) -> str:
    """A number with the digits that matter.

    >>> format_number(1234.5), format_number(4.56), format_number(0.456)
    ('1,234', '4.6', '0.46')
    """
    if abs(number) < 1:
        return f"{number:.2g}"
    return f"{number:,.0f}" if abs(number) >= 10 or number == round(number) else f"{number:.1f}"
