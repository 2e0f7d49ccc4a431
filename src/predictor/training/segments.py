"""Segments in a training: what each has of its own, chosen on earlier leads, and how it did in the forward test."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from predictor.core.settings import Settings
from predictor.features.encode import FeatureSet
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.metrics.intervals import wilson
from predictor.model.metrics.metrics import compute_losses
from predictor.model.sample import Sample
from predictor.model.segment_choice import SegmentChoice, choose_segments, fit_segments, locate_segments
from predictor.model.segments import SegmentedModel, Segments
from predictor.model.verdict import Verdict
from predictor.training.dataset import Dataset
from predictor.training.fit import FittedCandidates


def check_segments(settings: Settings, features: FeatureSet) -> None:
    """Raise before anything is fitted if the segments of the settings are not among the features.

    Raises:
        TrainingError: As `locate_segments`.
    """
    if settings.segments.column:
        _locate(settings, features)


def _locate(settings: Settings, features: FeatureSet) -> Segments:
    return locate_segments(settings.segments, features, min_support=settings.features.min_support)


def learn_segments(dataset: Dataset, fitted: FittedCandidates, fit: Sample) -> tuple[FittedCandidates, list[SegmentChoice]]:
    """The candidates, the chosen one with its segments, each with what the forward folds prove better; and these choices.

    Args:
        dataset: The leads. Where its settings name no segments, nothing changes.
        fitted: The candidates, fitted on the training leads.
        fit: The training leads.
    """
    settings, chosen = dataset.settings, fitted.models[fitted.chosen]
    if not settings.segments.column:
        return fitted, []
    sample = fit.seen_by(fitted.chosen)
    choices = choose_segments(chosen, sample, _locate(settings, sample.features), settings.threshold, gap=dataset.gap)
    model = fit_again(chosen, sample, choices, settings)
    return replace(fitted, models=fitted.models | {fitted.chosen: model}), choices


def fit_again(
    model: CalibratedModel, sample: Sample, choices: list[SegmentChoice], settings: Settings, *, with_thresholds: bool = True
) -> CalibratedModel:
    """A model with what was chosen for its segments; as it is where there are none.

    Args:
        model: Fitted on the sample.
        sample: The leads, as it sees them.
        choices: What `learn_segments` gave.
        settings: The firm's settings.
        with_thresholds: Whether thresholds are recommended at all: not by a model that found no signal.
    """
    if not choices:
        return model
    choices = choices if with_thresholds else [replace(choice, own_threshold=False) for choice in choices]
    return fit_segments(model, sample, _locate(settings, sample.features), choices, settings.threshold)


def describe_segments(
    model: CalibratedModel,
    final: CalibratedModel,
    choices: list[SegmentChoice],
    *,
    verdict: Verdict,
    test: Sample,
    threshold: float | None,
) -> dict[str, Any]:
    """`segments` of `metrics.json`: how each did in the forward test, and what it has of its own in the final model; or empty.

    `column`, and `rows`, one a segment and a last one of leads of no segment (`name` None): `decides`, `leads` of the test,
    `accepted` and `promised` (shares), `log_loss` and `single_log_loss` (by the single model), `threshold` of the test, `handed`
    (leads over it), `conversion` of these with `conversion_low` and `conversion_high`, `final_threshold` (of the final
    model; None where none is recommended), `text` (why). Figures are None where there are no leads.

    Args:
        model: The chosen candidate with its segments, fitted on the training leads.
        final: The same fitted on all leads.
        choices: What each segment has of its own.
        verdict: The forward test.
        test: The test leads, as the candidate sees them.
        threshold: That of the final model for all leads; None where none is recommended.
    """
    if not (isinstance(model, SegmentedModel) and isinstance(final, SegmentedModel)):
        return {}
    usual = verdict.threshold.serving
    probability, outcome = verdict.probability[verdict.chosen], verdict.outcome
    single = CalibratedModel.predict(model, test.matrix)
    limits, places = model.list_thresholds(test.matrix, usual), model.segments.find(test.matrix)
    rows = []
    for place in (*range(len(choices)), -1):
        at = np.flatnonzero(places == place)
        handed = at[probability[at] >= limits[at]]
        low, high = wilson(outcome[handed].sum(), len(handed))
        segment = None if place < 0 else model.segments.segments[place]
        again = None if place < 0 else final.segments.segments[place]
        rows.append({
            "name": None if segment is None else segment.name,
            "decides": "single model" if again is None else again.decides,
            "leads": len(at),
            "accepted": _average(outcome[at]), "promised": _average(probability[at]),
            "log_loss": _average(compute_losses(outcome[at], probability[at])),
            "single_log_loss": _average(compute_losses(outcome[at], single[at])),
            "threshold": usual if segment is None or segment.threshold is None else segment.threshold,
            "handed": len(handed), "conversion": _average(outcome[handed]),
            "conversion_low": float(low) if len(handed) else None, "conversion_high": float(high) if len(handed) else None,
            "final_threshold": threshold if again is None or again.threshold is None else again.threshold,
            "text": "" if place < 0 else choices[place].text,
        })  # fmt: skip
    return {"segments": {"column": model.segments.column, "rows": rows}}


def _average(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None
