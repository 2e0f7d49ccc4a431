"""Another level after the choice: probabilities moved to what came of the newest leads, where a base rate has moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from predictor.core.log_odds import expit, logit
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.calibrators.level_shift import LevelShift, fit_shift
from predictor.model.calibrators.newest_leads import find_newest
from predictor.model.sample import Sample

_FEWEST = 40  # leads of either outcome that a level must rest on


def recalibrate_newest(calibrated: CalibratedModel, sample: Sample) -> CalibratedModel:
    """The recipe at the level of the newest leads: all its probabilities moved alike, in log-odds; the order stays.

    The newest quarter of the leads that were predicted out of time sets the level, more where that holds fewer than 40 of either
    outcome; pending leads count by their weight. The level is that of the model on the whole block, which has learned part of the
    move already; what older models said of these leads would move it too far. Only these leads are kept as rehearsed, so that
    thresholds and drift speak of the present too. A recipe that was not rehearsed is left as it is.

    Args:
        calibrated: Fitted on the block.
        sample: The leads it was learned from, oldest first.
    """
    if len(calibrated.positions) == len(sample):
        return calibrated
    known = sample.take(calibrated.positions)
    weight = np.ones(len(known)) if known.weight is None else known.weight
    newest = find_newest(known.outcome, weight, fewest=_FEWEST)
    seen = sample.take(calibrated.positions[newest])
    shift, variance, n = fit_shift(calibrated.predict(seen.matrix), seen.outcome, seen.weight)
    cross_calibrated, _, _ = fit_shift(calibrated.out_of_fold[newest], seen.outcome, seen.weight)
    return replace(
        calibrated,
        calibrator=LevelShift(calibrated.calibrator, shift, variance, n),
        positions=calibrated.positions[newest],
        scores=calibrated.scores[newest],
        out_of_fold=np.asarray(expit(logit(calibrated.out_of_fold[newest]) + cross_calibrated)),
        cross_calibrated=calibrated.cross_calibrated[newest],
    )
