"""The rows of a CSV file as texts, in chunks: all, the first, or every n-th, without more of it in memory."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from predictor.core.errors import TableError, list_names
from predictor.data.read.csv_end import check_end
from predictor.data.read.csv_header import Header, read_header
from predictor.data.read.csv_quotes import check_quotes, iterate_rows, locate_open_quote
from predictor.data.read.csv_short import check_short_rows
from predictor.data.read.table_errors import make_encoding_error, make_table_error
from predictor.data.read.table_shape import FileTable, check_lines_above

_CHUNK_ROWS = 10_000
_CHUNK_LENGTH = 1 << 25  # characters of a chunk, by the length of the first rows
_MOST_LENGTH = 1 << 28  # characters of a chunk: more come from a quote that is never closed
_SAMPLE_LENGTH = 1 << 27  # characters of a first look
_ROWS_AT_END = 200  # which are all read, since a report ends there


def read_csv_rows(path: Path, table: str, *, encoding: str = "auto", step: int = 1, rows: int | None = None) -> FileTable:
    """The rows below the header as texts, blank ones included, and findings about the lines above it and short rows.

    Args:
        path: The file.
        table: What it should hold, for messages.
        encoding: An encoding, or auto to detect it from the bytes.
        step: Every `step`-th row is read, and all of the last, since totals stand there.
        rows: Only the first rows, fewer where they are long; None for all.

    Raises:
        TableError: The file is empty, no CSV, in another encoding, broken, or cut off.
    """
    header = read_header(path, table, encoding)
    most = None if rows is None else min(rows, max(_SAMPLE_LENGTH // header.row_length, 1))
    try:
        frame, breaks = _parse_rows(path, table, header, step, most)
        if breaks:
            check_quotes(path, table, header, most)
    except UnicodeDecodeError as error:
        raise make_encoding_error(table, path, encoding) from error
    except (pd.errors.ParserWarning, pd.errors.ParserError) as error:
        raise _make_rows_error(path, table, header, error) from error
    if len(frame.columns) == len(header.names):
        frame.columns = pd.Index(header.names)
    whole = most is None or len(frame) <= most
    if whole:
        check_end(path, table, header, frame)
    above = check_lines_above(header.titles, table=table, place=f"'{path.name}'")
    short = check_short_rows(path, header, frame, most) if table == "leads" else ()
    return FileTable(frame if most is None else frame.head(most), (*above, *short), whole=whole)


def _parse_rows(path: Path, table: str, header: Header, step: int, most: int | None) -> tuple[pd.DataFrame, bool]:
    """The chunks of the file, one row more than the most that are asked for, and whether cells hold line breaks.

    Rows longer than the header raise, since pandas would shift their cells.
    """
    parts: list[pd.DataFrame] = []
    end, breaks = pd.DataFrame(), False
    with path.open(encoding=header.encoding, newline="") as lines, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        for _ in range(header.skip):
            lines.readline()
        source = _Source(lines, path, table)
        for part in _iterate_chunks(source, header, most):
            breaks = breaks or (source.quoted and _has_breaks(part))
            parts.append(part if step == 1 else part[part.index % step == 0])
            if step > 1:
                end = pd.concat([end, part]).tail(_ROWS_AT_END)
    rest = [] if step == 1 else [end[end.index % step != 0]]
    frame: pd.DataFrame = pd.concat([*parts, *rest]).sort_index() if rest else pd.concat(parts)
    return frame, breaks


def _has_breaks(frame: pd.DataFrame) -> bool:
    """Whether a cell holds a line break."""
    return any(bool(frame.iloc[:, place].str.contains(r"[\r\n]", na=False).any()) for place in range(frame.shape[1]))


def _iterate_chunks(source: _Source, header: Header, most: int | None) -> Iterator[pd.DataFrame]:
    """Chunks of at least one row; an empty one where the file has no row."""
    size = max(min(_CHUNK_ROWS, _CHUNK_LENGTH // header.row_length), 1)
    options: dict[str, Any] = {
        "sep": header.delimiter, "dtype": "str", "keep_default_na": False, "na_values": [""], "index_col": False,
        "skip_blank_lines": False, "chunksize": size, "nrows": None if most is None else most + 1,
    }  # fmt: skip
    reader: Any = pd.read_csv(source, **options)  # type: ignore[call-overload]
    with reader as chunks:
        for chunk in chunks:
            source.length = 0
            yield chunk


class _Source:
    """The text of a file for pandas, which refuses to read on where one chunk never ends."""

    def __init__(self, lines: TextIO, path: Path, table: str) -> None:
        self._lines, self._path, self._table, self.length = lines, path, table, 0
        self.quoted = False  # whether a quote was read

    def read(self, size: int = -1) -> str:
        """Further characters."""
        text = self._lines.read(size)
        self.length += len(text)
        self.quoted = self.quoted or '"' in text
        if self.length > _MOST_LENGTH:
            what = f"'{self._path.name}' has rows of many million characters, as where a quote is opened and never closed."
            raise make_table_error(self._table, what, "Export it again, or fix that line.")
        return text

    def __iter__(self) -> Iterator[str]:
        """The lines; pandas asks for it of every file."""
        return iter(self._lines)


def _make_rows_error(path: Path, table: str, header: Header, error: Exception) -> TableError:
    """The error for the rows of a CSV: the first that is longer than the header, or what pandas reports."""
    if "EOF inside string" in str(error):
        line = locate_open_quote(path, header)
        what = f"'{path.name}' is broken: a quote is opened in line {line:,} and not closed, so the end of its row is unknown."
        return make_table_error(table, what, "Fix that line, or remove it.")
    long = _find_long_row(path, header)
    if long is None:
        why = str(error).strip().rstrip(".")
        return make_table_error(table, f"'{path.name}' is broken: {why}.", "Export it again, or fix that line.")
    line, cells = long
    what = f"Line {line:,} of '{path.name}' has {cells} cells, more than its header in line {header.skip + 1} has names "
    what += f"({len(header.names)}: {list_names(header.names, most=4)})."
    return make_table_error(table, what, "Remove lines above the true header, fix that line, or name every column.")


def _find_long_row(path: Path, header: Header) -> tuple[int, int] | None:
    """The first line and the number of cells of the first row that is longer than the header; None where there is none."""
    try:
        long = (row for row in iterate_rows(path, header) if len(row.cells) > len(header.names))
        return next(((row.first, len(row.cells)) for row in long), None)
    except (csv.Error, UnicodeDecodeError):
        return None
