"""Fit and engagement as a matrix: what became of the leads of each pair of grades."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from predictor.model.fit_engagement import ENGAGEMENT, FIT, GRADES
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.table_cells import compute_share

_COLUMNS = ("fit", "engagement", "leads", "sqls", "conversion", "conversion_low", "conversion_high", "promised")


def compute_side_matrix(tested: ComparedLeads) -> pd.DataFrame:
    """What became of the leads of each fit and engagement.

    Returns:
        A row a cell, fit A first, engagement 1 first: `fit`, `engagement`, `leads`, `sqls`, `conversion` with `_low`, `_high`
        (Wilson, 95 %), `promised` (mean probability); NaN where there is no lead. No rows where a grade is not known.

    >>> sides = {"fit": np.array(["A", "A", "C"]), "engagement": np.array([1, 1, 4])}
    >>> outcome = np.array([1.0, 0, 0])
    >>> leads = ComparedLeads(lead_id=np.arange(3).astype(object), outcome=outcome, probability=outcome, threshold=1, sides=sides)
    >>> compute_side_matrix(leads)[["fit", "engagement", "leads", "conversion"]].dropna().to_numpy().tolist()
    [['A', 1, 2, 0.5], ['C', 4, 1, 0.0]]
    """
    if tested.sides is None or set(tested.sides) != set(GRADES):
        return pd.DataFrame(columns=list(_COLUMNS))
    rows: list[dict[str, Any]] = []
    for fit in reversed(GRADES[FIT]):
        for engagement in reversed(GRADES[ENGAGEMENT]):
            inside = (tested.sides[FIT] == fit) & (tested.sides[ENGAGEMENT] == engagement)
            outcome, leads = tested.outcome[inside], int(inside.sum())
            row = {"fit": fit, "engagement": engagement, "leads": leads, "sqls": int(outcome.sum())}
            promised = float(tested.probability[inside].mean()) if leads else np.nan
            rows.append(row | compute_share("conversion", outcome) | {"promised": promised})
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def describe_missing_side(tested: ComparedLeads) -> str:
    """Which grade is not known and why, in a sentence; empty where both are, or where the model is from before they were kept."""
    if tested.sides is None or len(tested.sides) == len(GRADES):
        return ""
    if not tested.sides:
        return "The model looks at neither attributes nor events by themselves, so fit and engagement are not graded."
    missing = "events, so engagement is" if ENGAGEMENT not in tested.sides else "attributes, so fit is"
    return f"The model looks at no {missing} not graded, and there is no matrix of fit and engagement."
