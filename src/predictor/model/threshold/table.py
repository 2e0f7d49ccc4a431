"""The table of thresholds: what each would hand over to sales, and what became of those leads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from predictor.model.metrics.inputs import check_pairs
from predictor.model.metrics.intervals import wilson
from predictor.model.pending import shrink
from predictor.model.threshold.describe import check_weeks

FloatArray = NDArray[np.float64]

_ROWS = 200  # more would be a longer table, not a better choice
_STEP = 1e-4  # thresholds are written with four decimals


def compute_thresholds(
    outcome: ArrayLike,
    probability: ArrayLike,
    *,
    weeks: float | None,
    amount: float = 0.0,
    cost: float = 0.0,
    weight: ArrayLike | None = None,
) -> pd.DataFrame:
    """What each threshold would have handed over, and what became of it.

    A lead is routed if its probability is the threshold or higher. Candidates are the distinct probabilities, at most
    200 of them, evenly spaced by rank, cut to four decimals; counts are those of the number shown.

    Args:
        outcome: (n,) 1 or 0.
        probability: (n,) calibrated, from 0 to 1.
        weeks: Length of the period in weeks; None where leads carry no dates.
        amount: What an accepted lead brings.
        cost: What working a lead costs.
        weight: (n,) how much each lead says of conversion, at least 0; None: all alike. The numbers of leads count them all,
            intervals by their effective number (`shrink`).

    Returns:
        Rising by `threshold` from 0, which routes every lead: `leads`, `leads_per_week`, `share_routed`, `conversion`,
        `conversion_low`, `conversion_high` (Wilson, 95 %), `sqls_caught` (share of all SQLs), `sqls_per_week`, `value`
        (a week). Missing: what is per week without weeks, `value` without amount and cost, `sqls_caught` without SQLs.

    Raises:
        TrainingError: As `check_pairs`, or the period is not above 0 weeks.

    >>> compute_thresholds([0, 0, 1, 1], [0.1, 0.2, 0.2, 0.7], weeks=2).iloc[:, [0, 1, 2, 4, 7]]
       threshold  leads  leads_per_week  conversion  sqls_caught
    0        0.0      4             2.0    0.500000          1.0
    1        0.2      3             1.5    0.666667          1.0
    2        0.7      1             0.5    1.000000          0.5
    >>> compute_thresholds([0, 1], [0.1, 0.2], weeks=0)
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: The period of the leads must be above 0 weeks, but is 0. Give its length, or None where \
leads carry no dates.
    """
    y, p = check_pairs(outcome, probability)
    w = np.ones(len(p)) if weight is None else np.asarray(weight, dtype=float)
    rising = np.argsort(p, kind="stable")
    threshold = _choose_candidates(p[rising][w[rising] > 0])
    left_out = np.searchsorted(p[rising], threshold)
    total, accepted, squares = (_sum_from(values[rising])[left_out] for values in (w, w * y, w**2))
    leads, worth = len(p) - left_out, shrink(total, squares)
    low, high = wilson(accepted * worth, total * worth)
    period = check_weeks(weeks)
    counts = {"threshold": threshold, "leads": leads, "leads_per_week": leads / period, "share_routed": leads / len(p)}
    rates = {"conversion": accepted / total, "conversion_low": low, "conversion_high": high}
    sqls = accepted * (leads / total)
    caught = {"sqls_caught": accepted / (accepted[0] or math.nan), "sqls_per_week": sqls / period}
    return with_value(pd.DataFrame({**counts, **rates, **caught}), amount, cost)


def with_value(table: pd.DataFrame, amount: float, cost: float) -> pd.DataFrame:
    """The table of thresholds with the value of each for another amount and cost.

    Args:
        table: What `compute_thresholds` gives.
        amount: What an accepted lead brings.
        cost: What working a lead costs; both 0 means that nothing is known of value.

    >>> with_value(compute_thresholds([0, 1], [0.1, 0.2], weeks=1), amount=100, cost=10)["value"].tolist()
    [80.0, 90.0]
    """
    known = 1.0 if amount or cost else math.nan
    return table.assign(value=known * (amount * table["sqls_per_week"] - cost * table["leads_per_week"]))


def export_thresholds(table: pd.DataFrame) -> dict[str, list[float | None]]:
    """The table of thresholds for JSON: a list for each column, None where a figure is missing.

    >>> export_thresholds(compute_thresholds([0, 1], [0.1, 0.2], weeks=None))["leads_per_week"]
    [None, None]
    """
    columns = table.to_dict("list")
    return {str(name): [None if math.isnan(x) else x for x in column] for name, column in columns.items()}


def import_thresholds(columns: Mapping[str, Sequence[float | None]]) -> pd.DataFrame:
    """The table of thresholds from what `export_thresholds` wrote.

    >>> table = compute_thresholds([0, 1], [0.1, 0.2], weeks=None)
    >>> import_thresholds(export_thresholds(table)).equals(table)
    True
    """
    return pd.DataFrame(columns).astype(float).astype({"leads": int})


def _sum_from(values: FloatArray) -> FloatArray:
    """For each position the sum of what stands there and after it, and 0 at the end."""
    return np.append(np.cumsum(values[::-1])[::-1], 0)


def _choose_candidates(rising: FloatArray) -> FloatArray:
    """0, and the distinct probabilities cut to four decimals, without those that would route every lead again."""
    distinct = np.unique(rising)
    by_rank = np.unique(np.linspace(0, len(distinct) - 1, min(len(distinct), _ROWS)).round().astype(int))
    near = distinct[by_rank].round(4)
    cut = np.where(near > distinct[by_rank], (near - _STEP).round(4), near)
    return np.append(0, np.unique(cut[cut > rising[0]]))
