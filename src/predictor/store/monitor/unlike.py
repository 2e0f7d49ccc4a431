"""Leads unlike those of the training, week by week: those whose answers carried a warning."""

from __future__ import annotations

import numpy as np
import pandas as pd

from predictor.model.metrics.intervals import wilson
from predictor.scoring.coverage import Coverage
from predictor.store.monitor.weeks import find_weeks


def compute_unlike(matrix: np.ndarray, as_of: pd.Series, coverage: Coverage) -> pd.DataFrame:
    """How many leads of each week have few known values, no events, or values far outside those of the training.

    Args:
        matrix: (n, number of features) of stored scores.
        as_of: (n,) of these scores.
        coverage: Of the bundle that scored them.

    Returns:
        A row a week, rising: `week` (its Monday, UTC), `leads` (scores), `unlike` (of these), `share` with `share_low` and
        `share_high` (Wilson, 95 %). Empty without scores.
    """
    unlike = np.zeros(len(matrix), dtype=bool)
    for rows, _ in coverage.check_table(matrix) if len(matrix) else []:
        unlike[rows] = True
    table = pd.DataFrame({"week": find_weeks(as_of), "leads": 1, "unlike": unlike})
    weeks = table.groupby("week", as_index=False)[["leads", "unlike"]].sum().astype({"leads": "int64", "unlike": "int64"})
    low, high = wilson(weeks["unlike"], weeks["leads"])
    return weeks.assign(share=weeks["unlike"] / weeks["leads"], share_low=low, share_high=high)
