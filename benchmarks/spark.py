"""How long Spark takes to score leads with 10 events each, beside DuckDB on the same files of one machine.

The same bundle answers both, without reasons. Spark is local, with two threads and a heap of 4 GiB, and writes its answers as
Parquet; DuckDB is what `predictor score` uses. The answers of the smallest size are compared. Missing a bound ends with exit code
1: Spark takes at most 1.2 times the time a lead of the size before.

python benchmarks/spark.py              # 100,000, 300,000 and 1,000,000 leads
python benchmarks/spark.py 1000 3000    # thousands of leads
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from _measure import measure, report_missed, run_script, time_once

from predictor.data.raw_tables import read_tables
from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.simulate.firm import simulate_firm

BUNDLE = Path(__file__).parent.parent / "tests" / "unit" / "scoring" / "bundle" / "version_0_1_0"
NOW = pd.Timestamp("2026-06-01", tz="UTC")
A_YEAR, EVENTS, PART, MOST_GROWTH = 365 * 86_400_000_000, 10, 100_000, 1.2


def make_tables(thousands: int, folder: Path) -> Path:
    """A folder with a Parquet file of leads, whose attributes are those of a simulated firm, and a folder of 10 events each."""
    firm = simulate_firm(5000, 1)
    (folder / "events").mkdir()
    tables = []
    for part, start in enumerate(range(0, thousands * 1000, PART)):
        chance, count = np.random.default_rng(part), min(PART, thousands * 1000 - start)
        leads = firm.leads.sample(count, replace=True, random_state=part)
        moments = NOW - pd.to_timedelta(chance.integers(0, A_YEAR, count), unit="us")
        leads = leads.reset_index(drop=True).assign(
            lead_id=[f"L{lead:09d}" for lead in range(start, start + count)], mql_at=moments
        )
        events = firm.events.sample(count * EVENTS, replace=True, random_state=part)
        before = pd.to_timedelta(chance.integers(-A_YEAR // 10, A_YEAR // 2, len(events)), unit="us")
        theirs = leads[["lead_id", "mql_at"]].loc[leads.index.repeat(EVENTS)].reset_index(drop=True)
        at = theirs["mql_at"] - before
        events = events.reset_index(drop=True).assign(lead_id=theirs["lead_id"], occurred_at=at)
        events.to_parquet(folder / "events" / f"{part:04d}.parquet", index=False)
        tables.append(leads)
    pd.concat(tables).to_parquet(folder / "leads.parquet", index=False, row_group_size=PART)
    return folder


def work(engine: str, folder: str) -> None:
    """Times one engine over the tables of a folder; its answers are in a folder beside them."""
    out = Path(folder) / f"{engine}.parquet"

    def run_duckdb() -> None:
        scorer = Scorer.load(BUNDLE)
        raw = read_tables(scorer.settings, leads=f"{folder}/leads.parquet", events=f"{folder}/events")
        score_leads(scorer, raw.leads, raw.events, now=NOW, reasons=0)[0].to_parquet(out)

    def run_spark() -> None:
        from pyspark.sql import SparkSession  # noqa: PLC0415  only here

        from predictor.scoring.spark import score_spark  # noqa: PLC0415  only here

        os.environ["PYSPARK_PYTHON"] = sys.executable
        settings = {"spark.driver.memory": "4g", "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "8"}
        session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
        leads, events = (session.read.parquet(f"{folder}/{name}") for name in ("leads.parquet", "events"))
        score_spark(leads, events, BUNDLE, now=NOW, reasons=0)[0].write.parquet(str(out))

    time_once(run_spark if engine == "spark" else run_duckdb, lambda _: {})


def assert_same(folder: Path) -> None:
    """Fails where an answer of the two differs."""
    columns = ["lead_id", "probability", "points", "decision"]
    ours, theirs = (pd.read_parquet(folder / f"{name}.parquet", columns=columns) for name in ("duckdb", "spark"))
    ours, theirs = (answers.sort_values("lead_id", ignore_index=True) for answers in (ours, theirs))
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, rtol=0, atol=1e-9)
    assert ours["probability"].nunique() > 50


def main(sizes: list[int]) -> int:
    """Measures every size, smallest first."""
    print("| leads | events | DuckDB, s | GiB | Spark, s | ms a lead |\n|---:|---:|---:|---:|---:|---:|", flush=True)
    each, missed = dict[int, float](), list[str]()
    for thousands in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = make_tables(thousands, Path(name))
            ours, theirs = (measure(__file__, engine, folder) for engine in ("duckdb", "spark"))
            if thousands == sizes[0]:
                assert_same(folder)
        each[thousands] = theirs["seconds"] / thousands
        figures = f"{ours['seconds']:.0f} | {ours['gib']:.2f} | {theirs['seconds']:.0f} | {each[thousands]:.2f}"
        print(f"| {thousands * 1000:,} | {thousands * 1000 * EVENTS:,} | {figures} |", flush=True)
    for fewer, more in itertools.pairwise(sizes):
        growth = each[more] / each[fewer]
        missed += [f"{growth:.2f} times linear from {fewer},000 to {more},000 leads"] if growth > MOST_GROWTH else []
    return report_missed(missed)


if __name__ == "__main__":
    run_script(work, main, [100, 300, 1000])
