"""Promotion: what has not earned it does not serve, and the champion before is asked on leads new to both."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import NOW

from predictor.bundle import promote, read_champions
from predictor.config import load_settings
from predictor.model.metrics import Difference
from predictor.promotion import judge_promotion
from predictor.train import save_trained, train


def test_what_is_worse_than_the_points_does_not_serve(trained, tmp_path):
    assert trained.verdict.rival == "points"
    worse = {**trained.verdict.differences, "points": Difference(0.01, 0.002, 0.02)}
    lost = replace(trained, verdict=replace(trained.verdict, differences=worse))
    saved = save_trained(lost, tmp_path, now=NOW)
    assert not saved.promoted
    assert "has not earned it: '" in saved.reason
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
    promoted, reason = judge_promotion(trained.verdict, trained.study, trained.split.test, earlier)
    assert promoted
    assert "no worse than" in reason
    assert f"on {len(trained.split.test):,} leads new to both" in reason


def test_what_is_worse_than_the_champion_does_not_serve(trained, earlier):
    chosen = trained.verdict.chosen
    blind = {**trained.verdict.probability, chosen: np.full(len(trained.verdict.outcome), 0.5)}
    promoted, reason = judge_promotion(replace(trained.verdict, probability=blind), trained.study, trained.split.test, earlier)
    assert not promoted
    assert reason.startswith("Not promoted: worse than ")


def test_a_champion_that_cannot_serve_stands_in_nobodys_way(trained, tmp_path):
    (tmp_path / "champion").write_text("gone\n")
    promoted, reason = judge_promotion(trained.verdict, trained.study, trained.split.test, tmp_path)
    assert promoted
    assert "the champion before cannot serve" in reason


@pytest.fixture(scope="module")
def standing(trained, tmp_path_factory):
    """A champion that has seen every lead there is."""
    models = tmp_path_factory.mktemp("standing")
    save_trained(trained, models, now=NOW)
    return models


def _name(trained, chosen):
    differences = {**trained.verdict.differences, "points": Difference(-0.01, -0.02, -0.001)}
    return replace(trained.verdict, chosen=chosen, differences=differences)


def test_a_champion_that_has_seen_the_test_leads_is_learned_afresh(trained, standing):
    promoted, reason = judge_promotion(trained.verdict, trained.study, trained.split.test, standing)
    assert promoted
    assert f"'{trained.verdict.chosen}' learned afresh standing in for it" in reason
    promoted, reason = judge_promotion(_name(trained, "constant"), trained.study, trained.split.test, standing)
    assert not promoted, "the base rate must not replace a model because it is newer"
    assert reason.startswith("Not promoted: worse than ")


def test_what_cannot_be_compared_does_not_serve_by_itself(trained, standing):
    others = {name: values for name, values in trained.verdict.probability.items() if name != trained.verdict.chosen}
    untried = replace(_name(trained, "points"), probability=others)
    promoted, reason = judge_promotion(untried, trained.study, trained.split.test, standing)
    assert not promoted
    assert "was not tried again, so the two cannot be compared" in reason
    elsewhere = replace(trained.study, horizon_days=60.0)
    promoted, reason = judge_promotion(trained.verdict, elsewhere, trained.split.test, standing)
    assert not promoted
    assert "speaks of another outcome" in reason
