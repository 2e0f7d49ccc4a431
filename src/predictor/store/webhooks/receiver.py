"""One receiver of messages: several are sent at once, those about one lead one after another; while it is away, one tries."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from predictor.core.errors import StoreError, count
from predictor.core.settings_serving import WebhookSettings
from predictor.store.webhooks.post import Connections, Reply
from predictor.store.webhooks.queue import CLAIM_S, Message, Result, WebhookQueue

LOG = logging.getLogger("predictor.store")
_AT_ONCE, _THREADS = 100, 8
_LONGEST_AWAY_PAUSE_S = 300.0
_SEND_S = CLAIM_S / 2  # after which nothing more is sent of what was taken, because another process may take it soon


def hash_url(url: str) -> str:
    """The hash that names a receiver in the database, where its URL must not be.

    >>> hash_url("https://example.com/hook")[:12]
    '19f1352238b9'
    """
    return hashlib.sha256(url.encode()).hexdigest()


class Receiver:
    """Sends the messages of one address.

    Attributes:
        key: The hash of its URL.
        delivered: How many messages it took since this process started.
        failed: How many attempts failed.
        given_up: How many messages were given up.
    """

    def __init__(
        self, url: str, queue: WebhookQueue, settings: WebhookSettings, keys: Sequence[bytes], *, first_pause_s: float
    ) -> None:
        self.key, self.delivered, self.failed, self.given_up = hash_url(url), 0, 0, 0
        self._url, self._queue, self._settings, self._keys = url, queue, settings, keys
        self._host = urlsplit(url).hostname
        self._first_pause_s = first_pause_s
        self._pause_s = 0.0  # while the receiver is away; the next pause follows from it
        self._away = threading.Event()

    def send(self, stopping: threading.Event) -> float | None:
        """Send what is due; returns seconds to wait before the next call, or None if nothing was due.

        Args:
            stopping: Set when the process ends: nothing more is sent then.

        Raises:
            StoreError: The database cannot be used now.
        """
        messages = self._queue.claim(self.key, 1 if self._pause_s else _AT_ONCE)
        if not messages:
            return None
        replies = self._post_all(messages, stopping)
        results: dict[Message, Result] = {message: reply.result for message, reply in replies.items()}
        given_up = self._queue.settle(results, retry_days=self._settings.retry_days)
        self.delivered += sum(result == "delivered" for result in results.values())
        self.failed += sum(result in {"refused", "unavailable"} for result in results.values())
        self._log_given_up(given_up)
        away = [reply for reply in replies.values() if reply.result == "unavailable"]
        self._log_absence(away)
        self._pause_s = self._choose_pause(away)
        return min(max([self._pause_s, *(reply.retry_after_s for reply in away)]), _LONGEST_AWAY_PAUSE_S)

    def _post_all(self, messages: Sequence[Message], stopping: threading.Event) -> dict[Message, Reply]:
        until = time.monotonic() + _SEND_S
        self._away.clear()
        try:
            connections = Connections(self._url, allow_private=self._settings.allow_private)
        except StoreError as error:
            return {messages[0]: Reply("unavailable", str(error))} | dict.fromkeys(messages[1:], Reply("not sent"))

        def post(message: Message) -> Reply:
            if stopping.is_set() or self._away.is_set() or time.monotonic() > until:
                return Reply("not sent")
            reply = connections.post(message, self._keys)
            if reply.result == "unavailable":
                self._away.set()
            return reply

        try:
            with ThreadPoolExecutor(min(_THREADS, len(messages)), thread_name_prefix="webhook") as pool:
                return dict(zip(messages, pool.map(post, messages), strict=True))
        finally:
            connections.close()

    def _log_absence(self, away: Sequence[Reply]) -> None:
        """Say once that the receiver is away, and once that it is back."""
        if away and not self._pause_s:
            LOG.error("The receiver of webhooks at '%s' does not take messages: %s. They wait.", self._host, away[0].reason)
        elif self._pause_s and not away:
            LOG.warning("The receiver of webhooks at '%s' is back.", self._host)

    def _choose_pause(self, away: Sequence[Reply]) -> float:
        """Seconds until it is tried again: 0 while it answers; while it does not, twice as long as the last time."""
        return min(max(2 * self._pause_s, self._first_pause_s), _LONGEST_AWAY_PAUSE_S) if away else 0.0

    def _log_given_up(self, messages: Sequence[Message]) -> None:
        if messages:
            self.given_up += len(messages)
            ids = ", ".join(message.message_id for message in messages[:5])
            LOG.error("%s given up, because '%s' never took them: %s", count(len(messages), "webhook"), self._host, ids)
