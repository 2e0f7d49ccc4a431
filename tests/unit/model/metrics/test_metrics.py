"""Metrics, worked by hand, and what must not change them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.model.metrics.intervals import wilson
from predictor.model.metrics.metrics import (
    compute_difference,
    compute_intervals,
    compute_losses,
    compute_metrics,
    compute_reliability,
)

KEYS = ["n", "base_rate", "log_loss", "brier", "auc", "ece", "calibration_slope", "lift_at_10"]


def draw_leads(n, seed=0):
    random = np.random.default_rng(seed)
    probability = random.beta(1, 5, n)
    return (random.random(n) < probability).astype(float), probability


def test_figures_by_hand():
    figures = compute_metrics([0, 1, 0, 1], [0.2, 0.2, 0.5, 0.8])
    assert list(figures) == KEYS
    assert figures["n"] == 4
    assert figures["base_rate"] == 0.5
    assert figures["log_loss"] == pytest.approx(-(math.log(0.8) + math.log(0.2) + math.log(0.5) + math.log(0.8)) / 4)
    assert figures["brier"] == pytest.approx((0.04 + 0.64 + 0.25 + 0.04) / 4)
    # Pairs: 0.2 against 0.2 is half, 0.2 against 0.5 lost, 0.8 won twice.
    assert figures["auc"] == pytest.approx(2.5 / 4)
    # Each level is a bin of its own: |1 - 0.4|, |0 - 0.5|, |1 - 0.8| over 4 leads.
    assert figures["ece"] == pytest.approx((0.6 + 0.5 + 0.2) / 4)
    assert figures["lift_at_10"] == pytest.approx(2.0)


def test_ece_bins_are_of_like_size():
    probability = np.arange(20) / 100
    outcome = [1, 0] * 10
    # Bins of two: half converts, the mean probability is 0.005 + 0.02 k.
    assert compute_metrics(outcome, probability)["ece"] == pytest.approx(np.mean([0.5 - 0.005 - 0.02 * k for k in range(10)]))


def test_slope_of_two_levels_by_hand():
    # Observed 1/4 and 3/4, predicted 0.4 and 0.6: logits of +-log 3 on +-log 1.5.
    figures = compute_metrics([1, 0, 0, 0, 1, 1, 1, 0], [0.4] * 4 + [0.6] * 4)
    assert figures["calibration_slope"] == pytest.approx(math.log(3) / math.log(1.5))


@pytest.mark.parametrize(
    ("outcome", "probability"),
    [
        ([0, 1, 0, 1], [0.3] * 4),
        ([0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4]),
        ([1, 1, 1, 1], [0.1, 0.2, 0.3, 0.4]),
        ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]),
        ([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4]),
        ([0, 0, 1, 1], [0.1, 0.2, 0.2, 0.4]),  # separate but for a tie: the best slope is still infinite
        ([0, 1, 0, 1], [0.0, 0.0, 1e-17, 1e-17]),  # apart as numbers, not as log-odds once clipped
        ([0, 1, 0, 1], [0.3, 0.3, 0.3 + 1e-15, 0.3 + 1e-15]),  # a constant, but for rounding
    ],
)
def test_slope_that_has_no_finite_value(outcome, probability):
    assert compute_metrics(outcome, probability)["calibration_slope"] is None


def test_slope_survives_extreme_probabilities():
    outcome, probability = draw_leads(500)
    wild = np.where(probability > 0.2, 1.0, np.where(probability < 0.02, 0.0, probability))
    slope = compute_metrics(outcome, wild)["calibration_slope"]
    assert slope is not None
    assert 0 < slope < 0.2


def test_slope_is_one_where_probabilities_are_true_and_halves_where_log_odds_double():
    outcome, probability = draw_leads(20_000)
    odds = (probability / (1 - probability)) ** 2
    slope, halved = (compute_metrics(outcome, p)["calibration_slope"] for p in (probability, odds / (1 + odds)))
    assert slope == pytest.approx(1, abs=0.05)
    assert halved == pytest.approx(slope / 2)


def test_constant_prediction():
    figures = compute_metrics([0, 1, 0, 0], [0.25] * 4)
    assert (figures["auc"], figures["ece"], figures["lift_at_10"]) == (0.5, 0, pytest.approx(1))


def test_one_class():
    figures = compute_metrics([0, 0], [0.1, 0.3])
    assert (figures["auc"], figures["lift_at_10"], figures["base_rate"]) == (None, None, 0)
    assert compute_metrics([1, 1], [0.1, 0.3])["lift_at_10"] == pytest.approx(1)


def test_certainty_that_fails_costs_much_but_not_infinitely():
    assert compute_metrics([1], [0.0])["log_loss"] == pytest.approx(-math.log(1e-15))
    assert compute_metrics([0], [1.0])["log_loss"] == pytest.approx(-math.log(1e-15), rel=1e-3)


def test_lift_shares_a_tie_at_the_boundary():
    # The top tenth are 2 of 20 leads: the best one, and a third of a tie of three of which one converts.
    outcome = [1, 1, 0, 0] + [0] * 14 + [1, 1]
    probability = [0.9, 0.5, 0.5, 0.5] + [0.1] * 16
    assert compute_metrics(outcome, probability)["lift_at_10"] == pytest.approx(((1 + 1 / 3) / 2) / (4 / 20))


ties = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 10)), min_size=2, max_size=50)


@given(ties, st.randoms())
def test_order_of_rows_changes_nothing(leads, random):
    first, second = (np.array(rows) / [1, 10] for rows in (leads, random.sample(leads, len(leads))))
    assert compute_metrics(*first.T) == compute_metrics(*second.T)
    assert compute_intervals(*first.T, resamples=20, seed=1) == compute_intervals(*second.T, resamples=20, seed=1)


@given(ties)
def test_each_lead_twice_changes_nothing_but_n(leads):
    outcome, level = (np.array(part) for part in zip(*leads, strict=True))
    once, twice = (compute_metrics(np.tile(outcome, k), np.tile(level / 10, k)) for k in (1, 2))
    for key in KEYS[1:]:
        assert twice[key] == (None if once[key] is None else pytest.approx(once[key]))


def test_losses_average_to_the_log_loss():
    outcome, probability = draw_leads(100)
    assert compute_losses(outcome, probability).mean() == pytest.approx(compute_metrics(outcome, probability)["log_loss"])


def test_intervals_hold_the_figures_and_repeat():
    outcome, probability = draw_leads(1000)
    intervals = compute_intervals(outcome, probability, resamples=100, seed=0)
    figures = compute_metrics(outcome, probability)
    assert list(intervals) == KEYS[1:]
    for key in set(KEYS) - {"n", "ece"}:
        assert intervals[key][0] < figures[key] < intervals[key][1]
    assert compute_intervals(outcome, probability, resamples=100, seed=0) == intervals
    assert compute_intervals(outcome, probability, resamples=100, seed=1) != intervals


def test_wider_level_wider_interval():
    outcome, probability = draw_leads(300)
    narrow, wide = (compute_intervals(outcome, probability, resamples=100, seed=0, level=level) for level in (0.5, 0.95))
    assert wide["auc"][0] < narrow["auc"][0] < narrow["auc"][1] < wide["auc"][1]


def test_interval_of_a_figure_that_is_often_undefined_is_none():
    intervals = compute_intervals([1, 0, 0, 0], [0.4, 0.5, 0.2, 0.1], resamples=100, seed=0)
    assert intervals["auc"] is None  # a third of the resamples miss the only accepted lead
    assert intervals["calibration_slope"] is None
    assert intervals["brier"] is not None


def test_bootstrap_covers_the_truth_about_as_often_as_it_says():
    random = np.random.default_rng(0)
    levels, share = np.array([0.05, 0.2, 0.5]), np.array([0.6, 0.3, 0.1])
    truth = {"base_rate": share @ levels, "brier": share @ (levels * (1 - levels))}
    covered = dict.fromkeys(truth, 0)
    for seed in range(100):
        probability = random.choice(levels, p=share, size=400)
        outcome = random.random(400) < probability
        intervals = compute_intervals(outcome, probability, resamples=80, seed=seed)
        for name, figure in truth.items():
            covered[name] += intervals[name][0] <= figure <= intervals[name][1]
    assert all(0.88 <= hits / 100 <= 0.99 for hits in covered.values()), covered


def test_difference_by_hand():
    difference = compute_difference([1, 0], [0.5, 0.5], [0.25, 0.25], resamples=200, seed=0)
    gained, lost = -math.log(0.5) + math.log(0.25), -math.log(0.5) + math.log(0.75)
    assert difference.mean == pytest.approx((gained + lost) / 2)
    assert (difference.low, difference.high) == (pytest.approx(gained), pytest.approx(lost))


def test_difference_of_the_same_is_nothing():
    outcome, probability = draw_leads(50)
    difference = compute_difference(outcome, probability, probability, resamples=20, seed=0)
    assert (difference.mean, difference.low, difference.high) == (0, 0, 0)


def test_difference_is_paired_and_ignores_the_order_of_rows():
    outcome, probability = draw_leads(2000)
    timid = 0.9 * probability + 0.1 * outcome.mean()
    difference = compute_difference(outcome, probability, timid, resamples=200, seed=0)
    alone = compute_intervals(outcome, probability, resamples=200, seed=0)["log_loss"]
    assert difference.low < difference.mean < difference.high
    assert difference.high - difference.low < (alone[1] - alone[0]) / 5
    turned = compute_difference(outcome[::-1], probability[::-1], timid[::-1], resamples=200, seed=0)
    assert turned == difference


def test_difference_covers_the_truth():
    random = np.random.default_rng(0)
    truth = 0.2 * math.log(0.4 / 0.2) + 0.8 * math.log(0.6 / 0.8)  # loss of saying 0.2 less that of saying 0.4, at a true 0.2
    hits = 0
    for seed in range(200):
        outcome = random.random(300) < 0.2
        found = compute_difference(outcome, np.full(300, 0.2), np.full(300, 0.4), resamples=100, seed=seed)
        hits += found.low <= truth <= found.high
    assert 0.88 <= hits / 200 <= 0.99


def test_reliability_by_hand():
    table = compute_reliability([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.6, 0.7, 0.8], bins=2)
    assert list(table) == ["low", "high", "n", "predicted", "observed", "observed_low", "observed_high"]
    assert table[["low", "high", "n"]].to_numpy().tolist() == [[0.1, 0.3, 3], [0.6, 0.8, 3]]
    assert table["predicted"].tolist() == pytest.approx([0.2, 0.7])
    assert table["observed"].tolist() == pytest.approx([1 / 3, 2 / 3])
    assert table["observed_low"].tolist() == pytest.approx([wilson(1, 3)[0], wilson(2, 3)[0]])


def test_reliability_keeps_ties_together_and_agrees_with_ece():
    outcome, probability = draw_leads(997)
    rounded = probability.round(2)
    table = compute_reliability(outcome, rounded)
    assert table["n"].sum() == 997
    assert (table["high"].to_numpy()[:-1] < table["low"].to_numpy()[1:]).all()
    gap = (table["n"] * (table["observed"] - table["predicted"]).abs()).sum() / 997
    assert gap == pytest.approx(compute_metrics(outcome, rounded)["ece"])


def test_reliability_of_a_constant_is_one_bin():
    table = compute_reliability([0, 1, 0, 0], [0.25] * 4)
    assert table.iloc[0, :5].tolist() == [0.25, 0.25, 4, 0.25, 0.25]
