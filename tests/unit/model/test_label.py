"""Labels, against hand-worked dates and a published survival curve."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor.core.errors import SettingsError, TrainingError
from predictor.model.label import choose_horizon, compute_conversion_curve, compute_odds_weights, compute_outcomes

UNTIL = pd.Timestamp("2026-06-01", tz="UTC")


def make_leads(*moments):
    frame = pd.DataFrame(list(moments), columns=["mql_at", "sql_at"])
    return frame.apply(pd.to_datetime, utc=True, format="ISO8601")


def make_watched(watched, waited):
    """Leads watched for so many days, accepted after so many (None: not accepted)."""
    mql_at = pd.Series([UNTIL - pd.Timedelta(days=days) for days in watched])
    return pd.DataFrame({"mql_at": mql_at, "sql_at": mql_at + pd.to_timedelta(pd.Series(waited, dtype=float), unit="D")})


def test_acceptance_at_the_last_moment_of_the_horizon_counts():
    leads = make_leads(
        ("2026-01-01T12:00", "2026-01-11T12:00"),
        ("2026-01-01T12:00", "2026-01-11T12:00:01"),
        ("2026-01-01T12:00", None),
    )
    outcomes = compute_outcomes(leads, horizon_days=10, observed_until=UNTIL)
    assert outcomes["outcome"].tolist() == [1.0, 0.0, 0.0]
    assert outcomes["mature"].all()


def test_accepted_lead_is_pending_until_its_horizon_ends():
    leads = make_leads(("2026-05-22", "2026-05-23"), ("2026-05-22T00:00:01", "2026-05-23"))
    outcomes = compute_outcomes(leads, horizon_days=10, observed_until=UNTIL)
    assert outcomes["mature"].tolist() == [True, False]
    assert outcomes["outcome"].tolist() == [1.0, 1.0]


def test_outcomes_keep_the_index_and_accept_parts_of_a_day():
    leads = make_leads(("2026-01-01", "2026-01-01T11:00"), ("2026-01-01", "2026-01-01T13:00")).set_axis(["b", "a"])
    outcomes = compute_outcomes(leads, horizon_days=0.5, observed_until=UNTIL)
    assert outcomes.index.tolist() == ["b", "a"]
    assert outcomes["outcome"].tolist() == [1.0, 0.0]
    assert outcomes.dtypes.astype(str).tolist() == ["float64", "bool"]


def test_outcomes_of_nobody_accepted_in_seconds():
    leads = make_leads(("2026-01-01", None)).astype("datetime64[s, UTC]")
    assert compute_outcomes(leads, horizon_days=1.5, observed_until=UNTIL).to_numpy().tolist() == [[0.0, True]]


@pytest.mark.parametrize("horizon", [0, -1, float("nan"), float("inf")])
def test_impossible_horizon_is_refused(horizon):
    with pytest.raises(SettingsError, match="The horizon must be above 0 days"):
        compute_outcomes(make_leads(("2026-01-01", None)), horizon_days=horizon, observed_until=UNTIL)


def test_curve_agrees_with_the_published_one():
    # Freireich et al. 1963, weeks in remission under 6-MP; survival as printed in Kleinbaum and Klein, Survival Analysis, ch. 2.
    relapsed = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    leads = make_watched([40] * 9 + censored, relapsed + [None] * 12)
    curve = compute_conversion_curve(leads, UNTIL, followed_share=0)
    assert curve["days"].tolist() == [6, 7, 10, 13, 16, 22, 23]
    survival = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert (1 - curve["converted"]).round(4).tolist() == survival


def test_recycled_leads_stay_at_risk():
    leads = make_watched([30, 30, 30, 30], [5, 10, None, None])
    recycled = leads.assign(recycled_at=[pd.NaT, pd.NaT, *leads["mql_at"].iloc[2:]])
    # Taken out when recycled, the second acceptance would lift the curve to 1; in truth half of the leads converted.
    assert compute_conversion_curve(recycled, UNTIL)["converted"].tolist() == pytest.approx([0.25, 0.5])


def test_curve_ends_where_few_have_been_watched_for_so_long():
    leads = make_watched([400] + [50] * 19, [390, 20, 30] + [None] * 17)
    assert compute_conversion_curve(leads, UNTIL)["days"].tolist() == [20, 30]
    assert compute_conversion_curve(leads, UNTIL, followed_share=0)["converted"].tolist()[-1] == 1.0


def test_what_is_dated_after_the_end_was_not_seen():
    leads = make_watched([10, 10, -5], [3, 12, 1])
    curve = compute_conversion_curve(leads, UNTIL)
    assert curve.to_numpy().tolist() == [[3.0, 0.5]]


def test_acceptance_before_the_start_is_at_once():
    assert compute_conversion_curve(make_watched([10, 10], [-1, None]), UNTIL)["days"].tolist() == [0]


def test_order_of_leads_changes_nothing():
    random = np.random.default_rng(0)
    leads = make_watched(random.integers(1, 100, 60), np.where(random.random(60) < 0.4, random.integers(0, 50, 60), np.nan))
    shuffled = leads.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(compute_conversion_curve(leads, UNTIL), compute_conversion_curve(shuffled, UNTIL))


def test_nobody_converted():
    curve = compute_conversion_curve(make_watched([10, 20], [None, None]), UNTIL)
    assert curve.empty
    assert list(curve) == ["days", "converted"]
    with pytest.raises(TrainingError, match=r"no lead was accepted.*set label.horizon_days"):
        choose_horizon(curve)


@pytest.mark.parametrize(
    ("days", "converted", "share", "expected"),
    [
        ([3.0, 10.0, 20.0], [0.1, 0.18, 0.2], 0.9, 10),  # 0.18 is 90 % of 0.2, rounding or not
        ([3.0, 10.2, 20.0], [0.1, 0.19, 0.2], 0.9, 11),
        ([3.0, 10.0, 20.0], [0.1, 0.18, 0.2], 1.0, 20),
        ([0.0, 0.2], [0.5, 0.6], 0.9, 1),
        ([0.0], [1.0], 0.9, 1),
    ],
)
def test_horizon(days, converted, share, expected):
    assert choose_horizon(pd.DataFrame({"days": days, "converted": converted}), share) == expected


@pytest.mark.parametrize("share", [0, 1.1])
def test_impossible_share_is_refused(share):
    with pytest.raises(SettingsError, match="must be above 0 and at most 1"):
        choose_horizon(pd.DataFrame({"days": [1.0], "converted": [0.1]}), share)


# Weights of pending leads

NEVER = np.inf


def test_weights_worked_on_paper():
    # Horizon 10. Kaplan-Meier: by day 2 one of five, 1/5; at day 4 three are at risk (one is watched for 3 days only), so
    # 1 - 4/5 * 2/3 = 7/15; nobody later. Odds: 1/4 from day 2, 7/8 from day 4. Waiting for 3 days: (1/4) / (7/8) = 2/7.
    waited, watched = [2, 4, NEVER, NEVER, NEVER], [10, 5, 10, 3, 6]
    assert compute_odds_weights(waited, watched) == pytest.approx([1, 1, 1, 2 / 7, 1])


def test_a_lead_watched_to_the_very_day_of_an_acceptance_was_at_risk_then():
    # Ties: the one waiting since 4 days is at risk at day 4 and has passed it, so nothing that is known can still come.
    assert compute_odds_weights([4, NEVER, NEVER], [9, 4, 3.99]).tolist() == [1, 1, 0]
    # By day 4 that is one of two; the third, watched a little less, was not at risk any more.
    days = compute_conversion_curve(make_watched([9, 4, 3.99], [4, None, None]), UNTIL)
    assert days.to_numpy().tolist() == [[4.0, 0.5]]


def test_mature_leads_count_as_one_and_new_ones_not_at_all():
    weight = compute_odds_weights([1, NEVER, NEVER, 3, NEVER], [30, 30, 0, -1, -2])
    assert weight.tolist() == [1, 1, 0, 0, 0]


def test_where_nobody_is_accepted_all_who_are_watched_count():
    assert compute_odds_weights([NEVER, 9, NEVER], [3, 8, -1]).tolist() == [1, 1, 0]


def test_where_all_are_accepted_in_the_end_those_who_wait_say_nothing():
    assert compute_odds_weights([2, 5, NEVER], [9, 9, 3]).tolist() == [1, 1, 0]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 40) | st.just(NEVER), st.integers(-3, 60)), min_size=1, max_size=40))
def test_weights_lie_between_0_and_1_grow_with_time_and_know_no_order_of_rows(pairs):
    waited, watched = np.array(pairs, dtype=float).T
    weight = compute_odds_weights(waited, watched)
    assert ((weight >= 0) & (weight <= 1)).all()
    waiting = np.flatnonzero(waited > watched)
    assert (np.diff(weight[waiting][np.argsort(watched[waiting])]) >= 0).all()
    turned = np.random.default_rng(0).permutation(len(pairs))
    np.testing.assert_array_equal(compute_odds_weights(waited[turned], watched[turned]), weight[turned])


def draw_pending(n, odds, seed, horizon=30.0):
    """Proportional odds: by day t the odds of acceptance are `odds` times how far day t is on the way to the horizon."""
    draw = np.random.default_rng(seed)
    u = draw.random(n)
    waited = horizon * u / (1 - u) / odds  # the day at which the odds of acceptance reach those of u
    waited[waited > horizon] = NEVER
    return waited, draw.uniform(0, 2 * horizon, n)


def share(accepted, weight):
    return (weight * accepted).sum() / weight.sum()


def test_the_weighted_share_is_the_true_one_and_the_early_yes_alone_is_not():
    """Exponential delays, horizon 30, half of the leads pending."""
    draw = np.random.default_rng(2)
    waited = np.where(draw.random(40_000) < 0.4, draw.exponential(12, 40_000), NEVER)
    waited[waited > 30] = NEVER
    watched = draw.uniform(0, 60, 40_000)
    accepted, mature, true = waited <= watched, watched >= 30, 0.4 * (1 - np.exp(-30 / 12))
    assert share(accepted, compute_odds_weights(waited, watched)) == pytest.approx(true, abs=0.008)
    assert accepted[accepted | mature].mean() > true + 0.05, "the early yes counted and the waiting dropped"
    assert accepted.mean() < true - 0.05, "the waiting counted as a no"


def test_the_weighted_share_of_a_campaign_that_began_last_week_is_the_true_one():
    """No lead of it has been watched for long, so its every known no is still to come, while its early yes is here."""
    waited, watched = draw_pending(60_000, 0.2, 3)
    of_campaign, _ = draw_pending(4_000, 0.8, 4)
    lately = np.random.default_rng(5).uniform(0, 10, 4_000)
    weight = compute_odds_weights(np.append(waited, of_campaign), np.append(watched, lately))
    assert share(waited <= watched, weight[:60_000]) == pytest.approx(1 / 6, abs=0.008)
    assert share(of_campaign <= lately, weight[60_000:]) == pytest.approx(0.8 / 1.8, abs=0.04)


def test_what_a_lead_counts_does_not_make_the_share_look_surer_than_it_is():
    """The spread of the weighted share over draws, beside that of as many whole leads as the weights add up to."""
    shares, promised = [], []
    for seed in range(300):
        waited, _ = draw_pending(500, 0.25, seed)
        watched = np.random.default_rng(seed + 10_000).uniform(0, 45, 500)
        weight = compute_odds_weights(waited, watched)
        shares.append(share(waited <= watched, weight))
        promised.append(np.sqrt(0.2 * 0.8 / weight.sum()))
    assert np.mean(shares) == pytest.approx(0.2, abs=0.004)
    assert np.std(shares) <= 1.1 * np.mean(promised)
