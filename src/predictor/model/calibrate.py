"""From a score to a probability that can be believed: a line in log-odds, learned from out-of-time predictions."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from scipy.special import expit

from predictor.model.candidates.simple import base_log_odds

_PRIOR = 1.0  # precision of the prior belief that the score is right as it is (slope 1)
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Sigmoid:
    """Platt's sigmoid on log-odds: probability = 1 / (1 + exp(-(intercept + slope * score))).

    Attributes:
        intercept: Shift in log-odds.
        slope: Above 1 the score was too timid, below 1 too bold; never below 0.
        variance: Of intercept, of slope, and their covariance.
        n: Out-of-time predictions it was learned from.
    """

    intercept: float
    slope: float
    variance: tuple[float, float, float]
    n: int

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


UNCALIBRATED = Sigmoid(0.0, 1.0, (0.0, 0.0, 0.0), 0)


def fit_sigmoid(score: np.ndarray, outcome: np.ndarray, weight: np.ndarray | None = None) -> Sigmoid:
    """The sigmoid that makes scores match outcomes, by Newton's method.

    The slope has a normal prior around 1 with variance 1, so that few outcomes change little and a constant score keeps its
    slope; the intercept has none. Source: Platt 1999, "Probabilistic outputs for support vector machines".

    Args:
        score: (n,) log-odds, made out of time.
        outcome: (n,) 1 or 0.
        weight: (n,) how much each lead counts, 0 to 1; None: all as one. The covariance takes a lead that counts half for half
            a lead, which with the weights of `weigh_leads` errs on the careful side.

    >>> fitted = fit_sigmoid(np.array([-1.0, -1.0, -1.0, 1.0, 1.0, 1.0]), np.array([0, 0, 1, 0, 1, 1]))
    >>> round(float(fitted.predict(np.array([0.0]))[0]), 6)
    0.5
    """
    count = np.ones(len(score)) if weight is None else weight
    base = base_log_odds(outcome, weight)
    at = np.array([base - float(score.mean()), 1.0])
    design = np.column_stack([np.ones(len(score)), score])
    prior = np.diag([1e-9, _PRIOR])
    for _ in range(100):
        probability = expit(design @ at)
        steepness = count * probability * (1 - probability)
        hessian = design.T @ (design * steepness[:, None]) + prior
        step = np.linalg.solve(hessian, design.T @ (count * (outcome - probability)) - prior @ (at - np.array([0.0, 1.0])))
        at = at + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    covariance = np.linalg.inv(hessian)
    slope = max(float(at[1]), 0.0)
    intercept = float(at[0]) if slope > 0 else base
    return Sigmoid(intercept, slope, (float(covariance[0, 0]), float(covariance[1, 1]), float(covariance[0, 1])), len(score))
