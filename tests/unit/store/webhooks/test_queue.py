"""How long a message waits for its next attempt."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from unit.store.webhooks.test_crossings import score

from predictor.store.schema import WEBHOOKS
from predictor.store.webhooks.queue import WebhookQueue


@pytest.fixture
def measure_pause(database):
    """Settles the one message with a result; returns the seconds until it is due."""
    queue = WebhookQueue(database)
    queue.start(["receiver"])
    database.write([score("A1", 0.3, 1)])
    queue.fill(["receiver"], band=0.0, features=())

    def measure(result):
        with database.begin(writes=True) as connection:
            connection.execute(sa.update(WEBHOOKS).values(next_at=datetime.now(UTC)))
        [message] = queue.claim("receiver", 1)
        before = datetime.now(UTC)
        assert queue.settle({message: result}, retry_days=7) == []
        with database.begin() as connection:
            due = connection.execute(sa.select(WEBHOOKS.c.next_at)).scalar_one()
        return (due - before).total_seconds()

    return measure


def test_a_message_waits_four_times_as_long_after_each_refusal_up_to_six_hours(measure_pause):
    pauses = [measure_pause("refused") for _ in range(8)]
    assert pauses == pytest.approx([5, 20, 80, 320, 1280, 5120, 20480, 21600], abs=4)


def test_attempts_at_a_receiver_that_was_away_lengthen_no_pause(measure_pause):
    away, other = ["unavailable"] * 6, ["not sent", "unavailable"]
    pauses = [measure_pause(result) for result in (*away, "refused", *other, "refused")]
    assert pauses == pytest.approx([0] * 6 + [5, 0, 0, 20], abs=4)
