"""Leads, features and predictions as frames that a notebook takes apart: the same figures as the training's own."""

from dataclasses import replace

import numpy as np
import pytest

from predictor.model.metrics.metrics import compute_metrics


@pytest.fixture(scope="module")
def frame(trained):
    return trained.dataset.to_frame(split=True)


def test_each_lead_has_a_row_with_what_it_is_for(trained, frame):
    dataset, split = trained.dataset, trained.split
    assert list(frame.columns[:5]) == ["lead_id", "mql_at", "outcome", "part", "fold"]
    assert list(frame["lead_id"]) == list(dataset.leads.frame["lead_id"])
    assert np.array_equal(np.flatnonzero(frame["part"] == "test"), np.sort(split.test))
    assert np.array_equal(np.flatnonzero(frame["part"] == "fit"), np.sort(split.fit))
    assert frame["outcome"].isna().sum() == dataset.outcomes.pending
    folds = frame.groupby("fold")["mql_at"].agg(["min", "max"])
    assert list(folds.index) == [0, 1, 2, 3]
    assert (folds["max"].to_numpy()[:-1] <= folds["min"].to_numpy()[1:]).all(), "folds follow one another in time"
    assert set(frame.loc[frame["fold"].notna(), "part"]) == {"fit"}


def test_features_are_named_and_categories_are_words(trained, frame):
    raw = trained.dataset.leads.frame
    assert frame["industry"].dtype == "category"
    known = raw["industry"].isin(frame["industry"].cat.categories)
    assert known.any()
    assert (frame["industry"].astype(object)[known] == raw["industry"][known]).all()
    assert set(frame["industry"][~known & raw["industry"].notna()]) <= {"other"}
    assert any(name.startswith("events/") for name in frame)
    assert list(frame["points/total"]) == pytest.approx(list(trained.dataset.points.total))


def test_without_a_split_the_features_are_those_of_the_final_model(trained):
    frame = trained.dataset.to_frame()
    assert not {"part", "fold"} & set(frame)
    features, _ = trained.dataset.fit_features(trained.dataset.outcomes.training)
    assert list(frame.columns[3:]) == features.names


def test_test_leads_carry_the_probabilities_of_the_verdict(trained):
    leads = trained.test_leads
    assert list(leads["lead_id"]) == list(trained.dataset.leads.frame["lead_id"].iloc[trained.split.test])
    assert leads["mql_at"].is_monotonic_increasing
    for name, figures in trained.verdict.test.items():
        assert compute_metrics(leads["outcome"].to_numpy(), leads[f"probability_{name}"].to_numpy()) == figures


@pytest.mark.parametrize("name", ["points", "odoo_pls", "logistic", "lightgbm", "lightgbm_on_points"])
def test_parts_add_up_to_the_probability_that_was_tested(trained, name):
    explained = trained.explain(name)
    score = explained.values.sum(axis="columns") + explained.base
    calibrated = trained.models[name].calibrator.predict(score.to_numpy())
    assert calibrated == pytest.approx(trained.verdict.probability[name], abs=1e-9)
    assert list(explained.values.index) == list(trained.test_leads["lead_id"])
    assert explained.data.shape == explained.values.shape
    assert "SHAP" in (type(explained).__doc__ or "")


def test_the_package_shap_takes_them(trained):
    explained = trained.explain("lightgbm")
    explanation = explained.to_shap()
    assert explanation.shape == explained.values.shape
    assert np.array_equal(explanation.values, explained.values.to_numpy())
    strongest = explanation.feature_names[int(np.argmax(np.abs(explanation.values).mean(axis=0)))]
    assert strongest == explained.values.abs().mean().idxmax()
    assert explanation.display_data[0, explanation.feature_names.index("industry")] == explained.data["industry"].iloc[0]


def test_shap_is_asked_for_where_it_is_missing(trained, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "shap", None)
    with pytest.raises(Exception, match="pip install shap"):
        trained.explain().to_shap()


def test_the_booster_is_that_of_the_final_trees(trained):
    model = trained.models["lightgbm"]
    with_trees = replace(trained, final=model)
    assert with_trees.booster is model.model.booster_
    assert with_trees.booster.num_trees() > 0
    without = replace(trained, final=trained.models["logistic"])
    with pytest.raises(AttributeError, match="has no trees of LightGBM"):
        _ = without.booster


def test_a_candidate_that_is_not_there_is_named(trained):
    with pytest.raises(KeyError, match="no candidate 'nobody'; there are 'constant', 'points'"):
        trained.explain("nobody")
