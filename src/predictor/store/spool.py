"""The spool: records that wait for the database, in files that one process appends to.

A record is one write to the system, so that a process which is killed loses none that it has written.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from predictor.core.durable_files import sync_folder
from predictor.store.segments import REFUSED, Seat, Segment, append_whole, lock_folder, rewrite, write_or_undo

_LARGEST = 8_000_000  # bytes of a segment; more than one waits only while the database is away
_ALWAYS = "9999"  # stands for when a record was set aside by a version that did not say
_MOST_HELD = 2_000  # records in memory while no file can be written, as on a disk that is full


class Spool:
    """The records of one process that wait; a folder can be shared by several. Nothing is made before the first record.

    Attributes:
        folder: Where the files are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock, self._syncing = threading.Lock(), threading.Lock()
        self._seat: Seat | None = None
        self._waiting: list[Segment] = []
        self._path, self._handle, self._size, self._lines = Path(), -1, 0, 0
        self._unsynced: dict[Path, int] = {}  # handles of segments that are closed, and maybe not on the disk yet
        self._dirty = False
        self._held: list[bytes] = []

    @property
    def refused(self) -> Path:
        """The file of records that can never be written."""
        return self.folder / REFUSED

    @property
    def waiting(self) -> int:
        """How many records wait."""
        with self._lock:
            return self._lines + sum(segment.lines for segment in self._waiting) + len(self._held)

    @property
    def held(self) -> int:
        """How many of them are in memory alone."""
        with self._lock:
            return len(self._held)

    def append(self, lines: Sequence[bytes]) -> None:
        """Add records, all or none of them, and those that are held; once this returns, the system has them.

        Args:
            lines: A line each, with its end.

        Raises:
            OSError: The file cannot be written.
        """
        with self._lock:
            data, number = b"".join([*self._held, *lines]), len(self._held) + len(lines)
            if not data:
                return
            if self._size + len(data) > _LARGEST:
                self._turn()
            handle = self._handle if self._handle >= 0 else self._open()
            write_or_undo(handle, data, self._size)
            self._size, self._lines, self._dirty = self._size + len(data), self._lines + number, True
            self._held = []

    def hold(self, lines: Sequence[bytes]) -> int:
        """Hold records in memory that could not be added, until something can be; gives for how many of them there is room."""
        with self._lock:
            taken = lines[: max(0, _MOST_HELD - len(self._held))]
            self._held += taken
        return len(taken)

    def sync(self) -> None:
        """Have all that was added so far on the disk, where a power failure leaves it, and what is held if it can be.

        Raises:
            OSError: The disk refuses.
        """
        try:
            self.append(())
        finally:
            self._sync_added()

    def _sync_added(self) -> None:
        with self._syncing:
            with self._lock:
                if not self._dirty:
                    return
                open_still = [os.dup(self._handle)] if self._handle >= 0 else []
                handles, self._unsynced, self._dirty = [*self._unsynced.values(), *open_still], {}, False
            try:
                for handle in handles:
                    os.fsync(handle)
                sync_folder(self.folder)
            except OSError:
                self._dirty = True
                raise
            finally:
                for handle in handles:
                    os.close(handle)

    def adopt(self) -> None:
        """Take over what processes left that are no more."""
        if not self.folder.is_dir():
            return
        with self._lock:
            seat = self._take_seat()
        adopted = seat.adopt()
        with self._lock:
            self._waiting = [*adopted, *self._waiting]

    def list_waiting(self) -> list[Segment]:
        """The segments that are closed, oldest first."""
        with self._lock:
            return list(self._waiting)

    def turn(self) -> Segment | None:
        """Close the segment that is appended to, and give it; None where nothing is in it."""
        with self._lock:
            return self._turn()

    def remove(self, segment: Segment) -> None:
        """Forget a segment that is written."""
        segment.path.unlink(missing_ok=True)
        with self._lock:
            if segment in self._waiting:  # unless it was closed meanwhile
                self._waiting.remove(segment)
            if (handle := self._unsynced.pop(segment.path, -1)) >= 0:
                os.close(handle)

    def refuse(self, lines: Sequence[tuple[bytes, str]]) -> None:
        """Set lines aside that can never be written, each with the reason."""
        now = datetime.now(UTC).isoformat()
        told = [
            json.dumps({"reason": reason, "at": now, "record": line.decode(errors="replace")}).encode() + b"\n"
            for line, reason in lines
        ]
        with lock_folder(self.folder):
            append_whole(self.refused, told)

    def scrub(self, keep: Callable[[bytes], bool]) -> int:
        """Keep some records of those that wait or were set aside, and no trace of the others; gives how many are left out.

        Nobody may be writing segments to the database meanwhile.
        """
        if not self.folder.is_dir():
            return 0
        self.turn()
        left_out = 0
        for segment in self.list_waiting():
            kept, dropped = rewrite(segment.path, keep)
            with self._lock:
                self._waiting[self._waiting.index(segment)] = Segment(segment.path, kept)
            left_out += dropped
        return left_out + self.scrub_refused(keep)

    def scrub_refused(self, keep: Callable[[bytes], bool]) -> int:
        """The same of those that were set aside alone, whoever is writing."""
        if not self.folder.is_dir():
            return 0
        with lock_folder(self.folder):
            if not self.refused.exists():
                return 0
            return rewrite(self.refused, lambda line: keep(_read_refused(line).get("record", "").encode() or line))[1]

    def expire_refused(self, before: datetime) -> None:
        """Forget those that were set aside before a moment."""
        if self.refused.exists():
            with lock_folder(self.folder):
                rewrite(self.refused, lambda line: _read_refused(line).get("at", _ALWAYS) >= before.isoformat())

    def close(self) -> None:
        """Have all on the disk and let go; what still waits, waits for the next process."""
        try:
            self.sync()
        finally:
            with self._lock:
                self._turn()
                for handle in self._unsynced.values():
                    os.close(handle)
                self._unsynced, self._dirty, self._waiting = {}, False, []
                if self._seat is not None:
                    self._seat.leave()
                self._seat = None

    def _take_seat(self) -> Seat:
        self._seat = self._seat or Seat(self.folder)
        return self._seat

    def _open(self) -> int:
        if self._seat is not None and not self._seat.is_there:  # somebody has emptied the folder
            self._seat.leave()
            self._seat = None
        self._path = self._take_seat().next_path()
        self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return self._handle

    def _turn(self) -> Segment | None:
        if self._handle < 0:
            return None
        segment = Segment(self._path, self._lines)
        self._unsynced[self._path] = self._handle
        self._waiting.append(segment)
        self._handle, self._size, self._lines = -1, 0, 0
        return segment


def _read_refused(line: bytes) -> dict[str, Any]:
    """What stands of a record that was set aside; of one that was half written only that it is old."""
    try:
        read = json.loads(line)
    except ValueError:
        return {"at": ""}
    return read if isinstance(read, dict) else {"at": ""}
