"""The store of a server: no record lost or stored twice while the database comes and goes, on SQLite and PostgreSQL."""

import errno
import json
import logging
import os
import threading

import pytest
from unit.store.conftest import NOON, PATIENCE_S, list_leads, make_answer, make_score, save

from predictor.core.errors import StoreError
from predictor.core.settings import make_settings
from predictor.scoring.answer import Answer
from predictor.store.database import Database
from predictor.store.store import Store


def test_saved_records_can_be_read_at_once(store):
    save(store, "A1", "A2")
    store.save_outcome("A1", "recycled", occurred_at=NOON, reason="timing")
    store.save_outcome("A1", "recycled", occurred_at=NOON, reason="budget")
    assert store.load_scores()["lead_id"].tolist() == ["A1", "A2"]
    assert store.load_outcomes()["reason"].tolist() == ["budget"]
    assert (store.waiting, store.away) == (0, None)


def test_the_writer_starts_with_the_first_record(store, watched, place):
    save(store, "A1")
    assert watched.written.wait(PATIENCE_S)
    assert list_leads(place) == ["A1"]


def test_saving_nothing_opens_nothing(store, tmp_path):
    store.save_scores([], scored_at=NOON, model="m")
    assert not (tmp_path / "spool").exists()


@pytest.mark.usefixtures("impatient")
def test_while_the_database_is_away_records_wait_and_are_then_written_once(place, open_store, watched, caplog):
    store = open_store()
    save(store, "before")
    store.drain()
    place.stop()
    watched.failed.clear()
    with caplog.at_level(logging.WARNING, "predictor.store"):
        for number in range(30):
            save(store, f"A{number:02}")
            store.save_outcome(f"A{number:02}", "accepted", occurred_at=NOON)
        assert watched.failed.wait(PATIENCE_S)
        with pytest.raises(StoreError, match="cannot be used: "):
            store.drain()
        assert store.waiting == 60
        watched.written.clear()
        place.start()
        assert watched.written.wait(PATIENCE_S)
    assert len(store.load_outcomes()) == 30
    assert list_leads(place) == [*(f"A{number:02}" for number in range(30)), "before"]
    assert caplog.text.count("Scoring goes on; ") == 1
    assert "A0" not in caplog.text


@pytest.mark.usefixtures("impatient")
def test_records_that_wait_when_a_server_ends_are_written_by_the_next_one(place, open_store, caplog):
    first = open_store()
    save(first, "before")
    first.drain()
    place.stop()
    save(first, "A1", "A2")
    with caplog.at_level(logging.WARNING, "predictor.store"):
        first.close()
    assert "2 records wait in the spool for the next start. The store of scores" in caplog.text
    place.start()
    second = open_store()
    assert second.load_scores()["lead_id"].tolist() == ["before", "A1", "A2"]
    third = open_store()
    third.drain()
    assert list_leads(place) == ["A1", "A2", "before"]


def test_a_start_writes_waiting_records_without_a_new_one(place, open_store, watched, monkeypatch):
    first = open_store()
    monkeypatch.setattr(first, "_writer", type("Idle", (), {"wake": lambda _: None, "stop": lambda _: None})())
    save(first, "A1")
    first._spool.close()
    open_store().start()
    assert watched.written.wait(PATIENCE_S)
    assert list_leads(place) == ["A1"]


def test_a_batch_whose_file_could_not_be_removed_is_stored_once(place, open_store, monkeypatch):
    def die(_):
        raise OSError(errno.EIO, "as if the power failed")

    first = open_store()
    monkeypatch.setattr(first._spool, "remove", die)
    save(first, "A1", "A2")
    first.save_outcome("A1", "accepted", occurred_at=NOON)
    with pytest.raises(StoreError, match="The spool of scores and outcomes cannot be used: as if the power failed"):
        first.drain()
    assert list_leads(place) == ["A1", "A2"]
    first.close()
    second = open_store()
    assert second.load_scores()["lead_id"].tolist() == ["A1", "A2"]
    assert len(second.load_outcomes()) == 1


def test_a_record_that_the_database_never_accepts_is_set_aside_and_blocks_nothing(place, store, tmp_path, caplog):
    with caplog.at_level(logging.ERROR, "predictor.store"):
        store._writer.stop(PATIENCE_S)
        save(store, "A1", "half \ud800", "A2")
        store._spool.append([b'{"kind":"score"}\n', b"no json\n"])
        store.drain()
    assert list_leads(place) == ["A1", "A2"]
    assert store.waiting == 0
    entries = [json.loads(line) for line in (tmp_path / "spool" / "records.refused").read_text().splitlines()]
    assert [(entry["reason"], entry["record"]) for entry in entries[:2]] == [
        ("no record can be read: KeyError", '{"kind":"score"}'),
        ("no record can be read: JSONDecodeError", "no json"),
    ]
    assert entries[2]["reason"] == "The database refuses it: UnicodeEncodeError."
    assert '"lead_id":"half ' in entries[2]["record"]
    assert "3 records can never be stored, so they are set aside in" in caplog.text
    assert "half" not in caplog.text


def test_a_segment_that_was_deleted_blocks_nothing(place, store, caplog):
    store._writer.stop(PATIENCE_S)
    save(store, "A1", "A2")
    store._spool.rotate().path.unlink()
    save(store, "A3")
    with caplog.at_level(logging.ERROR, "predictor.store"):
        store.drain()
    assert list_leads(place) == ["A3"]
    assert "A file of the spool is missing, and with it 2 records: " in caplog.text


def test_a_partial_line_is_left_out_and_logged(open_store, caplog):
    first = open_store()
    first._spool.append([make_score("A1").to_line(), b'{"kind":"sco'])
    first._spool.close()
    with caplog.at_level(logging.WARNING, "predictor.store"):
        assert open_store().load_scores()["lead_id"].tolist() == ["A1"]
    assert "was being written when its process ended" in caplog.text


def test_several_stores_that_write_at_once_lose_and_repeat_nothing(place, open_store):
    def work(name):
        for number in range(25):
            save(stores[number % 3], f"{name}-{number:02}")

    stores = [open_store() for _ in range(3)]
    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert list_leads(place) == sorted(f"{name}-{number:02}" for name in "abcd" for number in range(25))


def test_many_records_take_few_transactions(store, watched, monkeypatch):
    monkeypatch.setattr("predictor.store.writer._BATCH", 40)
    store._writer.stop(PATIENCE_S)
    for number in range(100):
        save(store, f"A{number}")
    watched.batches = 0
    assert len(store.load_scores()) == 100
    assert watched.batches == 3


def test_a_bug_does_not_end_the_writing(place, store, monkeypatch, caplog):
    def fail(_, records):
        calls.append(len(records))
        if len(calls) == 1:
            raise RuntimeError(person)
        refused = really(store.database, records)
        written.set()
        return refused

    person = "jane.doe@example.com"
    calls, written, really = [], threading.Event(), Database.write
    monkeypatch.setattr(Database, "write", fail)
    with caplog.at_level(logging.WARNING, "predictor.store"):
        save(store, "A1")
        assert written.wait(PATIENCE_S)
        store.close()
    assert list_leads(place) == ["A1"]
    assert "A bug in this program: RuntimeError" in caplog.text
    assert person not in caplog.text


def test_records_are_synced_in_the_background(tmp_path, monkeypatch):
    synced = threading.Event()
    monkeypatch.setattr(os, "fsync", lambda _: synced.set())
    (tmp_path / "scores.db").write_bytes(b"no database" * 100)  # so that it waits
    store = Store(Database.beside(tmp_path), tmp_path / "spool", sync_s=0.01)
    save(store, "A1")
    assert synced.wait(PATIENCE_S)
    store.close()


@pytest.mark.parametrize(
    ("settings", "file", "spool"),
    [
        ({}, "models/scores.db", "models/scores.spool"),
        ({"url": "sqlite:///other/kept.db"}, "other/kept.db", "other/kept.spool"),
        ({"url": "sqlite:///kept.db", "spool": "waiting"}, "kept.db", "waiting"),
        ({"url": "postgresql://host/scores"}, None, "models/scores.spool"),
    ],
)
def test_the_settings_name_database_and_spool(tmp_path, settings, file, spool):
    section = make_settings({"store": settings}).store
    store = Store.open(section.start_from(tmp_path) if settings else section, tmp_path / "models")
    assert store.database.file == (file and tmp_path / file)
    assert store._spool.folder == tmp_path / spool


def test_stored_features_are_no_part_of_an_answer():
    with_features, plain = make_answer(features={"industry": "Software"}), make_answer()
    assert isinstance(with_features, Answer)
    assert with_features.to_json() == plain.to_json()
    assert with_features == plain
