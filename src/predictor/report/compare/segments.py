"""The comparison by segment and by month: conversion, calibration, and the share that goes to sales."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from predictor.data.parse import infer_kind
from predictor.report.compare.ways import ComparedLeads
from predictor.report.fairness import compute_fairness

_NAMES = {  # what a segment is called -> words in the names of columns that hold it
    "source": ("source", "channel", "origin", "medium"),
    "industry": ("industry", "sector", "vertical", "specialization", "segment"),
    "size": ("employees", "headcount", "size", "revenue"),
    "country": ("country", "region", "state", "geography"),
}
_MOST_COLUMNS = 6
_MOST_VALUES = 12  # of a column that is taken although its name says nothing


def choose_segments(attributes: pd.DataFrame) -> list[str]:
    """The columns to look at: source, industry, size and country by their names, then categories of few values.

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
    """Each segment of the leads: what came of it, what the model promised, and what share each way hands over.

    Returns:
        The columns of `compute_fairness` (groups below 20 leads are pooled), of which `routed` is the model's threshold, and
        `points_routed` with `_low`, `_high`, the points gate; missing without a gate.
    """
    held = tested.attributes
    columns = [] if held is None else choose_segments(held)
    return _compute(tested, pd.DataFrame(index=range(len(tested.outcome))) if held is None else held[columns])


def compute_months(tested: ComparedLeads) -> pd.DataFrame:
    """The same by the month in which leads became MQLs, in the order of time; empty where they carry no dates."""
    if tested.moments is None:
        return _compute(tested, pd.DataFrame(index=range(len(tested.outcome))))
    months = pd.DataFrame({"month": tested.moments.dt.strftime("%Y-%m").to_numpy()})
    return _compute(tested, months).sort_values("group", ignore_index=True)


def _compute(tested: ComparedLeads, columns: pd.DataFrame) -> pd.DataFrame:
    held = columns.reset_index(drop=True)
    table = compute_fairness(held, tested.outcome, tested.probability, tested.probability >= tested.threshold)
    names = ["points_routed", "points_routed_low", "points_routed_high"]
    if tested.routed is None or not len(table):
        return table.assign(**dict.fromkeys(names, np.nan))
    by_points = compute_fairness(held, tested.outcome, tested.probability, tested.routed)
    return table.assign(**dict(zip(names, (by_points[name] for name in ("routed", "routed_low", "routed_high")), strict=True)))
