"""API keys: the scope that each path needs, and the key that a request carries."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import Literal

from fastapi import Request

from predictor.core.errors import SettingsError
from predictor.store.api_keys import KeyRing, KeyScope, is_loopback

from ..error_codes import NO_KEY, NO_KEYS, NO_SCOPE, TOO_MANY, RefusalError
from .wrong_keys import WrongKeys

Access = KeyScope | Literal["open", "any"]
ACCESS: dict[str, Access] = {
    "/v1/score": "score",
    "/v1/score/batch": "score",
    "/v1/model": "score",
    "/v1/threshold": "score",
    "/v1/outcomes": "outcomes",
    "/v1/outcomes/batch": "outcomes",
    "/v1/outcomes/{outcome_id}": "outcomes",
    "/v1/leads/{lead_id:path}": "admin",
    "/v1/leads/{lead_id:path}/history": "admin",
    "/v1/accounts/{account_id:path}": "admin",
    "/report": "any",
    "/monitor": "any",
    "/v1/monitor": "any",
    "/v1/queue": "admin",
    "/metrics": "any",  # nothing in it is about a lead, and a monitor should not need a key that scores or erases
    "/health/live": "open",
    "/health/ready": "open",
}
METHOD_ACCESS: dict[tuple[str, str], Access] = {("PUT", "/v1/threshold"): "admin", ("DELETE", "/v1/threshold"): "admin"}
_FORWARDED = {b"forwarded", b"via", b"x-real-ip", b"x-client-ip", b"true-client-ip", b"cf-connecting-ip", b"fly-client-ip"}
_ADVICE = "Send a key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'. The server's operator makes keys with `predictor keys`."


def find_access(path: str, method: str) -> Access:
    """The scope that a path needs, for a method where that differs.

    >>> find_access("/v1/threshold", "GET"), find_access("/v1/threshold", "PUT")
    ('score', 'admin')
    """
    return METHOD_ACCESS.get((method.upper(), path), ACCESS[path])


def check_access(request: Request, access: Access) -> None:
    """Raise if a request may not use a path; otherwise `request.state.key_name` is the name of its key.

    Args:
        request: The request.
        access: The scope that its key must have; `any` if every key will do; `open` if no key is needed.

    Raises:
        RefusalError: 401 without a known key, 403 if the key does not have the scope, 503 if the keys cannot be read.
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
        text = "This server cannot read its keys, so it answers nobody. Ask its operator to fix the file of keys."
        raise RefusalError(503, NO_KEYS, text) from None
    if key is None:
        _check_wrong_keys(request, token)
        text = "This key is not known, has expired, or was revoked" if token else "A key is needed, but none came"
        raise RefusalError(401, NO_KEY, f"{text}. {_ADVICE}", {"WWW-Authenticate": _choose_challenge(request)})
    request.state.key_name = key.name
    if access != "any" and access not in key.scopes:
        scopes = " and ".join(f"'{scope}'" for scope in key.scopes) or "nothing"
        text = f"The key '{key.name}' opens {scopes}, but this needs '{access}'. Ask the server's operator for another key."
        raise RefusalError(403, NO_SCOPE, text)


def _check_wrong_keys(request: Request, token: str) -> None:
    """Raise 429 if too many wrong keys came from the address of a request."""
    if not token:
        return
    wrong_keys: WrongKeys = request.app.state.wrong_keys
    wait_s = wrong_keys.count(request.client.host if request.client is not None else "")
    if wait_s:
        text = f"Too many wrong keys came from this address. Wait {wait_s} seconds, and check the key."
        raise RefusalError(429, TOO_MANY, text, {"Retry-After": str(wait_s)})


def _check_local(request: Request) -> None:
    """Raise if a request to a server without keys was forwarded, or is not for a loopback name.

    A web page open on this machine can point its own host name here (DNS rebinding), but it cannot change the Host header. A
    proxy on this machine connects over loopback too, and says in a header of its own that it forwards.
    """
    server = request.scope.get("server")
    host = request.headers.get("host", "localhost")
    if (server is not None and not _is_local(str(server[0]))) or not _is_local(_strip_port(host)):
        text = (
            "This server has no keys, so it answers on loopback only, and only if the Host header is a loopback name such as "
            "localhost. The server's operator makes keys with `predictor keys add`."
        )
        raise RefusalError(401, NO_KEY, text, {"WWW-Authenticate": "Bearer"})
    if any(name in _FORWARDED or name.startswith(b"x-forwarded-") for name, _ in request.scope["headers"]):
        text = (
            "This server has no keys, and a proxy has forwarded this request, so it may come from anywhere. The server's "
            "operator makes keys with `predictor keys add`."
        )
        raise RefusalError(401, NO_KEY, text, {"WWW-Authenticate": "Bearer"})


def _strip_port(host: str) -> str:
    """The host of a `Host` header.

    >>> _strip_port("127.0.0.1:8000"), _strip_port("[::1]:8000"), _strip_port("localhost")
    ('127.0.0.1', '::1', 'localhost')
    """
    name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
    return "localhost" if name.rstrip(".").casefold().endswith(".localhost") else name.rstrip(".")


@lru_cache(maxsize=64)
def _is_local(host: str) -> bool:
    return is_loopback(host) or not any(letter in host for letter in ".:")  # the file of a socket, or the name of a test server


def _read_token(request: Request) -> str:
    """The key of a request; with `Authorization: Basic`, as browsers send it, the password. Empty if there is none."""
    kind, _, rest = request.headers.get("authorization", "").partition(" ")
    if kind.casefold() == "bearer":
        return rest.strip()
    if kind.casefold() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return request.headers.get("x-api-key", "").strip()


def _choose_challenge(request: Request) -> str:
    """The way to authenticate; on pages for people one for which a browser opens its log-in window."""
    return (
        'Basic realm="predictor: any name, and the key as password"' if request.url.path in {"/report", "/monitor"} else "Bearer"
    )
