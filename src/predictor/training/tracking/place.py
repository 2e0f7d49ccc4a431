"""Where MLflow keeps a training, and whether that can be reached before anything is sent there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy

from predictor.core.settings import Settings

_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
_SECONDS = 5
_TIMEOUTS: dict[str, dict[str, Any]] = {
    "postgresql": {"connect_timeout": _SECONDS}, "mysql": {"connect_timeout": _SECONDS}, "mssql": {"timeout": _SECONDS},
}  # fmt: skip
# MLflow's own patience is seven tries of two minutes. What an operator sets in the environment stands.
_FIRST_CALL = {"MLFLOW_HTTP_REQUEST_TIMEOUT": str(_SECONDS), "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
_LATER_CALLS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # standard output is the command's own
    "MLFLOW_UV_AUTO_DETECT": "false",  # a uv.lock in the working directory is not the model's
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where MLflow keeps things.

    Attributes:
        uri: Tracking URI, with its password if it has one.
        artifacts: URI of the folder for files; None where the tracking server decides.
    """

    uri: str
    artifacts: str | None


def find_place(settings: Settings) -> Place:
    """Where the settings say that runs are kept, else `MLFLOW_TRACKING_URI`, which `mlflow.set_tracking_uri` sets too.

    Relative paths start at the settings file, those of the environment where the command runs.

    A database keeps no files: they go to the folder `mlruns` beside the SQLite file, else beside the settings file.

    >>> from predictor.core.settings import make_settings
    >>> find_place(make_settings(folder=Path("/firm")))
    Place(uri='sqlite:////firm/mlflow.db', artifacts='file:///firm/mlruns')
    >>> find_place(make_settings({"tracking": {"uri": "https://mlflow.firm.example"}}))
    Place(uri='https://mlflow.firm.example', artifacts=None)
    """
    of_environment = "" if settings.tracking.uri else os.environ.get("MLFLOW_TRACKING_URI", "")
    uri = settings.tracking.uri or of_environment or "sqlite:///mlflow.db"
    folder = (Path() if of_environment else settings.folder).resolve()
    if uri.split("://", maxsplit=1)[0].split("+")[0] not in _DATABASES:
        return Place(uri, None)
    if uri.startswith("sqlite:///"):
        file = folder / uri.removeprefix("sqlite:///")
        uri, folder = f"sqlite:///{file}", file.parent
    return Place(uri, (folder / "mlruns").as_uri())


def check_database(place: Place) -> None:
    """Connect once, where the place is a database: MLflow would try for minutes.

    Raises:
        SQLAlchemyError: It cannot be reached.
        ImportError: Its driver is not installed.
        OSError: The folder of the SQLite file cannot be made.
    """
    if place.artifacts is None:
        return
    url = sqlalchemy.make_url(place.uri)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sqlalchemy.create_engine(url, connect_args=_TIMEOUTS.get(url.get_backend_name(), {}))
    try:
        engine.connect().close()
    finally:
        engine.dispose()


@contextmanager
def be_patient(*, first: bool = False) -> Iterator[None]:
    """Let MLflow wait for seconds rather than minutes, for the first call less than for later ones."""
    wanted = {name: text for name, text in (_FIRST_CALL if first else _LATER_CALLS).items() if name not in os.environ}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in wanted:
            os.environ.pop(name, None)
