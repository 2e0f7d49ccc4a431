"""The memory of a server that gets six bodies of 30 MB at the same moment, of each kind that is large in memory for its bytes.

At most 1 GB, whether the bodies are answered or refused. Each kind has a server of its own, so that none hides behind another.

python benchmarks/serving_memory.py
"""

from __future__ import annotations

import json
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from _measure import report_missed
from _serving_apps import Server, run_server, serve_product
from serving import make_leads, make_models

BODIES, BYTES, MOST_MB = 6, 30_000_000, 1000.0


def fill(part: str, *, before: str, after: str) -> bytes:
    """A body of 30 MB: a part again and again."""
    number = (BYTES - len(before) - len(after)) // (len(part) + 1)
    return (before + ",".join([part] * number) + after).encode()


def make_bodies(lead: dict[str, Any]) -> dict[str, Callable[[], bytes]]:
    """Kind -> how its body is made."""
    long_lead = lead | {"attributes": lead["attributes"] | {"padding": "x" * (BYTES // 10_000 - len(json.dumps(lead)) - 20)}}
    many = {"leads": [long_lead | {"lead_id": f"M{at}"} for at in range(9_900)]}
    return {
        "9,900 leads of 3 kB": lambda: json.dumps(many).encode(),
        "leads of two bytes": lambda: fill("{}", before='{"leads":[', after="]}"),
        "empty lists": lambda: fill("[]", before='{"lead_id":"A","attributes":{"a":[', after="]}}"),
        "numbers": lambda: fill("1", before='{"lead_id":"A","attributes":{"a":[', after="]}}"),
        "events": lambda: fill('{"occurred_at":"2026-01-01","event_type":"e"}', before='{"lead_id":"A","events":[', after="]}"),
        "one long text": lambda: json.dumps({"lead_id": "A", "attributes": {"a": "x" * (BYTES - 50)}}).encode(),
        "nesting": lambda: b'{"lead_id":"A","attributes":{"a":' + b"[" * (BYTES // 2) + b"]" * (BYTES // 2) + b"}}",
    }


def send(server: Server, body: bytes) -> int:
    """The status of the answer to a body."""
    path = "/v1/score/batch?reasons=0" if body.startswith(b'{"leads"') else "/v1/score?reasons=0"
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310  our own
            response.read()
            return int(response.status)
    except HTTPError as error:
        return error.code


def main() -> int:
    """Prints the table; 1 where the bound is missed."""
    missed = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        models, leads = make_models(folder), make_leads(folder)
        settings = folder / "serve.toml"
        settings.write_text("[serve]\nmax_body_mb = 32\nreceive_s = 120\n", encoding="utf-8")
        print(
            f"{BODIES} bodies of {BYTES / 1e6:g} MB at once\n\n| kind | statuses | most memory, MB | at most |\n|---|---|--:|--:|"
        )
        for kind, make in make_bodies(leads[0]).items():
            body = make()
            with run_server([*serve_product(models), "-c", str(settings)]) as server:
                with ThreadPoolExecutor(BODIES) as pool:
                    statuses = Counter(pool.map(lambda _, body=body, server=server: send(server, body), range(BODIES)))
                mb = server.read_mb()
            text = ", ".join(f"{number} of {status}" for status, number in statuses.items())
            print(f"| {kind} | {text} | {mb:,.0f} | {MOST_MB:g} |", flush=True)
            missed += [kind] if mb > MOST_MB or any(status >= 500 for status in statuses) else []
    return report_missed(missed)


if __name__ == "__main__":
    sys.exit(main())
