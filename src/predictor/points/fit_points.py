"""Points learned from outcomes: what each rule of a book is worth, beside the others and close to what it was set to.

The log-odds of acceptance are a + sum of b times x, x being how many times a rule's points were due, up to its most. The prior
mean of b is s times the points set by hand, with one s for the book, so that few leads leave the points in the proportions they
were set in: a ridge on what differs. Signs stay those that marketing set, unless they are free. Then b becomes whole points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.core.log_odds import expit
from predictor.points.rulebook import OnEvents, Rule, RuleBook

Floats = NDArray[np.float64]
Bound = tuple[float, float]

MOSTS = (1, 2, 3, 5, 10)  # times an event may count that are tried
_LINE = 4.0  # ridge on the worth of the hand-set points, in spreads of them: that of candidate `points`
_FREE = 1e-6  # ridge on all, so that there is one answer on leads of one outcome too
_MOST_STEPS, _LEAST_SHARE, _ARMIJO, _CLOSE = 100, 1e-8, 1e-4, 1e-10


@dataclass(frozen=True)
class PointsTask:
    """Which points are to be learned.

    Attributes:
        book: The rules, with the points set by hand.
        signs: `kept`: a rule may come to nothing, but never to the other sign than it was set to; `free`: it may.
        total: The most points that a lead may have.
    """

    book: RuleBook
    signs: str = "kept"
    total: int = 100

    @property
    def hand(self) -> Floats:
        """The points set by hand."""
        return np.array([rule.points for rule in self.book.rules])

    @property
    def bounds(self) -> list[Bound]:
        """What each rule may be worth at least and at most."""
        free = self.signs == "free"
        return [(0.0 if each > 0 and not free else -np.inf, 0.0 if each < 0 and not free else np.inf) for each in self.hand]


@dataclass(frozen=True)
class Fit:
    """What rules are worth, in log-odds a time.

    Attributes:
        worth: (rules,) of each.
        error: (rules,) standard errors, those of the penalised likelihood.
        line: Intercept, and the log-odds that one hand-set point is worth.
        hessian: Of the penalised loss by intercept, s and worths, in that order.
        gradient: Likewise; not 0 where a sign holds a worth back.
    """

    worth: Floats
    error: Floats
    line: tuple[float, float]
    hessian: Floats
    gradient: Floats


def find_mosts(book: RuleBook) -> Floats:
    r"""How many times at most each rule gives its points, as the book says; 10 where it sets no cap.

    >>> from predictor.points.rulebook import parse_rule_book
    >>> rules = 'rules=[{name="A",event="a",points=20,per_event=true,cap=40},{name="B",event="b",points=5,per_event=true}]'
    >>> find_mosts(parse_rule_book(f'name="x"\ngate=1\n{rules}', "x")).tolist()
    [2.0, 10.0]
    """
    return np.array([_find_most(rule) for rule in book.rules])


def _find_most(rule: Rule) -> float:
    if not isinstance(rule.condition, OnEvents) or not rule.condition.per_event:
        return 1.0
    if rule.condition.cap is None or not rule.points:
        return float(MOSTS[-1])
    return float(max(1, round(rule.condition.cap / abs(rule.points))))


def is_countable(rule: Rule) -> bool:
    """Whether another number of times may help: plain events. Bursts and points that decay stay in the form they were set in."""
    condition = rule.condition
    return isinstance(condition, OnEvents) and condition.at_least == 1 and condition.half_life is None


def fit_worths(  # noqa: PLR0913  a statistical fit has as many inputs as it has
    task: PointsTask,
    times: Floats,
    outcome: Floats,
    *,
    most: Floats,
    penalty: float,
    weight: Floats | None = None,
    start: Fit | None = None,
) -> Fit:
    r"""What each rule is worth in log-odds, drawn towards the hand-set points.

    Args:
        task: The book and what is allowed.
        times: leads x rules, how many times the points of each were due.
        outcome: (n,) 1 or 0.
        most: (rules,) times that count at most.
        penalty: How strongly the effect of each rule, fired as often as counts, is held to that of the hand-set points: the
            inverse variance of what differs.
        weight: (n,) how much each lead counts; None: all as one.
        start: A fit of another penalty, from which less is to go.

    >>> from predictor.points.rulebook import parse_rule_book
    >>> rules = 'rules=[{name="A",event="a",points=10},{name="B",event="b",points=10}]'
    >>> task = PointsTask(parse_rule_book(f'name="x"\ngate=1\n{rules}', "x"))
    >>> times, outcome = np.tile([[1.0, 0.0], [0.0, 1.0]], (50, 1)), np.tile([1.0, 1, 0, 0, 1, 0, 0, 0, 0, 0], 10)
    >>> fit_worths(task, times, outcome, most=np.ones(2), penalty=1.0).worth.round(1).tolist()
    [0.9, 0.0]
    """
    design = _make_design(times, most)
    ridge = _make_ridge(task, design, most, penalty)
    w = np.ones(len(outcome)) if weight is None else weight
    values = np.zeros(design.shape[1]) if start is None else np.array([*start.line, *start.worth])

    def lose(at: Floats) -> float:
        odds = design @ at
        return float(w @ (np.logaddexp(0, odds) - outcome * odds)) + float(at @ ridge @ at) / 2

    def bend(at: Floats) -> tuple[Floats, Floats]:
        chance = expit(design @ at)
        gradient = design.T @ (w * (chance - outcome)) + ridge @ at
        return gradient, (design * (w * chance * (1 - chance))[:, None]).T @ design + ridge

    values = _descend(values, lose, bend, [(-np.inf, np.inf), (0.0, np.inf), *task.bounds])
    gradient, hessian = bend(values)
    error = np.sqrt(np.maximum(np.diag(np.linalg.pinv(hessian)), 0))[2:]
    return Fit(values[2:], error, (float(values[0]), float(values[1])), hessian, gradient)


def _descend(
    values: Floats,
    lose: Callable[[Floats], float],
    bend: Callable[[Floats], tuple[Floats, Floats]],
    bounds: Sequence[Bound],
) -> Floats:
    """The values within bounds at which a convex loss is least: Newton's steps on what no bound holds.

    Source: Bertsekas 1982, "Projected Newton methods", SIAM Journal on Control and Optimization 20, 221-246.

    Args:
        values: Where to begin.
        lose: The loss.
        bend: Its gradient and its second derivatives.
        bounds: Lowest and highest of each value.
    """
    low, high = np.array(bounds).T
    values = np.clip(values, low, high)
    for _ in range(_MOST_STEPS):
        now = lose(values)
        gradient, hessian = bend(values)
        free = ~(((values <= low) & (gradient > 0)) | ((values >= high) & (gradient < 0)))
        step = np.zeros(len(values))
        step[free] = -np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        share, moved = 1.0, values
        while share > _LEAST_SHARE:
            moved = np.clip(values + share * step, low, high)
            if lose(moved) <= now + _ARMIJO * float(gradient @ (moved - values)):
                break
            share /= 2
        if share <= _LEAST_SHARE or now - lose(moved) <= _CLOSE * (1 + abs(now)):
            return moved if lose(moved) <= now else values
        values = moved
    return values


def choose_mosts(task: PointsTask, times: Floats, outcome: Floats, *, penalty: float, weight: Floats | None = None) -> Floats:
    """How many times at most each rule counts: as it was set, unless another number is clearly better.

    Clearly: the log-likelihood gains more than the logarithm of the number of leads, all else held, so that of many numbers tried
    chance alone would seldom bring one.
    """
    most = find_mosts(task.book)
    fit = fit_worths(task, times, outcome, most=most, penalty=penalty, weight=weight)
    w = np.ones(len(outcome)) if weight is None else weight
    odds = fit.line[0] + np.minimum(times, most) @ fit.worth
    for place, rule in enumerate(task.book.rules):
        if not is_countable(rule) or times[:, place].max(initial=0.0) < 2:
            continue
        rest = odds - fit.worth[place] * np.minimum(times[:, place], most[place])
        tried = sorted({*map(float, MOSTS), most[place]})
        columns = {number: np.minimum(times[:, place], number) for number in tried}
        losses = {number: _lose_alone(column, rest, outcome, w, task.bounds[place]) for number, column in columns.items()}
        best = min(losses, key=lambda number: losses[number])
        if losses[most[place]] - losses[best] > np.log(len(outcome)):
            most[place] = best
    return most


def _lose_alone(column: Floats, rest: Floats, outcome: Floats, weight: Floats, bound: Bound) -> float:
    """The least loss that one column and a new level reach beside log-odds that are held."""
    design = np.column_stack([np.ones(len(column)), column])

    def lose(at: Floats) -> float:
        odds = rest + design @ at
        return float(weight @ (np.logaddexp(0, odds) - outcome * odds))

    def bend(at: Floats) -> tuple[Floats, Floats]:
        chance = expit(rest + design @ at)
        curved = (design * (weight * chance * (1 - chance))[:, None]).T @ design
        return design.T @ (weight * (chance - outcome)), curved + _FREE * np.eye(2)

    return lose(_descend(np.zeros(2), lose, bend, [(-np.inf, np.inf), bound]))


def _make_design(times: Floats, most: Floats) -> Floats:
    """Intercept, nothing for s, which only the penalty knows, and the rules."""
    held = np.minimum(np.nan_to_num(times), most)
    return np.column_stack([np.ones(len(held)), np.zeros(len(held)), held])


def _make_ridge(task: PointsTask, design: Floats, most: Floats, penalty: float) -> Floats:
    """The penalty as a matrix by intercept, s and worths: on (worth - s * points) * most of each rule, and on s."""
    hand, rules = task.hand, len(most)
    away = np.column_stack([np.zeros(rules), -hand * most, np.diag(most)])
    ridge = penalty * away.T @ away
    spread = float((design[:, 2:] @ hand).std()) if len(design) else 1.0
    ridge[np.diag_indices_from(ridge)] += _FREE
    ridge[1, 1] += _LINE * max(spread, 1e-9) ** 2
    return np.asarray(ridge)


def sum_points(points: Sequence[float] | Floats, most: Sequence[float] | Floats, times: Floats) -> Floats:
    """The total of each lead.

    >>> sum_points([10, -5], [2, 1], np.array([[3.0, 0.0], [1.0, np.nan], [0.0, 4.0]])).tolist()
    [20.0, 10.0, -5.0]
    """
    total = np.zeros(len(times))
    for place, (each, number) in enumerate(zip(points, most, strict=True)):  # one after another: a row as in a table
        total += each * np.minimum(np.nan_to_num(times[:, place]), number)
    return total
