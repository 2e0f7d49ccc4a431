"""Thresholds: a table worked by hand, policies on tables made for them, and the verdict on a gate."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.config import make_settings
from predictor.errors import SettingsError, TrainingError
from predictor.model.metrics import wilson
from predictor.model.threshold import (
    compute_thresholds,
    export_thresholds,
    import_thresholds,
    recommend_threshold,
    with_value,
)

COLUMNS = [
    *["threshold", "leads", "leads_per_week", "share_routed", "conversion", "conversion_low", "conversion_high"],
    *["sqls_caught", "sqls_per_week", "value"],
]


def make_policy(policy="band", **numbers):
    return make_settings({"threshold": {"policy": policy, **numbers}}).threshold


def make_groups(*groups, weeks=10.0):
    """A table of leads in groups (probability, leads, accepted)."""
    probability = np.repeat([p for p, _, _ in groups], [n for _, n, _ in groups])
    outcome = np.concatenate([np.arange(n) < accepted for _, n, accepted in groups]).astype(float)
    return compute_thresholds(outcome, probability, weeks=weeks)


def draw_leads(n, seed=0):
    random = np.random.default_rng(seed)
    probability = random.beta(1, 6, n)
    return (random.random(n) < probability).astype(float), probability


def test_table_by_hand():
    table = compute_thresholds([0, 1, 0, 1, 1], [0.1, 0.3, 0.3, 0.3, 0.8], weeks=2, amount=100, cost=20)
    assert list(table) == COLUMNS
    assert table["threshold"].tolist() == [0, 0.3, 0.8]
    assert table["leads"].tolist() == [5, 4, 1]
    assert table["leads_per_week"].tolist() == [2.5, 2, 0.5]
    assert table["share_routed"].tolist() == [1, 0.8, 0.2]
    assert table["conversion"].tolist() == [0.6, 0.75, 1]
    assert table["conversion_low"].tolist() == pytest.approx(wilson([3, 3, 1], [5, 4, 1])[0])
    assert table["conversion_high"].tolist() == pytest.approx(wilson([3, 3, 1], [5, 4, 1])[1])
    assert table["sqls_caught"].tolist() == pytest.approx([1, 1, 1 / 3])
    assert table["sqls_per_week"].tolist() == [1.5, 1.5, 0.5]
    assert table["value"].tolist() == [100, 110, 40]


def test_counts_are_those_of_the_number_shown():
    # 0.12347 is cut to 0.1234, which 0.12344 reaches too; rounded up to 0.1235 it would reach neither.
    table = compute_thresholds([0, 0, 1], [0.05, 0.12344, 0.12347], weeks=1)
    assert table["threshold"].tolist() == [0, 0.1234]
    assert table["leads"].tolist() == [3, 2]
    assert compute_thresholds([0, 1], [0.5, 0.99999], weeks=1)["threshold"].tolist() == [0, 0.9999]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=300), st.randoms())
def test_every_row_counts_what_reaches_its_threshold(probability, random):
    outcome = [random.randint(0, 1) for _ in probability]
    table = compute_thresholds(outcome, probability, weeks=1)
    assert table["threshold"].iloc[0] == 0
    assert len(table) <= 200
    assert (np.diff(table["leads"]) < 0).all()
    for row in table.itertuples():
        routed = np.array(probability) >= row.threshold
        assert row.leads == routed.sum() > 0
        assert row.conversion == pytest.approx(np.array(outcome)[routed].mean())
    drawn = random.sample(range(len(outcome)), len(outcome))
    pd.testing.assert_frame_equal(
        table, compute_thresholds([outcome[i] for i in drawn], [probability[i] for i in drawn], weeks=1)
    )


def test_thresholds_of_large_weights():
    """Conversions by weight, intervals by the effective number, leads by the true volume."""
    probability, outcome, weight = [0.1, 0.1, 0.5, 0.5, 0.5, 0.9], [0, 0, 1, 0, 0, 0], [3, 0, 1, 3, 0, 0]
    table = compute_thresholds(outcome, probability, weeks=2, weight=weight)
    assert table["threshold"].tolist() == [0, 0.5]
    assert table["leads"].tolist() == [6, 4]
    assert table["leads_per_week"].tolist() == [3, 2]
    assert table["conversion"].tolist() == pytest.approx([1 / 7, 1 / 4])
    assert table["sqls_caught"].tolist() == [1, 1]
    assert table["sqls_per_week"].tolist() == pytest.approx([3 / 7, 2 / 4])
    for row, effective in zip(table.itertuples(), (49 / 19, 16 / 10), strict=True):
        low, high = wilson(row.conversion * effective, effective)
        assert (row.conversion_low, row.conversion_high) == pytest.approx((low, high))


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1), st.sampled_from([0, 0.001, 0.3, 0.9, 1])), min_size=1, max_size=60))
def test_intervals_of_small_weights_rest_on_their_sum(rows):
    probability, outcome, weight = np.array([*rows, (0.5, 1, 1.0)]).T
    table = compute_thresholds(outcome, probability, weeks=1, weight=weight)
    for row in table.itertuples():
        routed = probability >= row.threshold
        low, high = wilson((weight * outcome)[routed].sum(), weight[routed].sum())
        assert (row.conversion_low, row.conversion_high) == pytest.approx((low, high), abs=1e-9)


def test_long_tables_are_thinned_by_rank():
    table = compute_thresholds(*draw_leads(5000), weeks=26)
    assert 190 <= len(table) <= 200
    assert table["leads"].iloc[-1] == 1
    assert np.abs(np.diff(table["share_routed"])).max() < 0.01


def test_figures_that_cannot_be_told_are_missing():
    table = compute_thresholds([0, 0], [0.1, 0.2], weeks=None, amount=5)
    assert table[["leads_per_week", "sqls_per_week", "value", "sqls_caught"]].isna().all(axis=None)
    assert compute_thresholds([0, 1], [0.1, 0.2], weeks=1)["value"].isna().all()


@pytest.mark.parametrize("weeks", [0, -1.0, float("nan")])
def test_impossible_period_is_refused(weeks):
    with pytest.raises(TrainingError, match=r"must be above 0 weeks.*None where leads carry no dates"):
        compute_thresholds([0, 1], [0.1, 0.2], weeks=weeks)


def test_refusals_of_leads_come_through():
    with pytest.raises(TrainingError, match="Probabilities must lie between 0 and 1"):
        compute_thresholds([0, 1], [0.1, 2], weeks=1)


@pytest.mark.parametrize("weeks", [None, 4.0])
def test_table_survives_json(weeks):
    table = compute_thresholds(*draw_leads(300), weeks=weeks)
    text = json.dumps(export_thresholds(table), allow_nan=False)
    again = import_thresholds(json.loads(text))
    pd.testing.assert_frame_equal(again, table)
    recommendation = recommend_threshold(again, make_policy())
    assert recommendation == recommend_threshold(table, make_policy())
    json.dumps(asdict(recommendation), allow_nan=False)


def test_value_can_be_asked_later():
    outcome, probability = draw_leads(300)
    table = compute_thresholds(outcome, probability, weeks=4)
    given_at_once = compute_thresholds(outcome, probability, weeks=4, amount=900, cost=100)
    pd.testing.assert_frame_equal(with_value(table, 900, 100), given_at_once)
    assert table["value"].isna().all()
    assert with_value(given_at_once, 0, 0)["value"].isna().all()


def test_band_takes_the_lowest_threshold_that_new_leads_should_keep():
    table = make_groups((0.05, 2000, 52), (0.1, 700, 84), (0.25, 700, 154), (0.3, 600, 170))
    assert table["conversion"].tolist() == pytest.approx([0.115, 0.204, 324 / 1300, 170 / 600])
    assert table["conversion_low"].iloc[1] < 0.2  # in the band on these leads, but new ones may well be below
    chosen = recommend_threshold(table, make_policy())
    assert (chosen.policy, chosen.threshold, chosen.holds) == ("band", 0.25, True)
    assert chosen.leads_per_week == 130
    assert chosen.share_routed == 0.325
    assert chosen.conversion == pytest.approx(324 / 1300)
    assert 0.20 <= chosen.conversion_low < chosen.conversion < chosen.conversion_high
    assert chosen.sqls_caught == pytest.approx(324 / 460)
    assert chosen.value is None
    assert chosen.text == (
        "Hand over leads with a probability of 0.25 or more, 130 a week, 32 % of all, of which 25 % (23 to 27 %) become SQLs: "
        "70 % of all SQLs; this keeps the band of 20 to 30 %."
    )


def test_band_that_only_these_leads_keep():
    chosen = recommend_threshold(make_groups((0.05, 100, 2), (0.2, 40, 9)), make_policy())
    assert (chosen.threshold, chosen.holds) == (0.2, False)
    assert chosen.conversion_low < 0.2 < chosen.conversion
    assert chosen.text.endswith("this keeps the band of 20 to 30 % here, but on too few leads to be sure of new ones.")


@pytest.mark.parametrize(
    ("groups", "threshold"),
    [
        ([(0.05, 500, 20), (0.1, 500, 60), (0.2, 500, 80)], 0.2),  # 16 % at the top
        ([(0.05, 5000, 100), (0.5, 500, 200)], 0.5),  # 5 % or 40 %: 10 points above are nearer than 15 below
        ([(0.05, 500, 50), (0.1, 500, 50)], 0.0),  # 10 % wherever one looks: most leads
    ],
)
def test_band_out_of_reach_takes_the_nearest(groups, threshold):
    chosen = recommend_threshold(make_groups(*groups), make_policy())
    assert (chosen.threshold, chosen.holds) == (threshold, False)
    assert "no threshold keeps the band of 20 to 30 %, this comes nearest" in chosen.text


def test_band_below_what_all_leads_convert():
    chosen = recommend_threshold(make_groups((0.3, 200, 70), (0.6, 200, 120)), make_policy())
    assert (chosen.threshold, chosen.share_routed, chosen.holds) == (0.0, 1.0, False)
    assert chosen.text.startswith("Hand over every lead, 40 a week, of which 48 % (43 to 52 %) become SQLs")
    assert "even all leads together convert above the band" in chosen.text


def test_band_that_all_leads_keep():
    chosen = recommend_threshold(make_groups((0.2, 2000, 440), (0.3, 2000, 560)), make_policy())
    assert (chosen.threshold, chosen.holds) == (0.0, True)


@pytest.mark.parametrize("numbers", [{"policy": "band"}, {"policy": "precision", "precision": 0.2}])
def test_few_leads_at_the_top_decide_nothing(numbers):
    # One of four is 25 %, but four leads are no evidence; of the rows with 30 leads the best converts at 10 %.
    table = make_groups((0.02, 970, 20), (0.1, 36, 3), (0.3, 4, 1))
    chosen = recommend_threshold(table, make_policy(**numbers))
    assert (chosen.threshold, chosen.holds) == (0.1, False)


def test_fewer_leads_than_count_are_handed_over_whole():
    chosen = recommend_threshold(make_groups((0.1, 5, 0), (0.4, 5, 2)), make_policy())
    assert (chosen.threshold, chosen.holds) == (0.0, False)


def test_precision():
    table = make_groups((0.05, 2000, 50), (0.1, 700, 74), (0.25, 700, 154), (0.3, 600, 170))
    chosen = recommend_threshold(table, make_policy("precision", precision=0.22))
    assert (chosen.threshold, chosen.holds) == (0.25, True)
    unsure = recommend_threshold(table, make_policy("precision", precision=0.275))
    assert (unsure.threshold, unsure.holds) == (0.3, False)
    assert "this keeps a conversion of at least 27.5 % here, but on too few leads" in unsure.text
    beyond = recommend_threshold(table, make_policy("precision", precision=0.5))
    assert (beyond.threshold, beyond.holds) == (0.3, False)
    assert "no threshold keeps a conversion of at least 50 %, this comes nearest" in beyond.text


def test_capacity():
    table = make_groups((0.05, 700, 10), (0.2, 200, 40), (0.5, 100, 40))  # 100, 30 and 10 a week
    for most, threshold, holds in [(200, 0, True), (100, 0, True), (99, 0.2, True), (30, 0.2, True), (12, 0.5, True)]:
        chosen = recommend_threshold(table, make_policy("capacity", leads_per_week=most))
        assert (chosen.threshold, chosen.holds) == (threshold, holds)
        assert chosen.text.endswith(f"sales can work {most} a week.")
    beyond = recommend_threshold(table, make_policy("capacity", leads_per_week=0.5))
    assert (beyond.threshold, beyond.holds) == (0.5, False)
    assert "sales can work only 0.5 a week, and no threshold hands over so few" in beyond.text


def test_capacity_needs_dates():
    with pytest.raises(SettingsError, match=r"needs leads a week, but these leads carry no dates\. Name 'mql_at'"):
        recommend_threshold(make_groups((0.1, 50, 5), weeks=None), make_policy("capacity", leads_per_week=5))


def test_value():
    table = make_groups((0.05, 700, 10), (0.2, 200, 40), (0.5, 100, 40))
    # A week: 9 accepted of 100 handed over, 8 of 30, 4 of 10.
    chosen = recommend_threshold(table, make_policy("value", amount=1000, cost=100))
    assert (chosen.threshold, chosen.value, chosen.holds) == (0.2, 8 * 1000 - 30 * 100, True)
    assert chosen.text.endswith("this brings most, 5,000 a week.")
    dear = recommend_threshold(table, make_policy("value", amount=1000, cost=500))
    assert (dear.threshold, dear.value, dear.holds) == (0.5, -1000, False)
    assert "no threshold pays for the work that it costs" in dear.text
    assert recommend_threshold(table, make_policy("value", amount=1000, cost=1)).threshold == 0


def test_value_of_undated_leads():
    table = make_groups((0.05, 700, 10), (0.2, 200, 40), (0.5, 100, 40), weeks=None)
    chosen = recommend_threshold(table, make_policy("value", amount=1000, cost=100))
    assert (chosen.threshold, chosen.value, chosen.leads_per_week, chosen.holds) == (0.2, None, None, True)
    assert chosen.text.startswith("Hand over leads with a probability of 0.2 or more, 30 % of all, of which 27 %")


def test_value_may_come_with_the_table_or_not_at_all():
    settings = make_policy().model_copy(update={"policy": "value"})
    table = make_groups((0.05, 700, 10), (0.2, 200, 40), (0.5, 100, 40))
    assert recommend_threshold(with_value(table, 1000, 100), settings).value == 5000
    with pytest.raises(SettingsError, match=r"neither is given\. Set threshold\.amount and threshold\.cost"):
        recommend_threshold(table, settings)


def test_weights_speak_of_conversion_and_not_of_volume():
    # Of four leads over 0.3 two are accepted, one is not, and one that waits counts half: 2 of 3.5.
    outcome, probability, weight = [0, 1, 0, 0, 1], [0.1, 0.3, 0.3, 0.4, 0.8], [1, 1, 1, 0.5, 1]
    table = compute_thresholds(outcome, probability, weeks=2, weight=weight).set_index("threshold")
    row = table.loc[0.3]
    assert (row["leads"], row["leads_per_week"], row["share_routed"]) == (4, 2, 0.8)
    assert row["conversion"] == pytest.approx(2 / 3.5)
    low, high = wilson(2, 3.5)
    assert (row["conversion_low"], row["conversion_high"]) == (pytest.approx(float(low)), pytest.approx(float(high)))
    assert row["sqls_per_week"] == pytest.approx(2 * 2 / 3.5)
    assert row["sqls_caught"] == 1


def test_no_threshold_rests_on_leads_that_count_nothing():
    table = compute_thresholds([0, 1, 0], [0.1, 0.3, 0.9], weeks=1, weight=[1, 1, 0])
    assert table["threshold"].tolist() == [0, 0.3]
    assert table["leads"].tolist() == [3, 2]
    assert table["conversion"].tolist() == [0.5, 1]


def test_weights_of_one_change_nothing():
    outcome, probability = draw_leads(500)
    pd.testing.assert_frame_equal(
        compute_thresholds(outcome, probability, weeks=4, weight=np.ones(500)), compute_thresholds(outcome, probability, weeks=4)
    )
