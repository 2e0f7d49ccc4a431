"""Training: what comes out, again the same, and only what it found."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from conftest import NOW

from predictor.bundle import list_bundles, read_champions
from predictor.config import load_settings
from predictor.score import Scorer
from predictor.train import save_trained, train

_METRICS = {"n", "base_rate", "log_loss", "brier", "auc", "ece", "calibration_slope", "lift_at_10"}


def test_the_same_data_settings_and_versions_give_the_same_bundle(trained, firm):
    again = train(load_settings(firm / "predictor.toml"))
    assert again.files == trained.files
    assert again.facts == trained.facts


def test_metrics_keep_the_contract(trained):
    metrics = json.loads(trained.files["metrics.json"])
    assert metrics["champion"] == trained.verdict.chosen
    assert set(metrics["test"]) == set(trained.study.settings.model.candidates)
    assert all(set(figures) == _METRICS for figures in metrics["test"].values())
    assert metrics["fit"]["n"] + metrics["pending"] == len(trained.study.leads.frame)
    assert metrics["fit"]["n"] == trained.study.mature.sum()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", metrics["fit"]["from"])
    assert metrics["fit"]["from"] < metrics["fit"]["through"]
    assert metrics["horizon_days"] == 30


def test_every_figure_lies_in_its_interval_or_near_it(trained):
    """Few resamples are drawn here, so the ends themselves are rough; a wrong column would be far off."""
    for name, figures in trained.verdict.test.items():
        for metric in ("log_loss", "brier", "auc", "base_rate"):
            interval = trained.verdict.intervals[name].get(metric)
            if interval is not None:
                width = interval[1] - interval[0]
                assert interval[0] - width <= figures[metric] <= interval[1] + width


def test_the_bundle_is_text_and_holds_no_lead(trained):
    assert all(isinstance(text, str) for text in trained.files.values())
    everything = "".join(trained.files.values())
    frame = trained.study.leads.frame
    assert not [lead_id for lead_id in frame["lead_id"].unique() if lead_id in everything]
    assert ".example" not in everything
    assert "@" not in everything.replace("@media", "").replace("@page", "")


def test_the_final_model_learns_from_every_mature_lead(trained):
    assert trained.final.calibrator.n < trained.study.mature.sum()
    assert max(trained.final.positions) == trained.study.mature.sum() - 1
    assert json.loads(trained.files["reference.json"])["n"] == trained.study.mature.sum()


def test_progress_names_each_candidate(firm):
    steps = []
    settings = load_settings(firm / "predictor.toml")
    quick = settings.model_copy(update={"model": settings.model.model_copy(update={"candidates": ("constant", "points")})})
    train(quick, progress=steps.append)
    assert [step.split("'")[1] for step in steps if step.startswith("Learning")][:2] == ["constant", "points"]


def test_a_saved_training_serves_and_a_second_one_waits_its_turn(trained, tmp_path):
    first = save_trained(trained, tmp_path / "models", now=NOW)
    assert first.promoted
    second = save_trained(trained, tmp_path / "models", now=NOW.replace(hour=13))
    assert second.promoted, "within noise the newer one is taken"
    assert read_champions(tmp_path / "models") == [second.folder.name, first.folder.name]
    assert list_bundles(tmp_path / "models") == sorted([first.folder.name, second.folder.name])
    assert Scorer.load(second.folder).describe()["horizon_days"] == 30


def test_points_that_are_as_good_as_anything_are_chosen(tmp_path):
    """Where outcomes follow the points and nothing else, the one-standard-error rule takes the points."""
    draw = np.random.default_rng(5)
    points = draw.integers(0, 100, 1500)
    accepted = draw.random(1500) < 1 / (1 + np.exp(-(points - 70) / 12))
    mql_at = pd.date_range("2025-01-01", periods=1500, freq="6h", tz="UTC")
    noise = draw.normal(size=1500).round(3)
    sql_at = pd.Series(mql_at + pd.Timedelta(days=3)).where(pd.Series(accepted))
    frame = {"lead_id": np.arange(1500), "mql_at": mql_at, "sql_at": sql_at, "points": points, "noise": noise}
    pd.DataFrame(frame).to_csv(tmp_path / "leads.csv", index=False)
    asked = '[data]\nleads = "leads.csv"\n[label]\nhorizon_days = 10\n[roles]\npoints = ["points"]\n[model]\nresamples = 20\n'
    asked += "budget_s = 0\n"
    (tmp_path / "predictor.toml").write_text(asked)
    verdict = train(load_settings(tmp_path / "predictor.toml")).verdict
    assert verdict.chosen == "points"
    assert verdict.earned
    assert verdict.text.startswith(
        "Nothing learned did better than the points on earlier leads. 'points' is better than 'constant'"
    )


@pytest.mark.parametrize("share", [0.2, 0.4])
def test_the_test_block_has_the_share_that_was_asked_for(firm, share):
    settings = load_settings(firm / "predictor.toml")
    asked = settings.model_copy(update={"split": settings.split.model_copy(update={"test_share": share})})
    asked = asked.model_copy(update={"model": settings.model.model_copy(update={"candidates": ("constant",)})})
    trained = train(asked)
    assert len(trained.split.test) == pytest.approx(share * trained.study.mature.sum(), abs=2)
