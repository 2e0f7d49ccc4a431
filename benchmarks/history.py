"""How long the event features of 200,000 leads take, beside hand-written SQL on DuckDB, and how much memory.

First the answers are asserted equal. Missing a bound ends with exit code 1: at most 1.5 times the time of the SQL, at most
4 GiB at the peak, and no more time an event for 10 and 30 million events than for a tenth and a third of them.

python benchmarks/history.py [MILLIONS OF EVENTS ...]
"""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pandas as pd
from _history_sql import TYPES, WINDOWS, write_sql
from _measure import measure, report_missed, run_script, time_once

from predictor.features.event_features import list_event_features
from predictor.features.table import compute_event_columns

LEADS = 200_000
COMPARED = 10  # million events at which time and memory are bound
MOST_RATIO, MOST_GIB, MOST_GROWTH = 1.5, 4.0, 1.2  # the last is what the noise of a shared machine may add
FEATURES = list_event_features(TYPES, WINDOWS)
START_US, YEAR_S = 1_735_689_600_000_000, 365 * 86_400
ALL_TYPES = [
    *TYPES, "demo_page_view", "blog_view", "content_download", "email_open", "webinar_attended", "form_submitted", "chat_started",
    "newsletter_signup", "phone_call", "trade_show_attended", "trial_requested", "demo_requested", "unsubscribed",
]  # fmt: skip


def make_events(millions: int, folder: Path) -> Path:
    """A folder with ten Parquet files: a year of events in no order, the first types most often, one event in a hundred twice."""
    place = folder / f"events_{millions}"
    place.mkdir()
    for part in range(10):
        rng = np.random.default_rng([millions, part])
        size = millions * 99_000
        table = pd.DataFrame(
            {
                "lead_id": pd.Categorical.from_codes(rng.integers(0, LEADS, size), [f"L{lead:07d}" for lead in range(LEADS)]),
                "at_us": START_US + rng.integers(0, YEAR_S, size) * 1_000_000,
                "event_type": np.array(ALL_TYPES, dtype=object)[(16 * rng.random(size) ** 2).astype(int)],
                "asset": np.array([None, *(f"asset-{n}" for n in range(400))], dtype=object)[rng.integers(0, 401, size)],
                "campaign": np.array([None] * 140 + [f"campaign {n}" for n in range(60)], dtype=object)[
                    rng.integers(0, 200, size)
                ],
                "value": np.where(rng.random(size) < 0.2, rng.integers(0, 3_000, size) / 10, np.nan),
            }
        )
        table = pd.concat([table, table.iloc[: millions * 1_000]]).astype({"lead_id": "str"})
        table.to_parquet(place / f"{part}.parquet", index=False)
    return place


def make_leads() -> pd.DataFrame:
    """A row a lead, and a second one for every tenth, in the last half of the year."""
    rng = np.random.default_rng(0)
    leads = np.concatenate([np.arange(LEADS), np.arange(0, LEADS, 10)])
    as_of = START_US + (YEAR_S // 2 + rng.integers(0, YEAR_S // 2, len(leads))) * 1_000_000
    moments = pd.to_datetime(as_of, unit="us", utc=True)
    return pd.DataFrame({"lead_id": [f"L{lead:07d}" for lead in leads], "as_of": moments})


def connect(folder: str) -> duckdb.DuckDBPyConnection:
    """DuckDB with 3 GB; what needs more goes to a file."""
    return duckdb.connect(config={"memory_limit": "3GB", "temp_directory": f"{folder}.tmp"})


def run_ours(events: str) -> pd.DataFrame:
    """The features as the product computes them."""
    connection = ibis.duckdb.from_connection(connect(events))
    return compute_event_columns(FEATURES, make_leads(), connection.read_parquet(f"{events}/*.parquet"))


def run_sql(events: str) -> pd.DataFrame:
    """The features as the expert does, in the same shape."""
    leads = make_leads()
    rows = pd.DataFrame({"row": leads.index, "lead_id": leads["lead_id"], "as_of_us": leads["as_of"].astype("int64")})
    with connect(events) as connection:
        connection.register("given", rows)
        connection.execute("CREATE TABLE leads AS FROM given")
        found = connection.execute(write_sql(f"{events}/*.parquet")).df()
    found = found.set_index("row").reindex(leads.index)
    return found.set_axis([feature.name for feature in FEATURES], axis=1)


def work(who: str, events: str, out: str) -> None:
    """One run in a process of its own: writes the frame, tells seconds and the peak of memory."""

    def keep(frame: pd.DataFrame) -> dict[str, str]:
        frame.to_parquet(out)
        return {}

    time_once(lambda: {"ours": run_ours, "sql": run_sql}[who](events), keep)


def measure_shortest(who: str, events: Path, runs: int) -> tuple[float, float]:
    """The shortest of some runs in seconds, and the highest peak in GiB."""
    answers = [measure(__file__, who, events, events.with_suffix(f".{who}")) for _ in range(runs)]
    return min(answer["seconds"] for answer in answers), max(answer["gib"] for answer in answers)


def check_equal(events: Path) -> None:
    """Both frames hold the same numbers and texts."""
    ours, sql = (pd.read_parquet(events.with_suffix(f".{who}")) for who in ("ours", "sql"))
    for feature in FEATURES:
        left, right = ours[feature.name], sql[feature.name]
        if feature.is_category:
            assert left.fillna("").equals(right.fillna("")), feature.name
            continue
        empty = 0.0 if feature.kind not in ("days_since_last", "days_since_first", "value_max") else np.nan
        np.testing.assert_allclose(left, right.astype("float64").fillna(empty), rtol=1e-9, atol=1e-9, err_msg=feature.name)


def main(sizes: list[int]) -> int:
    """Prints the tables; 1 where a bound is missed."""
    missed, seconds = [], {}
    print(f"{LEADS:,} leads, {len(make_leads()):,} rows, {len(FEATURES)} features\n")
    print("| events, million | ours, s | SQL by hand, s | ratio | our peak, GiB | microseconds an event |")
    print("|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for millions in sizes:
            events = make_events(millions, Path(folder))
            compared = millions <= COMPARED
            if compared:
                measure_shortest("ours", events, 1), measure_shortest("sql", events, 1)
                check_equal(events)
            seconds[millions], gib = measure_shortest("ours", events, 2)
            by_hand = measure_shortest("sql", events, 2)[0] if compared else np.nan
            ratio = seconds[millions] / by_hand
            each = seconds[millions] / millions
            print(f"| {millions} | {seconds[millions]:.1f} | {by_hand:.1f} | {ratio:.2f} | {gib:.2f} | {each:.2f} |", flush=True)
            missed += [f"ratio {ratio:.2f}"] if millions == COMPARED and ratio > MOST_RATIO else []
            missed += [f"{gib:.2f} GiB"] if millions == COMPARED and gib > MOST_GIB else []
    for fewer, more in itertools.pairwise(sizes):
        growth = seconds[more] / seconds[fewer] / (more / fewer)
        missed += [f"{growth:.2f} times linear from {fewer} to {more} million"] if growth > MOST_GROWTH else []
    return report_missed(missed)


if __name__ == "__main__":
    run_script(work, main, [1, 10, 30])
