"""The newest leads that tell enough: what the present is judged by."""

from __future__ import annotations

import numpy as np

from predictor.model.metrics.penalised_logistic import FloatArray

SHARE = 0.25  # of what all leads can tell


def find_newest(outcome: FloatArray, weight: FloatArray, *, fewest: float) -> slice:
    """The newest quarter of what leads tell, more where that holds too few of either outcome; all where even they do.

    Args:
        outcome: (n,) 1 or 0, the oldest lead first.
        weight: (n,) how much each lead tells.
        fewest: Leads of either outcome that are wanted.

    >>> find_newest(np.array([0.0, 1, 0, 0, 1, 0, 0, 0]), np.ones(8), fewest=1)
    slice(4, None, None)
    >>> find_newest(np.array([0.0, 1, 0, 0, 1, 0, 0, 0]), np.ones(8), fewest=3)
    slice(0, None, None)
    """
    told, accepted = np.cumsum(weight[::-1]), np.cumsum((weight * outcome)[::-1])
    enough = (told >= SHARE * told[-1]) & (np.minimum(accepted, told - accepted) >= fewest)
    return slice(len(outcome) - 1 - int(np.argmax(enough)) if enough.any() else 0, None)
