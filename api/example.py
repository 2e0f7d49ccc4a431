"""How a CRM uses the API: serve a bundle, score one lead over HTTP, print the answer.

Run as `python -m api.example MODELS`, where MODELS is a bundle or a folder of bundles.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

_PATIENCE_S = 30
LEAD = {
    "lead_id": "A17",
    "as_of": "2026-07-01T09:00:00Z",
    "attributes": {
        "industry": "Software",
        "employees": 420,
        "seniority": "Director",
        "country": "Germany",
        "source": "webinar",
        "email_domain": "example.com",
    },
    "events": [
        {"occurred_at": "2026-06-24T08:12:00Z", "event_type": "webinar_attended", "asset": "product-tour"},
        {"occurred_at": "2026-06-30T15:40:00Z", "event_type": "pricing_page_view"},
        {"occurred_at": "2026-07-01T08:55:00Z", "event_type": "pricing_page_view"},
    ],
}


def find_port() -> int:
    """A port that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serve(models: str) -> Iterator[str]:
    """The address of a server process over a bundle, once it is ready.

    Raises:
        RuntimeError: The server ended, or was not ready in time.
    """
    port = find_port()
    command = [sys.executable, "-m", "predictor.cli", "serve", "--model", models, "--port", str(port)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as server:  # noqa: S603
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(address, server)
            yield address
        finally:
            server.terminate()


def wait_until_ready(address: str, server: subprocess.Popen[bytes]) -> None:
    """Return once a server can score.

    Raises:
        RuntimeError: It ended, or was not ready in time.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(f"{address}/health/ready", timeout=1):  # noqa: S310  the address is our own
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"The server at {address} is not ready; its log is above.")


def post(address: str, path: str, content: object) -> Any:  # noqa: ANN401  JSON
    """The answer to a request with JSON content."""
    headers = {"Content-Type": "application/json"}
    request = Request(f"{address}{path}", json.dumps(content).encode(), headers)  # noqa: S310
    with urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def main() -> None:
    """Serve, score, print."""
    with serve(sys.argv[1] if len(sys.argv) > 1 else "models") as address:
        sys.stdout.write(f"POST {address}/v1/score\n{json.dumps(post(address, '/v1/score', LEAD), indent=1)}\n")


if __name__ == "__main__":
    main()
