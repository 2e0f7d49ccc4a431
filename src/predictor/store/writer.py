"""The writer: moves records from the spool into the database in the background, and retries."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from predictor.core.errors import StoreError, count
from predictor.store.database import Database
from predictor.store.records import Record
from predictor.store.segments import Segment, read_lines
from predictor.store.spool import Spool

LOG = logging.getLogger("predictor.store")
_BATCH = 500  # records of a transaction
_GATHER_S = 0.2  # records of this time are written together
_LONGEST_PAUSE_S = 5.0  # between attempts while the database is away
_ADOPT_S = 60.0  # between searches for the records of processes that have ended
_DAY_S = 86_400.0
_PATIENCE_S = 5.0  # of an erasure, and of an answer that says what is stored, for a database that hangs
_HANGS_S = 15.0  # of one call, after which the database counts as away
Result = TypeVar("Result")
HANGS = "The database does not answer."


class Writer:
    """Two threads: one writes to the database, the other syncs the spool to disk."""

    def __init__(self, database: Database, spool: Spool, *, sync_s: float, retention_days: float) -> None:
        self._away: str | None = None
        self._call_began: float | None = None  # of the call to the database that runs now
        self._database, self._spool = database, spool
        self._sync_s, self._retention_days = sync_s, retention_days
        self._exclusive = threading.Lock()
        self._starting, self._threads = threading.Lock(), list[threading.Thread]()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._adopted_at, self._expired_at = -_ADOPT_S, -_DAY_S

    @property
    def away(self) -> str | None:
        """Why the database cannot be used; None if it worked when it was last used."""
        began = self._call_began
        hangs = began is not None and time.monotonic() - began > _HANGS_S
        return self._away or (HANGS if hangs else None)

    def start(self) -> None:
        """Start both threads, which first write the records of earlier processes. Does nothing if they run already."""
        with self._starting:
            if self._threads or self._stopping.is_set():
                return
            self._threads = [
                threading.Thread(target=run, name=f"store {name}", daemon=True)
                for name, run in {"writer": self._run, "sync": self._run_sync}.items()
            ]
            for thread in self._threads:
                thread.start()

    def append(self, lines: Sequence[bytes]) -> None:
        """Append records to the spool, all or none of them, and signal that they wait.

        Raises:
            OSError: The spool cannot be written.
        """
        if lines:
            self._spool.append(lines)
            self.wake()

    def wake(self) -> None:
        """Signal that records wait."""
        if not self._threads:
            self.start()
        self._wake.set()

    def stop(self, timeout_s: float) -> bool:
        """End both threads after their current work; returns whether they ended in time."""
        with self._starting:
            self._stopping.set()
        self._wake.set()
        until = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    @contextmanager
    def exclusive(self, timeout_s: float = -1) -> Iterator[bool]:
        """A lock under which no other thread moves records; gives whether it was acquired in time (-1: no limit).

        Raises:
            StoreError: The spool fails meanwhile.
        """
        acquired = self._exclusive.acquire(timeout=timeout_s)
        try:
            with _spool_errors():
                yield acquired
        finally:
            if acquired:
                self._exclusive.release()

    def exclusive_soon(self) -> AbstractContextManager[bool]:
        """The same lock for who cannot wait for a database that hangs."""
        return self.exclusive(_PATIENCE_S)

    def drain(self) -> None:
        """Write all waiting records now, including those of ended processes in the same spool.

        Raises:
            StoreError: The database cannot be used now, or the spool cannot be read.
        """
        with self.exclusive():
            self._spool.adopt()
            self._move()

    def read(self, load: Callable[[], Result]) -> Result:
        """What a function loads from the database after the waiting records of this process were written.

        The caller must hold `exclusive`.
        """
        self._move()
        with self.database_call():
            return load()

    @contextmanager
    def database_call(self) -> Iterator[None]:
        """A call to the database. While it takes too long, the database counts as away."""
        self._call_began = time.monotonic()
        try:
            yield
        finally:
            self._call_began = None

    def _move(self) -> None:
        """Write the complete segments, then the current one, which stays open while the database is away."""
        try:
            self._spool.append(())  # writes the records in memory
        finally:
            for segment in self._spool.list_waiting():
                self._write(segment)
            if (current := self._spool.rotate()) is not None:
                self._write(current)

    def _write(self, segment: Segment) -> None:
        try:
            lines, is_partial = read_lines(segment.path)
        except FileNotFoundError:  # deleted by another program; later segments must not wait for it
            LOG.error("A file of the spool is missing, and with it %s: %s", count(segment.lines, "record"), segment.path)  # noqa: TRY400
            self._spool.remove(segment)
            return
        if is_partial:
            LOG.warning("A record of the spool was being written when its process ended. It was never answered, and is left out.")
        records, refused = [], []
        for line in lines:
            try:
                records.append(Record.from_line(line))
            except ValueError as error:
                refused.append((line, str(error)))
        for start in range(0, len(records), _BATCH):
            with self.database_call():
                rejected = self._database.write(records[start : start + _BATCH])
            refused += [(record.to_line().rstrip(b"\n"), reason) for record, reason in rejected]
        if refused:
            LOG.error("%s can never be stored, so they are set aside in %s.", count(len(refused), "record"), self._spool.refused)
            self._spool.refuse(refused)
        self._spool.remove(segment)

    def _run_sync(self) -> None:
        last_error = ""
        while not self._stopping.wait(self._sync_s):
            try:
                self._spool.sync()
            except OSError as error:
                if str(error) != last_error:
                    LOG.error("%s", make_spool_error(error))  # noqa: TRY400  a text, no traceback
                last_error = str(error)
            else:
                last_error = ""

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            self._wake.clear()
            try:
                self._work()
            except StoreError as error:
                self._note_away(str(error))
            except Exception as error:  # noqa: BLE001  a bug must not end the writing; its message may quote personal data
                trace = "".join(traceback.format_tb(error.__traceback__))
                self._note_away(f"A bug in this program: {type(error).__name__}\n{trace}")
            else:
                self._note_back()
                self._wake.wait(_ADOPT_S)
            pause = _GATHER_S if self._away is None else min(max(2 * pause, _GATHER_S), _LONGEST_PAUSE_S)

    def _work(self) -> None:
        """Write the waiting records; from time to time adopt those of ended processes, and delete what is too old."""
        now = time.monotonic()
        with self.exclusive():
            if now - self._adopted_at >= _ADOPT_S:
                self._spool.adopt()
                self._adopted_at = now
            self._move()
        if self._retention_days and now - self._expired_at >= _DAY_S:
            before = datetime.now(UTC) - timedelta(days=self._retention_days)
            with self.database_call():
                self._database.expire(before)
            with _spool_errors():
                self._spool.expire_refused(before)
            self._expired_at = now

    def _note_away(self, reason: str) -> None:
        if self._away is None:
            LOG.error("%s Scoring goes on; %s in the spool until it is back.", reason, describe_waiting(self._spool.waiting))
        self._away = reason

    def _note_back(self) -> None:
        if self._away is not None:
            LOG.warning("The store is back, and all waiting records are in it.")
        self._away = None


@contextmanager
def _spool_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise make_spool_error(error) from None


def describe_waiting(number: int) -> str:
    """A text on how many records wait.

    >>> describe_waiting(1), describe_waiting(2)
    ('1 record waits', '2 records wait')
    """
    return f"{count(number, 'record')} {'waits' if number == 1 else 'wait'}"


def make_spool_error(error: OSError) -> StoreError:
    """The error of a spool that cannot be read or written."""
    do = "Fix that, or name another folder in store.spool."
    return StoreError(f"The spool of scores and outcomes cannot be used: {error.strerror or error}. {do}")
