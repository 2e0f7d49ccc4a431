"""The store: what goes in comes out, sent twice is there once, and a database that cannot be used is told in words."""

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from predictor.answer import Answer, PointsAnswer
from predictor.errors import StoreError
from predictor.store import Store

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def make_answer(lead_id="A17", points=None, probability=0.1 + 0.2):
    return Answer(lead_id, probability, (0.2, 0.4), 0.25, "route_to_sales", "B", points, (), ())


@pytest.fixture
def store(tmp_path):
    store = Store.beside(tmp_path / "models")
    yield store
    store.close()


def test_a_score_comes_back_as_it_was(store):
    points = PointsAnswer(65.0, 60.0, "route_to_sales", ())
    berlin = timezone(timedelta(hours=2))
    store.save_score(
        make_answer(points=points), as_of=NOON.astimezone(berlin), scored_at=NOON + timedelta(microseconds=1), model="m"
    )
    [row] = store.load_scores().to_dict("records")
    assert row == {
        "lead_id": "A17", "as_of": NOON, "scored_at": NOON + timedelta(microseconds=1), "probability": 0.1 + 0.2, "low": 0.2,
        "high": 0.4, "threshold": 0.25, "decision": "route_to_sales", "grade": "B", "points": 65.0,
        "points_decision": "route_to_sales", "model": "m",
    }  # fmt: skip


def test_what_is_not_known_is_missing(store):
    store.save_score(make_answer(), as_of=NOON, scored_at=NOON, model="m")
    store.save_score(make_answer(points=PointsAnswer(None, None, None, ())), as_of=NOON, scored_at=NOON, model="m")
    assert store.load_scores()[["points", "points_decision"]].isna().all(axis=None)


def test_scores_are_kept_each_and_in_order(store):
    store.save_scores([(make_answer(f"A{number}"), NOON) for number in (2, 1, 2)], scored_at=NOON, model="m")
    store.save_scores([], scored_at=NOON, model="m")
    assert store.load_scores()["lead_id"].tolist() == ["A2", "A1", "A2"]


def test_the_latest_outcome_of_a_kind_stands(store):
    store.save_outcome("A17", "recycled", occurred_at=NOON, reason="budget")
    store.save_outcome("A17", "accepted", occurred_at=NOON + timedelta(days=2))
    store.save_outcome("A17", "recycled", occurred_at=NOON + timedelta(days=1), reason="timing")
    store.save_outcome("A18", "opportunity", occurred_at=NOON + timedelta(days=3), amount=1200.5)
    frame = store.load_outcomes()
    assert frame["lead_id"].tolist() == ["A17", "A17", "A18"]
    assert frame["kind"].tolist() == ["recycled", "accepted", "opportunity"]
    assert frame["reason"].fillna("").tolist() == ["timing", "", ""]
    assert frame["amount"].fillna(0).tolist() == [0, 0, 1200.5]
    assert frame["occurred_at"].tolist() == [NOON + timedelta(days=days) for days in (1, 2, 3)]


def test_an_empty_store_gives_typed_frames(store):
    scores, outcomes = store.load_scores(), store.load_outcomes()
    assert scores.empty
    assert outcomes.empty
    assert str(scores["as_of"].dtype) == str(outcomes["occurred_at"].dtype) == "datetime64[us, UTC]"
    assert scores["probability"].dtype == outcomes["amount"].dtype == "float64"


def test_nothing_is_made_before_it_is_needed(tmp_path):
    store = Store.beside(tmp_path / "models")
    assert not (tmp_path / "models").exists()
    store.load_scores()
    store.close()
    with sqlite3.connect(tmp_path / "models" / "scores.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_second_store_reads_what_the_first_wrote(store, tmp_path):
    store.save_score(make_answer(), as_of=NOON, scored_at=NOON, model="m")
    other = Store(f"sqlite:///{tmp_path / 'models' / 'scores.db'}")
    assert other.load_scores().equals(store.load_scores())
    other.close()


def test_many_writers_at_once_lose_nothing(store):
    def write(number):
        store.save_score(make_answer(f"A{number}"), as_of=NOON, scored_at=NOON, model="m")
        store.save_outcome("A", "accepted", occurred_at=NOON)

    store.load_scores()
    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(store.load_scores()["lead_id"]) == sorted(f"A{number}" for number in range(12))
    assert len(store.load_outcomes()) == 1


def test_a_batch_is_kept_whole_or_not_at_all(store):
    faulty = make_answer("A2", probability=None)
    with pytest.raises(StoreError, match=r"cannot be used: NOT NULL constraint failed: scores\.probability\. Mend that"):
        store.save_scores([(make_answer("A1"), NOON), (faulty, NOON)], scored_at=NOON, model="m")
    assert store.load_scores().empty


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("no url", r"^The URL of the store cannot be read\. Mend that, or name another database in store\.url"),
        ("nosuch://user:secret@host/db", r"^The URL of the store cannot be read\."),
        ("mysql+pymysql://user:secret@host/db", r"^The store needs the driver 'pymysql', which is not installed\."),
    ],
)
def test_urls_that_cannot_be_used(url, text):
    with pytest.raises(StoreError, match=text) as raised:
        Store(url)
    assert "secret" not in str(raised.value)


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "scores.db").write_bytes(b"no database" * 100)
    store = Store.beside(tmp_path)
    with pytest.raises(StoreError, match="cannot be used: file is not a database"):
        store.load_scores()
    with pytest.raises(StoreError, match="cannot be used: file is not a database"):
        store.save_score(make_answer("a lead_id that is told to nobody"), as_of=NOON, scored_at=NOON, model="m")
    store.close()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "models").write_text("a file")
    store = Store.beside(tmp_path / "models")
    with pytest.raises(StoreError, match="cannot be used: File exists"):
        store.load_scores()
    store.close()
