"""Venn-Abers calibration: isotonic twice, as if the new lead were accepted and as if it were not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from predictor.model.calibrators.isotonic import group_scores, round_scores
from predictor.model.calibrators.seen_scores import EVERYWHERE, find_seen, split_score
from predictor.model.calibrators.serialise import write_text
from predictor.model.metrics.intervals import wilson
from predictor.model.metrics.penalised_logistic import FloatArray, select_known


@dataclass(frozen=True)
class VennAbers:
    """Two staircases: the probability were the lead not accepted (lower), and were it accepted (upper).

    Attributes:
        lower_from: Scores from which a step of the lower staircase holds, rising; below the first it is 0.
        lower: The steps.
        lower_leads: How many leads each rests on, the new one aside.
        upper_to: Scores up to which a step of the upper staircase holds, rising; above the last it is 1.
        upper: The steps.
        upper_leads: How many leads each rests on, the new one aside.
        n: Out-of-fold predictions that it was fitted on.
        seen: The lowest and the highest score that it speaks of; beyond them it goes on level. Empty: there the pair reaches to
            0 and to 1.
    """

    lower_from: tuple[float, ...]
    lower: tuple[float, ...]
    lower_leads: tuple[float, ...]
    upper_to: tuple[float, ...]
    upper: tuple[float, ...]
    upper_leads: tuple[float, ...]
    n: int
    seen: tuple[float, ...] = EVERYWHERE
    kind: ClassVar[str] = "venn_abers"

    def pair(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The two probabilities of each lead; one of them is right on average, whatever the score is worth."""
        below, above = self._find_steps(score)
        return self._lower[0][below], self._upper[0][above]

    def _find_steps(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        z, _ = split_score(round_scores(score), self.seen)
        return np.searchsorted(self._ends[0], z, side="right"), np.searchsorted(self._ends[1], z, side="left")

    @cached_property
    def _ends(self) -> tuple[FloatArray, FloatArray]:
        return np.array(self.lower_from), np.array(self.upper_to)

    @cached_property
    def _lower(self) -> FloatArray:
        """Level and leads of each step, with the one below all scores first."""
        return np.array([[0.0, *self.lower], [0.0, *self.lower_leads]])

    @cached_property
    def _upper(self) -> FloatArray:
        """Level and leads of each step, with the one above all scores last."""
        return np.array([[*self.upper, 1.0], [*self.upper_leads, 0.0]])

    def predict(self, score: np.ndarray) -> np.ndarray:
        """Probabilities of raw log-odds scores: the point between the two that risks least in log loss."""
        lower, upper = self.pair(score)
        return np.asarray(upper / (1 - lower + upper))

    def interval(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % interval of each probability, wider than the pair: one's lower end (Wilson), the other's upper end."""
        below, above = self._find_steps(score)
        (lower, fewer), (upper, more) = self._lower[:, below], self._upper[:, above]
        return wilson(lower * fewer, fewer)[0], wilson(upper * more, more)[1]

    def to_text(self) -> str:
        """As JSON."""
        return write_text(self.kind, self)


def fit_venn_abers(score: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None = None) -> VennAbers:
    """The inductive Venn-Abers predictor of the leads.

    Sources: Vovk and Petej 2014, UAI, "Venn-Abers predictors"; Vovk, Petej and Fedorova 2015, NeurIPS 28, for all steps in one
    pass over the leads.

    Takes and refuses what `select_known` does.

    >>> [part.round(4).tolist() for part in fit_venn_abers([0.0, 1.0], [0, 1]).pair(np.array([-1.0, 0.0, 1.0, 2.0]))]
    [[0.0, 0.0, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0]]
    >>> fit_venn_abers([], [])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: A calibrator needs leads with a known outcome, but none of 0 leads has a weight above \
0. Add leads whose outcome is known.
    """
    known = select_known(score, outcome, weight)
    level, leads, accepted = group_scores(known)
    upper, upper_leads = _climb(leads, accepted)
    turned, lower_leads = (part[::-1] for part in _climb(leads[::-1], (leads - accepted)[::-1]))
    lower = 1 - turned
    starts = np.flatnonzero(np.diff(lower, prepend=-1.0))
    ends = np.flatnonzero(np.diff(upper, append=2.0))
    steps = (level[starts], lower[starts], lower_leads[starts], level[ends], upper[ends], upper_leads[ends])
    a, b, c, d, e, f = (tuple(part.tolist()) for part in steps)
    return VennAbers(
        lower_from=a, lower=b, lower_leads=c, upper_to=d, upper=e, upper_leads=f, n=len(known), seen=find_seen(known)
    )


def _climb(leads: FloatArray, accepted: FloatArray) -> tuple[FloatArray, FloatArray]:
    """For each score, the isotonic level there if one more lead, accepted, bore it; and the leads it rests on, that one aside.

    The level is a slope of the greatest convex minorant of accepted over all leads. The added lead starts before the lowest score
    and then changes places with one score after another, which moves one point of the diagram at a time.
    """
    x, y = np.concatenate([[-1.0, 0.0], np.cumsum(leads)]), np.concatenate([[-1.0, 0.0], np.cumsum(accepted)])
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    corners: list[tuple[float, float]] = []
    for point in reversed(points):  # the stack ends with the leftmost corner
        _push(corners, point)
    levels, freedom = np.empty(len(leads)), np.empty(len(leads))
    for at in range(len(leads)):
        (x0, y0), (x1, y1) = corners[-1], corners[-2]
        levels[at], freedom[at] = (y1 - y0) / (x1 - x0), x1 - x0 - 1
        moved = (points[at][0] + leads[at], points[at][1] + accepted[at])
        points[at + 1] = moved
        if _turn(corners[-1], moved, corners[-2]) > 0:
            corners.pop()
            _push(corners, moved)
    return np.clip(levels, 0.0, 1.0), np.maximum(freedom, 0.0)


def _push(corners: list[tuple[float, float]], point: tuple[float, float]) -> None:
    """Add a corner on the left, and drop those that no longer stand below the line."""
    while len(corners) > 1 and _turn(point, corners[-1], corners[-2]) <= 0:
        corners.pop()
    corners.append(point)


def _turn(left: tuple[float, float], middle: tuple[float, float], right: tuple[float, float]) -> float:
    """Above 0 where the middle point lies below the line from left to right."""
    return (middle[0] - left[0]) * (right[1] - left[1]) - (middle[1] - left[1]) * (right[0] - left[0])
