"""From a score to a probability that can be believed: a line in log-odds, learned from out-of-time predictions."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from scipy.special import expit

from predictor.model.newton import FREE, fit_line, select_known

_PRIOR = 1.0  # precision of the prior belief that the score is right as it is (slope 1)
_Z95 = 1.959963984540054
_FEWEST_FOLDS = 3  # below which nothing can be said of whether a shift is the same in each


@dataclass(frozen=True)
class Sigmoid:
    """Platt's sigmoid on log-odds: probability = 1 / (1 + exp(-(intercept + slope * score))).

    Attributes:
        intercept: Shift in log-odds.
        slope: Above 1 the score was too timid, below 1 too bold; never below 0.
        variance: Of intercept, of slope, and their covariance.
        n: Out-of-time predictions it was learned from.
        kind: Of what the line was learned: 'sigmoid', or 'tempered' where only the slope was.
    """

    intercept: float
    slope: float
    variance: tuple[float, float, float]
    n: int
    kind: str = "sigmoid"

    def predict(self, score: np.ndarray) -> np.ndarray:
        """Probabilities of raw log-odds scores."""
        return np.asarray(expit(self.intercept + self.slope * score))

    def interval(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % interval of each probability: how well the share of such leads is known from the data (delta method)."""
        of_intercept, of_slope, shared = self.variance
        line = self.intercept + self.slope * score
        width = _Z95 * np.sqrt(np.maximum(of_intercept + 2 * shared * score + of_slope * score**2, 0))
        return np.asarray(expit(line - width)), np.asarray(expit(line + width))

    def to_text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The calibrator that `to_text` wrote."""
        content = json.loads(text)
        return cls(**{**content, "variance": tuple(content["variance"])})


def fit_sigmoid(score: np.ndarray, outcome: np.ndarray, weight: np.ndarray | None = None) -> Sigmoid:
    """The sigmoid that makes scores match outcomes, by Newton's method.

    The slope has a normal prior around 1 with variance 1, so that few outcomes change little and a constant score keeps its
    slope; the intercept has none. Source: Platt 1999, "Probabilistic outputs for support vector machines".

    Args:
        score: (n,) log-odds.
        outcome: (n,) 1 or 0.
        weight: (n,) how much each lead tells, 0 where the outcome is not known; None means 1 for all.

    Raises:
        TrainingError: As `select_known`.

    >>> fitted = fit_sigmoid(np.array([-1.0, -1.0, -1.0, 1.0, 1.0, 1.0]), np.array([0, 0, 1, 0, 1, 1]))
    >>> round(float(fitted.predict(np.array([0.0]))[0]), 6)
    0.5
    """
    known = select_known(score, outcome, weight)
    design = np.column_stack([np.ones(len(known)), known.score])
    line, hessian = fit_line(known, design, prior=np.array([0.0, 1.0]), precision=np.array([FREE, _PRIOR]))
    covariance = np.linalg.inv(hessian)
    slope = max(float(line[1]), 0.0)
    intercept = float(line[0]) if slope > 0 else known.base_log_odds
    return Sigmoid(intercept, slope, (float(covariance[0, 0]), float(covariance[1, 1]), float(covariance[0, 1])), len(known))
