"""How fast one worker answers beside `mlflow models serve` with the same model: at least 10 times as many requests a second.

Both are asked over loopback about the same leads of 15 attributes and 20 events, one a request and without reasons, in turns;
the probabilities are asserted equal first. What MLflow serves is the model as `predictor train` logs it.

python benchmarks/serving_mlflow.py [SECONDS OF A TURN]
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from _measure import report_missed
from _serving_apps import Server, run_server, serve_product
from _serving_load import end_load, start_load
from serving import ATTRIBUTES, EVENTS, ask, make_leads, make_models

TURNS, LEAST = 3, 10.0


def save_for_mlflow(models: Path, folder: Path) -> Path:
    """The champion as MLflow serves it."""
    from mlflow.models import Model  # noqa: PLC0415  it takes seconds

    from predictor.scoring.bundle.registry import find_champion  # noqa: PLC0415
    from predictor.training.tracking.model import save_model  # noqa: PLC0415

    save_model(folder / "mlflow", find_champion(models), Model())
    return folder / "mlflow"


def serve_mlflow(model: Path) -> list[str]:
    """The command of MLflow's own server, one worker, in this environment."""
    command = ["models", "serve", "-m", str(model), "--env-manager", "local", "--port", "PORT", "--workers", "1"]
    return [sys.executable, "-m", "mlflow", *command]


def to_record(lead: dict[str, Any]) -> dict[str, Any]:
    """A lead as a row of the table that MLflow's server takes."""
    row = {"lead_id": lead["lead_id"], "as_of": lead["as_of"], **lead["attributes"], "events": json.dumps(lead["events"])}
    return {"dataframe_records": [row]}


def ask_mlflow(server: Server, lead: dict[str, Any]) -> float:
    """The probability that MLflow's server gives."""
    body, kind = json.dumps(to_record(lead)).encode(), {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{server.port}/invocations", body, kind)) as response:
        probability: float = json.loads(response.read())["predictions"][0]["probability"]
    return probability


def main(seconds: float = 4.0) -> int:
    """Prints the table; 1 where the bound is missed."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        models, leads = make_models(folder), make_leads(folder)
        ours, theirs = folder / "ours.jsonl", folder / "theirs.jsonl"
        ours.write_text("\n".join(map(json.dumps, leads)), encoding="utf-8")
        theirs.write_text("\n".join(json.dumps(to_record(lead)) for lead in leads), encoding="utf-8")
        path, turns = "/v1/score?reasons=0", []
        search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # where MLflow looks for uvicorn
        with (
            run_server(serve_product(models)) as product,
            run_server(serve_mlflow(save_for_mlflow(models, folder)), health="/ping", PATH=search) as mlflow,
        ):
            for lead in leads:
                assert abs(ask(product, path, lead)["probability"] - ask_mlflow(mlflow, lead)) < 1e-12
            for _ in range(TURNS):
                seen = [
                    end_load(start_load(server.port, seconds, url_path, bodies))
                    for server, url_path, bodies in ((product, path, ours), (mlflow, "/invocations", theirs))
                ]
                assert all(speeds["statuses"].keys() == {"200"} for speeds in seen), seen
                turns.append([speeds["a_second"] for speeds in seen])
    print(f"{ATTRIBUTES} attributes, {EVENTS} events, one worker, {TURNS} turns of {seconds:g} s, no reasons\n")
    print("| product, a second | mlflow models serve, a second | ratio | at least |\n|--:|--:|--:|--:|")
    ratio = statistics.median(ours / theirs for ours, theirs in turns)
    print(f"| {statistics.median(turn[0] for turn in turns):,.0f} | {statistics.median(turn[1] for turn in turns):,.0f} "
          f"| {ratio:.1f} | {LEAST:g} |")  # fmt: skip
    return report_missed(["the ratio to mlflow models serve"] if ratio < LEAST else [])


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
