"""What is to be gone is gone: leads that were erased, wherever they wait, and rows that are too old."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from unit.store.conftest import NOON, PATIENCE_S, list_leads, make_answer, make_score, save

from predictor.store.database import Database, ErasureResult
from predictor.store.records import Answered


def test_erasure_reaches_what_waits_and_what_is_stored(place, store, tmp_path):
    save(store, "A1", "A2")
    store.save_outcome("A1", "accepted", occurred_at=NOON)
    store.drain()
    store._writer.stop(PATIENCE_S)  # so that what comes now waits
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


def test_erasure_holds_for_what_waits_in_another_process(place, open_store):
    other, store = open_store(), open_store()
    other._writer.stop(PATIENCE_S)
    save(other, "A1", "A2")
    save(store, "A1")
    store.erase("A1")
    other.drain()
    store.drain()
    assert list_leads(place) == ["A2"]


@pytest.mark.usefixtures("impatient")
def test_erasure_while_the_database_is_away_is_made_when_it_is_back(place, open_store):
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


def test_what_is_too_old_is_deleted_by_the_writer(place, open_store, monkeypatch):
    expired = threading.Event()
    really = Database.expire
    monkeypatch.setattr(Database, "expire", lambda *asked: (really(*asked), expired.set())[0])
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
