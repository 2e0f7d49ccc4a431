"""What teaches is older than what tests, by as long as outcomes take to be known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from predictor.core.settings import load_settings
from predictor.model.calibrated_model import fit_recipe
from predictor.model.choose_candidate import compare_recipes, find_chosen
from predictor.model.eligible import make_rehearsal
from predictor.model.threshold.recommend import recommend_threshold
from predictor.model.verdict import judge_recipes, rehearse_thresholds
from predictor.training.from_tables import load_study


@pytest.fixture(scope="module")
def pending(firm):
    """The firm's settings by what is done with pending leads."""
    asked = load_settings(firm / "predictor.toml")
    return {
        name: asked.model_copy(update={"label": asked.label.model_copy(update={"pending": name})})
        for name in ("drop", "weight", "odds")
    }


def test_the_test_block_is_newer_by_the_horizon_than_what_taught(pending):
    study = load_study(pending["drop"])
    split = study.split()
    moments = study.leads.frame["mql_at"].to_numpy()
    gap = np.timedelta64(int(study.horizon_days * 86_400), "s")
    assert study.horizon_days == 30
    assert moments[split.fit].max() <= moments[split.test].min() - gap
    assert study.mature[split.fit].all()
    assert study.mature[split.test].all()


@pytest.mark.parametrize("way", ["weight", "odds"])
def test_pending_leads_teach_what_was_known_when_the_test_block_began(pending, way):
    study = load_study(pending[way])
    split, dropped = study.split(), load_study(pending["drop"]).split()
    np.testing.assert_array_equal(split.test, dropped.test)
    assert set(dropped.fit) < set(split.fit)
    features, _ = study.fit_features(split.fit)
    block = study.block(split.fit, features, known_at=split.starts)
    frame = study.leads.frame.iloc[split.fit]
    begins = study.leads.frame["mql_at"].iloc[split.test].min()
    assert frame["mql_at"].max() < begins
    known = (frame["sql_at"] <= begins) & (frame["sql_at"] <= frame["mql_at"] + pd.Timedelta(days=30))
    np.testing.assert_array_equal(block.outcome, known)
    matured = (frame["mql_at"] + pd.Timedelta(days=30) <= begins).to_numpy()
    if way == "odds":
        assert (block.weight[matured | known] == 1).all()
        assert (block.weight[~matured & ~known] < 1).mean() > 0.5
    else:
        assert (block.weight[matured | known] >= 1).all()
        assert (block.weight[~matured & ~known] == 0).all()
        assert block.weight.mean() == pytest.approx(1, abs=0.05)


def test_each_rehearsal_is_newer_by_the_horizon_than_what_taught(pending):
    study = load_study(pending["drop"])
    features, _ = study.fit_features(study.split().fit)
    block = study.block(study.split().fit, features)
    folds = study.rehearsal(block)
    assert len(folds) == 4
    for fit, predicted in folds:
        assert block.order[fit].max() <= block.order[predicted].min() - study.horizon_days


def test_no_choice_looks_at_the_test_block(trained):
    """Candidate, calibrator and threshold come out the same whatever became of the test leads."""
    study, split, asked = trained.study, trained.split, trained.study.settings
    features, _ = study.fit_features(split.fit)
    fit, test = study.block(split.fit, features, known_at=split.starts), study.block(split.test, features)
    turned = replace(test, outcome=1 - test.outcome)
    folds = make_rehearsal(fit, folds=asked.split.folds, gap=study.gap)
    recipes = {name: fit_recipe(name, fit, folds, asked.model.seed) for name in ("points", "logistic")}
    chosen = find_chosen(compare_recipes(recipes, fit))
    verdicts = [judge_recipes(recipes, chosen, fit=fit, test=block, routed=None, settings=asked) for block in (test, turned)]
    assert verdicts[0].threshold == verdicts[1].threshold
    assert verdicts[0].test != verdicts[1].test
    for name in recipes:
        np.testing.assert_array_equal(verdicts[0].probability[name], verdicts[1].probability[name])
    expected = recommend_threshold(rehearse_thresholds(recipes[chosen], fit, asked), asked.threshold)
    assert verdicts[0].threshold == expected


def test_the_card_says_which_figures_are_of_the_forward_test(trained):
    assert "forward test" in trained.files["card.md"].lower()
    assert f"{trained.study.describe_fit()['n']:,}" in trained.files["card.md"]
