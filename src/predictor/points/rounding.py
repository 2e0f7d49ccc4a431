"""Whole points: those that cost least of what the exact worths of rules gain, on the scale that marketing uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from predictor.points.award import matches_attribute
from predictor.points.fit_points import Fit, Floats, PointsTask
from predictor.points.rulebook import AttributeCondition, InRange, OneOf, OnEvents, RuleBook

_STEPS = np.linspace(0.55, 1.0, 10)  # of the largest scale that the total allows
_PASSES = 10
_TINY = 1e-9


def round_points(task: PointsTask, fit: Fit, most: Floats) -> Floats:
    """Whole points for each rule, in the scale and the rounding that cost the least likelihood.

    The cost is the second-order one around the fit, with the line through the total laid anew. Each scale begins with the nearest
    whole numbers, and a rule moves by one as long as that costs less. Source of the search over scales and of rounding by its
    loss: Liu, Zhong, Li, Seltzer and Rudin 2022, "FasterRisk", NeurIPS.

    Args:
        task: The book, and the most points that a lead may have.
        fit: What the rules are worth.
        most: (rules,) times that count at most.

    Returns:
        (rules,) points; the hand-set ones, on that scale, where nothing was found to be worth anything.
    """
    largest = find_largest(task.book, fit.worth, most)
    if largest < _TINY:
        return _scale_hand(task, most)
    found = [_round_at(task, fit, most, step * task.total / largest) for step in _STEPS]
    return min(found, key=lambda pair: pair[0])[1]


def find_largest(book: RuleBook, points: Sequence[float] | Floats, most: Floats) -> float:
    r"""The most points that a lead can have: every event rule as often as counts, and the best value of each attribute.

    >>> from predictor.points.rulebook import parse_rule_book
    >>> rules = '''rules = [{name = "A", attribute = "size", range = [1, 9], points = 5},
    ...          {name = "B", attribute = "size", range = [5, inf], points = 7},
    ...          {name = "C", attribute = "size", range = [9, inf], points = 1},
    ...          {name = "D", event = "demo", points = 4}, {name = "E", event = "left", points = -9}]'''
    >>> book = parse_rule_book(f'name = "x"\ngate = 1\n{rules}', "x")
    >>> find_largest(book, [5, 7, 1, 4, -9], np.ones(5))
    16.0
    """
    total, asked = 0.0, dict[str, list[tuple[AttributeCondition, float]]]()
    for rule, each, number in zip(book.rules, points, most, strict=True):
        if isinstance(rule.condition, OnEvents):
            total += max(0.0, float(each) * float(number))
        else:
            asked.setdefault(rule.condition.attribute, []).append((rule.condition, float(each)))
    return total + sum(map(_find_best, asked.values()))


def _find_best(asked: list[tuple[AttributeCondition, float]]) -> float:
    """The most that one value of an attribute brings: of the texts and ends of ranges that are named, or of none of them."""
    values: list[object] = [None, "\x00"]
    for condition, _ in asked:
        if isinstance(condition, OneOf):
            values += sorted(condition.texts)
        elif isinstance(condition, InRange):
            inside = condition.low if np.isfinite(condition.low) else condition.high - 1
            values.append(float(inside) if np.isfinite(inside) else 0.0)
    return max(sum(each for condition, each in asked if matches_attribute(condition, value)) for value in values)


def _scale_hand(task: PointsTask, most: Floats) -> Floats:
    largest = find_largest(task.book, task.hand, most)
    return np.trunc(task.hand * (task.total / largest if largest > 0 else 1.0))


def _round_at(task: PointsTask, fit: Fit, most: Floats, scale: float) -> tuple[float, Floats]:
    """The cost and the points of one scale: points a log-odds."""
    cost = _make_cost(fit)
    points = np.trunc(fit.worth * scale)  # towards 0, so that the total allows it
    now = cost(points / scale)
    for _ in range(_PASSES):
        before = now
        for place in range(len(points)):
            for step in (1, -1):
                moved = points.copy()
                moved[place] += step
                tried = cost(moved / scale)
                if tried < now - _TINY and _is_allowed(task, moved, most, place):
                    now, points = tried, moved
        if now == before:
            break
    return now, points


def _is_allowed(task: PointsTask, points: Floats, most: Floats, place: int) -> bool:
    low, high = task.bounds[place]
    return low <= points[place] <= high and find_largest(task.book, points, most) <= task.total


def _make_cost(fit: Fit) -> Callable[[Floats], float]:
    """What other worths than those found cost, to second order, with intercept and s chosen anew."""
    lines, rules = fit.hessian[:2, :2], fit.hessian[2:, 2:]
    cross = fit.hessian[2:, :2]
    curved = rules - cross @ np.linalg.pinv(lines) @ cross.T
    pull = fit.gradient[2:]

    def cost(worth: Floats) -> float:
        away = worth - fit.worth
        return float(pull @ away + away @ curved @ away / 2)

    return cost
