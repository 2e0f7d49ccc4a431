"""No calibration: the score is taken at its word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from predictor.core.log_odds import expit
from predictor.model.calibrators.serialise import write_text
from predictor.model.calibrators.sigmoid import SLOPE_PRECISION, Sigmoid, invert_hessian, make_line
from predictor.model.metrics.penalised_logistic import FREE, compute_hessian, select_known


@dataclass(frozen=True)
class Identity:
    """probability = 1 / (1 + exp(-score)).

    Attributes:
        variance: Of the intercept and the slope that a sigmoid would have learned, and their covariance; empty where no lead said
            how well the score does.
        n: Leads that they were computed from.
    """

    variance: tuple[float, ...] = ()
    n: int = 0
    kind: ClassVar[str] = "none"

    def predict(self, score: np.ndarray) -> np.ndarray:
        """Probabilities of raw log-odds scores."""
        return np.asarray(expit(score))

    def interval(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % interval of the share of such leads, as wide as a sigmoid's; from 0 to 1 where there are no leads."""
        if not self.variance:
            return np.zeros(np.shape(score)), np.ones(np.shape(score))
        of_intercept, of_slope, shared = self.variance
        return Sigmoid(intercept=0.0, slope=1.0, variance=(of_intercept, of_slope, shared), n=self.n).interval(score)

    def to_text(self) -> str:
        """As JSON."""
        return write_text(self.kind, self)


def fit_identity(score: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None = None) -> Identity:
    """The score as it is, with how well the leads determine the share of leads with that score.

    Takes and refuses what `select_known` does.

    >>> fit_identity([0.0, 1.0], [0, 1]).predict(np.array([0.0])).tolist()
    [0.5]
    >>> fit_identity([0.0], [2])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Outcomes must equal 0 or 1, but 1 of 1 does not (first at position 0). Give weight 0 to \
leads whose outcome is not known.
    """
    known = select_known(score, outcome, weight)
    hessian = compute_hessian(known, make_line(known), expit(known.score), np.array([FREE, SLOPE_PRECISION]))
    return Identity(invert_hessian(hessian), len(known))
