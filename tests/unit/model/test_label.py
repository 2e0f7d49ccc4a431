"""Labels, against hand-worked dates and a published survival curve."""

import numpy as np
import pandas as pd
import pytest

from predictor.errors import SettingsError, TrainingError
from predictor.model.label import choose_horizon, compute_conversion_curve, compute_outcomes

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
