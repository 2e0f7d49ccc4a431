"""Rules and their worth in the model, segments and months, worked by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from unit.report.compared import OUTCOME, PROBABILITY, PTS, make_tested

from predictor.points.rulebook import parse_rule_book
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.compare.rules import advise_rules, compute_rules
from predictor.report.compare.segments import choose_segments, compute_months, compute_segments

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


def make_ruled(n=4000):
    draw = np.random.default_rng(0)
    good, bad, noise = (draw.random((3, n)) < 0.4).astype(float)
    times = pd.DataFrame({"Good": good, "Bad": bad, "Twin": good, "Never": 0.0, "Always": 1.0, "Noise": noise})
    odds = -1 + 1.0 * good - 0.8 * bad + draw.normal(size=n) / 3
    p = 1 / (1 + np.exp(-odds))
    keys, y = np.arange(n).astype(object), (draw.random(n) < p).astype(float)
    leads = ComparedLeads(lead_id=keys, outcome=y, probability=p, threshold=0.4, times=times, book=parse_rule_book(TEXT, "x"))
    return leads, odds


def test_rules_that_are_dead_redundant_or_of_the_wrong_sign():
    tested, _ = make_ruled()
    table = compute_rules(tested).set_index("rule")
    assert table["told"].to_dict() == {
        "Good": "redundant", "Bad": "wrong sign", "Twin": "redundant", "Never": "dead: it never fires",
        "Always": "dead: it always fires", "Noise": "no clear effect",
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


UNCLEAR = {"told": "no clear effect", "worth": 0.01, "worth_points": 0.75}


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({}, "raise to 30"),
        ({"points": 40.0}, "lower to 30"),
        ({"points": 28.0}, "keep"),
        ({"points": -10.0, "told": "wrong sign"}, "drop: leads with it convert more often"),
        ({"told": "too few leads"}, "too few leads to tell"),
        ({"told": "dead: it never fires", "worth": float("nan"), "worth_points": float("nan")}, "never fires: check its name"),
        ({"told": "dead: it always fires", "worth": float("nan")}, "drop: it fires for every lead"),
        ({"told": "redundant", "like": "Pricing"}, "keep one: 'Pricing' says the same"),
        (UNCLEAR | {"worth_low": -0.02, "worth_high": 0.04}, "drop: no clear effect"),
        (UNCLEAR | {"worth_low": -0.2, "worth_high": 0.22}, "keep"),
    ],
)  # fmt: skip
def test_advice_is_on_the_scale_of_the_points(changes, advice):
    """A rule worth 0.4 log-odds (0.3 to 0.5) is worth 30 points (22.5 to 37.5) at 75 points for each log-odd."""
    row = {"rule": "Demo", "fired": 90, "points": 10.0, "worth": 0.4, "worth_low": 0.3, "worth_high": 0.5, "worth_points": 30.0}
    row |= {"explained": 0.1, "like": "", "told": ""}
    row |= {f"conversion_{side}{end}": 0.2 for side in ("with", "without") for end in ("", "_low", "_high")}
    other = row | {"rule": "Other", "points": 30.0}
    table = advise_rules(pd.DataFrame([other, row | changes])).set_index("rule")
    assert table.loc["Demo", "advice"] == advice
    assert table.loc["Other", "advice"] == "keep"


@pytest.mark.parametrize(
    ("changes", "points", "advice"),
    [
        ({}, 24, "raise to 24"),
        ({}, 4, "lower to 4"),
        ({}, 10, "keep"),
        ({}, 0, "drop: no clear effect"),
        ({"told": "wrong sign", "worth": -0.4}, 0, "drop: leads with it convert less often"),
        ({"told": "wrong sign", "worth": -0.4}, -6, "lower to -6"),
        ({"told": "too few leads"}, 9, "too few leads to tell"),
        ({"told": "dead: it never fires"}, 0, "never fires: check its name"),
        ({"told": "dead: it always fires"}, 0, "drop: it fires for every lead"),
        ({"told": "redundant", "like": "Other"}, 3, "lower to 3"),
    ],
)
def test_a_rule_has_one_suggested_number_where_points_were_learned(changes, points, advice):
    row = {"rule": "Demo", "fired": 90, "points": 10.0, "worth": 0.4, "worth_low": 0.3, "worth_high": 0.5, "worth_points": 30.0}
    row |= {"explained": 0.1, "like": "", "told": ""}
    row |= {f"conversion_{side}{end}": 0.2 for side in ("with", "without") for end in ("", "_low", "_high")}
    rules, learned = pd.DataFrame([row | changes]), pd.DataFrame({"rule": ["Demo"], "points": [points]})
    (found,) = advise_rules(rules, learned).to_dict("records")
    assert (found["suggested"], found["advice"]) == (points, advice)
    assert np.isnan([found["suggested_low"], found["suggested_high"]]).all()
    (other,) = advise_rules(rules, learned.assign(rule="Another")).to_dict("records")
    assert np.isfinite(other["suggested_low"]), "points of other rules say nothing"
