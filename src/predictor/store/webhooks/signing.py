"""Signatures of messages, as Standard Webhooks has them, and the file of the secrets that make them.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from predictor.core.durable_files import sync_folder
from predictor.core.errors import SettingsError

FILE = "webhook_secrets.txt"
_PREFIX = "whsec_"
_BYTES, _FEWEST, _MOST = 32, 24, 64


def sign(message_id: str, timestamp: int, body: str, keys: Iterable[bytes]) -> str:
    """The header `webhook-signature` of a message: a signature by each secret, for receivers that know the old or the new one.

    Args:
        message_id: The header `webhook-id`.
        timestamp: The header `webhook-timestamp`: seconds since 1970.
        body: The message.
        keys: The secrets.

    >>> key = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    >>> sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}', [key])
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    content = f"{message_id}.{timestamp}.{body}".encode()
    digests = (hmac.new(key, content, hashlib.sha256).digest() for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def read_secret(text: str) -> bytes:
    """The secret of a text such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`.

    Raises:
        ValueError: It is no such text, or has less than 24 or more than 64 bytes.
    """
    encoded = text.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        key = b""
    if encoded == text or not _FEWEST <= len(key) <= _MOST:
        raise ValueError(f"a secret is {_PREFIX} and the base64 of {_FEWEST} to {_MOST} bytes")
    return key


def load_secrets(path: Path) -> list[bytes]:
    """The secrets of a file, one a line; a file that is missing is created with a new one, readable by its owner only.

    Raises:
        SettingsError: The file cannot be read or created, or a line is no secret. The text quotes none.
    """
    try:
        if not path.exists():
            _create(path)
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        keys = [read_secret(line) for line in lines if line and not line.startswith("#")]
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error) if isinstance(error, ValueError) else ""
        raise SettingsError(f"The secrets of webhooks in '{path}' cannot be used: {why}. Fix the file, or delete it.") from None
    if not keys:
        raise SettingsError(f"The file of secrets of webhooks '{path}' holds none. Add one, or delete the file.")
    return keys


def _create(path: Path) -> None:
    """Create a file with a new secret, complete from the start. If another process was first, its file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writing = path.with_name(f".{path.name}-{os.getpid()}")
    handle = os.open(writing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{_PREFIX}{base64.b64encode(secrets.token_bytes(_BYTES)).decode()}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(writing, path)
        sync_folder(path.parent)
    finally:
        writing.unlink()
