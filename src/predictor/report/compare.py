"""The tables of the report: the candidates side by side, what points mean, and points against the learned score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from predictor.errors import Finding, count
from predictor.model.checks import check_pairs
from predictor.model.intervals import wilson
from predictor.model.metrics import Difference
from predictor.model.threshold import Recommendation
from predictor.model.verdict import Verdict

FloatArray = NDArray[np.float64]

METRICS = ("log_loss", "brier", "auc", "ece", "calibration_slope", "lift_at_10")
SAME, BETTER, WORSE = "not to be told apart", "better", "worse"
_ROWS = 6  # of the table of thresholds on either side of the recommended one


@dataclass(frozen=True)
class ReportData:
    """What the report tells.

    Attributes:
        name: The candidate that the bundle will hold.
        metrics: Content of `metrics.json`.
        verdict: The forward test.
        thresholds: What each threshold of the final model hands over, as `compute_thresholds` gives it.
        advice: The threshold recommended from that table.
        points: Totals of the test leads, NaN where unknown, in the order of `verdict.outcome`; None for a firm without points.
        curve: Time to SQL: `days`, `converted`; None where the outcomes carry no dates.
        findings: All that was noticed.
        routed: Which test leads the points gate hands over, in the same order; None where the firm names no gate.
        fairness: What `compute_fairness` gives of the test leads; None where no column is protected.
    """

    name: str
    metrics: Mapping[str, Any]
    verdict: Verdict
    thresholds: pd.DataFrame
    advice: Recommendation
    points: np.ndarray | None
    curve: pd.DataFrame | None
    findings: tuple[Finding, ...]
    routed: np.ndarray | None = None
    fairness: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class EqualVolume:
    """The chosen candidate against the points gate, both handing over the same number of test leads.

    Attributes:
        leads: How many the gate hands over.
        points_sqls: SQLs among them.
        learned_sqls: SQLs among as many leads with the highest probabilities, a tie at the boundary shared out.
        difference: `learned_sqls` less `points_sqls`, with its interval; above zero the chosen candidate is better.
        told: `better`, `worse` or `not to be told apart`; None where there is nothing to compare.
        text: The same in one sentence.
    """

    leads: int
    points_sqls: int
    learned_sqls: float
    difference: Difference
    told: str | None
    text: str


def compute_verdict_table(verdict: Verdict) -> pd.DataFrame:
    """Every candidate on the forward test, one row each, in the order of the verdict.

    Returns:
        `candidate`, `chosen` (True once), `n`, `base_rate`; each of log_loss, brier, auc, ece, calibration_slope, lift_at_10
        with `_low` and `_high` (95 %); `difference`, `difference_low`, `difference_high` (log loss of the chosen less its own,
        below zero the chosen is better) and `told`, what that says of the chosen. Missing where it cannot be told.
    """
    return pd.DataFrame([_describe_candidate(verdict, name) for name in verdict.test])


def compute_point_bands(points: ArrayLike, outcome: ArrayLike, *, most: int = 8) -> pd.DataFrame:
    """What a point score means: how many leads of each band of points became SQLs.

    Bands are equally wide, their ends round; the few leads far out share the first and the last band. Bands without leads
    are left out, and leads whose points are unknown have a row of their own, the last.

    Args:
        points: (n,) totals, NaN where unknown.
        outcome: (n,) 1 or 0.
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
    >>> compute_point_bands([5], [0, 1])
    Traceback (most recent call last):
    predictor.errors.TrainingError: Outcomes and probabilities must be of the same leads, at least one, but there are 2 \
and 1. Score the leads whose outcomes are given.
    """
    totals = np.asarray(points, dtype=float)
    check_pairs(outcome, np.zeros(totals.shape))
    y, known = np.asarray(outcome, dtype=float), ~np.isnan(totals)
    edges = _choose_edges(totals[known], most)
    names = np.array([*_name_bands(edges), "unknown"])
    band = np.where(known, np.searchsorted(edges, totals, side="right"), len(names) - 1)
    leads, sqls = np.bincount(band, minlength=len(names)), np.bincount(band, weights=y, minlength=len(names)).astype(int)
    low, high = wilson(sqls, leads)
    counts = {"band": names, "leads": leads, "sqls": sqls, "conversion": sqls / np.maximum(leads, 1)}
    table = pd.DataFrame({**counts, "conversion_low": low, "conversion_high": high})
    return table[leads > 0].reset_index(drop=True)


def compute_equal_volume(verdict: Verdict, routed: ArrayLike, *, resamples: int = 200, seed: int = 0) -> EqualVolume:
    """SQLs caught by the points gate, and by the chosen candidate with as many leads of the same test block.

    The interval is a paired percentile bootstrap over leads (Efron and Tibshirani 1993, chapter 13): both choose from the same
    resample, and the candidate again as many as the gate hands over there. The order of rows changes nothing.

    Args:
        verdict: The forward test.
        routed: (n,) True where the gate hands the lead over, in the order of `verdict.outcome`.
        resamples: Number of resamples.
        seed: The same seed gives the same interval.

    Raises:
        TrainingError: The mask is not of the test leads.
    """
    y, handed = check_pairs(verdict.outcome, np.asarray(routed, dtype=float))
    p = verdict.probability[verdict.chosen]
    rows = np.lexsort((y, handed, -p))
    y, handed, first = y[rows], handed[rows], np.flatnonzero(np.diff(-p[rows], prepend=-np.inf))
    caught, learned = float(handed @ y), _catch(first, np.ones(len(y)), y, float(handed.sum()))
    random, gains = np.random.default_rng(seed), []
    for _ in range(resamples):
        drawn = np.bincount(random.integers(len(y), size=len(y)), minlength=len(y)).astype(float)
        gains.append(_catch(first, drawn, y, float(drawn @ handed)) - float((drawn * handed) @ y))
    low, high = np.quantile(gains, [0.025, 0.975])
    difference = Difference(learned - caught, float(low), float(high))
    told, text = _tell_volume(verdict.chosen, y, handed, difference)
    return EqualVolume(int(handed.sum()), int(caught), learned, difference, told, text)


def compute_threshold_rows(table: pd.DataFrame, advice: Recommendation) -> pd.DataFrame:
    """About twelve rows of the table of thresholds: the recommended one, some on either side, and handing over every lead.

    Args:
        table: What `compute_thresholds` gives.
        advice: What `recommend_threshold` chose from it.

    Returns:
        The columns of the table and `recommended`, True once.

    >>> from predictor.config import make_settings
    >>> from predictor.model.threshold import recommend_threshold
    >>> from predictor.model.threshold_table import compute_thresholds
    >>> table = compute_thresholds([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], weeks=1)
    >>> rows = compute_threshold_rows(table, recommend_threshold(table, make_settings({}).threshold))
    >>> len(rows), int(rows["recommended"].sum())
    (4, 1)
    """
    threshold, leads = table["threshold"].to_numpy(dtype=float), table["leads"].to_numpy(dtype=float)
    chosen = int(np.argmin(np.abs(threshold - advice.threshold)))
    fewest = max(leads[chosen] / _ROWS, leads.min())
    wanted = np.append(np.geomspace(leads[0], leads[chosen], _ROWS), np.geomspace(leads[chosen], fewest, _ROWS + 1))
    rows = np.unique([0, chosen, *np.abs(leads[:, None] - wanted).argmin(axis=0)])
    return table.iloc[rows].assign(recommended=rows == chosen).reset_index(drop=True)


def _describe_candidate(verdict: Verdict, name: str) -> dict[str, Any]:
    figures, intervals, gap = verdict.test[name], verdict.intervals[name], verdict.differences.get(name)
    row: dict[str, Any] = {"candidate": name, "chosen": name == verdict.chosen, "n": figures["n"]}
    row["base_rate"] = figures["base_rate"]
    for metric in METRICS:
        low, high = intervals.get(metric) or (np.nan, np.nan)
        figure = figures[metric]
        row |= {metric: np.nan if figure is None else figure, f"{metric}_low": low, f"{metric}_high": high}
    mean, low, high = (np.nan, np.nan, np.nan) if gap is None else (gap.mean, gap.low, gap.high)
    told = "" if gap is None else _tell(gap, better=gap.mean < 0)
    return row | {"difference": mean, "difference_low": low, "difference_high": high, "told": told}


def _tell(gap: Difference, *, better: bool) -> str:
    if gap.low <= 0 <= gap.high:
        return SAME
    return BETTER if better else WORSE


def _catch(first: NDArray[np.intp], weight: FloatArray, y: FloatArray, most: float) -> float:
    """SQLs among the `most` highest leads, sorted falling; `first` is where each level of probability begins."""
    rows, sqls = np.add.reduceat(weight, first), np.add.reduceat(weight * y, first)
    taken = np.clip(most - (np.cumsum(rows) - rows), 0, rows)
    return float(sqls @ (taken / np.maximum(rows, 1)))


def _tell_volume(chosen: str, y: FloatArray, handed: FloatArray, gap: Difference) -> tuple[str | None, str]:
    if not handed.any():
        return None, "The points gate hands over no test lead, so there is nothing to compare."
    if handed.all():
        return None, "The points gate hands over every test lead, so there is nothing to choose between."
    if not y.any():
        return None, "No test lead became an SQL, so it cannot be told which of the two catches more."
    told = _tell(gap, better=gap.mean > 0)
    verb = f"'{chosen}' and the points are {SAME}" if told == SAME else f"'{chosen}' is {told} than the points"
    mean, low, high = (f"{sqls:+.1f}".removesuffix(".0") for sqls in (gap.mean, gap.low, gap.high))
    volume = count(int(handed.sum()), "test lead")
    return told, f"With {volume} handed over by each, {verb}: {mean} SQLs (95 %: {low} to {high})."


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


def _name_bands(edges: FloatArray) -> list[str]:
    if not edges.size:
        return ["all"]
    ends = [f"{edge:,.10g}" for edge in edges]
    return [f"under {ends[0]}", *(f"{low} to < {high}" for low, high in pairwise(ends)), f"{ends[-1]} or more"]
