"""Against the true probabilities of a simulated firm: 20,000 training leads, and 20,000 new ones to keep a promise on."""

import numpy as np
import pandas as pd
import pytest

from predictor.core.settings import load_settings
from predictor.data.parse import parse_times
from predictor.data.read.table_files import read_table
from predictor.model.label import compute_outcomes
from predictor.model.metrics.metrics import compute_metrics
from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.simulate.files import save_firm
from predictor.simulate.firm import simulate_firm
from predictor.training.from_tables import load_dataset
from predictor.training.train import save_trained, train

from conftest import NOW  # isort: skip

LEADS = {"training": 20_000, "new": 20_000}
KEY = ["lead_id", "mql_at"]


@pytest.fixture(scope="module")
def firms(tmp_path_factory):
    """A firm to train on, and the same firm with other leads."""
    folders = [tmp_path_factory.mktemp(name) for name in LEADS]
    for seed, (folder, leads) in enumerate(zip(folders, LEADS.values(), strict=True), 11):
        save_firm(simulate_firm(leads, seed), folder)
    settings = folders[0] / "predictor.toml"
    settings.write_text(settings.read_text() + "\n[model]\nresamples = 20\nbudget_s = 15\n")
    return folders


@pytest.fixture(scope="module")
def trained(firms):
    return train(load_settings(firms[0] / "predictor.toml"))


@pytest.fixture(scope="module")
def answers(trained, firms, tmp_path_factory):
    """The answers of the saved bundle for the new leads, with their outcomes."""
    saved = save_trained(trained, tmp_path_factory.mktemp("models"), now=NOW)
    rows, events = (read_table(firms[1] / f"{name}.csv", name).frame for name in ("leads", "events"))
    scores, _ = score_leads(Scorer.load(saved.folder), rows, events, now=pd.Timestamp(NOW), reasons=0)
    times = pd.DataFrame({name: parse_times(rows[name], "UTC")[0] for name in ("mql_at", "sql_at")})
    known = compute_outcomes(times, horizon_days=30, observed_until=pd.Timestamp("2026-06-30T23:59:59Z"))
    return pd.concat([scores, known], axis=1)


def _truth_of(dataset, folder):
    truth = pd.read_csv(folder / "truth.csv", dtype={"lead_id": "str"})
    truth["mql_at"] = parse_times(truth["mql_at"].astype("str"), "UTC")[0]
    return dataset.leads.frame[KEY].merge(truth, on=KEY, how="left", validate="one_to_one")["probability"].to_numpy()


def test_the_champion_is_a_fifth_closer_to_the_truth_than_the_points(trained, firms):
    truth = _truth_of(trained.dataset, firms[0])[trained.split.test]
    assert not np.isnan(truth).any()
    miss = {name: np.abs(probability - truth).mean() for name, probability in trained.verdict.probability.items()}
    assert trained.verdict.chosen in {"logistic", "lightgbm", "lightgbm_on_points", "blend"}
    assert miss[trained.verdict.chosen] <= 0.8 * miss["points"]


def test_the_champion_closes_most_of_the_gap_between_the_points_and_the_truth(trained, firms):
    """In log loss on the test leads, of which no model can know more than the simulator."""
    outcome, test = trained.verdict.outcome, trained.verdict.test
    best = compute_metrics(outcome, _truth_of(trained.dataset, firms[0])[trained.split.test])["log_loss"]
    worst = test["points"]["log_loss"]
    assert (worst - test[trained.verdict.chosen]["log_loss"]) / (worst - best) >= 0.7


def test_probabilities_hold_forward_in_time(trained):
    figures, judged = trained.verdict.test[trained.verdict.chosen], trained.verdict.calibration
    assert 0.85 <= figures["calibration_slope"] <= 1.15
    assert figures["ece"] <= 2 * judged.noise.mean
    assert judged.verdict == "calibrated"


def test_nothing_does_better_than_the_truth(trained, firms):
    truth = _truth_of(trained.dataset, firms[0])[trained.split.test]
    best = compute_metrics(trained.verdict.outcome, truth)
    for figures in trained.verdict.test.values():
        assert best["log_loss"] < figures["log_loss"]
        assert best["auc"] > figures["auc"]


def test_the_threshold_keeps_its_promise_on_new_leads(answers, trained):
    routed = answers[(answers["decision"] == "route_to_sales") & answers["mature"]]
    assert trained.advice.holds
    assert len(routed) > 1000
    low, high = trained.dataset.settings.threshold.band
    assert low <= routed["outcome"].mean() <= high


def test_probabilities_are_believed_on_new_leads(answers):
    known = answers[answers["mature"]]
    figures = compute_metrics(known["outcome"].to_numpy(), known["probability"].to_numpy())
    assert 0.85 <= figures["calibration_slope"] <= 1.15
    assert figures["ece"] < 0.02


def test_the_dataset_is_the_one_that_was_simulated(firms):
    dataset = load_dataset(load_settings(firms[1] / "predictor.toml"))
    assert len(dataset.leads.frame) == len(pd.read_csv(firms[1] / "leads.csv"))
    assert dataset.outcomes.horizon_days == 30
