"""What a threshold hands over, in words."""

from __future__ import annotations

import math

import pandas as pd

from predictor.core.errors import TrainingError
from predictor.core.wording import format_percent, format_percent_range, format_rounded


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
    weekly = "" if math.isnan(row["leads_per_week"]) else f"{format_rounded(row['leads_per_week'])} a week, "
    share = "" if row["share_routed"] == 1 else f"{format_percent(row['share_routed'])} of all, "
    interval = format_percent_range(row["conversion_low"], row["conversion_high"])
    caught = "" if math.isnan(row["sqls_caught"]) else f": {format_percent(row['sqls_caught'])} of all SQLs"
    return f"{weekly}{share}of which {format_percent(row['conversion'])} ({interval}) become SQLs{caught}"
