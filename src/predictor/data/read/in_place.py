"""Events that stay in their database, which computes there: PostgreSQL, and warehouses that Ibis knows.

A database reads moments and numbers by itself only where its columns are of such types. Whatever else there is, is copied to
DuckDB, whose way to read texts is the one for files.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import sqlalchemy as sa
from ibis.backends.sql import SQLBackend
from ibis.expr.datatypes import DataType
from ibis.expr.operations import SQLQueryResult
from ibis.expr.types import Table
from sqlglot import exp

from predictor.data.events.table import TEXTS

EXTRAS = {"postgresql": "postgres", "snowflake": "snowflake", "bigquery": "bigquery", "databricks": "databricks"}
# Uploaded keys have no statistics, so that a plan with nested loops would look cheap; and compiling long queries takes seconds.
_POSTGRES_SETTINGS = "SET enable_nestloop = off; SET jit = off"
_BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_CELLS = dict.fromkeys(("lead_id", *TEXTS), "string") | {"at_us": "int64", "has_at": "boolean", "local": "boolean"}
_CELLS |= {"value": "float64", "has_value": "boolean"}


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a database writes what a table of events needs; `{x}` is a column, `{micros}` the moment of a column.

    Attributes:
        text: Any column as a text without blanks at its ends, which is compared by its characters.
        micros: A column of dates or timestamps as microseconds since 1970; one without a zone as if it were in UTC.
        first: The least moment that may be asked for; earlier ones are no dates.
        double: The type of floats of 64 bits.
        nan: The text of a number that is none.
        end: What follows the query, so that its cells are computed once, however often they are used.
    """

    text: str = "TRIM(CAST({x} AS VARCHAR))"
    micros: str
    first: str = "TIMESTAMP '0001-01-01 00:00:00'"
    double: str = "DOUBLE"
    nan: str = "CAST('NaN' AS DOUBLE)"
    end: str = ""


DIALECTS = {
    "postgres": Dialect(
        text=f"BTRIM(CAST({{x}} AS TEXT), '{_BLANKS}') COLLATE \"C\"",
        micros="CAST(EXTRACT(EPOCH FROM {x}) * 1000000 AS BIGINT)",
        double="DOUBLE PRECISION",
        nan="'NaN'",
        end=" OFFSET 0",
    ),
    "snowflake": Dialect(micros="DATE_PART(EPOCH_MICROSECOND, {x})", nan="'NaN'::DOUBLE"),
    "bigquery": Dialect(
        text="TRIM(CAST({x} AS STRING))",
        micros="UNIX_MICROS(CAST({x} AS TIMESTAMP))",
        first="CAST(TIMESTAMP '0001-01-01 00:00:00+00' AS {type})",
        double="FLOAT64",
        nan="CAST('NaN' AS FLOAT64)",
    ),
    "databricks": Dialect(text="TRIM(CAST({x} AS STRING))", micros="UNIX_MICROS(CAST({x} AS TIMESTAMP))"),
}


def connect(url: sa.URL) -> SQLBackend | None:
    """A connection to a database that can compute; None where Ibis does not know it or its driver is not installed."""
    name = EXTRAS.get(url.get_backend_name())
    if name is None:
        return None
    try:
        if name == "postgres":
            options = {key: value for key, value in url.query.items() if isinstance(value, str)}
            given = {"host": url.host, "port": url.port, "user": url.username, "password": url.password, "database": url.database}
            connection = ibis.postgres.connect(**{key: value for key, value in given.items() if value is not None}, **options)
            weakref.finalize(connection, connection.con.close)
            connection.raw_sql(_POSTGRES_SETTINGS).close()
        else:
            connection = ibis.connect(url.render_as_string(hide_password=False))
    except ImportError:
        return None
    return connection


def describe_obstacle(connection: SQLBackend, table: Table, columns: Mapping[str, str]) -> str | None:
    """Why events cannot stay where they are; None where they can.

    Args:
        connection: The database.
        table: The events, in the database.
        columns: Our name -> theirs.
    """
    types = {ours: table.schema()[theirs] for ours, theirs in columns.items()}
    if not (types["occurred_at"].is_timestamp() or types["occurred_at"].is_date()):
        return f"'{columns['occurred_at']}' is neither a timestamp nor a date there"
    if "value" in types and not types["value"].is_numeric():
        return f"'{columns['value']}' is no number there"
    if connection.name != "postgres":
        return None
    query = """SELECT has_database_privilege(current_database(), 'TEMP'), pg_is_in_recovery(),
        current_setting('default_transaction_read_only'), current_setting('server_encoding')"""
    with connection.con.cursor() as cursor:
        may, standby, read_only, encoding = cursor.execute(query).fetchone()
    if not may or standby or read_only == "on":
        return "this user may not make temporary tables there"
    return None if encoding == "UTF8" else f"it stores texts as {encoding}"


def select_cells(connection: SQLBackend, table: Table, columns: Mapping[str, str]) -> Table:
    """The events as `parse_placed_cells` reads them, in the database.

    Args:
        connection: The database.
        table: The events, with columns for which `describe_obstacle` gives None.
        columns: Our name -> theirs.
    """
    source = table.op()
    namespace = source.namespace
    name = exp.table_(source.name, db=namespace.database, catalog=namespace.catalog, quoted=True)
    types = {ours: table.schema()[theirs] for ours, theirs in columns.items()}
    cells = list_cells(connection.name, columns, types)
    listed = ", ".join(f"{cell} AS {ours}" for ours, cell in cells.items())
    query = f"SELECT {listed} FROM {name.sql(connection.dialect)}{DIALECTS[connection.name].end}"  # noqa: S608  names are quoted
    schema = ibis.schema({ours: _CELLS[ours] for ours in cells})
    return SQLQueryResult(query=query, schema=schema, source=connection).to_expr()


def list_cells(backend: str, columns: Mapping[str, str], types: Mapping[str, DataType]) -> dict[str, str]:
    """The columns of the query of `select_cells`: name -> expression.

    Args:
        backend: Ibis' name of the database.
        columns: Our name -> theirs.
        types: Our name -> the type of the column.

    >>> kinds = {"lead_id": ibis.dtype("int64"), "occurred_at": ibis.dtype("date")}
    >>> cells = list_cells("postgres", {"lead_id": "Lead", "occurred_at": "At"}, kinds)
    >>> list(cells), cells["local"]
    (['lead_id', 'at_us', 'has_at', 'local'], '"At" IS NOT NULL')
    """
    dialect = DIALECTS[backend]
    found = {ours: exp.to_identifier(theirs, quoted=True).sql(backend) for ours, theirs in columns.items()}
    cells = {ours: dialect.text.replace("{x}", found[ours]) for ours in ("lead_id", *TEXTS) if ours in found}
    at, kind = found["occurred_at"], types["occurred_at"]
    zoned = kind.is_timestamp() and kind.timezone is not None
    own_type = "DATE" if kind.is_date() else "TIMESTAMP" if zoned else "DATETIME"
    possible = f"{at} >= {dialect.first.replace('{type}', own_type)} AND EXTRACT(YEAR FROM {at}) <= 9999"
    cells["at_us"] = f"CASE WHEN {possible} THEN {dialect.micros.replace('{x}', at)} END"
    cells["has_at"] = f"{at} IS NOT NULL"
    if not zoned:
        cells["local"] = f"{at} IS NOT NULL"
    if "value" in found:
        number = found["value"]
        cells["value"] = f"CASE WHEN ABS({number}) <= 1e300 THEN CAST({number} AS {dialect.double}) END"
        is_number = "" if types["value"].is_integer() else f" AND {number} <> {dialect.nan}"
        cells["has_value"] = f"{number} IS NOT NULL{is_number}"
    return cells
