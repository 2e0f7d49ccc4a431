"""Points learned from outcomes: a coefficient for each rule of a book, shrunk towards its hand-set points.

The log-odds of acceptance are a + sum of b * x, where x is how many times a rule's points were due, up to a maximum. The prior
mean of b is s times the hand-set points, with one s for the book: a ridge penalty on the difference, so that with few leads the
points keep their hand-set proportions. Signs stay as marketing set them, unless they are free. `rounding` makes whole points
of b.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.core.log_odds import expit
from predictor.points.rule import EventCondition, Rule
from predictor.points.rulebook import RuleBook

Floats = NDArray[np.float64]
Bound = tuple[float, float]

USUAL_TOTAL = 100  # points
_TRIED_TIMES = (1, 2, 3, 5, 10)  # how many times an event may count: the numbers that are tried
_LINE = 4.0  # ridge on s, in spreads of the hand-set total: as in candidate `points`
_FREE = 1e-6  # ridge on all, so that there is a unique solution with one outcome only, too
_MOST_STEPS, _LEAST_SHARE, _ARMIJO, _CLOSE = 100, 1e-8, 1e-4, 1e-10


@dataclass(frozen=True)
class PointsTask:
    """Which points to learn.

    Attributes:
        book: The rules, with the points set by hand.
        signs: `kept`: a coefficient may become 0 but never change its sign; `free`: it may.
        total: The most points that a lead may have.
    """

    book: RuleBook
    signs: str = "kept"
    total: int = USUAL_TOTAL

    @property
    def hand_points(self) -> Floats:
        """The points set by hand."""
        return np.array([rule.points for rule in self.book.rules])

    @property
    def bounds(self) -> list[Bound]:
        """The lowest and the highest coefficient of each rule."""
        free = self.signs == "free"
        return [
            (0.0 if points > 0 and not free else -np.inf, 0.0 if points < 0 and not free else np.inf)
            for points in self.hand_points
        ]


@dataclass(frozen=True)
class RuleFit:
    """The coefficients of rules, in log-odds each time that a rule counts.

    Attributes:
        coefficients: (rules,).
        standard_errors: (rules,) from the penalised likelihood.
        intercept: Log-odds where no rule fires.
        scale: s: the log-odds of one hand-set point.
        hessian: Of the penalised loss by intercept, s and coefficients, in that order.
        gradient: Likewise; not 0 where a coefficient is held at its bound.
    """

    coefficients: Floats
    standard_errors: Floats
    intercept: float
    scale: float
    hessian: Floats
    gradient: Floats


def compute_most_times(book: RuleBook) -> Floats:
    r"""How many times at most each rule gives its points by the book; 10 where it sets no cap.

    >>> from predictor.points.rulebook import parse_rule_book
    >>> rules = 'rules=[{name="A",event="a",points=20,per_event=true,cap=40},{name="B",event="b",points=5,per_event=true}]'
    >>> compute_most_times(parse_rule_book(f'name="x"\ngate=1\n{rules}', "x")).tolist()
    [2.0, 10.0]
    """
    return np.array([_compute_most(rule) for rule in book.rules])


def _compute_most(rule: Rule) -> float:
    if not isinstance(rule.condition, EventCondition) or not rule.condition.per_event:
        return 1.0
    if rule.condition.cap is None or not rule.points:
        return float(_TRIED_TIMES[-1])
    return float(max(1, round(rule.condition.cap / abs(rule.points))))


def has_free_times(rule: Rule) -> bool:
    """Whether another number of times may be learned: for plain events, but not for bursts or points that decay."""
    condition = rule.condition
    return isinstance(condition, EventCondition) and condition.at_least == 1 and condition.half_life is None


def fit_coefficients(  # noqa: PLR0913  a statistical fit has as many inputs as it has
    task: PointsTask,
    times: Floats,
    outcome: Floats,
    *,
    most_times: Floats,
    penalty: float,
    weight: Floats | None = None,
    start: RuleFit | None = None,
) -> RuleFit:
    r"""The coefficient of each rule in log-odds, shrunk towards the hand-set points.

    Args:
        task: The book and the signs that are allowed.
        times: leads x rules, how many times the points of each were due.
        outcome: (n,) 1 or 0.
        most_times: (rules,) how many times each counts at most.
        penalty: How strongly the largest effect of each rule is held to that of its hand-set points: the inverse variance of
            the difference.
        weight: (n,) sample weights; None: 1 for every lead.
        start: A fit with another penalty, as a starting point.

    >>> from predictor.points.rulebook import parse_rule_book
    >>> rules = 'rules=[{name="A",event="a",points=10},{name="B",event="b",points=10}]'
    >>> task = PointsTask(parse_rule_book(f'name="x"\ngate=1\n{rules}', "x"))
    >>> times, outcome = np.tile([[1.0, 0.0], [0.0, 1.0]], (50, 1)), np.tile([1.0, 1, 0, 0, 1, 0, 0, 0, 0, 0], 10)
    >>> fit_coefficients(task, times, outcome, most_times=np.ones(2), penalty=1.0).coefficients.round(1).tolist()
    [0.9, 0.0]
    """
    design = _make_design(times, most_times)
    ridge = _make_ridge(task, design, most_times, penalty)
    w = np.ones(len(outcome)) if weight is None else weight
    values = np.zeros(design.shape[1]) if start is None else np.array([start.intercept, start.scale, *start.coefficients])

    def compute_loss(at: Floats) -> float:
        odds = design @ at
        return float(w @ (np.logaddexp(0, odds) - outcome * odds)) + float(at @ ridge @ at) / 2

    def compute_derivatives(at: Floats) -> tuple[Floats, Floats]:
        chance = expit(design @ at)
        gradient = design.T @ (w * (chance - outcome)) + ridge @ at
        return gradient, (design * (w * chance * (1 - chance))[:, None]).T @ design + ridge

    values = _descend(values, compute_loss, compute_derivatives, [(-np.inf, np.inf), (0.0, np.inf), *task.bounds])
    gradient, hessian = compute_derivatives(values)
    return RuleFit(
        coefficients=values[2:],
        standard_errors=np.sqrt(np.maximum(np.diag(np.linalg.pinv(hessian)), 0))[2:],
        intercept=float(values[0]),
        scale=float(values[1]),
        hessian=hessian,
        gradient=gradient,
    )


def _descend(
    values: Floats,
    compute_loss: Callable[[Floats], float],
    compute_derivatives: Callable[[Floats], tuple[Floats, Floats]],
    bounds: Sequence[Bound],
) -> Floats:
    """The values within bounds that minimise a convex loss: Newton steps on the values that no bound holds.

    Source: Bertsekas 1982, "Projected Newton methods", SIAM Journal on Control and Optimization 20, 221-246.

    Args:
        values: The starting point.
        compute_loss: The loss.
        compute_derivatives: Its gradient and its second derivatives.
        bounds: Lowest and highest of each value.
    """
    low, high = np.array(bounds).T
    values = np.clip(values, low, high)
    for _ in range(_MOST_STEPS):
        loss = compute_loss(values)
        gradient, hessian = compute_derivatives(values)
        free = ~(((values <= low) & (gradient > 0)) | ((values >= high) & (gradient < 0)))
        step = np.zeros(len(values))
        step[free] = -np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        share, moved = 1.0, values
        while share > _LEAST_SHARE:
            moved = np.clip(values + share * step, low, high)
            if compute_loss(moved) <= loss + _ARMIJO * float(gradient @ (moved - values)):
                break
            share /= 2
        if share <= _LEAST_SHARE or loss - compute_loss(moved) <= _CLOSE * (1 + abs(loss)):
            return moved if compute_loss(moved) <= loss else values
        values = moved
    return values


def choose_most_times(
    task: PointsTask, times: Floats, outcome: Floats, *, penalty: float, weight: Floats | None = None
) -> Floats:
    """How many times at most each rule counts: as it was set, unless another number is clearly better.

    Clearly better: the log-likelihood gains more than the logarithm of the number of leads, with all else fixed, so that chance
    alone rarely selects one of the numbers tried.
    """
    most_times = compute_most_times(task.book)
    fit = fit_coefficients(task, times, outcome, most_times=most_times, penalty=penalty, weight=weight)
    w = np.ones(len(outcome)) if weight is None else weight
    odds = fit.intercept + np.minimum(times, most_times) @ fit.coefficients
    for place, rule in enumerate(task.book.rules):
        if not has_free_times(rule) or times[:, place].max(initial=0.0) < 2:
            continue
        rest = odds - fit.coefficients[place] * np.minimum(times[:, place], most_times[place])
        tried = sorted({*map(float, _TRIED_TIMES), most_times[place]})
        columns = {number: np.minimum(times[:, place], number) for number in tried}
        losses = {number: _compute_loss_alone(column, rest, outcome, w, task.bounds[place]) for number, column in columns.items()}
        best = min(losses, key=lambda number: losses[number])
        if losses[most_times[place]] - losses[best] > np.log(len(outcome)):
            most_times[place] = best
    return most_times


def _compute_loss_alone(column: Floats, rest: Floats, outcome: Floats, weight: Floats, bound: Bound) -> float:
    """The least loss of one column and an intercept, with the log-odds `rest` fixed."""
    design = np.column_stack([np.ones(len(column)), column])

    def compute_loss(at: Floats) -> float:
        odds = rest + design @ at
        return float(weight @ (np.logaddexp(0, odds) - outcome * odds))

    def compute_derivatives(at: Floats) -> tuple[Floats, Floats]:
        chance = expit(rest + design @ at)
        curved = (design * (weight * chance * (1 - chance))[:, None]).T @ design
        return design.T @ (weight * (chance - outcome)), curved + _FREE * np.eye(2)

    return compute_loss(_descend(np.zeros(2), compute_loss, compute_derivatives, [(-np.inf, np.inf), bound]))


def _make_design(times: Floats, most_times: Floats) -> Floats:
    """Intercept, zeros for s (only the penalty contains it), and the rules."""
    limited = np.minimum(np.nan_to_num(times), most_times)
    return np.column_stack([np.ones(len(limited)), np.zeros(len(limited)), limited])


def _make_ridge(task: PointsTask, design: Floats, most_times: Floats, penalty: float) -> Floats:
    """The penalty as a matrix by intercept, s and b: on (b - s * points) * most_times of each rule, and on s."""
    hand_points, rules = task.hand_points, len(most_times)
    difference = np.column_stack([np.zeros(rules), -hand_points * most_times, np.diag(most_times)])
    ridge = penalty * difference.T @ difference
    spread = float((design[:, 2:] @ hand_points).std()) if len(design) else 1.0
    ridge[np.diag_indices_from(ridge)] += _FREE
    ridge[1, 1] += _LINE * max(spread, 1e-9) ** 2
    return np.asarray(ridge)


def sum_points(points: Sequence[float] | Floats, most_times: Sequence[float] | Floats, times: Floats) -> Floats:
    """The total of each lead.

    >>> sum_points([10, -5], [2, 1], np.array([[3.0, 0.0], [1.0, np.nan], [0.0, 4.0]])).tolist()
    [20.0, 10.0, -5.0]
    """
    total = np.zeros(len(times))
    for place, (value, most) in enumerate(zip(points, most_times, strict=True)):  # in order, so that a row sums as in a table
        total += value * np.minimum(np.nan_to_num(times[:, place]), most)
    return total
