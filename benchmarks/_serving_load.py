"""A client that asks faster than a server answers: raw sockets, requests made beforehand, one process of its own.

python benchmarks/_serving_load.py PORT SECONDS CONNECTIONS PATH FILE [RATE]     FILE: one JSON body a line
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def make_requests(bodies: Sequence[str], path: str) -> list[bytes]:
    """The bytes of a POST for each body."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
    return [f"{head}{len(body.encode())}\r\n\r\n{body}".encode() for body in bodies]


class _Asker(asyncio.Protocol):
    """One connection that asks again as soon as it is answered; at a rate, no sooner than its turn comes."""

    def __init__(self, requests: Sequence[bytes], at: int, step: int, until: float, pause: float) -> None:
        self.requests, self.at, self.step, self.until, self.pause = requests, at, step, until, pause
        self.statuses: Counter[int] = Counter()
        self.waits: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._held, self._asked, self._due = b"", 0.0, time.perf_counter() + pause * at / max(step, 1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self._ask_in_turn()

    def _ask_in_turn(self) -> None:
        now = time.perf_counter()
        if now >= self.until:
            self.transport.close()
        elif self.pause and now < self._due:
            asyncio.get_running_loop().call_later(self._due - now, self._ask)
        else:
            self._ask()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._due += self.pause
        self.transport.write(self.requests[self.at % len(self.requests)])
        self.at += self.step

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, found, body = self._held.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) >= length:
            self.statuses[int(head[9:12])] += 1
            self.waits.append(time.perf_counter() - self._asked)
            self._held = b""
            self._ask_in_turn()

    def connection_lost(self, _: Exception | None) -> None:
        if time.perf_counter() < self.until:
            self.statuses[0] += 1  # the server let go of us
        self.done.set_result(None)


async def _ask_all(port: int, seconds: float, connections: int, requests: Sequence[bytes], rate: float) -> dict[str, Any]:
    loop, start = asyncio.get_running_loop(), time.perf_counter()
    pause = connections / rate if rate else 0.0
    askers = [_Asker(requests, at, connections, start + seconds, pause) for at in range(connections)]
    for asker in askers:
        await loop.create_connection(lambda asker=asker: asker, "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*(asker.done for asker in askers))
    took, waits = time.perf_counter() - start, sorted(wait for asker in askers for wait in asker.waits)
    statuses = sum((asker.statuses for asker in askers), Counter[int]())
    p99_ms = 1e3 * waits[int(0.99 * len(waits))] if waits else 0.0
    return {"answers": len(waits), "a_second": len(waits) / took, "p99_ms": p99_ms, "statuses": dict(statuses)}


def start_load(
    port: int, seconds: float, path: str, bodies: Path, *, connections: int = 16, rate: float = 0.0
) -> subprocess.Popen[str]:
    """The client in a process of its own; what it saw is told by `end_load`."""
    command = [sys.executable, __file__, str(port), str(seconds), str(connections), path, str(bodies), str(rate)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def end_load(client: subprocess.Popen[str]) -> dict[str, Any]:
    """Answers, answers a second, the 99 % point of the wait, and how many answers had which status (0: none came)."""
    output, _ = client.communicate()
    assert client.returncode == 0, "the client failed"
    seen: dict[str, Any] = json.loads(output)
    return seen


def main(port: str, seconds: str, connections: str, path: str, bodies: str, rate: str = "0") -> None:
    """Prints what was seen, as JSON."""
    requests = make_requests(Path(bodies).read_text(encoding="utf-8").splitlines(), path)
    print(json.dumps(asyncio.run(_ask_all(int(port), float(seconds), int(connections), requests, float(rate)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
