"""One training as MLflow keeps it: a run, a run for each candidate below it, its files and its model."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import batched

from mlflow import MlflowClient, MlflowException
from mlflow.entities import Metric, Param
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID
from requests import RequestException
from sqlalchemy.exc import SQLAlchemyError

from predictor.config import Settings
from predictor.errors import TrackingError
from predictor.tracking.model import log_model, register_model
from predictor.tracking.place import Place, be_patient, check_database, find_place
from predictor.tracking.record import (
    Tracked, TrainingRecord, describe_candidate, describe_params, describe_tags, describe_training, hide_password,
)  # fmt: skip

_FAULTS = (MlflowException, RequestException, SQLAlchemyError, OSError, ImportError)
