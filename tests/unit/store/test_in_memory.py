"""Scores that cannot be written to a file: they wait in memory, and losses are logged and counted."""

import pytest
from unit.store.conftest import NOON, PATIENCE_S, list_leads, make_answer, save

from predictor.core.errors import StoreError
from predictor.store import spool, writer
from predictor.store.database import Database
from predictor.store.records import Answered


def test_a_score_that_cannot_be_stored_costs_no_other(store):
    faulty = Answered(make_answer("A2", probability=float("nan")), NOON)
    with pytest.raises(StoreError, match=r"1 score not stored. A score cannot be stored: Out of range float values"):
        store.save_scores([Answered(make_answer("A1"), NOON), faulty], scored_at=NOON, model="m")
    assert store.load_scores()["lead_id"].tolist() == ["A1"]
    assert store.lost == 1


def test_scores_wait_in_memory_while_the_spool_cannot_be_written(place, open_store, tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "_MOST_HELD", 3)
    (tmp_path / "spool").write_text("a file")
    store = open_store()
    with pytest.raises(StoreError, match=r"^2 scores kept in memory until it can be written. The spool .* File exists"):
        save(store, "A1", "A2")
    with pytest.raises(StoreError, match=r"^1 score kept in memory until it can be written. 1 score not stored. The spool"):
        save(store, "A3", "A4")
    assert (store.waiting, store.lost) == (3, 1)
    (tmp_path / "spool").unlink()
    save(store, "A5")
    store.drain()
    assert (list_leads(place), store.waiting) == (["A1", "A2", "A3", "A5"], 0)


def test_the_writer_writes_scores_in_memory_by_itself(open_store, place, tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "_LONGEST_PAUSE_S", 0.01)
    (tmp_path / "spool").write_text("a file")
    store = open_store()
    with pytest.raises(StoreError, match="1 score kept in memory"):
        save(store, "A1")
    (tmp_path / "spool").unlink()
    while store.waiting:
        pass
    assert list_leads(place) == ["A1"]


def test_scores_that_are_only_in_memory_at_the_end_are_logged_as_lost(open_store, tmp_path, caplog):
    (tmp_path / "spool").write_text("a file")
    store = open_store()
    with pytest.raises(StoreError, match="1 score kept in memory"):
        save(store, "A1")
    store.close()
    assert "1 record lost, because the spool could not be written" in caplog.text
    assert "for the next start" not in caplog.text


def test_scores_in_memory_are_written_at_the_end_if_possible(place, open_store, tmp_path, monkeypatch):
    (tmp_path / "spool").write_text("a file")
    store = open_store()
    store._writer.stop(PATIENCE_S)
    with pytest.raises(StoreError, match="1 score kept in memory"):
        save(store, "A1")
    (tmp_path / "spool").unlink()
    monkeypatch.setattr(Database, "write", refuse)
    store.close()
    monkeypatch.undo()
    again = open_store()
    again.drain()
    assert list_leads(place) == ["A1"]


def refuse(*_):
    raise StoreError("The database is away.")


def test_every_lost_score_is_counted(open_store, tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "_MOST_HELD", 0)
    (tmp_path / "spool").write_text("a file")
    store = open_store()
    answers = [Answered(make_answer("A1", probability=float("nan")), NOON), Answered(make_answer("A2"), NOON)]
    with pytest.raises(StoreError, match=r"^1 score not stored. A score cannot be stored: .* 1 score not stored. The spool"):
        store.save_scores(answers, scored_at=NOON, model="m")
    assert store.lost == 2
