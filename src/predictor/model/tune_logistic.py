"""The penalty of the logistic regression, chosen by folds of the training leads."""

from __future__ import annotations

from functools import partial
from itertools import starmap

import numpy as np

from predictor.model.calibrated_model import FitFunction
from predictor.model.candidates import Model
from predictor.model.candidates.logistic import PENALTIES, USUAL_PENALTY, Logistic
from predictor.model.sample import Sample, training_part
from predictor.model.split import Fold


def tune_logistic(sample: Sample, folds: list[Fold]) -> tuple[FitFunction, ...]:
    """How to fit the regression on each fold, and then on the whole sample: with the penalty that lost least on folds before it.

    The first fold has the usual penalty. Where nothing says which lead came first, all other folds choose for a fold.

    Args:
        sample: The training leads.
        folds: Its folds, at least one.
    """
    paths = [Logistic.fit_path(training_part(sample, fold), PENALTIES) for fold in folds]
    losses = np.array(list(starmap(partial(_compute_losses, sample), zip(folds, paths, strict=True))))
    chosen, last = choose_by_folds(losses, usual=PENALTIES.index(USUAL_PENALTY), shuffled=sample.shuffled)
    models = [path[at] for path, at in zip(paths, chosen, strict=True)]
    return (*map(recall, models), partial(_fit, penalty=PENALTIES[last]))


def choose_by_folds(losses: np.ndarray, *, usual: int, shuffled: bool) -> tuple[list[int], int]:
    """Which of several ways lost least: for each fold by the folds before it, and in the end by all.

    Args:
        losses: folds x ways, each the sum over the leads of a fold.
        usual: The way where no fold comes before.
        shuffled: Whether nothing says which fold came first: all others choose for a fold.

    >>> choose_by_folds(np.array([[3.0, 1.0], [1.0, 9.0], [1.0, 2.0]]), usual=0, shuffled=False)
    ([0, 1, 0], 0)
    >>> choose_by_folds(np.array([[3.0, 1.0], [1.0, 9.0], [1.0, 2.0]]), usual=0, shuffled=True)
    ([0, 1, 0], 0)
    """
    steps = np.arange(len(losses))
    known = [losses[steps != step] if shuffled else losses[:step] for step in steps]
    return [int(one.sum(axis=0).argmin()) if len(one) else usual for one in known], int(losses.sum(axis=0).argmin())


def _compute_losses(sample: Sample, fold: Fold, path: list[Logistic]) -> list[float]:
    """The log loss of the predicted leads, summed by weight, with each penalty."""
    leads = sample.take(fold[1])
    weight = np.ones(len(leads)) if leads.weight is None else leads.weight
    scores = (model.score(leads.matrix) for model in path)
    return [float(weight @ (np.logaddexp(0, score) - leads.outcome * score)) for score in scores]


def recall(model: Model) -> FitFunction:
    """A way to fit that gives a model which has been fitted already."""
    return lambda _sample, _seed: model


def _fit(sample: Sample, _seed: int, *, penalty: float) -> Logistic:
    return Logistic.fit_path(sample, [penalty])[0]
