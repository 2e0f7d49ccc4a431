"""The share of the trees in a blend, chosen by folds of the training leads."""

from __future__ import annotations

import numpy as np

from predictor.model.calibrated_model import CalibratedModel, FitFunction
from predictor.model.candidates.blend import SHARES, USUAL_SHARE, Blend
from predictor.model.candidates.lightgbm import LightGBM
from predictor.model.candidates.logistic import Logistic
from predictor.model.sample import Sample
from predictor.model.split import Fold
from predictor.model.tune_logistic import choose_by_folds, recall


def tune_blend(
    line: CalibratedModel, trees: CalibratedModel, sample: Sample, folds: list[Fold]
) -> tuple[tuple[FitFunction, ...], float]:
    """The blends of what was fitted on each fold and on the whole sample, and the share of the trees in the last.

    The share is that which lost least: for a fold on the folds before it, or on all others where nothing says which lead came
    first. The first fold has equal shares.

    Args:
        line: The logistic regression, fitted on the sample and on its folds.
        trees: LightGBM's trees, fitted likewise.
        sample: The training leads.
        folds: Its folds, at least one.
    """
    leads = sample.take(line.positions)
    weight = np.ones(len(leads)) if leads.weight is None else leads.weight
    mixed = np.array([share * trees.scores + (1 - share) * line.scores for share in SHARES])
    losses = weight * (np.logaddexp(0, mixed) - leads.outcome * mixed)
    ends = np.cumsum([len(predicted) for _, predicted in folds])[:-1]
    by_fold = np.array([part.sum(axis=1) for part in np.split(losses, ends, axis=1)])
    chosen, last = choose_by_folds(by_fold, usual=SHARES.index(USUAL_SHARE), shuffled=sample.shuffled)
    pairs = [*zip(line.fold_models, trees.fold_models, strict=True), (line.model, trees.model)]
    shares = [SHARES[at] for at in (*chosen, last)]
    return tuple(recall(_blend(pair, share)) for pair, share in zip(pairs, shares, strict=True)), SHARES[last]


def fit_blend(sample: Sample, seed: int, *, fits: tuple[FitFunction, FitFunction], share: float) -> Blend:
    """A blend of regression and trees, each fitted in the way that was found for it."""
    return _blend((fits[0](sample, seed), fits[1](sample, seed)), share)


def _blend(pair: tuple[object, object], share: float) -> Blend:
    line, trees = pair
    if not isinstance(line, Logistic) or not isinstance(trees, LightGBM):
        raise TypeError(f"a blend is of a regression and trees, not of {type(line).__name__} and {type(trees).__name__}")
    return Blend(line, trees, share)
