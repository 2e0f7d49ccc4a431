"""Entity tags: a client that has the current answer gets a 304 without a body, and changes only what it has read."""

from __future__ import annotations

import hashlib

from fastapi import Request, Response

TAGGED = {"/v1/model", "/v1/threshold"}  # large answers that rarely change


def make_tag(content: bytes) -> str:
    """The tag of an answer.

    >>> make_tag(b"{}")
    '"44136fa355b3678a1146ad16f7e8649e"'
    """
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def lists_tag(header: str, tag: str) -> bool:
    """Whether `If-Match` or `If-None-Match` names a tag, or any.

    A proxy that packs answers makes tags weak (`W/`), so that both kinds are taken as the same.

    >>> lists_tag('"a", W/"b"', '"b"'), lists_tag("*", '"b"'), lists_tag("", '"b"')
    (True, True, False)
    """
    known = [part.strip().removeprefix("W/") for part in header.split(",")]
    return tag in known or "*" in known


def add_tag(request: Request, response: Response) -> Response:
    """The response with its tag; a 304 if the client has it already.

    Args:
        request: A request to one of the paths in `TAGGED`.
        response: The answer.
    """
    if request.method != "GET" or response.status_code != 200:
        return response
    tag = make_tag(bytes(response.body))
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}  # to be asked for each time
    if lists_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response
