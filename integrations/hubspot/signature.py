"""Checks that a request comes from HubSpot, by its signature of version 3, for a proxy in front of the API.

HubSpot signs what it sends, but cannot send a key. Put a proxy before the API that checks the signature and adds `X-API-Key`.
Source: https://developers.hubspot.com/docs/api/webhooks/validating-requests
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping

MOST_AGE_S = 300
_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(", "%29": ")", "%2A": "*",
    "%2C": ",", "%3B": ";",
}  # fmt: skip


def is_from_hubspot(
    headers: Mapping[str, str], *, method: str, url: str, body: bytes, secret: str, now_s: float | None = None
) -> bool:
    """Whether HubSpot signed a request, at most five minutes ago.

    Args:
        headers: Of the request; names in lower case.
        method: `POST`.
        url: The whole URL that HubSpot calls, with its query.
        body: As it came, byte by byte.
        secret: The client secret of the app.
        now_s: Seconds since 1970; None for now.
    """
    timestamp, signature = headers.get("x-hubspot-request-timestamp", ""), headers.get("x-hubspot-signature-v3", "")
    if not timestamp.isdecimal():
        return False
    age = (time.time() if now_s is None else now_s) - int(timestamp) / 1000
    if abs(age) > MOST_AGE_S:
        return False
    for code, letter in _DECODED.items():
        url = url.replace(code, letter).replace(code.lower(), letter)
    content = method.encode() + url.encode() + body + timestamp.encode()
    expected = base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest())
    return hmac.compare_digest(expected, signature.encode())
