"""Leads that nothing orders: shuffled folds, a test held out at random, and no word of time in what people read."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.core.log_odds import expit
from predictor.core.settings import make_settings
from predictor.training.fit import fit_candidates
from predictor.training.from_tables import load_dataset
from predictor.training.train import train

OF_TIME = re.compile(r"\b(newest|newer|earlier|forward|older)\b", re.IGNORECASE)
SETTINGS = {
    "data": {"leads": "leads.csv"},
    "roles": {"points": ["score"]},
    "points": {"gate": 40},
    "model": {"candidates": ["constant", "points", "logistic"], "resamples": 20, "budget_s": 0},
}


def make_leads(n=600, *, sorted_by_outcome=True):
    """Leads of three industries with a score, in a file that lists the accepted ones first."""
    draw = np.random.default_rng(4)
    industry, score = draw.integers(0, 3, n), draw.integers(0, 100, n)
    accepted = draw.random(n) < expit(-2 + 1.2 * (industry == 0) + 0.01 * score)
    names = np.array(["Software", "Retail", "Other"])[industry]
    leads = pd.DataFrame(
        {"lead_id": [f"L{at}" for at in range(n)], "industry": names, "score": score, "outcome": accepted.astype(int)}
    )
    return leads.sort_values("outcome", ascending=False, kind="stable") if sorted_by_outcome else leads


def read_settings(folder, leads, **others):
    leads.to_csv(folder / "leads.csv", index=False)
    return make_settings(SETTINGS | others, folder=folder)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train(read_settings(tmp_path_factory.mktemp("undated"), make_leads()))


def test_a_file_sorted_by_outcome_is_learned_from(trained):
    """Blocks of the file's order would hold one outcome each."""
    assert trained.verdict.chosen == "logistic"
    assert trained.verdict.test["logistic"]["auc"] > 0.6
    assert not {"TRAIN001", "TRAIN003"} & {finding.code for finding in trained.findings}


def test_either_outcome_is_held_out_by_the_share(trained):
    accepted, rate = trained.verdict.outcome, trained.dataset.outcomes.outcome.mean()
    assert len(accepted) == 150
    assert accepted.mean() == pytest.approx(rate, abs=1 / 150)


def test_each_training_lead_is_predicted_once_by_a_model_of_the_others(trained):
    model = trained.models["logistic"]
    assert sorted(model.positions) == list(range(450))
    assert sorted(np.bincount(model.forward.fold)) == [56] * 6 + [57] * 2, "fewer than 2,000 leads: eight folds"


def test_the_order_of_the_file_changes_nothing(trained, tmp_path):
    other = train(read_settings(tmp_path, make_leads().sample(frac=1, random_state=1)))
    one, two = (set(run.dataset.leads.frame["lead_id"].iloc[run.split.test]) for run in (trained, other))
    assert one == two
    assert other.verdict.text == trained.verdict.text
    assert other.verdict.test["logistic"]["log_loss"] == pytest.approx(trained.verdict.test["logistic"]["log_loss"], abs=1e-9)


def test_a_lead_mostly_stays_on_its_side_when_others_come_in(trained, tmp_path):
    more = load_dataset(read_settings(tmp_path, make_leads(700, sorted_by_outcome=False)))
    now = set(more.leads.frame["lead_id"].iloc[more.split().test])
    before = set(trained.dataset.leads.frame["lead_id"].iloc[trained.split.test])
    assert len(now & before) > 0.6 * len(before), "by chance it would be 0.25"


def test_folds_hold_the_same_share_of_either_outcome(trained):
    sample = trained.dataset.sample(trained.split.fit, trained.dataset.fit_features(trained.split.fit)[0])
    fold, outcome = trained.models["logistic"].forward.fold, sample.outcome[trained.models["logistic"].positions]
    accepted = np.bincount(fold, weights=outcome)
    assert accepted.max() - accepted.min() <= 1


def test_nobody_reads_a_word_of_time(trained):
    read = {name: text for name, text in trained.files.items() if name in {"card.md", "metrics.json", "comparison.json"}}
    read["page"] = re.sub(r"<(script|style).*?</\1>", "", trained.files["report.html"], flags=re.DOTALL)
    read |= {"verdict": trained.verdict._repr_html_(), "findings": str([str(finding) for finding in trained.findings])}
    for name, text in read.items():
        assert OF_TIME.search(text) is None, (name, text[max(0, OF_TIME.search(text).start() - 60) :][:140])
    assert "held out at random" in read["card.md"]
    assert "Held-out test" in read["page"]
    metrics = json.loads(read["metrics.json"])
    assert metrics["held_out"]
    assert (metrics["fit"]["from"], metrics["fit"]["through"]) == (None, None)


@pytest.mark.parametrize("signal", [True, False])
def test_the_terminal_says_no_word_of_time(tmp_path, signal):
    leads = make_leads(400)
    if not signal:
        leads["outcome"] = np.random.default_rng(1).permutation(leads["outcome"])
    leads.to_csv(tmp_path / "leads.csv", index=False)
    (tmp_path / "predictor.toml").write_text(
        '[data]\nleads = "leads.csv"\n[model]\ncandidates = ["constant", "logistic", "lightgbm"]\nresamples = 20\nbudget_s = 1\n'
    )
    run = CliRunner().invoke(
        app, ["train", "--config", str(tmp_path / "predictor.toml"), "--models", str(tmp_path / "models"), "--no-track"]
    )
    assert run.exit_code == 0, run.output
    text = run.output.replace("forward.json", "")
    assert OF_TIME.search(text) is None, text
    assert "held out at random" in " ".join(text.split())
    (bundle,) = (place for place in (tmp_path / "models").iterdir() if place.is_dir())
    compared = CliRunner().invoke(app, ["compare", "--model", str(bundle), "--out", str(tmp_path / "page.md")])
    assert compared.exit_code == 0, compared.output
    assert OF_TIME.search(compared.output + (tmp_path / "page.md").read_text()) is None


def test_the_level_of_the_newest_leads_cannot_be_asked_for(tmp_path):
    dataset = load_dataset(read_settings(tmp_path, make_leads(), model=SETTINGS["model"] | {"recalibrate": "newest"}))
    fit = dataset.split().fit
    fitted = fit_candidates(dataset, dataset.sample(fit, dataset.fit_features(fit)[0]))
    assert not any(model.recalibrated for model in fitted.models.values())
    assert "TRAIN015" in {finding.code for finding in fitted.findings}
