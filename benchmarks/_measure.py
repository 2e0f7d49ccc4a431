"""Runs of a benchmark in processes of their own, so that one's memory is not another's; when, and what was missed."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from predictor.scoring.bundle.provenance import find_commit, list_versions

Made = TypeVar("Made")


def time_once(run: Callable[[], Made], keep: Callable[[Made], Mapping[str, Any]]) -> None:
    """One run, in the process that `measure` started: tells seconds and the peak of memory in GiB.

    Args:
        run: What is timed.
        keep: Looks at what came of it, untimed; what it gives is told too.
    """
    start = time.perf_counter()
    made = run()
    figures = {"seconds": time.perf_counter() - start, "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}
    print(json.dumps({**figures, **keep(made)}))


def measure(script: str, *arguments: str | Path) -> dict[str, Any]:
    """What one run of a script tells, started with `--work` and the arguments."""
    command = [sys.executable, script, "--work", *map(str, arguments)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures: dict[str, Any] = json.loads(answer.splitlines()[-1])
    return figures


def describe_measured(*packages: str) -> str:
    """When figures were measured, at which commit (`+` where files differ from it), and with which versions.

    Args:
        packages: Others than those that a training depends on; one that is not installed is left out.
    """
    versions = list_versions()
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    commit = find_commit(Path(__file__).resolve().parent) or "unknown"
    names = ", ".join(f"{name} {number}" for name, number in versions.items())
    return f"Measured on {datetime.now(UTC):%Y-%m-%d}, commit {commit[:8]}{'+' if commit.endswith('+') else ''}: {names}."


def report_missed(missed: list[str]) -> int:
    """Says which bounds were missed; 1 where one was."""
    print("\nMissed: " + ", ".join(missed) if missed else "\nEvery bound is kept.")
    return int(bool(missed))


def run_script(work: Callable[..., None], main: Callable[[list[int]], int], sizes: list[int]) -> None:
    """One run where `measure` started the script, else its tables for the sizes that are asked, or for the usual ones."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--work"]:
        work(*arguments[1:])
    else:
        sys.exit(main([int(size) for size in arguments] or sizes))
