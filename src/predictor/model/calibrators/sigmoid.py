"""From a score to a probability that can be believed: a line in log-odds, fitted on out-of-fold predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from predictor.core.log_odds import expit
from predictor.model.calibrators.serialise import write_text
from predictor.model.metrics.intervals import spread_line
from predictor.model.metrics.penalised_logistic import FREE, FloatArray, Known, fit_line, select_known

_PRIOR = 1.0  # precision of the prior belief that the score is right as it is (slope 1)


@dataclass(frozen=True)
class Sigmoid:
    """Platt's sigmoid on log-odds: probability = 1 / (1 + exp(-(intercept + slope * score))).

    Attributes:
        intercept: Shift in log-odds.
        slope: Above 1 the score was underconfident, below 1 overconfident; never below 0.
        variance: Of intercept, of slope, and their covariance.
        n: Out-of-fold predictions that it was fitted on.
    """

    intercept: float
    slope: float
    variance: tuple[float, float, float]
    n: int
    kind: ClassVar[str] = "sigmoid"

    def predict(self, score: np.ndarray) -> np.ndarray:
        """Probabilities of raw log-odds scores."""
        return np.asarray(expit(self.intercept + self.slope * score))

    def interval(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % interval of each probability: how well the share of such leads is known from the data (delta method)."""
        of_intercept, of_slope, shared = self.variance
        line = self.intercept + self.slope * score
        return spread_line(line, of_intercept + 2 * shared * score + of_slope * score**2)

    def to_text(self) -> str:
        """As JSON."""
        return write_text(self.kind, self)


def fit_sigmoid(score: np.ndarray, outcome: np.ndarray, weight: np.ndarray | None = None) -> Sigmoid:
    """The sigmoid that makes scores match outcomes, by Newton's method.

    The slope has a normal prior around 1 with variance 1, so that few outcomes change little and a constant score keeps its
    slope; the intercept has none. Source: Platt 1999, "Probabilistic outputs for support vector machines".

    Takes and refuses what `select_known` does.

    >>> fitted = fit_sigmoid(np.array([-1.0, -1.0, -1.0, 1.0, 1.0, 1.0]), np.array([0, 0, 1, 0, 1, 1]))
    >>> round(float(fitted.predict(np.array([0.0]))[0]), 6)
    0.5
    """
    known = select_known(score, outcome, weight)
    design = make_line(known)
    line, hessian = fit_line(known, design, prior=np.array([0.0, 1.0]), precision=np.array([FREE, _PRIOR]))
    slope = max(float(line[1]), 0.0)
    intercept = float(line[0]) if slope > 0 else known.base_log_odds
    return Sigmoid(intercept=intercept, slope=slope, variance=invert_hessian(hessian), n=len(known))


def make_line(known: Known) -> FloatArray:
    """What an intercept and a slope multiply: ones beside the scores."""
    return np.column_stack([np.ones(len(known)), known.score])


def invert_hessian(hessian: FloatArray) -> tuple[float, float, float]:
    """The variances of intercept and slope, and their covariance.

    >>> invert_hessian(np.array([[4.0, 0.0], [0.0, 2.0]]))
    (0.25, 0.5, 0.0)
    """
    covariance = np.linalg.inv(hessian)
    return float(covariance[0, 0]), float(covariance[1, 1]), float(covariance[0, 1])
