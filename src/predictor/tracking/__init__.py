"""Tracking: every training in MLflow as runs, figures and a registered model. The only room that imports MLflow."""

from __future__ import annotations

import os

from predictor.config import Settings
from predictor.tracking.record import Tracked, TrainingRecord

__all__ = ["Tracked", "TrainingRecord", "track_training"]


def track_training(record: TrainingRecord, *, settings: Settings) -> Tracked:
    """Keep a training whose bundle is saved: a run, a run for each candidate below it, and a version of the registered model.

    Args:
        record: What to keep.
        settings: Section tracking says where; all others are kept as parameters.

    Raises:
        TrackingError: MLflow cannot be reached or refused; the bundle is as it was.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # MLflow reads it when imported, and would report home
    from predictor.tracking.run import write_training  # noqa: PLC0415  MLflow takes seconds to import: paid by those who track

    return write_training(record, settings)
