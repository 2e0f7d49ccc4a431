"""Outcomes are a history: nothing that was reported is lost, and one rule says what counts; on SQLite and PostgreSQL."""

import dataclasses
from datetime import timedelta

import pytest
from unit.store.conftest import MINUTE, NOON, Clock, make_answer
from unit.store.test_join_outcomes import SALES, count_funnel, count_realised

from predictor.store.clock import SteadyClock
from predictor.store.episodes import compute_episodes, join_outcomes
from predictor.store.outcome_history import OutcomeReport
from predictor.store.records import Answered

DAY = timedelta(days=1)


@pytest.fixture
def clock(store):
    made = Clock()
    store._clock = SteadyClock(made.wall, made.elapsed)
    return made


def save_score(store, lead, as_of, clock, decision=SALES):
    clock.passed += 1
    answer = dataclasses.replace(make_answer(lead, features={"size": 1.0}), decision=decision)
    store.save_scores([Answered(answer, as_of)], scored_at=clock.wall(), model="m")


def report(store, lead, kind, clock, occurred_at=None, **facts):
    clock.passed += 1
    [(outcome_id, _)] = store.save_outcomes([OutcomeReport(lead_id=lead, kind=kind, occurred_at=occurred_at, **facts)])
    return outcome_id


def list_counting(store):
    return [(row.kind, row.occurred_at) for row in store.load_outcomes().itertuples()]


def count_readers(store):
    """(scored, accepted) as training, funnel and realised results count them."""
    scores, outcomes = store.load_scores(features=True), store.load_outcomes()
    joined = join_outcomes(scores, outcomes, timezone="UTC")
    training = compute_episodes(scores, outcomes, timezone="UTC").frame
    return (len(training), int(training["sql_at"].notna().sum())), count_funnel(joined), count_realised(joined)


@pytest.mark.parametrize("sent_back", [True, False])
def test_a_second_acceptance_leaves_the_first_as_it_was(store, clock, sent_back):
    save_score(store, "A", NOON, clock)
    report(store, "A", "accepted", clock, NOON + 4 * DAY)
    if sent_back:
        report(store, "A", "recycled", clock, NOON + 15 * DAY, reason="timing")
    save_score(store, "A", NOON + 30 * DAY, clock)
    assert count_readers(store) == (((2, 1) if sent_back else (1, 1)),) * 3
    report(store, "A", "accepted", clock, NOON + 34 * DAY)
    assert [at for kind, at in list_counting(store) if kind == "accepted"] == [NOON + 4 * DAY, NOON + 34 * DAY]
    assert count_readers(store) == (((2, 2) if sent_back else (1, 1)),) * 3
    frame = compute_episodes(store.load_scores(features=True), store.load_outcomes(), timezone="UTC").frame
    assert frame["sql_at"].tolist()[0] == NOON + 4 * DAY


def test_an_outcome_that_names_a_score_belongs_to_its_episode(store, clock):
    save_score(store, "A", NOON, clock)
    report(store, "A", "recycled", clock, NOON + DAY, reason="timing")
    save_score(store, "A", NOON + 2 * DAY, clock)
    report(store, "A", "accepted", clock, NOON + 3 * DAY, episode=NOON)
    joined = join_outcomes(store.load_scores(), store.load_outcomes(), timezone="UTC")
    assert joined["accepted_at"].notna().tolist() == [True, False]
    assert count_readers(store) == ((2, 1),) * 3


def test_a_score_after_acceptance_that_an_outcome_names_is_an_episode_of_its_own(store, clock):
    save_score(store, "A", NOON, clock)
    report(store, "A", "accepted", clock, NOON + DAY)
    save_score(store, "A", NOON + 30 * DAY, clock)
    assert count_readers(store) == ((1, 1),) * 3
    report(store, "A", "accepted", clock, NOON + 31 * DAY, episode=NOON + 30 * DAY)
    assert count_readers(store) == ((2, 2),) * 3


def test_two_episodes_of_one_day_told_by_date_stay_two(store, clock):
    """Scored, sent back, scored again and accepted on one day; the CRM sends the date alone."""
    midnight = NOON - timedelta(hours=12)
    save_score(store, "A", NOON, clock)
    report(store, "A", "recycled", clock, midnight, reason="timing")
    save_score(store, "A", NOON + timedelta(hours=3), clock)
    report(store, "A", "accepted", clock, midnight)
    assert count_readers(store) == ((2, 1),) * 3


def test_a_correction_changes_what_it_says_and_keeps_the_rest(store, clock):
    save_score(store, "A", NOON, clock)
    first = report(store, "A", "opportunity", clock, NOON + DAY, amount=100.0, currency="EUR")
    report(store, "A", "opportunity", clock, amount=250.0)
    [row] = store.load_outcomes().to_dict("records")
    assert (row["occurred_at"], row["amount"], row["currency"]) == (NOON + DAY, 250.0, "EUR")
    save_score(store, "A", NOON + 5 * DAY, clock)
    report(store, "A", "opportunity", clock, NOON + 6 * DAY, amount=300.0, replaces=first)
    [row] = store.load_outcomes().to_dict("records")
    assert (row["occurred_at"], row["amount"]) == (NOON + 6 * DAY, 300.0)
    report(store, "A", "recycled", clock, NOON + 6 * DAY, reason="fit", replaces=first)
    assert list_counting(store) == [("recycled", NOON + 6 * DAY)]
    assert len(store.load_outcome_history()) == 4


def test_a_withdrawal_takes_back_the_latest_or_the_one_that_it_names(store, clock):
    save_score(store, "A", NOON, clock)
    accepted = report(store, "A", "accepted", clock, NOON + DAY)
    report(store, "A", "opportunity", clock, NOON + 2 * DAY)
    report(store, "A", "withdrawn", clock)
    assert list_counting(store) == [("accepted", NOON + DAY)]
    report(store, "A", "opportunity", clock, NOON + 2 * DAY)
    report(store, "A", "withdrawn", clock, replaces=accepted)
    assert list_counting(store) == [("opportunity", NOON + 2 * DAY)]
    report(store, "A", "accepted", clock, NOON + DAY)
    report(store, "A", "withdrawn", clock, withdraws="opportunity")
    assert list_counting(store) == [("accepted", NOON + DAY)]
    report(store, "A", "withdrawn", clock)
    report(store, "A", "withdrawn", clock)  # nothing is left
    assert list_counting(store) == []
    assert count_readers(store) == ((1, 0),) * 3


def test_what_is_said_twice_is_stored_once(store, clock):
    for _ in range(3):
        report(store, "A", "accepted", clock, NOON)
        report(store, "A", "recycled", clock, reason="fit")
    assert len(store.load_outcome_history()) == 2
    report(store, "A", "withdrawn", clock)
    report(store, "A", "withdrawn", clock)  # sent again
    assert len(store.load_outcome_history()) == 3
    assert list_counting(store) == [("accepted", NOON)]
    report(store, "A", "recycled", clock, reason="fit")
    assert [kind for kind, _ in list_counting(store)] == ["accepted", "recycled"]


def test_an_outcome_without_a_date_is_new_after_a_new_score(store, clock):
    for days in (0, 1):
        save_score(store, "A", NOON + days * MINUTE, clock)
        report(store, "A", "accepted", clock)
        report(store, "A", "accepted", clock)
    assert len(store.load_outcome_history()) == 2


def test_a_key_of_the_client_is_used_once(store, clock):
    first = report(store, "A", "accepted", clock, NOON, key="1")
    report(store, "A", "recycled", clock, NOON + DAY, reason="fit", key="2")
    assert report(store, "A", "accepted", clock, NOON, key="1") == first
    assert report(store, "B", "accepted", clock, NOON, key="1") != first
    assert len(store.load_outcome_history()) == 3


def test_a_clock_set_back_loses_nothing(store, clock):
    save_score(store, "A", NOON, clock)
    store.erase("A")
    clock.back = timedelta(hours=5)
    save_score(store, "A", NOON, clock)
    report(store, "A", "accepted", clock)
    report(store, "A", "opportunity", clock, amount=1.0)
    clock.back = timedelta(hours=9)
    report(store, "A", "opportunity", clock, amount=2.0)
    assert len(store.load_scores()) == 1
    assert store.load_outcomes()["amount"].dropna().tolist() == [2.0]
    assert store.erase("A").outcomes == 3
    assert store.load_scores().empty


def test_a_steady_clock_follows_its_system_unless_that_is_set_back():
    source = Clock()
    clock = SteadyClock(source.wall, source.elapsed)
    source.passed = 10
    assert clock.now() == source.wall()
    source.back = -DAY  # set forward
    assert clock.now() == source.wall()
    source.back, source.passed = DAY, 20
    assert clock.now() == source.wall() + 2 * DAY
    assert clock.correct(NOON) == NOON + 2 * DAY
    assert clock.now() - clock.now() == -timedelta(microseconds=1)


def test_a_store_without_outcomes_gives_typed_frames(database):
    history = database.load_outcome_history()
    assert history.empty
    assert {"lead_id", "kind", "occurred_at", "told_at"} <= set(history.columns)
    frame = database.load_outcomes()
    assert str(frame["occurred_at"].dtype) == str(frame["first_told_at"].dtype) == "datetime64[us, UTC]"
