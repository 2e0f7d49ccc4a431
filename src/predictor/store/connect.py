"""Connections to SQLite and PostgreSQL: how they open, their timeouts, and what errors mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, StatementError

from predictor.core.errors import StoreError, list_names

_DO = "Fix that, or name another database in store.url, as sqlite:////data/scores.db."
_BACKENDS = ("sqlite", "postgresql")
_PATIENCE_S = 5  # for an unreachable database, and for another writer
_ROWS_A_STATEMENT = 20  # SQLite's driver caches statements, which grow with the number of rows
_WRITER_LOCK = 5_297_840_361  # of the advisory lock: any number that no other program uses


class RefusedError(StoreError):
    """The database works, but will never accept this record."""


def make_engine(url: str | sa.URL) -> sa.Engine:
    """The engine of a database. Nothing is opened yet.

    Raises:
        StoreError: The URL cannot be read, names another kind of database, or its driver is not installed.
    """
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise StoreError(f"The URL of the store cannot be read. {_DO}") from None
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in _BACKENDS:
        raise StoreError(f"The store is kept in {list_names(_BACKENDS)}, but its URL begins '{parsed.get_backend_name()}'. {_DO}")
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise StoreError(f"A store in memory would be lost with the server. {_DO}")
    try:
        arguments = _choose_arguments(parsed)
        engine = sa.create_engine(
            parsed,
            pool_pre_ping=True,
            insertmanyvalues_page_size=_ROWS_A_STATEMENT,
            connect_args=arguments,
            json_serializer=_write_json,
        )
    except ArgumentError:
        raise StoreError(f"The URL of the store cannot be read. {_DO}") from None
    except ImportError as error:
        how = "Install it" + (", with the extra [postgres]" if error.name == "psycopg" else "")
        raise StoreError(f"The store needs the driver '{error.name}', which is not installed. {how}. {_DO}") from None
    if parsed.get_backend_name() == "sqlite":
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _write_json(content: object) -> str:
    """Content as JSON. A text is JSON already, because it comes from a line of the spool."""
    return content if isinstance(content, str) else json.dumps(content)


def _choose_arguments(parsed: sa.URL) -> dict[str, Any]:
    if parsed.get_driver_name() != "psycopg":
        return {}
    return {"connect_timeout": max(2, int(_PATIENCE_S)), "tcp_user_timeout": int(3000 * _PATIENCE_S)}  # seconds, milliseconds


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  DBAPI's own, which has no type
    """Let readers and the writer work at once, keep commits on disk, and overwrite what is deleted."""
    connection.isolation_level = None  # SQLAlchemy begins transactions, also for changes of the schema
    for pragma in (f"busy_timeout = {int(1000 * _PATIENCE_S)}", "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def lock_for_writing(connection: sa.Connection) -> None:
    """Let one transaction write at a time, so that none restores what another erases. SQLite locks when it begins."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SET LOCAL lock_timeout = '{int(2000 * _PATIENCE_S)}ms'"))
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})


def make_folder(engine: sa.Engine) -> None:
    """Create the folder of a SQLite file."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)


def make_store_error(error: Exception) -> StoreError:
    """The error as a text without the stored values: `RefusedError` for a bad record, else the database cannot be used now."""
    cause = error.orig if isinstance(error, StatementError) and error.orig is not None else error
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else (str(cause).splitlines() or [""])[0]
    reason = reason or type(cause).__name__
    if _is_of_record(error):
        return RefusedError(f"The database refuses it: {reason if isinstance(error, DBAPIError) else type(cause).__name__}.")
    return StoreError(f"The store of scores and outcomes cannot be used: {reason}. {_DO}")


def _is_of_record(error: Exception) -> bool:
    """Whether the record is at fault, not the database."""
    if isinstance(error, DBAPIError):
        return isinstance(error, (IntegrityError, DataError))
    return isinstance(error, (StatementError, ValueError, TypeError, OverflowError))
