"""The scores that a calibrator was fitted on, and how it goes on beyond them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from predictor.model.metrics.penalised_logistic import FloatArray, Known

_OUTSIDE = 0.01  # share of the leads on either side that a single far score must not count for more than
EVERYWHERE: tuple[float, ...] = ()  # of the first bundles, which went on alike beyond the scores seen


def find_seen(known: Known) -> tuple[float, float]:
    """The scores between which 98 of 100 leads lie, by weight; one far score more or less hardly moves them.

    >>> find_seen(Known(np.arange(201.0), np.zeros(201), np.ones(201)))
    (1.51, 198.49)
    """
    rising = np.argsort(known.score, kind="stable")
    score, weight = known.score[rising], known.weight[rising]
    share = (np.cumsum(weight) - weight / 2) / weight.sum()
    low, high = np.interp([_OUTSIDE, 1 - _OUTSIDE], share, score)
    return float(low), float(high)


def split_score(score: ArrayLike, seen: tuple[float, ...]) -> tuple[FloatArray, FloatArray]:
    """The nearest score that was seen, and how far the score lies beyond it; nothing is beyond where `seen` is empty.

    >>> [part.tolist() for part in split_score([-5.0, 0.0, 3.0], (-1.0, 2.0))]
    [[-1.0, 0.0, 2.0], [-4.0, 0.0, 1.0]]
    """
    given = np.asarray(score, dtype=float)
    if not seen:
        return given, np.zeros(given.shape)
    inside = np.minimum(np.maximum(given, seen[0]), seen[1])
    return inside, given - inside
