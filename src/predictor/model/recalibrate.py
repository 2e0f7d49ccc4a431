"""Probabilities at the level of the newest leads, where a base rate has moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from predictor.core.errors import count
from predictor.core.log_odds import expit, logit
from predictor.core.settings_sections import Recalibrate
from predictor.core.wording import format_percent
from predictor.model.calibrated_model import CalibratedModel, ForwardPredictions, find_newest_leads
from predictor.model.calibrators.level_shift import LevelShift, fit_shift
from predictor.model.calibrators.newest_leads import SHARE
from predictor.model.metrics.folds import compute_rates_p_value
from predictor.model.metrics.intervals import average
from predictor.model.metrics.metrics import compute_losses
from predictor.model.sample import Sample

_MOVED = 0.01  # the p-value up to which the base rates of the folds differ more than chance allows
_ERRORS = 0.5  # standard errors by which the level of the newest leads must have been better


def choose_level(calibrated: CalibratedModel, sample: Sample, way: Recalibrate) -> CalibratedModel:
    """The model, with whose level its forward predictions have: its own, or that of the newest leads of each time.

    With `auto` it is that of the newest leads where two things hold: the base rates of the folds differ more than chance allows
    (1 %), and that level, as it was known when each fold began, gave a lower log loss over the folds, by half a standard error of
    the paired difference. `level` says so.

    Args:
        calibrated: Fitted on the sample. Without folds it is left as it is.
        sample: The leads that it was fitted on, oldest first.
        way: The setting `model.recalibrate`.
    """
    forward = calibrated.forward
    if forward is None or way == "never":
        return calibrated
    at_newest = replace(calibrated, forward=replace(forward, probability=forward.shifted, at_newest=True))
    if way == "newest":
        return at_newest
    leads = sample.take(calibrated.positions)
    weight = np.ones(len(leads)) if leads.weight is None else leads.weight
    if compute_rates_p_value(leads.outcome, forward.fold, weight) > _MOVED:
        return calibrated
    moved = _describe_move(leads.outcome, forward, weight)
    own, shifted = (compute_losses(leads.outcome, values) for values in (forward.probability, forward.shifted))
    gain, error = average(own - shifted, weight)
    if gain > _ERRORS * error:
        return replace(at_newest, level=f"{moved}, and the newest leads gave the better level there.")
    return replace(calibrated, level=f"{moved}, but the newest leads gave no clearly better level there, so it stays.")


def _describe_move(outcome: np.ndarray, forward: ForwardPredictions, weight: np.ndarray) -> str:
    rates = [np.average(outcome[at], weights=weight[at]) for at in (forward.fold == one for one in np.unique(forward.fold))]
    shares = list(map(format_percent, rates))
    return f"The base rate has moved: in the forward folds {', '.join(shares[:-1])} and then {shares[-1]} were accepted"


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
    if calibrated.forward is None:
        return calibrated
    newest = find_newest_leads(sample.take(calibrated.positions), share=SHARE)
    positions, out_of_fold = calibrated.positions[newest], calibrated.out_of_fold[newest]
    leads = sample.take(positions)
    shift, variance, n = fit_shift(calibrated.predict(leads.matrix), leads.outcome, leads.weight)
    rehearsed, _, _ = fit_shift(out_of_fold, leads.outcome, leads.weight)
    sentence = f"The newest {count(n, 'lead')} with a known outcome set the level of the probabilities."
    return replace(
        calibrated,
        calibrator=LevelShift(base=calibrated.calibrator, shift=shift, variance=variance, n=n),
        positions=positions,
        scores=calibrated.scores[newest],
        out_of_fold=np.asarray(expit(logit(out_of_fold) + rehearsed)),
        forward=calibrated.forward.take(newest),
        level=f"{calibrated.level} {sentence}".strip(),
    )
