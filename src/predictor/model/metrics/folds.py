"""What forward folds show beyond chance: that leads are ranked within each, and that base rates differ between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from predictor.model.metrics.inputs import check_pairs
from predictor.model.metrics.metrics import FloatArray


def compute_fold_rank_p_value(
    outcome: ArrayLike, probability: ArrayLike, fold: ArrayLike, weight: ArrayLike | None = None
) -> float:
    """The p-value of a ranking within folds: how often random orders put accepted leads as far above the others.

    Ranks are compared within each fold only, because a level that moves from fold to fold would look like a ranking. One-sided,
    by the mean and the variance over all orders of the leads of a fold; without weights and with one fold it is the rank sum
    test. Sources: van Elteren 1960, Bulletin of the International Statistical Institute 37; Hajek, Sidak and Sen 1999, "Theory
    of Rank Tests", section 3.3, for the variance.

    Args:
        outcome: (n,) 1 or 0.
        probability: (n,) from 0 to 1.
        fold: (n,) the fold of each lead.
        weight: (n,) how much each lead counts; None means 1 for all.

    Raises:
        TrainingError: As `compute_metrics`.

    >>> level = np.array([0.1, 0.1, 0.1, 0.7, 0.7, 0.7])  # the second fold is higher, within a fold nothing is ranked
    >>> compute_fold_rank_p_value([0, 0, 1, 1, 1, 0], level, [0, 0, 0, 1, 1, 1])
    1.0
    >>> round(compute_fold_rank_p_value([0, 0, 1] * 9, np.tile([0.1, 0.2, 0.3], 9), np.repeat([0, 1, 2], 9)), 5)
    1e-05
    >>> compute_fold_rank_p_value([1], [2], [0])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Probabilities must lie between 0 and 1, but 1 of 1 does not (first at position 0). \
Calibrate the scores, or leave those leads out.
    """
    from scipy.stats import norm  # noqa: PLC0415  a server needs none of it

    y, p = check_pairs(outcome, probability)
    w, folds = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=float), np.asarray(fold)
    parts = [_rank(y[folds == one], p[folds == one], w[folds == one]) for one in np.unique(folds)]
    total, variance = np.sum(parts, axis=0)
    return float(norm.sf(total / variance**0.5)) if variance > 0 else 1.0


def compute_rates_p_value(outcome: ArrayLike, fold: ArrayLike, weight: ArrayLike | None = None) -> float:
    """The p-value of base rates that differ between folds: how often chance makes equal ones differ so much.

    Pearson's chi-square test of homogeneity; 1 where there is one fold, or one outcome.

    Args:
        outcome: (n,) 1 or 0.
        fold: (n,) the fold of each lead.
        weight: (n,) how much each lead counts; None means 1 for all.

    >>> compute_rates_p_value([1, 0, 0, 0] * 50, np.repeat([0, 1], 100))
    1.0
    >>> round(compute_rates_p_value([0] * 80 + [1] * 20 + [0] * 60 + [1] * 40, np.repeat([0, 1], 100)), 4)
    0.002
    """
    from scipy.stats import chi2  # noqa: PLC0415  a server needs none of it

    y, folds = np.asarray(outcome, dtype=float), np.asarray(fold)
    w = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=float)
    rate, known = float(np.average(y, weights=w)), [folds == one for one in np.unique(folds[w > 0])]
    if len(known) < 2 or not 0 < rate < 1:
        return 1.0
    moved = [(w[at] @ (y[at] - rate)) ** 2 / (w[at] ** 2).sum() for at in known]
    return float(chi2.sf(sum(moved) / (rate * (1 - rate)), len(known) - 1))


def _rank(outcome: FloatArray, probability: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """How far accepted leads stand above the others in one fold, and the variance of that over all orders."""
    from scipy.stats import rankdata  # noqa: PLC0415  a server needs none of it

    known = weight > 0
    n = int(known.sum())
    if n < 2 or np.ptp(outcome[known]) == 0:
        return 0.0, 0.0
    excess = weight[known] * (outcome[known] - np.average(outcome[known], weights=weight[known]))
    rank = rankdata(probability[known]) / (n + 1)
    return float(excess @ rank), float((excess**2).sum() * rank.var(ddof=1))
