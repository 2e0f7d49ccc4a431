"""A recipe: how to learn, and how to make what was learned a probability, both from predictions made out of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from predictor.model.block import Block
from predictor.model.calibrate import UNCALIBRATED, Sigmoid, fit_sigmoid
from predictor.model.candidates import CANDIDATES, Model
from predictor.model.metrics import compute_losses
from predictor.model.select import rewind
from predictor.model.split import Fold

_SIMPLE = ("constant", "points")  # too few numbers to know their leads by heart


@dataclass(frozen=True)
class Recipe:
    """A fitted candidate with its calibrator, and the out-of-time predictions that taught the calibrator.

    Attributes:
        name: The candidate.
        model: Fitted on the whole block.
        calibrator: Fitted on scores of leads that the scoring model had not seen, each from an earlier time only.
        positions: Rows of the block that were predicted out of time.
        scores: Their log-odds.
    """

    name: str
    model: Model
    calibrator: Sigmoid
    positions: np.ndarray
    scores: np.ndarray

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, one a row of the matrix."""
        return self.calibrator.predict(self.model.score(matrix))

    @property
    def rehearsed(self) -> np.ndarray:
        """The probabilities of the leads at `positions`, made out of time."""
        return self.calibrator.predict(self.scores)


def fit_recipe(name: str, block: Block, folds: list[Fold], seed: int) -> Recipe:
    """The recipe of one candidate, learned from a block.

    Args:
        name: A key of `CANDIDATES`.
        block: Leads to learn from.
        folds: Forward folds of the block in which both outcomes occur; each teaches what was known when its predicted part began.
            With none, the block is too short for a rehearsal: what the simple candidates say is calibrated on the leads they saw,
            what the others say is left as it is.
        seed: Of everything drawn by lot.
    """
    fit = CANDIDATES[name].fit
    model = fit(block, seed)
    if folds:
        positions = np.concatenate([predicted for _, predicted in folds])
        scores = np.concatenate([fit(rewind(block, fold), seed).score(block.matrix[fold[1]]) for fold in folds])
    else:
        positions, scores = np.arange(len(block)), model.score(block.matrix)
    trusted = folds or name in _SIMPLE
    judged = block.take(positions)
    calibrator = fit_sigmoid(scores, judged.outcome, judged.weight) if trusted else UNCALIBRATED
    return Recipe(name, model, calibrator, positions, scores)


def choose_recipe(recipes: Mapping[str, Recipe], block: Block) -> str:
    """The simplest candidate whose out-of-time log loss is within one standard error of the best.

    Each lead counts by its weight. The error is that of the paired difference to the best, a ratio of two sums. Source:
    Breiman et al. 1984, "Classification and Regression Trees", section 3.4.3; there for pruning.
    """
    judged = {name: block.take(recipe.positions) for name, recipe in recipes.items()}
    losses = {name: compute_losses(judged[name].outcome, recipe.rehearsed) for name, recipe in recipes.items()}
    best = min(losses, key=lambda name: float(np.average(losses[name], weights=judged[name].weight)))
    for name in (name for name in CANDIDATES if name in recipes):
        mean, error = _average(losses[name] - losses[best], judged[name].weight)
        if mean <= error:
            return name
    return best


def _average(values: np.ndarray, weight: np.ndarray | None) -> tuple[float, float]:
    """The weighted mean and its standard error."""
    count = np.ones(len(values)) if weight is None else weight
    mean = float(np.average(values, weights=count))
    return mean, float(np.sqrt((count**2 * (values - mean) ** 2).sum()) / count.sum())
