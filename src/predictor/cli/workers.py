"""Several processes that serve the same bundles over one store and one port."""

from __future__ import annotations

import logging
import os
import tempfile
from typing import Any

import typer

_PATIENCE_S = 60  # for a worker that does not answer its parent, as on a busy machine, before it is replaced
_METRICS = "PROMETHEUS_MULTIPROC_DIR"  # where Prometheus's client looks for the folder of counters that are added up


def run_workers(arguments: dict[str, Any]) -> None:
    """Serve until the process is asked to stop. A worker that ends is replaced; the others go on meanwhile.

    Args:
        arguments: Of uvicorn, with `workers`.

    Raises:
        typer.Exit: A worker could not start; its reason is in the log.
    """
    from uvicorn import Config
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import Multiprocess

    class Workers(Multiprocess):
        """The supervisor, which sees at once that a worker has ended."""

        def keep_subprocess_alive(self) -> None:
            for process in self.processes:
                process.child_conn.close()  # the worker's end: while it is open here too, a question to a dead worker waits
            super().keep_subprocess_alive()

    with tempfile.TemporaryDirectory(prefix="predictor-metrics-") as folder:
        os.environ[_METRICS] = folder
        config = Config(**arguments, timeout_worker_healthcheck=_PATIENCE_S)
        logging.getLogger("uvicorn.error").setLevel(logging.INFO)  # this process alone: when a worker ends, and why
        supervisor = Workers(config, [config.bind_socket()])
        supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise typer.Exit(STARTUP_FAILURE)
