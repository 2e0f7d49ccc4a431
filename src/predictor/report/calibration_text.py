"""Whether the probabilities can be trusted, overall and for groups of people, as text."""

from __future__ import annotations

from typing import Any

import pandas as pd

from predictor.core.wording import DASH, format_number, format_percent, format_percent_range, format_range, is_missing
from predictor.model.metrics.brier import Interval
from predictor.model.metrics.calibration_test import CalibrationJudgement
from predictor.report.table_cells import list_rows
from predictor.report.tables_text import TextTable

NO_GROUPS = "No protected column is named, so groups of people are not shown. Name such columns in roles.protected."
ABOUT_GROUPS = (
    "The model does not use protected columns. Groups may convert differently, and then equal probabilities would be wrong for "
    "both. But within a group, promised and observed conversion should agree; about one group in twenty differs by chance "
    "alone. For fewer than 20 leads only the number is shown."
)


def format_calibration(judged: CalibrationJudgement) -> TextTable:
    """The figures behind the verdict on the probabilities, each with the right value.

    >>> from predictor.model.metrics.calibration_test import judge_calibration
    >>> for row in format_calibration(judge_calibration([0, 1] * 50, [0.3, 0.7] * 50, draws=50)).rows[-3:]:
    ...     print(row)
    ('Miscalibration', '0.0900', '–', 'Brier score lost by wrong probabilities: 0 is best')
    ('Discrimination', '0.2500', '–', 'Brier score gained by ranking leads')
    ('Uncertainty', '0.2500', '–', 'the Brier score of the base rate for all leads')
    """
    line, brier = judged.line, judged.brier
    shift, slope = _format_ends(line.intercept_interval, sign=True), _format_ends(line.slope_interval)
    rows = (
        ("Accepted", format_percent(judged.base_rate), DASH, _describe_promise(judged)),
        ("Calibration error", format_number(judged.ece, 3), DASH, judged.noise.text),
        ("Intercept", format_number(line.intercept, 2, sign=True), shift, "0 is right; above 0 the model promised too little"),
        ("Slope", format_number(line.slope, 2), slope, "1 is right; below 1 over-confident, above 1 under-confident"),
        (
            "Miscalibration",
            format_number(brier.miscalibration, 4),
            DASH,
            "Brier score lost by wrong probabilities: 0 is best",
        ),
        ("Discrimination", format_number(brier.discrimination, 4), DASH, "Brier score gained by ranking leads"),
        ("Uncertainty", format_number(brier.uncertainty, 4), DASH, "the Brier score of the base rate for all leads"),
    )
    return TextTable("Test leads: the chosen candidate's calibration", ("Figure", "Value", "95 % interval", "Meaning"), rows)


def format_fairness(table: pd.DataFrame) -> TextTable:
    """Promised and observed conversion of groups of people, from `compute_fairness`; of small groups only the number."""
    heads = ("Group", "Leads", "Promised", "Conversion", "Difference in points", "Handed over", "Result")
    rows = [_format_group(row) for row in list_rows(table)]
    return TextTable("Test leads: groups of people, with the threshold of the test", heads, tuple(rows))


def _format_ends(interval: Interval | None, *, sign: bool = False) -> str:
    return DASH if interval is None else format_range(interval[0], interval[1], 2, sign=sign)


def _describe_promise(judged: CalibrationJudgement) -> str:
    return f"promised {format_percent(judged.promised)}; by chance {format_percent_range(*judged.chance)} (99 %)"


def _format_group(row: dict[str, Any]) -> tuple[str, ...]:
    difference, low, high = (row[f"difference{end}"] for end in ("", "_low", "_high"))
    points = DASH
    if not is_missing(difference):
        points = f"{format_number(100 * difference, 1, sign=True)}\n{format_range(100 * low, 100 * high, 1, sign=True)}"
    return (
        f"{row['column']}: {row['group']}",
        format_number(row["leads"]),
        format_percent(row["promised"]),
        _format_share(row, "conversion"),
        points,
        _format_share(row, "routed"),
        row["told"],
    )


def _format_share(row: dict[str, Any], name: str) -> str:
    if is_missing(row[name]):
        return DASH
    return f"{format_percent(row[name])}\n{format_percent_range(row[f'{name}_low'], row[f'{name}_high'])}"
