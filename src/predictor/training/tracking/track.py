"""Tracking: every training in MLflow as runs, figures and a registered model. The only room that imports MLflow."""

from __future__ import annotations

import os
from pathlib import Path

from predictor.core.settings import Settings
from predictor.training.tracking.record import Tracked, TrainingRecord

__all__ = ["Tracked", "TrainingRecord", "fetch_bundle", "move_alias", "track_training"]


def track_training(record: TrainingRecord, *, settings: Settings) -> Tracked:
    """Keep a training whose bundle is saved: a run, a run for each candidate below it, and a version of the registered model.

    Args:
        record: What to keep.
        settings: Section tracking says where; all others are kept as parameters.

    Raises:
        TrackingError: MLflow cannot be reached or refused; the bundle is as it was.
    """
    _stay_silent()
    from predictor.training.tracking.run import write_training  # noqa: PLC0415  MLflow takes seconds to import: paid by those who track

    return write_training(record, settings)


def move_alias(bundle: str, settings: Settings) -> Tracked:
    """Let the alias `champion` name the version of the registered model that was made of a bundle.

    Raises:
        TrackingError: MLflow cannot be reached, or holds no version of that bundle.
    """
    _stay_silent()
    from predictor.training.tracking.run import write_alias  # noqa: PLC0415

    return write_alias(bundle, settings)


def fetch_bundle(run_id: str, folder: Path, settings: Settings) -> Path:
    """The bundle that a run in MLflow keeps, copied into a folder.

    Args:
        run_id: The run.
        folder: An empty folder.
        settings: Section tracking says where MLflow is.

    Raises:
        TrackingError: MLflow cannot be reached, or has no such run with a bundle.
    """
    _stay_silent()
    from predictor.training.tracking.run import fetch_artifacts  # noqa: PLC0415

    return fetch_artifacts(run_id, folder, settings)


def _stay_silent() -> None:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # MLflow reads it when imported, and would report home
