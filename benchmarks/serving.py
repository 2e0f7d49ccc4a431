"""How fast one worker answers over loopback, beside the same application with the same models that returns a constant.

Requests a second of `/v1/score` with 15 attributes and 20 events, without reasons at least 0.5 of the constant, with them at
least 0.25; ready within 2 s of its start, at most 220 MB in memory. The answers are asserted equal first, and each is 200. They
are asked in turns, and the middle of the turns counts. A bound that is missed ends with exit code 1.

The constant is read and written by FastAPI, as an application is that declares these models; the product reads and writes by a
route of its own. What the product makes of a request beyond that is told by the constant behind the same route, without a bound.

python benchmarks/serving.py [SECONDS OF A TURN]
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from _measure import report_missed
from _serving_apps import Server, run_server, serve_constant, serve_product
from _serving_load import end_load, start_load

from predictor.core.settings import load_settings
from predictor.simulate.files import save_firm
from predictor.simulate.firm import simulate_firm
from predictor.training.train import save_trained, train

LEADS, ATTRIBUTES, EVENTS, TURNS = 50, 15, 20, 5
LEAST = {0: 0.5, 5: 0.25}  # of the constant, by reasons each way
MOST_READY_S, MOST_MB = 2.0, 220.0
NO_ATTRIBUTES = ("lead_id", "account_id", "mql_at", "sql_at", "recycled_at", "recycle_reason", "opportunity_at", "amount")


def make_models(folder: Path) -> Path:
    """A bundle of boosted trees, trained on a simulated firm."""
    save_firm(simulate_firm(6000, 1), folder)
    settings = folder / "predictor.toml"
    text = "\n[model]\nresamples = 20\nbudget_s = 0\ncandidates = ['constant', 'points', 'lightgbm']\n"
    settings.write_text(settings.read_text(encoding="utf-8") + text, encoding="utf-8")
    trained = train(load_settings(settings))
    assert trained.verdict.chosen == "lightgbm"
    save_trained(trained, folder / "models", now=datetime.now(UTC))
    return folder / "models"


def make_leads(folder: Path) -> list[dict[str, Any]]:
    """Leads of the firm with as many attributes and events as are asked, filled up with attributes that nobody knows."""
    leads, events = (pd.read_csv(folder / f"{name}.csv", dtype="str") for name in ("leads", "events"))
    by_lead = {key: held.drop(columns="lead_id") for key, held in events.groupby("lead_id") if len(held) >= EVENTS}
    made = []
    for row in leads[leads["lead_id"].isin(list(by_lead))].head(LEADS).to_dict("records"):
        known = {str(name): value for name, value in row.items() if name not in NO_ATTRIBUTES and isinstance(value, str)}
        filled = known | {f"field_{number}": f"value {number}" for number in range(ATTRIBUTES)}
        past = [
            {str(name): value for name, value in event.items() if isinstance(value, str)}
            for event in by_lead[row["lead_id"]].head(EVENTS).to_dict("records")
        ]
        attributes = dict(list(filled.items())[:ATTRIBUTES])
        made.append({"lead_id": row["lead_id"], "as_of": row["mql_at"], "attributes": attributes, "events": past})
    assert len(made) == LEADS
    return made


def ask(server: Server, path: str, lead: dict[str, Any]) -> dict[str, Any]:
    """The answer about one lead."""
    body, kind = json.dumps(lead).encode(), {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", body, kind)) as response:
        answer: dict[str, Any] = json.loads(response.read())
    return answer


def time_turns(servers: Sequence[Server], path: str, bodies: Path, seconds: float) -> tuple[list[list[float]], float]:
    """Requests a second of each, turn by turn; and the least share of a core one used: it is not the client that is timed."""
    turns: list[list[float]] = [[] for _ in servers]
    busy = 1.0
    for _ in range(TURNS):
        for server, speeds in zip(servers, turns, strict=True):
            before = server.read_cpu_s()
            seen = end_load(start_load(server.port, seconds, path, bodies))
            assert seen["statuses"].keys() == {"200"}, seen
            speeds.append(seen["a_second"])
            busy = min(busy, (server.read_cpu_s() - before) / seconds)
    return turns, busy


def compare(product: Server, models: Path, bodies: Path, lead: dict[str, Any], reasons: int, seconds: float) -> bool:
    """Prints a row of the table; gives whether its bound is missed."""
    path, constant_file = f"/v1/score?reasons={reasons}", models.parent / "constant.json"
    constant_file.write_text(json.dumps(ask(product, path, lead)), encoding="utf-8")
    same = {"PREDICTOR_CONSTANT": str(constant_file), "PREDICTOR_MODEL": str(models)}
    with (
        run_server(serve_constant(), **same) as constant,
        run_server(serve_constant(), PREDICTOR_CONSTANT_QUICK="1", **same) as quick,
    ):
        assert ask(constant, path, lead) == ask(quick, path, lead) == ask(product, path, lead)
        turns, busy = time_turns((product, constant, quick), path, bodies, seconds)
    by_constant, by_quick = (
        statistics.median(ours / theirs for ours, theirs in zip(turns[0], speeds, strict=True)) for speeds in turns[1:]
    )
    ours, theirs, quickly = map(statistics.median, turns)
    cells = [f"{ours:,.0f}", f"{theirs:,.0f}", f"{by_constant:.2f}", str(LEAST[reasons]), f"{quickly:,.0f}", f"{by_quick:.2f}"]
    print(f"| {reasons} | {' | '.join(cells)} | {busy:.0%} |")
    return by_constant < LEAST[reasons]


def main(seconds: float = 4.0) -> int:
    """Prints the table; 1 where a bound is missed."""
    missed = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        models, leads = make_models(folder), make_leads(folder)
        bodies = folder / "bodies.jsonl"
        bodies.write_text("\n".join(map(json.dumps, leads)), encoding="utf-8")
        print(f"{ATTRIBUTES} attributes, {EVENTS} events, one worker, {TURNS} turns of {seconds:g} s, requests a second\n")
        heads = ["reasons", "product", "constant", "ratio", "at least", "constant, own route", "ratio", "least of a core"]
        print(f"| {' | '.join(heads)} |\n|{'--:|' * len(heads)}")
        with run_server(serve_product(models)) as product:
            for reasons in LEAST:
                missed += [f"{reasons} reasons"] if compare(product, models, bodies, leads[0], reasons, seconds) else []
            mb = product.read_mb()
            print(f"\nReady {product.ready_s:.2f} s after its start; {mb:.0f} MB at most, until after the load.")
            missed += [f"more than {MOST_READY_S:g} s to be ready"] if product.ready_s > MOST_READY_S else []
            missed += [f"more than {MOST_MB:g} MB"] if mb > MOST_MB else []
    return report_missed(missed)


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
