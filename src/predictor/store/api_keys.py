"""API keys: a file of named keys that stores only hashes, so reading the file gives no access."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
import secrets
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

import tomli_w

from predictor.core.durable_files import sync_folder, write_through
from predictor.core.errors import SettingsError, list_names
from predictor.store.key_uses import KeyUses, forget_use

KeyScope = Literal["score", "outcomes", "admin"]
SCOPES: tuple[KeyScope, ...] = get_args(KeyScope)
FILE = "keys.toml"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the file stores it.

    Attributes:
        name: Of its holder, for the logs.
        scopes: What the key allows: `score`, `outcomes`, `admin`.
        sha256: Of the key. A slow hash would add nothing, because 256 random bits cannot be guessed.
        made_at: When the key was created, in ISO 8601.
        expires_at: From when it opens nothing, in ISO 8601 with a timezone; empty for never.
    """

    name: str
    scopes: tuple[KeyScope, ...]
    sha256: str
    made_at: str
    expires_at: str = ""

    def has_expired(self, now: datetime) -> bool:
        """Whether the key opens nothing any more."""
        return bool(self.expires_at) and now >= datetime.fromisoformat(self.expires_at)


def hash_key(token: str) -> str:
    """The hash of a key, as the file stores it.

    >>> hash_key("lcp_example")[:12]
    '8d95f1b2aed4'
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_keys(path: Path) -> list[Key]:
    """The keys of a file; empty if there is no file.

    Raises:
        SettingsError: The file cannot be read, or is no file of keys.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        if set(content) - {"keys"}:
            raise ValueError("it may hold [[keys]] only")  # noqa: TRY301  reported like the others
        return [_read_key(entry) for entry in content.get("keys", [])]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        raise SettingsError(
            f"The file of keys '{path}' cannot be read: {why}. Fix it, or delete it and make new keys with `predictor keys`."
        ) from None


def _read_key(entry: Any) -> Key:  # noqa: ANN401  TOML
    key = Key(
        name=entry["name"],
        scopes=tuple(entry["scopes"]),
        sha256=entry["sha256"],
        made_at=str(entry["made_at"]),
        expires_at=str(entry.get("expires_at", "")),
    )
    if key.expires_at and datetime.fromisoformat(key.expires_at).tzinfo is None:
        raise ValueError("expires_at must have a timezone")
    if not _NAME.fullmatch(key.name) or not set(key.scopes) <= set(SCOPES) or not re.fullmatch(r"[0-9a-f]{64}", key.sha256):
        raise ValueError("each key must have a name, scopes and its sha256")
    return key


def add_key(path: Path, name: str, scopes: Sequence[str], *, now: datetime, days: float | None = None) -> str:
    """Create a key, store its hash, and return the key, which cannot be recovered later.

    Args:
        path: The file of keys; created if missing.
        name: Of its holder, for the logs.
        scopes: What the key allows, at least one.
        now: The time of its creation.
        days: After how many days it expires; None for never.

    Raises:
        SettingsError: The name is taken or not valid, a scope is unknown, or the file cannot be read or written.
    """
    keys = read_keys(path)
    if not _NAME.fullmatch(name):
        raise SettingsError(f"A key's name must be letters, digits, blanks, dots and dashes, at most 60, but is '{name[:60]}'.")
    if any(key.name == name for key in keys):
        raise SettingsError(f"There is a key '{name}' in '{path}' already. Revoke it first, or choose another name.")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        names = list_names(unknown) if unknown else "none"
        raise SettingsError(f"A key must have one or more of the scopes {list_names(SCOPES)}, but has {names}. Use --scope.")
    token = f"lcp_{secrets.token_urlsafe(_BYTES)}"
    ordered = tuple(scope for scope in SCOPES if scope in scopes)
    expires_at = "" if days is None else (now + timedelta(days=days)).isoformat(timespec="seconds")
    key = Key(
        name=name, scopes=ordered, sha256=hash_key(token), made_at=now.isoformat(timespec="seconds"), expires_at=expires_at
    )  # fmt: skip
    _write_keys(path, [*keys, key])
    return token


def revoke_key(path: Path, name: str) -> None:
    """Remove a key from the file. A running server refuses it from the next request on.

    Raises:
        SettingsError: There is no key with that name, or the file cannot be read or written.
    """
    keys = read_keys(path)
    remaining = [key for key in keys if key.name != name]
    if len(remaining) == len(keys):
        names = list_names(key.name for key in keys) or "none"
        raise SettingsError(f"There is no key '{name[:60]}' in '{path}'; it has {names}.")
    _write_keys(path, remaining)
    for key in keys:
        if key.name == name:
            forget_use(path, key.sha256)


def _describe_key(key: Key) -> dict[str, Any]:
    """The entry of a key; without `expires_at` it never expires."""
    entry = {"name": key.name, "scopes": list(key.scopes), "sha256": key.sha256, "made_at": key.made_at}
    return entry | ({"expires_at": key.expires_at} if key.expires_at else {})


def _write_keys(path: Path, keys: Iterable[Key]) -> None:
    """Replace the file in one step, readable only by its owner."""
    content = {"keys": [_describe_key(key) for key in keys]}
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_through(temporary, tomli_w.dumps(content))
        temporary.chmod(0o600)
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise SettingsError(f"The file of keys '{path}' could not be written: {error.strerror}. It is unchanged.") from error
    finally:
        temporary.unlink(missing_ok=True)


class KeyRing:
    """The current keys of a file, which is read again whenever it changes."""

    def __init__(self, path: Path) -> None:
        """Reads the file if it exists.

        Raises:
            SettingsError: It exists and cannot be read.
        """
        self._path, self._uses = path, KeyUses(path)
        self._state: tuple[int, int, int] | None = None
        self._keys: list[tuple[bytes, Key]] = []
        self._error: SettingsError | None = None
        self._required = False
        self._refresh()
        if self._error is not None:
            raise self._error

    @property
    def required(self) -> bool:
        """Whether a key is required: the file exists or has existed, so deleting it gives no access."""
        self._refresh()
        return self._required

    def find(self, token: str) -> Key | None:
        """The key of a token, whose use is noted; None if the token is unknown or revoked, or has expired.

        Raises:
            SettingsError: The file has become unreadable.
        """
        self._refresh()
        if self._error is not None:
            raise self._error
        token_hash, match = hash_key(token).encode(), None
        for key_hash, key in self._keys:  # all of them, so that the time reveals nothing
            match = key if hmac.compare_digest(token_hash, key_hash) else match
        if match is None or match.has_expired(datetime.now(UTC)):
            return None
        self._uses.note(match.sha256)
        return match

    def _refresh(self) -> None:
        try:
            state = self._path.stat()
            now = state.st_mtime_ns, state.st_size, state.st_ino
        except OSError:
            now = None
        if now == self._state and self._error is None:
            return
        self._required = self._required or now is not None
        try:
            self._keys = [(key.sha256.encode(), key) for key in read_keys(self._path)]
            self._state, self._error = now, None
        except SettingsError as error:
            self._keys, self._error = [], error
