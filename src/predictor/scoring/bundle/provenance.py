"""The origin of a bundle: versions, data and git commit of its training."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

_PACKAGES = ("lead-conversion-predictor", "lightgbm", "numpy", "optuna", "pandas", "scikit-learn", "scipy")


def list_versions() -> dict[str, str]:
    """The versions that a training depends on."""
    return {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES}


def fingerprint_frame(frame: pd.DataFrame | None) -> str | None:
    """The sha256 of a table's columns and values, without its index; None for no table.

    >>> frame = pd.DataFrame({"a": [1.0]})
    >>> fingerprint_frame(frame) == fingerprint_frame(frame.set_axis([7]))
    True
    """
    if frame is None:
        return None
    rows = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    names = "\x1f".join(map(str, frame.columns)).encode()
    return hashlib.sha256(names + np.ascontiguousarray(rows).tobytes()).hexdigest()


def find_commit(folder: Path) -> str | None:
    """The git commit of a folder, with `+` where tracked files differ from it; None outside a repository or without git."""
    try:
        head = _run_git(folder, "rev-parse", "HEAD")
        return head + ("+" if _run_git(folder, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _run_git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout.strip()  # noqa: S603
