"""Another level after the choice: probabilities moved to what came of the newest leads, where a base rate has moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from predictor.core.log_odds import expit, logit
from predictor.model.calibrated_model import Recipe
from predictor.model.calibrators.level_shift import Shifted, fit_shift
from predictor.model.calibrators.newest_leads import find_newest
from predictor.model.sample import Block

_FEWEST = 40  # leads of either outcome that a level must rest on


def recalibrate_newest(recipe: Recipe, block: Block) -> Recipe:
    """The recipe at the level of the newest leads: all its probabilities moved alike, in log-odds; the order stays.

    The newest quarter of the leads that were predicted out of time sets the level, more where that holds fewer than 40 of either
    outcome; pending leads count by their weight. The level is that of the model on the whole block, which has learned part of the
    move already; what older models said of these leads would move it too far. Only these leads are kept as rehearsed, so that
    thresholds and drift speak of the present too. A recipe that was not rehearsed is left as it is.

    Args:
        recipe: Fitted on the block.
        block: The leads it was learned from, oldest first.
    """
    if len(recipe.positions) == len(block):
        return recipe
    known = block.take(recipe.positions)
    weight = np.ones(len(known)) if known.weight is None else known.weight
    newest = find_newest(known.outcome, weight, fewest=_FEWEST)
    seen = block.take(recipe.positions[newest])
    shift, variance, n = fit_shift(recipe.predict(seen.matrix), seen.outcome, seen.weight)
    crosswise, _, _ = fit_shift(recipe.rehearsed[newest], seen.outcome, seen.weight)
    return replace(
        recipe,
        calibrator=Shifted(recipe.calibrator, shift, variance, n),
        positions=recipe.positions[newest],
        scores=recipe.scores[newest],
        rehearsed=np.asarray(expit(logit(recipe.rehearsed[newest]) + crosswise)),
        crosswise=recipe.crosswise[newest],
    )
