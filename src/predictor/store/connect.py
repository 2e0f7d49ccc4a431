"""Connections to SQLite and PostgreSQL: how each is opened, how long it is waited for, what its errors mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, StatementError

from predictor.core.errors import StoreError, list_names

DO = "Mend that, or name another database in store.url, as sqlite:////data/scores.db."
_BACKENDS = ("sqlite", "postgresql")
_PATIENCE_S = 5  # for a database that is away, and for another writer
_ROWS_A_STATEMENT = 20  # SQLite's driver remembers statements, each as large as its rows are many
_ONE_WRITER = 5_297_840_361  # any number that no other program takes for its advisory lock


class RefusedError(StoreError):
    """The database is there, and will never take what it was given."""


def make_engine(url: str | sa.URL) -> sa.Engine:
    """The engine of a database; nothing is opened yet.

    Raises:
        StoreError: The URL cannot be read, names another kind of database, or its driver is not installed.
    """
    try:
        place = sa.make_url(url)
    except ArgumentError:
        raise StoreError(f"The URL of the store cannot be read. {DO}") from None
    if place.drivername in {"postgres", "postgresql"}:
        place = place.set(drivername="postgresql+psycopg")
    if place.get_backend_name() not in _BACKENDS:
        raise StoreError(f"The store is kept in {list_names(_BACKENDS)}, but its URL begins '{place.get_backend_name()}'. {DO}")
    if place.get_backend_name() == "sqlite" and place.database in {None, "", ":memory:"}:
        raise StoreError(f"A store in memory would be lost with the server. {DO}")
    try:
        arguments = _choose_arguments(place)
        engine = sa.create_engine(
            place,
            pool_pre_ping=True,
            insertmanyvalues_page_size=_ROWS_A_STATEMENT,
            connect_args=arguments,
            json_serializer=_write_json,
        )
    except ArgumentError:
        raise StoreError(f"The URL of the store cannot be read. {DO}") from None
    except ImportError as error:
        how = "Install it" + (", with the extra [postgres]" if error.name == "psycopg" else "")
        raise StoreError(f"The store needs the driver '{error.name}', which is not installed. {how}. {DO}") from None
    if place.get_backend_name() == "sqlite":
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _write_json(content: object) -> str:
    """Content as JSON; a text is JSON already, as a line of the spool holds it."""
    return content if isinstance(content, str) else json.dumps(content)


def _choose_arguments(place: sa.URL) -> dict[str, Any]:
    if place.get_driver_name() != "psycopg":
        return {}
    return {
        "connect_timeout": max(2, int(_PATIENCE_S)),
        "tcp_user_timeout": int(3000 * _PATIENCE_S),
    }  # the latter in milliseconds


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  DBAPI's own, which has no type
    """Readers and the writer do not wait for one another, what is committed is on disk, what is deleted is overwritten."""
    connection.isolation_level = None  # transactions begin where SQLAlchemy begins them, changes of the schema within them
    for pragma in (f"busy_timeout = {int(1000 * _PATIENCE_S)}", "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def lock_for_writing(connection: sa.Connection) -> None:
    """Let one transaction write at a time, so that none puts back what another erases; SQLite has begun so."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SET LOCAL lock_timeout = '{int(2000 * _PATIENCE_S)}ms'"))
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ONE_WRITER})


def make_folder(engine: sa.Engine) -> None:
    """Make the folder of a SQLite file."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)


def make_store_error(error: Exception) -> StoreError:
    """What went wrong in words, without the values that were given: refused for good, or the store cannot be used now."""
    said = error.orig if isinstance(error, StatementError) and error.orig is not None else error
    reason = said.strerror if isinstance(said, OSError) and said.strerror else (str(said).splitlines() or [""])[0]
    reason = reason or type(said).__name__
    if _is_of_record(error):
        return RefusedError(f"The database refuses it: {reason if isinstance(error, DBAPIError) else type(said).__name__}.")
    return StoreError(f"The store of scores and outcomes cannot be used: {reason}. {DO}")


def _is_of_record(error: Exception) -> bool:
    """Whether it is the record that is wrong, not the database."""
    if isinstance(error, DBAPIError):
        return isinstance(error, (IntegrityError, DataError))
    return isinstance(error, (StatementError, ValueError, TypeError, OverflowError))
