"""The body of a request: limits of size and time, and gzip."""

from __future__ import annotations

import asyncio
import zlib
from typing import NoReturn

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

_MOST_DRAINED = 4  # times the limit that is read and thrown away, so that the client gets to read the refusal
_GONE = 499  # nobody reads it; metrics and log can distinguish these requests from errors of the server
_GZIP = 16 + zlib.MAX_WBITS  # of zlib: with the header and checksum of gzip


class Gunzip:
    """Expands gzip piece by piece, up to a limit.

    >>> import gzip
    >>> Gunzip(10).expand(gzip.compress(b"ten bytes."), is_last=True)
    b'ten bytes.'
    >>> Gunzip(9).expand(gzip.compress(b"ten bytes."), is_last=True)
    Traceback (most recent call last):
    OverflowError: more than 9 bytes
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._left = max_bytes, max_bytes
        self._part = zlib.decompressobj(_GZIP)

    def expand(self, data: bytes, *, is_last: bool) -> bytes:
        """The content of the next bytes.

        Args:
            data: The next bytes.
            is_last: Whether they are the last ones.

        Raises:
            OverflowError: The content has more bytes than the limit.
            ValueError: This is no gzip, or it ends too early.
        """
        parts = list[bytes]()
        try:
            while data:
                if self._part.eof:  # gzip may have several parts
                    self._part = zlib.decompressobj(_GZIP)
                parts.append(self._part.decompress(data, self._left + 1))
                self._left -= len(parts[-1])
                if self._left < 0:
                    raise OverflowError(f"more than {self._max_bytes} bytes")
                data = self._part.unused_data or self._part.unconsumed_tail
        except zlib.error:
            raise ValueError("no gzip") from None
        if is_last and not self._part.eof:
            raise ValueError("gzip that ends too early")
        return b"".join(parts)


class RequestBody:
    """The body of a request as it comes in, refused if it is too large or too slow; the size of gzip is that of its content."""

    def __init__(self, scope: Scope, receive: Receive, *, max_bytes: int, limit_s: float) -> None:
        self._receive, self._max_bytes, self._limit_s = receive, max_bytes, limit_s
        self._deadline: float | None = None
        self._size, self._complete = 0, False
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        self._declared = int(declared) if declared.isdigit() else 0
        encoding = next((value for name, value in scope["headers"] if name == b"content-encoding"), b"identity").strip().lower()
        self._encoding = encoding.decode("latin-1")
        self._gzip = Gunzip(max_bytes) if encoding in {b"gzip", b"x-gzip"} else None

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
                if self._gzip is None and self._encoding not in {"", "identity"}:
                    text = f"The body is encoded as '{self._encoding[:20]}'. Send it as gzip or as it is"
                    raise HTTPException(415, text, {"Accept-Encoding": "gzip, identity"})
                message = await self._receive()
                self._add(message)
                if self._size > self._max_bytes:
                    await self._refuse()
                if self._gzip is not None and message["type"] == "http.request":
                    message = await self._expand(message, self._gzip)
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

    async def _expand(self, message: Message, gzip: Gunzip) -> Message:
        """The message with its content expanded."""
        try:
            content = gzip.expand(message.get("body", b""), is_last=self._complete)
        except OverflowError:
            await self._refuse()
        except ValueError:
            self._complete = True
            raise HTTPException(
                400, "The body says that it is gzip, but is not, or not complete", {"Connection": "close"}
            ) from None
        return {**message, "body": content}

    async def _refuse(self) -> NoReturn:
        while not self._complete and self._size < _MOST_DRAINED * self._max_bytes:
            self._add(await self._receive())
        self._complete = True
        text = (
            f"The body must be at most {self._max_bytes / 1e6:g} megabytes. Send fewer leads, or fewer events of each, at a time"
        )
        raise HTTPException(413, text, {"Connection": "close"})
