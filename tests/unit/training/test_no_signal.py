"""A training on coin tosses: wherever its results are shown, they agree that there is nothing to choose leads by."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from helpers import NOW, draw_leads, make_firm

from predictor.core.settings import load_settings
from predictor.report.summary import write_summary
from predictor.scoring.answer import Lead
from predictor.scoring.bundle.files import load_bundle
from predictor.scoring.bundle.registry import read_champions
from predictor.scoring.scorer import Scorer
from predictor.scoring.threshold_advice import advise_threshold
from predictor.training.compare import compare_bundle, write_page
from predictor.training.tracking.record import TrainingRecord, describe_training
from predictor.training.train import save_trained, train

ROUTED = re.compile(r"(?i)recommended threshold|hand over (leads|every)|the threshold hands over|finds more")


def toss_coins(*, dated, seed=0):
    """Leads whose outcomes are drawn from nothing."""
    leads, draw = draw_leads(500, seed), np.random.default_rng(seed + 100)
    accepted = draw.random(500) < 0.3
    if not dated:
        return leads.drop(columns=["mql_at", "sql_at"]).assign(outcome=accepted.astype(int))
    sql_at = pd.to_datetime(leads["mql_at"]) + pd.to_timedelta(draw.integers(1, 20, 500), unit="D")
    return leads.assign(sql_at=sql_at.where(accepted).dt.strftime("%Y-%m-%dT%H:%M:%SZ"))


@pytest.fixture(scope="module", params=["dated", "undated"])
def saved(request, tmp_path_factory):
    """A training on coin tosses and where it went."""
    folder, dated = tmp_path_factory.mktemp(request.param), request.param == "dated"
    label = {"horizon_days": 30 if dated else "auto"}
    trained = train(load_settings(make_firm(folder, toss_coins(dated=dated), label=label)))
    return trained, save_trained(trained, folder / "models", now=NOW)


def test_nothing_is_promoted(saved):
    trained, result = saved
    assert "No signal" in trained.verdict.text
    assert not result.promoted
    assert read_champions(result.folder.parent) == []
    assert result.reason.startswith(f"Not promoted, because it did not pass the {trained.verdict.words.name}: ")
    assert result.reason.endswith("`predictor models promote NAME` lets it serve.")


def test_no_threshold_is_recommended_in_card_and_page(saved):
    trained, result = saved
    for name in ("card.md", "report.html"):
        text = trained.files[name]
        assert "No threshold is recommended, because the model found no signal" in text
        assert not ROUTED.search(re.sub(r"(?i)the (points )?gate hands over", "", text.split('id="content"')[0])), name
    assert 'id="choose"' not in trained.files["report.html"]
    page = write_page(load_bundle(result.folder), trained.comparison)
    assert 'id="choose"' not in page


def test_metrics_of_a_run_hold_no_share_routed(saved):
    trained, result = saved
    figures = describe_training(TrainingRecord(result.folder, False, "", json.loads(trained.files["metrics.json"])))
    assert not [name for name in figures if name.startswith(("threshold", "realised"))]
    assert "gate_share_routed" in figures


def test_nothing_is_said_about_ranking_by_luck(saved):
    comparison = saved[0].comparison
    assert len(comparison.tables["volume"]) == len(comparison.tables["gains"]) == 0
    assert "model" not in {way for name in ("gates", "rankings") for way in comparison.tables[name]["way"]}
    assert comparison.limitations[0].startswith("The model found no signal in these leads")
    assert "the model" not in " ".join(comparison.sentences)
    assert "No signal" not in write_summary(comparison, title="Coins")


def test_a_bundle_that_serves_by_hand_says_so_in_every_answer(saved):
    scorer = Scorer.load(saved[1].folder)
    moment = pd.Timestamp("2026-04-01", tz="UTC").to_pydatetime()
    answer = scorer.score_lead(Lead("A", moment, {"industry": "Software"}))
    assert (answer.threshold, answer.decision) == (0.0, "route_to_sales")
    assert [warning.code for warning in answer.warnings] == ["MODEL002"]
    advice, table = advise_threshold(scorer, {"policy": "precision", "precision": 0.4})
    assert (advice.policy, advice.threshold, advice.share_routed) == ("precision", None, None)
    assert all(len(column) == 0 for column in table.values())


def test_a_bundle_compares_points_with_no_model(saved):
    comparison, _ = compare_bundle(load_bundle(saved[1].folder))
    assert comparison.limitations == saved[0].comparison.limitations
