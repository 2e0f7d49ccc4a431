"""Wrong keys by address: after a number of them, the address must wait."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

_MOST, _WINDOW_S = 20, 60.0
_MOST_ADDRESSES = 10_000


class WrongKeys:
    """Counts the wrong keys of each address within a minute.

    A right key is never refused: many clients may come from the address of one proxy, and a key of 256 bits cannot be guessed.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[float, int]] = {}  # address -> when its minute began, and how many since

    def count(self, address: str) -> int:
        """Count a wrong key; returns the seconds that the address must wait, 0 if it need not.

        >>> wrong_keys = WrongKeys(lambda: 100.0)
        >>> [wrong_keys.count("192.0.2.1") for _ in range(21)][-2:], wrong_keys.count("192.0.2.2")
        ([0, 60], 0)
        """
        now = self._clock()
        began, number = self._seen.get(address, (now, 0))
        if now - began >= _WINDOW_S:
            began, number = now, 0
        if address not in self._seen and len(self._seen) >= _MOST_ADDRESSES:
            self._seen.pop(next(iter(self._seen)))
        self._seen[address] = began, number + 1
        return 0 if number < _MOST else math.ceil(began + _WINDOW_S - now)
