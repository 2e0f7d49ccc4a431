"""The files of a spool: one set of segments a process, held by a lock; what a dead process left is taken over."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import uuid4

from predictor.core.durable_files import sync_folder

REFUSED = "records.refused"
_FOLDER_LOCK = "folder.lock"


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of whole lines that nobody appends to any more.

    Attributes:
        path: Where it is.
        lines: How many records it holds.
    """

    path: Path
    lines: int


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Alone among the processes that share a folder, for as long as it takes to look through its files."""
    handle = os.open(folder / _FOLDER_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class Seat:
    """The place of one process in a folder: a name of its own, and a lock that the system lets go of when the process ends."""

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
    def is_there(self) -> bool:
        """Whether its lock can be found; what it writes without one, no other process would."""
        return self._lock.exists()

    def next_path(self) -> Path:
        """The path of the next segment."""
        return self.folder / f"{self.name}-{next(self._numbers):09}.jsonl"

    def adopt(self) -> list[Segment]:
        """The segments that processes left which are no more, now under this one's name, oldest first."""
        adopted = []
        with lock_folder(self.folder):
            for lock in sorted(self.folder.glob("*_*.lock")):
                if lock != self._lock and (handle := _try_lock(lock)) is not None:
                    for left in sorted(self.folder.glob(f"{lock.stem}-*.jsonl")):
                        adopted.append(Segment(path := self.next_path(), left.read_bytes().count(b"\n")))
                        left.rename(path)
                    for unfinished in self.folder.glob(f"{lock.stem}-*.new"):
                        unfinished.unlink()
                    lock.unlink()
                    os.close(handle)
        return adopted

    def leave(self) -> None:
        """Let go; segments that are still there wait for the next process."""
        with suppress(FileNotFoundError), lock_folder(self.folder):
            if not any(self.folder.glob(f"{self.name}-*.jsonl")):
                self._lock.unlink(missing_ok=True)
        os.close(self._handle)


def _try_lock(path: Path) -> int | None:
    """A handle on a lock that nobody holds; None where somebody does."""
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def read_lines(path: Path) -> tuple[list[bytes], bool]:
    """The whole lines of a segment, and whether half a one follows: one that was being written when its process was killed."""
    *lines, rest = path.read_bytes().split(b"\n")
    return lines, bool(rest)


def rewrite(path: Path, keep: Callable[[bytes], bool]) -> tuple[int, int]:
    """Keep some lines of a file and no trace of the others, nor of half a line; gives how many were kept, and how many left out.

    The file is whole at every moment: the old one, or the new one.
    """
    lines, half = read_lines(path)
    kept = [line for line in lines if keep(line)]
    if len(kept) == len(lines) and not half:
        return len(kept), 0
    fresh = path.with_suffix(".new")
    write_whole(fresh, kept)
    fresh.replace(path)
    sync_folder(path.parent)
    return len(kept), len(lines) - len(kept)


def write_whole(path: Path, lines: Sequence[bytes]) -> None:
    """Write lines to a new file, to the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.writelines(line + b"\n" for line in lines)
        file.flush()
        os.fsync(handle)


def append_whole(path: Path, lines: Sequence[bytes]) -> None:
    """Add lines to a file, to the disk, all or none; where half a line stands at its end, they begin behind it.

    Raises:
        OSError: The file cannot be written.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(handle).st_size
        ends = not size or os.pread(handle, 1, size - 1) == b"\n"
        write_or_undo(handle, (b"" if ends else b"\n") + b"".join(lines), size, sync=True)
    finally:
        os.close(handle)


def write_or_undo(handle: int, data: bytes, size: int, *, sync: bool = False) -> None:
    """Write at the end of a file that has a size; where the system refuses a part, as on a full disk, none of it stays.

    Args:
        handle: Of the file.
        data: What is written.
        size: Bytes that the file has.
        sync: Whether it must be on the disk too.

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
