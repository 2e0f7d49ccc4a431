"""Events in files: CSV or Parquet, one, a folder or a glob of them, read by DuckDB without passing through memory as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import duckdb
from ibis.backends.duckdb import Backend

from predictor.errors import Finding, TableError, count, list_names
from predictor.events import NEEDED, RawEvents, Read
from predictor.intake.read import CSV, PARQUET, read_header, read_names, refuse
from predictor.intake.workspace import open_workspace, quote, quote_text

_MOST_REJECTED = 100_000
_BROKEN = {
    "MISSING COLUMNS": "fewer cells than the header has names",
    "TOO MANY COLUMNS": "more cells than the header has names",
    "INVALID ENCODING": "bytes that are not UTF-8",
}


class _Kind(NamedTuple):
    """What files must have in common to be read together; the delimiter is None for Parquet."""

    delimiter: str | None
    names: tuple[str, ...]


_Part = tuple[list[Path], _Kind]


def open_files(where: str, folder: Path) -> RawEvents:
    """The events of a file, or of all CSV and Parquet files of a folder or glob, in the order of their names.

    Raises:
        TableError: There is no such file, or one is empty, of another kind, or without names.
    """
    files = _find_files(where, folder)
    parts = [([path for path, _ in group], kind) for kind, group in groupby(map(_look_into, files), key=lambda found: found[1])]
    kinds = [kind for _, kind in parts]
    twice = next((kind.names for kind in kinds if len(set(kind.names)) < len(kind.names)), None)
    names = twice or tuple(dict.fromkeys(name for kind in kinds for name in kind.names))
    return RawEvents(names, lambda columns: _read_files(parts, columns))


def _find_files(where: str, folder: Path) -> list[Path]:
    place = folder / where
    if place.is_file():
        return [place]
    if place.is_dir():
        inside = [path for path in place.rglob("*") if path.suffix.casefold() in CSV | PARQUET]
        what = f"The folder '{where}' holds no CSV and no Parquet file."
    else:
        inside = list(Path(place.anchor).glob(str(place.relative_to(place.anchor))))
        what = f"There is no file '{place.name}' in '{place.parent}'."
    files = [path for path in sorted(inside) if path.is_file() and not path.name.startswith((".", "_"))]
    if not files:
        raise refuse("events", what, "Mend the path; it starts at the settings file.")
    return files


def _look_into(path: Path) -> tuple[Path, _Kind]:
    suffix = path.suffix.casefold()
    if suffix in PARQUET:
        return path, _Kind(None, tuple(name.strip() for name in read_names(path, "events")))
    if suffix not in CSV:
        raise refuse("events", f"'{path.name}' is of a kind that is not read.", "Save it as CSV (UTF-8) or Parquet.")
    delimiter, names = read_header(path, "events")
    return path, _Kind(delimiter, tuple(names))


def _read_files(parts: Sequence[_Part], columns: Mapping[str, str]) -> Read:
    """The columns of all files under our names; as texts where files differ in types."""
    for paths, kind in parts:
        if lacking := [columns[name] for name in NEEDED if columns[name] not in kind.names]:
            what = f"'{paths[0].name}' has no column {list_names(lacking)}; it has {list_names(kind.names)}."
            do = "Export it again with the columns of the other files."
            raise TableError("events", [Finding("EVENT001", "error", what, do)])
    workspace = open_workspace()
    try:
        queries = [_select(paths, kind, columns) for paths, kind in parts]
        types = [workspace.raw_sql(f"DESCRIBE {query}").fetchall() for query in queries]
        if any(found != types[0] for found in types):
            texts = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in columns)
            queries = [f"SELECT file, {texts} FROM ({query})" for query in queries]  # noqa: S608  quoted where they are made
        union = " UNION ALL ".join(queries)
        workspace.raw_sql(f"CREATE TABLE raw AS SELECT row_number() OVER () AS row, * FROM ({union})")  # noqa: S608
    except duckdb.Error as error:
        raise refuse("events", f"{_name(parts)} cannot be read: {_say(error)}.", "Export it again.") from error
    return Read(workspace.table("raw"), _find_rejected(workspace) if any(kind.delimiter for _, kind in parts) else ())


def _select(paths: Sequence[Path], kind: _Kind, columns: Mapping[str, str]) -> str:
    """The query for files of one kind: every cell of a CSV is a text, columns of Parquet have their types."""
    files = ", ".join(quote_text(str(path)) for path in paths)
    places = {ours: kind.names.index(theirs) for ours, theirs in columns.items() if theirs in kind.names}
    if kind.delimiter is None:
        raw = {ours: quote(read_names(paths[0], "events")[place]) for ours, place in places.items()}
        source = f"read_parquet([{files}], filename = true, union_by_name = true)"
    else:
        raw = {ours: f"c{place}" for ours, place in places.items()}
        cells = ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(kind.names)))
        source = (
            f"read_csv([{files}], auto_detect = false, header = true, delim = {quote_text(kind.delimiter)}, quote = '\"', "
            f"escape = '\"', columns = {{{cells}}}, filename = true, store_rejects = true, rejects_limit = {_MOST_REJECTED})"
        )
    listed = ", ".join(f"{raw.get(ours, 'NULL')} AS {ours}" for ours in columns)
    return f"SELECT parse_filename(filename) AS file, {listed} FROM {source}"  # noqa: S608


def _find_rejected(workspace: Backend) -> tuple[Finding, ...]:
    """The lines that are no rows, by what is wrong with them.

    Raises:
        TableError: A quote is opened and never closed, so that nobody knows where its row ends.
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
            what = f"A quote is opened and not closed {where}, and nobody knows where its row ends."
            raise TableError("events", [Finding("EVENT002", "error", what, "Mend that line, or remove it.")])
        many = f"{count(lines, 'line')}{' or more' * (lines >= _MOST_REJECTED)}"
        wrong = _BROKEN.get(kind, f"what cannot be read ({kind.lower()})")
        findings.append(Finding("EVENT002", "error", f"{many} hold {wrong} {where}.", "Export it again, or mend them."))
    return tuple(findings)


def _name(parts: Sequence[_Part]) -> str:
    paths = [path for listed, _ in parts for path in listed]
    return f"'{paths[0].name}'" + (f" or one of {count(len(paths) - 1, 'more file')}" if len(paths) > 1 else "")


def _say(error: duckdb.Error) -> str:
    """What DuckDB complains of, in one line; it knows files with two kinds of line ends by a state that it cannot reach."""
    text = str(error)
    if "invalid state" in text:
        return "it mixes two kinds of line ends, or a quote stands where none may"
    return text.splitlines()[0].strip().rstrip(".")
