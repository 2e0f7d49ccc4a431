"""The two that need no learning machine: the base rate, and the hand-set points made a probability."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np

from predictor.core.errors import TrainingError
from predictor.core.log_odds import logit
from predictor.model.sample import Sample

SIMPLE = ("constant", "points")  # nothing learned: too few numbers to know their leads by heart
_PENALTY = 0.25  # inverse strength, of standardised points: did best on simulated firms of 100 to 1,000 leads


def base_log_odds(outcome: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Log-odds of the share of accepted leads, drawn in by half a lead of each kind so that it is finite.

    Args:
        outcome: (n,) 1 or 0.
        weight: (n,) how much each lead counts; None: all as one.

    >>> base_log_odds(np.array([0.0, 1.0]))
    0.0
    """
    accepted, leads = (outcome.sum(), len(outcome)) if weight is None else ((weight * outcome).sum(), weight.sum())
    return float(logit((accepted + 0.5) / (leads + 1)))


def fit_line(points: np.ndarray, sample: Sample, *, base: float) -> tuple[float, float, float]:
    """Mean of the points, log-odds there, and log-odds a point: the likeliest line, drawn in a little where leads are few.

    Args:
        points: (n,) of the leads of the sample.
        sample: Leads to learn from.
        base: Log-odds where the points have no effect.
    """
    if sample.one_class or np.ptp(points) == 0:
        return 0.0, base, 0.0
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  a server needs none of it

    mean, spread = float(points.mean()), float(points.std())
    line = LogisticRegression(C=_PENALTY).fit((points[:, None] - mean) / spread, sample.outcome, sample.weight)
    return mean, float(line.intercept_[0]), float(line.coef_[0, 0]) / spread


@dataclass(frozen=True)
class Constant:
    """Every lead gets the base rate: what a probability must beat to say anything."""

    base: float
    width: int
    file: ClassVar[str] = "model.json"

    @classmethod
    def fit(cls, sample: Sample, _seed: int) -> Self:
        """The base rate of the sample."""
        return cls(base_log_odds(sample.outcome, sample.weight), sample.matrix.shape[1])

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """The same log-odds for each row."""
        return np.full(len(matrix), self.base)

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """No feature has a part."""
        parts = np.zeros((len(matrix), self.width + 1))
        parts[:, -1] = self.base
        return parts

    def to_text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The model that `to_text` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Points:
    """The points alone: a logistic line over the total, and a rate of their own for leads without points."""

    column: int
    width: int
    mean: float
    intercept: float
    slope: float
    missing: float
    file: ClassVar[str] = "model.json"

    @classmethod
    def fit(cls, sample: Sample, _seed: int) -> Self:
        """The line through the sample, shrunk a little where leads are few; a slope below zero is what the points are worth.

        Raises:
            TrainingError: The features hold no points.
        """
        column = sample.points_column
        if column is None:
            raise TrainingError("Candidate 'points' needs points: name a rule book in points.rule_book, or roles.points.")
        sample = sample.training
        points = sample.matrix[:, column]
        known = ~np.isnan(points)
        with_points, without = sample.take(known), sample.take(~known)
        base = base_log_odds(sample.outcome, sample.weight)
        missing = base_log_odds(without.outcome, without.weight) if len(without) else base
        width = sample.matrix.shape[1]
        mean, intercept, slope = fit_line(points[known], with_points, base=base)
        return cls(column, width, mean, intercept, slope, missing)

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds along the line; the rate of leads without points where they are missing."""
        return self.intercept + self._part(matrix)

    def _part(self, matrix: np.ndarray) -> np.ndarray:
        points = matrix[:, self.column]
        return np.where(np.isnan(points), self.missing - self.intercept, self.slope * (points - self.mean))

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """All of it is the points'."""
        parts = np.zeros((len(matrix), self.width + 1))
        parts[:, self.column] = self._part(matrix)
        parts[:, -1] = self.intercept
        return parts

    def to_text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The model that `to_text` wrote."""
        return cls(**json.loads(text))
