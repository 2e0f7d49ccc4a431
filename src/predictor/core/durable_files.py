"""Writing that survives a power cut: what was written is on the disk, and unfinished files are swept away."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def write_through(path: Path, text: str) -> None:
    """Write a file, and come back when the disk holds it."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the disk hold the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
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
