"""One training as MLflow keeps it: a run, a run for each candidate below it, its files and its model."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow import MlflowClient, MlflowException
from mlflow.entities import Dataset as MlflowDataset
from mlflow.entities import DatasetInput, InputTag, Metric, Param
from requests import RequestException
from sqlalchemy.exc import SQLAlchemyError

from predictor.core.errors import TrackingError
from predictor.core.settings import Settings
from predictor.training.tracking.model import log_model, register_model
from predictor.training.tracking.place import Place, be_patient, check_database, find_place
from predictor.training.tracking.record import (
    Tracked,
    TrainedTable,
    TrainingRecord,
    describe_candidate,
    describe_candidate_params,
    describe_params,
    describe_tags,
    describe_training,
    hide_password,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FAULTS = (MlflowException, RequestException, SQLAlchemyError, OSError, ImportError)
_UNREACHABLE = {
    "NameResolutionError": "no such host",
    "Connection refused": "nothing listens there",
    "timed out": "no answer in time",
    "Failed to establish a new connection": "no way there",
}
_LONGEST = 300  # letters of a message that is MLflow's own
_PARENT = "mlflow.parentRunId"
_DIGEST = 36  # characters that MLflow keeps of the digest of a dataset


def write_training(record: TrainingRecord, settings: Settings) -> Tracked:
    """Keep a training; nothing global of MLflow is set.

    Raises:
        TrackingError: MLflow cannot be reached or refused.
    """
    place = find_place(settings)
    shown = hide_password(place.uri)
    try:
        with _be_quiet():
            client = _connect(place)
            experiment_id = _find_experiment(client, place, settings.tracking.experiment)
        with _be_quiet(), be_patient():
            run_id, version = _write(client, experiment_id, record, settings)
    except _FAULTS as error:
        raise TrackingError(
            f"MLflow at '{shown}' could not keep the training: {_explain(error)}. The bundle '{record.folder.name}' is "
            "saved and nothing is lost. For the next training start the server, fix tracking.uri, or give --no-track."
        ) from None  # the cause may quote a password
    return Tracked(run_id=run_id, uri=shown, model_version=version, alias=record.alias)


def write_alias(bundle: str, settings: Settings) -> Tracked:
    """Move the alias `champion` to the version that was made of a bundle.

    Raises:
        TrackingError: MLflow cannot be reached, or holds no version of that bundle.
    """
    place, name = find_place(settings), settings.tracking.registered_model
    shown = hide_password(place.uri)
    try:
        with _be_quiet(), be_patient():
            client = _connect(place)
            versions = client.search_model_versions(f"name = '{name}'")
            version = next((found for found in versions if found.tags.get("bundle") == bundle), None)
            if version is not None:
                client.set_registered_model_alias(name, "champion", version.version)
    except _FAULTS as error:
        raise TrackingError(
            f"MLflow at '{shown}' could not move the alias: {_explain(error)}. The bundle '{bundle}' still serves. "
            "Start the server or fix tracking.uri, and promote it again."
        ) from None
    if version is None:
        raise TrackingError(
            f"MLflow at '{shown}' holds no version of '{name}' that was made of bundle '{bundle}', so its alias was not moved. "
            "The bundle still serves; leave -c out where the training was not tracked."
        )
    return Tracked(run_id=version.run_id or "", uri=shown, model_version=int(version.version), alias="champion")


def fetch_artifacts(run_id: str, folder: Path, settings: Settings) -> Path:
    """The bundle that a run keeps, copied into a folder.

    Raises:
        TrackingError: MLflow cannot be reached, or has no such run with a bundle.
    """
    place = find_place(settings)
    shown = hide_password(place.uri)
    try:
        with _be_quiet(), be_patient():
            client = _connect(place)
            return Path(client.download_artifacts(run_id, "bundle", str(folder)))
    except _FAULTS as error:
        what = f"There is no bundle '{run_id}' here, and MLflow at '{shown}' gives none for a run of that id: {_explain(error)}."
        raise TrackingError(f"{what} Name a bundle's folder, or give the settings of the run with -c.") from None


def _explain(error: Exception) -> str:
    """What went wrong in a few words, without a password."""
    text = str(error)
    if isinstance(error, ImportError):
        return f"its driver is not installed ({text})"
    for sign, meaning in _UNREACHABLE.items():
        if sign in text:
            return f"it cannot be reached ({meaning})"
    line = next(iter(hide_password(text).strip().splitlines()), "") or type(error).__name__
    return (line if len(line) <= _LONGEST else line[:_LONGEST] + "...").rstrip(".")


@contextmanager
def _be_quiet() -> Iterator[None]:
    """Keep MLflow from reporting each step; its warnings still show."""
    logger = logging.getLogger("mlflow")
    level = logger.level
    logger.setLevel(max(level, logging.WARNING))
    try:
        yield
    finally:
        logger.setLevel(level)


def _connect(place: Place) -> MlflowClient:
    """A client of the place, which has answered once."""
    check_database(place)
    with be_patient(first=True):
        client = MlflowClient(place.uri, registry_uri=place.uri)
        client.search_experiments(max_results=1)
    return client


def _find_experiment(client: MlflowClient, place: Place, experiment: str) -> str:
    """The id of an experiment, which is made where it is missing."""
    with be_patient():
        found = client.get_experiment_by_name(experiment)
    if found is not None and found.lifecycle_stage == "deleted":
        raise MlflowException(f"experiment '{experiment}' was deleted there; restore it, or name another in tracking.experiment")
    if found is not None:
        return str(found.experiment_id)
    with be_patient():
        return str(client.create_experiment(experiment, artifact_location=place.artifacts))


def _write(client: MlflowClient, experiment_id: str, record: TrainingRecord, settings: Settings) -> tuple[str, int]:
    tags = describe_tags(record)
    tags |= {"mlflow.note.content": tags.get("verdict", "")}
    with _run(client, experiment_id, record.folder.name, tags, began=record.began) as run_id:
        client.log_batch(run_id, params=[Param(name, text) for name, text in describe_params(settings).items()])
        client.log_inputs(run_id, [_describe_table(table) for table in record.tables])
        for name in record.metrics["test"]:
            marks = {_PARENT: run_id, "candidate": name, "chosen": str(name == record.champion).lower()}
            with _run(client, experiment_id, name, marks) as nested_id:
                params = describe_candidate_params(record, name)
                client.log_batch(nested_id, params=[Param(key, text) for key, text in params.items()])
                _log_metrics(client, nested_id, describe_candidate(record, name))
                _log_figures(client, nested_id, record.curves.get(name, {}))
        _log_figures(client, run_id, record.figures)
        if record.test_leads is not None:
            client.log_table(run_id, record.test_leads, "forward_test.json")
        if record.tries is not None:
            client.log_table(run_id, record.tries, "tuning.json")
        client.log_artifacts(run_id, str(record.folder), "bundle")
        model = log_model(client, record, experiment_id=experiment_id, run_id=run_id)
        _log_metrics(client, run_id, describe_training(record), model_id=model[0])
        return run_id, register_model(client, settings.tracking.registered_model, record, run_id=run_id, model=model)


@contextmanager
def _run(
    client: MlflowClient, experiment_id: str, name: str, tags: Mapping[str, str], *, began: datetime | None = None
) -> Iterator[str]:
    """A run that ends as finished, or as failed where something goes wrong within."""
    start = None if began is None else int(began.timestamp() * 1000)
    run_id = str(client.create_run(experiment_id, start_time=start, tags=dict(tags), run_name=name).info.run_id)
    try:
        yield run_id
    except BaseException:
        with suppress(*_FAULTS):
            client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")


def _describe_table(table: TrainedTable) -> DatasetInput:
    columns = [{"name": name, "type": kind, "required": False} for name, kind in table.columns.items()]
    dataset = MlflowDataset(
        name=table.name,
        digest=table.digest[:_DIGEST],
        source_type="local",
        source=json.dumps({"uri": table.source}),
        schema=json.dumps({"mlflow_colspec": columns}),
        profile=json.dumps({"num_rows": table.rows, "num_elements": table.rows * len(columns)}),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])


def _log_figures(client: MlflowClient, run_id: str, figures: Mapping[str, Figure]) -> None:
    for name, figure in figures.items():
        client.log_figure(run_id, figure, f"figures/{name}.png")


def _log_metrics(client: MlflowClient, run_id: str, figures: Mapping[str, float], model_id: str | None = None) -> None:
    now = int(time.time() * 1000)
    client.log_batch(run_id, metrics=[Metric(name, value, now, 0, model_id=model_id) for name, value in figures.items()])
