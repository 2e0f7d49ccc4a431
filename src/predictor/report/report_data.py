"""What a training hands to the page and the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from predictor.core.errors import Finding
from predictor.model.threshold.recommend import Recommendation
from predictor.model.verdict import Verdict
from predictor.report.compare.comparison import Comparison


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
        band: The wanted conversion of the leads handed over.
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
    band: tuple[float, float] = (0.2, 0.3)
