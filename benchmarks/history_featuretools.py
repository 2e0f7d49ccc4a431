"""How long 500 leads take, beside Featuretools 1.31 with a cut-off time a lead and the same counts.

Featuretools needs pandas below 3, so it gets a virtual environment of its own in a temporary folder; that takes a package index.
The counts are asserted equal first. Less than 500 times faster ends with exit code 1.

python benchmarks/history_featuretools.py [LEADS]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

TYPES = (
    "page_view", "pricing_page_view", "demo_page_view", "blog_view", "content_download", "email_open", "email_click",
    "webinar_attended", "form_submitted", "newsletter_signup", "chat_started", "phone_call", "trade_show_attended",
    "trial_requested", "demo_requested", "unsubscribed",
)  # fmt: skip
WINDOWS = (7, 30, 90)
EVENTS_A_LEAD = 50
LEAST_TIMES = 500
NEEDS = ("featuretools==1.31.*", "pandas<3", "pyarrow", "setuptools<81")


def main(leads: int) -> int:
    """Prints the table; 1 where the bound is missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(leads, folder)
        venv.create(folder / "env", with_pip=True)
        python = folder / "env" / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *NEEDS], check=True)
        subprocess.run([python, __file__, "--work", folder], check=True, capture_output=True)
        theirs = json.loads((folder / "theirs.json").read_text())["seconds"]
        table, single = compare(folder)
    print(f"{leads} leads, {leads * EVENTS_A_LEAD:,} events, {len(WINDOWS) + 1} x {len(TYPES) + 1} counts\n")
    print("| way | seconds | times faster |\n|---|--:|--:|")
    for way, seconds in (("Featuretools 1.31", theirs), ("history: the table", table), ("live: lead by lead", single)):
        print(f"| {way} | {seconds:.3f} | {theirs / seconds:,.0f} |")
    kept = theirs / min(table, single) >= LEAST_TIMES
    print("\nThe bound is kept." if kept else f"\nMissed: less than {LEAST_TIMES} times faster.")
    return int(not kept)


def make_data(leads: int, folder: Path) -> None:
    """`leads.csv` and `events.csv`: moments to the microsecond, some events after their lead's as_of."""
    import numpy as np  # noqa: PLC0415  this file runs in two environments, each with its own packages
    import pandas as pd  # noqa: PLC0415

    rng, start = np.random.default_rng(0), 1_735_689_600_000_000
    ids = np.array([f"L{lead:05d}" for lead in range(leads)])
    size = leads * EVENTS_A_LEAD
    events = pd.DataFrame({"lead_id": rng.choice(ids, size), "event_type": rng.choice(TYPES, size)})
    events["at_us"] = start + rng.integers(0, 365 * 86_400_000_000, size)
    events.to_csv(folder / "events.csv", index_label="event")
    as_of = start + rng.integers(180 * 86_400_000_000, 365 * 86_400_000_000, leads)
    pd.DataFrame({"lead_id": ids, "as_of_us": as_of}).to_csv(folder / "leads.csv", index=False)


def compare(folder: Path) -> tuple[float, float]:
    """Seconds of both of our ways, after their counts were asserted equal to those of Featuretools."""
    import ibis  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    from predictor.data.values import Event  # noqa: PLC0415
    from predictor.features.event_features import list_event_features  # noqa: PLC0415
    from predictor.features.one_lead import OneLeadFeatures  # noqa: PLC0415
    from predictor.features.table import compute_event_columns  # noqa: PLC0415

    features = [feature for feature in list_event_features(TYPES, WINDOWS) if feature.kind in ("count", "count_ever")]
    names = [feature.name for feature in features]
    theirs = pd.read_csv(folder / "theirs.csv", index_col="lead_id").sort_index()[names].to_numpy()

    leads, events = pd.read_csv(folder / "leads.csv"), pd.read_csv(folder / "events.csv")
    leads["as_of"] = pd.to_datetime(leads["as_of_us"], unit="us", utc=True)
    table = ibis.duckdb.connect().read_csv(folder / "events.csv")
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        frame = compute_event_columns(features, leads, table)
        seconds.append(time.perf_counter() - start)
    assert np.array_equal(frame[names], theirs)

    by_lead: dict[str, list[Event]] = {key: [] for key in leads["lead_id"]}
    moments = pd.to_datetime(events["at_us"], unit="us", utc=True).dt.to_pydatetime()
    for key, moment, event_type in zip(events["lead_id"], moments, events["event_type"], strict=True):
        by_lead[key].append(Event(moment, event_type))
    as_of = list(leads["as_of"].dt.to_pydatetime())
    start = time.perf_counter()
    windows = OneLeadFeatures(features)
    rows = [windows.compute(by_lead[key], now) for key, now in zip(leads["lead_id"], as_of, strict=True)]
    single = time.perf_counter() - start
    assert np.array_equal([[row[name] for name in names] for row in rows], theirs)
    return min(seconds), single


def work(folder: Path) -> None:
    """Featuretools, in its own environment: writes the counts under our names, and the seconds they took."""
    import featuretools  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    leads, events = pd.read_csv(folder / "leads.csv"), pd.read_csv(folder / "events.csv")
    leads["time"] = pd.to_datetime(leads.pop("as_of_us"), unit="us")
    events["at"] = pd.to_datetime(events.pop("at_us"), unit="us")
    entities = featuretools.EntitySet("firm")
    entities.add_dataframe(dataframe_name="leads", dataframe=leads[["lead_id"]].copy(), index="lead_id")
    kinds = {"event_type": "Categorical"}
    entities.add_dataframe(dataframe_name="events", dataframe=events, index="event", time_index="at", logical_types=kinds)
    entities.add_relationship("leads", "lead_id", "events", "lead_id")
    entities.add_interesting_values(dataframe_name="events", values={"event_type": list(TYPES)})
    ask = {"entityset": entities, "target_dataframe_name": "leads", "agg_primitives": ["count"], "where_primitives": ["count"]}
    names = {"COUNT(events)": "any", **{f"COUNT(events WHERE event_type = {kind})": kind for kind in TYPES}}
    frames, start = [], time.perf_counter()
    for days in (*WINDOWS, None):
        window = None if days is None else f"{days} days"
        counts, _ = featuretools.dfs(**ask, trans_primitives=[], cutoff_time=leads, training_window=window)
        kind = "count_ever" if days is None else f"count_{days}d"
        frames.append(counts[list(names)].rename(columns={theirs: f"events/{ours}/{kind}" for theirs, ours in names.items()}))
    seconds = time.perf_counter() - start
    pd.concat(frames, axis=1).to_csv(folder / "theirs.csv", index_label="lead_id")
    (folder / "theirs.json").write_text(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(Path(sys.argv[2]))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
