"""Equal volume, equal SQLs, capacity, gains, rankings and cells, worked by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from unit.report.compared import BY_RULES, OUTCOME, PROBABILITY, PTS, TESTED, by_way, make_tested

from predictor.model.metrics.intervals import wilson
from predictor.report.compare.compared_leads import LEARNED, MODEL, POINTS, ComparedLeads, Curve, measure_resamples
from predictor.report.compare.disagreement import compute_disagreement, list_swapped
from predictor.report.compare.volume import compute_capacity, compute_equal_sqls, compute_gains, compute_rankings, compute_volume
from predictor.report.table_cells import SAME


def test_equal_volume_by_hand():
    table = compute_volume(TESTED)
    rows = by_way(table)
    assert rows["leads"].tolist() == [80, 80, 80]
    assert rows["sqls"].tolist() == [20, 40, 60]
    assert rows.loc[POINTS, "conversion"] == 0.25
    low, high = wilson(20, 80)
    assert (rows.loc[POINTS, "conversion_low"], rows.loc[POINTS, "conversion_high"]) == pytest.approx((low, high))
    pairs = table[table["against"] != ""].set_index(["way", "against"])["difference"]
    assert pairs.to_dict() == {(LEARNED, POINTS): 20, (MODEL, POINTS): 40, (MODEL, LEARNED): 20}
    assert table["told"].tolist() == ["", "better", "better", "better"]
    assert (table["sqls_low"] < table["sqls"]).all()
    assert (table["sqls_high"] > table["sqls"]).all()


def test_a_tie_at_the_boundary_is_an_expected_value():
    # 30 leads by a probability that ties 40 leads with 10 SQLs: a quarter of 30 are expected
    tied = make_tested(probability=np.tile([0.5] * 2 + [0.1] * 8, 20), outcome=np.tile([1.0, 0, 0, 0] + [0.0] * 6, 20))
    routed = np.zeros(200, dtype=bool)
    routed[:30] = True
    table = by_way(compute_volume(make_tested(probability=tied.probability, outcome=tied.outcome, routed=routed)))
    assert table.loc[MODEL, "sqls"] == pytest.approx(15)


def test_equal_sqls_by_hand():
    table = compute_equal_sqls(TESTED)
    rows = by_way(table)
    # 20 SQLs: the gate works 80 leads; the learned points' best 20 are all SQLs, and so are the model's
    assert rows["sqls"].tolist() == [20, 20, 20]
    assert rows["leads"].tolist() == [80, 20, 20]
    pairs = table[table["against"] != ""].set_index(["way", "against"])
    assert pairs["difference"].to_dict() == {(LEARNED, POINTS): -60, (MODEL, POINTS): -60, (MODEL, LEARNED): 0}
    assert pairs["told"].tolist() == ["better", "better", SAME]


def test_capacity_by_hand():
    table = compute_capacity(TESTED, weekly=[6.0])
    row = by_way(table[table["leads_per_week"] == 6])
    assert row["leads"].tolist() == [60, 60, 60]
    # points: 80 (20 leads), 70 (20, all SQLs), then half of 40 at 65; learned: 50, 40, then 30; model: all three
    assert row["sqls_per_week"].tolist() == pytest.approx([2, 4, 6])
    assert sorted(table["leads_per_week"].unique()) == [1, 2, 5, 6, 10, 20]
    assert compute_capacity(make_tested(weeks=None)).empty


def test_what_qualifies_by_itself_comes_first_by_points():
    qualifies = np.tile([False, True] + [False] * 8, 20)
    table = compute_capacity(make_tested(qualifies=qualifies), weekly=[2.0])
    assert by_way(table[table["leads_per_week"] == 2]).loc[POINTS, "sqls_per_week"] == 2


def test_gains_and_lift_by_hand():
    table = compute_gains(TESTED, steps=10)
    rows = table[table["way"] == MODEL].set_index("leads")
    assert rows["caught"].tolist() == pytest.approx([1 / 3, 2 / 3, 1, 1, 1, 1, 1, 1, 1, 1])
    assert rows.loc[20.0, "lift"] == pytest.approx((1 / 3) / 0.1)
    assert rows.loc[200.0, "lift"] == pytest.approx(1)
    ends = table[table["share"] == 1]
    assert ends["caught"].tolist() == pytest.approx([1, 1, 1])


def test_rankings_are_those_of_scikit_learn_on_scored_leads():
    table = by_way(compute_rankings(TESTED))
    known = ~np.isnan(PTS)
    for way, values in ((POINTS, PTS), (LEARNED, BY_RULES), (MODEL, PROBABILITY)):
        assert table.loc[way, "auc"] == pytest.approx(roc_auc_score(OUTCOME[known], values[known]))
        assert table.loc[way, "auc_low"] <= table.loc[way, "auc"] <= table.loc[way, "auc_high"]
    assert table["leads"].tolist() == [180] * 3


def test_intervals_hold_what_they_say():
    """Of 60 samples of a firm in which points and model rank equally well, about 95 % leave the difference open."""
    draw, judgements = np.random.default_rng(0), []
    for seed in range(60):
        truth, n = draw.normal(size=600), 600
        y = (draw.random(n) < 1 / (1 + np.exp(1 - truth))).astype(float)
        points, model = truth + draw.normal(size=n), 1 / (1 + np.exp(-truth - draw.normal(size=n)))
        tested = ComparedLeads(
            lead_id=np.arange(n).astype(object),
            outcome=y,
            probability=model,
            threshold=0.5,
            points=points,
            routed=points >= 1,
            gate=1.0,
        )
        judgements += compute_volume(tested, resamples=100, seed=seed)["told"].tolist()[1:]
    assert judgements.count(SAME) >= 51


def test_order_of_leads_changes_nothing():
    order = np.random.default_rng(3).permutation(200)
    parts = ("lead_id", "outcome", "probability", "points", "routed", "learned")
    shuffled = make_tested(**{name: getattr(TESTED, name)[order] for name in parts})
    for compute in (compute_volume, compute_equal_sqls, compute_gains, compute_rankings):
        pd.testing.assert_frame_equal(compute(shuffled), compute(TESTED))


def test_cells_and_the_leads_that_are_swapped():
    table = compute_disagreement(TESTED).set_index("cell")
    # both: the first lead; only points: three of 65 and 80; only the model: 0.8, 0.5 and 0.4
    assert table["leads"].tolist() == [20, 60, 60, 60]
    assert table["sqls"].tolist() == [20, 0, 40, 0]
    assert table.loc["only the model", "promised"] == pytest.approx((0.8 + 0.5 + 0.4) / 3)
    swapped = list_swapped(TESTED, most=30)
    points, model = (swapped[swapped["cell"] == cell] for cell in ("only points", "only the model"))
    assert len(points) == len(model) == 30
    assert points["points"].tolist() == [80] * 20 + [65] * 10
    assert model["probability"].tolist() == [0.8] * 20 + [0.5] * 10
    assert model["lead_id"].iloc[0] == "L001"
    assert model["sql"].tolist() == [1] * 30


def test_leads_about_which_only_chance_decides_are_not_listed():
    """Of the 80 that the model likes alike it takes 40; the gate's other 20, with 80 points, it surely leaves out."""
    tied = make_tested(probability=np.where(PROBABILITY >= 0.4, 0.9, PROBABILITY))
    swapped = list_swapped(replace(tied, routed=PTS >= 70))
    assert set(swapped["cell"]) == {"only points"}
    assert (set(swapped["probability"]), set(swapped["points"]), len(swapped)) == ({0.2}, {80.0}, 20)


def test_an_id_that_may_be_an_address_is_withheld():
    keys = np.array([f"jane{number}@example.com" for number in range(200)], dtype=object)
    assert set(list_swapped(make_tested(lead_id=keys))["lead_id"]) == {"(withheld)"}


def test_what_is_needed_and_caught_agree():
    curve = Curve(np.array([0.0, 2.0, 5.0]), np.array([0.0, 1.0, 2.0]))
    assert curve.catch(curve.need(1.25)) == pytest.approx(1.25)
    assert np.isnan(curve.need(2.5))


def test_a_figure_without_a_value_has_no_interval():
    figures = measure_resamples(TESTED, lambda _: {"none": np.nan}, resamples=5)
    assert np.isnan([figures["none"].mean, figures["none"].low, figures["none"].high]).all()


def test_without_a_gate_the_volume_is_the_threshold_s_or_half():
    assert make_tested(routed=None).handed.sum() == 80
    trivial = make_tested(routed=None, threshold=0.0)
    assert trivial.handed.sum() == 140, "the median is 0.2, and all who tie with it are in"
    assert trivial.volume == "are the better half by the model"
