"""Errors of files and databases that cannot be read or written, as one finding each."""

from __future__ import annotations

from pathlib import Path

from predictor.core.errors import Finding, TableError

FIX_PATH = "Fix the path; it is relative to the settings file."


def make_table_error(table: str, what: str, do: str) -> TableError:
    """The error for a table that cannot be read or written."""
    return TableError(table, [Finding("LEAD000" if table == "leads" else "EVENT000", "error", what, do=do)])


def make_missing_file_error(table: str, path: Path) -> TableError:
    """The error for a path without a file."""
    return make_table_error(table, f"There is no file '{path.name}' in '{path.parent}'.", FIX_PATH)


def make_format_error(table: str, path: Path) -> TableError:
    """The error for a file in a format that is not read."""
    what = f"'{path.name}' is in a format that is not read."
    return make_table_error(table, what, "Save it as CSV (UTF-8) or Parquet.")


def make_encoding_error(table: str, path: Path, encoding: str) -> TableError:
    """The error for a file that is not in the encoding of the settings, or not to its end in the one that it begins in."""
    if encoding == "auto":
        what = f"'{path.name}' is not complete, or damaged: further down it is not in the encoding in which it begins."
        return make_table_error(table, what, "Export it again, or save it as CSV UTF-8.")
    return make_table_error(table, f"'{path.name}' is not {encoding}.", "Fix data.encoding, or save the file as CSV UTF-8.")
