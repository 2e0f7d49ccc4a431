"""A database that is opened, and created or migrated, on first use: its transactions, and its errors as ours."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from predictor.store.connect import lock_for_writing, make_engine, make_folder, make_store_error
from predictor.store.migrate import bring_up_to_date


class Transactions:
    """Transactions on one database. Nothing is opened before the first."""

    def __init__(self, url: str | sa.URL) -> None:
        """Opens nothing yet.

        Args:
            url: Of SQLite or PostgreSQL, as SQLAlchemy writes it.

        Raises:
            StoreError: The URL cannot be used at all, or its driver is not installed.
        """
        self._engine = make_engine(url)
        weakref.finalize(self, self._engine.dispose)  # who forgets to close it leaves no connection open
        self._ready, self._opening = False, threading.Lock()

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database; None for PostgreSQL."""
        name = self._engine.url.database
        return Path(name).absolute() if self._engine.dialect.name == "sqlite" and name else None

    def close(self) -> None:
        """Close all connections. The next use opens it again."""
        self._engine.dispose()

    @contextmanager
    def begin(self, *, writes: bool = False) -> Iterator[sa.Connection]:
        """A transaction, on tables that exist by then; errors of the database become a `StoreError`.

        Args:
            writes: Whether it writes. One transaction writes at a time, whichever process it is of.
        """
        try:
            self._prepare()
            with self._engine.connect() as raw:
                connection = raw.execution_options(writes=writes)
                with connection.begin():
                    if writes:
                        lock_for_writing(connection)
                    yield connection
        except (SQLAlchemyError, OSError, ValueError, TypeError, OverflowError) as error:
            raise make_store_error(error) from None

    def _prepare(self) -> None:
        with self._opening:
            if self._ready:
                return
            make_folder(self._engine)
            with self._engine.connect() as raw:
                connection = raw.execution_options(writes=True)
                with connection.begin():
                    lock_for_writing(connection)
                    bring_up_to_date(connection)
            self._ready = True

    def truncate_log(self) -> None:
        """Empty SQLite's log, which still holds deleted rows. If a reader blocks that, the next erasure does it."""
        if self._engine.dialect.name != "sqlite":
            return
        try:
            with self._engine.connect() as connection:
                connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
        except (SQLAlchemyError, OSError) as error:
            raise make_store_error(error) from None
