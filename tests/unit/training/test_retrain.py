"""Retraining: promoted, kept or failed; what serves, the summary and the exit code agree, and only one runs at a time."""

import fcntl
import json

import numpy as np
import pytest
from helpers import draw_leads, make_firm
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.core.errors import PredictorError, TrackingError, TrainingError
from predictor.core.settings import load_settings
from predictor.scoring.bundle.registry import read_challenger, read_champions
from predictor.training import retrain as module
from predictor.training.retrain import retrain

CLI = CliRunner()


def run(folder, *options):
    arguments = ["retrain", "-c", str(folder / "predictor.toml"), "--models", str(folder / "models"), "--no-track", *options]
    return CLI.invoke(app, arguments)


def read_summary(folder):
    return json.loads((folder / "models" / "retraining.json").read_text())


def toss_coins(leads):
    """The same leads, accepted or not whatever they are."""
    accepted = np.random.default_rng(5).permutation(leads["sql_at"].notna().to_numpy())
    return leads.assign(sql_at=leads["mql_at"].where(accepted))


def test_the_first_serves_and_one_without_a_signal_does_not(tmp_path):
    make_firm(tmp_path)
    first = run(tmp_path)
    assert first.exit_code == 0, first.output
    summary = read_summary(tmp_path)
    assert (summary["status"], summary["before"]) == ("promoted", None)
    assert read_champions(tmp_path / "models") == [summary["champion"]] == [summary["bundle"]]

    make_firm(tmp_path, toss_coins(draw_leads()), model={"candidates": ["logistic"]})
    second = run(tmp_path, "--json")
    assert second.exit_code == 3
    kept = json.loads(second.stdout)
    assert kept == read_summary(tmp_path)
    assert (kept["status"], kept["before"], kept["champion"]) == ("kept", summary["champion"], summary["champion"])
    assert kept["reason"].startswith("Not promoted")
    assert kept["verdict"] in kept["reason"]
    assert read_champions(tmp_path / "models") == [summary["champion"]]
    assert read_challenger(tmp_path / "models") == kept["bundle"]
    text = (tmp_path / "models" / "retraining.md").read_text()
    assert text.startswith("# Retraining: the champion stays\n\nNot promoted")
    assert f"- Serves now: {summary['champion']}\n" in text
    assert f"- Trained on: {kept['metrics']['fit']['n']} leads, from 2025-01-01 through " in text


def test_a_failed_one_leaves_the_champion_and_says_why(tmp_path):
    make_firm(tmp_path)
    assert run(tmp_path).exit_code == 0
    champion = read_summary(tmp_path)["champion"]
    (tmp_path / "leads.csv").write_text("lead_id\n")
    failed = run(tmp_path)
    assert failed.exit_code == 1
    assert "LEAD002" in failed.stderr
    summary = read_summary(tmp_path)
    assert (summary["status"], summary["champion"], summary["bundle"]) == ("failed", champion, None)
    assert read_champions(tmp_path / "models") == [champion]
    text = (tmp_path / "models" / "retraining.md").read_text()
    assert text.startswith("# Retraining failed\n")
    assert "\n- LEAD002 The table of leads is empty." in text


def test_an_error_of_another_kind_is_in_the_summary_too(tmp_path, monkeypatch):
    def run_out_of_memory(*_, **__):
        raise MemoryError("no more")

    monkeypatch.setattr(module, "train", run_out_of_memory)
    with pytest.raises(MemoryError):
        retrain(load_settings(make_firm(tmp_path)), tmp_path / "models")
    assert read_summary(tmp_path)["reason"] == "MemoryError: no more"


def test_only_one_at_a_time(tmp_path):
    make_firm(tmp_path)
    models = tmp_path / "models"
    models.mkdir()
    with (models / ".retraining").open("w") as held:
        held.write("4711\n")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(
            TrainingError, match=r"Another retraining is at work in '.*models' \(process 4711\)\. Wait for its end\."
        ):
            retrain(load_settings(tmp_path / "predictor.toml"), models, track=False)
        assert sorted(path.name for path in models.iterdir()) == [".retraining"], "nothing is written"
    assert retrain(load_settings(tmp_path / "predictor.toml"), models, track=False).status == "promoted"


def test_what_cannot_be_recorded_is_told_and_the_bundle_serves_all_the_same(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise TrackingError("MLflow is away.")

    monkeypatch.setattr(module, "track_trained", refuse)
    done = retrain(load_settings(make_firm(tmp_path)), tmp_path / "models")
    assert (done.status, done.run, done.not_done) == ("promoted", None, "MLflow is away.")
    assert "**Not done.** MLflow is away." in (tmp_path / "models" / "retraining.md").read_text()


def test_a_folder_that_holds_no_file_is_refused(tmp_path):
    make_firm(tmp_path)
    (tmp_path / "models").write_text("a file")
    with pytest.raises(PredictorError, match="cannot hold bundles"):
        retrain(load_settings(tmp_path / "predictor.toml"), tmp_path / "models")
