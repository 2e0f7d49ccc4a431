"""Whole points on the scale that marketing uses, with the least loss against the exact coefficients."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from predictor.points.award import matches_attribute
from predictor.points.fit_points import USUAL_TOTAL, Floats, PointsTask, RuleFit, compute_most_times
from predictor.points.rule import AttributeCondition, EventCondition, InRange, OneOf
from predictor.points.rulebook import RuleBook

_STEPS = np.linspace(0.55, 1.0, 10)  # of the largest scale that the total allows
_PASSES = 10
_TINY = 1e-9
_FEWEST = 50  # of the largest total, below which whole points are too coarse


def round_points(task: PointsTask, fit: RuleFit, most_times: Floats) -> Floats:
    """Whole points for each rule, with the scale and the rounding that lose the least likelihood.

    The loss is to second order around the fit, with intercept and s fitted again. Each scale begins with numbers rounded
    towards 0, and a rule changes by one as long as that lowers the loss. Source of the search over scales and of rounding by
    loss: Liu, Zhong, Li, Seltzer and Rudin 2022, "FasterRisk", NeurIPS.

    Args:
        task: The book, and the most points that a lead may have.
        fit: The coefficients of the rules.
        most_times: (rules,) how many times each counts at most.

    Returns:
        (rules,) points; the hand-set ones on that scale where all coefficients are 0.
    """
    largest = compute_largest_total(task.book, fit.coefficients, most_times)
    if largest < _TINY:
        return _scale_hand_points(task, most_times)
    candidates = [_round_at(task, fit, most_times, step * task.total / largest) for step in _STEPS]
    return min(candidates, key=lambda pair: pair[0])[1]


def compute_largest_total(book: RuleBook, points: Sequence[float] | Floats, most_times: Floats) -> float:
    r"""The most points that a lead can have: every event rule at its maximum, and the best value of each attribute.

    >>> from predictor.points.rulebook import parse_rule_book
    >>> rules = '''rules = [{name = "A", attribute = "size", range = [1, 9], points = 5},
    ...          {name = "B", attribute = "size", range = [5, inf], points = 7},
    ...          {name = "C", attribute = "size", range = [9, inf], points = 1},
    ...          {name = "D", event = "demo", points = 4}, {name = "E", event = "left", points = -9}]'''
    >>> book = parse_rule_book(f'name = "x"\ngate = 1\n{rules}', "x")
    >>> compute_largest_total(book, [5, 7, 1, 4, -9], np.ones(5))
    16.0
    """
    total, rules_of = 0.0, dict[str, list[tuple[AttributeCondition, float]]]()
    for rule, value, most in zip(book.rules, points, most_times, strict=True):
        if isinstance(rule.condition, EventCondition):
            total += max(0.0, float(value) * float(most))
        else:
            rules_of.setdefault(rule.condition.attribute, []).append((rule.condition, float(value)))
    return total + sum(map(_compute_best_value, rules_of.values()))


def choose_total(book: RuleBook) -> int:
    r"""The most points that learned rules may give a lead: as many as the hand-set ones, so that both have one scale.

    Ten times as many where the hand-set ones are below 50, which would leave too few whole numbers; 100 where no rule gives any.

    >>> from predictor.points.rulebook import parse_rule_book
    >>> rule = '{name = "A", event = "demo", points = %s}'
    >>> [choose_total(parse_rule_book(f'name = "x"\ngate = 1\nrules = [{rule % points}]', "x")) for points in (340, 7, -5)]
    [340, 70, 100]
    """
    largest = compute_largest_total(book, [rule.points for rule in book.rules], compute_most_times(book))
    return int(largest if largest >= _FEWEST else 10 * largest) or USUAL_TOTAL


def _compute_best_value(rules: list[tuple[AttributeCondition, float]]) -> float:
    """The most points that one value of an attribute gives: a text or an end of a range that a rule names, or another value."""
    values: list[object] = [None, "\x00"]
    for condition, _ in rules:
        if isinstance(condition, OneOf):
            values += sorted(condition.texts)
        elif isinstance(condition, InRange):
            inside = condition.low if np.isfinite(condition.low) else condition.high - 1
            values.append(float(inside) if np.isfinite(inside) else 0.0)
    return max(sum(points for condition, points in rules if matches_attribute(condition, value)) for value in values)


def _scale_hand_points(task: PointsTask, most_times: Floats) -> Floats:
    largest = compute_largest_total(task.book, task.hand_points, most_times)
    return np.trunc(task.hand_points * (task.total / largest if largest > 0 else 1.0))


def _round_at(task: PointsTask, fit: RuleFit, most_times: Floats, scale: float) -> tuple[float, Floats]:
    """The loss and the points at one scale (points per unit of log-odds)."""
    compute_loss = _make_loss(fit)
    points = np.trunc(fit.coefficients * scale)  # towards 0, so that the total stays within its maximum
    loss = compute_loss(points / scale)
    for _ in range(_PASSES):
        before = loss
        for place in range(len(points)):
            for step in (1, -1):
                moved = points.copy()
                moved[place] += step
                new_loss = compute_loss(moved / scale)
                if new_loss < loss - _TINY and _is_allowed(task, moved, most_times, place):
                    loss, points = new_loss, moved
        if loss == before:
            break
    return loss, points


def _is_allowed(task: PointsTask, points: Floats, most_times: Floats, place: int) -> bool:
    low, high = task.bounds[place]
    return low <= points[place] <= high and compute_largest_total(task.book, points, most_times) <= task.total


def _make_loss(fit: RuleFit) -> Callable[[Floats], float]:
    """The loss of other coefficients against the fit, to second order, with intercept and s fitted again."""
    lines, rules = fit.hessian[:2, :2], fit.hessian[2:, 2:]
    cross = fit.hessian[2:, :2]
    curved = rules - cross @ np.linalg.pinv(lines) @ cross.T
    pull = fit.gradient[2:]

    def compute_loss(coefficients: Floats) -> float:
        step = coefficients - fit.coefficients
        return float(pull @ step + step @ curved @ step / 2)

    return compute_loss
