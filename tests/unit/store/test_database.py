"""The database: rows come back unchanged, are stored once, and stay erased; on SQLite and PostgreSQL."""

import gc
import sqlite3
import threading
from datetime import timedelta, timezone

import pytest
import sqlalchemy as sa
from unit.store.conftest import NOON, make_answer, make_outcome, make_score

from predictor.core.errors import StoreError
from predictor.scoring.answer import PointsAnswer
from predictor.store.database import Database
from predictor.store.records import Answered, Record, make_score_record

DAY = timedelta(days=1)


def test_who_forgets_to_close_it_leaves_no_connection_open(tmp_path):
    forgotten = Database.beside(tmp_path)
    forgotten.write([make_score()])
    pool = forgotten._engine.pool
    assert pool.checkedin() == 1
    del forgotten
    gc.collect()
    assert pool.checkedin() == 0


def test_a_score_comes_back_unchanged(database):
    points = PointsAnswer(65.0, 60.0, "route_to_sales", fired=())
    features = {"industry": "Søftware", "employees": 0.1 + 0.2, "founded_on": None}
    answered = Answered(
        make_answer(points=points, features=features), NOON.astimezone(timezone(timedelta(hours=2))),
        explore=True, explore_rate=0.05, challenger="c", challenger_probability=0.7, account="acme.example",
    )  # fmt: skip
    later = NOON + timedelta(microseconds=1)
    assert database.write([make_score_record(answered, scored_at=later, model="m")]) == []
    [row] = database.load_scores(features=True).to_dict("records")
    assert row.pop("account") == "acme.example"
    assert row == {
        "answer_id": answered.answer_id, "lead_id": "A17", "as_of": NOON, "scored_at": later, "probability": 0.1 + 0.2,
        "low": 0.2, "high": 0.4, "threshold": 0.25, "decision": "route_to_sales", "grade": "B", "points": 65.0,
        "points_decision": "route_to_sales", "model": "m", "explore": True, "explore_rate": 0.05, "challenger": "c",
        "challenger_probability": 0.7, "features": features,
    }  # fmt: skip


def test_unknown_values_are_missing(database):
    database.write([make_score(), make_score(points=PointsAnswer(None, None, None, fired=()))])
    columns = ["points", "points_decision", "explore_rate", "challenger", "challenger_probability", "account"]
    frame = database.load_scores()
    assert frame[columns].isna().all(axis=None)
    assert "features" not in frame


def test_every_score_is_stored_and_in_order(database):
    database.write([make_score(f"A{number}") for number in (2, 1, 2)])
    database.write([])
    assert database.load_scores()["lead_id"].tolist() == ["A2", "A1", "A2"]


def test_many_scores_are_written_in_few_statements(database):
    written = []

    def note(_connection, _cursor, statement, *_):
        written.extend([statement] if statement.startswith("INSERT INTO scores") else [])

    database.write([make_score("first")])
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        database.write([make_score(f"A{number}") for number in range(45)])
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert len(written) == 3
    assert len(database.load_scores()) == 46


def test_a_database_without_returning_is_written_row_by_row(database, monkeypatch):
    monkeypatch.setattr(database._engine.dialect, "insert_executemany_returning", False)
    again = [make_score("A1"), make_score("A2")]
    assert database.write(again) == database.write(again) == []
    assert database.load_scores()["lead_id"].tolist() == ["A1", "A2"]


def test_records_written_twice_are_stored_once(database):
    records = [make_score(), make_outcome(), make_score()]
    database.write(records)
    database.write([*records, make_score("A18"), *records])
    assert database.load_scores()["lead_id"].tolist() == ["A17", "A17", "A18"]
    assert len(database.load_outcomes()) == 1


def test_the_latest_report_of_a_lead_and_kind_wins_whichever_is_written_first(database):
    newer = make_outcome(kind="recycled", occurred_at=NOON + DAY, told_at=NOON + 2 * DAY, reason="timing")
    older = make_outcome(kind="recycled", occurred_at=NOON, told_at=NOON + DAY, reason="budget")
    database.write([newer, make_outcome(occurred_at=NOON + 2 * DAY)])
    database.write([older, make_outcome("A18", "opportunity", occurred_at=NOON + 3 * DAY, amount=1200.5)])
    frame = database.load_outcomes()
    assert frame["lead_id"].tolist() == ["A17", "A17", "A18"]
    assert frame["kind"].tolist() == ["recycled", "accepted", "opportunity"]
    assert frame["reason"].fillna("").tolist() == ["timing", "", ""]
    assert frame["amount"].fillna(0).tolist() == [0, 0, 1200.5]
    assert frame["occurred_at"].tolist() == [NOON + days * DAY for days in (1, 2, 3)]


def test_an_outcome_reported_again_keeps_what_the_later_report_leaves_out(database):
    database.write([make_outcome(kind="opportunity", occurred_at=NOON, told_at=NOON + DAY, amount=5000.0)])
    database.write([make_outcome(kind="opportunity", occurred_at=NOON + 2 * DAY, told_at=NOON + 2 * DAY)])
    [row] = database.load_outcomes().to_dict("records")
    assert (row["amount"], row["occurred_at"], row["told_at"]) == (5000.0, NOON, NOON + 2 * DAY)


def test_an_empty_database_gives_typed_frames(database):
    scores, outcomes = database.load_scores(features=True), database.load_outcomes()
    assert scores.empty
    assert outcomes.empty
    assert str(scores["as_of"].dtype) == str(outcomes["occurred_at"].dtype) == "datetime64[us, UTC]"
    assert scores["probability"].dtype == outcomes["amount"].dtype == "float64"
    assert scores["explore"].dtype == "bool"


def test_a_record_that_the_database_refuses_is_returned_and_stops_no_other(database):
    faulty = make_score("A2", probability=None)
    [(record, reason)] = database.write([make_score("A1"), faulty, make_score("A3"), make_outcome()])
    assert record is faulty
    assert reason.startswith("The database refuses it: ")
    assert "probability" in reason
    assert sorted(database.load_scores()["lead_id"]) == ["A1", "A3"]
    assert len(database.load_outcomes()) == 1


def test_a_text_that_no_database_holds_is_refused_without_quoting_it(database):
    [(_, reason)] = database.write([make_score("half of a character \ud800")])
    assert reason == "The database refuses it: UnicodeEncodeError."


def test_an_erased_lead_is_deleted_and_its_earlier_records_are_not_written_again(database):
    before = [make_score(), make_outcome()]
    database.write([*before, make_score("A18")])
    erased = database.erase("A17", at=NOON + DAY)
    assert (erased.scores, erased.outcomes) == (1, 1)
    database.write([*before, make_score(at=NOON + DAY)])
    assert database.load_scores()["lead_id"].tolist() == ["A18"]
    assert database.load_outcomes().empty
    database.write([make_score(at=NOON + 2 * DAY)])  # the CRM has asked again
    assert sorted(database.load_scores()["lead_id"]) == ["A17", "A18"]


def test_an_erasure_written_again_deletes_no_later_records(database):
    erasure = Record("erase", {"lead_id": "A17", "erased_at": NOON + DAY})
    database.write([make_score(), erasure, make_score(at=NOON + 2 * DAY)])
    database.write([erasure])
    assert database.load_scores()["scored_at"].tolist() == [NOON + 2 * DAY]
    assert database.erase("nobody", at=NOON).scores == 0


def test_rows_older_than_a_moment_are_deleted(database):
    database.write([make_score("old", at=NOON - DAY), make_score("new"), make_outcome("old", told_at=NOON - DAY), make_outcome()])
    assert database.expire(NOON) == 2
    assert database.load_scores()["lead_id"].tolist() == ["new"]
    assert database.load_outcomes()["lead_id"].tolist() == ["A17"]
    assert database.expire(NOON) == 0


def test_many_writers_at_once_lose_nothing(place):
    def write(number):
        with_own = Database(place.url)
        for part in range(5):
            with_own.write([make_score(f"A{number}-{part}"), make_outcome("A", told_at=NOON + part * DAY, amount=float(part))])
        with_own.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database = Database(place.url)
    assert sorted(database.load_scores()["lead_id"]) == sorted(f"A{number}-{part}" for number in range(4) for part in range(5))
    [row] = database.load_outcomes().to_dict("records")
    assert (row["told_at"], row["amount"]) == (NOON + 4 * DAY, 4.0)
    assert sorted(set(database.load_outcome_history()["amount"])) == [0, 1, 2, 3, 4]
    database.close()


def test_nothing_is_created_before_it_is_needed(tmp_path):
    database = Database.beside(tmp_path / "models")
    assert not (tmp_path / "models").exists()
    database.load_scores()
    database.close()
    assert database.file == tmp_path / "models" / "scores.db"
    with sqlite3.connect(database.file) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_the_file_holds_no_trace_of_an_erased_lead(tmp_path):
    database = Database.beside(tmp_path)
    database.write([make_score("lead-to-forget"), make_outcome("lead-to-forget", "recycled", reason="its-reason"), make_score()])
    database.erase("lead-to-forget", at=NOON)
    content = b"".join(file.read_bytes() for file in tmp_path.glob("scores.db*"))
    assert b"A17" in content
    assert b"forget" not in content
    assert b"its-reason" not in content
    database.close()


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("no url", r"^The URL of the store cannot be read\. Fix that, or name another database in store\.url"),
        ("nosuch://user:secret@host/db", r"^The store is kept in 'sqlite', 'postgresql', but its URL begins 'nosuch'\."),
        (
            "postgresql+pg8000://user:secret@host/db",
            r"^The store needs the driver 'pg8000', which is not installed\. Install it\.",
        ),
        ("postgresql+nosuch://user:secret@host/db", r"^The URL of the store cannot be read\."),
        ("sqlite://", r"^A store in memory would be lost with the server\."),
    ],
)
def test_urls_that_cannot_be_used(url, text):
    with pytest.raises(StoreError, match=text) as raised:
        Database(url)
    assert "secret" not in str(raised.value)


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "scores.db").write_bytes(b"no database" * 100)
    database = Database.beside(tmp_path)
    with pytest.raises(StoreError, match="cannot be used: file is not a database"):
        database.load_scores()
    with pytest.raises(StoreError, match="cannot be used: file is not a database"):
        database.write([make_score("a lead_id that no error shows")])
    database.close()


def test_a_folder_that_cannot_be_created(tmp_path):
    (tmp_path / "models").write_text("a file")
    database = Database.beside(tmp_path / "models")
    with pytest.raises(StoreError, match="cannot be used: File exists"):
        database.load_scores()
    database.close()


def test_the_error_of_an_unreachable_server_does_not_show_its_password():
    nowhere = Database("postgresql://user:secret@127.0.0.1:9/scores")
    with pytest.raises(StoreError, match=r"cannot be used: connection failed: .*refused") as raised:
        nowhere.load_scores()
    assert "secret" not in str(raised.value)
    nowhere.close()
