"""From a score to a probability that can be believed: a line in log-odds, learned from out-of-time predictions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self

import numpy as np
from scipy.special import expit
from scipy.stats import t

from predictor.model.candidates.simple import base_log_odds

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


def fit_sigmoid(score: np.ndarray, outcome: np.ndarray) -> Sigmoid:
    """The sigmoid that makes scores match outcomes, by Newton's method.

    The slope has a normal prior around 1 with variance 1, so that few outcomes change little and a constant score keeps its
    slope; the intercept has none. Source: Platt 1999, "Probabilistic outputs for support vector machines".

    >>> fitted = fit_sigmoid(np.array([-1.0, -1.0, -1.0, 1.0, 1.0, 1.0]), np.array([0, 0, 1, 0, 1, 1]))
    >>> round(float(fitted.predict(np.array([0.0]))[0]), 6)
    0.5
    """
    at = np.array([base_log_odds(outcome) - float(score.mean()), 1.0])
    design = np.column_stack([np.ones(len(score)), score])
    prior = np.diag([1e-9, _PRIOR])
    for _ in range(100):
        probability = expit(design @ at)
        weight = probability * (1 - probability)
        hessian = design.T @ (design * weight[:, None]) + prior
        step = np.linalg.solve(hessian, design.T @ (outcome - probability) - prior @ (at - np.array([0.0, 1.0])))
        at = at + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    covariance = np.linalg.inv(hessian)
    slope = max(float(at[1]), 0.0)
    intercept = float(at[0]) if slope > 0 else base_log_odds(outcome)
    return Sigmoid(intercept, slope, (float(covariance[0, 0]), float(covariance[1, 1]), float(covariance[0, 1])), len(score))


def fit_steady(scores: Sequence[np.ndarray], outcomes: Sequence[np.ndarray]) -> Sigmoid:
    """The sigmoid of several folds; conversion is moved up or down only where fold after fold agrees on it.

    A candidate promises on average what the leads it learned from did. Where the next ones do better or worse, conversion has
    drifted; a drift that differs from fold to fold as much as from zero (Student's t, 95 %) is not carried into the future.

    Args:
        scores: Raw log-odds, fold by fold, each made by a model of earlier leads.
        outcomes: What came of the same leads.

    >>> score = np.array([-1.0, -1.0, 1.0, 1.0])
    >>> better, worse = np.array([0, 1, 1, 1]), np.array([0, 0, 0, 1])
    >>> kept = fit_steady([score] * 4, [better, worse, better, better])
    >>> round(float(kept.predict(score).mean()), 6)
    0.5
    """
    score, outcome = np.concatenate(scores), np.concatenate(outcomes)
    fitted = fit_sigmoid(score, outcome)
    promised = [expit(part) for part in scores]
    pairs = zip(promised, outcomes, strict=True)
    shifts = np.array([(came - said).sum() / (said * (1 - said)).sum() for said, came in pairs])
    doubt = t.ppf(0.975, len(shifts) - 1) * shifts.std(ddof=1) / np.sqrt(len(shifts)) if len(shifts) >= _FEWEST_FOLDS else 0.0
    if fitted.slope == 0 or abs(shifts.mean()) > doubt:
        return fitted
    return replace(fitted, intercept=_keep_mean(score, fitted.slope, float(np.concatenate(promised).mean())))


def _keep_mean(score: np.ndarray, slope: float, mean: float) -> float:
    """The intercept with which the probabilities have that mean."""
    intercept = 0.0
    for _ in range(100):
        probability = expit(intercept + slope * score)
        step = (mean - probability.mean()) / max(float((probability * (1 - probability)).mean()), 1e-12)
        intercept += float(np.clip(step, -2, 2))
        if abs(step) < 1e-12:
            break
    return intercept
