"""The calibration slope: how over- or underconfident probabilities are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
_SAME = 1e-6  # log-odds nearer than this are one prediction, and what differs is rounding


def fit_slope(logit: FloatArray, no: FloatArray, yes: FloatArray) -> float | None:
    """The slope of outcomes over log-odds: 1 is right, below 1 is overconfident. None where no finite slope is best.

    Logistic regression without a penalty, by Newton's method from a flat line; a step is halved as long as it makes the fit
    worse. Source: Cox 1958, Biometrika 45, 562-565.

    Args:
        logit: (levels,) distinct log-odds, rising.
        no: (levels,) leads with each that were not accepted.
        yes: (levels,) those that were.
    """
    drawn = no + yes > 0  # a resample leaves out a third of the leads
    logit, no, yes = logit[drawn], no[drawn], yes[drawn]
    if not _overlap(logit, no, yes):
        return None
    logit = logit - dot(no + yes, logit) / float((no + yes).sum())  # leaves the slope as it is, and the sums exact
    line = np.array([np.log(yes.sum() / no.sum()), 0.0])
    fitted, likelihood = _fit_line(line, logit, no, yes)
    for _ in range(100):
        step = _find_step(fitted, logit, no, yes)
        fitted, tried = _fit_line(line + step, logit, no, yes)
        while tried < likelihood - 1e-9 * abs(likelihood):
            step = step / 2
            fitted, tried = _fit_line(line + step, logit, no, yes)
        line, likelihood = line + step, tried
        if np.abs(step).max() < 1e-8 * max(1, np.abs(line).max()):
            return float(line[1])
    return None


def _fit_line(line: FloatArray, logit: FloatArray, no: FloatArray, yes: FloatArray) -> tuple[FloatArray, float]:
    """Probabilities along the line and the log likelihood of the counts, without overflow."""
    score = line[0] + line[1] * logit
    small = np.exp(-np.abs(score))
    likelihood = dot(yes, score) - dot(no + yes, np.maximum(score, 0) + np.log1p(small))
    return np.where(score >= 0, 1, small) / (1 + small), likelihood


def _find_step(fitted: FloatArray, logit: FloatArray, no: FloatArray, yes: FloatArray) -> FloatArray:
    left, weight = yes - (no + yes) * fitted, (no + yes) * fitted * (1 - fitted)
    tilted = weight * logit
    hessian = np.array([[weight.sum(), tilted.sum()], [tilted.sum(), dot(tilted, logit)]])
    return np.linalg.solve(hessian, np.array([left.sum(), dot(left, logit)]))


def dot(first: FloatArray, second: FloatArray) -> float:
    """The product without BLAS, whose threads get in each other's way when many short ones follow one another."""
    return float(np.einsum("i,i", first, second))


def _overlap(logit: FloatArray, no: FloatArray, yes: FloatArray) -> bool:
    """Whether either class reaches strictly beyond the other's far end: else no finite slope is best."""
    refused, accepted = logit[no > 0], logit[yes > 0]
    if not (refused.size and accepted.size):
        return False
    return bool(min(refused[-1] - accepted[0], accepted[-1] - refused[0]) > _SAME)
