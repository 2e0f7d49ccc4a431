"""Labels: whether a lead became an SQL in time, whether that is known yet, and how long it takes."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from predictor.core.errors import SettingsError, TrainingError

FloatArray = NDArray[np.float64]


def compute_outcomes(leads: pd.DataFrame, *, horizon_days: float, observed_until: pd.Timestamp) -> pd.DataFrame:
    """What came of each lead within the horizon, and whether that is known yet.

    A lead that was accepted already is still pending until its horizon has ended: taking the early yes and waiting
    for the no would make young leads look better than old ones.

    Args:
        leads: Columns `mql_at` and `sql_at` (UTC; missing where sales accepted nobody).
        horizon_days: Days after `mql_at` within which acceptance counts, the last moment included; > 0.
        observed_until: The moment up to which acceptances are known.

    Returns:
        Index as `leads`; `outcome` 1.0 or 0.0 (of pending leads: so far), `mature` True where the horizon has ended.

    Raises:
        SettingsError: The horizon is not a positive number of days.

    >>> moments = {"mql_at": ["2026-01-01", "2026-01-01", "2026-03-01"], "sql_at": ["2026-01-31", None, "2026-03-02"]}
    >>> leads = pd.DataFrame(moments).apply(pd.to_datetime, utc=True)
    >>> compute_outcomes(leads, horizon_days=30, observed_until=pd.Timestamp("2026-03-15", tz="UTC"))
       outcome  mature
    0      1.0    True
    1      0.0    True
    2      1.0   False
    >>> compute_outcomes(leads, horizon_days=0, observed_until=pd.Timestamp("2026-03-15", tz="UTC"))
    Traceback (most recent call last):
    predictor.core.errors.SettingsError: The horizon must be above 0 days, but is 0. Set label.horizon_days, or leave it 'auto'.
    """
    if not 0 < horizon_days < math.inf:
        raise SettingsError(
            f"The horizon must be above 0 days, but is {horizon_days:g}. Set label.horizon_days, or leave it 'auto'."
        )
    due = leads["mql_at"] + pd.Timedelta(days=horizon_days)
    return pd.DataFrame({"outcome": (leads["sql_at"] <= due).astype(float), "mature": due <= observed_until})


def compute_conversion_curve(leads: pd.DataFrame, observed_until: pd.Timestamp, *, followed_share: float = 0.1) -> pd.DataFrame:
    """The share of leads that have become SQLs by each day after they became MQLs.

    Kaplan-Meier, 1 - S(t), so that young leads count for the days they have been watched and no longer (Kaplan and
    Meier 1958, JASA 53, 457-481). A lead not accepted is censored at `observed_until` and only there. A recycled one too
    stays at risk until then: taking it out when it is recycled would suppose that it goes on to convert like the others,
    and the curve would promise more than ever happens (Austin, Lee and Fine 2016, Circulation 133, 601-609).

    The curve ends where fewer than `followed_share` of the leads have been watched for so long, because one late
    acceptance among a handful of old leads would lift it by a lot (Pocock, Clayton and Altman 2002, Lancet 359, 1686-89).

    Args:
        leads: Columns `mql_at` and `sql_at` (UTC; missing where sales accepted nobody).
        observed_until: The moment up to which acceptances are known; what is dated later counts as not seen.
        followed_share: 0 follows the curve to its very end.

    Returns:
        `days` at which somebody was accepted, rising, and `converted`, the share accepted by then; empty if nobody was.

    >>> moments = {"mql_at": ["2026-01-01"] * 3 + ["2026-01-11"], "sql_at": ["2026-01-03", "2026-01-09", None, None]}
    >>> leads = pd.DataFrame(moments).apply(pd.to_datetime, utc=True)
    >>> compute_conversion_curve(leads, pd.Timestamp("2026-01-15", tz="UTC"))
       days  converted
    0   2.0      0.250
    1   8.0      0.625
    """
    watched = _count_days(observed_until - leads["mql_at"])
    days, converted = _follow(_count_days(leads["sql_at"] - leads["mql_at"]), watched, followed_share)
    return pd.DataFrame({"days": days, "converted": converted})


def _follow(waited: FloatArray, watched: FloatArray, followed_share: float) -> tuple[FloatArray, FloatArray]:
    """Days at which somebody was accepted, and the share accepted by then, from days waited (NaN or inf: not) and watched."""
    seen = watched >= 0
    watched, waited = watched[seen], np.maximum(waited[seen], 0)
    accepted = waited <= watched
    days, converting = np.unique(waited[accepted], return_counts=True)
    at_risk = len(watched) - np.searchsorted(np.sort(np.where(accepted, waited, watched)), days)
    followed = len(watched) - np.searchsorted(np.sort(watched), days)
    enough = followed >= followed_share * len(watched)
    converted = np.asarray(1 - np.cumprod(1 - converting / at_risk), dtype=float)
    return days[enough], converted[enough]


def compute_odds_weights(waited: ArrayLike, watched: ArrayLike, *, followed_share: float = 0.1) -> FloatArray:
    """How much each lead says of acceptance within the horizon, given how long it has been watched: from 0 to 1.

    An accepted lead counts as one, and so does one whose horizon has ended. One that still waits counts as not accepted, by the
    odds of having been accepted by now over those by the horizon, both from the Kaplan-Meier curve of the same leads.
    Among leads watched equally long the odds of acceptance so far then become those by the horizon: on the whole whatever
    drives acceptance, and lead by lead where the features multiply the odds of acceptance equally on every day
    (proportional odds: Bennett 1983, Statistics in Medicine 2, 273-277). With one rate for all these are the weights of Yasui
    et al. 2020 (WWW, "A feedback shift correction in predicting conversion rates under delayed feedback"), times
    the share of acceptances that come so early, so that no weight is large.

    Args:
        waited: (n,) days until acceptance within the horizon; inf where none is known.
        watched: (n,) days from becoming an MQL to the moment of which the weights speak; below 0 what is not known then.
        followed_share: The curve ends where fewer leads have been watched for so long, as in `compute_conversion_curve`.

    Returns:
        (n,) weights, none for leads that are not watched yet; all 1 where nobody is accepted.

    Raises:
        TrainingError: The two speak of different numbers of leads.

    >>> compute_odds_weights([2, 6, np.inf, np.inf], [10, 10, 10, 4]).round(6).tolist()  # a quarter by day 4, 5 of 8 by day 10
    [1.0, 1.0, 1.0, 0.2]
    >>> compute_odds_weights([2, 6], [10])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Days waited and days watched must be of the same leads, but there are 2 and 1. Give \
both of each lead.
    """
    wait, watch = pair_days(waited, watched)
    days, converted = _follow(wait, watch, followed_share)
    if not len(days):
        return (watch >= 0).astype(float)
    by_now, by_horizon = np.append(0, converted)[np.searchsorted(days, watch, side="right")], converted[-1]
    final = (wait <= watch) | (by_now >= by_horizon)
    odds = by_now / np.where(final, 1, 1 - by_now) * (1 - by_horizon) / by_horizon
    return np.where(watch < 0, 0.0, np.where(final, 1.0, odds))


def pair_days(waited: ArrayLike, watched: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Days waited and days watched as two arrays of the same leads.

    Raises:
        TrainingError: The two speak of different numbers of leads.

    >>> pair_days([2], [3, 4])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Days waited and days watched must be of the same leads, but there are 1 and 2. Give \
both of each lead.
    """
    wait, watch = np.asarray(waited, dtype=float), np.asarray(watched, dtype=float)
    if wait.shape != watch.shape:
        raise TrainingError(
            f"Days waited and days watched must be of the same leads, but there are {wait.size} and {watch.size}. "
            "Give both of each lead."
        )
    return wait, watch


def choose_horizon(curve: pd.DataFrame, share: float = 0.9) -> int:
    """The fewest whole days by which most of the leads that ever convert have done so.

    Args:
        curve: What `compute_conversion_curve` gives.
        share: Share of those who convert by the curve's end; above 0, at most 1.

    Returns:
        Days, at least 1.

    Raises:
        TrainingError: Nobody converted.
        SettingsError: The share is out of range.

    >>> choose_horizon(pd.DataFrame({"days": [2.0, 8.5, 40.0], "converted": [0.10, 0.19, 0.20]}))
    9
    >>> choose_horizon(pd.DataFrame({"days": [], "converted": []}))
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: The horizon cannot be chosen: no lead was accepted in the days that enough leads have \
been watched for. Check that 'sql_at' is filled in, or set label.horizon_days.
    """
    if not 0 < share <= 1:
        raise SettingsError(f"The share that fixes the horizon must be above 0 and at most 1, but is {share:g}. Try 0.9.")
    if curve.empty:
        raise TrainingError(
            "The horizon cannot be chosen: no lead was accepted in the days that enough leads have been watched for. "
            "Check that 'sql_at' is filled in, or set label.horizon_days."
        )
    converted = curve["converted"].to_numpy(dtype=float)
    reached = int(np.argmax(converted >= share * converted[-1] - 1e-9))  # rounding must not cost a step of the curve
    return max(1, math.ceil(float(curve["days"].iloc[reached])))


def _count_days(spans: pd.Series[pd.Timedelta]) -> FloatArray:
    return spans.dt.total_seconds().to_numpy(dtype=float) / 86_400
