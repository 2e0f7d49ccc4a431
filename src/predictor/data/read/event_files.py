"""Events in files (one, a folder or a glob), read by DuckDB without loading CSV and Parquet whole into memory."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from predictor.core.errors import Finding, TableError, count, list_names
from predictor.data.columns import make_names
from predictor.data.events.contract import NEEDED, RawEvents, ReadEvents
from predictor.data.read.csv_end import locate_closing_lines
from predictor.data.read.csv_header import Header, read_header
from predictor.data.read.csv_quotes import check_quotes
from predictor.data.read.duckdb_workspace import open_workspace, quote, quote_text
from predictor.data.read.file_kinds import CSV, PARQUET, detect_kind, split_sheet
from predictor.data.read.table_errors import FIX_PATH, make_encoding_error, make_table_error
from predictor.data.read.table_files import read_column_names, read_table
from predictor.data.read.table_shape import check_lines_above, check_repeated

_MOST_REJECTED = 100_000
_COPIED_BYTES = 1 << 20
_REJECT_REASONS = {
    "MISSING COLUMNS": "fewer cells than the header has names",
    "TOO MANY COLUMNS": "more cells than the header has names",
    "INVALID ENCODING": "bytes that are not UTF-8",
}


class _Kind(NamedTuple):
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


class _File(NamedTuple):
    """A file for DuckDB: where it is, maybe as a copy, its kind, and findings about what was left out or is named otherwise."""

    path: Path
    kind: _Kind
    notes: tuple[Finding, ...] = ()


_Part = tuple[list[Path], _Kind]


def open_files(where: str, folder: Path, *, encoding: str = "auto") -> RawEvents:
    """The events of a file, or of all CSV and Parquet files of a folder or glob, in the order of their names.

    Args:
        where: A path, relative to the folder; FILE#SHEET for a sheet of a workbook.
        folder: Where relative paths start.
        encoding: Of CSV files; auto detects it from the bytes of each.

    Raises:
        TableError: There is no such file, or one is empty, of another format, or without names.
    """
    files, notes = _find_files(where, folder)
    copies = Path(tempfile.mkdtemp(prefix="predictor-"))
    try:
        opened = [_open_file(path, encoding, copies) for path in files]
    except TableError:
        shutil.rmtree(copies, ignore_errors=True)
        raise
    parts = [([file.path for file in group], kind) for kind, group in groupby(opened, key=attrgetter("kind"))]
    names = tuple(dict.fromkeys(name for _, kind in parts for name in kind.names if name))
    notes = (*notes, *(note for file in opened for note in file.notes))
    events = RawEvents(columns=names, read=lambda columns: _read_files(parts, columns), notes=notes)
    weakref.finalize(events, shutil.rmtree, copies, ignore_errors=True)
    return events


def _find_files(where: str, folder: Path) -> tuple[list[Path], tuple[Finding, ...]]:
    """The files in the order of their paths, and a finding about files of a folder that are left out."""
    place = folder / where
    notes: tuple[Finding, ...] = ()
    if split_sheet(place)[0].is_file():
        return [place], ()
    if place.is_dir():
        everything = [path for path in place.rglob("*") if path.is_file() and not path.name.startswith((".", "_"))]
        inside = [path for path in everything if path.suffix.casefold() in CSV | PARQUET]
        notes = _check_left_out(sorted(set(everything) - set(inside)), where)
        what = f"The folder '{where}' holds no CSV and no Parquet file."
    else:
        inside = list(Path(place.anchor).glob(str(place.relative_to(place.anchor))))
        what = f"There is no file '{place.name}' in '{place.parent}'."
    files = [path for path in sorted(inside) if path.is_file() and not path.name.startswith((".", "_"))]
    if not files:
        raise make_table_error("events", what, FIX_PATH)
    return files, notes


def _check_left_out(paths: Sequence[Path], where: str) -> tuple[Finding, ...]:
    if not paths:
        return ()
    what = f"{count(len(paths), 'file')} of '{where}' left out: neither CSV nor Parquet (first '{paths[0].name}')."
    return (Finding("EVENT016", "warning", what, do="Save them as CSV (UTF-8) or Parquet, if they hold events."),)


def _open_file(path: Path, encoding: str, copies: Path) -> _File:
    kind = detect_kind(split_sheet(path)[0], "events")
    if kind == "csv":
        return _open_csv(path, encoding, copies)
    names = read_column_names(path, "events")
    if kind == "excel" or len({name.casefold() for name in names}) < len(names):  # DuckDB takes names of one label for one
        return _copy_table(path, copies)
    return _File(path, _Kind(delimiter=None, names=tuple(map(str.strip, names)), types=_list_types(path)))


def _open_csv(path: Path, encoding: str, copies: Path) -> _File:
    header = read_header(path, "events", encoding)
    if header.encoding not in {"utf-8", "utf-8-sig"}:
        path = _write_utf8(path, header.encoding, copies)
        header = read_header(path, "events")
    end, closing = locate_closing_lines(path, "events", header)
    if closing:
        path = _write_start(path, end, copies)
    place = f"'{path.name}'"
    names = make_names(header.names)
    above = check_lines_above(header.titles, table="events", place=place)
    kind = _Kind(delimiter=header.delimiter, names=tuple(names), skip=header.skip)
    return _File(path, kind, (*above, *check_repeated(header.names, table="events", place=place), *closing))


def _copy_table(path: Path, copies: Path) -> _File:
    """A copy of a workbook, or of a Parquet file with two columns of one name, each column of which has a name of its own."""
    frame, notes, _ = read_table(path, "events")
    copy = _name_copy(split_sheet(path)[0], copies).with_suffix(".parquet")
    plain = frame.set_axis([f"c{at}" for at in range(len(frame.columns))], axis=1)
    plain.to_parquet(copy, index=False)
    kind = _Kind(delimiter=None, names=tuple(map(str, frame.columns)), types=_list_types(copy))
    return _File(copy, kind, notes)


def _list_types(path: Path) -> tuple[str, ...]:
    return tuple(map(str, pq.read_schema(path).types))


def _name_copy(path: Path, copies: Path) -> Path:
    """A new path for a copy, under the name of the file, which messages quote."""
    copy = copies / str(sum(1 for _ in copies.iterdir())) / path.name
    copy.parent.mkdir()
    return copy


def _write_start(path: Path, size: int, copies: Path) -> Path:
    """A copy of the first bytes of a file."""
    copy = _name_copy(path, copies)
    with path.open("rb") as file, copy.open("wb") as out:
        while size and (part := file.read(min(size, _COPIED_BYTES))):
            out.write(part)
            size -= len(part)
    return copy


def _write_utf8(path: Path, encoding: str, copies: Path) -> Path:
    """A copy of the file in UTF-8, the encoding that DuckDB always reads."""
    copy = _name_copy(path, copies)
    try:
        with path.open(encoding=encoding, newline="") as file, copy.open("w", encoding="utf-8", newline="") as out:
            shutil.copyfileobj(file, out, _COPIED_BYTES)
    except UnicodeDecodeError as error:
        raise make_encoding_error("events", path, encoding) from error
    return copy


def _read_files(parts: Sequence[_Part], columns: Mapping[str, str]) -> ReadEvents:
    """The columns of all files under our names; as texts where the types of the files differ."""
    for paths, kind in parts:
        if missing := [columns[name] for name in NEEDED if name in columns and columns[name] not in kind.names]:
            what = f"'{paths[0].name}' has no column {list_names(missing)}; it has {list_names(kind.names)}."
            do = "Export it again with the columns of the other files."
            raise TableError("events", [Finding("EVENT001", "error", what, do=do)])
    workspace = open_workspace()
    try:
        queries = [_select(paths, kind, columns) for paths, kind in parts]
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
    faults = _check_rejected(workspace) if any(kind.delimiter for _, kind in parts) else ()
    if not faults:
        _check_quotes(parts, breaks)
    return ReadEvents(workspace.table("raw"), faults, notes)


def _check_quotes(parts: Sequence[_Part], breaks: Collection[str]) -> None:
    """Refuse records within a cell in quotes, in the files with line breaks in cells."""
    for paths, kind in parts:
        if kind.delimiter is not None:
            header = Header("utf-8-sig", delimiter=kind.delimiter, names=list(kind.names), skip=kind.skip)
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


def _select(paths: Sequence[Path], kind: _Kind, columns: Mapping[str, str]) -> str:
    """The query for files of one kind: cells of CSV files are texts, columns of Parquet files keep their types."""
    files = ", ".join(quote_text(_escape(str(path))) for path in paths)
    places = {ours: kind.names.index(theirs) for ours, theirs in columns.items() if theirs in kind.names}
    if kind.delimiter is None:
        raw = {ours: quote(pq.read_schema(paths[0]).names[place]) for ours, place in places.items()}
        source, blank, breaks = f"read_parquet([{files}], filename = true, union_by_name = true)", "false", "false"
    else:
        raw = {ours: f"c{place}" for ours, place in places.items()}
        cells = ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(kind.names)))
        listed = ", ".join(f"c{place}" for place in range(len(kind.names)))
        blank, breaks = f"coalesce({listed}) IS NULL", f"contains(concat({listed}), chr(10))"
        source = (
            f"read_csv([{files}], auto_detect = false, header = true, skip = {kind.skip}, delim = {quote_text(kind.delimiter)}, "
            f"quote = '\"', escape = '\"', columns = {{{cells}}}, filename = true, store_rejects = true, "
            f"rejects_limit = {_MOST_REJECTED})"
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


def _describe_files(parts: Sequence[_Part]) -> str:
    paths = [path for listed, _ in parts for path in listed]
    return f"'{paths[0].name}'" + (f" or one of {count(len(paths) - 1, 'more file')}" if len(paths) > 1 else "")


def _describe_error(error: duckdb.Error) -> str:
    """DuckDB's error in one line; it reports mixed line ends as an invalid state."""
    text = str(error)
    if "invalid state" in text:
        return "it mixes two kinds of line ends, or a quote is misplaced"
    return text.splitlines()[0].strip().rstrip(".")
