"""The forward test: every candidate judged on the test leads, which are looked at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from predictor.core.settings import Settings
from predictor.core.settings_sections import ThresholdSettings
from predictor.core.wording import FORWARD_TEST, HELD_OUT_TEST
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.metrics.calibration_test import judge_calibration
from predictor.model.metrics.metrics import (
    SIGNIFICANCE,
    compute_difference,
    compute_intervals,
    compute_metrics,
    compute_rank_p_value,
    compute_reliability,
)
from predictor.model.sample import Sample
from predictor.model.threshold.gate import judge_gate
from predictor.model.threshold.recommend import recommend_threshold
from predictor.model.threshold.table import compute_thresholds
from predictor.model.verdict import Verdict
from predictor.model.verdict_text import check_calibration, describe_verdict


def judge_candidates(
    models: dict[str, CalibratedModel], chosen: str, *, fit: Sample, test: Sample, routed: np.ndarray | None, settings: Settings
) -> Verdict:
    """The verdict on the test leads.

    Args:
        models: The candidates, each fitted on the training leads.
        chosen: The candidate chosen on the training leads.
        fit: The training leads.
        test: The test leads, as `Dataset.sample` makes them.
        routed: Which of the test leads the points hand over; None where the firm names no gate.
        settings: Sections model and threshold are used.
    """
    draws = {"resamples": settings.model.resamples, "seed": settings.model.seed}
    outcome, band = test.outcome, settings.threshold.band
    probability = {name: model.predict(test.seen_by(name).matrix) for name, model in models.items()}
    words = HELD_OUT_TEST if fit.shuffled else FORWARD_TEST
    p_value = compute_rank_p_value(outcome, probability[chosen])
    threshold = recommend_threshold(compute_forward_thresholds(models[chosen], fit, settings), settings.threshold)
    handed = probability[chosen] >= models[chosen].list_thresholds(test.seen_by(chosen).matrix, threshold.serving)
    realised = judge_gate(outcome, handed, weeks=test.weeks, band=band, name="threshold")
    calibration = judge_calibration(outcome, probability[chosen], seed=settings.model.seed, lead=words.lead)
    verdict = Verdict(
        chosen=chosen,
        test={name: compute_metrics(outcome, values) for name, values in probability.items()},
        intervals={name: compute_intervals(outcome, values, **draws) for name, values in probability.items()},
        differences={
            name: compute_difference(outcome, probability[chosen], values, **draws)
            for name, values in probability.items()
            if name != chosen
        },
        reliability=compute_reliability(outcome, probability[chosen]),
        threshold=threshold,
        realised=realised if p_value <= SIGNIFICANCE else None,
        gate=None if routed is None else judge_gate(outcome, routed, weeks=test.weeks, band=band),
        probability=probability,
        outcome=outcome,
        calibration=calibration,
        p_value=p_value,
        has_folds=len(models[chosen].positions) < len(fit),
        calibration_warning=check_calibration(calibration, recalibrated=models[chosen].recalibrated, held_out=fit.shuffled),
        level=models[chosen].level,
        on_average=settings.model.promote == "better on average",
        held_out=fit.shuffled,
    )
    return replace(verdict, text=describe_verdict(verdict))


def compute_forward_thresholds(model: CalibratedModel, sample: Sample, settings: Settings) -> pd.DataFrame:
    """The table of thresholds, from the out-of-fold probabilities of a sample's leads."""
    return compute_sample_thresholds(sample.take(model.positions), model.out_of_fold, settings.threshold)


def compute_sample_thresholds(leads: Sample, probability: np.ndarray, settings: ThresholdSettings) -> pd.DataFrame:
    """The table of thresholds of some leads, from a probability of each."""
    drawn = leads.draw_representative()
    leads = leads.as_representative()
    costs = {"amount": settings.amount, "cost": settings.cost}
    return compute_thresholds(leads.outcome, probability[drawn], weeks=leads.weeks, weight=leads.weight, **costs)
