"""Messages that wait in the database: taken by one process at a time, in the order of their lead, until they are delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from predictor.store.database import Database
from predictor.store.schema import WEBHOOKS
from predictor.store.webhooks.crossings import has_new_scores, start_progress, write_messages

CLAIM_S = 60.0  # for which a process has its messages; if it ends before, another one takes them then
_FIRST_PAUSE = timedelta(seconds=5)  # before a message that was refused is sent again
_LONGEST_REFUSED_PAUSE = timedelta(hours=6)
_FEWEST_ATTEMPTS = 5  # before a message is given up, however old it is
Result = Literal["delivered", "refused", "unavailable", "not sent"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message to one receiver.

    Attributes:
        number: Its row; messages about one lead are sent in this order.
        message_id: Identifies what is announced, however often it is sent.
        body: JSON.
        attempts: How often it was sent without success.
        created_at: When the crossing was found.
        refusals: How many of the attempts the receiver refused; it was away at the others.
    """

    number: int
    message_id: str
    body: str
    attempts: int
    created_at: datetime
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in the database.

    Attributes:
        waiting: The number of messages.
        oldest: When the crossing of the oldest one was found; None if none waits.
    """

    waiting: int = 0
    oldest: datetime | None = None

    def compute_age_s(self) -> float:
        """Seconds for which the oldest message has waited; 0 if none waits."""
        return 0.0 if self.oldest is None else max(0.0, (datetime.now(UTC) - self.oldest).total_seconds())


class WebhookQueue:
    """The messages of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, receivers: Sequence[str]) -> int:
        """Begin to look for crossings, and delete what waits for addresses that no longer are receivers; returns how many.

        Args:
            receivers: The hashes of the addresses.

        Raises:
            StoreError: The database cannot be used now.
        """
        with self._database.begin(writes=True) as connection:
            start_progress(connection)
            return connection.execute(sa.delete(WEBHOOKS).where(WEBHOOKS.c.receiver.not_in(receivers))).rowcount

    def fill(self, receivers: Sequence[str], *, band: float, features: Sequence[str]) -> bool:
        """Write the messages about scores that were not checked yet; returns whether there were any such scores.

        Raises:
            StoreError: The database cannot be used now.
        """
        with self._database.begin() as connection:
            if not has_new_scores(connection):
                return False
        with self._database.begin(writes=True) as connection:
            return write_messages(connection, receivers, band=band, features=features) > 0

    def claim(self, receiver: str, most: int) -> list[Message]:
        """Take messages that are due, at most one a lead: the first. No other process takes them for `CLAIM_S` seconds.

        Args:
            receiver: The hash of its address.
            most: How many to take.

        Raises:
            StoreError: The database cannot be used now.
        """
        earlier = WEBHOOKS.alias()
        is_first = ~sa.exists().where(
            earlier.c.receiver == WEBHOOKS.c.receiver, earlier.c.lead_id == WEBHOOKS.c.lead_id, earlier.c.id < WEBHOOKS.c.id
        )
        now = datetime.now(UTC)
        due = sa.select(WEBHOOKS).where(WEBHOOKS.c.receiver == receiver, WEBHOOKS.c.next_at <= now, is_first)
        with self._database.begin() as connection:
            if connection.execute(due.limit(1)).first() is None:
                return []
        with self._database.begin(writes=True) as connection:
            rows = connection.execute(due.order_by(WEBHOOKS.c.id).limit(most)).mappings().all()
            taken = WEBHOOKS.c.id.in_([row["id"] for row in rows])
            connection.execute(sa.update(WEBHOOKS).where(taken).values(next_at=now + timedelta(seconds=CLAIM_S)))
        names = ("message_id", "body", "attempts", "created_at", "refusals")
        return [Message(number=row["id"], **{name: row[name] for name in names}) for row in rows]

    def settle(self, results: Mapping[Message, Result], *, retry_days: float) -> list[Message]:
        """Store what became of messages: delivered ones are deleted, the others wait; returns those that are given up.

        A message that its receiver refused waits 5 seconds, then four times as long each time it is refused, at most 6 hours.
        Attempts while the receiver was away lengthen no pause.

        Args:
            results: Message -> what became of it.
            retry_days: Days after which a message that was tried is given up.

        Raises:
            StoreError: The database cannot be used now.
        """
        now = datetime.now(UTC)
        tried = {message for message, result in results.items() if result in {"refused", "unavailable"}}
        oldest = now - timedelta(days=retry_days)
        given_up = [message for message in tried if message.created_at < oldest and message.attempts + 1 >= _FEWEST_ATTEMPTS]
        done = [message for message, result in results.items() if result == "delivered"] + given_up
        with self._database.begin(writes=True) as connection:
            connection.execute(sa.delete(WEBHOOKS).where(WEBHOOKS.c.id.in_([message.number for message in done])))
            for message, result in results.items():
                if message in tried or result == "not sent":
                    values = {
                        "attempts": message.attempts + (message in tried),
                        "refusals": message.refusals + (result == "refused"),
                        "next_at": _compute_next(message, result, now),
                    }
                    connection.execute(sa.update(WEBHOOKS).where(WEBHOOKS.c.id == message.number).values(**values))
        return given_up

    def read_backlog(self) -> Backlog:
        """How many messages wait, and since when.

        Raises:
            StoreError: The database cannot be used now.
        """
        with self._database.begin() as connection:
            waiting, oldest = connection.execute(sa.select(sa.func.count(), sa.func.min(WEBHOOKS.c.created_at))).one()
        return Backlog(waiting, oldest)


def _compute_next(message: Message, result: Result, now: datetime) -> datetime:
    """When a message may be sent again. One whose receiver is away waits for it only."""
    if result != "refused":
        return now
    pause: timedelta = _FIRST_PAUSE * 4 ** min(message.refusals, 10)
    return now + min(pause, _LONGEST_REFUSED_PAUSE)
