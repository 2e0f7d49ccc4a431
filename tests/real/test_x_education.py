"""The whole training on a real set: 9,240 leads whose hand-set points came with them."""

import tomllib
from pathlib import Path

import pytest

from predictor.core.settings import make_settings
from predictor.core.wording import format_weekly
from predictor.training.train import train

HERE = Path(__file__).parent
NO_LEAK = 0.95


@pytest.fixture(scope="module")
def trained(real_data):
    content = tomllib.loads((HERE / "x_education.toml").read_text())
    return train(make_settings(content, folder=real_data))


def test_lightgbm_ranks_and_believes_as_well_as_can_be_had_without_leaks(trained):
    figures = trained.verdict.test["lightgbm"]
    assert figures["n"] == pytest.approx(0.3 * 9240, abs=2)
    assert 0.925 <= figures["auc"] <= NO_LEAK
    assert figures["log_loss"] <= 0.338
    assert trained.verdict.chosen == "lightgbm"


def test_probabilities_hold_forward_in_time(trained):
    figures, judged = trained.verdict.test["lightgbm"], trained.verdict.calibration
    assert 0.85 <= figures["calibration_slope"] <= 1.15
    assert figures["ece"] <= 2 * judged.noise.mean
    assert judged.verdict == "calibrated"
    assert trained.verdict.calibration_warning is None


def test_no_candidate_is_so_good_that_it_must_leak(trained):
    assert all(figures["auc"] <= NO_LEAK for figures in trained.verdict.test.values())


def test_points_and_constant_stand_in_the_same_table(trained):
    test = trained.verdict.test
    assert set(test) == {"constant", "points", "odoo_pls", "logistic", "lightgbm", "lightgbm_on_points", "blend"}
    assert test["constant"]["auc"] == 0.5
    assert 0.6 < test["points"]["auc"] < 0.8
    assert test["lightgbm"]["log_loss"] < test["logistic"]["log_loss"] < test["points"]["log_loss"] < test["constant"]["log_loss"]


def test_the_tables_tell_what_the_points_are_worth_and_what_the_model_gains(trained):
    tables = trained.comparison.tables
    rankings = tables["rankings"].set_index("way")
    points, model = rankings.loc["points"], rankings.loc["model"]
    assert 1000 < points["leads"] < 2772, "of scored rows only"
    assert 0.68 <= points["auc"] <= 0.73
    assert model["difference_low"] > 0.15
    ever = tables["rankings_ever"].iloc[0]
    assert ever["leads"] == 5022
    assert ever["auc_low"] < 0.663 < ever["auc_high"]
    assert ever["auc"] == pytest.approx(0.663, abs=0.001)
    volume = tables["volume"].set_index("way")
    assert volume.loc["model", "told"] == "better"
    assert 0 < volume.loc["model", "difference_low"] < volume.loc["model", "difference"] < volume.loc["model", "difference_high"]
    assert any("the model is better than the points" in sentence for sentence in trained.comparison.sentences)
    assert "No gate is named" in trained.comparison.limitations[0]


def test_the_page_tells_it_with_intervals(trained):
    page = trained.files["report.html"].split("<script")[0].replace("\u00a0", " ")
    ever = trained.comparison.tables["rankings_ever"].iloc[0]
    gap = trained.comparison.tables["volume"].set_index("way").loc["model"]
    hundreds = len(trained.verdict.outcome) / 100
    low, high = (format_weekly(gap[f"difference_{end}"] / hundreds) for end in ("low", "high"))
    assert "Use the model to choose leads, in place of your points" in page
    assert "eeps the wanted conversion" not in page, "40 % of all leads become SQLs, so no gate can"
    assert f"the points rank at AUC {ever['auc']:.3f} (95 %: {ever['auc_low']:.3f} to {ever['auc_high']:.3f})" in page
    assert f"the model surely finds more: {low} to {high} SQLs of every 100 leads (95 % interval)" in page
    assert "Leads of every 100 leads" in page, "they carry no dates"


def test_the_test_block_is_the_newest_and_its_features_are_no_leaks(trained):
    order = trained.dataset.outcomes.order
    assert order[trained.split.fit].max() < order[trained.split.test].min()
    named = {feature.name for feature in trained.dataset.fit_features(trained.split.fit)[0].features}
    assert not named & {
        "Tags",
        "Lead Quality",
        "Lead Profile",
        "Last Activity",
        "Last Notable Activity",
        "Lead Number",
        "Converted",
    }
    assert {"points/total", "Lead Source", "Total Time Spent on Website"} <= named


def test_the_leaking_columns_are_denied_by_name_where_nobody_names_them(real_data):
    content = tomllib.loads((HERE / "x_education.toml").read_text())
    content["roles"].pop("ignore")
    content["model"] = {"candidates": ["constant", "points"]}
    found = train(make_settings(content, folder=real_data)).findings
    denied = {finding.column for finding in found if "It is no feature as it is: " in finding.do}
    assert denied == {"Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}
