"""The table of thresholds: worked by hand, counted again, with weights, and through JSON."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.model.threshold.threshold_leads import draw_leads, make_policy

from predictor.core.errors import TrainingError
from predictor.model.metrics.intervals import wilson
from predictor.model.threshold.recommend import recommend_threshold
from predictor.model.threshold.table import compute_thresholds, export_thresholds, import_thresholds, with_value

COLUMNS = [
    *["threshold", "leads", "leads_per_week", "share_routed", "conversion", "conversion_low", "conversion_high"],
    *["sqls_caught", "sqls_per_week", "value"],
]


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
