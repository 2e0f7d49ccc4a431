"""Sending one message: the address is looked up and checked at that moment, and no redirect is followed."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

import urllib3

from predictor.core.errors import StoreError
from predictor.store.webhooks.queue import Message, Result
from predictor.store.webhooks.signing import sign

_CONNECT_S, _READ_S = 5.0, 10.0
_MOST_READ = 65_536  # bytes of an answer, of which only the status counts
_NAT64, _UNICAST = IPv6Network("64:ff9b::/96"), IPv6Network("2000::/3")  # all public addresses of IPv6 are in the second
_OF_CLOUDS = (IPv4Network("192.0.0.0/24"), IPv4Network("168.63.129.16/32"))  # answer only inside, about the machine itself
_OF_ALL = frozenset({401, 403, 408, 410, 425, 429})  # statuses below 500 that are about the address, not about a message


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a message.

    Attributes:
        result: `refused` is about this message, `unavailable` about the whole receiver.
        reason: Why it was not delivered, without the URL; empty if it was.
        retry_after_s: Seconds for which the receiver asks to wait; 0 if it did not ask.
    """

    result: Result
    reason: str = ""
    retry_after_s: float = 0.0


class Connections:
    """Connections to the addresses that a URL has now."""

    def __init__(self, url: str, *, allow_private: bool) -> None:
        """Look the host up.

        Raises:
            StoreError: The host is unknown, or has an address in a private network although that is not allowed.
        """
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        self._target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        self._host_header = parts.netloc
        addresses = find_addresses(self._host, port, allow_private=allow_private)
        timeout = urllib3.Timeout(connect=_CONNECT_S, read=_READ_S)
        options: dict[str, Any] = {"port": port, "timeout": timeout, "maxsize": 8, "retries": False}
        if parts.scheme == "https":
            options |= {"server_hostname": self._host, "assert_hostname": self._host}
            self._pools: list[Any] = [urllib3.HTTPSConnectionPool(address, **options) for address in addresses]
        else:
            self._pools = [urllib3.HTTPConnectionPool(address, **options) for address in addresses]

    def post(self, message: Message, keys: Sequence[bytes]) -> Reply:
        """Send a message, to the next address where one cannot be reached."""
        now = int(time.time())
        headers = {
            "Host": self._host_header, "Content-Type": "application/json", "User-Agent": "lead-conversion-predictor",
            "webhook-id": message.message_id, "webhook-timestamp": str(now),
            "webhook-signature": sign(message.message_id, now, message.body, keys),
        }  # fmt: skip
        reason = "no address"
        for pool in self._pools:
            try:
                response = pool.urlopen(
                    "POST", self._target, body=message.body.encode(), headers=headers, redirect=False, preload_content=False
                )
            except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
                reason = type(error).__name__
                continue
            except (urllib3.exceptions.HTTPError, OSError) as error:
                return Reply("unavailable", type(error).__name__)
            return _read_reply(response)
        return Reply("unavailable", reason)

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools:
            pool.close()


def _read_reply(response: urllib3.BaseHTTPResponse) -> Reply:
    """What the status says. The rest is read to use the connection again, unless it is long or comes drop by drop."""
    until, left = time.monotonic() + _READ_S, _MOST_READ
    try:
        while left > 0 and time.monotonic() < until and (part := response.read1(left, decode_content=False)):
            left -= len(part)
    except (urllib3.exceptions.HTTPError, OSError):
        pass  # the status has come
    finally:
        response.close()
    status = response.status
    if 200 <= status < 300:
        return Reply("delivered")
    if 400 <= status < 500 and status not in _OF_ALL:
        return Reply("refused", f"status {status}")
    after = response.headers.get("Retry-After", "")
    return Reply("unavailable", f"status {status}", float(after) if after.isdecimal() else 0.0)


def find_addresses(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host at this moment.

    Raises:
        StoreError: The host is unknown, or one of its addresses is not public although that is asked for.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise StoreError(f"The host '{host}' of a webhook cannot be found.") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allow_private and not all(map(is_public, addresses)):
        raise StoreError(
            f"The host '{host}' of a webhook is in a private network. Set webhooks.allow_private if that is intended."
        )
    return addresses


def is_public(address: str) -> bool:
    """Whether an address is reachable from everywhere, so that no machine inside the firm's network answers.

    >>> [is_public(text) for text in ("93.184.216.34", "10.0.0.1", "169.254.169.254")]
    [True, False, False]
    >>> [is_public(text) for text in ("::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2606:2800:21f:cb07::1")]
    [False, False, False, True]
    >>> [is_public(text) for text in ("::10.0.0.1", "64:ff9b:1::a00:1", "fec0::1", "192.0.0.192", "168.63.129.16")]
    [False, False, False, False, False]
    """
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in _NAT64:
            inner = ip_address(int(parsed) & 0xFFFFFFFF)  # type: ignore[assignment]
        if inner is not None:
            return is_public(str(inner))
        if parsed not in _UNICAST:
            return False
    if isinstance(parsed, IPv4Address) and any(parsed in network for network in _OF_CLOUDS):
        return False
    return parsed.is_global and not parsed.is_multicast
