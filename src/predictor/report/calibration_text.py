"""Whether the probabilities can be believed, in all and for groups of people, in words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from predictor.core.wording import DASH, format_number, format_percent, format_percent_range, format_range, is_missing
from predictor.model.metrics.brier import Interval
from predictor.model.metrics.calibration_test import CalibrationJudgement
from predictor.report.tables_text import TextTable

NO_GROUPS = "No protected column is named, so nothing is told of groups of people. Name such columns in roles.protected."
ABOUT_GROUPS = (
    "The model never looks at protected columns. The table shows differences and judges none: groups may convert differently, "
    "and then equal probabilities would be wrong for both. What should not be is a promise that differs from what comes of a "
    "group; of twenty groups one is off by chance alone. Of fewer than 20 leads only the number is told."
)


def format_calibration(judged: CalibrationJudgement) -> TextTable:
    """The figures behind the verdict on the probabilities, each with what would be right.

    >>> from predictor.model.metrics.calibration_test import judge_calibration
    >>> for row in format_calibration(judge_calibration([0, 1] * 50, [0.3, 0.7] * 50, draws=50)).rows[-3:]:
    ...     print(row)
    ('Miscalibration', '0.0900', '–', 'of the Brier score, lost by wrong probabilities: 0 is best')
    ('Discrimination', '0.2500', '–', 'of the Brier score, gained by telling leads apart')
    ('Uncertainty', '0.2500', '–', 'the Brier score of the base rate for all')
    """
    line, brier, noise = judged.line, judged.brier, judged.noise
    chance = f"by chance {noise.mean:.3f} on average, seldom above {noise.high:.3f}"
    shift, slope = _tell_ends(line.intercept_interval, sign=True), _tell_ends(line.slope_interval)
    rows = (
        ("Accepted", format_percent(judged.base_rate), DASH, _tell_promise(judged)),
        ("Calibration error", format_number(judged.ece, 3), DASH, chance),
        (
            "Intercept",
            format_number(line.intercept, 2, sign=True),
            shift,
            "0 is right, above 0 promised too little",
        ),
        ("Slope", format_number(line.slope, 2), slope, "1 is right, below 1 too bold, above it too timid"),
        ("Miscalibration", f"{brier.miscalibration:.4f}", DASH, "of the Brier score, lost by wrong probabilities: 0 is best"),
        ("Discrimination", f"{brier.discrimination:.4f}", DASH, "of the Brier score, gained by telling leads apart"),
        ("Uncertainty", f"{brier.uncertainty:.4f}", DASH, "the Brier score of the base rate for all"),
    )
    return TextTable("Forward test: the chosen candidate's calibration", ("Figure", "Value", "95 % interval", "Beside it"), rows)


def format_fairness(table: pd.DataFrame) -> TextTable:
    """What is promised and done for groups of people, from `compute_fairness`; a group too small to speak of keeps its number."""
    heads = ("Group", "Leads", "Promised", "Conversion", "Difference in points", "Handed over", "What it says")
    rows = [_tell_group({str(name): value for name, value in row.items()}) for row in table.to_dict("records")]
    return TextTable("Forward test: groups of people, and the threshold chosen on earlier leads", heads, tuple(rows))


def _tell_ends(interval: Interval | None, *, sign: bool = False) -> str:
    return DASH if interval is None else format_range(interval[0], interval[1], 2, sign=sign)


def _tell_promise(judged: CalibrationJudgement) -> str:
    return f"promised {format_percent(judged.promised)}; by chance {format_percent_range(*judged.chance)} (99 %)"


def _tell_group(row: dict[str, Any]) -> tuple[str, ...]:
    told, low, high = (row[f"difference{end}"] for end in ("", "_low", "_high"))
    points = DASH
    if not is_missing(told):
        points = f"{format_number(100 * told, 1, sign=True)}\n{format_range(100 * low, 100 * high, 1, sign=True)}"
    shares = _tell_share(row, "conversion"), points, _tell_share(row, "routed")
    return (
        f"{row['column']}: {row['group']}",
        format_number(row["leads"]),
        format_percent(row["promised"]),
        *shares,
        row["told"],
    )


def _tell_share(row: dict[str, Any], name: str) -> str:
    if is_missing(row[name]):
        return DASH
    return f"{format_percent(row[name])}\n{format_percent_range(row[f'{name}_low'], row[f'{name}_high'])}"
