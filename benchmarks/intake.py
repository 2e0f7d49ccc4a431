"""How long it takes to read and check a folder of CSV files with millions of events, beside plain DuckDB, and how much memory.

The plain statement reads the same files, trims and lowers texts, casts dates and numbers, keeps events of known leads and
makes those alike one: what the product does, without telling what is wrong, and for dates of one spelling only. First the
events are asserted equal. Missing a bound ends with exit code 1: at most 4 GiB at the peak, at most 5 times the time.

python benchmarks/intake.py [MILLIONS OF EVENTS ...]
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import pandas as pd
from _measure import measure, report_missed, run_script, time_once

from predictor.core.settings import make_settings
from predictor.data.events.contract import check_events
from predictor.data.events.table import fingerprint_events
from predictor.data.read.event_sources import open_events

LEADS = 200_000
MOST_RATIO, MOST_GIB = 5.0, 4.0
TYPES = ["page_view", "Email_Click", "pricing_page_view", "content_download", "webinar_attended"]
PLAIN = """
CREATE TABLE events AS SELECT DISTINCT
    trim(lead_id) AS lead_id, epoch_us(CAST(occurred_at AS TIMESTAMPTZ)) AS at_us, lower(trim(event_type)) AS event_type,
    lower(trim(asset)) AS asset, CAST(NULL AS VARCHAR) AS campaign, CAST(value AS DOUBLE) AS value
FROM read_csv('{events}/*.csv', all_varchar = true) WHERE lead_id IN (FROM leads)"""


def make_events(millions: int, folder: Path) -> Path:
    """A folder with ten CSV files: a year of events in no order, one in a hundred twice, one in a hundred of an unknown lead."""
    place = folder / f"events_{millions}"
    place.mkdir()
    for part in range(10):
        rng = np.random.default_rng([millions, part])
        size = millions * 99_000
        moments = np.datetime64("2025-01-01T00:00:00") + rng.integers(0, 365 * 86_400, size).astype("timedelta64[s]")
        table = pd.DataFrame({
            "lead_id": np.char.add("L", rng.integers(0, LEADS * 101 // 100, size).astype(str)),
            "occurred_at": np.char.add(np.datetime_as_string(moments), "Z"),
            "event_type": np.array(TYPES)[rng.integers(0, len(TYPES), size)],
            "asset": np.array(["", *(f"Guide {n}" for n in range(400))])[rng.integers(0, 401, size)],
            "value": np.where(rng.random(size) < 0.2, rng.integers(0, 3_000, size) / 10, np.nan),
        })  # fmt: skip
        pd.concat([table, table.iloc[: millions * 1_000]]).to_csv(place / f"{part}.csv", index=False)
    return place


def make_leads() -> pd.Series:
    """The leads that are known."""
    return pd.Series([f"L{lead}" for lead in range(LEADS)])


def run_ours(events: str) -> ibis.Table:
    """The events as the product reads them."""
    checked = check_events(open_events(events, Path()), make_settings(), make_leads())
    assert [finding.code for finding in checked.findings] == ["EVENT007", "EVENT013"]
    return checked.table


def run_plain(events: str) -> ibis.Table:
    """The events by one statement."""
    connection = duckdb.connect(f"{events}.duckdb")
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("known", make_leads().to_frame("lead_id"))
    connection.execute("CREATE TABLE leads AS FROM known")
    connection.execute(PLAIN.format(events=events))
    return ibis.duckdb.from_connection(connection).table("events")


def work(who: str, events: str) -> None:
    """One run in a process of its own: tells seconds, the peak of memory, and a fingerprint of the events."""
    time_once(lambda: {"ours": run_ours, "plain": run_plain}[who](events), lambda table: {"events": fingerprint_events(table)})


def measure_fresh(who: str, events: Path) -> dict[str, Any]:
    """What one run tells that finds no database of an earlier one."""
    Path(f"{events}.duckdb").unlink(missing_ok=True)
    return measure(__file__, who, events)


def main(sizes: list[int]) -> int:
    """Prints the table; 1 where a bound is missed."""
    missed = []
    print("| events, million | CSV, GB | ours, s | plain DuckDB, s | ratio | our peak, GiB | its peak, GiB |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for millions in sizes:
            events = make_events(millions, Path(folder))
            size = sum(path.stat().st_size for path in events.iterdir()) / 1e9
            ours, plain = measure_fresh("ours", events), measure_fresh("plain", events)
            assert ours["events"] == plain["events"], "both read the same events"
            ratio = ours["seconds"] / plain["seconds"]
            seconds = f"{ours['seconds']:.1f} | {plain['seconds']:.1f} | {ratio:.2f}"
            print(f"| {millions} | {size:.2f} | {seconds} | {ours['gib']:.2f} | {plain['gib']:.2f} |", flush=True)
            missed += [f"ratio {ratio:.2f}"] if ratio > MOST_RATIO else []
            missed += [f"{ours['gib']:.2f} GiB"] if ours["gib"] > MOST_GIB else []
    return report_missed(missed)


if __name__ == "__main__":
    run_script(work, main, [1, 10])
