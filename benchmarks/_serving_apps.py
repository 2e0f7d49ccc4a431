"""Servers to compare: the product, and the same application with the same models that returns a constant."""

from __future__ import annotations

import logging.config
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query

from api.answers import AnswerOut
from api.app import create_from_environment
from api.safe_route import SafeRoute
from api.schemas import LeadIn
from predictor.log_lines import make_log_config, spare_unread

PATIENCE_S = 120


def create_constant() -> FastAPI:
    """The application over the same bundle, whose `/v1/score` always answers what is in the file `PREDICTOR_CONSTANT`."""
    logging.config.dictConfig(make_log_config())
    spare_unread()
    constant = AnswerOut.model_validate_json(Path(os.environ["PREDICTOR_CONSTANT"]).read_text(encoding="utf-8"))

    async def score(lead: LeadIn, reasons: Annotated[int, Query(ge=0, le=20)] = 5) -> AnswerOut:  # noqa: ARG001
        return constant

    app = create_from_environment()
    route = SafeRoute("/v1/score", score, methods=["POST"], response_model=AnswerOut)
    app.router.routes[:] = [route if getattr(one, "path", None) == "/v1/score" else one for one in app.router.routes]
    return app


def find_port() -> int:
    """A port of this machine that is free."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


class Server:
    """A process that serves.

    Attributes:
        port: Where.
        ready_s: Seconds from its start until it was ready.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, ready_s: float) -> None:
        self._process, self.port, self.ready_s = process, port, ready_s

    def read_mib(self) -> float:
        """What it holds in memory, in MiB."""
        told = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return int(told.partition("VmRSS:")[2].split()[0]) / 1024

    def read_cpu_s(self) -> float:
        """Seconds of a core that it has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def run_server(command: list[str], *, health: str = "/health/ready", **environment: str) -> Iterator[Server]:
    """A server process, once it is ready.

    Args:
        command: Of which `PORT` is replaced by a free port.
        health: The path that answers 200 once it is ready.
        environment: Variables that differ from ours.
    """
    port = find_port()
    started = time.perf_counter()
    words, quiet = [word.replace("PORT", str(port)) for word in command], subprocess.DEVNULL  # MLflow's tells of every request
    with subprocess.Popen(words, env=os.environ | environment, stdout=quiet) as process:
        try:
            _wait(f"http://127.0.0.1:{port}{health}", process)
            yield Server(process, port, time.perf_counter() - started)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        assert process.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  our own
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise TimeoutError(url)


def serve_product(models: Path) -> list[str]:
    """The command of the product."""
    return [sys.executable, "-m", "predictor.cli", "serve", "--model", str(models), "--port", "PORT"]


def serve_constant() -> list[str]:
    """The command of the constant, served as the product is."""
    return [
        sys.executable, "-m", "uvicorn", "_serving_apps:create_constant", "--factory", "--app-dir", str(Path(__file__).parent),
        "--port", "PORT", "--log-level", "warning", "--no-access-log", "--no-server-header", "--http", "h11",
    ]  # fmt: skip
