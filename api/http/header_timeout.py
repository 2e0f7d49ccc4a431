"""HTTP as uvicorn and h11 read it, from whoever sends the head of a request in time."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class HeaderTimeout(H11Protocol):
    """A connection that is closed where the head of a request does not come whole in time: nobody knows who keeps it open.

    Uvicorn itself waits without end for the first head, and for one of which a part has come; h11 bounds how long a head may be.
    """

    def __init__(self, *args: Any, **rest: Any) -> None:  # noqa: ANN401  uvicorn's
        """Take what uvicorn gives; the seconds are those that the app yields when it begins to live."""
        super().__init__(*args, **rest)
        self._within_s: float = self.app_state["receive_s"]
        self._closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Wait no more where the head is whole; begin to where a part of the next has come."""
        super().data_received(data)
        answered_early = self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY
        if self.conn.their_state is h11.IDLE or answered_early:  # what is left of a body that nobody reads is waited for likewise
            self._await_head()
        else:
            self._let_be()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._let_be()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._closing is None:
            self._closing = self.loop.call_later(self._within_s, self.transport.close)

    def _let_be(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
