"""The newest leads that are enough to judge the present by."""

from __future__ import annotations

import numpy as np

from predictor.model.metrics.penalised_logistic import FloatArray

SHARE = 0.25  # of the weight of all leads


def find_newest(outcome: FloatArray, weight: FloatArray, *, fewest: float, share: float = SHARE) -> slice:
    """The newest leads by weight, more where they have too few of either outcome; all where even those are too few.

    Args:
        outcome: (n,) 1 or 0, the oldest lead first.
        weight: (n,) sample weights.
        fewest: Leads of either outcome that are wanted.
        share: Of the weight of all leads, by default a quarter.

    >>> find_newest(np.array([0.0, 1, 0, 0, 1, 0, 0, 0]), np.ones(8), fewest=1)
    slice(4, None, None)
    >>> find_newest(np.array([0.0, 1, 0, 0, 1, 0, 0, 0]), np.ones(8), fewest=3)
    slice(0, None, None)
    """
    total, accepted = np.cumsum(weight[::-1]), np.cumsum((weight * outcome)[::-1])
    enough = (total >= share * total[-1]) & (np.minimum(accepted, total - accepted) >= fewest)
    return slice(len(outcome) - 1 - int(np.argmax(enough)) if enough.any() else 0, None)
