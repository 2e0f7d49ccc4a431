"""What teaches is older than what tests, by as long as outcomes take to be known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from predictor.core.settings import load_settings
from predictor.model.calibrated_model import fit_calibrated
from predictor.model.choose_candidate import compare_candidates, read_chosen
from predictor.model.judge import compute_forward_thresholds, judge_candidates
from predictor.model.sample import make_sample_folds
from predictor.model.threshold.recommend import recommend_threshold
from predictor.training.from_tables import load_dataset


@pytest.fixture(scope="module")
def pending(firm):
    """The firm's settings by what is done with pending leads."""
    settings = load_settings(firm / "predictor.toml")
    return {
        name: settings.model_copy(update={"label": settings.label.model_copy(update={"pending": name})})
        for name in ("drop", "weight", "odds")
    }


def test_the_test_block_is_newer_by_the_horizon_than_what_taught(pending):
    dataset = load_dataset(pending["drop"])
    split = dataset.split()
    moments = dataset.leads.frame["mql_at"].to_numpy()
    gap = np.timedelta64(int(dataset.outcomes.horizon_days * 86_400), "s")
    assert dataset.outcomes.horizon_days == 30
    assert moments[split.fit].max() <= moments[split.test].min() - gap
    assert dataset.outcomes.mature[split.fit].all()
    assert dataset.outcomes.mature[split.test].all()


@pytest.mark.parametrize("way", ["weight", "odds"])
def test_pending_leads_teach_what_was_known_when_the_test_block_began(pending, way):
    dataset = load_dataset(pending[way])
    split, dropped = dataset.split(), load_dataset(pending["drop"]).split()
    np.testing.assert_array_equal(split.test, dropped.test)
    assert set(dropped.fit) < set(split.fit)
    features, _ = dataset.fit_features(split.fit)
    sample = dataset.sample(split.fit, features, as_of=split.starts)
    frame = dataset.leads.frame.iloc[split.fit]
    begins = dataset.leads.frame["mql_at"].iloc[split.test].min()
    assert frame["mql_at"].max() < begins
    known = (frame["sql_at"] <= begins) & (frame["sql_at"] <= frame["mql_at"] + pd.Timedelta(days=30))
    np.testing.assert_array_equal(sample.outcome, known)
    matured = (frame["mql_at"] + pd.Timedelta(days=30) <= begins).to_numpy()
    if way == "odds":
        assert (sample.weight[matured | known] == 1).all()
        assert (sample.weight[~matured & ~known] < 1).mean() > 0.5
    else:
        assert (sample.weight[matured | known] >= 1).all()
        assert (sample.weight[~matured & ~known] == 0).all()
        assert sample.weight.mean() == pytest.approx(1, abs=0.05)


def test_each_fold_is_newer_by_the_horizon_than_its_training_leads(pending):
    dataset = load_dataset(pending["drop"])
    features, _ = dataset.fit_features(dataset.split().fit)
    sample = dataset.sample(dataset.split().fit, features)
    folds = make_sample_folds(sample, folds=dataset.settings.split.folds, gap=dataset.gap)
    assert len(folds) == 4
    for fit, predicted in folds:
        assert sample.order[fit].max() <= sample.order[predicted].min() - dataset.outcomes.horizon_days


def test_no_choice_looks_at_the_test_block(trained):
    """Candidate, calibrator and threshold come out the same whatever became of the test leads."""
    dataset, split, settings = trained.dataset, trained.split, trained.dataset.settings
    features, _ = dataset.fit_features(split.fit)
    fit, test = dataset.sample(split.fit, features, as_of=split.starts), dataset.sample(split.test, features)
    turned = replace(test, outcome=1 - test.outcome)
    folds = make_sample_folds(fit, folds=settings.split.folds, gap=dataset.gap)
    models = {name: fit_calibrated(name, fit, folds, settings.model.seed) for name in ("points", "logistic")}
    chosen = read_chosen(compare_candidates(models, fit))
    verdicts = [
        judge_candidates(models, chosen, fit=fit, test=sample, routed=None, settings=settings) for sample in (test, turned)
    ]
    assert verdicts[0].threshold == verdicts[1].threshold
    assert verdicts[0].test != verdicts[1].test
    for name in models:
        np.testing.assert_array_equal(verdicts[0].probability[name], verdicts[1].probability[name])
    expected = recommend_threshold(compute_forward_thresholds(models[chosen], fit, settings), settings.threshold)
    assert verdicts[0].threshold == expected


def test_the_card_says_which_figures_are_of_the_forward_test(trained):
    assert "forward test" in trained.files["card.md"].lower()
    assert f"{trained.dataset.describe_fit()['n']:,}" in trained.files["card.md"]
