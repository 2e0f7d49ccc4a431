"""A temporary database of DuckDB for events, so that they need not fit into memory."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

import ibis
from ibis.backends.duckdb import Backend


def open_workspace() -> Backend:
    """A connection to a new database file, which is deleted when the connection is no longer used."""
    folder = tempfile.mkdtemp(prefix="predictor-")
    connection = ibis.duckdb.connect(Path(folder) / "events.duckdb")
    weakref.finalize(connection, shutil.rmtree, folder, ignore_errors=True)
    connection.raw_sql("SET TimeZone = 'UTC'; SET autoinstall_known_extensions = false")
    if connection.raw_sql("SELECT current_setting('enable_progress_bar')").fetchall()[0][0]:
        connection.raw_sql("SET enable_progress_bar = false")  # only then: it fails in a notebook without widgets
    return connection


def quote(name: str) -> str:
    """A name as an SQL identifier.

    >>> print(quote("Record ID"))
    "Record ID"
    """
    return '"{}"'.format(name.replace('"', '""'))


def quote_text(text: str) -> str:
    """A text as an SQL literal.

    >>> print(quote_text("it's"))
    'it''s'
    """
    return "'{}'".format(text.replace("'", "''"))
