"""Training, funnel and realised results agree on what became of every scored lead, because they share one rule."""

from itertools import count, pairwise
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor.core.settings import make_settings
from predictor.scoring.answer import Answer
from predictor.store.database import Database
from predictor.store.episodes import choose_scores, compute_episodes, join_outcomes
from predictor.store.monitor.funnel import compute_funnel
from predictor.store.monitor.monitor import monitor_store
from predictor.store.monitor.realised import compute_realised
from predictor.store.records import Answered, Record, make_score_record

ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo", "Asia/Kathmandu", "America/Santiago"]
FAR = 10_000.0  # days: a horizon that never cuts anything off
SCORE = ["lead_id", "as_of", "answer_id", "decision", "explore", "explore_rate", "probability"]
OUTCOME = ["lead_id", "kind", "occurred_at"]
SALES, NURTURE = "route_to_sales", "nurture"


def local(zone, day, hour=0.0):
    """A moment on the firm's clocks: a day of 2026 counted from the 1st of March, and an hour."""
    wall = pd.Timestamp("2026-03-01") + pd.Timedelta(days=day) + pd.Timedelta(hours=hour)
    return wall.tz_localize(ZoneInfo(zone), ambiguous=False, nonexistent="shift_forward").tz_convert("UTC")


def make_scores(zone, *rows):
    """Rows of lead, day, hour, decision and, where it is explored, True."""
    number = count()
    made = [
        (lead, local(zone, day, hour), f"{next(number):03}", decision, any(explored), 0.5 if any(explored) else None, 0.3)
        for lead, day, hour, decision, *explored in rows
    ]
    frame = pd.DataFrame(made, columns=SCORE).astype({"lead_id": "str", "decision": "str", "explore_rate": float})
    return frame.assign(as_of=to_utc(frame["as_of"]), features=[{"size": 1.0}] * len(frame))


def make_outcomes(zone, *rows):
    """Rows of lead, kind, day and hour; None: a date without a time."""
    made = [(lead, kind, local(zone, day, hour or 0)) for lead, kind, day, hour in rows]
    frame = pd.DataFrame(made, columns=OUTCOME).astype({"lead_id": "str", "kind": "str"})
    return frame.assign(occurred_at=to_utc(frame["occurred_at"]))


def to_utc(moments):
    return pd.to_datetime(moments, utc=True).astype("datetime64[us, UTC]")


def count_training(scores, outcomes, zone):
    """Rows and acceptances in training."""
    frame = compute_episodes(scores, outcomes, timezone=zone).frame
    return len(frame), int(frame["sql_at"].notna().sum())


def count_funnel(joined):
    funnel = compute_funnel(joined)
    return int(funnel["scored"].sum()), int(funnel["accepted"].sum())


def count_realised(joined, horizon_days=FAR):
    until = local("UTC", 3 * FAR)
    realised = compute_realised(joined, horizon_days=horizon_days, observed_until=until)
    return int(realised["leads"].sum()), round(float((realised["realised"] * realised["leads"]).sum()))


def count_three(scores, outcomes, zone):
    """(scored, accepted) as training, funnel and realised results count them."""
    joined = join_outcomes(scores, outcomes, timezone=zone)
    return count_training(scores, outcomes, zone), count_funnel(joined), count_realised(joined)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", [None, 12.0, 23.5])
def test_of_40_leads_scored_at_noon_20_are_accepted_that_day(zone, hour):
    scores = make_scores(zone, *((f"L{number}", 3, 12, SALES) for number in range(40)))
    outcomes = make_outcomes(zone, *((f"L{number}", "accepted", 3, hour) for number in range(20)))
    assert count_three(scores, outcomes, zone) == ((40, 20),) * 3
    realised = compute_realised(join_outcomes(scores, outcomes, timezone=zone), horizon_days=1, observed_until=local(zone, 9))
    assert realised[["leads", "realised"]].to_numpy().tolist() == [[40, 0.5]]


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo"])
def test_a_date_is_a_day_of_the_firm_and_not_of_another_zone(zone):
    scores = make_scores(zone, ("A", 3, 12, SALES))
    assert count_three(scores, make_outcomes(zone, ("A", "accepted", 3, None)), zone) == ((1, 1),) * 3
    elsewhere = {"America/Los_Angeles": "Asia/Tokyo", "Asia/Tokyo": "America/Los_Angeles"}[zone]
    moment = make_outcomes(elsewhere, ("A", "accepted", 3, None))  # there it is midnight, at the firm an hour of the day
    expected = (1, 1) if zone == "Asia/Tokyo" else (0, 0)  # 17:00 of the same day, or 7:00 of the day before
    assert count_three(scores, moment, zone) == (expected,) * 3


@pytest.mark.parametrize(("score_day", "accepted"), [(2, True), (3, True), (4, False)])
def test_a_date_covers_its_day_alone(score_day, accepted):
    """Also on the days when clocks in Berlin change: the 29th of March has 23 hours, the 25th of October 25."""
    for zone, date in (("UTC", 3), ("Europe/Berlin", 28), ("Europe/Berlin", 238), ("America/Santiago", 189)):
        scores = make_scores(zone, ("A", date + score_day - 3, 23.9 if accepted else 0, SALES))
        outcomes = make_outcomes(zone, ("A", "accepted", date, None))
        assert count_three(scores, outcomes, zone) == ((int(accepted), int(accepted)),) * 3


def test_an_acceptance_by_date_is_never_before_its_score():
    scores, outcomes = make_scores("UTC", ("A", 3, 12, SALES)), make_outcomes("UTC", ("A", "accepted", 3, None))
    assert join_outcomes(scores, outcomes, timezone="UTC")["accepted_at"].tolist() == [local("UTC", 3, 12)]
    assert compute_episodes(scores, outcomes, timezone="UTC").frame["sql_at"].tolist() == [local("UTC", 3, 12)]


def test_a_lead_scored_again_counts_once_by_the_first_score_that_sales_got():
    scores = make_scores("UTC", ("A", 1, 9, NURTURE), ("A", 8, 9, SALES), ("A", 15, 9, SALES))
    outcomes = make_outcomes("UTC", ("A", "accepted", 20, 9))
    assert count_three(scores, outcomes, "UTC") == ((1, 1),) * 3
    joined = join_outcomes(scores, outcomes, timezone="UTC")
    assert choose_scores(joined)["as_of"].tolist() == [local("UTC", 8, 9)]
    assert compute_funnel(joined)[["week", "decision"]].to_numpy().tolist() == [[pd.Timestamp("2026-03-09"), SALES]]
    assert count_realised(joined, horizon_days=12) == (1, 1)
    assert count_realised(joined, horizon_days=11) == (1, 0)


def test_a_lead_held_back_and_accepted_anyway_is_accepted_though_training_leaves_it_out():
    scores, outcomes = (
        make_scores("UTC", ("A", 1, 9, NURTURE), ("A", 2, 9, NURTURE)),
        make_outcomes("UTC", ("A", "accepted", 3, 9)),
    )
    training, funnel, realised = count_three(scores, outcomes, "UTC")
    assert (training, funnel, realised) == ((0, 0), (1, 1), (1, 1))
    assert compute_episodes(scores, outcomes, timezone="UTC").left_out == {"held back, accepted anyway": 1}


def test_a_lead_sent_back_and_scored_again_counts_twice():
    scores = make_scores("UTC", ("A", 1, 9, SALES), ("A", 10, 9, SALES), ("A", 11, 9, SALES))
    recycled = ("A", "recycled", 5, 9)
    assert count_three(scores, make_outcomes("UTC", recycled, ("A", "accepted", 20, 9)), "UTC") == ((2, 1),) * 3
    assert count_three(scores, make_outcomes("UTC", recycled), "UTC") == ((2, 0),) * 3
    early = make_outcomes("UTC", ("A", "accepted", 3, None), recycled, ("A", "opportunity", 30, None))
    assert count_three(scores, early, "UTC") == ((2, 2),) * 3


def test_a_second_acceptance_and_scores_after_the_first_count_nowhere():
    scores = make_scores("UTC", ("A", 1, 9, SALES), ("A", 10, 9, SALES))
    outcomes = make_outcomes("UTC", ("A", "accepted", 5, 9), ("A", "opportunity", 20, 9))
    assert count_three(scores, outcomes, "UTC") == ((1, 1),) * 3
    assert compute_episodes(scores, outcomes, timezone="UTC").left_out == {"scored after acceptance": 1}


def test_a_lead_accepted_before_its_first_score_counts_nowhere_until_it_is_sent_back():
    scores = make_scores("UTC", ("A", 10, 9, SALES), ("A", 20, 9, SALES))
    accepted, opened = ("A", "accepted", 5, 9), ("A", "opportunity", 15, 9)
    assert count_three(scores, make_outcomes("UTC", accepted), "UTC") == ((0, 0),) * 3
    assert count_three(scores, make_outcomes("UTC", accepted, opened), "UTC") == ((0, 0),) * 3
    assert count_three(scores, make_outcomes("UTC", accepted, ("A", "recycled", 7, 9), opened), "UTC") == ((1, 1),) * 3
    assert count_three(scores, make_outcomes("UTC", accepted, ("A", "recycled", 15, 9)), "UTC") == ((1, 0),) * 3


def test_scores_of_one_model_are_judged_by_the_history_of_all():
    scores = make_scores("UTC", ("A", 1, 9, SALES), ("A", 10, 9, SALES), ("B", 1, 9, SALES), ("B", 2, 9, SALES))
    scores["model"] = ["old", "new", "old", "new"]
    joined = join_outcomes(scores, make_outcomes("UTC", ("A", "accepted", 5, 9), ("B", "accepted", 5, 9)), timezone="UTC")
    assert count_realised(joined[joined["model"] == "old"]) == (2, 2)
    assert count_realised(joined[joined["model"] == "new"]) == (1, 1)  # A had been accepted before the new model saw it


LEADS, DAYS, HOURS = st.sampled_from("ABC"), st.integers(0, 40), st.sampled_from([0.0, 0.5, 9.0, 12.0, 23.5])
SCORE_ROWS = st.lists(st.tuples(LEADS, DAYS, HOURS, st.sampled_from([SALES, NURTURE]), st.booleans()), min_size=1, max_size=10)
KINDS = st.sampled_from(["accepted", "accepted", "recycled", "opportunity"])
OUTCOME_ROWS = st.lists(st.tuples(LEADS, KINDS, DAYS, st.none() | HOURS), max_size=10)
HORIZONS = st.sampled_from([1.0, 7.0, FAR])


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ZONES), SCORE_ROWS, OUTCOME_ROWS, HORIZONS)
def test_all_three_agree_on_every_lead_of_any_history(zone, score_rows, outcome_rows, horizon):
    scores, outcomes = make_scores(zone, *score_rows), make_outcomes(zone, *outcome_rows)
    joined = join_outcomes(scores, outcomes, timezone=zone)
    training = compute_episodes(scores, outcomes, timezone=zone)
    for lead in scores["lead_id"].unique():
        expected = follow_by_hand(lead, score_rows, outcome_rows, zone)
        accepted = [row["accepted"] for row in expected]
        own = joined[joined["lead_id"] == lead]
        assert count_funnel(own) == count_realised(own) == (len(expected), sum(accepted))
        handed = [row for row in expected if row["handed"]]
        rows = training.frame[training.frame["lead_id"] == lead]
        assert rows["mql_at"].tolist() == [row["at"] for row in handed]
        assert rows["sql_at"].notna().tolist() == [row["accepted"] for row in handed]
        within = rows["sql_at"] - rows["mql_at"] <= pd.Timedelta(days=horizon)
        assert count_realised(own[own["handed_over"]], horizon) == (len(handed), int(within.sum()))
    held = training.left_out["held back"] + training.left_out["held back, accepted anyway"]
    assert len(training.frame) + held == joined["episode"].nunique() == compute_funnel(joined)["scored"].sum()
    assert len(joined) + training.left_out["scored after acceptance"] == len(scores)


def follow_by_hand(lead, score_rows, outcome_rows, zone):
    """The episodes of a lead, worked out by walking through its history."""
    history = [
        (local(zone, day, hour), 0, f"{number:03}", decision, explored)
        for number, (who, day, hour, decision, explored) in enumerate(score_rows)
        if who == lead
    ]
    for who, kind, day, hour in outcome_rows:
        if who == lead:  # an outcome at midnight means the whole day
            last = local(zone, day, hour) if hour else local(zone, day + 1) - pd.Timedelta(microseconds=1)
            history.append((last, 1, kind, "", False))
    return walk(history)


def walk(history):
    """The episodes of one lead's history: rows of moment, whether it is an outcome, kind, decision, and whether explored."""
    episodes, accepted, returned = [], False, False
    for at, is_outcome, kind, decision, explored in sorted(history):
        if is_outcome:
            if kind == "recycled":
                returned = True
            else:
                accepted = True
                if episodes and episodes[-1]["open"]:
                    episodes[-1]["accepted"] = True
            continue
        if returned or not (accepted or (episodes and episodes[-1]["open"])):
            episodes.append({"at": at, "handed": False, "accepted": False, "open": True})
            accepted = returned = False
        if not accepted and not episodes[-1]["handed"] and (decision == SALES or explored):
            episodes[-1] |= {"at": at, "handed": True}
    return episodes


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ZONES), SCORE_ROWS, OUTCOME_ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(zone, score_rows, outcome_rows, random):
    def shuffle(frame):
        order = list(range(len(frame)))
        random.shuffle(order)
        return frame.iloc[order]

    scores, outcomes = make_scores(zone, *score_rows), make_outcomes(zone, *outcome_rows)
    mixed_scores, mixed_outcomes = shuffle(scores), shuffle(outcomes)
    joined = join_outcomes(scores, outcomes, timezone=zone)
    mixed = join_outcomes(mixed_scores, mixed_outcomes, timezone=zone)
    pd.testing.assert_frame_equal(mixed, joined)
    one, other = (compute_episodes(*frames, timezone=zone) for frames in ((scores, outcomes), (mixed_scores, mixed_outcomes)))
    pd.testing.assert_frame_equal(other.frame, one.frame)
    assert other.left_out == one.left_out


@settings(max_examples=40, deadline=None)
@given(SCORE_ROWS, OUTCOME_ROWS)
def test_the_joined_scores_keep_their_promises(score_rows, outcome_rows):
    joined = join_outcomes(make_scores("UTC", *score_rows), make_outcomes("UTC", *outcome_rows), timezone="UTC")
    assert not (joined["accepted_at"] < joined["as_of"]).any()
    for _, own in joined.groupby("lead_id"):
        assert own["episode"].is_monotonic_increasing
        for (_, before), (_, after) in pairwise(own.groupby("episode")):
            assert before["recycled"].all()
            assert before["as_of"].max() <= after["as_of"].min()
    assert joined.groupby("episode")["lead_id"].nunique().eq(1).all()


@pytest.mark.parametrize(("zone", "accepted"), [("Asia/Tokyo", 1), ("America/Los_Angeles", 0)])
def test_monitor_reads_dates_in_the_timezone_of_the_firm(tmp_path, zone, accepted):
    """Scored at noon in Tokyo and accepted that day by date; in Los Angeles that midnight is 7:00 of the day before."""
    scored_at = local("Asia/Tokyo", 3, 12).to_pydatetime()
    answer = Answer("A", 0.3, (0.2, 0.4), threshold=0.25, decision=SALES, grade="B", points=None, reasons=(), warnings=())
    day = {"lead_id": "A", "kind": "accepted", "occurred_at": local("Asia/Tokyo", 3).to_pydatetime(), "reason": None}
    database = Database.beside(tmp_path)
    database.write([
        make_score_record(Answered(answer, scored_at), scored_at=scored_at, model="m"),
        Record("outcome", day | {"amount": None, "told_at": scored_at}),
    ])  # fmt: skip
    levels = [0.1, 0.5, 0.9]
    reference = {"n": 100, "quantiles": levels, "probability": levels, "features": {}}
    settings = make_settings({"data": {"leads": "leads.csv", "timezone": zone}})
    scorer = SimpleNamespace(version="m", settings=settings, metrics={"horizon_days": 30}, reference=reference)
    tables = monitor_store(database, scorer, now=local("UTC", 60).to_pydatetime(), agreement=settings.agreement).tables
    database.close()
    assert tables["promises"]["realised"].tolist() == [1] * accepted
    assert tables["weeks"]["accepted"].tolist() == [1] * accepted
    assert tables["funnel"]["accepted"].tolist() == [1] * accepted
    assert tables["realised"]["realised"].tolist() == [1] * accepted


def test_empty_frames_give_an_empty_one():
    scores, outcomes = make_scores("UTC", ("A", 1, 9, SALES)), make_outcomes("UTC", ("A", "accepted", 2, None))
    empty = join_outcomes(scores.head(0), outcomes, timezone="Asia/Tokyo")
    assert empty.empty
    assert str(empty["accepted_at"].dtype) == "datetime64[us, UTC]"
    assert join_outcomes(scores, outcomes.head(0), timezone="Asia/Tokyo")["accepted_at"].isna().tolist() == [True]
    assert count_funnel(empty) == count_realised(empty) == (0, 0)
