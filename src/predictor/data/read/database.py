"""A table of a database: streamed as texts by SQLAlchemy, or read by DuckDB from its own files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import duckdb
import ibis
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from ibis.backends.duckdb import Backend
from ibis.backends.sql import SQLBackend

from predictor.core.errors import Finding, TableError
from predictor.data.events.contract import RawEvents, ReadEvents
from predictor.data.read.duckdb_workspace import open_workspace, quote, quote_text
from predictor.data.read.in_place import EXTRAS, connect, describe_obstacle, select_cells
from predictor.data.read.table_errors import FIX_PATH, make_table_error

_CHUNK_ROWS = 50_000
_T = TypeVar("_T")
_FIX = "Check the URL, the table and who may read it."
_FILES = ("sqlite", "duckdb")  # databases in files, whose paths are relative to the settings


class _Place(NamedTuple):
    """A table: the URL of its database, its schema (None for the default) and name."""

    url: sa.URL
    schema: str | None
    name: str

    @property
    def full_name(self) -> str:
        """The table with its schema, where that is not the default."""
        return self.name if self.schema is None else f"{self.schema}.{self.name}"

    def describe(self) -> str:
        """The place, without a password."""
        return f"'{self.url.render_as_string(hide_password=True)}#{self.name}'"


def open_table(where: str, folder: Path) -> RawEvents:
    """The events of a table, not read yet.

    Args:
        where: The URL of the database as for SQLAlchemy (`duckdb:///FILE` for a file of DuckDB), `#`, and the table, with its
            schema where needed: `postgresql+psycopg://reader@host/crm#marketing.events`.
        folder: Where relative paths start.

    Raises:
        TableError: The URL names no table, its driver is not installed, or the database reports an error.
    """
    place = _parse_place(where, folder, "events")
    if place.url.drivername == "duckdb":
        return _open_duckdb(place)
    connection = _connect(place)
    if connection is not None:
        return _open_in_place(place, connection)
    return RawEvents(_list_columns(place, "events"), lambda columns: _copy(place, columns))


def _connect(place: _Place) -> SQLBackend | None:
    """A connection to a database that computes; None where it does not, or Ibis has no driver for it."""
    try:
        return connect(place.url)
    except Exception as error:
        text = str(error).strip().splitlines()[0].rstrip(".")
        raise make_table_error("events", f"{place.describe()} cannot be read: {text}.", _FIX) from error


def _open_in_place(place: _Place, connection: SQLBackend) -> RawEvents:
    """Events of a database that computes, which stay there where their columns have the types for it."""
    try:
        table = connection.table(place.name, database=place.schema)
    except ibis.common.exceptions.TableNotFound as error:
        what = f"{place.describe()} cannot be read: there is no table '{place.full_name}'."
        raise make_table_error("events", what, _FIX) from error
    theirs = {_to_plain_case(name): name for name in table.columns}

    def read(columns: Mapping[str, str]) -> ReadEvents:
        columns = {ours: theirs[name] for ours, name in columns.items()}
        why = describe_obstacle(connection, table, columns)
        if why is None:
            return ReadEvents(select_cells(connection, table, columns), in_place=True)
        what = f"The events of {place.describe()} are copied here, because {why}."
        do = "Nothing, if they are few. Otherwise name a view with a timestamp and a number, and a user who may use it."
        return replace(_copy(place, columns), notes=(Finding("EVENT017", "tip", what, do=do),))

    def copy(columns: Mapping[str, str]) -> ReadEvents:
        return _copy(place, {ours: theirs[name] for ours, name in columns.items()})

    return RawEvents(tuple(theirs), read, copy=copy)


def _to_plain_case(name: str) -> str:
    """The name as its owner writes it: Snowflake stores plain names in capitals.

    >>> _to_plain_case("LEAD_ID"), _to_plain_case("Lead Source")
    ('lead_id', 'Lead Source')
    """
    return name.lower() if name.isupper() and name.isidentifier() else name


def _copy(place: _Place, columns: Mapping[str, str]) -> ReadEvents:
    """The events as texts, copied to DuckDB in chunks."""
    workspace = open_workspace()
    listed = ", ".join(f"{name} VARCHAR" for name in columns)
    workspace.raw_sql(f"CREATE TABLE raw (row BIGINT, file VARCHAR, {listed})")
    first = 1
    for texts in _stream(place, list(columns.values()), "events"):
        rows = pa.array(range(first, first + len(texts)), pa.int64())
        batch = pa.table([rows, pa.nulls(len(texts), pa.string()), *texts.columns], names=["row", "file", *columns])
        workspace.con.register("batch", batch)
        workspace.raw_sql("INSERT INTO raw SELECT * FROM batch")
        first += len(texts)
    return ReadEvents(workspace.table("raw"))


def load_frame(where: str, folder: Path, table: str, *, rows: int | None = None) -> pd.DataFrame:
    """A whole table as texts, or its first rows.

    Args:
        where: As `open_table`.
        folder: Where relative paths start.
        table: What the table holds, for messages.
        rows: The number of rows; None for all.

    Raises:
        TableError: As `open_table`.
    """
    place = _parse_place(where, folder, table)
    if place.url.drivername == "duckdb":
        query = f"SELECT * FROM {_quote_place(place)}{'' if rows is None else f' LIMIT {rows}'}"  # noqa: S608
        frame: pd.DataFrame = _attach(place, table).con.sql(query).to_arrow_table().to_pandas()
        return frame
    names = list(_list_columns(place, table))
    parts = [texts.to_pandas() for texts in _stream(place, names, table, rows=rows)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names, dtype="str")


def _parse_place(where: str, folder: Path, table: str) -> _Place:
    address, _, name = where.rpartition("#")
    if not address or not name:
        what = "The URL of a database names no table."
        raise make_table_error(table, what, "Write it after a '#', as sqlite:///crm.db#events.")
    try:
        url = sa.make_url(address)
    except sa.exc.ArgumentError as error:
        raise make_table_error(
            table, "The URL of the database cannot be read.", "Write it as sqlite:///crm.db#events."
        ) from error
    if url.get_backend_name() in _FILES and url.database:
        url = url.set(database=str(folder / url.database))
    schema, _, bare = name.rpartition(".")
    return _Place(url, schema or None, bare)


def _list_columns(place: _Place, table: str) -> tuple[str, ...]:
    def inspect(engine: sa.Engine) -> tuple[str, ...]:
        try:
            columns = sa.inspect(engine).get_columns(place.name, schema=place.schema)
        finally:
            engine.dispose()
        return tuple(str(column["name"]) for column in columns)

    if place.url.get_backend_name() in _FILES and not Path(place.url.database or "").is_file():
        raise make_table_error(table, f"There is no file {place.describe()}.", FIX_PATH)
    return _run(place, table, inspect)


def _stream(place: _Place, names: Sequence[str], table: str, *, rows: int | None = None) -> Iterator[pa.Table]:
    """The columns as texts, in chunks of rows; all rows, or the first."""
    columns = [sa.cast(sa.column(name), sa.Text).label(f"c{at}") for at, name in enumerate(names)]
    query = sa.select(*columns).select_from(sa.table(place.name, schema=place.schema)).limit(rows)
    engine = _run(place, table, lambda engine: engine)
    try:
        with engine.connect() as connection:
            result = connection.execution_options(stream_results=True, yield_per=_CHUNK_ROWS).execute(query)
            for part in result.partitions():
                cells = zip(*part, strict=True)
                yield pa.table([pa.array(column, pa.string()) for column in cells], names=list(names))
    except sa.exc.SQLAlchemyError as error:
        raise _make_place_error(place, table, error) from error
    finally:
        engine.dispose()


def _run(place: _Place, table: str, query: Callable[[sa.Engine], _T]) -> _T:
    """The result of a query, with the errors of the database as ours."""
    engine = None
    try:
        engine = sa.create_engine(place.url)
        return query(engine)
    except (sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        extra = EXTRAS.get(place.url.get_backend_name())
        do = "Install the driver that its URL names, as psycopg for postgresql+psycopg."
        do = do if extra is None else f"Install the extra [{extra}]: pip install 'lead-conversion-predictor[full,{extra}]'."
        raise make_table_error(table, f"{place.describe()} cannot be opened: {error}.", do) from error
    except sa.exc.SQLAlchemyError as error:
        raise _make_place_error(place, table, error) from error
    finally:
        if engine is not None:
            engine.dispose()


def _make_place_error(place: _Place, table: str, error: sa.exc.SQLAlchemyError) -> TableError:
    """The error of the database, without the query and its cells."""
    why = error.orig if isinstance(error, sa.exc.DBAPIError) else f"there is no table '{error}'"
    text = str(why).strip().splitlines()[0].rstrip(".")
    return make_table_error(table, f"{place.describe()} cannot be read: {text}.", _FIX)


def _open_duckdb(place: _Place) -> RawEvents:
    names = tuple(row[0] for row in _attach(place, "events").raw_sql(f"DESCRIBE {_quote_place(place)}").fetchall())

    def read(columns: Mapping[str, str]) -> ReadEvents:
        workspace = _attach(place, "events")
        listed = ", ".join(f"{quote(theirs)} AS {ours}" for ours, theirs in columns.items())
        query = f"SELECT row_number() OVER () AS row, NULL::VARCHAR AS file, {listed} FROM {_quote_place(place)}"  # noqa: S608
        workspace.raw_sql(f"CREATE TABLE raw AS {query}")
        return ReadEvents(workspace.table("raw"))

    return RawEvents(names, read)


def _attach(place: _Place, table: str) -> Backend:
    """A workspace in which the database is open for reading."""
    workspace = open_workspace()
    try:
        workspace.raw_sql(f"ATTACH {quote_text(place.url.database or '')} AS source (READ_ONLY)")
        workspace.raw_sql(f"DESCRIBE {_quote_place(place)}").fetchall()
    except duckdb.Error as error:
        text = str(error).splitlines()[0].rstrip(".")
        raise make_table_error(table, f"{place.describe()} cannot be read: {text}.", "Check the file and the table.") from error
    return workspace


def _quote_place(place: _Place) -> str:
    return ".".join(quote(part) for part in ("source", place.schema or "main", place.name))
