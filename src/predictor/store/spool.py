"""The spool: files of records that wait for the database.

Each record is written to the system at once, so a process that is killed loses none.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from predictor.core.durable_files import sync_folder
from predictor.store.segments import REFUSED, ProcessFiles, Segment, append_lines, holds_text, lock_folder, rewrite, write_or_undo

_LARGEST = 8_000_000  # bytes of a segment
_NEVER = "9999"  # the date of refused records from a version that stored none, so that they do not expire
_OTHERS_S, _LOOK_S = 2.0, 0.02  # of an answer, for the records of other processes
_MOST_LOOKED_FOR = 100  # leads; for more, it is quicker to wait for all records than to look which are about them
_MOST_HELD = 2_000  # records in memory while no file can be written, as on a full disk


class Spool:
    """The waiting records of one process. Processes can share a folder. Nothing is created before the first record.

    Attributes:
        folder: The folder of the files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock, self._syncing = threading.Lock(), threading.Lock()
        self._own: ProcessFiles | None = None
        self._waiting: list[Segment] = []
        self._path, self._handle, self._size, self._lines = Path(), -1, 0, 0
        self._unsynced: dict[Path, int] = {}  # open handles of complete segments that may not be on disk yet
        self._dirty = False
        self._in_memory: list[bytes] = []

    @property
    def refused(self) -> Path:
        """The file of records that the database will never accept."""
        return self.folder / REFUSED

    @property
    def waiting(self) -> int:
        """The number of waiting records."""
        with self._lock:
            return self._lines + sum(segment.lines for segment in self._waiting) + len(self._in_memory)

    @property
    def in_memory(self) -> int:
        """The number of waiting records that are in no file."""
        with self._lock:
            return len(self._in_memory)

    def append(self, lines: Sequence[bytes]) -> None:
        """Write records, all or none of them, together with those in memory.

        Args:
            lines: The records, each with its newline.

        Raises:
            OSError: The file cannot be written.
        """
        with self._lock:
            data, number = b"".join([*self._in_memory, *lines]), len(self._in_memory) + len(lines)
            if not data:
                return
            if self._size + len(data) > _LARGEST:
                self._rotate()
            handle = self._handle if self._handle >= 0 else self._open()
            write_or_undo(handle, data, self._size)
            self._size, self._lines, self._dirty = self._size + len(data), self._lines + number, True
            self._in_memory = []

    def keep_in_memory(self, lines: Sequence[bytes]) -> int:
        """Keep records that could not be written in memory until the next write; returns how many of them fit."""
        with self._lock:
            kept = lines[: max(0, _MOST_HELD - len(self._in_memory))]
            self._in_memory += kept
        return len(kept)

    def sync(self) -> None:
        """Write the records in memory, and sync all files, so that a power failure loses nothing.

        Raises:
            OSError: The disk refuses.
        """
        try:
            self.append(())
        finally:
            self._sync_files()

    def _sync_files(self) -> None:
        with self._syncing:
            with self._lock:
                if not self._dirty:
                    return
                current = [os.dup(self._handle)] if self._handle >= 0 else []
                handles, self._unsynced, self._dirty = [*self._unsynced.values(), *current], {}, False
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
        """Take over the segments of processes that have ended."""
        if not self.folder.is_dir():
            return
        with self._lock:
            own = self._open_own()
        adopted = own.adopt()
        with self._lock:
            self._waiting = [*adopted, *self._waiting]

    def await_others(self, names: Iterable[str]) -> None:
        """Wait, but not long, until the other processes of the folder have written what names one of some leads or outcomes.

        They write within a second. An outcome that comes right after the score of another process finds it this way.
        """
        own = "" if self._own is None else self._own.name
        paths = [path for path in self.folder.glob("*_*-*.jsonl") if path.name.partition("-")[0] != own]
        if not paths:
            return
        texts = [name.encode("utf-8", "surrogatepass") for name in names]
        if len(texts) <= _MOST_LOOKED_FOR:
            paths = [path for path in paths if holds_text(path, texts)]
        until = time.monotonic() + _OTHERS_S
        while any(path.exists() for path in paths) and time.monotonic() < until:
            time.sleep(_LOOK_S)

    def list_waiting(self) -> list[Segment]:
        """The complete segments, oldest first."""
        with self._lock:
            return list(self._waiting)

    def rotate(self) -> Segment | None:
        """Complete the current segment and return it; None if it is empty."""
        with self._lock:
            return self._rotate()

    def remove(self, segment: Segment) -> None:
        """Delete a segment that is in the database."""
        segment.path.unlink(missing_ok=True)
        with self._lock:
            if segment in self._waiting:  # not if the spool was closed meanwhile
                self._waiting.remove(segment)
            if (handle := self._unsynced.pop(segment.path, -1)) >= 0:
                os.close(handle)

    def refuse(self, lines: Sequence[tuple[bytes, str]]) -> None:
        """Set records aside that the database will never accept, each with the reason."""
        now = datetime.now(UTC).isoformat()
        entries = [
            json.dumps({"reason": reason, "at": now, "record": line.decode(errors="replace")}).encode() + b"\n"
            for line, reason in lines
        ]
        with lock_folder(self.folder):
            append_lines(self.refused, entries)

    def scrub(self, keep: Callable[[bytes], bool]) -> int:
        """Keep some of the waiting and refused records and delete the others; returns the number deleted.

        No thread may be writing segments to the database meanwhile.
        """
        if not self.folder.is_dir():
            return 0
        self.rotate()
        deleted = 0
        for segment in self.list_waiting():
            kept, removed = rewrite(segment.path, keep)
            with self._lock:
                self._waiting[self._waiting.index(segment)] = Segment(segment.path, kept)
            deleted += removed
        return deleted + self.scrub_refused(keep)

    def scrub_refused(self, keep: Callable[[bytes], bool]) -> int:
        """The same for refused records alone, at any time."""
        if not self.folder.is_dir():
            return 0
        with lock_folder(self.folder):
            if not self.refused.exists():
                return 0
            return rewrite(self.refused, lambda line: keep(_read_refused(line).get("record", "").encode() or line))[1]

    def expire_refused(self, before: datetime) -> None:
        """Delete the records that were refused before a moment."""
        if self.refused.exists():
            with lock_folder(self.folder):
                rewrite(self.refused, lambda line: _read_refused(line).get("at", _NEVER) >= before.isoformat())

    def close(self) -> None:
        """Sync and release all files. Records that still wait are for the next process."""
        try:
            self.sync()
        finally:
            with self._lock:
                self._rotate()
                for handle in self._unsynced.values():
                    os.close(handle)
                self._unsynced, self._dirty, self._waiting = {}, False, []
                if self._own is not None:
                    self._own.release()
                self._own = None

    def _open_own(self) -> ProcessFiles:
        self._own = self._own or ProcessFiles(self.folder)
        return self._own

    def _open(self) -> int:
        if self._own is not None and not self._own.is_locked:  # the folder was emptied
            self._own.release()
            self._own = None
        self._path = self._open_own().next_path()
        self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return self._handle

    def _rotate(self) -> Segment | None:
        if self._handle < 0:
            return None
        segment = Segment(self._path, self._lines)
        self._unsynced[self._path] = self._handle
        self._waiting.append(segment)
        self._handle, self._size, self._lines = -1, 0, 0
        return segment


def _read_refused(line: bytes) -> dict[str, Any]:
    """The entry of a refused record; a partly written one counts as old, so that it expires."""
    try:
        entry = json.loads(line)
    except ValueError:
        return {"at": ""}
    return entry if isinstance(entry, dict) else {"at": ""}
