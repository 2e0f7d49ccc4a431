"""Isotonic calibration: the rising steps that match outcomes best, whatever their shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from predictor.model.calibrators.serialise import write_text
from predictor.model.metrics.intervals import wilson
from predictor.model.metrics.penalised_logistic import FloatArray, Known, select_known

_DIGITS = 4  # of a score in log-odds; what differs by less is one score


@dataclass(frozen=True)
class Isotonic:
    """Level steps, joined by straight lines; beyond the lowest and the highest step it stays level.

    Attributes:
        score: Where steps begin and end, rising.
        probability: The level there, above 0 and below 1, never falling.
        leads: How many leads the step rests on.
        n: Out-of-fold predictions that it was fitted on.
    """

    score: tuple[float, ...]
    probability: tuple[float, ...]
    leads: tuple[float, ...]
    n: int
    kind: ClassVar[str] = "isotonic"

    def predict(self, score: np.ndarray) -> np.ndarray:
        """Probabilities of raw log-odds scores."""
        return np.asarray(np.interp(score, self.score, self.probability))

    def interval(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % interval of each probability: Wilson's, of the leads that its step rests on.

        Steps are chosen so that they rise, which such an interval does not know; it is somewhat too narrow where steps are short.
        """
        low, high = wilson(np.multiply(self.probability, self.leads), self.leads)
        return np.interp(score, self.score, low), np.interp(score, self.score, high)

    def to_text(self) -> str:
        """As JSON."""
        return write_text(self.kind, self)


def fit_isotonic(score: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None = None) -> Isotonic:
    """The rising steps that make scores match outcomes, by pooling neighbours that fall.

    Half an accepted lead is added at the lowest score and half a lead that was not at the highest, so that no step is 0 or 1.
    Sources: Zadrozny and Elkan 2002, KDD; Ayer et al. 1955, Annals of Mathematical Statistics 26.

    Takes and refuses what `select_known` does.

    >>> fitted = fit_isotonic([-1.0, 0.0, 1.0, 2.0], [0, 1, 0, 1])
    >>> fitted.predict(np.array([-9.0, 0.5, 9.0])).round(4).tolist()
    [0.3333, 0.5, 0.6667]
    >>> fit_isotonic([float("inf")], [1])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Scores must be finite log-odds, but 1 of 1 does not (first at position 0). Score \
those leads again, or leave them out.
    """
    from scipy.optimize import isotonic_regression  # noqa: PLC0415  a server needs none of it

    known = select_known(score, outcome, weight)
    level, leads, accepted = group_scores(known)
    leads[0], accepted[0] = leads[0] + 0.5, accepted[0] + 0.5
    leads[-1] += 0.5
    steps = isotonic_regression(accepted / leads, weights=leads)
    first, last = steps.blocks[:-1], steps.blocks[1:] - 1
    ends = np.unique(np.concatenate([first, last]))
    step = np.searchsorted(steps.blocks, ends, side="right") - 1
    leads_of_step = np.add.reduceat(leads, first)[step]
    return Isotonic(
        score=tuple(level[ends].tolist()),
        probability=tuple(steps.x[ends].tolist()),
        leads=tuple(leads_of_step.tolist()),
        n=len(known),
    )


def group_scores(known: Known) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Distinct scores, rising, rounded to four decimals; the leads with each, and those accepted, both by weight.

    >>> [part.tolist() for part in group_scores(select_known([1.0, 0.0, 1.00001], [1, 0, 0]))]
    [[0.0, 1.0], [1.0, 2.0], [0.0, 1.0]]
    """
    level, at = np.unique(round_scores(known.score), return_inverse=True)
    leads, accepted = np.bincount(at, known.weight), np.bincount(at, known.weight * known.outcome)
    return level, leads.astype(float), accepted.astype(float)


def round_scores(score: ArrayLike) -> FloatArray:
    """Scores to four decimals of log-odds, so that the last bit of a sum decides nothing.

    >>> round_scores([0.12341, -0.0]).tolist()
    [0.1234, 0.0]
    """
    return np.asarray(np.round(np.asarray(score, dtype=float), _DIGITS) + 0.0)
