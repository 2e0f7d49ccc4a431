"""Events in files (one, a folder or a glob): which these are, and each in a form that DuckDB reads, as a copy where needed."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from predictor.core.errors import Finding, TableError, count
from predictor.data.columns import make_names
from predictor.data.events.contract import RawEvents
from predictor.data.read.csv_end import locate_closing_lines
from predictor.data.read.csv_header import read_header
from predictor.data.read.event_rows import FileLayout, read_files
from predictor.data.read.file_kinds import CSV, JSON_LINES, PARQUET, detect_kind, split_sheet
from predictor.data.read.table_errors import FIX_PATH, make_encoding_error, make_table_error
from predictor.data.read.table_files import read_column_names, read_table
from predictor.data.read.table_shape import check_lines_above, check_repeated

_COPIED_BYTES = 1 << 20


class _File(NamedTuple):
    """A file for DuckDB: where it is, maybe as a copy, its layout, and findings about what was left out or is named otherwise."""

    path: Path
    layout: FileLayout
    notes: tuple[Finding, ...] = ()


def open_files(where: str, folder: Path, *, encoding: str = "auto") -> RawEvents:
    """The events of a file, or of all CSV, Parquet and JSON lines files of a folder or glob, in the order of their names.

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
    parts = [([file.path for file in group], layout) for layout, group in groupby(opened, key=attrgetter("layout"))]
    names = tuple(dict.fromkeys(name for _, layout in parts for name in layout.names if name))
    notes = (*notes, *(note for file in opened for note in file.notes))
    events = RawEvents(columns=names, read=lambda columns: read_files(parts, columns), notes=notes)
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
        inside = [path for path in everything if path.suffix.casefold() in CSV | PARQUET | JSON_LINES]
        notes = _check_left_out(sorted(set(everything) - set(inside)), where)
        what = f"The folder '{where}' holds no CSV, no Parquet and no JSON lines."
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
    what = f"{count(len(paths), 'file')} of '{where}' left out: neither CSV, Parquet nor JSON lines (first '{paths[0].name}')."
    return (Finding("EVENT016", "warning", what, do="Save them as CSV (UTF-8) or Parquet, if they hold events."),)


def _open_file(path: Path, encoding: str, copies: Path) -> _File:
    kind = detect_kind(split_sheet(path)[0], "events")
    if kind == "csv":
        return _open_csv(path, encoding, copies)
    names = read_column_names(path, "events")
    if kind in {"excel", "json"} or len({name.casefold() for name in names}) < len(
        names
    ):  # DuckDB takes names of one label for one
        return _copy_table(path, copies)
    return _File(path, FileLayout(delimiter=None, names=tuple(map(str.strip, names)), types=_list_types(path)))


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
    layout = FileLayout(delimiter=header.delimiter, names=tuple(names), skip=header.skip)
    return _File(path, layout, (*above, *check_repeated(header.names, table="events", place=place), *closing))


def _copy_table(path: Path, copies: Path) -> _File:
    """A copy of a workbook, of JSON, or of a Parquet file with two columns of one name: each column has a name of its own."""
    frame, notes, _ = read_table(path, "events")
    copy = _name_copy(split_sheet(path)[0], copies).with_suffix(".parquet")
    plain = frame.set_axis([f"c{at}" for at in range(len(frame.columns))], axis=1)
    plain.to_parquet(copy, index=False)
    layout = FileLayout(delimiter=None, names=tuple(map(str, frame.columns)), types=_list_types(copy))
    return _File(copy, layout, notes)


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
