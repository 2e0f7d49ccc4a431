"""What every request gets: an id, a log line, limits of size and time, and security headers."""

from __future__ import annotations

import logging
import re
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictor.core.ids import make_short_id
from predictor.core.settings_serving import ServeSettings

from .metrics import Metrics
from .request_body import RequestBody

LOG = logging.getLogger("api.requests")
_PLAIN_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,100}")
_SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),  # answers are about people
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
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
                scope, RequestBody(scope, receive, max_bytes=self._max_bytes, limit_s=self._receive_s).receive, send_with_headers
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
