"""How fast many leads are scored: 10,000 in one call of `/v1/score/batch`, and a Parquet of a million by `predictor score`.

The batch should take less than 2 s without reasons; with them it is told. The table should have at least 0.7 of the throughput of
the booster alone on the matrix that is encoded of it; the time is that of reading, scoring and writing, in a process that has
loaded the bundle. Leads are those of a simulated firm, repeated under other keys and sizes: 15 attributes each; in the batch two
events, in the table none, and no reasons. Answers are asserted equal first: the batch's to those one by one, the table's to
booster and calibrator by hand.

python benchmarks/serving_many.py [LEADS OF THE TABLE]
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _measure import report_missed
from _serving_apps import Server, run_server, serve_product
from serving import ask, make_leads, make_models

from predictor.data.read.table_files import read_table, write_table
from predictor.features.assemble import assemble_table
from predictor.scoring.batch import award_leads, score_leads
from predictor.scoring.bundle.registry import find_champion
from predictor.scoring.scorer import Scorer

BATCH, MOST_BATCH_S = 10_000, 2.0
TABLE, LEAST_TABLE = 1_000_000, 0.7
TURNS, CHECKED = 3, 20


def time_batch(server: Server, leads: list[dict[str, Any]], reasons: int) -> float:
    """Seconds that 10,000 leads take in one call, the middle of some."""
    many = [
        {**leads[at % len(leads)], "lead_id": f"B{at}", "events": leads[at % len(leads)]["events"][:2]}
        | {"attributes": leads[at % len(leads)]["attributes"] | {"employees": 1 + 7 * at % 5000}}
        for at in range(BATCH)
    ]
    body, kind, took = json.dumps({"leads": many}).encode(), {"Content-Type": "application/json"}, []
    for _ in range(TURNS):
        server.await_store()
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}/v1/score/batch?reasons={reasons}", body, kind)
        start = time.perf_counter()
        with urllib.request.urlopen(request) as response:  # noqa: S310  our own
            content = response.read()
        took.append(time.perf_counter() - start)
    answers = json.loads(content)["answers"]
    assert [answer["lead_id"] for answer in answers] == [lead["lead_id"] for lead in many]
    for at in range(0, BATCH, BATCH // CHECKED):
        assert ask(server, f"/v1/score?reasons={reasons}", many[at]) == answers[at]
    return statistics.median(took)


def write_leads(folder: Path, n: int) -> Path:
    """A Parquet of as many leads."""
    leads = pd.read_csv(folder / "leads.csv", dtype="str")
    leads = leads.drop(columns=["sql_at", "recycled_at", "recycle_reason", "opportunity_at", "amount"], errors="ignore")
    big = leads.iloc[np.arange(n) % len(leads)].reset_index(drop=True)
    big = big.assign(lead_id=[f"L{at}" for at in range(n)], employees=np.random.default_rng(0).integers(1, 9000, n))
    named = {f"field_{number}": f"value {number}" for number in range(max(0, 17 - len(big.columns)))}  # key and moment beside
    big.assign(**named).to_parquet(folder / "big.parquet", index=False)
    return folder / "big.parquet"


def encode(scorer: Scorer, frame: pd.DataFrame) -> np.ndarray:
    """The matrix of leads without events, as the booster takes it."""
    prepared, moments = scorer.reader.read_table(frame), pd.to_datetime(frame["mql_at"], utc=True, format="ISO8601")
    awards = award_leads(scorer.book, prepared, as_of=moments, events=None)
    rows = assemble_table(prepared, scorer.attributes, awards=awards)
    nothing = scorer._encoder.empty_row  # noqa: SLF001
    return scorer.features.encode_table(rows, moments, onto=nothing).matrix


def time_table(models: Path, leads: Path, out: Path) -> tuple[float, float]:
    """Leads a second of the whole way from file to file, and of the booster alone."""
    scorer, now = Scorer.load(find_champion(models)), pd.Timestamp(datetime.now(UTC))
    booster = scorer.model.booster_  # type: ignore[union-attr]
    start = time.perf_counter()
    answers, _ = score_leads(scorer, read_table(leads, "leads"), None, now=now, reasons=0)
    write_table(answers, out)
    whole = time.perf_counter() - start
    raw = read_table(leads, "leads")
    alone = 0.0
    for at in range(0, len(raw), 100_000):
        matrix = encode(scorer, raw.iloc[at : at + 100_000].reset_index(drop=True))
        start = time.perf_counter()
        score = booster.predict(matrix, raw_score=True)
        alone += time.perf_counter() - start
        expected = answers["probability"].iloc[at : at + 100_000]
        np.testing.assert_allclose(scorer.calibrator.predict(np.asarray(score)), expected, rtol=0, atol=1e-12)
    return len(raw) / whole, len(raw) / alone


def main(n: int = TABLE) -> int:
    """Prints the figures; 1 where a bound is missed."""
    missed = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        models, leads = make_models(folder), make_leads(folder)
        with run_server(serve_product(models)) as server:
            took = time_batch(server, leads, 0)
            print(f"{BATCH:,} leads in one call: {took:.2f} s (at most {MOST_BATCH_S:g} s)")
            print(f"The same with five reasons each way: {time_batch(server, leads, 5):.2f} s; {server.read_mb():.0f} MB at most")
        missed += ["the batch"] if took > MOST_BATCH_S else []
        ours, alone = time_table(models, write_leads(folder, n), folder / "out.parquet")
        gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{n:,} leads of a Parquet: {ours:,.0f} a second, the booster alone {alone:,.0f}: {ours / alone:.2f} "
              f"(at least {LEAST_TABLE:g}); {gib:.1f} GiB at most")  # fmt: skip
        missed += ["the table"] if ours / alone < LEAST_TABLE else []
    return report_missed(missed)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
