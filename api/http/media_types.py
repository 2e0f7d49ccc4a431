"""The media type of a body."""

from __future__ import annotations

from email.message import Message
from functools import lru_cache


@lru_cache(maxsize=64)
def is_json(content_type: str) -> bool:
    """Whether a content type is JSON.

    >>> is_json("application/json; charset=utf-8"), is_json("application/hal+json"), is_json("text/plain"), is_json("")
    (True, True, False, False)
    """
    message = Message()
    message["content-type"] = content_type
    kind = message.get_content_subtype() if message.get_content_maintype() == "application" else ""
    return bool(content_type) and (kind == "json" or kind.endswith("+json"))
