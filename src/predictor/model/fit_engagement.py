"""Fit and engagement: one score in two parts, what a lead is and what it did, each as a grade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from predictor.data.leads import ACCOUNT_PREFIX, EPISODES_PREFIX, EVENTS_PREFIX, OWN_PREFIX, POINTS_PREFIX, RULES_PREFIX
from predictor.features.encode import FeatureSet
from predictor.model.candidates import Model
from predictor.model.explain import sum_groups
from predictor.points.rule import EventCondition
from predictor.points.rulebook import RuleBook

FIT, ENGAGEMENT = "fit", "engagement"
GRADES: dict[str, tuple[Any, ...]] = {FIT: ("C", "B", "A"), ENGAGEMENT: (4, 3, 2, 1)}  # from the lowest to the highest
_NEITHER = ""
_AT_ONCE = 10_000  # leads whose parts are in memory together
_MOST = 10_000  # training leads that the limits come from
_SAME = 9  # decimals in which parts are equal


def list_sides(features: FeatureSet, book: RuleBook | None) -> list[str]:
    """For each feature whether it is about fit or engagement; empty for points that mix both, or whose rules are not known.

    Attributes are fit, and events are engagement. Points are what their rules are about.
    Earlier episodes and other leads of the account are neither.

    Args:
        features: The features of the model.
        book: The rule book behind the points; None where there is none.

    >>> from predictor.features.feature import Feature
    >>> names = ("industry", "events/call/count_7d", "points/total")
    >>> list_sides(FeatureSet(tuple(Feature(name, name, name, "number") for name in names), ()), None)
    ['fit', 'engagement', '']
    """
    origins = {} if book is None else _find_origins(book)
    return [_find_side(name, origins) for name in features.names]


def _find_side(name: str, origins: Mapping[str, str]) -> str:
    if name.startswith((EVENTS_PREFIX, OWN_PREFIX)):
        return ENGAGEMENT
    if name.startswith((EPISODES_PREFIX, ACCOUNT_PREFIX)):
        return _NEITHER
    return origins.get(name, _NEITHER) if name.startswith((POINTS_PREFIX, RULES_PREFIX)) else FIT


def _find_origins(book: RuleBook) -> dict[str, str]:
    """The side of each rule, and of each group of rules that are all about the same."""
    sides = {rule.name: ENGAGEMENT if isinstance(rule.condition, EventCondition) else FIT for rule in book.rules}
    groups = dict[str, set[str]]()
    for rule in book.rules:
        groups.setdefault(rule.group, set()).add(sides[rule.name])
    alike = {f"{POINTS_PREFIX}{group}": next(iter(found)) for group, found in groups.items() if len(found) == 1}
    return alike | {f"{RULES_PREFIX}{rule}": side for rule, side in sides.items()}


@dataclass(frozen=True)
class SideGrades:
    """How the two parts of a score are graded.

    Attributes:
        sides: For each feature its side, as `list_sides` gives it.
        limits: Side -> rising parts of the score, in log-odds, above each of which the next grade begins. A side that the model
            does not look at is left out.
    """

    sides: Sequence[str]
    limits: Mapping[str, Sequence[float]]

    def grade(self, parts: np.ndarray) -> dict[str, NDArray[np.object_]]:
        """Side -> the grade of each lead.

        Args:
            parts: leads x (features + 1), as `contribute` gives.

        >>> grades = SideGrades(["fit", "engagement", "fit"], {"fit": [0.0, 1.0], "engagement": [0.0, 0.5, 1.0]})
        >>> {side: found.tolist() for side, found in grades.grade(np.array([[0.8, 0.7, 0.4, -2], [0, 0, 0, -2]])).items()}
        {'fit': ['A', 'C'], 'engagement': [2, 4]}
        """
        values = _sum_sides(parts, self.sides)
        return {
            side: np.array(GRADES[side], dtype=object)[np.searchsorted(limits, values[side], side="left")]
            for side, limits in self.limits.items()
        }

    def grade_matrix(self, model: Model, matrix: np.ndarray) -> dict[str, NDArray[np.object_]]:
        """Side -> the grade of each row of a matrix, leads x features."""
        starts = range(0, len(matrix), _AT_ONCE)
        parts = [self.grade(model.contribute(np.ascontiguousarray(matrix[start : start + _AT_ONCE]))) for start in starts]
        return {side: np.concatenate([part[side] for part in parts]) for side in self.limits} if parts else {}

    def to_json(self) -> dict[str, list[float]]:
        """The limits."""
        return {side: list(limits) for side, limits in self.limits.items()}

    @classmethod
    def from_json(cls, content: Mapping[str, Sequence[float]], features: FeatureSet, book: RuleBook | None) -> Self:
        """The grades whose limits `to_json` gave."""
        return cls(list_sides(features, book), {side: list(content[side]) for side in GRADES if side in content})


def fit_side_grades(model: Model, matrix: np.ndarray, features: FeatureSet, book: RuleBook | None) -> SideGrades:
    """Grades by fixed shares of the training leads: at most a third has fit A, at most a quarter engagement 1.

    Equal leads have equal grades. Where more of them are equal than a grade may hold, as all without an event, they share the
    lower one.

    Args:
        model: The fitted candidate.
        matrix: The training leads, leads x features; 10,000 at most are used, evenly spaced.
        features: The columns of the matrix.
        book: The rule book behind the points; None where there is none.
    """
    sides = list_sides(features, book)
    rows = np.unique(np.linspace(0, max(len(matrix) - 1, 0), min(len(matrix), _MOST)).round().astype(int))
    values = _sum_sides(model.contribute(np.ascontiguousarray(matrix[rows])), sides)
    limits = {
        side: [find_limit(values[side], place / len(grades)) for place in range(1, len(grades))]
        for side, grades in GRADES.items()
        if side in values and len(np.unique(values[side].round(_SAME))) > 1
    }
    return SideGrades(sides, limits)


def find_limit(values: np.ndarray, share: float) -> float:
    """What at least that share of the values do not exceed; halfway to the next higher value, so that rounding changes nothing.

    >>> values = np.array([0.0, 0, 0, 1, 2])
    >>> find_limit(values, 0.25), find_limit(values, 0.75), find_limit(values, 1.0)
    (0.5, 1.5, 3.0)
    """
    distinct, counts = np.unique(values.round(_SAME), return_counts=True)
    at = min(int(np.searchsorted(np.cumsum(counts), share * len(values) - 1e-9)), len(distinct) - 1)
    above = distinct[at + 1] if at + 1 < len(distinct) else distinct[at] + 2
    return float((distinct[at] + above) / 2)


def _sum_sides(parts: np.ndarray, sides: Sequence[str]) -> dict[str, np.ndarray]:
    names, sums = sum_groups(parts[:, :-1], sides)
    return {name: sums[:, place] for place, name in enumerate(names)}
