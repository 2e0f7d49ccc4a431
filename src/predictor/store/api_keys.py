"""API keys: a file of named keys of which only hashes are kept, so that whoever reads it can ask for nothing."""

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
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

import tomli_w

from predictor.core.durable_files import sync_folder, write_through
from predictor.core.errors import SettingsError, list_names

KeyScope = Literal["score", "outcomes", "admin"]
SCOPES: tuple[KeyScope, ...] = get_args(KeyScope)
FILE = "keys.toml"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the file keeps it.

    Attributes:
        name: What logs call whoever has it.
        scopes: What it opens: `score`, `outcomes`, `admin`.
        sha256: Of the key itself. A slow hash would gain nothing: what is hashed is 256 random bits, no word to be guessed.
        made_at: When it was made, in ISO 8601.
    """

    name: str
    scopes: tuple[KeyScope, ...]
    sha256: str
    made_at: str


def hash_key(token: str) -> str:
    """What the file keeps of a key.

    >>> hash_key("lcp_example")[:12]
    '8d95f1b2aed4'
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own, which no other reaches.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_keys(path: Path) -> list[Key]:
    """The keys of a file; none where there is no file.

    Raises:
        SettingsError: The file cannot be read, or holds something else than keys.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        if set(content) - {"keys"}:
            raise ValueError("it may hold [[keys]] only")  # noqa: TRY301  told with the others
        return [_read_key(entry) for entry in content.get("keys", [])]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        raise SettingsError(
            f"The file of keys '{path}' cannot be read: {why}. Mend it, or make it anew with `predictor keys`."
        ) from None


def _read_key(entry: Any) -> Key:  # noqa: ANN401  TOML
    key = Key(entry["name"], tuple(entry["scopes"]), entry["sha256"], str(entry["made_at"]))
    if not _NAME.fullmatch(key.name) or not set(key.scopes) <= set(SCOPES) or not re.fullmatch(r"[0-9a-f]{64}", key.sha256):
        raise ValueError("each key must hold a name, scopes and the sha256 of it")
    return key


def add_key(path: Path, name: str, scopes: Sequence[str], *, now: datetime) -> str:
    """Make a key, keep its hash, and give the key itself, which nobody can tell again.

    Args:
        path: The file of keys; made where it lacks.
        name: What logs will call whoever has it.
        scopes: What it opens, at least one.
        now: When it is made.

    Raises:
        SettingsError: The name is taken or none, a scope is unknown, or the file cannot be read or written.
    """
    keys = read_keys(path)
    if not _NAME.fullmatch(name):
        raise SettingsError(f"A key's name must be letters, digits, blanks, dots and dashes, at most 60, but '{name[:60]}' came.")
    if any(key.name == name for key in keys):
        raise SettingsError(f"There is a key '{name}' in '{path}' already. Revoke it first, or name the new one otherwise.")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        came = list_names(unknown) if unknown else "none"
        raise SettingsError(f"A key must open one or more of {list_names(SCOPES)}, but {came} came. Name them with --scope.")
    token = f"lcp_{secrets.token_urlsafe(_BYTES)}"
    asked = tuple(scope for scope in SCOPES if scope in scopes)
    _write_keys(path, [*keys, Key(name, asked, hash_key(token), now.isoformat(timespec="seconds"))])
    return token


def revoke_key(path: Path, name: str) -> None:
    """Take a key out of the file; a running server refuses it from its next request on.

    Raises:
        SettingsError: There is no key of that name, or the file cannot be read or written.
    """
    keys = read_keys(path)
    left = [key for key in keys if key.name != name]
    if len(left) == len(keys):
        known = list_names(key.name for key in keys) or "none"
        raise SettingsError(f"There is no key '{name[:60]}' in '{path}'; it has {known}.")
    _write_keys(path, left)


def _write_keys(path: Path, keys: Iterable[Key]) -> None:
    """Replace the file in one step, readable by its owner alone."""
    content = {"keys": [{"name": k.name, "scopes": list(k.scopes), "sha256": k.sha256, "made_at": k.made_at} for k in keys]}
    writing = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_through(writing, tomli_w.dumps(content))
        writing.chmod(0o600)
        writing.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise SettingsError(f"The file of keys '{path}' could not be written: {error.strerror}. It is as it was.") from error
    finally:
        writing.unlink(missing_ok=True)


class KeyRing:
    """The keys of a file as they stand now: it is read again whenever it changed."""

    def __init__(self, path: Path) -> None:
        """Reads the file if it is there.

        Raises:
            SettingsError: It is there and cannot be read.
        """
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._keys: list[tuple[bytes, Key]] = []
        self._fault: SettingsError | None = None
        self._required = False
        self._refresh()
        if self._fault is not None:
            raise self._fault

    @property
    def required(self) -> bool:
        """Whether a key is needed: there is a file of keys, or was one; taking it away opens nothing."""
        self._refresh()
        return self._required

    def find(self, token: str) -> Key | None:
        """The key that a token is; None for a token that is none, or not any more.

        Raises:
            SettingsError: The file has become unreadable; then no key is known.
        """
        self._refresh()
        if self._fault is not None:
            raise self._fault
        asked, found = hash_key(token).encode(), None
        for known, key in self._keys:  # all of them, whichever it is, so that the time tells nothing
            found = key if hmac.compare_digest(asked, known) else found
        return found

    def _refresh(self) -> None:
        try:
            state = self._path.stat()
            now = state.st_mtime_ns, state.st_size, state.st_ino
        except OSError:
            now = None
        if now == self._seen and self._fault is None:
            return
        self._required = self._required or now is not None
        try:
            self._keys = [(key.sha256.encode(), key) for key in read_keys(self._path)]
            self._seen, self._fault = now, None
        except SettingsError as error:
            self._keys, self._fault = [], error
