"""Tables in files: CSV cells stay texts, Parquet columns keep their types, and an error says why a file cannot be read."""

from __future__ import annotations

import csv
import os
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from predictor.core.errors import TableError, list_names
from predictor.data.read.csv_header import Header, read_header
from predictor.data.read.database import is_url, load_frame
from predictor.data.read.excel import EXCEL, read_excel
from predictor.data.read.table_errors import make_encoding_error, make_format_error, make_missing_file_error, make_table_error

CSV = frozenset({".csv", ".tsv", ".txt"})
PARQUET = frozenset({".parquet", ".pq"})
_SHORTEST_ROW = 2  # bytes; rows of files that are too small to hold many need not be counted
_CHUNK_ROWS, _CHUNK_BYTES = 50_000, 1 << 22


def read_table(path: Path, table: str, *, encoding: str = "auto", step: int = 1) -> pd.DataFrame:
    """The rows of a CSV (comma, semicolon, tab or bar) or Parquet file, or of the first sheet of an Excel file.

    Args:
        path: The file; its suffix gives the format.
        table: What the file should hold, for messages.
        encoding: Of a CSV; auto detects it from the bytes.
        step: Of a CSV, every `step`-th row is kept; the others do not stay in memory.

    Raises:
        TableError: The file is missing, empty, of another format, or broken.
    """
    if not path.is_file():
        raise make_missing_file_error(table, path)
    if path.suffix.casefold() in PARQUET:
        return _read_parquet(path, table)
    if path.suffix.casefold() in CSV:
        return _read_csv(path, table, encoding, step=step)
    if path.suffix.casefold() in EXCEL:
        return read_excel(path, table)
    raise make_format_error(table, path)


def read_sample(where: str, table: str, rows: int) -> tuple[pd.DataFrame, bool]:
    """The first rows of an export, and whether those are all; only these rows of a CSV enter memory.

    Args:
        where: A file, or a table of a database as URL#TABLE.
        table: What it should hold, for messages.
        rows: The number of rows.

    Raises:
        TableError: As `read_table`.
    """
    path = Path(where)
    if path.suffix.casefold() in CSV and path.is_file():
        frame = _read_csv(path, table, "auto", rows + 1)
    else:
        frame = load_frame(where, Path(), table) if is_url(where) else read_table(path, table)
    return frame.head(rows), len(frame) <= rows


def _read_parquet(path: Path, table: str) -> pd.DataFrame:
    names = read_names(path, table)
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        what = f"Two columns of '{path.name}' have the same name: {list_names(repeated)}."
        raise make_table_error(table, what, "Rename or remove one of each.")
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, NotImplementedError) as error:
        raise _make_parquet_error(path, table, error) from error
    levels = [name for name in frame.index.names if name is not None]  # pandas may have stored a key there
    frame = (frame.reset_index(level=levels) if levels else frame).reset_index(drop=True)
    return frame.rename(columns=lambda name: str(name).strip())


def read_names(path: Path, table: str) -> list[str]:
    """The names of a Parquet file's columns, unchanged.

    Raises:
        TableError: The file is no Parquet, or broken.
    """
    try:
        return list(pq.read_schema(path).names)
    except (OSError, ValueError, NotImplementedError) as error:
        raise _make_parquet_error(path, table, error) from error


def _make_parquet_error(path: Path, table: str, error: Exception) -> TableError:
    why = str(error).strip().rstrip(".")
    return make_table_error(table, f"'{path.name}' is no readable Parquet file: {why}.", "Export it again.")


def _read_csv(path: Path, table: str, encoding: str, rows: int | None = None, *, step: int = 1) -> pd.DataFrame:
    header = read_header(path, table, encoding)
    try:
        frame = _parse_csv(path, header, rows) if step == 1 else _parse_parts(path, header, step)
    except UnicodeDecodeError as error:
        raise make_encoding_error(table, path, encoding) from error
    except (pd.errors.ParserWarning, pd.errors.ParserError) as error:
        raise _make_rows_error(path, table, header, error) from error
    if len(frame.columns) == len(header.names):
        frame.columns = pd.Index(header.names)
    return frame


def _make_rows_error(path: Path, table: str, header: Header, error: Exception) -> TableError:
    """The error for the rows of a CSV: the first that is longer than the header, or what pandas reports."""
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
    with path.open(encoding=header.encoding, newline="") as lines:
        for _ in range(header.skip):
            lines.readline()
        rows, start = csv.reader(lines, delimiter=header.delimiter), 1
        try:
            for row in rows:
                if len(row) > len(header.names):
                    return header.skip + start, len(row)
                start = rows.line_num + 1
        except (csv.Error, UnicodeDecodeError):
            return None
    return None


def compute_row_step(path: Path, most: int) -> int:
    """The n for which every n-th row of a CSV is read, so that at most `most` rows are; 1 reads all.

    Args:
        path: The file; files that are no CSV are read in full.
        most: The maximal number of rows; 0 for no limit.
    """
    if not most or path.suffix.casefold() not in CSV or not path.is_file() or path.stat().st_size < most * _SHORTEST_ROW:
        return 1
    with path.open("rb") as file:
        lines = sum(part.count(b"\n") for part in iter(lambda: file.read(_CHUNK_BYTES), b""))
    return -(-lines // most)


def _parse_parts(path: Path, header: Header, step: int) -> pd.DataFrame:
    """Every `step`-th row of the file, read in chunks."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        with _open_csv(path, header, chunksize=_CHUNK_ROWS) as parts:
            frame: pd.DataFrame = pd.concat([part[part.index % step == 0] for part in parts], ignore_index=True)
            return frame


def _parse_csv(path: Path, header: Header, rows: int | None = None) -> pd.DataFrame:
    """All cells as texts; rows that are longer than the header raise, since pandas would shift them to other columns."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame: pd.DataFrame = _open_csv(path, header, nrows=rows)
        return frame


def _open_csv(path: Path, header: Header, **options: Any) -> Any:  # noqa: ANN401  a frame, or a reader of its parts
    return pd.read_csv(
        path, sep=header.delimiter, dtype="str", keep_default_na=False, na_values=[""], index_col=False, skiprows=header.skip,
        encoding="utf-8-sig" if header.encoding == "utf-8" else header.encoding, **options,
    )  # fmt: skip


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV or Parquet, by the suffix; an existing file is replaced only by a complete one.

    Raises:
        TableError: The suffix is another one, or the file cannot be written.
    """
    temporary = path.with_name(f".writing-{os.getpid()}-{path.name}")
    try:
        if path.suffix.casefold() in PARQUET:
            frame.to_parquet(temporary, index=False)
        elif path.suffix.casefold() == ".csv":
            frame.to_csv(temporary, index=False)
        else:
            what = f"'{path.name}' is neither CSV nor Parquet."
            raise make_table_error("leads", what, "Name a file that ends in .csv or .parquet.")
        temporary.replace(path)
    except OSError as error:
        what = f"'{path}' could not be written: {error.strerror or error}."
        raise make_table_error("leads", what, "Free some space, or name another place.") from error
    finally:
        temporary.unlink(missing_ok=True)
