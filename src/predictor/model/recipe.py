"""A recipe: how to learn, and how to make what was learned a probability, both from predictions made out of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from predictor.model.block import Block
from predictor.model.calibrate import UNCALIBRATED, Sigmoid, fit_sigmoid, fit_steady
from predictor.model.candidates import CANDIDATES, Model
from predictor.model.metrics import compute_losses
from predictor.model.split import Fold

Learn = Callable[[Block, int], Model]  # a block and a seed in, a fitted candidate out
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


def fit_recipe(name: str, block: Block, folds: list[Fold], seed: int, *, learn: Sequence[Learn] = ()) -> Recipe:
    """The recipe of one candidate, learned from a block.

    Args:
        name: A key of `CANDIDATES`.
        block: Leads to learn from.
        folds: Forward folds of the block in which both outcomes occur. With none, the block is too short for a rehearsal: what
            the simple candidates say is calibrated on the leads they saw, what the others say is left as it is.
        seed: Of everything drawn by lot.
        learn: How the candidate is learned where tuning found a better way than its own: on the whole block as the last one says,
            on each fold as its own one says where there is one for each.
    """
    fit: Learn = learn[-1] if learn else CANDIDATES[name].fit
    ways = learn[:-1] if len(learn) == len(folds) + 1 else [fit] * len(folds)
    model = fit(block, seed)
    if folds:
        positions = np.concatenate([predicted for _, predicted in folds])
        parts = [
            way(block.take(seen), seed).score(block.matrix[predicted]) for way, (seen, predicted) in zip(ways, folds, strict=True)
        ]
        calibrator = fit_steady(parts, [block.outcome[predicted] for _, predicted in folds])
        return Recipe(name, model, calibrator, positions, np.concatenate(parts))
    positions, scores = np.arange(len(block)), model.score(block.matrix)
    calibrator = fit_sigmoid(scores, block.outcome) if name in _SIMPLE else UNCALIBRATED
    return Recipe(name, model, calibrator, positions, scores)


def choose_recipe(recipes: Mapping[str, Recipe], block: Block) -> str:
    """The simplest candidate whose out-of-time log loss is within one standard error of the best.

    The error is that of the paired difference to the best. Source: Breiman et al. 1984, "Classification and Regression
    Trees", section 3.4.3; there for pruning.
    """
    losses = {name: compute_losses(block.outcome[recipe.positions], recipe.rehearsed) for name, recipe in recipes.items()}
    best = min(losses, key=lambda name: float(losses[name].mean()))
    for name in (name for name in CANDIDATES if name in recipes):
        excess = losses[name] - losses[best]
        if excess.mean() <= excess.std() / np.sqrt(len(excess)):
            return name
    return best
