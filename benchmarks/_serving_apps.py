"""Servers to compare: the product, and the same application with the same models that returns a constant."""

from __future__ import annotations

import json
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

from fastapi import FastAPI, Query, Request, Response

from api.app import create_from_environment
from api.http.fast_route import FastRoute
from api.http.guarded_route import GuardedRoute
from api.schemas.answers import AnswerOut
from api.schemas.requests import LeadIn
from api.score_routes import ScoreOptions
from api.serving.answering import write_json
from api.serving.service import Served
from predictor.cli.json_logs import make_log_config

PATIENCE_S = 120


def create_constant() -> FastAPI:
    """The application over the same bundle, whose `/v1/score` always answers what is in the file `PREDICTOR_CONSTANT`.

    With `PREDICTOR_CONSTANT_QUICK` it reads and writes by the product's own route, in place of FastAPI's.
    """
    logging.config.dictConfig(make_log_config())
    constant = AnswerOut.model_validate_json(Path(os.environ["PREDICTOR_CONSTANT"]).read_text(encoding="utf-8"))

    async def score(lead: LeadIn, reasons: Annotated[int, Query(ge=0, le=20)] = 5) -> AnswerOut:  # noqa: ARG001
        return constant

    async def score_quickly(service: Served, lead: LeadIn, query: ScoreOptions, request: Request) -> Response:  # noqa: ARG001
        return Response(write_json(constant.model_dump()), media_type="application/json")

    app = create_from_environment()
    if os.environ.get("PREDICTOR_CONSTANT_QUICK"):
        route: GuardedRoute = FastRoute("/v1/score", score_quickly, methods=["POST"], response_model=AnswerOut)
    else:
        route = GuardedRoute("/v1/score", score, methods=["POST"], response_model=AnswerOut)
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

    def read_mb(self) -> float:
        """The most that it has held in memory, in MB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6

    def await_store(self) -> None:
        """Wait until all that it answered is in its database."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready") as response:
                if not json.loads(response.read())["store"]["waiting"]:
                    return
            time.sleep(0.1)
        raise TimeoutError("the store")

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
        "--port", "PORT", "--log-level", "warning", "--no-access-log", "--no-server-header",
        "--http", "api.http.header_timeout:HeaderTimeout",
    ]  # fmt: skip
