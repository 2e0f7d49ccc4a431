"""How long the monitor's page takes of a store with a million scores, and how much memory: at most 10 s and 1 GiB.

The store is a SQLite file with a year of 700,000 leads, three in ten of them scored twice, with 30 features each. Half of the
leads went to sales, and most of these were contacted, accepted or sent back: 620,000 outcomes. The reference reads the same
columns of both tables with Python's own driver, and does nothing with them. Leads and acceptances are asserted first, by SQL over
a smaller store.

python benchmarks/monitor.py [SCORES]
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _measure import measure, report_missed, time_once
from serving import make_models

from predictor.core.settings import make_settings
from predictor.scoring.bundle.registry import find_bundle
from predictor.scoring.scorer import Scorer
from predictor.store.database import Database
from predictor.store.monitor.monitor import Monitored, monitor_store
from predictor.store.monitor.page import render_monitor

SCORES, MOST_S, MOST_GIB, CHECKED = 1_000_000, 10.0, 1.0, 20_000
LEADS, SENT, ACCEPTED, RECYCLED, CONTACTED, FEATURES, YEAR_S = 0.7, 0.15, 0.25, 0.6, 0.8, 30, 365 * 86_400
START, UNTIL = np.datetime64("2026-01-05T00:00:00", "us"), datetime(2027, 1, 20, tzinfo=UTC)
SCORE_COLUMNS = (
    "answer_id", "lead_id", "as_of", "scored_at", "probability", "low", "high", "threshold", "decision", "grade", "points",
    "points_decision", "model", "explore", "challenger", "challenger_probability", "features",
)  # fmt: skip
OUTCOME_COLUMNS = ("outcome_id", "digest", "lead_id", "kind", "occurred_at", "reason", "amount", "currency", "told_at")


def make_store(file: Path, n: int, model: str) -> None:
    """A store of as many scores."""
    database = Database(f"sqlite:///{file}")
    with database.begin(writes=True):
        pass  # creates the tables
    database.close()
    random, leads = np.random.default_rng(0), int(LEADS * n)
    lead = np.r_[np.arange(leads), random.integers(0, leads, n - leads)]
    later = np.r_[np.zeros(leads, dtype=int), random.integers(3_600, 40 * 86_400, n - leads)]
    at = START + (random.integers(0, YEAR_S, leads)[lead] + later).astype("timedelta64[s]")
    scores = pd.DataFrame({"lead": lead, "at": at, "probability": random.beta(1.2, 7, n)}).sort_values("at")
    sent = scores[scores["probability"] >= SENT].drop_duplicates("lead").set_index("lead")["at"]
    with sqlite3.connect(file) as connection:
        _insert(connection, "scores", SCORE_COLUMNS, _list_scores(scores, model))
        _insert(connection, "outcomes", OUTCOME_COLUMNS, _list_outcomes(sent, random))


def _insert(connection: sqlite3.Connection, table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
    places = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)  # noqa: S608  our own names


def _list_scores(scores: pd.DataFrame, model: str) -> Iterator[tuple[Any, ...]]:
    features = json.dumps({f"feature_{number}": number * 1.234 for number in range(FEATURES)})
    texts = _write_moments(scores["at"])
    for row, (lead, text, value) in enumerate(zip(scores["lead"], texts, scores["probability"], strict=True)):
        decision = "route_to_sales" if value >= SENT else "nurture"
        yield (
            f"{row:036}", f"L{lead:07}", text, text, value, value, value, SENT, decision, "A", float(int(value * 100)), decision,
            model, False, "c", min(value * 1.1, 0.99), features,
        )  # fmt: skip


def _list_outcomes(sent: pd.Series, random: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    kind = random.random(len(sent))
    accepted, recycled = kind < ACCEPTED, (kind >= ACCEPTED) & (kind < ACCEPTED + RECYCLED)
    for name, chosen, days in (
        ("contacted", random.random(len(sent)) < CONTACTED, 1), ("accepted", accepted, 20), ("recycled", recycled, 20),
        ("opportunity", accepted & (random.random(len(sent)) < 0.5), 30),
    ):  # fmt: skip
        moments = sent[chosen] + pd.to_timedelta(random.integers(600, days * 86_400, int(chosen.sum())), unit="s")
        for lead, text in zip(moments.index, _write_moments(moments), strict=True):
            key, reason = f"{name}{lead}", "no budget" if name == "recycled" else None
            money = (100.0, "EUR") if name == "opportunity" else (None, None)
            yield key, key, f"L{lead:07}", name, text, reason, *money, text


def _write_moments(moments: pd.Series) -> np.ndarray:
    return np.char.replace(np.datetime_as_string(moments.to_numpy().astype("datetime64[us]"), unit="us"), "T", " ")


def monitor(folder: Path, file: Path) -> Monitored:
    """The monitor of a store, and its page beside it."""
    scorer = Scorer.load(find_bundle(folder))
    monitored = monitor_store(Database(f"sqlite:///{file}"), scorer, now=UNTIL, agreement=make_settings().agreement)
    file.with_suffix(".html").write_text(render_monitor(monitored), encoding="utf-8")
    return monitored


def read_plainly(file: Path) -> int:
    """Every column that the monitor reads, as the driver gives it."""
    rows = 0
    with sqlite3.connect(file) as connection:
        for query in (
            "SELECT lead_id, as_of, scored_at, probability, decision, points, model, explore, challenger_probability FROM scores",
            "SELECT outcome_id, lead_id, kind, occurred_at, reason, amount, currency, told_at FROM outcomes",
        ):
            cursor = connection.execute(query)
            while part := cursor.fetchmany(5_000):
                rows += len(part)
    return rows


def check(folder: Path, file: Path) -> None:
    """Assert the figures of a store: every lead once, and those of SQL over the same tables."""
    weeks = monitor(folder, file).tables["weeks"]
    with sqlite3.connect(file) as connection:
        [(leads,)] = connection.execute("SELECT count(DISTINCT lead_id) FROM scores")
        [(sent,)] = connection.execute("SELECT count(DISTINCT lead_id) FROM scores WHERE decision = 'route_to_sales'")
        [(accepted,)] = connection.execute("SELECT count(DISTINCT lead_id) FROM outcomes WHERE kind = 'accepted'")
    assert weeks["scored"].sum() >= leads  # a lead that came back after it was recycled counts again
    assert weeks["handed_over"].sum() >= sent
    assert weeks["accepted"].sum() == accepted


def work(what: str, folder: str, file: str, extra: str = "") -> None:
    """One run in a process of its own."""
    if what == "make":
        time_once(lambda: make_store(Path(file), int(extra), Path(folder).name), lambda _: {})
    elif what == "read":
        time_once(lambda: read_plainly(Path(file)), lambda rows: {"rows": rows})
    else:
        time_once(lambda: monitor(Path(folder), Path(file)), lambda monitored: {"weeks": len(monitored.tables["weeks"])})


def main(n: int) -> int:
    """The table; 1 where a bound is missed."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        models = make_models(folder)
        version = find_bundle(models).name
        make_store(folder / "small.db", CHECKED, version)
        check(models, folder / "small.db")
        measure(__file__, "make", find_bundle(models), folder / "scores.db", str(n))  # its memory is not that of the others
        runs = {what: measure(__file__, what, models, folder / "scores.db") for what in ("read", "monitor")}
    print("| scores | | seconds | beside reading | GiB |\n|---:|---|---:|---:|---:|")
    for what, run in runs.items():
        ratio = run["seconds"] / runs["read"]["seconds"]
        print(f"| {n:,} | {what} | {run['seconds']:.1f} | {ratio:.1f} | {run['gib']:.2f} |")
    figures = runs["monitor"]
    missed = [f"more than {MOST_S:g} s"] if figures["seconds"] > MOST_S else []
    return report_missed(missed + ([f"more than {MOST_GIB:g} GiB"] if figures["gib"] > MOST_GIB else []))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(*sys.argv[2:])
    else:
        sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else SCORES))
