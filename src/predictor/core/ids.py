"""Ids that nobody else has: drawn by a generator that the system seeds once a process, which asking it each time would slow."""

from __future__ import annotations

import os
from random import Random
from uuid import UUID

_DRAW = Random()  # noqa: S311  an id is no secret
os.register_at_fork(after_in_child=_DRAW.seed)


def make_uuid() -> str:
    """A random UUID.

    >>> len(make_uuid()), make_uuid() == make_uuid()
    (36, False)
    """
    return str(UUID(int=_DRAW.getrandbits(128), version=4))


def make_short_id() -> str:
    """16 hexadecimal digits.

    >>> len(make_short_id())
    16
    """
    return f"{_DRAW.getrandbits(64):016x}"
