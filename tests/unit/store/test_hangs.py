"""A database that hangs: it counts as away, and `close` does not wait for it."""

import threading

from unit.store.conftest import PATIENCE_S, list_leads, save

from predictor.store import store as store_file
from predictor.store import writer
from predictor.store.database import Database


def test_a_database_that_hangs_counts_as_away_and_does_not_delay_the_end(place, open_store, monkeypatch, caplog):
    going, goes_on = threading.Event(), threading.Event()
    write = Database.write

    def hang(database, records):
        going.set()
        goes_on.wait(PATIENCE_S)
        return write(database, records)

    monkeypatch.setattr(Database, "write", hang)
    monkeypatch.setattr(writer, "_HANGS_S", 0.0)
    monkeypatch.setattr(store_file, "_END_S", 0.01)
    store = open_store()
    save(store, "A1")
    assert going.wait(PATIENCE_S)
    assert store.away == "The database does not answer."
    store.close()
    assert "1 record waits in the spool for the next start. The database does not answer." in caplog.text
    monkeypatch.setattr(Database, "write", write)
    again = open_store()
    again.drain()
    goes_on.set()
    assert list_leads(place) == ["A1"]


def test_a_database_that_hangs_only_at_the_end_does_not_delay_it(open_store, monkeypatch, caplog):
    goes_on = threading.Event()
    monkeypatch.setattr(store_file, "_END_S", 0.05)
    store = open_store()
    store._writer.stop(PATIENCE_S)
    monkeypatch.setattr(Database, "write", lambda *_: goes_on.wait(PATIENCE_S) and [])
    save(store, "A1")
    store.close()
    assert "1 record waits in the spool for the next start. The database does not answer." in caplog.text
    goes_on.set()


def test_a_database_that_hangs_in_an_erasure_counts_as_away(open_store, monkeypatch):
    going, goes_on = threading.Event(), threading.Event()
    monkeypatch.setattr(writer, "_HANGS_S", 0.0)
    store, erase = open_store(), Database.erase

    def hang(database, lead_id, *, at):
        going.set()
        goes_on.wait(PATIENCE_S)
        return erase(database, lead_id, at=at)

    monkeypatch.setattr(Database, "erase", hang)
    thread = threading.Thread(target=store.erase, args=("A1",))
    thread.start()
    assert going.wait(PATIENCE_S)
    assert store.away == "The database does not answer."
    goes_on.set()
    thread.join()
    store.drain()  # so that the writer is not in a call either
    assert store.away is None
