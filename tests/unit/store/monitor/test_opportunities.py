"""Opportunities and sources: those of scored leads, in the episode in which they were opened."""

import pandas as pd

from predictor.scoring.answer import Answer
from predictor.store.database import Database
from predictor.store.episodes import join_outcomes
from predictor.store.monitor.opportunities import (
    add_opportunities,
    compute_revenue,
    compute_sources,
    find_opportunities,
    sum_sources,
)
from predictor.store.monitor.ways import compute_reasons
from predictor.store.monitor.weeks import compute_weeks
from predictor.store.records import Answered, make_score_record

SALES, NURTURE = "route_to_sales", "nurture"
SCORES = [
    ("A", "2026-03-02T09:00Z", SALES, "web"),
    ("B", "2026-03-03T09:00Z", SALES, "web"),
    ("C", "2026-03-03T10:00Z", NURTURE, "web"),
    ("D", "2026-03-04T09:00Z", SALES, None),
    ("B", "2026-03-24T09:00Z", SALES, "fair"),  # came back
]
OUTCOMES = [
    ("A", "accepted", "2026-03-05T09:00Z", None, None),
    ("A", "opportunity", "2026-03-12T09:00Z", 100.0, "EUR"),
    ("B", "recycled", "2026-03-05T09:00Z", None, None),
    ("B", "opportunity", "2026-03-26T09:00Z", 50.0, "USD"),  # of the second episode
    ("C", "opportunity", "2026-03-26T09:00Z", None, None),  # held back, and opened by sales
    ("D", "accepted", "2026-03-06T09:00Z", None, None),
    ("stranger", "opportunity", "2026-03-26T09:00Z", 9999.0, "EUR"),
]


def read():
    scores = pd.DataFrame(SCORES, columns=["lead_id", "as_of", "decision", "source"]).assign(explore=False)
    outcomes = pd.DataFrame(OUTCOMES, columns=["lead_id", "kind", "occurred_at", "amount", "currency"])
    scores["as_of"], outcomes["occurred_at"] = pd.to_datetime(scores["as_of"]), pd.to_datetime(outcomes["occurred_at"])
    joined = join_outcomes(scores, outcomes, timezone="UTC")
    return joined, find_opportunities(joined, outcomes, timezone="UTC")


def test_only_opportunities_of_scored_leads_bring_money():
    _, opportunities = read()
    assert compute_revenue(opportunities).values.tolist() == [
        ["(none given)", 1, 0, 0.0],
        ["EUR", 1, 1, 100.0],
        ["USD", 1, 1, 50.0],
    ]


def test_weeks_show_how_many_accepted_leads_have_an_opportunity():
    joined, opportunities = read()
    until = pd.Timestamp("2026-06-01", tz="UTC")
    weeks = compute_weeks(joined, horizon_days=30, observed_until=until, band=(0.2, 0.3))
    weeks = add_opportunities(weeks, joined, opportunities).set_index("week")
    assert weeks["scored"].tolist() == [4, 0, 0, 1]  # two weeks of outage
    assert weeks["verdict"].tolist()[1:3] == ["", ""]
    assert weeks["accepted"].tolist() == [2, 0, 0, 1]
    assert weeks["opportunities"].tolist() == [1, 0, 0, 1]
    assert weeks["opportunity_share"].tolist()[::3] == [0.5, 1.0]
    assert weeks["opportunity_share"].isna().tolist() == [False, True, True, False]


def test_sources_by_week_and_together():
    joined, opportunities = read()
    by_week = compute_sources(joined, opportunities)
    assert by_week.assign(week=by_week["week"].dt.day).values.tolist() == [
        [2, "(none given)", 1, 1, 1, 0, 0], [2, "web", 3, 2, 1, 1, 1], [23, "fair", 1, 1, 1, 0, 1],
    ]  # fmt: skip
    together = sum_sources(by_week, newest=2).set_index("source")
    assert together["scored"].to_dict() == {"web": 3, "(none given)": 1, "fair": 1}
    assert together["newest"].to_dict() == {"web": 0, "(none given)": 0, "fair": 1}  # no lead came from the web any more
    assert together.loc["web", ["conversion", "opportunity_share"]].tolist() == [0.5, 1.0]


def test_rare_sources_are_one_row():
    joined = pd.DataFrame({
        "as_of": pd.Timestamp("2026-03-02", tz="UTC"), "episode": range(60), "handed_over": True, "recycled": False,
        "accepted_at": pd.Series(pd.NaT, range(60), dtype="datetime64[us, UTC]"),
        "source": [f"S{number % 30:02}" for number in range(60)],
    })  # fmt: skip
    sources = compute_sources(joined, pd.DataFrame({"episode": []}))
    assert len(sources) == 21
    assert sources.set_index("source")["scored"].loc[["(other)", "S00"]].tolist() == [20, 2]


def test_nothing_gives_nothing():
    joined, opportunities = read()
    assert compute_sources(joined.iloc[:0], opportunities).empty
    assert sum_sources(compute_sources(joined.iloc[:0], opportunities)).empty
    empty = pd.DataFrame(columns=["lead_id", "kind", "occurred_at", "amount", "currency"])
    assert find_opportunities(joined, empty.astype({"occurred_at": "datetime64[us, UTC]"}), timezone="UTC").empty


def test_reasons_in_free_text_are_one_whatever_their_capitals():
    reasons = ["No budget", "no budget ", "No  budget", "timing", "", None]
    table = compute_reasons(pd.DataFrame({"kind": "recycled", "reason": reasons}))
    assert table.values.tolist() == [["No budget", 3], ["(none given)", 2], ["timing", 1]]
    assert compute_reasons(pd.DataFrame({"kind": ["accepted"], "reason": [None]})).empty


def test_the_source_is_read_from_the_stored_features(tmp_path):
    at = pd.Timestamp("2026-03-02", tz="UTC").to_pydatetime()
    answers = [
        Answer(lead, 0.3, (0.2, 0.4), threshold=0.25, decision=SALES, grade="B", points=None, reasons=(), warnings=(),
               features=features)
        for lead, features in (("A", {"Lead.Source": "web"}), ("B", {"other": 1.0}), ("C", {}))
    ]  # fmt: skip
    database = Database.beside(tmp_path)
    database.write([make_score_record(Answered(answer, at), scored_at=at, model="m") for answer in answers])
    assert database.load_served(source="Lead.Source")["source"].fillna("none").tolist() == ["web", "none", "none"]
    assert "source" not in database.load_served()
    database.close()
