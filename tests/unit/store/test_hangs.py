"""A database that takes what it is given and says nothing: it is told of, and stops no end."""

import threading

from unit.store.conftest import PATIENCE_S, list_leads, save

from predictor.store import store as keeper
from predictor.store import writer
from predictor.store.database import Database


def test_a_database_that_hangs_is_told_of_and_stops_no_end(place, open_store, monkeypatch, caplog):
    going, goes_on = threading.Event(), threading.Event()
    write = Database.write

    def hang(database, records):
        going.set()
        goes_on.wait(PATIENCE_S)
        return write(database, records)

    monkeypatch.setattr(Database, "write", hang)
    monkeypatch.setattr(writer, "_HANGS_S", 0.0)
    monkeypatch.setattr(keeper, "_END_S", 0.01)
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


def test_a_database_that_hangs_at_the_end_alone_stops_it_no_longer(open_store, monkeypatch, caplog):
    goes_on = threading.Event()
    monkeypatch.setattr(keeper, "_END_S", 0.05)
    store = open_store()
    store._writer.stop(PATIENCE_S)
    monkeypatch.setattr(Database, "write", lambda *_: goes_on.wait(PATIENCE_S) and [])
    save(store, "A1")
    store.close()
    assert "1 record waits in the spool for the next start. The database does not answer." in caplog.text
    goes_on.set()


def test_an_erasure_of_which_the_database_says_nothing_is_told_of(open_store, monkeypatch):
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
    store.drain()  # so that the writer has nothing to ask either
    assert store.away is None
