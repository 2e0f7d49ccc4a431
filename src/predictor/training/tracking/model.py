"""The registered model: a bundle that MLflow can load, serve and name."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import mlflow.pyfunc
from mlflow import MlflowClient, MlflowException
from mlflow.entities import LoggedModelOutput
from mlflow.models import Model, ModelSignature
from mlflow.types.schema import AnyType, ColSpec, DataType, Schema

from predictor.model.candidates.lightgbm import LightGBM
from predictor.scoring.scorer import Scorer
from predictor.training.tracking.frame import NUMBERS, name_inputs, name_outputs, tabulate_golden
from predictor.training.tracking.record import TrainingRecord

_PACKAGE = "lead-conversion-predictor"  # its own requirements are those of the model
_CODE = Path(__file__).with_name("pyfunc_code.py")


def sign(scorer: Scorer) -> ModelSignature:
    """The columns that the model takes and gives.

    An attribute may be of any type, as for the scorer, which takes numbers written as text; MLflow would refuse an integer
    where the signature has a float.
    """
    inputs = [ColSpec(AnyType(), "lead_id"), *(ColSpec(AnyType(), name, required=False) for name in name_inputs(scorer))]
    sure = {"lead_id", "warnings"}  # all others stand empty in a row that cannot be scored
    outputs = name_outputs(scorer)
    types = {name: DataType.double if name in NUMBERS else DataType.string for name in outputs}
    return ModelSignature(Schema(inputs), Schema([ColSpec(types[name], name, required=name in sure) for name in outputs]))


def save_model(path: Path, bundle: Path, origin: Model) -> None:
    """Write the model folder: bundle, signature, synthetic example and requirements; code only of features of the firm's own.

    Args:
        path: The folder to make.
        bundle: The bundle to load from.
        origin: MLflow's description of the model, with its run and id.
    """
    scorer = Scorer.load(bundle)
    golden = (bundle / "golden.jsonl").read_text(encoding="utf-8")
    mlflow.pyfunc.save_model(
        path=str(path),
        mlflow_model=origin,
        python_model=str(_CODE),
        code_paths=_list_code(scorer.settings.features.own if scorer.own is not None else ()),
        artifacts={"bundle": str(bundle.resolve())},
        signature=sign(scorer),
        input_example=tabulate_golden(golden, name_inputs(scorer)),
        pip_requirements=[f"{_PACKAGE}[full]=={version(_PACKAGE)}"],
    )
    flavor = origin.flavors["python_function"]
    flavor["artifacts"]["bundle"]["uri"] = bundle.name  # not where things lay on the machine that trained
    flavor["model_code_path"] = _CODE.name
    trees = path / "artifacts" / bundle.name / LightGBM.file
    if trees.exists():  # so that mlflow.lightgbm.load_model gives the Booster
        data = trees.relative_to(path).as_posix()
        origin.add_flavor("lightgbm", lgb_version=version("lightgbm"), data=data, model_class="lightgbm.basic.Booster")
    origin.save(str(path / "MLmodel"))


def _list_code(paths: Sequence[str]) -> list[str] | None:
    """The files or packages of functions that are not installed; None for none."""
    tops = {path.partition(".")[0].partition(":")[0] for path in paths if ":" in path}
    files = [Path(file) for top in sorted(tops) if (file := import_module(top).__file__) is not None]
    own = [file.parent if file.name == "__init__.py" else file for file in files if "site-packages" not in file.parts]
    return [str(path) for path in own] or None


def log_model(client: MlflowClient, record: TrainingRecord, *, experiment_id: str, run_id: str) -> tuple[str, str]:
    """Log the bundle as a model that MLflow can load; its id and where its files are."""
    logged = client.create_logged_model(experiment_id, name="scorer", source_run_id=run_id, model_type="lead scorer")
    place = logged.artifact_location
    origin = Model(artifact_path=place, run_id=run_id, model_uuid=logged.model_id, model_id=logged.model_id)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            save_model(Path(temporary) / "model", record.folder, origin)
            client.log_model_artifacts(logged.model_id, str(Path(temporary) / "model"))
    except BaseException:
        with suppress(MlflowException):
            client.finalize_logged_model(logged.model_id, "FAILED")
        raise
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return logged.model_id, place


def register_model(client: MlflowClient, name: str, record: TrainingRecord, *, run_id: str, model: tuple[str, str]) -> int:
    """Make the logged model a version of the registered one and name it: `champion` only where it earned that."""
    model_id, source = model
    try:
        client.create_registered_model(name, description="The probability that a marketing qualified lead becomes an SQL.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    tags = {"bundle": record.folder.name, "model_id": model_id}
    verdict = record.metrics.get("verdict") or ""
    description = record.reason if verdict in record.reason else f"{record.reason} {verdict}"
    options = {"tags": tags, "description": description, "await_creation_for": 30, "model_id": model_id}
    made = client.create_model_version(name, source, run_id, **options)
    client.set_registered_model_alias(name, record.alias, made.version)
    return int(made.version)
