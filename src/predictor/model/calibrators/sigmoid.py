"""From a score to a probability that can be believed: a line in log-odds, fitted on out-of-fold predictions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from predictor.core.log_odds import expit
from predictor.model.calibrators.newest_leads import find_newest
from predictor.model.calibrators.seen_scores import EVERYWHERE, find_seen, split_score
from predictor.model.calibrators.serialise import write_text
from predictor.model.metrics.intervals import spread_line
from predictor.model.metrics.penalised_logistic import FREE, FloatArray, Known, fit_line, select_known

SLOPE_PRECISION = 16.0  # of the prior belief that the score is right as it is (slope 1): a quarter of 1 is one standard deviation
LEVEL_PRECISION = 25.0  # of the prior belief that the level of the newest leads is right: a fifth of a unit of log-odds
STEEPEST_BEYOND = 1.0  # beyond the scores seen: no more log-odds than the score itself says
_FEWEST = 100  # leads of either outcome that the newest must hold


@dataclass(frozen=True)
class Sigmoid:
    """Platt's sigmoid on log-odds: probability = 1 / (1 + exp(-(intercept + slope * score))).

    Attributes:
        intercept: Shift in log-odds.
        slope: Above 1 the score was underconfident, below 1 overconfident; never below 0.
        variance: Of intercept, of slope, and their covariance.
        n: Out-of-fold predictions that it was fitted on.
        seen: The lowest and the highest score that it speaks of; beyond them the slope is 1 at most. Empty: everywhere the same.
    """

    intercept: float
    slope: float
    variance: tuple[float, float, float]
    n: int
    seen: tuple[float, ...] = EVERYWHERE
    kind: ClassVar[str] = "sigmoid"

    def predict(self, score: np.ndarray) -> np.ndarray:
        """Probabilities of raw log-odds scores."""
        return np.asarray(expit(self._line(score)))

    def _line(self, score: np.ndarray) -> FloatArray:
        inside, beyond = split_score(score, self.seen)
        return self.intercept + self.slope * inside + min(self.slope, STEEPEST_BEYOND) * beyond

    def interval(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % interval of each probability: how well the share of such leads is known from the data (delta method)."""
        of_intercept, of_slope, shared = self.variance
        return spread_line(self._line(score), of_intercept + 2 * shared * score + of_slope * score**2)

    def to_text(self) -> str:
        """As JSON."""
        return write_text(self.kind, self)


@dataclass(frozen=True)
class Temperature(Sigmoid):
    """A sigmoid as older bundles keep it: its slope was learned, its level was the model's."""

    kind: ClassVar[str] = "tempered"


def fit_newest_sigmoid(score: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None = None) -> Sigmoid:
    """The sigmoid of the newest leads, near the score itself unless they say clearly otherwise.

    How confident a score is, and at which level, depends on how many leads its model was fitted on and when. The newest leads
    were scored by models most like the one that serves, so they decide: the newest quarter, more where that holds fewer than 100
    of either outcome. The level at their middle has a normal prior around the model's own with a standard deviation of 1/5.

    Takes and refuses what `select_known` does; the leads come oldest first.

    >>> draw = np.random.default_rng(0)
    >>> score = draw.normal(size=80_000)
    >>> truth = expit(np.where(np.arange(80_000) < 60_000, 0.6, 1.2) * score)  # recently the score is underconfident
    >>> round(fit_newest_sigmoid(score, draw.random(80_000) < truth).slope, 1)
    1.2
    >>> fit_newest_sigmoid([0.0], [1], [-1])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Weights must be at least 0, but 1 of 1 does not (first at position 0). Give 0 to leads \
whose outcome is not known.
    """
    known = select_known(score, outcome, weight)
    newest = find_newest(known.outcome, known.weight, fewest=_FEWEST)
    return _fit(Known(known.score[newest], known.outcome[newest], known.weight[newest]), level_precision=LEVEL_PRECISION)


def fit_steady_sigmoid(score: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None = None) -> Sigmoid:
    """The same of all leads, where nothing says which of them are the newest: what a score is worth cannot be seen to drift.

    Takes and refuses what `select_known` does.

    >>> fit_steady_sigmoid([-1.0, 1.0] * 200, [0, 1, 0, 0] * 100).n
    400
    """
    return _fit(select_known(score, outcome, weight), level_precision=LEVEL_PRECISION)


def fit_sigmoid(score: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None = None) -> Sigmoid:
    """The sigmoid that makes scores match outcomes, by Newton's method.

    The slope has a normal prior around 1 with standard deviation 1/4: few outcomes change little, a slope of 2 or of 1/2 takes
    strong evidence, and a constant score keeps its slope. The level has none. Source: Platt 1999, "Probabilistic outputs for
    support vector machines".

    Takes and refuses what `select_known` does.

    >>> fitted = fit_sigmoid(np.array([-1.0, -1.0, -1.0, 1.0, 1.0, 1.0]), np.array([0, 0, 1, 0, 1, 1]))
    >>> round(float(fitted.predict(np.array([0.0]))[0]), 6)
    0.5
    """
    return _fit(select_known(score, outcome, weight), level_precision=FREE)


def _fit(known: Known, *, level_precision: float) -> Sigmoid:
    """The likeliest line, by what was believed before of its slope and of its level at the middle of the scores."""
    raw = expit(known.score)
    middle = float(np.average(known.score, weights=known.weight * np.maximum(raw * (1 - raw), FREE)))
    design = make_line(replace(known, score=known.score - middle))
    prior, precision = np.array([middle, 1.0]), np.array([level_precision, SLOPE_PRECISION])
    (level, slope), hessian = fit_line(known, design, prior=prior, precision=precision)
    if slope < 0:
        slope, level = 0.0, fit_line(known, design[:, :1], prior=prior[:1], precision=precision[:1])[0][0]
    of_level, of_slope, shared = invert_hessian(hessian)
    variance = (of_level - 2 * middle * shared + middle**2 * of_slope, of_slope, shared - middle * of_slope)
    return Sigmoid(
        intercept=float(level - slope * middle), slope=float(slope), variance=variance, n=len(known), seen=find_seen(known)
    )


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
