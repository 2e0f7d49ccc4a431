"""Promotion: what has not earned it does not serve, and the champion before is asked on leads new to both."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import NOW
from scipy.special import expit, logit

from predictor.core.errors import Finding
from predictor.core.settings import load_settings
from predictor.model.metrics.metrics import Difference
from predictor.model.verdict_text import describe_verdict
from predictor.scoring.bundle.registry import promote, read_challenger, read_champions
from predictor.scoring.bundle.test_predictions import read_test_predictions
from predictor.training.dataset import StoredLeads
from predictor.training.promotion import judge_promotion
from predictor.training.train import save_trained, train


def with_verdict(trained, verdict):
    return replace(trained, report=replace(trained.report, verdict=verdict))


def test_what_is_worse_than_the_points_does_not_serve(trained, tmp_path):
    assert trained.verdict.rival == "points"
    worse = {**trained.verdict.differences, "points": Difference(0.01, 0.002, 0.02)}
    verdict = replace(trained.verdict, differences=worse)
    saved = save_trained(with_verdict(trained, replace(verdict, text=describe_verdict(verdict))), tmp_path, now=NOW)
    assert not saved.promoted
    assert "did not pass the forward test: '" in saved.reason
    assert "is worse than 'points' on the forward test" in saved.reason
    assert read_champions(tmp_path) == []
    assert (saved.folder / "manifest.json").is_file(), "it is kept as a challenger"


def test_a_firm_without_points_must_beat_the_base_rate(trained):
    unpointed = replace(trained.verdict, test={name: row for name, row in trained.verdict.test.items() if name != "points"})
    assert unpointed.rival == "constant"


@pytest.fixture(scope="module")
def earlier(firm, tmp_path_factory):
    """A champion that was trained when the firm had only the older half of its leads."""
    settings = load_settings(firm / "predictor.toml")
    early = settings.model_copy(update={"data": settings.data.model_copy(update={"observed_until": "2025-07-01"})})
    trained = train(early)
    models = tmp_path_factory.mktemp("models")
    promote(models, save_trained(trained, models, now=NOW.replace(year=2025)).folder.name)
    return models


def test_a_champion_of_a_year_ago_is_asked_on_leads_new_to_both(trained, earlier):
    promoted, reason = judge_promotion(trained.verdict, trained.dataset, trained.split.test, earlier)
    assert promoted
    assert "no worse than" in reason
    assert f"on {len(trained.split.test):,} leads that neither was trained on" in reason


def test_what_is_worse_than_the_champion_does_not_serve(trained, earlier):
    chosen = trained.verdict.chosen
    blind = {**trained.verdict.probability, chosen: np.full(len(trained.verdict.outcome), 0.5)}
    promoted, reason = judge_promotion(replace(trained.verdict, probability=blind), trained.dataset, trained.split.test, earlier)
    assert not promoted
    assert reason.startswith("Not promoted: worse than ")


def test_a_champion_that_cannot_serve_stands_in_nobodys_way(trained, tmp_path):
    (tmp_path / "champion").write_text("gone\n")
    promoted, reason = judge_promotion(trained.verdict, trained.dataset, trained.split.test, tmp_path)
    assert promoted
    assert "the previous champion cannot serve" in reason


@pytest.fixture(scope="module")
def standing(trained, tmp_path_factory):
    """A champion that has seen every lead there is."""
    models = tmp_path_factory.mktemp("standing")
    save_trained(trained, models, now=NOW)
    return models


def _name(trained, chosen):
    differences = {**trained.verdict.differences, "points": Difference(-0.01, -0.02, -0.001)}
    return replace(trained.verdict, chosen=chosen, differences=differences)


def test_a_champion_that_has_learned_from_the_test_leads_is_asked_what_it_said_before(trained, standing):
    """Its forward test is kept in its bundle: the same training again is no worse, and a blunted one of the same candidate is."""
    promoted, reason = judge_promotion(trained.verdict, trained.dataset, trained.split.test, standing)
    assert promoted
    assert "log loss +0.0000" in reason or "log loss -0.0000" in reason
    assert f"on {len(trained.split.test):,} leads that neither was trained on" in reason
    chosen = trained.verdict.chosen
    blunt = {**trained.verdict.probability, chosen: 0.5 * trained.verdict.probability[chosen] + 0.1}
    promoted, reason = judge_promotion(replace(trained.verdict, probability=blunt), trained.dataset, trained.split.test, standing)
    assert not promoted
    assert reason.startswith("Not promoted: worse than ")
    promoted, reason = judge_promotion(_name(trained, "constant"), trained.dataset, trained.split.test, standing)
    assert not promoted, "the base rate must not replace a model because it is newer"


def test_worse_by_next_to_nothing_is_no_worse(trained, standing):
    chosen = trained.verdict.chosen
    near = {**trained.verdict.probability, chosen: 0.995 * trained.verdict.probability[chosen] + 0.001}
    promoted, _ = judge_promotion(replace(trained.verdict, probability=near), trained.dataset, trained.split.test, standing)
    assert promoted


def test_what_cannot_be_compared_does_not_serve_by_itself(trained, standing, tmp_path):
    elsewhere = replace(trained.dataset, outcomes=replace(trained.dataset.outcomes, horizon_days=60.0))
    promoted, reason = judge_promotion(trained.verdict, elsewhere, trained.split.test, standing)
    assert not promoted
    assert "predicts another outcome" in reason
    files = {name: text for name, text in trained.files.items() if name != "forward.json"}
    save_trained(replace(trained, files=files), tmp_path, now=NOW)
    promoted, reason = judge_promotion(trained.verdict, trained.dataset, trained.split.test, tmp_path)
    assert not promoted
    assert f"0 leads of the {len(trained.split.test):,} of the forward test are new to" in reason
    assert "too few to compare the two" in reason


def test_a_champion_that_cannot_score_the_new_leads_is_told(trained, earlier, monkeypatch):
    """A column that has become text: none of the leads can be scored by the old bundle, and nothing breaks."""
    blind = np.full(len(trained.split.test), np.nan)
    monkeypatch.setattr("predictor.training.promotion._score_with_old", lambda *_: blind)
    promoted, reason = judge_promotion(trained.verdict, trained.dataset, trained.split.test, earlier)
    assert not promoted
    assert "Not promoted: 0 leads of the" in reason


def test_what_is_kept_of_the_forward_test_names_nobody(trained):
    text = trained.files["forward.json"]
    frame = trained.dataset.leads.frame.iloc[trained.split.test]
    assert not [lead_id for lead_id in frame["lead_id"] if lead_id in text]
    np.testing.assert_allclose(read_test_predictions(text, frame), trained.verdict.probability[trained.verdict.chosen], rtol=1e-8)
    assert np.isnan(read_test_predictions(text, frame.assign(mql_at=frame["mql_at"] + pd.Timedelta(days=1)))).all()


def test_what_is_not_promoted_scores_in_the_shadow(trained, earlier):
    chosen = trained.verdict.chosen
    blind = {**trained.verdict.probability, chosen: np.full(len(trained.verdict.outcome), 0.5)}
    saved = save_trained(with_verdict(trained, replace(trained.verdict, probability=blind)), earlier, now=NOW)
    assert not saved.promoted
    assert saved.reason.endswith("It is the challenger now: it scores in the shadow of the champion.")
    assert read_challenger(earlier) == saved.folder.name
    assert read_champions(earlier)[0] != saved.folder.name


@pytest.mark.parametrize("recalibrated", [False, True])
def test_a_champion_that_only_ranks_makes_way_for_the_same_at_the_level_of_now(trained, earlier, monkeypatch, recalibrated):
    calibration_warning = Finding("MODEL001", "warning", "It only ranks.", do="")
    monkeypatch.setattr("predictor.scoring.loaded_bundle.read_calibration_warning", lambda _: calibration_warning)
    moved = expit(logit(trained.verdict.probability[trained.verdict.chosen]) - 0.8)
    verdict = replace(trained.verdict, probability={**trained.verdict.probability, trained.verdict.chosen: moved})
    split = trained.split
    promoted, reason = judge_promotion(verdict, trained.dataset, split.test, earlier, recalibrated=recalibrated)
    assert promoted == recalibrated
    assert ("only ranks, and this ranks no worse" in reason) == promoted
    assert promoted or reason.endswith("`predictor models promote NAME` lets it serve.")


def test_what_learned_only_from_leads_that_a_model_chose_does_not_serve(trained, earlier):
    selected = replace(trained.dataset, stored=StoredLeads(held_back=752))
    promoted, reason = judge_promotion(trained.verdict, selected, trained.split.test, earlier)
    assert not promoted
    assert "nothing is known of 752 leads that the model held back" in reason
