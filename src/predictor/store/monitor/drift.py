"""Drift: whether the leads of today are still like those that taught the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
_STABLE, _WATCH = 0.1, 0.25  # Siddiqi 2006, "Credit Risk Scorecards", chapter 9
# With B bins and n leads like those that taught, n times the index is about chi-square with B - 1 degrees of freedom
# (Yurdakul and Naranjo 2020, Journal of Risk Model Validation 14). From 200 leads on, chance seldom lifts ten bins above 0.1.
_FEWEST = 200


def compute_drift(reference: Mapping[str, Any], probability: ArrayLike, rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """How far the probabilities, and the features where they are given, have moved since training.

    The population stability index: sum over bins of (share now - share then) * ln(share now / share then). The bins are those
    between the quantiles of the reference; leads on a quantile are shared out so that the index is as low as the reference
    allows, because it does not tell how many stood there. An empty bin counts as half a lead.

    Args:
        reference: Content of a bundle's `reference.json`.
        probability: (n,) what the model said of leads since.
        rows: The encoded matrix of the same or other leads (NaN = missing), a column for each feature, by its name.

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
    then = _shares_of_levels(levels)
    told = [_judge("probability", len(values), n, then, _share_between(values, reference["probability"], levels))]
    features = {} if rows is None else {name: rows[name] for name in reference["features"] if name in rows}
    for name, held in features.items():
        column = held.to_numpy(dtype=float)
        told.append(_judge(name, len(column), n, *_compare_feature(column, reference["features"][name], levels)))
    return pd.DataFrame(told)


def compute_index(then: ArrayLike, now: ArrayLike, *, n_then: int, n_now: int) -> float:
    """The population stability index of two sets of shares over the same bins.

    Args:
        then: Shares that sum to 1.
        now: Shares that sum to 1.
        n_then: Leads behind `then`; with `n_now`, half a lead is the least that a bin counts as.
        n_now: Leads behind `now`.

    >>> round(compute_index([0.5, 0.5], [0.6, 0.4], n_then=100, n_now=100), 6)
    0.040547
    """
    shares = np.array([then, now], dtype=float)
    before, after = np.maximum(shares[:, shares.any(axis=0)], [[0.5 / max(n_then, 1)], [0.5 / max(n_now, 1)]])
    return float(((after - before) * np.log(after / before)).sum())


def _judge(what: str, leads: int, n: int, then: FloatArray, now: FloatArray) -> dict[str, Any]:
    if leads < _FEWEST:
        return {"what": what, "leads": leads, "index": np.nan, "verdict": "too few leads"}
    index = compute_index(then, now, n_then=n, n_now=leads)
    verdict = "stable" if index < _STABLE else "watch" if index < _WATCH else "moved"
    return {"what": what, "leads": leads, "index": index, "verdict": verdict}


def _compare_feature(column: FloatArray, described: Mapping[str, Any], levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shares then and now over the bins of a feature, and of the leads for which it is missing."""
    held = column[~np.isnan(column)]
    if "shares" in described:
        then = np.asarray(described["shares"], dtype=float)
        now = np.bincount(held.astype(int), minlength=len(then))[: len(then)] / max(len(held), 1)
    elif described["quantiles"] is None:
        then, now = np.array([1.0]), np.array([1.0])
    else:
        then, now = _shares_of_levels(levels), _share_between(held, described["quantiles"], levels)
    before, after = described["missing"], 1 - len(held) / max(len(column), 1)
    return np.append((1 - before) * then, before), np.append((1 - after) * now, after)


def _shares_of_levels(levels: FloatArray) -> FloatArray:
    return np.diff(levels, prepend=0.0, append=1.0)


def _share_between(values: FloatArray, quantiles: ArrayLike, levels: FloatArray) -> FloatArray:
    """Shares of the values between quantiles; those equal to one are put on the side where the reference may have had them."""
    ordered, n = np.sort(values), max(len(values), 1)
    below, up_to = (np.searchsorted(ordered, quantiles, side=side) / n for side in ("left", "right"))
    return np.diff(np.clip(levels, below, up_to), prepend=0.0, append=1.0)
