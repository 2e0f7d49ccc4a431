"""The tables of points against the learned probability, worked by hand, and what they say where nothing can be told."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import roc_auc_score

from predictor.model.intervals import wilson
from predictor.points.rulebook import parse_rule_book
from predictor.report.compare import Comparison, compute_comparison
from predictor.report.compare.cells import compute_cells, list_swapped
from predictor.report.compare.comparison import SCORED
from predictor.report.compare.rules import compute_rules
from predictor.report.compare.segments import choose_segments, compute_months, compute_segments
from predictor.report.compare.volume import compute_capacity, compute_equal_sqls, compute_gains, compute_rankings, compute_volume
from predictor.report.compare.ways import LEARNED, MODEL, POINTS, Contest, Curve, measure_samples
from predictor.report.summary import tell_frame, write_summary

# Ten leads, twenty times: three SQLs. The gate of 60 takes four, one of them an SQL; the learned points' best four hold two,
# and the model's best four all three.
OUTCOME = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0] * 20, dtype=float)
PROBABILITY = np.array([0.9, 0.8, 0.5, 0.4, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1] * 20)
PTS = np.array([70.0, 10, 30, 10, 65, 65, 80, 10, 20, np.nan] * 20)
BY_RULES = np.array([50.0, 40, 5, 5, 30, 30, 5, 5, 5, 0] * 20)
TEXT = """
name = "x"
gate = 60
rules = [
  {name = "Good", event = "a", points = 10},
  {name = "Bad", event = "b", points = 10},
  {name = "Twin", event = "c", points = 5},
  {name = "Never", event = "d", points = 5},
  {name = "Always", event = "e", points = 5},
  {name = "Noise", event = "f", points = 5},
]"""


def make_tested(**changes):
    held = {
        "lead_id": np.array([f"L{number:03d}" for number in range(200)], dtype=object), "outcome": OUTCOME,
        "probability": PROBABILITY, "threshold": 0.4, "points": PTS, "routed": PTS >= 60, "gate": 60.0, "learned": BY_RULES,
        "learned_gate": 30.0, "weeks": 10.0,
    }  # fmt: skip
    return Contest(**held | changes)


TESTED = make_tested()


def by_way(table):
    return table.drop_duplicates("way").set_index("way")


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
    assert pairs["told"].tolist() == ["better", "better", "not to be told apart"]


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
    draw, told = np.random.default_rng(0), []
    for seed in range(60):
        truth, n = draw.normal(size=600), 600
        y = (draw.random(n) < 1 / (1 + np.exp(1 - truth))).astype(float)
        points, model = truth + draw.normal(size=n), 1 / (1 + np.exp(-truth - draw.normal(size=n)))
        tested = Contest(np.arange(n).astype(object), y, model, 0.5, points, points >= 1, 1.0)
        told += compute_volume(tested, resamples=100, seed=seed)["told"].tolist()[1:]
    assert told.count("not to be told apart") >= 51


def test_order_of_leads_changes_nothing():
    order = np.random.default_rng(3).permutation(200)
    parts = ("lead_id", "outcome", "probability", "points", "routed", "learned")
    shuffled = make_tested(**{name: getattr(TESTED, name)[order] for name in parts})
    for compute in (compute_volume, compute_equal_sqls, compute_gains, compute_rankings):
        pd.testing.assert_frame_equal(compute(shuffled), compute(TESTED))


def test_cells_and_the_leads_that_are_swapped():
    table = compute_cells(TESTED).set_index("cell")
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


def test_a_key_that_may_be_an_address_is_not_told():
    keys = np.array([f"jane{number}@example.com" for number in range(200)], dtype=object)
    assert set(list_swapped(make_tested(lead_id=keys))["lead_id"]) == {"(not told)"}


# Rules


def make_ruled(n=4000):
    draw = np.random.default_rng(0)
    good, bad, noise = (draw.random((3, n)) < 0.4).astype(float)
    times = pd.DataFrame({"Good": good, "Bad": bad, "Twin": good, "Never": 0.0, "Always": 1.0, "Noise": noise})
    odds = -1 + 1.0 * good - 0.8 * bad + draw.normal(size=n) / 3
    p = 1 / (1 + np.exp(-odds))
    keys, y = np.arange(n).astype(object), (draw.random(n) < p).astype(float)
    return Contest(keys, y, p, 0.4, times=times, book=parse_rule_book(TEXT, "x")), odds


def test_rules_that_are_dead_redundant_or_of_the_wrong_sign():
    tested, _ = make_ruled()
    table = compute_rules(tested).set_index("rule")
    assert table["told"].to_dict() == {
        "Good": "redundant", "Bad": "wrong sign", "Twin": "redundant", "Never": "dead: it never fires",
        "Always": "dead: it always fires", "Noise": "not to be told from nothing",
    }  # fmt: skip
    assert table.loc["Good", "like"] == "Twin"
    assert table.loc["Bad", "fired"] == tested.times["Bad"].sum()
    fired = tested.times["Bad"].to_numpy() > 0
    assert table.loc["Bad", "conversion_with"] == pytest.approx(tested.outcome[fired].mean())
    assert np.isnan(table.loc["Never", "worth"])


def test_worths_are_the_least_squares_of_the_log_odds():
    tested, odds = make_ruled()
    names = ["Bad", "Noise", "Good"]
    plain = LinearRegression().fit(tested.times[names], odds)
    table = compute_rules(tested).set_index("rule")
    assert table.loc[["Bad", "Noise"], "worth"].tolist() == pytest.approx(plain.coef_[:2].tolist(), abs=1e-6)
    assert table.loc[["Good", "Twin"], "worth"].sum() == pytest.approx(plain.coef_[2], abs=1e-6)
    assert table.loc["Bad", "worth_low"] < -0.8 < table.loc["Bad", "worth_high"]


# Segments and months


def test_segments_are_found_by_name_and_then_by_few_values():
    frame = pd.DataFrame({
        "Lead Source": ["a", "b"], "plan": ["x", "y"], "employees": [1, 2], "Industry": ["i", "j"], "sources": ["p", "p"],
        "country": ["d", "e"], "resource": ["q", "r"],
    })  # fmt: skip
    assert choose_segments(frame) == ["Lead Source", "Industry", "employees", "country", "plan", "resource"]


def test_segments_by_hand():
    attributes = pd.DataFrame({"source": ["web", "fair"] * 100})
    table = compute_segments(make_tested(attributes=attributes)).set_index("group")
    web = np.arange(200) % 2 == 0
    assert table.loc["web", "leads"] == 100
    assert table.loc["web", "conversion"] == pytest.approx(OUTCOME[web].mean())
    assert table.loc["web", "promised"] == pytest.approx(PROBABILITY[web].mean())
    assert table.loc["web", "routed"] == pytest.approx((PROBABILITY[web] >= 0.4).mean())
    assert table.loc["web", "points_routed"] == pytest.approx((PTS[web] >= 60).mean())


def test_months_are_in_the_order_of_time():
    moments = pd.Series(pd.date_range("2026-01-01", periods=200, freq="12h", tz="UTC"))
    table = compute_months(make_tested(moments=moments))
    assert table["group"].tolist() == ["2026-01", "2026-02", "2026-03", "2026-04"]
    assert table["leads"].sum() == 200


# All of it


def test_a_comparison_is_the_same_when_read_back():
    told = compute_comparison(TESTED, resamples=20)
    again = Comparison.from_json(told.to_json())
    assert (again.sentences, again.untold) == (told.sentences, told.untold)
    assert set(told.tables) - set(again.tables) == {"swapped"}, "a bundle names no lead"
    for name, table in again.tables.items():
        pd.testing.assert_frame_equal(table, told.tables[name], check_dtype=False)


def test_sentences_say_what_the_tables_hold():
    told = compute_comparison(TESTED, resamples=50)
    assert told.sentences[0].startswith("The points gate hands over 8 a week, 40 % of all, of which 25 %")
    text = " ".join(told.sentences)
    assert "With the 80 test leads that the points gate hands over, the model is better than the points: +40.0 (95 %:" in text
    assert "For 20 SQLs sales works 20 leads by the model: -60 (95 %:" in text
    assert "The points rank at AUC" in text


def test_the_gate_is_the_end_of_a_band():
    points = np.where(PTS == 65, np.tile([62.0, 68.0], 100), PTS)
    bands = compute_comparison(make_tested(points=points, gate=67.0, routed=points >= 67), resamples=5).tables["bands"]
    at = bands["band"].tolist().index("67 to < 70")
    assert bands["band"].iloc[at - 1] == "60 to < 67"
    above = bands.iloc[at:][lambda rows: rows["band"] != "unknown"]
    assert above["leads"].sum() == (points >= 67).sum()


def test_leads_without_points_are_told_and_set_aside():
    """Half of the SQLs have no points: the model finds them, and among the others it is as good as the points."""
    outcome, probability = np.tile([1.0, 1, 0, 0, 0], 40), np.tile([0.9, 0.9, 0.5, 0.1, 0.1], 40)
    points = np.tile([70.0, np.nan, 70, 10, 10], 40)
    held = {"outcome": outcome, "probability": probability, "points": points, "routed": points >= 60, "learned": None}
    told = compute_comparison(make_tested(**held), resamples=50)
    without = (
        "40 of 200 test leads have no points: by points they come last, so what the model finds among them is part of its gain."
    )
    assert without in told.untold
    text = " ".join(told.sentences)
    assert "With the 80 test leads that the points gate hands over, the model is better than the points: +40.0" in text
    which = "With none but the 160 test leads that have points, and the 80 of them that the points gate hands over"
    assert f"{which}, the model is not to be told apart from the points: +0.0 (95 %: +0.0 to +0.0) SQLs." in told.sentences
    better = make_tested(probability=np.where(np.isnan(PTS), 0.0, PROBABILITY))
    scored = [text for text in compute_comparison(better, resamples=50).sentences if text.startswith(SCORED)]
    assert scored[0].startswith("With none but the 180 test leads that have points, and the 80 of them that the points gate")
    assert "the model is better than the points: +40.0 (95 %:" in scored[0]


@pytest.mark.parametrize(
    ("changes", "untold"),
    [
        ({"points": None, "routed": None, "gate": None}, "The leads carry no points, so there is nothing to compare"),
        ({"routed": None, "gate": None}, "No gate is named, so what today's gate does"),
        ({"routed": np.ones(200, dtype=bool)}, "The points gate hands over every test lead"),
        ({"routed": np.zeros(200, dtype=bool)}, "The points gate hands over no test lead"),
        ({"outcome": np.zeros(200)}, "No test lead became an SQL"),
        ({"outcome": np.ones(200)}, "Every test lead became an SQL"),
        ({"points": np.full(200, np.nan)}, "There is no rule book"),
        ({"learned": None, "learned_gate": None, "weeks": None}, "The leads carry no dates"),
    ],
)
def test_what_cannot_be_told_is_said_and_the_rest_is_shown(changes, untold):
    told = compute_comparison(make_tested(**changes), resamples=20)
    assert any(sentence.startswith(untold) for sentence in told.untold), told.untold
    assert len(told.tables["gates"]) >= 1
    assert len(told.tables["gains"]) >= 100
    assert "nan" not in " ".join(told.sentences)
    assert write_summary(told, title="x")
    told.to_json()


def test_the_summary_holds_sentences_tables_and_the_doubt():
    text = write_summary(compute_comparison(TESTED, resamples=20), title="Points *against* x", note="Newer leads, please.")
    assert text.startswith("# Points \\*against\\* x\n\n**Newer leads, please.**\n\n- The points gate hands over")
    assert "| points | 80 | 20.0 (" in text
    assert "What cannot be told:" in text


def test_a_share_below_zero_is_a_percentage_too():
    frame = pd.DataFrame({"difference": [-0.021], "difference_low": [-0.05], "difference_high": [0.008]})
    assert tell_frame("months", frame).rows == (("-2.1 % (-5.0 to 0.8 %)",),)


def test_what_is_needed_and_caught_agree():
    curve = Curve(np.array([0.0, 2.0, 5.0]), np.array([0.0, 1.0, 2.0]))
    assert curve.catch(curve.need(1.25)) == pytest.approx(1.25)
    assert np.isnan(curve.need(2.5))


def test_a_figure_without_a_value_has_no_interval():
    figures = measure_samples(TESTED, lambda _: {"none": np.nan}, resamples=5)
    assert np.isnan([figures["none"].mean, figures["none"].low, figures["none"].high]).all()


def test_points_are_ranked_on_all_leads_whose_outcome_is_known():
    points, outcome = np.tile([5.0, 3, 3, np.nan], 50), np.tile([1.0, 0, 1, 1], 50)
    told = compute_comparison(make_tested(ever=(points, outcome)), resamples=20)
    row = told.tables["rankings_ever"].iloc[0]
    assert (row["leads"], row["sqls"], row["auc"]) == (150, 100, pytest.approx(0.75))
    assert any(sentence.startswith("On all 150 scored leads with known outcomes") for sentence in told.sentences)
    assert compute_comparison(make_tested(ever=(points, np.zeros(200))), resamples=20).tables["rankings_ever"].empty


def test_without_a_gate_the_volume_is_the_threshold_s_or_half():
    assert make_tested(routed=None).handed.sum() == 80
    trivial = make_tested(routed=None, threshold=0.0)
    assert trivial.handed.sum() == 140, "the median is 0.2, and all who tie with it are in"
    assert trivial.volume == "are the better half by the model"
