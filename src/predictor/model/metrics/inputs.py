"""What outcomes and probabilities must be before anything is computed of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictor.core.errors import TrainingError

FloatArray = NDArray[np.float64]


def check_pairs(outcome: ArrayLike, probability: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Outcomes and probabilities as two arrays of like length, or words about what is wrong with them.

    Raises:
        TrainingError: No leads, lengths that differ, an outcome other than 0 or 1, a probability outside 0 to 1.

    >>> check_pairs([1, 0], [0.5])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Outcomes and probabilities must be of the same leads, at least one, but there are 2 \
and 1. Score the leads whose outcomes are given.
    """
    y, p = np.asarray(outcome, dtype=float), np.asarray(probability, dtype=float)
    if y.shape != p.shape or y.ndim != 1 or not y.size:
        raise TrainingError(
            f"Outcomes and probabilities must be of the same leads, at least one, but there are {y.size} and {p.size}. "
            "Score the leads whose outcomes are given."
        )
    refuse_any((y != 0) & (y != 1), "Outcomes must equal 0 or 1", "Leave pending leads out")
    refuse_any(~((p >= 0) & (p <= 1)), "Probabilities must lie between 0 and 1", "Calibrate the scores, or leave those leads out")
    return y, p


def refuse_any(bad: NDArray[np.bool_], rule: str, do: str) -> None:
    """Refuse values that break a rule, with their number and the first of them.

    Raises:
        TrainingError: One is bad.

    >>> refuse_any(np.array([False, True]), "Weights must be at least 0", "Leave those leads out")
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Weights must be at least 0, but 1 of 2 does not (first at position 1). Leave those \
leads out.
    """
    if bad.any():
        verb = "does" if bad.sum() == 1 else "do"
        where = f"{bad.sum()} of {len(bad)} {verb} not (first at position {np.argmax(bad)})"
        raise TrainingError(f"{rule}, but {where}. {do}.")
