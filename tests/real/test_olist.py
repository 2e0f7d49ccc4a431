"""A real set with dates of MQL and of winning: the forward run with real maturity."""

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from predictor.core.settings import make_settings
from predictor.training.train import train

HERE = Path(__file__).parent
FROM = "2018-01-01"  # no deal is dated before December 2017, so that earlier MQLs look lost


def make_olist(real_data, at, **sections):
    folder = real_data / "olist"
    leads = pd.read_csv(folder / "olist_marketing_qualified_leads_dataset.csv", dtype="str")
    deals = pd.read_csv(folder / "olist_closed_deals_dataset.csv", dtype="str")[["mql_id", "won_date"]]
    table = leads[leads["first_contact_date"] >= FROM].merge(deals, on="mql_id", how="left", validate="one_to_one")
    if "split" in sections:  # without a gap, and with the weekday of the first contact beside its origin and landing page
        table["weekday"] = pd.to_datetime(table["first_contact_date"]).dt.day_name()
    table.to_csv(at / "olist.csv", index=False)
    content = tomllib.loads((HERE / "olist.toml").read_text())
    return make_settings({**content, **{name: content.get(name, {}) | values for name, values in sections.items()}}, folder=at)


@pytest.fixture(scope="module")
def settings(real_data, tmp_path_factory):
    return make_olist(real_data, tmp_path_factory.mktemp("olist"))


@pytest.fixture(scope="module")
def trained(settings):
    return train(settings)


@pytest.fixture(scope="module")
def dropped(settings):
    """Trained on leads whose horizon has ended, and no others."""
    return train(settings.model_copy(update={"label": settings.label.model_copy(update={"pending": "drop"})}))


@pytest.fixture(scope="module")
def trained_without_gap(real_data, tmp_path_factory):
    """As others have tested on these leads: all outcomes known, the newest 30 % after the others."""
    return train(make_olist(real_data, tmp_path_factory.mktemp("olist"), split={"test_share": 0.3, "gap_days": 0}))


def test_the_base_rate_is_the_published_one(trained):
    dataset = trained.dataset
    assert len(dataset.leads.frame) == pytest.approx(5998, abs=5)
    assert dataset.outcomes.outcome[dataset.outcomes.mature].mean() == pytest.approx(0.113, abs=0.005)
    assert any(finding.code == "LEAD005" and "1 row" in finding.what for finding in trained.findings)


def test_a_weak_signal_is_called_weak_and_not_overfitted(trained):
    test = trained.verdict.test
    assert set(test) == {"constant", "odoo_pls", "logistic", "lightgbm", "blend"}
    assert 0.62 <= max(figures["auc"] for figures in test.values()) <= 0.75
    assert test["logistic"]["log_loss"] < test["constant"]["log_loss"] + 0.002


def test_pending_leads_make_five_months_enough_to_choose_on(trained, dropped):
    """With a horizon of ninety days, three of the months are pending: what is known of them tells the models apart."""
    assert not any(finding.code == "TRAIN003" for finding in trained.findings)
    assert trained.verdict.chosen == "logistic"
    assert trained.verdict.found_signal
    assert not trained.verdict.earned, "by its log loss it cannot be told from the base rate"
    assert replace(trained.verdict, on_average=True).earned
    np.testing.assert_array_equal(trained.split.test, dropped.split.test)
    kept, left = (one.verdict.test[one.verdict.chosen] for one in (trained, dropped))
    assert kept["log_loss"] < left["log_loss"]
    assert trained.verdict.realised.conversion > 1.8 * left["base_rate"]


def test_without_them_five_months_are_too_short_for_forward_folds(dropped):
    """Three months of them are the gap: what was learned is shown, and nothing learned is chosen."""
    assert dropped.verdict.chosen == "constant"
    assert any(finding.code == "TRAIN003" for finding in dropped.findings)
    assert "too little time, to choose a learned candidate" in dropped.verdict.text


def test_the_test_block_waits_for_the_horizon(dropped):
    moments = dropped.dataset.leads.frame["mql_at"]
    gap = moments.iloc[dropped.split.test].min() - moments.iloc[dropped.split.fit].max()
    assert gap >= pd.Timedelta(days=90)


def test_what_was_chosen_without_a_gap_is_not_what_tuning_flattered(trained_without_gap):
    """Trees that were tuned look better on what tuned them; here a line carries as much.

    The share accepted rises in the forward folds and falls in the test, which no calibrator can know: the log loss is between
    0.280 and 0.290 by the level that the folds leave (0.2805 for the bare score), and that of the constant is 0.304.
    """
    verdict = trained_without_gap.verdict
    assert verdict.chosen == "logistic"
    assert verdict.test["logistic"]["log_loss"] <= 0.2875
    assert verdict.differences["constant"].high < -0.005
