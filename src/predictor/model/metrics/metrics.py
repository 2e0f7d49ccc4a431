"""Metrics: how far predicted probabilities can be believed, with intervals.

Every metric is a function of the distinct probabilities and of how many leads with each were accepted and were not.
So one definition serves the data and its resamples, ties need no special case, and nothing is sorted twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from predictor.model.metrics.inputs import check_pairs
from predictor.model.metrics.intervals import wilson
from predictor.model.metrics.slope import dot, fit_slope

FloatArray = NDArray[np.float64]
Figures = dict[str, float | None]

_CLIP = 1e-15  # a probability of exactly 0 or 1 that fails would cost infinitely much
_DEFINED = 0.9  # share of resamples in which a metric must exist; fewer, and percentiles speak of the lucky ones


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean loss of the first less that of the second, with its interval; below zero the first is better."""

    mean: float
    low: float
    high: float

    def side(self, digits: int) -> int:
        """Which side of zero it lies on as printed: -1 below, 1 above; 0 where the difference or its interval touches 0.

        Args:
            digits: Decimals with which it is printed.

        >>> Difference(-0.02, -0.03, -0.01).side(4), Difference(-0.02, -0.03, 0.01).side(4), Difference(2e-5, 1e-5, 3e-5).side(4)
        (-1, 0, 0)
        """
        signs = {float(np.sign(round(figure, digits))) for figure in (self.mean, self.low, self.high)}
        return int(signs.pop()) if len(signs) == 1 else 0


@dataclass(frozen=True, slots=True)
class _Levels:
    """The distinct probabilities, rising, and for each lead 2 * level + outcome, rising."""

    probability: FloatArray
    log_yes: FloatArray
    log_no: FloatArray
    leads: NDArray[np.intp]

    def count(self, leads: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        """For each level the leads not accepted and those accepted."""
        counts = np.bincount(leads, minlength=2 * len(self.probability)).astype(float)
        return counts[::2], counts[1::2]


def compute_metrics(outcome: ArrayLike, probability: ArrayLike) -> dict[str, float | int | None]:
    """How good the probabilities were: eight figures about one set of leads.

    - `n`, `base_rate`: number of leads, and the share of them accepted.
    - `log_loss` (nats a lead, probabilities clipped at 1e-15) and `brier`: proper scores, lower is better.
    - `auc`: chance that an accepted lead scores above one that was not, ties counting half; None where one class is missing.
    - `ece`: mean absolute difference between predicted and observed shares over 10 bins of like size; a lead is in the bin
      of the middle of its tie, so ties stay together (Naeini, Cooper and Hauskrecht 2015, AAAI).
    - `calibration_slope`: slope of a logistic regression of the outcome on logit(probability); 1 is right, below 1 the
      probabilities are too extreme (Cox 1958, Biometrika 45). None where it has no finite value: constant probabilities,
      one class, or classes that do not overlap (Albert and Anderson 1984, Biometrika 71).
    - `lift_at_10`: conversion of the top 10 % over the base rate, a tie at the boundary shared out; None if nobody converts.

    Args:
        outcome: (n,) 1 or 0.
        probability: (n,) from 0 to 1.

    Raises:
        TrainingError: No leads, lengths that differ, an outcome other than 0 or 1, a probability outside 0 to 1.

    >>> compute_metrics([0, 1], [0.2, 0.8])["brier"].__round__(4)
    0.04
    >>> compute_metrics([0, 1], [0.2, 1.8])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Probabilities must lie between 0 and 1, but 1 of 2 does not (first at position 1). \
Calibrate the scores, or leave those leads out.
    """
    levels = _group(outcome, probability)
    return {"n": len(levels.leads), **_compute_figures(levels, levels.leads)}


def compute_intervals(
    outcome: ArrayLike, probability: ArrayLike, *, resamples: int, seed: int, level: float = 0.95
) -> dict[str, tuple[float, float] | None]:
    """How far the figures could have come out otherwise, had other leads of the same kind come in.

    Percentile bootstrap over leads (Efron and Tibshirani 1993, chapter 13); the order of rows changes nothing. `ece` gets none:
    chance alone adds to a mean of absolute differences, so that its resamples lie above it.

    Args:
        outcome: (n,) 1 or 0.
        probability: (n,) from 0 to 1.
        resamples: Number of resamples, 200 or so.
        seed: The same seed gives the same intervals.
        level: Share of resamples inside.

    Returns:
        The keys of `compute_metrics` without `n`; None for `ece`, and where a metric is undefined in over a tenth of the
        resamples.

    Raises:
        TrainingError: As `compute_metrics`.

    >>> low, high = compute_intervals([0, 1] * 50, [0.3, 0.7] * 50, resamples=100, seed=0)["base_rate"]
    >>> bool(0.35 < low < 0.5 < high < 0.65)
    True
    """
    levels, random = _group(outcome, probability), np.random.default_rng(seed)
    n = len(levels.leads)
    drawn = [_compute_figures(levels, levels.leads[random.integers(n, size=n)]) for _ in range(resamples)]
    intervals = {name: _find_interval([figures[name] for figures in drawn], level) for name in drawn[0]}
    return intervals | {"ece": None}


def compute_difference(
    outcome: ArrayLike, first: ArrayLike, second: ArrayLike, *, resamples: int, seed: int, level: float = 0.95
) -> Difference:
    """Whether one set of probabilities is better than another on the same leads, in log loss (nats a lead).

    Paired: each lead brings the difference of its two losses, so what makes a lead hard for both cancels.

    Args:
        outcome: (n,) 1 or 0.
        first: (n,) probabilities, from 0 to 1.
        second: (n,) those they are compared with.
        resamples: Number of bootstrap resamples over leads.
        seed: The same seed gives the same interval.
        level: Share of resamples inside.

    Raises:
        TrainingError: As `compute_metrics`.

    >>> compute_difference([1, 1], [0.5, 0.5], [0.25, 0.25], resamples=20, seed=0).mean.__round__(4)
    -0.6931
    """
    losses = np.sort(compute_losses(outcome, first) - compute_losses(outcome, second))  # sorted: row order is nothing
    random, n = np.random.default_rng(seed), len(losses)
    means = [float(losses[random.integers(n, size=n)].mean()) for _ in range(resamples)]
    return Difference(float(losses.mean()), *_find_percentiles(means, level))


SIGNIFICANCE = 0.01  # the p-value up to which a ranking counts as a signal


def compute_rank_p_value(outcome: ArrayLike, probability: ArrayLike) -> float:
    """The p-value of a ranking: how often a random order puts accepted leads as far above the others as the probabilities do.

    One-sided, of the rank sum; 1 where nothing can be put above anything. On few leads it holds what it says, where a bootstrap
    of the log loss is too sure. Source: Mann and Whitney 1947, Ann Math Stat 18, 50-60.

    Raises:
        TrainingError: As `compute_metrics`.

    >>> round(compute_rank_p_value([0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.5]), 3), compute_rank_p_value([0, 1], [0.2, 0.2])
    (0.1, 1.0)
    >>> compute_rank_p_value([1], [2])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Probabilities must lie between 0 and 1, but 1 of 1 does not (first at position 0). \
Calibrate the scores, or leave those leads out.
    """
    y, p = check_pairs(outcome, probability)
    if len(np.unique(y)) < 2 or np.ptp(p) == 0:
        return 1.0
    from scipy.stats import mannwhitneyu  # noqa: PLC0415  a server needs none of it

    return float(mannwhitneyu(p[y == 1], p[y == 0], alternative="greater").pvalue)


def compute_losses(outcome: ArrayLike, probability: ArrayLike) -> FloatArray:
    """The log loss of each lead in nats: what the probability cost, given what came of the lead.

    Raises:
        TrainingError: As `compute_metrics`.

    >>> compute_losses([1, 0], [0.5, 0.25]).round(4).tolist()
    [0.6931, 0.2877]
    """
    y, p = check_pairs(outcome, probability)
    clipped = np.clip(p, _CLIP, 1 - _CLIP)
    return np.where(y == 1, -np.log(clipped), -np.log1p(-clipped))


def compute_reliability(outcome: ArrayLike, probability: ArrayLike, *, bins: int = 10) -> pd.DataFrame:
    """What was promised beside what happened: predicted and observed conversion in groups of like size.

    The bins are those of `ece`; a heavy tie can leave fewer than `bins`.

    Returns:
        One row a bin, rising: `low` and `high` (lowest and highest probability), `n`, `predicted` (mean), `observed`,
        `observed_low` and `observed_high` (Wilson, 95 %).

    Raises:
        TrainingError: As `compute_metrics`.

    >>> compute_reliability([0, 0, 0, 1], [0.1, 0.3, 0.6, 0.8], bins=2).iloc[:, :5]
       low  high  n  predicted  observed
    0  0.1   0.3  2        0.2       0.0
    1  0.6   0.8  2        0.7       0.5
    """
    levels = _group(outcome, probability)
    no, yes = levels.count(levels.leads)
    rows, p = no + yes, levels.probability
    first = np.flatnonzero(np.diff(_assign_bins(rows, bins), prepend=-1))
    n, accepted, expected = (np.add.reduceat(part, first) for part in (rows, yes, rows * p))
    low, high = wilson(accepted, n)
    parts = {"low": p[first], "high": p[np.append(first[1:], len(p)) - 1], "n": n.astype(int), "predicted": expected / n}
    return pd.DataFrame({**parts, "observed": accepted / n, "observed_low": low, "observed_high": high})


def _group(outcome: ArrayLike, probability: ArrayLike) -> _Levels:
    y, p = check_pairs(outcome, probability)
    distinct, level = np.unique(p, return_inverse=True)
    clipped = np.clip(distinct, _CLIP, 1 - _CLIP)
    return _Levels(
        probability=distinct, log_yes=np.log(clipped), log_no=np.log1p(-clipped), leads=np.sort(2 * level + y.astype(np.intp))
    )


def _compute_figures(levels: _Levels, leads: NDArray[np.intp]) -> Figures:
    """All metrics but `n` of leads drawn from the levels, with or without repetition."""
    (no, yes), p = levels.count(leads), levels.probability
    n, base_rate = len(leads), float(yes.sum() / len(leads))
    return {
        "base_rate": base_rate,
        "log_loss": -(dot(yes, levels.log_yes) + dot(no, levels.log_no)) / n,
        "brier": (dot(yes, (1 - p) ** 2) + dot(no, p**2)) / n,
        "auc": _compute_auc(no, yes),
        "ece": _compute_ece(p, no, yes),
        "calibration_slope": fit_slope(levels.log_yes - levels.log_no, no, yes),
        "lift_at_10": _compute_top(no, yes) / base_rate if base_rate else None,
    }


def _find_interval(figures: list[float | None], level: float) -> tuple[float, float] | None:
    defined = [figure for figure in figures if figure is not None]
    return _find_percentiles(defined, level) if len(defined) >= _DEFINED * len(figures) else None


def _find_percentiles(figures: list[float], level: float) -> tuple[float, float]:
    low, high = np.quantile(figures, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _compute_auc(no: FloatArray, yes: FloatArray) -> float | None:
    """Mann-Whitney: pairs in which the accepted lead is above, a tie counting half."""
    pairs = no.sum() * yes.sum()
    return dot(yes, np.cumsum(no) - no / 2) / float(pairs) if pairs else None


def _assign_bins(rows: FloatArray, bins: int) -> NDArray[np.intp]:
    middle = np.cumsum(rows) - rows / 2
    bin_of_level: NDArray[np.intp] = np.floor(bins * middle / rows.sum()).astype(np.intp)
    return bin_of_level


def _compute_ece(p: FloatArray, no: FloatArray, yes: FloatArray) -> float:
    rows = no + yes
    excess = np.bincount(_assign_bins(rows, 10), weights=yes - rows * p)
    return float(np.abs(excess).sum() / rows.sum())


def _compute_top(no: FloatArray, yes: FloatArray) -> float:
    """Conversion of the tenth with the highest probabilities."""
    rows = no + yes
    top = rows.sum() / 10
    above = rows.sum() - np.cumsum(rows)
    taken = np.clip(top - above, 0, rows)
    return dot(yes, taken / np.maximum(rows, 1)) / float(top)
