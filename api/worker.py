"""What a server knows of itself, for its metrics; a worker among several says it every second, and ends with its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait

from fastapi import FastAPI

from .http.metrics import Metrics
from .serving.service import Service

_EVERY_S = 1.0


def update_metrics(app: FastAPI) -> None:
    """Bring model, store and webhooks in the metrics up to date."""
    metrics: Metrics = app.state.metrics
    service: Service | str = app.state.service
    store, sender = app.state.watch.store, app.state.sender
    states = {
        "store_waiting_records": store.waiting,
        "store_away": store.away is not None,
        "store_lost_scores": store.lost,
    }
    events = {}
    if sender is not None:
        states |= {"webhooks_waiting": sender.backlog.waiting, "webhooks_oldest_seconds": sender.backlog.compute_age_s()}
        events = {f"webhooks_{name}": number for name, number in sender.count_results().items()}
    metrics.update(_describe_model(service), states, events)


def _describe_model(service: Service | str) -> dict[str, str] | None:
    if isinstance(service, str):
        return None
    scorer = service.scorer
    through = scorer.metrics["fit"]["through"] or ""
    return {"version": scorer.version, "candidate": scorer.metrics["champion"], "trained_through": through}


@contextmanager
def run_worker(app: FastAPI) -> Iterator[None]:
    """Within it, a worker among several says every second what it knows, and ends when its parent has ended.

    Nothing runs in a server of one process, which is asked itself.
    """
    if not app.state.metrics.is_joined:
        yield
        return
    stopping = threading.Event()
    threading.Thread(target=_run, args=(app, stopping), name="worker", daemon=True).start()
    yield
    stopping.set()
    update_metrics(app)


def _run(app: FastAPI, stopping: threading.Event) -> None:
    parent = multiprocessing.parent_process()
    watched = [] if parent is None else [parent.sentinel]
    while not stopping.is_set():
        update_metrics(app)
        if wait(watched, timeout=_EVERY_S) and not stopping.is_set():
            os.kill(os.getpid(), signal.SIGTERM)  # or it would hold the port, and nobody would replace it
            return
