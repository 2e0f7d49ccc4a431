"""The rows of event files, read by DuckDB in one query for the files of each layout, and counted where they cannot be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from predictor.core.errors import Finding, TableError, count, list_names
from predictor.data.events.contract import NEEDED, ReadEvents
from predictor.data.read.csv_header import Header
from predictor.data.read.csv_quotes import check_quotes
from predictor.data.read.duckdb_workspace import open_workspace, quote, quote_text
from predictor.data.read.table_errors import make_table_error

_MOST_REJECTED = 100_000
_REJECT_REASONS = {
    "MISSING COLUMNS": "fewer cells than the header has names",
    "TOO MANY COLUMNS": "more cells than the header has names",
    "INVALID ENCODING": "bytes that are not UTF-8",
}


class FileLayout(NamedTuple):
    """What files that are read together have in common.

    Attributes:
        delimiter: Of CSV files; None for Parquet.
        names: The names of the columns.
        types: The types of the columns; empty for CSV.
        skip: The number of lines before the header of a CSV.
    """

    delimiter: str | None
    names: tuple[str, ...]
    types: tuple[str, ...] = ()
    skip: int = 0


Part = tuple[list[Path], FileLayout]


def read_files(parts: Sequence[Part], columns: Mapping[str, str]) -> ReadEvents:
    """The columns of all files under our names; as texts where the types of the files differ.

    Args:
        parts: The files of each layout, in their order: CSV in UTF-8, or Parquet.
        columns: Our name -> theirs.

    Raises:
        TableError: Files lack a column that others have, are broken, or hold a quote that is stray or never closed.
    """
    for paths, layout in parts:
        if missing := [columns[name] for name in NEEDED if name in columns and columns[name] not in layout.names]:
            what = f"'{paths[0].name}' has no column {list_names(missing)}; it has {list_names(layout.names)}."
            do = "Export it again with the columns of the other files."
            raise TableError("events", [Finding("EVENT001", "error", what, do=do)])
    workspace = open_workspace()
    try:
        queries = [_select(paths, layout, columns) for paths, layout in parts]
        types = [dict(row[:2] for row in workspace.raw_sql(f"DESCRIBE {query}").fetchall()) for query in queries]
        if any(kinds != types[0] for kinds in types):
            queries = [_as_texts(query, kinds) for query, kinds in zip(queries, types, strict=True)]
        union = " UNION ALL ".join(queries)
        workspace.raw_sql(f"CREATE TABLE raw AS SELECT row_number() OVER () AS row, * FROM ({union})")  # noqa: S608
        breaks = {file for (file,) in workspace.raw_sql("SELECT DISTINCT file FROM raw WHERE CAST(breaks AS BOOLEAN)").fetchall()}
        workspace.raw_sql("ALTER TABLE raw DROP COLUMN breaks")
        notes = _drop_blank(workspace)
    except duckdb.Error as error:
        what = f"{_describe_files(parts)} cannot be read: {_describe_error(error)}."
        raise make_table_error("events", what, "Export it again.") from error
    faults = _check_rejected(workspace) if any(layout.delimiter for _, layout in parts) else ()
    if not faults:
        _check_quotes(parts, breaks)
    return ReadEvents(workspace.table("raw"), faults, notes)


def _check_quotes(parts: Sequence[Part], breaks: Collection[str]) -> None:
    """Refuse records within a cell in quotes, in the files with line breaks in cells."""
    for paths, layout in parts:
        if layout.delimiter is not None:
            header = Header("utf-8-sig", delimiter=layout.delimiter, names=list(layout.names), skip=layout.skip)
            for path in paths:
                if str(path) in breaks:
                    check_quotes(path, "events", header)


def _drop_blank(workspace: Backend) -> tuple[Finding, ...]:
    """Delete the rows that hold nothing, with a finding that counts them."""
    ((n,),) = workspace.raw_sql("DELETE FROM raw WHERE CAST(blank AS BOOLEAN)").fetchall()
    workspace.raw_sql("ALTER TABLE raw DROP COLUMN blank")
    if not n:
        return ()
    what = f"{count(n, 'blank row')} {'was' if n == 1 else 'were'} left out."
    return (Finding("EVENT039", "tip", what, do="Nothing, if that is about as many as you expect."),)


def _as_texts(query: str, types: Mapping[str, str]) -> str:
    """The query with all cells as texts; whole numbers without a decimal point, whatever their type."""
    cells = []
    for name, kind in types.items():
        whole = f"CASE WHEN {name} = floor({name}) AND abs({name}) < 1e15 THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) ELSE "
        text = f"CAST({name} AS VARCHAR)"
        cells.append(f"{whole}{text} END AS {name}" if kind in {"DOUBLE", "FLOAT"} else f"{text} AS {name}")
    return f"SELECT {', '.join(cells)} FROM ({query})"  # noqa: S608  names are quoted where they are made


def _select(paths: Sequence[Path], layout: FileLayout, columns: Mapping[str, str]) -> str:
    """The query for files of one layout: cells of CSV files are texts, columns of Parquet files keep their types."""
    files = ", ".join(quote_text(_escape(str(path))) for path in paths)
    places = {ours: layout.names.index(theirs) for ours, theirs in columns.items() if theirs in layout.names}
    if layout.delimiter is None:
        raw = {ours: quote(pq.read_schema(paths[0]).names[place]) for ours, place in places.items()}
        source, blank, breaks = f"read_parquet([{files}], filename = true, union_by_name = true)", "false", "false"
    else:
        raw = {ours: f"c{place}" for ours, place in places.items()}
        cells = ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(layout.names)))
        listed = ", ".join(f"c{place}" for place in range(len(layout.names)))
        blank, breaks = f"coalesce({listed}) IS NULL", f"contains(concat({listed}), chr(10))"
        source = (
            f"read_csv([{files}], auto_detect = false, header = true, skip = {layout.skip}, "
            f"delim = {quote_text(layout.delimiter)}, quote = '\"', escape = '\"', columns = {{{cells}}}, filename = true, "
            f"store_rejects = true, rejects_limit = {_MOST_REJECTED})"
        )
    listed = ", ".join(f"{raw.get(ours, 'NULL')} AS {ours}" for ours in columns)
    return f"SELECT filename AS file, {listed}, {blank} AS blank, {breaks} AS breaks FROM {source}"  # noqa: S608


def _escape(path: str) -> str:
    """The path for DuckDB, escaped because DuckDB reads every path as a glob.

    >>> _escape("events[1].csv")
    'events[[]1].csv'
    """
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)


def _check_rejected(workspace: Backend) -> tuple[Finding, ...]:
    """The faults of lines that could not be read, one finding per reason.

    Raises:
        TableError: A quote is opened and never closed, so that the end of its row is unknown.
    """
    query = """
        SELECT error_type, count(*), arg_min(line, (file_id, line)), arg_min(file_path, (file_id, line)) FROM (
            SELECT any_value(error_type) AS error_type, line, file_id, any_value(file_path) AS file_path
            FROM reject_errors JOIN reject_scans USING (scan_id, file_id) GROUP BY scan_id, file_id, line)
        GROUP BY error_type ORDER BY error_type"""
    findings = []
    for kind, lines, line, path in workspace.raw_sql(query).fetchall():
        where = f"(first in line {line:,} of '{Path(path).name}')"
        if kind == "UNQUOTED VALUE":
            what = f"A quote is opened and not closed {where}, so the end of its row is unknown."
            raise TableError("events", [Finding("EVENT002", "error", what, do="Fix that line, or remove it.")])
        many = f"{count(lines, 'line')}{' or more' * (lines >= _MOST_REJECTED)}"
        reason = _REJECT_REASONS.get(kind, f"what cannot be read ({kind.lower()})")
        verb = "holds" if lines == 1 else "hold"
        findings.append(
            Finding("EVENT002", "error", f"{many} {verb} {reason} {where}.", do="Export it again, or fix these lines.")
        )
    return tuple(findings)


def _describe_files(parts: Sequence[Part]) -> str:
    paths = [path for listed, _ in parts for path in listed]
    return f"'{paths[0].name}'" + (f" or one of {count(len(paths) - 1, 'more file')}" if len(paths) > 1 else "")


def _describe_error(error: duckdb.Error) -> str:
    """DuckDB's error in one line; it reports mixed line ends as an invalid state."""
    text = str(error)
    if "invalid state" in text:
        return "it mixes two kinds of line ends, or a quote is misplaced"
    return text.splitlines()[0].strip().rstrip(".")
