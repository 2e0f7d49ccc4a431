"""Tracking against a real MLflow on a SQLite file: runs, figures, files, and the aliases of the registered model."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path

import pytest
from unit.training.tracking.records import BEGAN

from predictor.core.errors import TrackingError
from predictor.core.settings import make_settings
from predictor.training.tracking.record import Tracked, describe_params, describe_tags, hide_password
from predictor.training.tracking.run import fetch_artifacts, write_alias
from predictor.training.tracking.track import move_alias, track_training


def list_nested(client, tracked: Tracked) -> list:
    experiment = client.get_experiment_by_name("lead conversion")
    return client.search_runs([experiment.experiment_id], f"tags.mlflow.parentRunId = '{tracked.run_id}'")


def test_one_run_for_the_training_and_one_for_each_candidate_below_it(tracked):
    client, first, _ = tracked
    nested = list_nested(client, first)
    assert {run.info.run_name: run.data.tags["chosen"] for run in nested} == {
        "constant": "false", "points": "false", "logistic": "true",
    }  # fmt: skip
    assert {run.info.status for run in [*nested, client.get_run(first.run_id)]} == {"FINISHED"}


def test_candidates_carry_their_test_metrics_with_intervals(made, tracked):
    record, _ = made
    client, first, _ = tracked
    nested = {run.info.run_name: run.data.metrics for run in list_nested(client, first)}
    for name, run_metrics in nested.items():
        assert run_metrics["log_loss"] == record.metrics["test"][name]["log_loss"]
        assert [run_metrics["auc_low"], run_metrics["auc_high"]] == pytest.approx(
            record.metrics["intervals"][name]["auc"] or [0.5, 0.5]
        )
    assert nested["points"]["log_loss_difference"] == record.metrics["differences"]["points"]["mean"]
    assert (nested["logistic"]["rehearsed_log_loss"], nested["logistic"]["rehearsed_error"]) == (0.5, 0.0)
    assert "rehearsed_log_loss" not in nested["points"]
    assert "calibration_slope" not in nested["constant"]  # it cannot be told, so it is not told


def test_the_training_carries_params_metrics_and_tags(made, tracked):
    record, _ = made
    client, first, _ = tracked
    run = client.get_run(first.run_id).data
    assert run.params["threshold.band"] == "[0.2, 0.3]"
    assert run.params["columns"] == '{"mql_at": "Became MQL"}'
    assert not [name for name in run.params if name.startswith(("tracking", "store"))]
    advised = record.metrics["threshold"]["recommended"]
    assert run.metrics["threshold"] == advised["threshold"]
    assert run.metrics["threshold_conversion"] == advised["conversion"]
    assert run.metrics["brier"] == record.metrics["test"]["logistic"]["brier"]
    assert run.metrics["horizon_days"] == 30
    wanted = {"data.leads": "ab12", "git_commit": "c0ffee", "version.numpy": "2.4", "verdict": record.metrics["verdict"]}
    assert wanted.items() <= run.tags.items()
    assert "data.events" not in run.tags
    assert run.tags["calibrator"] == "tempered"
    assert (run.metrics["tuning_tries"], run.metrics["tuning_loss"], run.metrics["tuning_usual"]) == (17, 0.4, 0.5)


def test_the_run_began_with_the_training_and_says_who_and_from_what(tracked):
    client, first, _ = tracked
    run = client.get_run(first.run_id)
    assert run.info.start_time == int(BEGAN.timestamp() * 1000)
    assert run.info.end_time > run.info.start_time
    assert run.data.tags["mlflow.source.git.commit"] == "c0ffee"
    assert run.data.tags["mlflow.source.name"] == "predictor"
    assert run.data.tags["mlflow.user"] == getpass.getuser()
    (table,) = run.inputs.dataset_inputs
    assert (table.dataset.name, table.dataset.digest) == ("leads", ("ab12" * 16)[:36])
    assert json.loads(table.dataset.schema)["mlflow_colspec"][1] == {"name": "employees", "type": "double", "required": False}
    assert json.loads(table.dataset.profile) == {"num_rows": 600, "num_elements": 1800}
    assert json.loads(table.dataset.source) == {"uri": "leads.csv"}
    assert [(tag.key, tag.value) for tag in table.tags] == [("mlflow.data.context", "training")]


def test_a_candidate_says_how_it_was_fitted(tracked):
    client, first, _ = tracked
    nested = {run.info.run_name: run.data.params for run in list_nested(client, first)}
    assert nested["logistic"] == {"candidate": "logistic", "calibrator": "tempered"}
    assert nested["points"] == {"candidate": "points"}


def test_the_search_for_trees_is_a_table_and_each_candidate_says_how_long_it_took(tracked):
    client, first, _ = tracked
    table = json.loads(Path(client.download_artifacts(first.run_id, "tuning.json")).read_text())
    assert table == {"columns": ["log_loss", "rounds", "num_leaves"], "data": [[0.5, 90, None], [0.4, 80, 4.0]]}
    nested = {run.info.run_name: run.data.metrics.get("seconds") for run in list_nested(client, first)}
    assert nested == {"logistic": 0.25, "points": None, "constant": None}


def test_the_forward_test_is_a_table_without_anything_that_names_a_lead(made, tracked):
    record, _ = made
    client, first, _ = tracked
    table = json.loads(Path(client.download_artifacts(first.run_id, "forward_test.json")).read_text())
    assert table["columns"] == ["outcome", "probability_logistic"]
    assert len(table["data"]) == 170
    assert [row[0] for row in table["data"]] == list(record.test_leads["outcome"])


def test_files_are_the_bundle_and_the_figures(made, tracked, tmp_path):
    record, settings = made
    client, first, _ = tracked
    assert [file.path for file in client.list_artifacts(first.run_id, "figures")] == ["figures/reliability.png"]
    fetched = Path(client.download_artifacts(first.run_id, "bundle", str(tmp_path)))
    assert {file.name: file.read_bytes() for file in fetched.iterdir()} == {
        file.name: file.read_bytes() for file in record.folder.iterdir()
    }
    assert sorted(entry.name for entry in settings.folder.iterdir()) == ["mlflow.db", "mlruns", "models"]


def test_a_candidate_keeps_its_own_curves(tracked):
    client, first, _ = tracked
    figures = {run.info.run_name: client.list_artifacts(run.info.run_id, "figures") for run in list_nested(client, first)}
    assert {name: [file.path for file in files] for name, files in figures.items()} == {
        "constant": [], "points": [], "logistic": ["figures/reliability.png"],
    }  # fmt: skip


def test_the_champion_moves_only_to_one_that_earned_it(made, tracked):
    record, settings = made
    client, first, second = tracked
    assert [(each.model_version, each.alias) for each in (first, second)] == [(1, "champion"), (2, "challenger")]
    assert client.get_model_version_by_alias("lead-conversion", "champion").version == 1
    challenger = client.get_model_version_by_alias("lead-conversion", "challenger")
    description = f"It lost more. {record.metrics['verdict']}"
    assert (challenger.version, challenger.description, challenger.run_id) == (2, description, second.run_id)
    third = track_training(record, settings=settings)
    assert client.get_model_version_by_alias("lead-conversion", "champion").version == third.model_version == 3


def test_nothing_global_is_left_and_nothing_is_told_or_written_where_the_command_runs(made, mlflow, tmp_path, monkeypatch, capfd):
    record, settings = made
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    before = {name: text for name, text in os.environ.items() if name.startswith("MLFLOW")} | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    track_training(record, settings=settings)
    assert {name: text for name, text in os.environ.items() if name.startswith("MLFLOW")} == before
    assert not list(tmp_path.iterdir())
    assert mlflow.active_run() is None
    assert not mlflow.is_tracking_uri_set()
    assert capfd.readouterr().out == ""


def test_what_is_shown_and_kept_holds_no_password(made):
    record, _ = made
    settings = make_settings({"data": {"leads": "postgresql://ann:hush@db/leads"}, "store": {"url": "mysql://ann:hush@db/s"}})
    texts = [*describe_params(settings).values(), *describe_tags(record).values(), hide_password("http://ann:hush@firm/x")]
    assert not [text for text in texts if "hush" in text]
    assert describe_params(settings)["data.leads"] == "postgresql://db/leads"


def test_the_alias_follows_a_bundle_that_is_promoted_by_hand(made, tracked):
    record, settings = made
    client, *_ = tracked
    newest = client.get_model_version_by_alias("lead-conversion", "champion").version
    client.set_registered_model_alias("lead-conversion", "champion", 2)
    moved = move_alias(record.folder.name, settings)
    assert moved.model_version == client.get_model_version_by_alias("lead-conversion", "champion").version >= newest
    with pytest.raises(TrackingError, match="holds no version of 'lead-conversion' that was made of bundle 'nobody'"):
        move_alias("nobody", settings)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda settings, _: write_alias("none", settings), "holds no version"),
        (lambda settings, folder: fetch_artifacts("none", folder, settings), "gives none for a run"),
    ],
    ids=["alias", "artifacts"],
)
def test_reading_makes_no_experiment(call, reason, tracked, made, tmp_path):
    _, settings = made
    other = settings.model_copy(update={"tracking": settings.tracking.model_copy(update={"experiment": "never trained"})})
    with pytest.raises(TrackingError, match=reason):
        call(other, tmp_path)
    client, *_ = tracked
    assert client.get_experiment_by_name("never trained") is None
