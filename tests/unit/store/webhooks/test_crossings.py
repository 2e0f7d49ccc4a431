"""Which leads crossed the threshold, by hand and on both databases."""

import json
from datetime import timedelta

import pytest
from unit.store.conftest import MINUTE, NOON, make_score

from predictor.store.records import Record
from predictor.store.webhooks.crossings import list_crossings
from predictor.store.webhooks.queue import WebhookQueue

RECEIVERS = ["a" * 64, "b" * 64]


def score(lead_id, probability, minute, *, as_of=None, features=None):
    """A score at a threshold of 0.25."""
    record = make_score(lead_id, at=NOON + minute * MINUTE, probability=probability, features=features)
    decision = "route_to_sales" if probability >= 0.25 else "nurture"
    return Record("score", {**record.row, "as_of": as_of or NOON + minute * MINUTE, "decision": decision})


def fill(database, **options):
    queue = WebhookQueue(database)
    while queue.fill(RECEIVERS[:1], **{"band": 0.02, "features": (), **options}):
        pass
    return queue


def list_messages(queue, receiver=RECEIVERS[0]):
    """Everything that waits: it is delivered at once, so that the next message of a lead is due."""
    found = []
    while messages := queue.claim(receiver, 100):
        found += messages
        queue.settle(dict.fromkeys(messages, "delivered"), retry_days=3)
    return [json.loads(message.body) for message in found]


@pytest.mark.parametrize(
    ("probabilities", "sides"),
    [
        ([0.3], ["up"]),
        ([0.1], []),
        ([0.1, 0.3, 0.4, 0.1], ["up", "down"]),
        ([0.26, 0.24, 0.26, 0.235, 0.26], ["up"]),  # back and forth within the band
        ([0.26, 0.23, 0.24, 0.25], ["up", "down", "up"]),  # the lower end of the band is below
        ([0.24, 0.249, 0.25], ["up"]),  # within the band from below is below
    ],
)
def test_a_lead_crosses_up_at_the_threshold_and_down_below_the_band(probabilities, sides):
    rows = [{**score("A17", p, minute).row, "id": minute} for minute, p in enumerate(probabilities)]
    crossings = list_crossings(reversed(rows), {}, 0.02)
    assert ["up" if row["side"] == "route_to_sales" else "down" for row in crossings] == sides


def test_crossings_become_messages_once_and_in_order(database):
    queue = WebhookQueue(database)
    queue.start(RECEIVERS[:1])
    records = [score("A1", 0.3, 1), score("A2", 0.1, 1), score("A1", 0.1, 2), score("A1", 0.5, 3)]
    database.write(records)
    fill(database)
    database.write(records)  # as after a kill
    fill(database)
    bodies = list_messages(queue)
    assert [(body["data"]["lead_id"], body["data"]["direction"]) for body in bodies] == [
        ("A1", "up"),
        ("A1", "down"),
        ("A1", "up"),
    ]
    assert queue.read_backlog().waiting == 0
    data = bodies[0]["data"]
    assert bodies[0]["type"] == "lead.threshold_crossed"
    assert bodies[0]["timestamp"] == data["scored_at"] == "2026-03-31T12:01:00.000Z"
    assert (data["probability"], data["threshold"], data["grade"], data["model"]) == (0.3, 0.25, "B", "m")
    assert "features" not in data


def test_what_was_stored_before_the_first_start_is_not_announced_but_remembered(database):
    database.write([score("A1", 0.3, 0), score("A2", 0.1, 0), score("A2", 0.3, 1), score("A3", 0.1, 0)])
    queue = WebhookQueue(database)
    queue.start(RECEIVERS[:1])
    fill(database)
    assert queue.read_backlog().waiting == 0
    database.write([score("A1", 0.4, 5), score("A2", 0.1, 5), score("A3", 0.3, 5)])
    queue.start(RECEIVERS[:1])  # the next start goes on where the last one ended
    fill(database)
    found = [(body["data"]["lead_id"], body["data"]["direction"]) for body in list_messages(queue)]
    assert sorted(found) == [("A2", "down"), ("A3", "up")]


def test_a_score_for_an_earlier_moment_does_not_say_where_a_lead_is_now(database):
    queue = WebhookQueue(database)
    queue.start(RECEIVERS[:1])
    database.write([score("A1", 0.3, 9)])
    fill(database)
    database.write([score("A1", 0.1, 10, as_of=NOON - timedelta(days=30))])
    fill(database)
    database.write([score("A1", 0.4, 11)])
    fill(database)
    assert [body["data"]["direction"] for body in list_messages(queue)] == ["up"]


def test_only_named_features_go_along(database):
    queue = WebhookQueue(database)
    queue.start(RECEIVERS[:1])
    database.write([score("A1", 0.3, 1, features={"industry": "software", "city": "Bonn"})])
    fill(database, features=("industry", "size"))
    [body] = list_messages(queue)
    assert body["data"]["features"] == {"industry": "software", "size": None}


def test_an_erased_lead_is_not_announced_and_a_removed_receiver_gets_nothing(database):
    queue = WebhookQueue(database)
    queue.start(RECEIVERS)
    database.write([score("00Q5g000000XyzAEAS", 0.3, 1), score("A2", 0.3, 1)])
    queue.fill(RECEIVERS, band=0.02, features=())
    assert queue.read_backlog().waiting == 4
    database.erase("00Q5g000000XyzA", at=NOON + 5 * MINUTE)
    assert queue.read_backlog().waiting == 2
    assert queue.start(RECEIVERS[1:]) == 1
    assert [body["data"]["lead_id"] for body in list_messages(queue, RECEIVERS[1])] == ["A2"]


def test_a_refused_message_waits_and_holds_back_later_ones_of_its_lead_only(database):
    queue = WebhookQueue(database)
    queue.start(RECEIVERS[:1])
    database.write([score("A1", 0.3, 1), score("A1", 0.1, 2), score("A2", 0.3, 2)])
    fill(database)
    first, second = queue.claim(RECEIVERS[0], 100)
    assert {json.loads(message.body)["data"]["lead_id"] for message in (first, second)} == {"A1", "A2"}
    assert queue.claim(RECEIVERS[0], 100) == []  # taken
    assert queue.settle({first: "refused", second: "not sent"}, retry_days=1e-6) == []  # old, but hardly tried
    assert [message.number for message in queue.claim(RECEIVERS[0], 100)] == [second.number]
    assert queue.read_backlog().waiting == 3


def test_a_message_is_given_up_after_enough_tries_and_days(database):
    queue = WebhookQueue(database)
    queue.start(RECEIVERS[:1])
    database.write([score("A1", 0.3, 1)])
    fill(database)
    for attempt in range(5):
        [message] = queue.claim(RECEIVERS[0], 1)
        assert message.attempts == attempt
        assert queue.settle({message: "not sent"}, retry_days=1e-9) == []
        given_up = queue.settle({message: "unavailable"}, retry_days=1e-9)
        assert [one.message_id for one in given_up] == ([message.message_id] if attempt == 4 else [])
    assert queue.read_backlog().waiting == 0
