"""How fast one worker answers over loopback, beside the same application with the same models that returns a constant.

Requests a second of `/v1/score` with 15 attributes and 20 events, without reasons at least 0.5 of the constant, with them at
least 0.25; ready within 2 s of its start, at most 220 MiB in memory. The answers are asserted equal first, and each is 200. The
two are asked in turns, and the middle of the turns counts. A bound that is missed ends with exit code 1.

python benchmarks/serving.py [SECONDS OF A TURN]
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from _measure import tell_missed
from _serving_apps import Server, run_server, serve_constant, serve_product
from _serving_load import end_load, start_load

from predictor.config import load_settings
from predictor.simulate import save_firm, simulate_firm
from predictor.train import save_trained, train

LEADS, ATTRIBUTES, EVENTS, TURNS = 50, 15, 20, 5
LEAST = {0: 0.5, 5: 0.25}  # of the constant, by reasons each way
MOST_READY_S, MOST_MIB = 2.0, 220.0
NO_ATTRIBUTES = ("lead_id", "account_id", "mql_at", "sql_at", "recycled_at", "recycle_reason", "opportunity_at", "amount")


def make_models(folder: Path) -> Path:
    """A bundle of boosted trees, trained on a simulated firm."""
    save_firm(simulate_firm(6000, 1), folder)
    settings = folder / "predictor.toml"
    asked = "\n[model]\nresamples = 20\nbudget_s = 0\ncandidates = ['constant', 'points', 'lightgbm']\n"
    settings.write_text(settings.read_text(encoding="utf-8") + asked, encoding="utf-8")
    trained = train(load_settings(settings))
    assert trained.verdict.chosen == "lightgbm"
    save_trained(trained, folder / "models", now=datetime.now(UTC))
    return folder / "models"


def make_leads(folder: Path) -> list[dict[str, Any]]:
    """Leads of the firm with as many attributes and events as are asked, filled up with attributes that nobody knows."""
    leads, events = (pd.read_csv(folder / f"{name}.csv", dtype="str") for name in ("leads", "events"))
    acts = {key: held.drop(columns="lead_id") for key, held in events.groupby("lead_id") if len(held) >= EVENTS}
    made = []
    for row in leads[leads["lead_id"].isin(list(acts))].head(LEADS).to_dict("records"):
        known = {str(name): value for name, value in row.items() if name not in NO_ATTRIBUTES and isinstance(value, str)}
        filled = known | {f"field_{number}": f"value {number}" for number in range(ATTRIBUTES)}
        past = [
            {str(name): value for name, value in act.items() if isinstance(value, str)}
            for act in acts[row["lead_id"]].head(EVENTS).to_dict("records")
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


def time_turns(product: Server, constant: Server, path: str, bodies: Path, seconds: float) -> tuple[list[float], list[float]]:
    """Requests a second of both, turn by turn."""
    told: tuple[list[float], list[float]] = ([], [])
    for _ in range(TURNS):
        for server, speeds in zip((product, constant), told, strict=True):
            seen = end_load(start_load(server.port, seconds, path, bodies))
            assert seen["statuses"].keys() == {"200"}, seen
            speeds.append(seen["a_second"])
    return told


def main(seconds: float = 4.0) -> int:
    """Prints the table; 1 where a bound is missed."""
    missed = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        models, leads = make_models(folder), make_leads(folder)
        bodies, constant_file = folder / "bodies.jsonl", folder / "constant.json"
        bodies.write_text("\n".join(map(json.dumps, leads)), encoding="utf-8")
        print(f"{ATTRIBUTES} attributes, {EVENTS} events, one worker, {TURNS} turns of {seconds:g} s\n")
        print("| reasons each way | product, a second | constant, a second | ratio | at least |\n|--:|--:|--:|--:|--:|")
        with run_server(serve_product(models)) as product:
            for reasons, least in LEAST.items():
                path = f"/v1/score?reasons={reasons}"
                constant_file.write_text(json.dumps(ask(product, path, leads[0])), encoding="utf-8")
                with run_server(serve_constant(), PREDICTOR_CONSTANT=str(constant_file), PREDICTOR_MODEL=str(models)) as constant:
                    assert ask(constant, path, leads[0]) == ask(product, path, leads[0])
                    speeds = time_turns(product, constant, path, bodies, seconds)
                ratio = statistics.median(ours / its for ours, its in zip(*speeds, strict=True))
                missed += [f"{reasons} reasons"] if ratio < least else []
                ours, its = map(statistics.median, speeds)
                print(f"| {reasons} | {ours:,.0f} | {its:,.0f} | {ratio:.2f} | {least} |")
            mib = product.read_mib()
            print(f"\nReady {product.ready_s:.2f} s after its start; {mib:.0f} MiB after the load.")
            missed += [f"more than {MOST_READY_S:g} s to be ready"] if product.ready_s > MOST_READY_S else []
            missed += [f"more than {MOST_MIB:g} MiB"] if mib > MOST_MIB else []
    return tell_missed(missed)


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
