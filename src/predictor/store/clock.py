"""The clock of a store, which never goes back: the order of its records decides what is erased and which report counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_SLACK = timedelta(milliseconds=10)  # the system's clock is adjusted by that much all the time
_TICK = timedelta(microseconds=1)


class SteadyClock:
    """The system's clock. If that is set back, this one goes on as before until the process ends."""

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the clocks to read: of the day, and of the seconds since some moment, which nobody can set."""
        self._wall, self._elapsed, self._lock = wall, elapsed, threading.Lock()
        self._start = self._read_start()
        self._latest = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """A moment after every other one that this method gave."""
        with self._lock:
            self._latest = max(self._wall() + self._find_lag(), self._latest + _TICK)
            return self._latest

    def correct(self, moment: datetime) -> datetime:
        """A moment of the system's clock, moved forward by as much as that was set back."""
        with self._lock:
            return moment + self._find_lag()

    def _find_lag(self) -> timedelta:
        """By how much the system's clock was set back; zero if it was not."""
        start = self._read_start()
        self._start = max(self._start, start)
        lag = self._start - start
        return lag if lag > _SLACK else timedelta()

    def _read_start(self) -> datetime:
        """What the system's clock showed when the seconds began."""
        return self._wall() - timedelta(seconds=self._elapsed())
