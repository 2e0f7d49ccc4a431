"""The funnel, worked by hand, and what an outcome is counted with when a lead was scored more than once."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor.model.metrics.intervals import wilson
from predictor.store.episodes import choose_scores, join_outcomes
from predictor.store.monitor.funnel import compute_funnel

COLUMNS = [
    "week",
    "decision",
    "scored",
    "routed",
    "accepted",
    "recycled",
    "open",
    "conversion",
    "conversion_low",
    "conversion_high",
]


def make_scores(*rows):
    """Rows of lead, day of March 2026 (the 2nd is a Monday), decision."""
    frame = pd.DataFrame(list(rows), columns=["lead_id", "as_of", "decision"]).astype({"lead_id": "str", "decision": "str"})
    return frame.assign(as_of=in_march(frame["as_of"]), probability=0.3, explore=False)


def make_outcomes(*rows):
    """Rows of lead, kind, day of March 2026."""
    frame = pd.DataFrame(list(rows), columns=["lead_id", "kind", "occurred_at"]).astype({"lead_id": "str", "kind": "str"})
    return frame.assign(occurred_at=in_march(frame["occurred_at"]))


def compute(scores, outcomes):
    return compute_funnel(join_outcomes(scores, outcomes, timezone="UTC"))


def in_march(days):
    moments = pd.Timestamp("2026-02-28", tz="UTC") + pd.to_timedelta(days.astype(float), unit="D")
    return moments.astype("datetime64[us, UTC]")


SALES, NURTURE = "route_to_sales", "nurture"


def test_by_hand():
    scores = make_scores(("A", 2, SALES), ("B", 3, SALES), ("C", 8.9, SALES), ("D", 4, NURTURE), ("E", 9, SALES))
    outcomes = make_outcomes(("A", "accepted", 5), ("B", "recycled", 6), ("D", "accepted", 12), ("E", "recycled", 10))
    funnel = compute(scores, outcomes)
    assert list(funnel) == COLUMNS
    assert funnel["week"].dt.strftime("%m-%d").tolist() == ["03-02", "03-02", "03-09"]
    assert funnel["decision"].tolist() == [NURTURE, SALES, SALES]
    assert funnel["scored"].tolist() == [1, 3, 1]
    assert funnel["routed"].tolist() == [0, 3, 1]
    assert funnel["accepted"].tolist() == [1, 1, 0]
    assert funnel["recycled"].tolist() == [0, 1, 1]
    assert funnel["open"].tolist() == [0, 1, 0]
    assert funnel["conversion"].tolist() == [1, 1 / 3, 0]
    low, high = wilson([1, 1, 0], [1, 3, 1])
    assert funnel["conversion_low"].tolist() == low.tolist()
    assert funnel["conversion_high"].tolist() == high.tolist()


def test_the_week_is_that_of_utc():
    late = make_scores(("A", 8, SALES)).assign(as_of=pd.Timestamp("2026-03-09T00:30", tz="Europe/Berlin"))
    assert compute(late, make_outcomes())["week"].tolist() == [pd.Timestamp("2026-03-02")]


def test_an_sql_stays_one_though_recycled_later():
    funnel = compute(make_scores(("A", 2, SALES)), make_outcomes(("A", "accepted", 3), ("A", "recycled", 9)))
    assert funnel[["accepted", "recycled", "open"]].iloc[0].tolist() == [1, 0, 0]


def test_an_opportunity_means_that_sales_accepted():
    funnel = compute(make_scores(("A", 2, SALES)), make_outcomes(("A", "opportunity", 3)))
    assert funnel["accepted"].tolist() == [1]


def test_a_lead_scored_twice_counts_once():
    scores = make_scores(("A", 2, NURTURE), ("A", 3, SALES), ("A", 9, SALES))
    outcomes = make_outcomes(("A", "accepted", 4))
    assert choose_scores(join_outcomes(scores, outcomes, timezone="UTC"))["as_of"].dt.day.tolist() == [3]
    assert compute(scores, outcomes)[["decision", "accepted"]].to_numpy().tolist() == [[SALES, 1]]
    assert compute(scores.iloc[:2], outcomes)[["decision", "accepted"]].to_numpy().tolist() == [[SALES, 1]]


def test_a_recycled_lead_that_is_scored_again_is_another_episode():
    scores = make_scores(("A", 2, SALES), ("A", 16, SALES))
    funnel = compute(scores, make_outcomes(("A", "recycled", 5), ("A", "accepted", 20)))
    assert funnel["recycled"].tolist() == [1, 0]
    assert funnel["accepted"].tolist() == [0, 1]


def test_a_lead_accepted_before_its_score_and_one_never_scored_are_not_counted():
    scores = make_scores(("A", 5, SALES), ("B", 5, SALES))
    funnel = compute(scores, make_outcomes(("A", "accepted", 4), ("X", "accepted", 9)))
    assert funnel[["scored", "accepted", "open"]].to_numpy().tolist() == [[1, 0, 1]]


def test_without_scores_it_is_empty():
    assert list(compute(make_scores(), make_outcomes())) == COLUMNS
    assert compute(make_scores(), make_outcomes(("A", "accepted", 3))).empty


LEADS, DAYS = st.sampled_from("ABC"), st.integers(1, 28)
SCORES = st.lists(st.tuples(LEADS, DAYS, st.sampled_from([SALES, NURTURE])), max_size=8)
OUTCOMES = st.lists(st.tuples(LEADS, st.sampled_from(["accepted", "recycled", "opportunity"]), DAYS), max_size=8)


@given(SCORES, OUTCOMES)
@settings(max_examples=50, deadline=None)
def test_every_lead_is_counted_and_the_counts_add_up(scores, outcomes):
    frame = make_scores(*scores)
    funnel = compute(frame, make_outcomes(*outcomes))
    accepted = {lead for lead, kind, _ in outcomes if kind != "recycled"}
    assert (funnel["scored"] == funnel["accepted"] + funnel["recycled"] + funnel["open"]).all()
    assert len({*frame["lead_id"]} - accepted) <= funnel["scored"].sum() <= len(frame)
    assert funnel["open"].sum() <= frame["lead_id"].nunique()
