"""How time, memory and disk grow with the number of events on one machine: each size in a process of its own, on disk.

Events are taken in buckets of leads. Missing a bound ends with exit code 1: at most 4 GiB at the peak, and no more than 1.2 times
the time an event of the size before. The last line extrapolates the largest size to a billion events, and is no measurement.

python benchmarks/large.py [MILLIONS OF EVENTS ...]
"""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pandas as pd
from _measure import measure, report_missed, run_script, time_once
from history import FEATURES, MOST_GIB, MOST_GROWTH, make_events, make_leads

from predictor.data.read.duckdb_workspace import open_workspace
from predictor.features.table import compute_event_columns


def work(events: str) -> None:
    """Times one size and tells how large the file of DuckDB became."""
    workspace, leads = open_workspace(), make_leads()
    workspace.raw_sql("SET memory_limit = '2500MB'")
    table = workspace.read_parquet(f"{events}/*.parquet")

    def tell(frame: pd.DataFrame) -> dict[str, float]:
        file = workspace.raw_sql("SELECT path FROM duckdb_databases() WHERE path IS NOT NULL").fetchall()[0][0]
        return {"disk": Path(file).stat().st_size / 2**30, "counted": float(frame[FEATURES[3].name].sum())}

    time_once(lambda: compute_event_columns(FEATURES, leads, table), tell)


def main(sizes: list[int]) -> int:
    """Measures every size, smallest first."""
    print("| million events | seconds | microseconds an event | GiB of memory | GiB on disk |\n|---:|---:|---:|---:|---:|")
    each, missed = dict[int, float](), list[str]()
    for millions in sizes:
        with tempfile.TemporaryDirectory() as folder:
            figures = measure(__file__, make_events(millions, Path(folder)))
        each[millions] = figures["seconds"] / millions
        missed += [f"{figures['gib']:.2f} GiB"] if figures["gib"] > MOST_GIB else []
        line = f"{figures['seconds']:.1f} | {each[millions]:.2f} | {figures['gib']:.2f} | {figures['disk']:.2f}"
        print(f"| {millions} | {line} |", flush=True)
    for fewer, more in itertools.pairwise(sizes):
        growth = each[more] / each[fewer]
        missed += [f"{growth:.2f} times linear from {fewer} to {more} million"] if growth > MOST_GROWTH else []
    print(f"A billion events at the rate of the last size: {each[sizes[-1]] * 1000 / 3600:.1f} hours (extrapolated).")
    return report_missed(missed)


if __name__ == "__main__":
    run_script(work, main, [3, 10, 30])
