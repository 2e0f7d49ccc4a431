"""Writing that survives a power cut and other writers: what was written is on the disk, and one process writes at a time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_through(path: Path, text: str) -> None:
    """Write a file, and come back when the disk holds it."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, text: str, *, prefix: str) -> None:
    """Replace a file in one step, by one writer at a time (`hold_lock`), and come back when the disk holds it.

    Args:
        path: The file.
        text: All that it holds from now on.
        prefix: What the name of the unfinished file begins with, for `sweep`.

    Raises:
        OSError: The disk refuses; the file is as it was.
    """
    writing = path.with_name(f"{prefix}{path.name}-{os.getpid()}")
    try:
        write_through(writing, text)
        writing.replace(path)
        sync_folder(path.parent)
    finally:
        writing.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the disk hold the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def hold_lock(file: Path, *, mode: int = 0o644) -> Iterator[None]:
    """Hold the lock of a file among threads and processes; it waits for whoever has it, and ends with the process.

    Args:
        file: The file, made where it is missing; it stays.
        mode: Who may use it.

    Raises:
        OSError: The file cannot be opened, or its file system has no locks.
    """
    try:
        import fcntl  # noqa: PLC0415  not on Windows, where no server runs that would write at the same time
    except ImportError:
        yield
        return
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)  # NFS locks only what is open for writing
    except PermissionError:  # another user made it
        handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def keep_or_remove(target: Path) -> None:
    """Make the disk hold the name of a new folder; where it will not, there is none."""
    try:
        sync_folder(target.parent)
    except OSError:
        shutil.rmtree(target, ignore_errors=True)
        raise


def sweep(folder: Path, prefix: str) -> None:
    """Remove what killed processes left half-written; what a living one is writing stays.

    Args:
        folder: Where they wrote.
        prefix: What names of half-written things begin with; they end in a dash and the number of the process.
    """
    for left in folder.glob(f"{prefix}*"):
        process = left.name.rpartition("-")[2]
        if process.isdecimal() and not _is_alive(int(process)):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
