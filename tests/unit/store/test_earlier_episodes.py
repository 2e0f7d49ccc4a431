"""The earlier episodes of leads as the store knows them: those that sales has ended, by the outcomes that count."""

from datetime import UTC, datetime, timedelta

from unit.store.conftest import make_answer

from predictor.features.earlier_episodes import Episode
from predictor.store.earlier_episodes import find_episodes, read_earlier_episodes
from predictor.store.outcome_history import OutcomeReport
from predictor.store.records import Answered, Record, make_score_record

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def day(number):
    return START + timedelta(days=number)


def report(lead_id, kind, number, **facts):
    row = OutcomeReport(lead_id=lead_id, kind=kind, occurred_at=None if kind == "withdrawn" else day(number), **facts)
    return Record("outcome", row.to_row(day(number) + timedelta(hours=1)))


def score(lead_id, number):
    return make_score_record(Answered(make_answer(lead_id), day(number)), scored_at=day(number), model="m")


def read(database, lead_id):
    return find_episodes(read_earlier_episodes(database, [lead_id], timezone="UTC"), lead_id)


def test_each_return_to_marketing_ends_an_episode(database):
    database.write([
        score("A", 0), score("A", 39), score("A", 79), score("C", 0),
        report("A", "contacted", 1), report("A", "recycled", 2, reason="timing"), report("A", "accepted", 40),
        report("A", "recycled", 45, reason="budget"), report("A", "opportunity", 80), report("B", "contacted", 1),
    ])  # fmt: skip
    first = Episode(recycled_at=day(2), recycle_reason="timing")
    second = Episode(sql_at=day(40), recycled_at=day(45), recycle_reason="budget")
    assert read(database, "A") == (first, second, Episode(sql_at=day(80)))
    assert read(database, "B") == read(database, "C") == ()


def test_an_outcome_that_was_taken_back_ends_nothing(database):
    database.write([report("A", "recycled", 2, reason="timing"), report("A", "withdrawn", 3)])
    assert read(database, "A") == ()


def test_both_lengths_of_a_salesforce_id_name_one_lead(database):
    database.write([report("00Q5g000000XyzAEAS", "recycled", 2)])
    assert read(database, "00Q5g000000XyzA") == read(database, "00Q5g000000XyzAEAS") == (Episode(recycled_at=day(2)),)
