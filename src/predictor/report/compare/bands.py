"""What a point score means: conversion by band of points."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from predictor.model.metrics.inputs import check_pairs
from predictor.model.metrics.intervals import wilson
from predictor.report.table_cells import name_bands

FloatArray = NDArray[np.float64]


def compute_point_bands(points: ArrayLike, outcome: ArrayLike, *, gate: float | None = None, most: int = 8) -> pd.DataFrame:
    """What a point score means: how many leads of each band of points became SQLs.

    Bands are equally wide with round ends, except that the gate splits one of them. The few leads far out share the first and
    the last band. Bands without leads are left out. Leads without points have the last row.

    Args:
        points: (n,) totals, NaN where unknown.
        outcome: (n,) 1 or 0.
        gate: Points from which leads go to sales: no band has leads on both sides of it. None: there is no gate.
        most: Bands at most.

    Returns:
        `band` in words, `leads`, `sqls`, `conversion`, `conversion_low`, `conversion_high` (Wilson, 95 %).

    Raises:
        TrainingError: As `check_pairs`: no leads, lengths that differ, an outcome other than 0 or 1.

    >>> compute_point_bands([5, 15, 15, 25, float("nan")], [0, 0, 1, 1, 0], most=3).iloc[:, :4]
             band  leads  sqls  conversion
    0    under 10      1     0         0.0
    1  10 to < 20      2     1         0.5
    2  20 or more      1     1         1.0
    3     unknown      1     0         0.0
    >>> compute_point_bands([5, 15, 15, 25], [0, 0, 1, 1], gate=12, most=3)["band"].tolist()
    ['under 10', '12 to < 20', '20 or more']
    >>> compute_point_bands([5], [0, 1])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Outcomes and probabilities must be of the same leads, at least one, but there are 2 \
and 1. Score the leads whose outcomes are given.
    """
    totals = np.asarray(points, dtype=float)
    check_pairs(outcome, np.zeros(totals.shape))
    y, known = np.asarray(outcome, dtype=float), ~np.isnan(totals)
    edges = _choose_edges(totals[known], most)
    if gate is not None and known.any() and totals[known].min() < gate <= totals[known].max():
        edges = np.union1d(edges, [round(gate, 9)])
    names = np.array([*name_bands([f"{edge:,.10g}" for edge in edges]), "unknown"])
    band = np.where(known, np.searchsorted(edges, totals, side="right"), len(names) - 1)
    leads, sqls = np.bincount(band, minlength=len(names)), np.bincount(band, weights=y, minlength=len(names)).astype(int)
    low, high = wilson(sqls, leads)
    counts = {"band": names, "leads": leads, "sqls": sqls, "conversion": sqls / np.maximum(leads, 1)}
    table = pd.DataFrame({**counts, "conversion_low": low, "conversion_high": high})
    return table[leads > 0].reset_index(drop=True)


def _choose_edges(known: FloatArray, most: int) -> FloatArray:
    """Where one band ends and the next begins, rising; multiples of 1, 2 or 5 times a power of ten."""
    if not known.size or known.min() == known.max():
        return np.empty(0)
    low, high = np.quantile(known, [0.01, 0.99])
    low, high = (low, high) if low < high else (known.min(), known.max())
    size = 10.0 ** np.floor(np.log10((high - low) / most))
    for step in (size, 2 * size, 5 * size, 10 * size, 20 * size):
        edges = (step * np.arange(np.floor(low / step) + 1, np.floor(high / step) + 1)).round(9)
        if len(edges) < most:
            return np.asarray(edges)
    return np.empty(0)
