"""What the report is made of, and the candidates and thresholds side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.errors import Finding
from predictor.core.wording import METRICS
from predictor.model.threshold.recommend import Recommendation
from predictor.model.verdict import Verdict
from predictor.report.compare.comparison import Comparison
from predictor.report.compare.wording import describe_difference

_ROWS = 6  # of the table of thresholds on either side of the recommended one


@dataclass(frozen=True)
class ReportData:
    """What the report tells.

    Attributes:
        name: The candidate that the bundle will hold.
        metrics: Content of `metrics.json`.
        verdict: The forward test.
        thresholds: What each threshold of the final model hands over, as `compute_thresholds` gives it.
        advice: The threshold recommended from that table.
        points: Totals of the test leads, NaN where unknown, in the order of `verdict.outcome`; None for a firm without points.
        curve: Time to SQL: `days`, `converted`; None where the outcomes carry no dates.
        findings: All that was noticed.
        comparison: Every table of points against the learned probability.
        routed: Which test leads the points gate hands over, in the same order; None where the firm names no gate.
        fairness: What `compute_fairness` gives of the test leads; None where no column is protected.
        learned_book: The learned points as a rule book; empty for none.
        band: Conversion that is wanted of what is handed over.
    """

    name: str
    metrics: Mapping[str, Any]
    verdict: Verdict
    thresholds: pd.DataFrame
    advice: Recommendation
    points: np.ndarray | None
    curve: pd.DataFrame | None
    findings: tuple[Finding, ...]
    comparison: Comparison
    routed: np.ndarray | None = None
    fairness: pd.DataFrame | None = None
    learned_book: str = ""
    band: tuple[float, float] = (0.2, 0.3)


def compute_verdict_table(verdict: Verdict) -> pd.DataFrame:
    """Every candidate on the forward test, one row each, in the order of the verdict.

    Returns:
        `candidate`, `chosen` (True once), `n`, `base_rate`; each of log_loss, brier, auc, ece, calibration_slope, lift_at_10
        with `_low` and `_high` (95 %); `difference`, `difference_low`, `difference_high` (log loss of the chosen less its own,
        below zero the chosen is better) and `told`, what that says of the chosen. Missing where it cannot be told.
    """
    return pd.DataFrame([_describe_candidate(verdict, name) for name in verdict.test])


def compute_threshold_rows(table: pd.DataFrame, advice: Recommendation) -> pd.DataFrame:
    """About twelve rows of the table of thresholds: the recommended one, some on either side, and handing over every lead.

    Args:
        table: What `compute_thresholds` gives.
        advice: What `recommend_threshold` chose from it.

    Returns:
        The columns of the table and `recommended`, True once.

    >>> from predictor.core.settings import make_settings
    >>> from predictor.model.threshold.recommend import recommend_threshold
    >>> from predictor.model.threshold.table import compute_thresholds
    >>> table = compute_thresholds([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], weeks=1)
    >>> rows = compute_threshold_rows(table, recommend_threshold(table, make_settings({}).threshold))
    >>> len(rows), int(rows["recommended"].sum())
    (4, 1)
    """
    threshold, leads = table["threshold"].to_numpy(dtype=float), table["leads"].to_numpy(dtype=float)
    chosen = int(np.argmin(np.abs(threshold - advice.threshold)))
    fewest = max(leads[chosen] / _ROWS, leads.min())
    wanted = np.append(np.geomspace(leads[0], leads[chosen], _ROWS), np.geomspace(leads[chosen], fewest, _ROWS + 1))
    rows = np.unique([0, chosen, *np.abs(leads[:, None] - wanted).argmin(axis=0)])
    return table.iloc[rows].assign(recommended=rows == chosen).reset_index(drop=True)


def _describe_candidate(verdict: Verdict, name: str) -> dict[str, Any]:
    figures, intervals, gap = verdict.test[name], verdict.intervals[name], verdict.differences.get(name)
    row: dict[str, Any] = {"candidate": name, "chosen": name == verdict.chosen, "n": figures["n"]}
    row["base_rate"] = figures["base_rate"]
    for metric in METRICS:
        low, high = intervals.get(metric) or (np.nan, np.nan)
        figure = figures[metric]
        row |= {metric: np.nan if figure is None else figure, f"{metric}_low": low, f"{metric}_high": high}
    mean, low, high = (np.nan, np.nan, np.nan) if gap is None else (gap.mean, gap.low, gap.high)
    told = "" if gap is None else describe_difference(gap, better=gap.mean < 0)
    return row | {"difference": mean, "difference_low": low, "difference_high": high, "told": told}
