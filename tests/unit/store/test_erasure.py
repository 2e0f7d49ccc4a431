"""Erased leads and rows that are too old are deleted, wherever they are."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from unit.store.conftest import NOON, PATIENCE_S, list_leads, make_answer, make_score, save

from predictor.store.database import Database
from predictor.store.records import Answered
from predictor.store.writes import ErasureResult


def test_an_erasure_deletes_waiting_and_stored_records(place, store, tmp_path):
    save(store, "A1", "A2")
    store.save_outcome("A1", "accepted", occurred_at=NOON)
    store.drain()
    store._writer.stop(PATIENCE_S)  # so that new records wait
    save(store, "A1", "A2", "A1")
    store._spool.refuse([(make_score("A1").to_line(), "a reason")])
    assert store.erase("A1") == ErasureResult(scores=1, outcomes=1, waiting=3, done=True)
    waiting = b"".join(file.read_bytes() for file in (tmp_path / "spool").iterdir())
    assert b"A2" in waiting
    assert waiting.count(b'"A1"') == 1  # of the erasure itself
    store.drain()
    assert list_leads(place) == ["A2", "A2"]
    assert store.load_outcomes().empty
    save(store, "A1")
    store.drain()
    assert list_leads(place) == ["A1", "A2", "A2"]


def test_an_erasure_deletes_records_that_wait_in_another_process(place, open_store):
    other, store = open_store(), open_store()
    other._writer.stop(PATIENCE_S)
    save(other, "A1", "A2")
    save(store, "A1")
    store.erase("A1")
    other.drain()
    store.drain()
    assert list_leads(place) == ["A2"]


@pytest.mark.usefixtures("impatient")
def test_an_erasure_while_the_database_is_away_is_done_when_it_is_back(place, open_store):
    store = open_store()
    save(store, "A1", "A2")
    store.drain()
    place.stop()
    save(store, "A1")
    assert store.erase("A1") == ErasureResult(scores=0, outcomes=0, waiting=1, done=False)
    store.close()
    place.start()
    open_store().drain()
    assert list_leads(place) == ["A2"]


def test_the_writer_deletes_rows_that_are_too_old(place, open_store, monkeypatch):
    expired = threading.Event()
    really = Database.expire
    monkeypatch.setattr(Database, "expire", lambda *args: (really(*args), expired.set())[0])
    now = datetime.now(UTC)
    database = Database(place.url)
    database.write([make_score("old", at=now - timedelta(days=31)), make_score("new", at=now - timedelta(days=29))])
    database.close()
    open_store(retention_days=30).start()
    assert expired.wait(PATIENCE_S)
    assert list_leads(place) == ["new"]


def test_without_a_retention_nothing_is_deleted(place, open_store, watched, monkeypatch):
    monkeypatch.setattr(Database, "expire", lambda *_: pytest.fail("nothing is too old"))
    store = open_store()
    store.save_scores([Answered(make_answer("old"), NOON)], scored_at=NOON, model="m")
    assert watched.written.wait(PATIENCE_S)
    store.close()
    assert list_leads(place) == ["old"]


def test_an_erasure_deletes_rows_under_both_lengths_of_a_salesforce_id(place, store):
    short, long = "00Q5g000000XyzA", "00Q5g000000XyzAEAS"
    save(store, short, long, "00Q5g000000xYzA")
    store.drain()
    with store.database.begin(writes=True) as connection:  # as earlier versions wrote it
        connection.exec_driver_sql(f"UPDATE scores SET lead_id = '{long}' WHERE id = (SELECT max(id) FROM scores) - 1")  # noqa: S608
    assert store.erase(long).scores == 2
    assert list_leads(place) == ["00Q5g000000xYzA"]
    store.database.write([make_score(long, at=NOON)])
    assert list_leads(place) == ["00Q5g000000xYzA"], "an erased lead does not come back under the other id"
