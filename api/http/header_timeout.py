"""HTTP as uvicorn and h11 read it, with a time limit for the head of a request."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class HeaderTimeout(H11Protocol):
    """A connection that is closed if the head of a request is not complete in time.

    Uvicorn itself waits forever for the first head and for the rest of an incomplete one; h11 limits only its size.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  uvicorn's
        """Take uvicorn's arguments; the time limit is the `receive_s` that the app's lifespan yields."""
        super().__init__(*args, **options)
        self._limit_s: float = self.app_state["receive_s"]
        self._closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer."""
        super().connection_made(transport)
        self._start_timer()

    def data_received(self, data: bytes) -> None:
        """Stop the timer once the head is complete; start it when a part of the next one comes."""
        super().data_received(data)
        answered_early = self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY
        if self.conn.their_state is h11.IDLE or answered_early:  # the rest of an unread body has the same limit
            self._start_timer()
        else:
            self._stop_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def _start_timer(self) -> None:
        if self._closing is None:
            self._closing = self.loop.call_later(self._limit_s, self.transport.close)

    def _stop_timer(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
