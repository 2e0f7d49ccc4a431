"""The writer: moves what waits in the spool into the database, in the background, and goes on when that is away for a while."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from predictor.core.errors import StoreError, count
from predictor.store.database import Database
from predictor.store.records import Record
from predictor.store.segments import Segment, read_lines
from predictor.store.spool import Spool

LOG = logging.getLogger("predictor.store")
_BATCH = 500  # records of a transaction
_GATHER_S = 0.2  # what comes in meanwhile is written together
_LONGEST_PAUSE_S = 5.0  # between tries while the database is away
_LOOK_S = 60.0  # between looks for what other processes left
_DAY_S = 86_400.0
_HANGS_S = 15.0  # that the database takes for a batch
HANGS = "The database does not answer."


class Writer:
    """Two threads: one that writes to the database, and one that has the spool on the disk in time."""

    def __init__(self, database: Database, spool: Spool, *, sync_s: float, retention_days: float) -> None:
        self._away: str | None = None
        self._asked: float | None = None  # since when the database is to take what it was given
        self._database, self._spool = database, spool
        self._sync_s, self._retention_days = sync_s, retention_days
        self._alone = threading.Lock()
        self._starting, self._threads = threading.Lock(), list[threading.Thread]()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._looked, self._expired = -_LOOK_S, -_DAY_S

    @property
    def away(self) -> str | None:
        """Why the database cannot be used; None where it can, as far as is known."""
        asked = self._asked
        hangs = asked is not None and time.monotonic() - asked > _HANGS_S
        return self._away or (HANGS if hangs else None)

    def start(self) -> None:
        """Begin, first of all with what was left from before; where it has begun, nothing happens."""
        with self._starting:
            if self._threads or self._stopping.is_set():
                return
            self._threads = [
                threading.Thread(target=run, name=f"store {name}", daemon=True)
                for name, run in {"writer": self._run, "sync": self._run_sync}.items()
            ]
            for thread in self._threads:
                thread.start()

    def wake(self) -> None:
        """Tell that something waits."""
        if not self._threads:
            self.start()
        self._wake.set()

    def stop(self, patience_s: float) -> bool:
        """End both threads, once they have finished what they are at; gives whether they did in time."""
        with self._starting:
            self._stopping.set()
        self._wake.set()
        until = time.monotonic() + patience_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While nothing is moved by anybody else; what fails of the spool becomes words."""
        with self._alone, _in_words():
            yield

    @contextmanager
    def alone_soon(self, patience_s: float) -> Iterator[bool]:
        """The same for whoever cannot wait for a database that hangs; gives whether it is so."""
        alone = self._alone.acquire(timeout=patience_s)
        try:
            with _in_words():
                yield alone
        finally:
            if alone:
                self._alone.release()

    def drain(self) -> None:
        """Write all that waits, now; also what dead processes left in the same spool.

        Raises:
            StoreError: The database cannot be used now, or the spool cannot be read.
        """
        with self.alone():
            self._spool.adopt()
            self._move()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While the database is asked to write: where it takes too long, it is told to be away."""
        self._asked = time.monotonic()
        try:
            yield
        finally:
            self._asked = None

    def _move(self) -> None:
        """Write every segment that is closed, then the one that is appended to, which stays open while the database is away."""
        try:
            self._spool.append(())  # what is held in memory
        finally:
            for segment in self._spool.list_waiting():
                self._write(segment)
            if (last := self._spool.turn()) is not None:
                self._write(last)

    def _write(self, segment: Segment) -> None:
        try:
            lines, half = read_lines(segment.path)
        except FileNotFoundError:  # somebody has taken it away; what comes after it must not wait for it
            LOG.error("A file of the spool is gone, and with it %s: %s", count(segment.lines, "record"), segment.path)  # noqa: TRY400
            self._spool.remove(segment)
            return
        if half:
            LOG.warning("A record of the spool was being written when its process ended; it was not answered and is left out.")
        records, refused = [], []
        for line in lines:
            try:
                records.append(Record.from_line(line))
            except ValueError as error:
                refused.append((line, str(error)))
        for start in range(0, len(records), _BATCH):
            with self.asking():
                never = self._database.write(records[start : start + _BATCH])
            refused += [(record.to_line().rstrip(b"\n"), reason) for record, reason in never]
        if refused:
            number, where = count(len(refused), "record"), self._spool.refused
            LOG.error("%s can never be stored, so they are set aside in %s.", number, where)
            self._spool.refuse(refused)
        self._spool.remove(segment)

    def _run_sync(self) -> None:
        told = ""
        while not self._stopping.wait(self._sync_s):
            try:
                self._spool.sync()
            except OSError as error:
                if str(error) != told:
                    LOG.error("%s", make_spool_error(error))  # noqa: TRY400  in words
                told = str(error)
            else:
                told = ""

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            self._wake.clear()
            try:
                self._turn_over()
            except StoreError as error:
                self._note_away(str(error))
            except Exception as error:  # noqa: BLE001  a fault of ours must not end the writing; its message may quote a person
                trace = "".join(traceback.format_tb(error.__traceback__))
                self._note_away(f"A fault of this program: {type(error).__name__}\n{trace}")
            else:
                self._note_back()
                self._wake.wait(_LOOK_S)
            pause = _GATHER_S if self._away is None else min(max(2 * pause, _GATHER_S), _LONGEST_PAUSE_S)

    def _turn_over(self) -> None:
        """Write what waits; now and then look for what others left, and delete what is too old."""
        now = time.monotonic()
        with self.alone():
            if now - self._looked >= _LOOK_S:
                self._spool.adopt()
                self._looked = now
            self._move()
        if self._retention_days and now - self._expired >= _DAY_S:
            before = datetime.now(UTC) - timedelta(days=self._retention_days)
            with self.asking():
                self._database.expire(before)
            with _in_words():
                self._spool.expire_refused(before)
            self._expired = now

    def _note_away(self, reason: str) -> None:
        if self._away is None:
            LOG.error("%s Answers go on; %s in the spool until it is back.", reason, describe_waiting(self._spool.waiting))
        self._away = reason

    def _note_back(self) -> None:
        if self._away is not None:
            LOG.warning("The store is back, and all that waited is in it.")
        self._away = None


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise make_spool_error(error) from None


def describe_waiting(number: int) -> str:
    """How many records wait, in words.

    >>> describe_waiting(1), describe_waiting(2)
    ('1 record waits', '2 records wait')
    """
    return f"{count(number, 'record')} {'waits' if number == 1 else 'wait'}"


def make_spool_error(error: OSError) -> StoreError:
    """What is wrong with the spool, in words."""
    do = "Mend that, or name another folder in store.spool."
    return StoreError(f"The spool of scores and outcomes cannot be used: {error.strerror or error}. {do}")
