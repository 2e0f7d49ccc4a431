"""Weights of pending leads by known outcomes alone: inverse probability of censoring, and what large weights are worth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor.core.errors import SettingsError, TrainingError
from predictor.model.label import compute_odds_weights
from predictor.model.pending import compute_known_weights, shrink

NEVER = np.inf


def test_weights_worked_on_paper():
    # Horizon 10. Of five leads that have come, five are watched for 3 and for 4 days, three for 8, two for 10. Accepted on day 3:
    # 5/5. Not accepted in 10 days: 5/2. Accepted on day 8, the very day it is watched to: 5/3. Waiting since 6 days: nothing.
    waited, watched = [3, NEVER, 8, NEVER, 4, NEVER], [12, 10, 8, 6, 4, -1]
    weight = compute_known_weights(waited, watched, horizon_days=10)
    assert weight == pytest.approx([1, 5 / 2, 5 / 3, 0, 1, 0])


def test_leads_watched_just_as_long_count_as_watched():
    # Three of four are watched for 5 days.
    assert compute_known_weights([5, NEVER, 2, NEVER], [5, 5, 5, 4], horizon_days=9) == pytest.approx([4 / 3, 0, 1, 0])


def test_an_acceptance_after_the_horizon_is_a_no_that_is_known_when_the_horizon_ends():
    assert compute_known_weights([11, 11, 3], [12, 9, 12], horizon_days=10) == pytest.approx([3 / 2, 0, 1])


def test_an_acceptance_that_is_still_to_come_is_not_known():
    assert compute_known_weights([7, NEVER], [6, 12], horizon_days=10).tolist() == [0, 2]


def test_an_acceptance_before_the_lead_became_an_mql_counts_from_the_first_day():
    assert compute_known_weights([-2, NEVER], [1, 0], horizon_days=10).tolist() == [1, 0]


def test_where_nothing_is_pending_all_count_as_one():
    assert compute_known_weights([3, NEVER, 30], [30, 45, 60], horizon_days=30).tolist() == [1, 1, 1]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 40) | st.just(NEVER), st.integers(-3, 60)), min_size=1, max_size=40))
def test_weights_are_one_over_the_share_watched_so_long_whatever_the_order_of_rows(pairs):
    waited, watched = np.array(pairs, dtype=float).T
    weight = compute_known_weights(waited, watched, horizon_days=20)
    started = watched[watched >= 0]
    for at, (wait, watch) in enumerate(pairs):
        until = min(wait, 20)
        expected = 1 / (started >= until).mean() if watch >= max(until, 0) else 0
        assert weight[at] == pytest.approx(expected)
    turned = np.random.default_rng(0).permutation(len(pairs))
    np.testing.assert_array_equal(compute_known_weights(waited[turned], watched[turned], horizon_days=20), weight[turned])


def test_impossible_days_are_refused():
    with pytest.raises(SettingsError, match="Weights need a horizon above 0 days, but it is nan"):
        compute_known_weights([1], [2], horizon_days=np.nan)
    with pytest.raises(TrainingError, match="must be of the same leads, but there are 1 and 2"):
        compute_known_weights([1], [2, 3], horizon_days=10)


def share(accepted, weight):
    return (weight * accepted).sum() / weight.sum()


def draw_times(n, seed):
    """Exponential delays, four of ten accepted in the end, horizon 30, half of the leads pending; and the true share."""
    draw = np.random.default_rng(seed)
    waited = np.where(draw.random(n) < 0.4, draw.exponential(12, n), NEVER)
    waited[waited > 30] = NEVER
    return waited, draw.uniform(0, 60, n), 0.4 * (1 - np.exp(-30 / 12))


def test_the_weighted_share_is_the_true_one_and_the_early_yes_alone_is_not():
    waited, watched, true = draw_times(40_000, 2)
    accepted, mature, weight = waited <= watched, watched >= 30, compute_known_weights(waited, watched, horizon_days=30)
    assert share(accepted, weight) == pytest.approx(true, abs=0.008)
    assert weight.mean() == pytest.approx(1, abs=0.01)
    assert accepted[accepted | mature].mean() > true + 0.05, "the early yes counted and the waiting dropped"
    assert accepted.mean() < true - 0.05, "the waiting counted as a no"


def test_the_share_is_right_on_average_and_no_surer_than_it_looks():
    shares, promised = [], []
    for seed in range(300):
        waited, watched, true = draw_times(500, seed)
        weight = compute_known_weights(waited, watched, horizon_days=30)
        shares.append(share(waited <= watched, weight))
        promised.append(np.sqrt(true * (1 - true) / (weight.sum() * shrink(weight.sum(), (weight**2).sum()))))
    assert np.mean(shares) == pytest.approx(true, abs=0.004)
    assert np.std(shares) <= 1.1 * np.mean(promised)


def test_of_leads_none_of_which_has_been_watched_to_the_end_only_the_yes_is_known():
    """What the odds can tell and known outcomes cannot."""
    waited, watched, true = draw_times(40_000, 3)
    newest = watched < 20
    odds = compute_odds_weights(waited, watched)
    assert share(waited <= watched, compute_known_weights(waited, watched, horizon_days=30) * newest) == 1
    assert share(waited <= watched, odds * newest) == pytest.approx(true, abs=0.02)


# What large weights are worth


def test_large_weights_are_worth_the_effective_number():
    assert shrink(6, 14) == pytest.approx(6 / 14)
    assert 6 * shrink(6, 14) == pytest.approx(36 / 14), "Kish: (sum of w)^2 / sum of w^2"
    assert shrink(2.5, 1.75) == 1, "weights below 1 count no more than they sum to"
    assert shrink(0, 0) == 0
