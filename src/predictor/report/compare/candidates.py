"""Candidates and thresholds side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from predictor.core.wording import METRICS
from predictor.model.metrics.own_metrics import list_own_metrics
from predictor.model.threshold.recommend import Recommendation
from predictor.model.verdict import Verdict
from predictor.report.table_cells import judge_difference

_ROWS = 6  # on either side of the recommended threshold


def compute_verdict_table(verdict: Verdict) -> pd.DataFrame:
    """Every candidate on the forward test, one row each, in the order of the verdict.

    Returns:
        `candidate`, `chosen` (True once), `n`, `base_rate`; each of `METRICS` with `_low` and `_high` (95 %); `difference`,
        `difference_low`, `difference_high` (log loss of the chosen minus that of the row: below zero the chosen is better) and
        `told`, what that says of the chosen; `own/NAME` for each metric of the firm's own. NaN where a figure is missing.
    """
    return pd.DataFrame([_make_row(verdict, name) for name in verdict.test])


def compute_threshold_rows(table: pd.DataFrame, advice: Recommendation) -> pd.DataFrame:
    """About twelve rows of the table of thresholds: the recommended one, some on either side, and that of every lead.

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
    chosen = int(np.argmin(np.abs(threshold - advice.serving)))
    fewest = max(leads[chosen] / _ROWS, leads.min())
    aims = np.append(np.geomspace(leads[0], leads[chosen], _ROWS), np.geomspace(leads[chosen], fewest, _ROWS + 1))
    rows = np.unique([0, chosen, *np.abs(leads[:, None] - aims).argmin(axis=0)])
    return table.iloc[rows].assign(recommended=rows == chosen).reset_index(drop=True)


def _make_row(verdict: Verdict, name: str) -> dict[str, Any]:
    figures, intervals, difference = verdict.test[name], verdict.intervals[name], verdict.differences.get(name)
    row: dict[str, Any] = {"candidate": name, "chosen": name == verdict.chosen, "n": figures["n"]}
    row["base_rate"] = figures["base_rate"]
    for metric in METRICS:
        low, high = intervals.get(metric) or (np.nan, np.nan)
        figure = figures[metric]
        row |= {metric: np.nan if figure is None else figure, f"{metric}_low": low, f"{metric}_high": high}
    mean, low, high = (np.nan, np.nan, np.nan) if difference is None else (difference.mean, difference.low, difference.high)
    judgement = (
        "" if difference is None else judge_difference(difference, better=difference.mean < 0, digits=METRICS["log_loss"].digits)
    )
    row |= {"difference": mean, "difference_low": low, "difference_high": high, "told": judgement}
    return row | {metric: np.nan if figures[metric] is None else figures[metric] for metric in list_own_metrics(figures)}
