"""Beta calibration: a curve that may bend either end of the scores, where a sigmoid can only stretch both alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from predictor.core.log_odds import expit
from predictor.model.calibrators.seen_scores import EVERYWHERE, find_seen, split_score
from predictor.model.calibrators.serialise import write_text
from predictor.model.calibrators.sigmoid import SLOPE_PRECISION, STEEPEST_BEYOND
from predictor.model.metrics.intervals import spread_line
from predictor.model.metrics.penalised_logistic import (
    FREE,
    FloatArray,
    Known,
    compute_hessian,
    compute_posterior,
    fit_line,
    select_known,
)

_PRIOR = np.array([0.0, 1.0, 1.0])  # the score is right as it is
_PRECISION = np.array([FREE, SLOPE_PRECISION, SLOPE_PRECISION])


@dataclass(frozen=True)
class Beta:
    """log-odds = c + a log(s) - b log(1 - s), where s = 1 / (1 + exp(-score)).

    Attributes:
        a: How steep the curve is among low scores, at least 0.
        b: How steep it is among high scores, at least 0.
        c: Shift in log-odds.
        covariance: Of c, a and b: the rows of a 3 x 3 matrix, one after another.
        n: Out-of-fold predictions that it was fitted on.
        seen: The lowest and the highest score that it speaks of; beyond them it goes on straight, with a slope of 1 at most.
            Empty: everywhere the same curve.
    """

    a: float
    b: float
    c: float
    covariance: tuple[float, ...]
    n: int
    seen: tuple[float, ...] = EVERYWHERE
    kind: ClassVar[str] = "beta"

    def predict(self, score: np.ndarray) -> np.ndarray:
        """Probabilities of raw log-odds scores."""
        return np.asarray(expit(self._line(score)))

    def interval(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % interval of each probability: how well the share of such leads is known from the data (delta method)."""
        design = _bend(score)
        variance = np.einsum("...i,ij,...j", design, np.array(self.covariance).reshape(3, 3), design)
        return spread_line(self._line(score), variance)

    def _line(self, score: np.ndarray) -> FloatArray:
        inside, beyond = split_score(score, self.seen)
        design = _bend(inside)
        curve = np.asarray(self.c + self.a * design[..., 1] + self.b * design[..., 2])
        if not self.seen:
            return curve
        share = expit(inside)
        return np.asarray(curve + np.minimum(self.a * (1 - share) + self.b * share, STEEPEST_BEYOND) * beyond)

    def to_text(self) -> str:
        """As JSON."""
        return write_text(self.kind, self)


def fit_beta(score: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None = None) -> Beta:
    """The beta curve that makes scores match outcomes, by Newton's method; a = b is a sigmoid.

    As for the sigmoid, a and b have a normal prior around 1 with standard deviation 1/4; c has none. A curve that would fall is
    held level at that end. Source: Kull, Silva Filho and Flach 2017, AISTATS, "Beta calibration".

    Takes and refuses what `select_known` does.

    >>> fitted = fit_beta([-1.0, -1.0, -1.0, 1.0, 1.0, 1.0], [0, 0, 1, 0, 1, 1])
    >>> round(float(fitted.predict(np.array([0.0]))[0]), 6)
    0.5
    >>> fit_beta([0.0], [1], [-1])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Weights must be at least 0, but 1 of 1 does not (first at position 0). Give 0 to \
leads whose outcome is not known.
    """
    known = select_known(score, outcome, weight)
    design = _bend(known.score)
    line = _fit_rising(known, design)
    hessian = compute_hessian(known, design, expit(design @ line), _PRECISION)
    c, a, b = line.tolist()
    return Beta(a=a, b=b, c=c, covariance=tuple(np.linalg.inv(hessian).ravel().tolist()), n=len(known), seen=find_seen(known))


def _bend(score: np.ndarray) -> FloatArray:
    """Ones, log(s) and -log(1 - s) of each score, without overflow."""
    return np.stack([np.ones(np.shape(score)), -np.logaddexp(0, -score), np.logaddexp(0, score)], axis=-1)


def _fit_rising(known: Known, design: FloatArray) -> FloatArray:
    """The best c, a and b with a and b at least 0: the posterior is concave, so where the free one falls the best is level."""
    free, _ = fit_line(known, design, prior=_PRIOR, precision=_PRECISION)
    if (free[1:] >= 0).all():
        return free
    tried = [_fit_some(known, design, kept) for kept in ([0, 1], [0, 2], [0])]
    rising = [line for line in tried if (line[1:] >= 0).all()]
    return max(rising, key=lambda line: compute_posterior(known, design @ line, line, prior=_PRIOR, precision=_PRECISION))


def _fit_some(known: Known, design: FloatArray, kept: list[int]) -> FloatArray:
    line = np.zeros(3)
    line[kept] = fit_line(known, design[:, kept], prior=_PRIOR[kept], precision=_PRECISION[kept])[0]
    return line
