"""What a training hands to the page and the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from predictor.core.errors import Finding
from predictor.core.settings import make_settings
from predictor.core.settings_sections import ThresholdSettings
from predictor.model.threshold.recommend import Recommendation, reaches_policy
from predictor.model.verdict import Verdict
from predictor.report.compare.comparison import Comparison
from predictor.report.decision.decision import Decision, make_decision
from predictor.report.decision.evidence import ModelFacts
from predictor.report.decision.read_evidence import read_evidence


@dataclass(frozen=True, kw_only=True)
class ReportData:
    """What the page and the card of a training show.

    Attributes:
        name: The candidate that the bundle holds.
        metrics: Content of `metrics.json`.
        verdict: The forward test.
        thresholds: What each threshold of the final model hands over, as `compute_thresholds` gives it.
        advice: The threshold recommended from that table.
        findings: All findings of the training.
        comparison: Every table of points against the model.
        fairness: What `compute_fairness` gives for the test leads; None where no column is protected.
        learned_book: The learned points as a rule book; empty for none.
        policy: The firm's policy for the threshold.
        accepted_value: What an accepted lead brings on average, by the amounts of the opportunities; None where unknown.
        currency: Of these amounts, as "EUR"; empty where unknown.
    """

    name: str
    metrics: Mapping[str, Any]
    verdict: Verdict
    thresholds: pd.DataFrame
    advice: Recommendation
    findings: tuple[Finding, ...]
    comparison: Comparison
    fairness: pd.DataFrame | None = None
    learned_book: str = ""
    policy: ThresholdSettings = field(default_factory=lambda: make_settings({}).threshold)
    accepted_value: float | None = None
    currency: str = ""

    @property
    def band(self) -> tuple[float, float]:
        """The wanted conversion of the leads handed over."""
        return self.policy.band

    @property
    def decision(self) -> Decision:
        """What to do with points and model."""
        verdict, advice = self.verdict, self.advice
        ranks_only = verdict.calibration_warning is not None
        model = ModelFacts(
            signal=verdict.found_signal,
            may_serve=verdict.earned,
            ranks_only=ranks_only,
            threshold=advice.threshold,
            holds=advice.holds,
            reaches=reaches_policy(advice.conversion, self.policy),
        )
        threshold = verdict.recommended.threshold
        return make_decision(read_evidence(self.comparison, threshold=threshold, settings=self.policy, model=model))
