"""No calibration: the score is taken at its word."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from predictor.model.newton import FREE, select_known

_Z95 = 1.959963984540054


@dataclass(frozen=True)
class AsIs:
    """probability = 1 / (1 + exp(-score)).

    Attributes:
        variance: Of the intercept and the slope that a sigmoid would have learned, and their covariance; empty where no lead said
            how well the score does.
        n: Leads that said so.
    """

    variance: tuple[float, ...] = ()
    n: int = 0
    kind: ClassVar[str] = "none"

    def predict(self, score: np.ndarray) -> np.ndarray:
        """Probabilities of raw log-odds scores."""
        return np.asarray(expit(score))

    def interval(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % interval of the share of such leads, as wide as a sigmoid's; from 0 to 1 where no lead told anything."""
        if not self.variance:
            return np.zeros(np.shape(score)), np.ones(np.shape(score))
        of_intercept, of_slope, shared = self.variance
        width = _Z95 * np.sqrt(np.maximum(of_intercept + 2 * shared * score + of_slope * score**2, 0))
        return np.asarray(expit(score - width)), np.asarray(expit(score + width))

    def to_text(self) -> str:
        """As JSON."""
        return json.dumps({"kind": self.kind, **asdict(self)}, indent=1)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The calibrator that `to_text` wrote."""
        content = json.loads(text)
        return cls(tuple(content["variance"]), content["n"])


def fit_as_is(score: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None = None) -> AsIs:
    """The score as it is, with what the leads say about how well the share of such leads is known.

    Args:
        score: (n,) log-odds.
        outcome: (n,) 1 or 0.
        weight: (n,) how much each lead tells, 0 where the outcome is not known; None means 1 for all.

    Raises:
        TrainingError: As `select_known`.

    >>> fit_as_is([0.0, 1.0], [0, 1]).predict(np.array([0.0])).tolist()
    [0.5]
    >>> fit_as_is([0.0], [2])
    Traceback (most recent call last):
    predictor.errors.TrainingError: Outcomes must equal 0 or 1, but 1 of 1 does not (first at position 0). Give weight 0 to \
leads whose outcome is not known.
    """
    known = select_known(score, outcome, weight)
    fitted, design = expit(known.score), np.column_stack([np.ones(len(known)), known.score])
    hessian = (design.T * (known.weight * fitted * (1 - fitted))) @ design + np.diag([FREE, 1.0])
    covariance = np.linalg.inv(hessian)
    return AsIs((float(covariance[0, 0]), float(covariance[1, 1]), float(covariance[0, 1])), len(known))
