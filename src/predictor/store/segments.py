"""The files of a spool: each process locks its own segments, and adopts those of processes that have ended."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import uuid4

from predictor.core.durable_files import hold_lock, sync_folder

REFUSED = "records.refused"
_FOLDER_LOCK = "folder.lock"


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of records that is complete.

    Attributes:
        path: The file.
        lines: The number of records.
    """

    path: Path
    lines: int


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """A lock among the processes that share a folder."""
    with hold_lock(folder / _FOLDER_LOCK, mode=0o600):
        yield


class ProcessFiles:
    """The files of one process in a folder: a unique name, and a lock that the system releases when the process ends."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder, self.name = folder, f"{os.getpid()}_{uuid4().hex}"
        self._numbers = count(1)
        with lock_folder(folder):
            self._handle = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX)

    @property
    def _lock(self) -> Path:
        return self.folder / f"{self.name}.lock"

    @property
    def is_locked(self) -> bool:
        """Whether the file of the lock exists. Without it, no other process would adopt the segments."""
        return self._lock.exists()

    def next_path(self) -> Path:
        """The path of the next segment."""
        return self.folder / f"{self.name}-{next(self._numbers):09}.jsonl"

    def adopt(self) -> list[Segment]:
        """The segments of processes that have ended, oldest first, renamed to belong to this process."""
        adopted = []
        with lock_folder(self.folder):
            for lock in sorted(self.folder.glob("*_*.lock")):
                if lock != self._lock and (handle := _try_lock(lock)) is not None:
                    for old_path in sorted(self.folder.glob(f"{lock.stem}-*.jsonl")):
                        adopted.append(Segment(path := self.next_path(), old_path.read_bytes().count(b"\n")))
                        old_path.rename(path)
                    for unfinished in self.folder.glob(f"{lock.stem}-*.new"):
                        unfinished.unlink()
                    lock.unlink()
                    os.close(handle)
        return adopted

    def release(self) -> None:
        """Release the lock. Remaining segments wait for the next process."""
        with suppress(FileNotFoundError), lock_folder(self.folder):
            if not any(self.folder.glob(f"{self.name}-*.jsonl")):
                self._lock.unlink(missing_ok=True)
        os.close(self._handle)


def _try_lock(path: Path) -> int | None:
    """A handle on a lock, taken; None if another process holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def read_lines(path: Path) -> tuple[list[bytes], bool]:
    """The complete lines of a segment, and whether a partial one follows, as when its process was killed while writing."""
    *lines, partial = path.read_bytes().split(b"\n")
    return lines, bool(partial)


def holds_text(path: Path, texts: Sequence[bytes]) -> bool:
    """Whether a segment holds one of some texts; not if it is gone, because its records are in the database."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return False
    return any(text in content for text in texts)


def rewrite(path: Path, keep: Callable[[bytes], bool]) -> tuple[int, int]:
    """Keep some lines of a file and remove the others and a partial line; returns the numbers of kept and removed lines.

    The file is replaced in one step.
    """
    lines, is_partial = read_lines(path)
    kept = [line for line in lines if keep(line)]
    if len(kept) == len(lines) and not is_partial:
        return len(kept), 0
    new_path = path.with_suffix(".new")
    _write_lines(new_path, kept)
    new_path.replace(path)
    sync_folder(path.parent)
    return len(kept), len(lines) - len(kept)


def _write_lines(path: Path, lines: Sequence[bytes]) -> None:
    """Write lines to a new file, and sync it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.writelines(line + b"\n" for line in lines)
        file.flush()
        os.fsync(handle)


def append_lines(path: Path, lines: Sequence[bytes]) -> None:
    """Append lines to a file and sync it, all or none. They begin on a new line after a partial one.

    Raises:
        OSError: The file cannot be written.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(handle).st_size
        is_complete = not size or os.pread(handle, 1, size - 1) == b"\n"
        write_or_undo(handle, (b"" if is_complete else b"\n") + b"".join(lines), size, sync=True)
    finally:
        os.close(handle)


def write_or_undo(handle: int, data: bytes, size: int, *, sync: bool = False) -> None:
    """Write at the end of a file; if the system refuses a part, as on a full disk, all of it is undone.

    Args:
        handle: Of the file.
        data: The bytes to write.
        size: Of the file before, in bytes.
        sync: Whether to sync the file.

    Raises:
        OSError: The system refuses.
    """
    try:
        while data:
            data = data[os.write(handle, data) :]
        if sync:
            os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise
