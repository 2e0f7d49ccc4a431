"""What a Brier score is made of, and the line that would put probabilities right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from predictor.core.log_odds import expit, logit
from predictor.model.metrics.inputs import check_pairs
from predictor.model.metrics.intervals import Z95
from predictor.model.metrics.penalised_logistic import FREE, FloatArray, fit_line, select_known
from predictor.model.metrics.slope import fit_slope

_CLIP = 1e-15

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class BrierParts:
    """A Brier score in three parts: score = miscalibration - discrimination + uncertainty.

    Attributes:
        score: The Brier score; lower is better.
        miscalibration: What right probabilities in the same order would save; 0 is best (Murphy's reliability).
        discrimination: What the probabilities gain over the base rate for all; higher is better (resolution).
        uncertainty: The Brier score of the base rate.
    """

    score: float
    miscalibration: float
    discrimination: float
    uncertainty: float


@dataclass(frozen=True, slots=True)
class CalibrationLine:
    """How probabilities would have to be moved in log-odds; each with its 95 % interval, None where it is not known.

    Attributes:
        intercept: How far up (above 0: too low a promise) all of them, the slope left at 1.
        slope: How far apart: above 1 they were underconfident, below 1 overconfident.
    """

    intercept: float | None
    intercept_interval: Interval | None
    slope: float | None
    slope_interval: Interval | None


def decompose_brier(outcome: ArrayLike, probability: ArrayLike) -> BrierParts:
    """How much of the Brier score is wrong probabilities, and how much is leads that the probabilities cannot separate.

    Right probabilities are those of isotonic regression, so there are no bins to choose, and no part is below 0. Sources: Murphy
    1973, Journal of Applied Meteorology 12; Dimitriadis, Gneiting and Jordan 2021, PNAS 118 (CORP).

    Args:
        outcome: (n,) 1 or 0.
        probability: (n,) from 0 to 1.

    Raises:
        TrainingError: As `check_pairs`.

    >>> parts = decompose_brier([0, 1, 0, 1], [0.1, 0.1, 0.9, 0.9])
    >>> round(parts.score, 4), round(parts.miscalibration, 4), parts.discrimination, parts.uncertainty
    (0.41, 0.16, 0.0, 0.25)
    >>> decompose_brier([0, 2], [0.1, 0.2])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Outcomes must equal 0 or 1, but 1 of 2 does not (first at position 1). Leave pending \
leads out.
    """
    from scipy.optimize import isotonic_regression  # noqa: PLC0415  a server needs none of it

    y, p = check_pairs(outcome, probability)
    _, at, leads = np.unique(p, return_inverse=True, return_counts=True)
    share = np.bincount(at, weights=y) / leads
    right = isotonic_regression(share, weights=leads).x[at]
    score, best, base = (float(np.mean((values - y) ** 2)) for values in (p, right, np.full(len(y), y.mean())))
    return BrierParts(score=score, miscalibration=score - best, discrimination=base - best, uncertainty=base)


def fit_calibration_line(outcome: ArrayLike, probability: ArrayLike) -> CalibrationLine:
    """How far probabilities are too high or too low in all, and over- or underconfident.

    Intervals are Wald's. Sources: Cox 1958, Biometrika 45; for the intercept with the slope at 1, Steyerberg 2019, "Clinical
    Prediction Models", chapter 15.

    Args:
        outcome: (n,) 1 or 0.
        probability: (n,) from 0 to 1.

    Raises:
        TrainingError: As `check_pairs`.

    >>> line = fit_calibration_line([0, 0, 1, 0, 1, 1], [0.2, 0.2, 0.2, 0.8, 0.8, 0.8])
    >>> round(line.intercept, 4), round(line.slope, 4)
    (0.0, 0.5)
    >>> fit_calibration_line([0, 0], [0.2, 0.3])
    CalibrationLine(intercept=None, intercept_interval=None, slope=None, slope_interval=None)
    """
    y, p = check_pairs(outcome, probability)
    score = logit(np.clip(p, _CLIP, 1 - _CLIP))
    intercept, around = (None, None) if y.min() == y.max() else _fit_intercept(y, score)
    slope, spread = _fit_slope(y, score)
    return CalibrationLine(intercept=intercept, intercept_interval=around, slope=slope, slope_interval=spread)


def _fit_intercept(y: FloatArray, score: FloatArray) -> tuple[float, Interval]:
    from scipy.optimize import brentq  # noqa: PLC0415  a server needs none of it

    found = float(brentq(lambda shift: float((expit(score + shift) - y).sum()), -80, 80, xtol=1e-12))
    fitted = expit(score + found)
    return found, _around(found, 1 / float((fitted * (1 - fitted)).sum()))


def _fit_slope(y: FloatArray, score: FloatArray) -> tuple[float | None, Interval | None]:
    level, at = np.unique(score, return_inverse=True)
    no, yes = (np.bincount(at, weights=part).astype(float) for part in (1 - y, y))
    slope = fit_slope(level, no, yes)
    if slope is None:
        return None, None
    design = np.column_stack([np.ones(len(score)), score])
    _, hessian = fit_line(select_known(score, y), design, prior=np.zeros(2), precision=np.full(2, FREE))
    return slope, _around(slope, float(np.linalg.inv(hessian)[1, 1]))


def _around(figure: float, variance: float) -> Interval:
    return figure - Z95 * variance**0.5, figure + Z95 * variance**0.5
