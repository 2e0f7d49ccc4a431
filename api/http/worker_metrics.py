"""Metrics of several worker processes: each counts in files of its own, and whichever is asked adds them up.

This is the multiprocess mode of Prometheus's client, which is on where `PROMETHEUS_MULTIPROC_DIR` names a folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def find_folder() -> Path | None:
    """The folder of the workers' counters; None for a server of one process."""
    place = os.environ.get(FOLDER)
    return Path(place) if place else None


def make_joined_registry(folder: Path) -> CollectorRegistry:
    """The sums over all workers. What a worker counted stays when it has ended, its states do not."""
    for pid in _list_workers(folder, alive=False):
        mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    _Counted(registry, str(folder))  # type: ignore[no-untyped-call]
    return registry


class _Counted(MultiProcessCollector):
    """The files of all workers but those that a starting worker has made and not filled yet, which the client cannot read."""

    def collect(self) -> Iterable[Metric]:
        """The sums, as Prometheus's client asks for them."""
        files = [str(file) for file in Path(self._path).glob("*.db") if _is_filled(file)]
        sums: Iterable[Metric] = self.merge(files, accumulate=True)  # type: ignore[no-untyped-call]
        return sums


def _is_filled(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:  # of a worker that has ended
        return False


class WorkerProcesses:
    """Memory, seconds of processor and open files of each worker that runs, by its process id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """The metrics, as Prometheus's client asks for them."""
        families: dict[str, Metric] = {}
        for pid in _list_workers(self._folder, alive=True):
            for metric in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                family = families.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
                for sample in metric.samples:
                    family.add_sample(sample.name, {"pid": str(pid)}, sample.value)
        yield from families.values()


def _list_workers(folder: Path, *, alive: bool) -> list[int]:
    """The process ids of the workers that have counted something, of those that run or of those that have ended."""
    pids = {int(file.stem.rpartition("_")[2]) for file in folder.glob("*_*.db")}
    return sorted(pid for pid in pids if _runs(pid) == alive)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
