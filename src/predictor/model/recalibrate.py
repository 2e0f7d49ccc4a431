"""Probabilities shifted, after the choice, to the level of the newest leads, where a base rate has moved."""

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
    """The model at the level of the newest leads: all its probabilities are shifted equally, in log-odds; the order stays.

    The newest quarter of the leads with out-of-fold predictions sets the level, more where that has fewer than 40 of either
    outcome; pending leads count by their weight. The level is that of the final model, which has already learned part of the
    shift; the predictions of older models would shift it too far. Only these leads keep out-of-fold probabilities, so that
    thresholds and drift refer to the present too. A model without folds is left as it is.

    Args:
        calibrated: Fitted on the sample.
        sample: The leads that it was fitted on, oldest first.
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
        calibrator=LevelShift(base=calibrated.calibrator, shift=shift, variance=variance, n=n),
        positions=calibrated.positions[newest],
        scores=calibrated.scores[newest],
        out_of_fold=np.asarray(expit(logit(calibrated.out_of_fold[newest]) + cross_calibrated)),
        cross_calibrated=calibrated.cross_calibrated[newest],
    )
