"""The verdict: every candidate on the newest leads, which none of them has seen, looked at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count
from predictor.core.settings import Settings
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.candidates.baselines import SIMPLE
from predictor.model.metrics.calibration_test import CalibrationJudgement, judge_calibration
from predictor.model.metrics.metrics import (
    Difference,
    compute_difference,
    compute_intervals,
    compute_metrics,
    compute_rank_p_value,
    compute_reliability,
)
from predictor.model.sample import Sample
from predictor.model.threshold.gate import Gate, judge_gate
from predictor.model.threshold.recommend import Recommendation, recommend_threshold
from predictor.model.threshold.table import compute_thresholds
from predictor.model.verdict_text import check_calibration, describe_verdict, show_verdict

SIGNIFICANCE = 0.01  # how often a verdict may take luck for a signal

Figures = dict[str, float | int | None]


@dataclass(frozen=True, repr=False)
class Verdict:
    """What the forward test showed.

    Attributes:
        chosen: The candidate chosen on earlier leads.
        test: Candidate -> metric -> figure.
        intervals: Candidate -> metric -> 95 % interval, None where it cannot be told.
        differences: Candidate -> log loss of the chosen less its own; below zero the chosen is better.
        reliability: Promised beside observed conversion of the chosen, by bins.
        threshold: What the policy recommends from earlier leads, kept to on the test block.
        realised: What came of the test leads that this threshold routes.
        gate: What came of those that the points route; None where the firm names no gate.
        probability: Candidate -> its probabilities on the test block.
        outcome: What came of the test leads.
        calibration: Whether the probabilities of the chosen can be believed, with what chance alone would show.
        luck: How often an order by lot would rank the test leads as well as the chosen does.
        rehearsed: Whether earlier leads spanned enough time to rehearse on, so that something learned could be chosen.
        recalibrated: Whether the newest of the earlier leads set the level of the probabilities.
    """

    chosen: str
    test: dict[str, Figures]
    intervals: dict[str, dict[str, tuple[float, float] | None]]
    differences: dict[str, Difference]
    reliability: pd.DataFrame
    threshold: Recommendation
    realised: Gate
    gate: Gate | None
    probability: dict[str, np.ndarray]
    outcome: np.ndarray
    calibration: CalibrationJudgement
    p_value: float
    rehearsed: bool = True
    recalibrated: bool = False

    @property
    def rival(self) -> str | None:
        """What the chosen must beat: the points, or the base rate for the points themselves; None for the base rate."""
        simple = "points" if "points" in self.test and self.chosen != "points" else "constant"
        return None if self.chosen == "constant" or simple not in self.test else simple

    @property
    def earned(self) -> bool:
        """Whether the chosen may serve.

        The base rate may unless the points are surely better, the points unless the base rate is. What was learned must have
        found a signal, and have lost less than both.
        """
        simple = [self.differences[name] for name in SIMPLE if name in self.differences]
        if self.chosen in SIMPLE:
            return not any(gap.low > 0 for gap in simple)
        return self.found_signal and all(gap.mean < 0 for gap in simple)

    @property
    def found_signal(self) -> bool:
        """Whether the chosen ranks the test leads better than luck would."""
        return self.p_value <= SIGNIFICANCE

    @property
    def text(self) -> str:
        """The verdict in two or three sentences."""
        return describe_verdict(self)

    @property
    def calibration_warning(self) -> Finding | None:
        """That the probabilities of the chosen only rank leads, and what to do; None where they can be believed."""
        return check_calibration(self.calibration, recalibrated=self.recalibrated)

    def __repr__(self) -> str:
        return f"<Verdict on {count(len(self.outcome), 'test lead')}. {self.text}>"

    def _repr_html_(self) -> str:
        return show_verdict(self)


def judge_candidates(
    calibrated_models: dict[str, CalibratedModel],
    chosen: str,
    *,
    fit: Sample,
    test: Sample,
    routed: np.ndarray | None,
    settings: Settings,
) -> Verdict:
    """The verdict on the test block.

    Args:
        calibrated_models: The candidates, each learned from the fit block.
        chosen: The candidate chosen on the fit block.
        fit: The leads that taught.
        test: The newest leads, as `Dataset.sample` makes them.
        routed: Which of the test leads the points hand over; None where the firm names no gate.
        settings: Sections model and threshold are used.
    """
    draws = {"resamples": settings.model.resamples, "seed": settings.model.seed}
    probability = {name: calibrated.predict(test.seen_by(name).matrix) for name, calibrated in calibrated_models.items()}
    threshold = recommend_threshold(compute_forward_thresholds(calibrated_models[chosen], fit, settings), settings.threshold)
    band = settings.threshold.band
    return Verdict(
        chosen=chosen,
        test={name: compute_metrics(test.outcome, values) for name, values in probability.items()},
        intervals={name: compute_intervals(test.outcome, values, **draws) for name, values in probability.items()},
        differences={
            name: compute_difference(test.outcome, probability[chosen], values, **draws)
            for name, values in probability.items()
            if name != chosen
        },
        reliability=compute_reliability(test.outcome, probability[chosen]),
        threshold=threshold,
        realised=judge_gate(
            test.outcome, probability[chosen] >= threshold.threshold, weeks=test.weeks, band=band, name="threshold"
        ),
        gate=None if routed is None else judge_gate(test.outcome, routed, weeks=test.weeks, band=band),
        probability=probability,
        outcome=test.outcome,
        calibration=judge_calibration(test.outcome, probability[chosen], seed=settings.model.seed),
        p_value=compute_rank_p_value(test.outcome, probability[chosen]),
        rehearsed=len(calibrated_models[chosen].positions) < len(fit),
        recalibrated=settings.model.recalibrate == "newest",
    )


def compute_forward_thresholds(calibrated: CalibratedModel, sample: Sample, settings: Settings) -> pd.DataFrame:
    """The table of thresholds, from what the recipe said of its block's leads out of time."""
    seen = sample.take(calibrated.positions)
    costs = {"amount": settings.threshold.amount, "cost": settings.threshold.cost}
    return compute_thresholds(seen.outcome, calibrated.rehearsed, weeks=seen.weeks, weight=seen.weight, **costs)
