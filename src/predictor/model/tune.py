"""Tuning: the best parameters of trees by forward folds of the training leads, within a budget of work.

The budget is in seconds of a usual core, but it is counted, not timed: what a tree costs follows from leads, features and
leaves. The same data, settings and versions therefore give the same trees on a fast machine and on a slow one. The
clock only ends a search that takes far longer than planned; a finding says so, because it cannot be repeated.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from predictor.core.errors import Finding
from predictor.core.wording import format_percent
from predictor.model.calibrated_model import FitFunction
from predictor.model.candidates.lightgbm import Growth, LightGBM, compute_curve, make_dataset
from predictor.model.candidates.lightgbm_on_points import LightGBMOnPoints
from predictor.model.candidates.lightgbm_parameters import USUAL, constrain, set_parameters
from predictor.model.sample import Sample, training_part
from predictor.model.split import Fold

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="IProgress not found")  # in a notebook, of a bar that nobody draws
    import optuna

_MOST_TRIES = 40
_FEWEST_TRIES = 15  # that a search must be able to afford; fewer find chance rather than better trees
_LEAST_SHARE = 0.3  # of the newest leads of the folds; a smaller share says too little about all of them
_FEWEST_PREDICTED = 100  # leads of each outcome to predict; with fewer, the best of many tries is the luckiest
_DRAWN = 10  # first tries at random, before the search follows what did well
_VALUES_PER_S = 250e6  # of leads x features that one core puts into histograms
_TREE_S = 3e-4  # what a tree costs whatever the leads
_CHEAP_SHARE = 0.05  # of the budget: what a try may cost so that a slower learning rate is tried at the end
_SLOW_RATE = 0.02
_CHANCE = 0.003  # of the log loss: how much better the best of many tries may look than it is
_MOST_MEMBERS = 5
_AVERAGE_S = 2.0  # seconds of work that all boosters of an average may take
# What is known to do well on some sets: one category against the rest; very small trees.
_FIRST: tuple[Mapping[str, Any], ...] = ({"max_cat_to_onehot": 32}, {"num_leaves": 4, "min_data_in_leaf": 50})


@dataclass(frozen=True)
class Tuning:
    """What a search found.

    Attributes:
        growth: How to grow the trees.
        before: The same for each fold, found on the folds before it, so that the gain of tuning is not measured on the leads that
            it was tuned on; None for the first, which uses the usual trees.
        tries: Sets of parameters that were tried.
        loss: Forward log loss of the best of them, before calibration.
        usual: That of the usual parameters.
        share: Of the leads of each fold, the newest ones that were used.
        needed_s: Seconds of work that a search on all of them would have needed; None where it had them, or was not asked for.
        cut_short: Whether the clock ended it, so that it cannot be repeated.
        shuffled: Whether nothing says which leads are the newest.
        tried: Each set of parameters that was tried to its end: `log_loss`, `rounds`, and what differs from the usual.
    """

    growth: Growth
    before: tuple[Growth | None, ...]
    tries: int
    loss: float
    usual: float
    share: float
    needed_s: float | None
    cut_short: bool
    shuffled: bool = False
    tried: tuple[Mapping[str, Any], ...] = ()

    @property
    def fits(self) -> dict[str, tuple[FitFunction, ...]]:
        """How to fit each candidate made of trees on each fold, and then on the whole sample."""
        monotone = self.growth.monotone
        usual = partial(LightGBM.fit, monotone=monotone)
        alone = (*(usual if growth is None else growth.fit for growth in self.before), self.growth.fit)
        on_points = tuple(
            partial(LightGBMOnPoints.fit_grown, growth=growth, monotone=monotone) for growth in (*self.before, self.growth)
        )
        return {"lightgbm": alone, "lightgbm_on_points": on_points}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What people need to know about the search."""
        found = []
        if self.needed_s is not None:
            what = "There was no search for better trees"
            if self.tries > 1:
                which = "" if self.shuffled else "the newest "
                what = f"The search for better trees used {which}{format_percent(self.share)} of the leads of each fold"
            do = f"Set model.budget_s to {self.needed_s:.0f} or more to search on all."
            found.append(Finding("TRAIN007", "tip", f"{what}: on all leads it would take longer than model.budget_s.", do=do))
        if self.cut_short:
            what = (
                f"The search for better trees was ended by the clock after {self.tries} tries: another run may find other trees."
            )
            found.append(
                Finding("TRAIN008", "warning", what, do="Lower model.budget_s, or train on a machine that is less busy.")
            )
        return tuple(found)


@dataclass(frozen=True)
class Budget:
    """How much a search may work, and whom it reports to.

    Attributes:
        seconds: Of work on one usual core, counted; 0 tries the usual parameters only.
        advance: Called with the share of the work that is done, 0 to 1.
        is_late: Whether the clock has to end the search.
    """

    seconds: float
    advance: Callable[[float], None] = lambda _: None
    is_late: Callable[[], bool] = lambda: False


def tune_lightgbm(sample: Sample, folds: list[Fold], *, seed: int, budget: Budget, monotone: Sequence[str] = ()) -> Tuning:
    """The parameters and number of trees with the lowest log loss on the forward folds.

    Args:
        sample: The training leads.
        folds: Its forward folds, at least one.
        seed: Of every random draw.
        budget: What the search may cost. There is none where too few leads or too little work would make its result random.
        monotone: Event types whose counts never lower the score, as in `constrain`.

    Raises:
        ValueError: There is no fold.
    """
    if not folds:
        raise ValueError("Tuning needs at least one forward fold, but there is none. Leave tuning out where leads are too few.")
    search = _Search(sample, folds, seed=seed, budget=budget, monotone=monotone)
    usual, share, needed = search.evaluate({}), 1.0, None
    predicted = sample.take(np.concatenate([predicted for _, predicted in folds]))
    wanted = budget.seconds > 0 and predicted.fewest >= _FEWEST_PREDICTED
    if wanted and (needs := search.work * _FEWEST_TRIES) > budget.seconds:
        needed, affordable = math.ceil(needs), (budget.seconds - search.work) / needs
        if wanted := affordable >= _LEAST_SHARE:
            share, spent = affordable, search.work
            search = _Search(sample, [_thin(fold, share) for fold in folds], seed=seed, budget=budget, monotone=monotone)
            search.work = spent
            usual = search.evaluate({})
    if wanted:
        search.follow()
        search.slow_down()
    budget.advance(1.0)
    before = tuple(search.choose(step) if step else None for step in range(len(folds)))
    return Tuning(
        growth=search.choose(len(folds)),
        before=before,
        tries=search.tries,
        loss=search.loss,
        usual=usual,
        share=share,
        needed_s=needed,
        cut_short=search.cut_short,
        shuffled=sample.shuffled,
        tried=tuple(search.list_tried()),
    )


def _thin(fold: Fold, share: float) -> Fold:
    """A fold with that share of its leads, without the oldest training leads; at least as many of these stay as it predicts.

    >>> [part.tolist() for part in _thin((np.arange(7), np.arange(7, 10)), 0.8)]
    [[2, 3, 4, 5, 6], [7, 8, 9]]
    """
    seen, predicted = fold
    return seen[-max(len(predicted), round(share * (len(seen) + len(predicted))) - len(predicted)) :], predicted


class _Search:
    """The folds as LightGBM datasets, made once, and the tries on them; `work` is counted in seconds."""

    def __init__(self, sample: Sample, folds: list[Fold], *, seed: int, budget: Budget, monotone: Sequence[str]) -> None:
        self._seed, self._budget, self._monotone = seed, budget, tuple(monotone)
        self._always = constrain(sample.features, monotone)
        self._pairs = []
        for fold in folds:
            fitted = make_dataset(training_part(sample, fold))
            self._pairs.append((fitted, make_dataset(sample.take(fold[1]), fitted)))
        self._seen = [len(seen) for seen, _ in folds]
        self._predicted = [len(at) if sample.weight is None else float(sample.weight[at].sum()) for _, at in folds]
        self._width = sample.matrix.shape[1]
        self._rows = len(sample)
        self._tried: list[tuple[dict[str, Any], list[np.ndarray]]] = []
        self.loss, self.tries, self.cut_short, self.work, self._work_of_best = np.inf, 0, False, 0.0, 0.0

    @property
    def is_over(self) -> bool:
        """Whether the budget is spent, or the clock has rung."""
        self.cut_short = self.cut_short or self._budget.is_late()
        return self.cut_short or self.work >= self._budget.seconds or self.tries >= _MOST_TRIES

    def evaluate(self, differences: Mapping[str, Any], trial: optuna.Trial | None = None) -> float:
        """The forward log loss of trees with these parameters, at the number of trees that does best over all folds.

        Raises:
            TrialPruned: After some folds other parameters are clearly better.
        """
        self.tries += 1
        parameters = set_parameters({**self._always, **differences}, seed=self._seed, rows=max(self._seen))
        curves: list[np.ndarray] = []
        begun = self.work
        for step, (fitted, judged) in enumerate(self._pairs):
            curves.append(compute_curve(parameters, fitted, judged))
            self.work += _cost(len(curves[-1]), self._seen[step] + round(self._predicted[step]), self._width, parameters)
            loss, _ = _locate_lowest(curves, self._predicted)
            if trial is not None and step < len(self._pairs) - 1:
                trial.report(loss, step)
                if trial.should_prune():
                    raise optuna.TrialPruned
        self._tried.append((dict(differences), curves))
        if loss < self.loss:
            self.loss, self._work_of_best = loss, self.work - begun
        return loss

    def list_tried(self) -> Iterator[dict[str, Any]]:
        """The parameters that were tried on every fold, with the log loss and the number of trees that did best."""
        for differences, curves in self._tried:
            loss, rounds = _locate_lowest(curves, self._predicted)
            yield {"log_loss": loss, "rounds": rounds, **differences}

    def follow(self) -> None:
        """Try one set after another, near those that did well (Bergstra et al. 2011, tree-structured Parzen estimator)."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=self._seed, n_startup_trials=_DRAWN)
        pruner = optuna.pruners.MedianPruner(n_startup_trials=4)
        study = optuna.create_study(sampler=sampler, pruner=pruner)
        for parameters in _FIRST:
            study.enqueue_trial({**{name: USUAL[name] for name in _suggestible()}, **parameters})
        while not self.is_over:
            study.optimize(lambda trial: self.evaluate(_suggest(trial), trial), n_trials=1)
            self._budget.advance(min(1.0, max(self.work / self._budget.seconds, self.tries / _MOST_TRIES)))

    def slow_down(self) -> None:
        """The best again with a slower learning rate, where that costs little."""
        if not self.cut_short and self._work_of_best <= _CHEAP_SHARE * self._budget.seconds:
            self.evaluate({**self.choose(len(self._pairs)).parameters, "learning_rate": _SLOW_RATE})

    def choose(self, folds: int) -> Growth:
        """The best way to grow trees by the first folds; averaged over several seeds where that costs little.

        Other parameters replace the usual ones, tried first, only where they are better by more than chance gives the best of
        many tries. A slower learning rate, tried last, is taken unless it is worse by more than that.
        """
        lowest = [_locate_lowest(curves[:folds], self._predicted) for _, curves in self._tried]
        losses = np.array([loss for loss, _ in lowest])
        at = int(losses.argmin())
        at = at if losses[at] < losses[0] * (1 - _CHANCE) else 0
        slow = len(losses) - 1 if "learning_rate" in self._tried[-1][0] else at
        at = slow if losses[slow] < losses[at] * (1 + _CHANCE) else at
        growth = Growth(lowest[at][1], float(np.average(self._seen[:folds], weights=self._predicted[:folds])), self._tried[at][0])
        cost = _cost(growth.count_rounds(self._rows), self._rows, self._width, {**USUAL, **growth.parameters})
        return replace(growth, monotone=self._monotone, members=min(_MOST_MEMBERS, max(1, int(_AVERAGE_S / cost))))


def _locate_lowest(curves: list[np.ndarray], weights: Sequence[float]) -> tuple[float, int]:
    """The lowest mean of several curves, and after how many trees; a curve that ended early stays at its last value.

    >>> _locate_lowest([np.array([0.5, 0.4, 0.6]), np.array([0.5, 0.6])], [10, 10])
    (0.5, 1)
    """
    longest = max(map(len, curves))
    even = [np.append(curve, np.full(longest - len(curve), curve[-1])) for curve in curves]
    mean = np.average(even, axis=0, weights=weights[: len(curves)])
    return float(mean.min()), int(mean.argmin()) + 1


def _cost(trees: int, rows: int, width: int, parameters: Mapping[str, Any]) -> float:
    """Seconds that trees take on a usual core; counted, so the same on every machine."""
    depth = max(1.0, float(np.log2(parameters["num_leaves"])) / 3)
    values = rows * width * float(parameters["feature_fraction"]) * depth
    return trees * (values / _VALUES_PER_S + _TREE_S)


def _suggestible() -> tuple[str, ...]:
    return tuple(_suggest(optuna.trial.FixedTrial(dict(USUAL))))


def _suggest(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
    """The parameters of a try, each within the range that does well on some data."""
    return {
        "num_leaves": trial.suggest_int("num_leaves", 3, 24, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 5, 100, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.2, 0.9),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.5, 1.0),
        "lambda_l2": trial.suggest_float("lambda_l2", 0.5, 50.0, log=True),
        "path_smooth": trial.suggest_float("path_smooth", 0.0, 20.0),
        "cat_smooth": trial.suggest_float("cat_smooth", 2.0, 60.0, log=True),
        "max_cat_to_onehot": trial.suggest_int("max_cat_to_onehot", 2, 32, log=True),
    }
