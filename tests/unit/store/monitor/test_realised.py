"""Promised beside realised, worked by hand; only mature scores, each lead once."""

import pandas as pd
import pytest

from predictor.core.errors import SettingsError
from predictor.model.metrics.metrics import compute_reliability
from predictor.store.episodes import join_outcomes
from predictor.store.monitor.realised import COLUMNS, compute_realised

START = pd.Timestamp("2026-03-01", tz="UTC")


def make_scores(*rows):
    frame = pd.DataFrame(list(rows), columns=["lead_id", "day", "probability"]).astype({"day": float, "probability": float})
    return frame.assign(as_of=START + pd.to_timedelta(frame.pop("day"), unit="D"), decision="route_to_sales", explore=False)


def make_outcomes(*rows):
    frame = pd.DataFrame(list(rows), columns=["lead_id", "kind", "day"]).astype({"day": float})
    return frame.assign(occurred_at=START + pd.to_timedelta(frame.pop("day"), unit="D"))


def compute(scores, outcomes, *, horizon=10, until=20):
    joined = join_outcomes(scores, outcomes, timezone="UTC")
    return compute_realised(joined, horizon_days=horizon, observed_until=START + pd.Timedelta(days=until))


def count(realised):
    return int(realised["leads"].sum()), round(float((realised["realised"] * realised["leads"]).sum()))


def test_by_hand():
    scores = make_scores(*((f"A{number}", 0, 0.1) for number in range(50)), *((f"B{number}", 0, 0.6) for number in range(50)))
    accepted = make_outcomes(
        *((f"A{number}", "accepted", 1) for number in range(30)), *((f"B{n}", "accepted", 1) for n in range(30))
    )
    realised = compute(scores, accepted)
    assert list(realised) == list(COLUMNS)
    assert realised["leads"].tolist() == [50, 50]
    assert realised["promised"].tolist() == pytest.approx([0.1, 0.6])
    assert realised["realised"].tolist() == [0.6, 0.6]
    assert realised["verdict"].tolist() == ["more", "as promised"]
    low, high = compute_reliability([1] * 30 + [0] * 20, [0.1] * 50)[["observed_low", "observed_high"]].iloc[0]
    assert realised[["realised_low", "realised_high"]].iloc[0].tolist() == [low, high]
    assert compute(scores, accepted.iloc[:0])["verdict"].tolist() == ["less", "less"]


def test_only_mature_scores_count():
    scores = make_scores(("A", 10, 0.3), ("B", 10.1, 0.3))
    assert count(compute(scores, make_outcomes(("A", "accepted", 12), ("B", "accepted", 12)))) == (1, 1)


def test_acceptance_counts_within_the_horizon_its_last_moment_included():
    scores = make_scores(("A", 0, 0.3), ("B", 0, 0.3), ("C", 0, 0.3))
    outcomes = make_outcomes(("A", "accepted", 10), ("B", "accepted", 10.01), ("C", "recycled", 1))
    assert count(compute(scores, outcomes)) == (3, 1)


def test_a_lead_counts_by_its_first_score():
    realised = compute(make_scores(("A", 5, 0.9), ("A", 1, 0.2)), make_outcomes(("A", "accepted", 6)))
    assert realised[["leads", "promised", "realised"]].iloc[0].tolist() == [1, 0.2, 1]


def test_a_lead_accepted_before_its_score_was_promised_nothing():
    assert count(compute(make_scores(("A", 5, 0.9), ("B", 5, 0.9)), make_outcomes(("A", "accepted", 4)))) == (1, 0)


def test_an_opportunity_means_that_sales_accepted():
    assert count(compute(make_scores(("A", 0, 0.9)), make_outcomes(("A", "opportunity", 4)))) == (1, 1)


@pytest.mark.parametrize("scores", [make_scores(), make_scores(("A", 15, 0.3))])
def test_nothing_mature_gives_an_empty_table(scores):
    realised = compute(scores, make_outcomes(("A", "accepted", 16)))
    assert realised.empty
    assert list(realised) == list(COLUMNS)


def test_a_horizon_must_be_above_zero():
    with pytest.raises(SettingsError, match="The horizon must be above 0 days, but is 0"):
        compute(make_scores(("A", 0, 0.3)), make_outcomes(), horizon=0)
