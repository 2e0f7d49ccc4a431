"""Probabilities and their log-odds. SciPy has both, and takes 13 MB of a server to load."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def expit(log_odds: ArrayLike) -> FloatArray:
    """1 / (1 + exp(-x)) of each.

    >>> expit([-1000.0, 0.0, 1000.0]).tolist()
    [0.0, 0.5, 1.0]
    """
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(log_odds, dtype=np.float64))))


def logit(probability: ArrayLike) -> FloatArray:
    """log(p / (1 - p)) of each; minus and plus infinity at 0 and 1.

    >>> logit([0.0, 0.5, 1.0]).tolist()
    [-inf, 0.0, inf]
    """
    p = np.asarray(probability, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p) - np.log1p(-p))
