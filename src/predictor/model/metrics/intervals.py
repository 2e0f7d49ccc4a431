"""Intervals of 95 %: of a share, of a figure of known variance, and of a probability on a line in log-odds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictor.core.log_odds import expit

FloatArray = NDArray[np.float64]
Z95 = 1.959963984540054  # standard deviations to either side that hold 95 % of a normal distribution


def wilson(successes: ArrayLike, n: ArrayLike, z: float = Z95) -> tuple[FloatArray, FloatArray]:
    """The range in which a true share lies, seen `successes` times in `n`; from 0 to 1 where nothing was seen.

    Wilson 1927, JASA 22, 209-212, without continuity correction; it stays inside 0 to 1 and behaves for few leads. `z` is
    how many standard errors it reaches.

    >>> low, high = wilson(10, 50)
    >>> round(float(low), 4), round(float(high), 4)
    (0.1124, 0.3304)
    """
    s, n = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    spread = z * np.sqrt(s * (n - s) / np.maximum(n, 1) + z**2 / 4)
    return np.clip((s + z**2 / 2 - spread) / (n + z**2), 0, 1), np.clip((s + z**2 / 2 + spread) / (n + z**2), 0, 1)


def spread_line(line: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The 95 % interval of probabilities whose log-odds are known with a variance (delta method).

    >>> low, high = spread_line(np.zeros(1), np.ones(1))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.1235], [0.8765])
    """
    width = Z95 * np.sqrt(np.maximum(variance, 0))
    return np.asarray(expit(line - width)), np.asarray(expit(line + width))


def average(values: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """A weighted mean and its standard error, as of a ratio of two sums.

    >>> average(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    (2.0, 0.7071067811865476)
    """
    mean = float(np.average(values, weights=weight))
    return mean, float(np.sqrt((weight**2 * (values - mean) ** 2).sum()) / weight.sum())
