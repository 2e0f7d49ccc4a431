"""Where a training is kept: servers and files that cannot be used, with what to do and without a password."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from predictor.core.errors import TrackingError
from predictor.core.settings import make_settings
from predictor.training.tracking import place
from predictor.training.tracking.place import find_place
from predictor.training.tracking.record import TrainingRecord
from predictor.training.tracking.track import track_training


def refuse(record: TrainingRecord, uri: str, folder: Path, match: str) -> str:
    settings = make_settings({"tracking": {"uri": uri}}, folder=folder)
    with pytest.raises(TrackingError, match=match) as caught:
        track_training(record, settings=settings)
    return str(caught.value)


def test_a_server_that_is_not_there_is_refused_with_what_to_do_and_without_the_password(made, tmp_path):
    record, _ = made
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = refuse(record, f"http://ann:hush@127.0.0.1:{port}", tmp_path, r"cannot be reached \(nothing listens there\)")
    assert "hush" not in text
    assert f"The bundle '{record.folder.name}' is saved" in text
    assert "--no-track" in text


def test_a_server_that_never_answers_is_asked_once(made, tmp_path, monkeypatch):
    record, _ = made
    monkeypatch.setitem(place._FIRST_CALL, "MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        refuse(record, f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path, r"cannot be reached \(no answer in time\)")
        silent.settimeout(0)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError, match="unavailable"):
            silent.accept()  # MLflow by itself would have come seven times more


@pytest.mark.parametrize(
    ("uri", "match"),
    [
        ("sqlite:///models/x.txt/m.db", "could not keep the training: .*x.txt"),
        ("ftp://firm.example/runs", "unsupported URI 'ftp://firm.example/runs'"),
        ("runs", "could not keep the training: .*database"),
    ],
)
def test_a_place_that_cannot_be_used_is_refused(made, tmp_path, uri, match):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "x.txt").write_text("no folder")
    refuse(made[0], uri, tmp_path, match)


def test_a_name_that_mlflow_refuses_ends_the_run_as_failed(made, mlflow):
    record, settings = made
    tracking = {"registered_model": "lead/conversion", "experiment": "names"}
    differing = make_settings({"tracking": tracking}, folder=settings.folder)
    with pytest.raises(TrackingError, match="lead/conversion"):
        track_training(record, settings=differing)
    client = mlflow.MlflowClient(find_place(settings).uri)
    runs = client.search_runs([client.get_experiment_by_name("names").experiment_id])
    assert {run.info.run_name: run.info.status for run in runs if run.info.run_name == record.folder.name} == {
        record.folder.name: "FAILED"
    }


def test_a_deleted_experiment_is_told(made, mlflow):
    record, settings = made
    track_training(record, settings=(gone := make_settings({"tracking": {"experiment": "gone"}}, folder=settings.folder)))
    client = mlflow.MlflowClient(find_place(gone).uri)
    client.delete_experiment(client.get_experiment_by_name("gone").experiment_id)
    with pytest.raises(TrackingError, match="experiment 'gone' was deleted there; restore it"):
        track_training(record, settings=gone)


def test_where_no_one_tracks_nothing_is_made_and_mlflow_is_not_loaded(tmp_path):
    code = "import sys, predictor.training.tracking.track; print('mlflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "False"
    assert not list(tmp_path.iterdir())


def test_the_environment_says_where_if_the_settings_do_not(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.firm.example")
    assert find_place(make_settings(folder=tmp_path)) == place.Place("http://mlflow.firm.example", None)
    named = make_settings({"tracking": {"uri": "sqlite:///runs.db"}}, folder=tmp_path)
    assert find_place(named).uri == f"sqlite:///{tmp_path}/runs.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///theirs.db")
    monkeypatch.chdir(tmp_path)
    assert find_place(make_settings(folder=tmp_path / "firm")).uri == f"sqlite:///{tmp_path}/theirs.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    assert find_place(make_settings(folder=tmp_path)).uri == f"sqlite:///{tmp_path}/mlflow.db"


def test_artifacts_of_another_database_go_beside_the_settings_file(tmp_path):
    settings = make_settings({"tracking": {"uri": "postgresql+psycopg://u:p@db/runs"}}, folder=tmp_path)
    assert find_place(settings) == place.Place("postgresql+psycopg://u:p@db/runs", (tmp_path / "mlruns").as_uri())
