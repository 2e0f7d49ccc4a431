"""The sender of webhooks: a thread looks for crossings in the stored scores, and one for each receiver sends messages."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from predictor.core.errors import StoreError, count
from predictor.core.settings_serving import WebhookSettings
from predictor.store.database import Database
from predictor.store.webhooks.queue import Backlog, WebhookQueue
from predictor.store.webhooks.receiver import Receiver
from predictor.store.webhooks.signing import FILE, load_secrets

LOG = logging.getLogger("predictor.store")
_POLL_S = 1.0  # between looks into the database
_COUNT_S = 5.0  # between counts of what waits, for the metrics
_AWAY_S = 5.0  # while that cannot be used
_END_S = 15.0


class WebhookSender:
    """Announces crossings at least once each, in the order of their lead, as long as it runs.

    Several processes may run one over the same database: a crossing is found once, and sent by one of them at a time.

    Attributes:
        receivers: One for each address.
        backlog: What waited a few seconds ago.
    """

    def __init__(
        self, database: Database, settings: WebhookSettings, keys: list[bytes], *, poll_s: float = _POLL_S, pause_s: float = 1.0
    ) -> None:
        """Starts nothing yet.

        Args:
            database: Where scores are stored and messages wait.
            settings: Who is notified, and what the message holds.
            keys: The secrets that sign.
            poll_s: Seconds between looks into the database.
            pause_s: Seconds before a receiver that is away is tried again the first time; then twice as long each time.
        """
        self._queue, self._settings, self._poll_s = WebhookQueue(database), settings, poll_s
        self.receivers = [Receiver(url, self._queue, settings, keys, first_pause_s=pause_s) for url in settings.urls]
        self._stopping, self._threads = threading.Event(), list[threading.Thread]()
        self.backlog, self._counted_at = Backlog(), -_COUNT_S

    @classmethod
    def open(cls, database: Database, settings: WebhookSettings, folder: Path) -> Self | None:
        """The sender that the settings describe; None where they name no address.

        Args:
            database: Where scores are stored.
            settings: Section `webhooks`.
            folder: Of the file of secrets, where the settings name none.

        Raises:
            SettingsError: The secrets cannot be read.
        """
        if not settings.urls:
            return None
        return cls(database, settings, load_secrets(Path(settings.secret) if settings.secret else folder / FILE))

    def start(self) -> None:
        """Start looking and sending. What is scored after this is announced, unless the database cannot be used now."""
        with suppress(StoreError):  # the threads try again
            self.begin()
        works = {"crossings": self._fill, **{f"{place}": self._send_by(one) for place, one in enumerate(self.receivers)}}
        self._threads = [
            threading.Thread(target=self._run, args=(work,), name=f"webhooks {name}", daemon=True) for name, work in works.items()
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End all threads after the messages that are being sent; the others wait for the next start."""
        self._stopping.set()
        until = time.monotonic() + _END_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def finish(self, most_s: float) -> int:
        """Wait until all crossings are found and all messages are sent, but not for ever; returns how many messages still wait.

        Args:
            most_s: Seconds to wait at most.

        Raises:
            StoreError: The database cannot be used now.
        """
        until = time.monotonic() + most_s
        while self._fill() is not None or self.count_waiting():
            if self._stopping.wait(self._poll_s) or time.monotonic() > until:
                break
        return self.count_waiting()

    def count_waiting(self) -> int:
        """How many messages wait.

        Raises:
            StoreError: The database cannot be used now.
        """
        return self._queue.read_backlog().waiting

    def count_results(self) -> dict[str, int]:
        """How many messages were sent, how many attempts failed, and how many were given up, since this process started."""
        return {
            "sent": sum(receiver.delivered for receiver in self.receivers),
            "failed": sum(receiver.failed for receiver in self.receivers),
            "given_up": sum(receiver.given_up for receiver in self.receivers),
        }

    def _fill(self) -> float | None:
        keys = [receiver.key for receiver in self.receivers]
        filled = self._queue.fill(keys, band=self._settings.band, features=self._settings.features)
        if not filled and time.monotonic() - self._counted_at >= _COUNT_S:
            self.backlog, self._counted_at = self._queue.read_backlog(), time.monotonic()
        return 0.0 if filled else None

    def _send_by(self, receiver: Receiver) -> Callable[[], float | None]:
        return lambda: receiver.send(self._stopping)

    def begin(self) -> None:
        """Announce what is scored from now on, unless an earlier process has begun already.

        Raises:
            StoreError: The database cannot be used now.
        """
        if deleted := self._queue.start([receiver.key for receiver in self.receivers]):
            LOG.warning("%s deleted, because webhooks.urls no longer names the receiver.", count(deleted, "webhook"))

    def _run(self, work: Callable[[], float | None]) -> None:
        """Do a work again and again: at once while there is something to do, after a pause while there is not."""
        pause, has_begun, error_text = 0.0, False, ""
        while not self._stopping.wait(pause):
            try:
                if not has_begun:
                    self.begin()
                    has_begun = True
                wait = work()
            except StoreError as error:
                pause, error_text = _AWAY_S, str(error)  # the writer of the store says so
            except Exception as error:  # noqa: BLE001  a bug must not end the sending; its message may quote personal data
                pause, text = _AWAY_S, f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"
                if text != error_text:
                    LOG.error("Webhooks fail by a bug in this program: %s", text)  # noqa: TRY400
                error_text = text
            else:
                pause = self._poll_s if wait is None else wait
