"""Drift: whether recent leads are still similar to the training leads."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
_STABLE, _WATCH = 0.1, 0.25  # Siddiqi 2006, "Credit Risk Scorecards", chapter 9
# Without drift, n times the index of n leads in B bins is about chi-square with B - 1 degrees of freedom (Yurdakul and Naranjo
# 2020, Journal of Risk Model Validation 14). From 200 leads on, chance rarely lifts the index of ten bins above 0.1.
_FEWEST = 200


def compute_drift(reference: Mapping[str, Any], probability: ArrayLike, rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """How far the probabilities, and the features if passed, have moved since training.

    The population stability index: sum over bins of (share now - share then) * ln(share now / share then). The bins lie between
    the quantiles of the reference. The reference does not record how many leads lie on a quantile, so these are split between
    the bins such that the index is lowest. An empty bin counts as half a lead. The training leads have two
    probabilities: by models that had not seen the lead, and by the model that serves. The first differ a little from one model to
    the next, the second are too sure where there are many features. New leads need only be like one of them.

    Args:
        reference: Content of a bundle's `reference.json`.
        probability: (n,) probabilities of leads since.
        rows: The encoded matrix of the same or other leads, a column a feature; NaN is missing.

    Returns:
        A row for `probability` and for each feature: `what`, `leads`, `index` (missing below 200 leads, where chance decides),
        `verdict`: `stable` (< 0.1), `watch` (< 0.25), `moved`, or `too few leads`.

    >>> levels = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
    >>> reference = {"n": 5000, "quantiles": levels, "probability": levels, "features": {}}
    >>> even = (np.arange(1000) + 0.5) / 1000
    >>> compute_drift(reference, even).round(4).to_dict("records")
    [{'what': 'probability', 'leads': 1000, 'index': 0.0, 'verdict': 'stable'}]
    >>> compute_drift(reference, even**2)["verdict"].tolist(), compute_drift(reference, [0.1])["verdict"].tolist()
    (['moved'], ['too few leads'])
    """
    values = np.asarray(probability, dtype=float)
    levels, n = np.asarray(reference["quantiles"], dtype=float), int(reference["n"])
    then = _compute_reference_shares(levels)
    known = [reference[name] for name in ("probability", "fitted_probability") if name in reference]
    rows_of_each = [
        _make_row("probability", then, _compute_shares(values, quantiles, levels), n_then=n, n_now=len(values))
        for quantiles in known
    ]
    table = [min(rows_of_each, key=itemgetter("index"))]
    columns = {} if rows is None else {name: rows[name].to_numpy(dtype=float) for name in reference["features"] if name in rows}
    for name, column in columns.items():
        then, now = _compare_feature(column, reference["features"][name], levels)
        table.append(_make_row(name, then, now, n_then=n, n_now=len(column)))
    return pd.DataFrame(table)


def compute_index(then: ArrayLike, now: ArrayLike, *, n_then: int, n_now: int) -> float:
    """The population stability index of two sets of shares over the same bins.

    Args:
        then: Shares that sum to 1.
        now: Shares that sum to 1.
        n_then: Number of leads of `then`. An empty bin counts as half a lead.
        n_now: Number of leads of `now`.

    >>> round(compute_index([0.5, 0.5], [0.6, 0.4], n_then=100, n_now=100), 6)
    0.040547
    """
    shares = np.array([then, now], dtype=float)
    before, after = np.maximum(shares[:, shares.any(axis=0)], [[0.5 / max(n_then, 1)], [0.5 / max(n_now, 1)]])
    return float(((after - before) * np.log(after / before)).sum())


def _make_row(what: str, then: FloatArray, now: FloatArray, *, n_then: int, n_now: int) -> dict[str, Any]:
    if n_now < _FEWEST:
        return {"what": what, "leads": n_now, "index": np.nan, "verdict": "too few leads"}
    index = compute_index(then, now, n_then=n_then, n_now=n_now)
    verdict = "stable" if index < _STABLE else "watch" if index < _WATCH else "moved"
    return {"what": what, "leads": n_now, "index": index, "verdict": verdict}


def _compare_feature(column: FloatArray, reference: Mapping[str, Any], levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shares then and now of the bins of a feature, and of the leads where it is missing."""
    values = column[~np.isnan(column)]
    if "shares" in reference:
        then = np.asarray(reference["shares"], dtype=float)
        now = np.bincount(values.astype(int), minlength=len(then))[: len(then)] / max(len(values), 1)
    elif reference["quantiles"] is None:
        then, now = np.array([1.0]), np.array([1.0])
    else:
        then, now = _compute_reference_shares(levels), _compute_shares(values, reference["quantiles"], levels)
    before, after = reference["missing"], 1 - len(values) / max(len(column), 1)
    return np.append((1 - before) * then, before), np.append((1 - after) * now, after)


def _compute_reference_shares(levels: FloatArray) -> FloatArray:
    return np.diff(levels, prepend=0.0, append=1.0)


def _compute_shares(values: FloatArray, quantiles: ArrayLike, levels: FloatArray) -> FloatArray:
    """Shares of the values between quantiles; values on a quantile are split as closely to the reference as possible."""
    ordered, n = np.sort(values), max(len(values), 1)
    below, up_to = (np.searchsorted(ordered, quantiles, side=side) / n for side in ("left", "right"))
    return np.diff(np.clip(levels, below, up_to), prepend=0.0, append=1.0)
