"""A training handed over, and what MLflow on a SQLite file keeps of it: made in each module, since tests add to it."""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any

import pytest
from unit.training.tracking.records import make_record

from predictor.core.settings import Settings
from predictor.training.tracking.record import Tracked, TrainingRecord
from predictor.training.tracking.track import track_training


@pytest.fixture(scope="module")
def mlflow():
    return importlib.import_module("mlflow.pyfunc") and importlib.import_module("mlflow")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[TrainingRecord, Settings]:
    return make_record(tmp_path_factory.mktemp("firm"))


@pytest.fixture(scope="module")
def tracked(made, mlflow) -> tuple[Any, Tracked, Tracked]:
    """Two trainings, of which the second earned no promotion, and a client that sees what they left."""
    record, settings = made
    first = track_training(record, settings=settings)
    second = track_training(dataclasses.replace(record, promoted=False, reason="It lost more."), settings=settings)
    return mlflow.MlflowClient(first.uri, registry_uri=first.uri), first, second
