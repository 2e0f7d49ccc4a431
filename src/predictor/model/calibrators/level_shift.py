"""A calibrator at another level: its curve moved up or down as a whole, for a base rate that has moved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from predictor.core.log_odds import expit, logit
from predictor.model.calibrators.calibrator import Calibrator
from predictor.model.calibrators.serialise import write_text
from predictor.model.metrics.intervals import Z95
from predictor.model.metrics.penalised_logistic import select_known

_PRIOR = 1.0  # precision of the prior belief that the level is right as it is
_FARTHEST = 80.0  # log-odds beyond which no level lies


@dataclass(frozen=True)
class LevelShift:
    """log-odds = those of the base + shift.

    Attributes:
        base: The calibrator whose curve is moved.
        shift: By how much, in log-odds; above 0 its probabilities were too low.
        variance: Of the shift.
        n: Leads that the shift was fitted on.
    """

    base: Calibrator
    shift: float
    variance: float
    n: int
    kind: ClassVar[str] = "shifted"

    def predict(self, score: np.ndarray) -> np.ndarray:
        """Probabilities of raw log-odds scores."""
        return np.asarray(expit(logit(self.base.predict(score)) + self.shift))

    def interval(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % interval of each probability: that of the base, moved, and wider by what is not known of the level."""
        ends = zip(self.base.interval(score), (-1.0, 1.0), strict=True)
        low, high = (self._move(self.base.predict(score), end, side) for end, side in ends)
        return low, high

    def _move(self, probability: np.ndarray, end: np.ndarray, side: float) -> np.ndarray:
        line = logit(probability)
        width = np.where(end == probability, 0.0, np.abs(logit(end) - np.clip(line, -_FARTHEST, _FARTHEST)))
        return np.asarray(expit(line + self.shift + side * np.hypot(width, Z95 * self.variance**0.5)))

    def to_text(self) -> str:
        """As JSON, the base within."""
        content = {"shift": self.shift, "variance": self.variance, "n": self.n, "base": json.loads(self.base.to_text())}
        return write_text(self.kind, content)


def fit_shift(probability: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None = None) -> tuple[float, float, int]:
    """How far, in log-odds, probabilities must be moved so that they promise as many accepted leads as came; with its variance.

    The shift has a normal prior around 0 with variance 1, so that few leads move little. Source: Steyerberg 2019, "Clinical
    Prediction Models", chapter 15 (updating the intercept alone).

    Args:
        probability: (n,) above 0 and below 1.
        outcome: (n,) 1 or 0.
        weight: (n,) sample weights, 0 where the outcome is not known; None means 1 for all.

    Returns:
        The shift, its variance, and how many leads it was fitted on.

    Raises:
        TrainingError: As `select_known`.

    >>> shift, variance, n = fit_shift([0.2] * 1000, [0, 1, 0, 1, 0] * 200)
    >>> round(shift, 2), round(variance**0.5, 2), n
    (0.98, 0.06, 1000)
    >>> fit_shift([0.2], [2])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Outcomes must equal 0 or 1, but 1 of 1 does not (first at position 0). Give weight 0 to \
leads whose outcome is not known.
    """
    from scipy.optimize import brentq  # noqa: PLC0415  a server needs none of it

    known = select_known(logit(np.asarray(probability, dtype=float)), outcome, weight)

    def miss(shift: float) -> float:
        return float(known.weight @ (expit(known.score + shift) - known.outcome) + _PRIOR * shift)

    shift = float(brentq(miss, -_FARTHEST, _FARTHEST, xtol=1e-12))
    fitted = expit(known.score + shift)
    return shift, 1 / (float(known.weight @ (fitted * (1 - fitted))) + _PRIOR), len(known)
