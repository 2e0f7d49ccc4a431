"""The comparison by segment and by month: conversion, calibration, and the share that goes to sales."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from predictor.data.parse import infer_kind
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.fairness import compute_fairness

_NAMES = {  # segment -> words in the names of columns
    "source": ("source", "channel", "origin", "medium"),
    "industry": ("industry", "sector", "vertical", "specialization", "segment"),
    "size": ("employees", "headcount", "size", "revenue"),
    "country": ("country", "region", "state", "geography"),
}
_MOST_COLUMNS = 6
_MOST_VALUES = 12  # of a column with another name


def choose_segments(attributes: pd.DataFrame) -> list[str]:
    """The columns to cut the leads by: source, industry, size and country by their names, then categories of few values.

    >>> values = {"Lead Source": ["a", "b"], "employees": [5, 9], "plan": ["x", "y"], "note": ["p", "p"]}
    >>> choose_segments(pd.DataFrame(values))
    ['Lead Source', 'employees', 'plan']
    """
    chosen: list[str] = []
    for words in _NAMES.values():
        for word in words:
            named = [
                str(name) for name in attributes if re.search(rf"(?<![a-z]){word}(?![a-z])", str(name).replace("_", " ").lower())
            ]
            if new := [name for name in named if name not in chosen and attributes[name].nunique() >= 2]:
                chosen.append(new[0])
                break
    for name in map(str, attributes.columns):
        if (
            name not in chosen
            and 2 <= attributes[name].nunique() <= _MOST_VALUES
            and infer_kind(attributes[name])[0] == "category"
        ):
            chosen.append(name)
    return chosen[:_MOST_COLUMNS]


def compute_segments(tested: ComparedLeads) -> pd.DataFrame:
    """Each segment of the leads: observed and promised conversion, and the share that each way hands over.

    Returns:
        The columns of `compute_fairness` (groups below 20 leads are pooled), where `routed` is by the model's threshold, and
        `points_routed` with `_low`, `_high` by the points gate; NaN without a gate.
    """
    columns = None if tested.attributes is None else tested.attributes[choose_segments(tested.attributes)]
    return _compute(tested, columns)


def compute_months(tested: ComparedLeads) -> pd.DataFrame:
    """The same by the month in which leads became MQLs, in the order of time; empty where they have no dates."""
    if tested.moments is None:
        return _compute(tested, None)
    months = pd.DataFrame({"month": tested.moments.dt.strftime("%Y-%m").to_numpy()})
    return _compute(tested, months).sort_values("group", ignore_index=True)


def _compute(tested: ComparedLeads, columns: pd.DataFrame | None) -> pd.DataFrame:
    groups = pd.DataFrame(index=range(len(tested.outcome))) if columns is None else columns.reset_index(drop=True)
    table = compute_fairness(groups, tested.outcome, tested.probability, tested.probability >= tested.threshold)
    names = ["points_routed", "points_routed_low", "points_routed_high"]
    if tested.routed is None or not len(table):
        return table.assign(**dict.fromkeys(names, np.nan))
    by_points = compute_fairness(groups, tested.outcome, tested.probability, tested.routed)
    return table.assign(**dict(zip(names, (by_points[name] for name in ("routed", "routed_low", "routed_high")), strict=True)))
