"""The threshold that a policy recommends, on tables made for it."""

import numpy as np
import pytest
from unit.model.threshold.threshold_leads import make_policy

from predictor.core.errors import SettingsError
from predictor.model.threshold.recommend import recommend_threshold
from predictor.model.threshold.table import compute_thresholds, with_value


def make_groups(*groups, weeks=10.0):
    """A table of leads in groups (probability, leads, accepted)."""
    probability = np.repeat([p for p, _, _ in groups], [n for _, n, _ in groups])
    outcome = np.concatenate([np.arange(n) < accepted for _, n, accepted in groups]).astype(float)
    return compute_thresholds(outcome, probability, weeks=weeks)


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
        "Hand over leads with a probability of 25 % or more, 130 a week, 32 % of all, of which 25 % (23 to 27 %) become SQLs: "
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


def test_where_all_leads_convert_above_the_band_those_that_bring_little_are_left_out():
    """A firm that accepts 39 %: two in five leads hold four in five of the SQLs, and nobody should work the others."""
    table = make_groups((0.05, 300, 15), (0.15, 300, 45), (0.6, 200, 120), (0.9, 200, 180))
    assert table["conversion"].iloc[0] == 0.36
    chosen = recommend_threshold(table, make_policy())
    assert (chosen.threshold, chosen.holds) == (0.6, True), "0.9 would leave out leads that bring more than the band promises"
    assert chosen.text == (
        "Hand over leads with a probability of 60 % or more, 40 a week, 40 % of all, of which 75 % (71 to 79 %) become SQLs: "
        "83 % of all SQLs; all leads together convert above the band of 20 to 30 %, but of the others 10 % become SQLs, "
        "fewer than its 20 %."
    )


def test_no_lead_is_left_out_whose_probability_reaches_the_band():
    """The outcomes would have it so by chance; the probabilities say that these leads bring enough."""
    chosen = recommend_threshold(make_groups((0.05, 300, 15), (0.25, 300, 40), (0.6, 400, 320)), make_policy())
    assert chosen.threshold == 0.25


def test_where_all_leads_convert_above_the_band_and_all_bring_enough_what_comes_before_is_too_tight():
    chosen = recommend_threshold(make_groups((0.3, 200, 70), (0.6, 200, 120)), make_policy())
    assert (chosen.threshold, chosen.share_routed, chosen.holds) == (0.0, 1.0, False)
    assert chosen.text.startswith("Hand over every lead, 40 a week, of which 48 % (43 to 52 %) become SQLs")
    assert "even all leads together convert above the band" in chosen.text


def test_where_all_leads_reach_the_band_the_worst_are_left_out_and_the_others_stay_in_it():
    table = make_groups((0.02, 500, 10), (0.1, 500, 50), (0.19, 800, 160), (0.5, 700, 350))
    assert table["conversion"].tolist() == pytest.approx([0.228, 0.28, 510 / 1500, 0.5])
    chosen = recommend_threshold(table, make_policy())
    assert (chosen.threshold, chosen.holds) == (0.1, True), "0.19 would bring more for each lead, but is above the band"
    assert "together reach the band of 20 to 30 %, but of the others 2.0 % become SQLs, fewer than its 20 %" in chosen.text


def test_what_only_chance_tells_from_the_others_is_not_left_out():
    """Of the leads with the low probability 16 % were accepted; of so few it may be 20 %."""
    chosen = recommend_threshold(make_groups((0.1, 50, 8), (0.19, 500, 175)), make_policy())
    assert chosen.threshold == 0.0


def test_band_that_all_leads_keep():
    chosen = recommend_threshold(make_groups((0.2, 2000, 440), (0.3, 2000, 560)), make_policy())
    assert (chosen.threshold, chosen.holds) == (0.0, True)
    assert chosen.text.endswith("this keeps the band of 20 to 30 %.")


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
    assert chosen.text.startswith("Hand over leads with a probability of 20 % or more, 30 % of all, of which 27 %")


def test_value_may_come_with_the_table_or_not_at_all():
    settings = make_policy().model_copy(update={"policy": "value"})
    table = make_groups((0.05, 700, 10), (0.2, 200, 40), (0.5, 100, 40))
    assert recommend_threshold(with_value(table, 1000, 100), settings).value == 5000
    with pytest.raises(SettingsError, match=r"neither is given\. Set threshold\.amount and threshold\.cost"):
        recommend_threshold(table, settings)
