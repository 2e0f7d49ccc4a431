"""What goes around every request: its id, a line in the log, limits of size and time, and headers that keep pages safe."""

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
_SANE_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,100}")
_SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),  # answers are about people
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_MOST_DRAINED = 4  # times the limit that is read and thrown away, so that whoever sends still reads the refusal
_GONE = 499  # nobody reads it, but figures and log tell such requests from faults of ours
UNKNOWN = "unknown"


class RequestMiddleware:
    """An ASGI app around another."""

    def __init__(self, app: ASGIApp, *, settings: ServeSettings, metrics: Metrics) -> None:
        """Limits are those of the settings."""
        self._app, self._metrics = app, metrics
        self._most, self._receive_s = int(settings.max_body_mb * 1e6), settings.receive_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 500
        request_id = _take_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id.decode()

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _add_headers(message.get("headers", ()), request_id)
            await send(message)

        try:
            await self._app(scope, _Body(scope, receive, most=self._most, within_s=self._receive_s).receive, send_on)
        finally:
            self._note(scope, status, perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path_format", UNKNOWN)  # never the path itself, which may name a lead
        self._metrics.note_request(scope["method"], route, status, seconds)
        if LOG.isEnabledFor(logging.INFO):
            state = scope["state"]
            fields = {
                "request_id": state["request_id"], "method": scope["method"], "route": route, "status": status,
                "ms": round(1000 * seconds, 2), "key": state.get("key_name"),
            }  # fmt: skip
            LOG.info("", extra={"fields": fields})


def _take_id(scope: Scope) -> bytes:
    """The id that came with the request if it is short and plain, or else a new one."""
    came = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return came if _SANE_ID.fullmatch(came) else make_short_id().encode()


def _add_headers(headers: Any, request_id: bytes) -> list[tuple[bytes, bytes]]:  # noqa: ANN401  ASGI
    own = [(name.lower(), value) for name, value in headers]
    has = {name for name, _ in own}
    return [*own, (b"x-request-id", request_id), *(entry for entry in _SAFE if entry[0] not in has)]


class _Body:
    """The body of a request on its way in, refused where it is too large or does not come."""

    def __init__(self, scope: Scope, receive: Receive, *, most: int, within_s: float) -> None:
        self._receive, self._most, self._within_s = receive, most, within_s
        self._until: float | None = None
        self._came, self._whole = 0, False
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        self._declared = int(declared) if declared.isdigit() else 0

    async def receive(self) -> Message:
        """The next part."""
        if self._whole:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._until = now + self._within_s if self._until is None else self._until
        try:
            async with asyncio.timeout_at(self._until):
                if self._declared > self._most:
                    await self._refuse()
                message = await self._receive()
                await self._count(message)
        except TimeoutError:
            self._whole = True
            text = f"The request did not come whole within {self._within_s:g} seconds. Send it again, in parts if it is large"
            raise HTTPException(408, text, {"Connection": "close"}) from None
        if message["type"] == "http.disconnect":
            raise HTTPException(_GONE, "Whoever asked hung up before the request had come whole")
        return message

    async def _count(self, message: Message) -> None:
        self._came += len(message.get("body", b""))
        self._whole = message["type"] != "http.request" or not message.get("more_body", False)
        if self._came > self._most:
            await self._refuse()

    async def _refuse(self) -> None:
        while not self._whole and self._came < _MOST_DRAINED * self._most:
            message = await self._receive()
            self._came += len(message.get("body", b""))
            self._whole = message["type"] != "http.request" or not message.get("more_body", False)
        self._whole = True
        text = f"The body must be at most {self._most / 1e6:g} megabytes. Send fewer leads, or fewer events of each, at a time"
        raise HTTPException(413, text, {"Connection": "close"})
