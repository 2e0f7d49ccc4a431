"""Who may ask what: the scope that each path needs, and the key that a request brings."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import Literal

from fastapi import Request

from predictor.core.errors import SettingsError
from predictor.store.api_keys import KeyRing, KeyScope, is_loopback

from .error_codes import NO_KEY, NO_KEYS, NO_SCOPE, RefusalError

Access = KeyScope | Literal["open", "any"]
ACCESS: dict[str, Access] = {
    "/v1/score": "score",
    "/v1/score/batch": "score",
    "/v1/model": "score",
    "/v1/threshold": "score",
    "/v1/outcomes": "outcomes",
    "/v1/leads/{lead_id:path}": "admin",
    "/report": "any",
    "/metrics": "any",  # it holds nothing of a lead, and a monitor should need no key that scores or erases
    "/health/live": "open",
    "/health/ready": "open",
}
_DO = "Send one as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'; whoever runs this server makes them with `predictor keys`."


def check_access(request: Request, access: Access) -> None:
    """Let a request pass that may ask for a path; `request.state.key_name` names who asked.

    Args:
        request: What was asked.
        access: A scope that its key must open; `any` key will do; `open` to all.

    Raises:
        RefusalError: 401 without a key that is known, 403 where it does not open that, 503 where keys cannot be read.
    """
    if access == "open":
        return
    ring: KeyRing | None = getattr(request.app.state, "keys", None)
    if ring is None or not ring.required:
        _check_local(request)
        return
    token = _read_token(request)
    try:
        key = ring.find(token) if token else None
    except SettingsError:
        text = "This server cannot read its keys, and answers nobody until whoever runs it has mended their file."
        raise RefusalError(503, NO_KEYS, text) from None
    if key is None:
        came = "This key is not known, or was revoked" if token else "A key is needed, but none came"
        raise RefusalError(401, NO_KEY, f"{came}. {_DO}", {"WWW-Authenticate": _challenge(request)})
    request.state.key_name = key.name
    if access != "any" and access not in key.scopes:
        opens = " and ".join(f"'{scope}'" for scope in key.scopes) or "nothing"
        text = f"The key '{key.name}' opens {opens}, but this needs '{access}'. Ask whoever runs this server for a key that does."
        raise RefusalError(403, NO_SCOPE, text)


def _check_local(request: Request) -> None:
    """Without keys a server answers only who reached it on a loopback address, however it was started, and calls it so.

    A page in a browser of this machine may have its own name lead here (DNS rebinding), but cannot have it called otherwise.
    """
    server = request.scope.get("server")
    called = request.headers.get("host", "localhost")
    if (server is not None and not _is_local(str(server[0]))) or not _is_local(_strip_port(called)):
        text = (
            "This server has no keys, and so answers on loopback only, and to requests whose Host names that, as localhost does. "
            "Whoever runs it makes keys with `predictor keys add`."
        )
        raise RefusalError(401, NO_KEY, text, {"WWW-Authenticate": "Bearer"})


def _strip_port(called: str) -> str:
    """The host of a `Host` header.

    >>> _strip_port("127.0.0.1:8000"), _strip_port("[::1]:8000"), _strip_port("localhost")
    ('127.0.0.1', '::1', 'localhost')
    """
    host = called.partition("]")[0].removeprefix("[") if called.startswith("[") else called.partition(":")[0]
    return "localhost" if host.rstrip(".").casefold().endswith(".localhost") else host.rstrip(".")


@lru_cache(maxsize=64)
def _is_local(host: str) -> bool:
    return is_loopback(host) or not any(letter in host for letter in ".:")  # a socket's file, or the name of a test server


def _read_token(request: Request) -> str:
    """The key that came; of `Authorization: Basic`, as browsers send it, the password. Empty where none came."""
    kind, _, rest = request.headers.get("authorization", "").partition(" ")
    if kind.casefold() == "bearer":
        return rest.strip()
    if kind.casefold() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return request.headers.get("x-api-key", "").strip()


def _challenge(request: Request) -> str:
    """How to ask again; a browser is told a way in which it can ask its user."""
    return 'Basic realm="predictor: any name, and the key as password"' if request.url.path == "/report" else "Bearer"
