"""The message that the monitor advises to act: once when that begins, again when it changes or begins again."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa

from predictor.store.schema import WEBHOOKS
from predictor.store.webhooks.moved import News, write_news
from predictor.store.webhooks.queue import WebhookQueue

TRAIN = News(
    model="m1", advice="train again", reasons=("Because.",), moved=True, until=datetime(2026, 7, 1, 9, tzinfo=UTC)
)  # fmt: skip
KEEP = replace(TRAIN, advice="keep the model", moved=False)
EARLY = replace(KEEP, advice="too early to say")


def test_a_change_to_acting_is_announced_once(database):
    weeks = [EARLY, KEEP, TRAIN, TRAIN, replace(TRAIN, reasons=("More.",)), replace(TRAIN, model="m2"), KEEP, EARLY, TRAIN]
    written = [write_news(database, ["r1", "r2"], news) for news in weeks]
    assert written == [False, False, True, False, False, True, False, False, True]
    with database.begin() as connection:
        rows = connection.execute(sa.select(WEBHOOKS).order_by(WEBHOOKS.c.id)).mappings().all()
    assert [row["receiver"] for row in rows] == ["r1", "r2"] * 3
    assert rows[0]["message_id"] == rows[1]["message_id"] != rows[2]["message_id"]
    assert json.loads(rows[0]["body"]) == {
        "type": "monitor.moved", "timestamp": "2026-07-01T09:00:00.000Z",
        "data": {"model": "m1", "advice": "train again", "reasons": ["Because."]},
    }  # fmt: skip
    audit = database.load_audit()
    assert audit["action"].tolist() == ["advice changed"] * 4
    assert [details["moved"] for details in audit["details"]] == [True, True, False, True]


def test_the_sender_takes_it_like_any_message(database):
    assert write_news(database, ["r1"], TRAIN)
    [message] = WebhookQueue(database).claim("r1", 10)
    assert json.loads(message.body)["data"]["advice"] == "train again"
