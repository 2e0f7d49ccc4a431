"""What of a training goes into MLflow: the bundle, its figures, the tables that were read, and the forward test."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from predictor.data.events.contract import EVENT_COLUMNS
from predictor.data.raw_tables import IN_MEMORY
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.candidates.own import Own
from predictor.model.metrics.metrics import compute_reliability
from predictor.model.verdict import Verdict
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.compare.volume import compute_gains
from predictor.report.plots.compare import plot_gains
from predictor.report.plots.training import plot_curve, plot_reliability, plot_thresholds
from predictor.training.dataset import Dataset
from predictor.training.tracking.record import Tracked, TrainedTable, TrainingRecord, hide_password
from predictor.training.tracking.track import track_training
from predictor.training.train import Saved
from predictor.training.trained import Trained

_KINDS = {"b": "boolean", "i": "long", "u": "long", "f": "double", "M": "datetime"}  # by the kind of a dtype; all else is text
_RESAMPLES = 50  # for the band around the gains of one candidate
_EVENT_KINDS = {"occurred_at": "datetime", "value": "double"}


def track_trained(trained: Trained, saved: Saved, *, began: datetime | None = None) -> Tracked:
    """Keep the training in MLflow.

    Args:
        trained: The training.
        saved: Its bundle.
        began: When the training began; None: the run begins now.

    Raises:
        TrackingError: MLflow cannot be reached; bundle and champion are as they were.
    """
    record = TrainingRecord(
        folder=saved.folder,
        promoted=saved.promoted,
        reason=saved.reason,
        metrics=trained.report.metrics,
        data=trained.facts["data"],
        versions=trained.facts["versions"],
        git_commit=trained.facts["git_commit"],
        figures=_draw_figures(trained),
        curves={name: _draw_curves(trained.verdict, name) for name in trained.models},
        began=began,
        tables=describe_tables(trained.dataset, trained.facts["data"]),
        test_leads=trained.test_leads.drop(columns=["lead_id", "mql_at", "order_by"], errors="ignore"),
        seconds=trained.seconds,
        parameters={name: _list_parameters(model) for name, model in trained.models.items()},
        tries=None if trained.tries is None or trained.tries.empty else trained.tries,
    )
    return track_training(record, settings=trained.dataset.settings)


def _list_parameters(calibrated: CalibratedModel) -> dict[str, Any]:
    """The kind of calibrator; of a classifier of the firm's own its class and parameters, but for those that hold objects."""
    kind = {"calibrator": calibrated.kind}
    if not isinstance(calibrated.model, Own):
        return kind
    estimator = calibrated.model.estimator
    plain = {name: value for name, value in estimator.get_params().items() if isinstance(value, str | bool | int | float)}
    return {"estimator": type(estimator).__name__, **plain, **kind}


def _draw_figures(trained: Trained) -> dict[str, Figure]:
    figures = {"reliability": plot_reliability(trained.verdict.reliability)}
    if trained.advice.threshold is not None:
        figures["thresholds"] = plot_thresholds(trained.thresholds, trained.advice)
    outcomes = trained.dataset.outcomes
    return figures | ({} if outcomes.curve is None else {"time_to_sql": plot_curve(outcomes.curve, outcomes.horizon_days)})


def _draw_curves(verdict: Verdict, name: str) -> dict[str, Figure]:
    """How well the probabilities of a candidate are calibrated and how well they rank, on the forward test."""
    outcome, probability = verdict.outcome, verdict.probability[name]
    curves = {"reliability": plot_reliability(compute_reliability(outcome, probability))}
    if outcome.any():
        ids = np.arange(len(outcome)).astype(object)
        tested = ComparedLeads(lead_id=ids, outcome=outcome, probability=probability, threshold=1.0)
        curves["gains"] = plot_gains(compute_gains(tested, resamples=_RESAMPLES).assign(way=name))
    return curves


def describe_tables(dataset: Dataset, digests: Mapping[str, str | None]) -> tuple[TrainedTable, ...]:
    """The leads and, where there are any, the events: names and kinds of columns and how many rows, but no value.

    Args:
        dataset: What was trained on.
        digests: The fingerprints of `leads` and `events`.
    """
    data, frame = dataset.settings.data, dataset.leads.frame
    columns = {str(name): _name_kind(frame[name]) for name in frame}
    leads = "the store of scores" if dataset.stored else data.leads or IN_MEMORY
    tables = [("leads", leads, columns, len(frame))]
    if dataset.events is not None:
        kinds = {name: _EVENT_KINDS.get(name, "string") for name in EVENT_COLUMNS}
        tables.append(("events", data.events or IN_MEMORY, kinds, sum(events for events, _ in dataset.events.types.values())))
    return tuple(
        TrainedTable(name=name, source=hide_password(str(source)), digest=digests[name] or "", columns=kinds, rows=rows)
        for name, source, kinds, rows in tables
    )


def _name_kind(column: pd.Series) -> str:
    return _KINDS.get(column.dtype.kind, "string")
