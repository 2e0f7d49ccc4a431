"""Where events are kept while they are used: a database file of DuckDB, so that they need not fit into memory."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

import ibis
from ibis.backends.duckdb import Backend


def open_workspace() -> Backend:
    """A connection to a database file of its own, which goes when nobody uses the connection any more."""
    folder = tempfile.mkdtemp(prefix="predictor-")
    connection = ibis.duckdb.connect(Path(folder) / "events.duckdb")
    weakref.finalize(connection, shutil.rmtree, folder, ignore_errors=True)
    connection.raw_sql("SET TimeZone = 'UTC'; SET autoinstall_known_extensions = false")
    if connection.raw_sql("SELECT current_setting('enable_progress_bar')").fetchall()[0][0]:
        connection.raw_sql("SET enable_progress_bar = false")  # only then: a notebook without widgets has none, and refuses this
    return connection


def quote(name: str) -> str:
    """A name as SQL has it.

    >>> print(quote("Record ID"))
    "Record ID"
    """
    return '"{}"'.format(name.replace('"', '""'))


def quote_text(text: str) -> str:
    """A text as SQL has it.

    >>> print(quote_text("it's"))
    'it''s'
    """
    return "'{}'".format(text.replace("'", "''"))
