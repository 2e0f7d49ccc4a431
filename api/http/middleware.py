"""What every request gets: an id, a log line, limits of size and time, and security headers."""

from __future__ import annotations

import asyncio
import logging
import re
from time import perf_counter
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictor.core.ids import make_short_id
from predictor.core.settings_sections import ServeSettings

from .metrics import Metrics

LOG = logging.getLogger("api.requests")
_PLAIN_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,100}")
_SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),  # answers are about people
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_MOST_DRAINED = 4  # times the limit that is read and thrown away, so that the client gets to read the refusal
_GONE = 499  # nobody reads it; metrics and log can distinguish these requests from errors of the server
UNKNOWN = "unknown"
_OLD_ERRORS = b"errors=v1"


class RequestMiddleware:
    """An ASGI app around the API."""

    def __init__(self, app: ASGIApp, *, settings: ServeSettings, metrics: Metrics) -> None:
        """Take the limits from the settings."""
        self._app, self._metrics = app, metrics
        self._max_bytes, self._receive_s = int(settings.max_body_mb * 1e6), settings.receive_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 500
        request_id = _take_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        _take_errors(scope)

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _add_headers(message.get("headers", ()), request_id)
            await send(message)

        try:
            await self._app(
                scope, _Body(scope, receive, max_bytes=self._max_bytes, limit_s=self._receive_s).receive, send_with_headers
            )
        finally:
            self._record(scope, status, perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path_format", UNKNOWN)  # never the path itself, which may name a lead
        self._metrics.count_request(scope["method"], route, status, seconds)
        if LOG.isEnabledFor(logging.INFO):
            state = scope["state"]
            fields = {
                "request_id": state["request_id"], "method": scope["method"], "route": route, "status": status,
                "ms": round(1000 * seconds, 2), "key": state.get("key_name"),
            }  # fmt: skip
            LOG.info("", extra={"fields": fields})


def _take_id(scope: Scope) -> bytes:
    """The id that the client sent if it is short and plain, otherwise a new one."""
    value = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return value if _PLAIN_ID.fullmatch(value) else make_short_id().encode()


def _take_errors(scope: Scope) -> None:
    """Take `errors=v1`, which every path has, out of the query, and note it for the errors."""
    query: bytes = scope["query_string"]
    if b"errors=" not in query:
        return
    parts = query.split(b"&")
    if _OLD_ERRORS in parts:
        scope["state"]["errors"] = "v1"
        scope["query_string"] = b"&".join(part for part in parts if part != _OLD_ERRORS)


def _add_headers(headers: Any, request_id: bytes) -> list[tuple[bytes, bytes]]:  # noqa: ANN401  ASGI
    present = [(name.lower(), value) for name, value in headers]
    names = {name for name, _ in present}
    return [*present, (b"x-request-id", request_id), *(entry for entry in _SECURITY_HEADERS if entry[0] not in names)]


class _Body:
    """The body of a request as it comes in, refused if it is too large or too slow."""

    def __init__(self, scope: Scope, receive: Receive, *, max_bytes: int, limit_s: float) -> None:
        self._receive, self._max_bytes, self._limit_s = receive, max_bytes, limit_s
        self._deadline: float | None = None
        self._size, self._complete = 0, False
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        self._declared = int(declared) if declared.isdigit() else 0

    async def receive(self) -> Message:
        """The next message."""
        if self._complete:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._deadline = now + self._limit_s if self._deadline is None else self._deadline
        try:
            async with asyncio.timeout_at(self._deadline):
                if self._declared > self._max_bytes:
                    await self._refuse()
                message = await self._receive()
                self._add(message)
                if self._size > self._max_bytes:
                    await self._refuse()
        except TimeoutError:
            self._complete = True
            text = f"The request was not complete within {self._limit_s:g} seconds. Send it again, in parts if it is large"
            raise HTTPException(408, text, {"Connection": "close"}) from None
        if message["type"] == "http.disconnect":
            raise HTTPException(_GONE, "The client closed the connection before the request was complete")
        return message

    def _add(self, message: Message) -> None:
        self._size += len(message.get("body", b""))
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)

    async def _refuse(self) -> None:
        while not self._complete and self._size < _MOST_DRAINED * self._max_bytes:
            self._add(await self._receive())
        self._complete = True
        text = (
            f"The body must be at most {self._max_bytes / 1e6:g} megabytes. Send fewer leads, or fewer events of each, at a time"
        )
        raise HTTPException(413, text, {"Connection": "close"})
