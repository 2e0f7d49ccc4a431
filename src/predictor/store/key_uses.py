"""When each API key was last used: the time of an empty file for each key, beside the file of keys."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

LOG = logging.getLogger("predictor.store")
_EVERY_S = 60.0


class KeyUses:
    """Notes the use of keys, each at most once a minute. Several processes may note the same key."""

    def __init__(self, keys: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Writes nothing yet.

        Args:
            keys: The file of keys.
            clock: Seconds since some moment.
        """
        self._folder, self._clock = locate_uses(keys), clock
        self._next: dict[str, float] = {}
        self._failed = False

    def note(self, sha256: str) -> None:
        """Note that a key was used now. Where that cannot be written, the log says so once.

        Args:
            sha256: Of the key.
        """
        now = self._clock()
        if now < self._next.get(sha256, now):
            return
        self._next[sha256] = now + _EVERY_S
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            (self._folder / sha256).touch(mode=0o600)
        except OSError as error:
            if not self._failed:
                LOG.warning("When keys were used cannot be noted in '%s': %s.", self._folder, error.strerror)
            self._failed = True


def locate_uses(keys: Path) -> Path:
    """The folder of the uses of a file of keys.

    >>> locate_uses(Path("models/keys.toml")).name
    'keys.used'
    """
    return keys.with_suffix(".used")


def read_use(keys: Path, sha256: str) -> datetime | None:
    """When a key was last used, to the minute; None if it never was, or that could not be noted."""
    try:
        return datetime.fromtimestamp((locate_uses(keys) / sha256).stat().st_mtime, UTC)
    except OSError:
        return None


def forget_use(keys: Path, sha256: str) -> None:
    """Delete what was noted about a key that is revoked."""
    with suppress(OSError):
        (locate_uses(keys) / sha256).unlink()
