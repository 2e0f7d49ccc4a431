"""The probabilities that leads have once what is hidden of them is known: how little a score without it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

_ENDS = (0.01, 0.99)  # the probabilities vary less than the truth: of that, these ends leave out one in ten at most
_A_GROUP, _MOST_GROUPS = 100, 10  # leads that a range must rest on, and ranges at most
_DIGITS = 4


@dataclass(frozen=True)
class Spread:
    """Where the probabilities of leads lie, by the score that they have while something of them is hidden.

    Attributes:
        score: (k,) rising: the mean score, in log-odds, of a group of leads of which something is hidden.
        low: (k,) what 1 % of the group fall below once it is known, by the low ends of their intervals.
        probability: (k,) the mean of their probabilities.
        high: (k,) what 1 % of the group exceed, by the high ends.
    """

    score: tuple[float, ...]
    low: tuple[float, ...]
    probability: tuple[float, ...]
    high: tuple[float, ...]

    def locate(self, score: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Low end, mean and high end for leads with these scores, between groups on a line, beyond them flat.

        >>> low, mean, high = Spread((-1.0, 1.0), (0.1, 0.3), (0.2, 0.5), (0.4, 0.8)).locate([-3.0, 0.0])
        >>> mean.tolist(), high.round(2).tolist()
        ([0.2, 0.35], [0.4, 0.6])
        """
        at = np.asarray(score, dtype=float)
        low, mean, high = (np.interp(at, self.score, ends) for ends in (self.low, self.probability, self.high))
        return low, mean, high

    def to_json(self) -> dict[str, Any]:
        """As a bundle holds it."""
        return {name: [float(f"{value:.{_DIGITS}g}") for value in values] for name, values in vars(self).items()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(**{name: tuple(content[name]) for name in ("score", "low", "probability", "high")})


def fit_spread(score: ArrayLike, probability: ArrayLike, interval: tuple[ArrayLike, ArrayLike]) -> Spread:
    """Where the probabilities of leads lie, by the score that they have while something of them is hidden.

    Leads are put into up to ten groups of at least 100 by that score, so that no shape is assumed.

    Args:
        score: (n,) by the model, in log-odds, with something hidden.
        probability: (n,) of the same leads with everything known, out of fold.
        interval: The ends of their intervals, (n,) each.

    >>> hidden = np.repeat([0.0, 2.0], 200)
    >>> known = np.concatenate([np.linspace(0.1, 0.3, 200), np.linspace(0.4, 0.8, 200)])
    >>> spread = fit_spread(hidden, known, (known, known))
    >>> spread.score, [round(low, 2) for low in spread.low], [round(high, 2) for high in spread.high]
    ((0.0, 2.0), [0.1, 0.4], [0.3, 0.8])
    """
    hidden, known = np.asarray(score, dtype=float), np.asarray(probability, dtype=float)
    lows, highs = (np.asarray(end, dtype=float) for end in interval)
    groups = int(np.clip(len(hidden) // _A_GROUP, 1, _MOST_GROUPS))
    edges = np.unique(np.quantile(hidden, np.linspace(0, 1, groups + 1)[1:-1]))
    group = np.searchsorted(edges, hidden, side="right")
    members = [group == one for one in np.unique(group)]
    return Spread(
        score=tuple(float(hidden[at].mean()) for at in members),
        low=tuple(float(np.quantile(lows[at], _ENDS[0])) for at in members),
        probability=tuple(float(known[at].mean()) for at in members),
        high=tuple(float(np.quantile(highs[at], _ENDS[1])) for at in members),
    )
