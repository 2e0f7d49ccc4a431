"""Databases of both kinds, and records to write."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from databases import impatient, place, postgres  # noqa: F401  fixtures

from predictor.core.errors import StoreError
from predictor.scoring.answer import Answer
from predictor.store.database import Database
from predictor.store.records import Answered, Record, make_score_record
from predictor.store.store import Store

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PATIENCE_S = 60  # after which a test that waits has failed


class Clock:
    """A clock that passes a minute at each look, and that can be set back."""

    def __init__(self):
        self.passed, self.back = 0, timedelta()

    def wall(self):
        return NOON + self.passed * MINUTE - self.back

    def elapsed(self):
        return 60.0 * self.passed


def make_answer(lead_id="A17", points=None, probability=0.1 + 0.2, features=None):
    return Answer(
        lead_id,
        probability,
        (0.2, 0.4),
        threshold=0.25,
        decision="route_to_sales",
        grade="B",
        points=points,
        reasons=(),
        warnings=(),
        features=features or {},
    )


def make_score(lead_id="A17", *, at=NOON, **differences):
    return make_score_record(Answered(make_answer(lead_id, **differences), NOON), scored_at=at, model="m")


def make_outcome(lead_id="A17", kind="accepted", *, occurred_at=NOON, told_at=NOON, reason=None, amount=None):
    row = {"lead_id": lead_id, "kind": kind, "occurred_at": occurred_at, "reason": reason, "amount": amount, "told_at": told_at}
    return Record("outcome", row)


def save(store, *lead_ids):
    store.save_scores([Answered(make_answer(lead_id), NOON) for lead_id in lead_ids], scored_at=datetime.now(UTC), model="m")


def list_leads(server):
    database = Database(server.url)
    scores = database.load_scores()
    database.close()
    assert scores["answer_id"].is_unique
    return sorted(scores["lead_id"])


@pytest.fixture
def database(place):  # noqa: F811
    database = Database(place.url)
    yield database
    database.close()


@pytest.fixture
def open_store(place, tmp_path):  # noqa: F811
    """Opens stores of one database that share a spool, and closes them at the end."""

    def start(**options):
        store = Store(Database(place.url), tmp_path / "spool", **options)
        return opened.append(store) or store

    opened = []
    yield start
    place.close()
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store):
    return open_store()


@pytest.fixture
def watched(monkeypatch):
    """Events of the writers: set when a batch is in the database, and when the database cannot be used."""

    class WriterEvents:
        written, failed, batches = threading.Event(), threading.Event(), 0

    def write(database, records):
        try:
            refused = really(database, records)
        except StoreError:
            events.failed.set()
            raise
        events.batches += 1
        events.written.set()
        return refused

    events, really = WriterEvents(), Database.write
    monkeypatch.setattr(Database, "write", write)
    return events
