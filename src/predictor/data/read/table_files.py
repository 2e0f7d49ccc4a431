"""Tables in files: CSV cells stay texts, Parquet columns keep their types, and an error says why a file cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from predictor.core.errors import Finding, TableError
from predictor.data.read.csv_header import read_header
from predictor.data.read.csv_rows import read_csv_rows
from predictor.data.read.excel import read_excel, read_excel_names
from predictor.data.read.file_kinds import CSV, JSON_LINES, PARQUET, detect_kind, is_url, split_sheet
from predictor.data.read.json_records import read_json, read_json_names
from predictor.data.read.report_lines import leave_out_lines
from predictor.data.read.table_errors import make_table_error
from predictor.data.read.table_shape import FileTable, shape_columns
from predictor.data.read.write_csv import Decimal, write_sheet_csv
from predictor.data.read.write_excel import write_workbook

_SHORTEST_ROW = 2  # bytes; rows of files that are too small to hold many need not be counted
_CHUNK_BYTES = 1 << 22
_BATCH_ROWS = 10_000


def read_table(path: Path, table: str, *, encoding: str = "auto", most: int = 0) -> FileTable:
    """The records of a CSV (comma, semicolon, tab or bar), Parquet, Excel or JSON file.

    Lines above the header, blank rows, totals and the end of a report are left out, and counted in findings.

    Args:
        path: The file, as FILE#SHEET for a sheet of a workbook; its first bytes give the format.
        table: What the file should hold, for messages.
        encoding: Of a CSV; auto detects it from the bytes.
        most: Of a CSV with more rows than this, every n-th is read, and a finding says so; 0 for no limit.

    Raises:
        TableError: The file is missing, empty, of another format, or broken.
    """
    step = compute_row_step(path, most)
    found = tidy_table(_read_rows(path, table, encoding=encoding, step=step), table, name=split_sheet(path)[0].name)
    if step == 1:
        return found
    frame = found.frame[found.frame.index % step == 0]
    what = f"'{path.name}' holds more than {most:,} rows: one in {step:,} was read, {len(frame):,} evenly over the file."
    do = "Raise data.most_rows where memory allows; a sample of this size gives much the same model."
    return found._replace(frame=frame, notes=(*found.notes, Finding("LEAD040", "warning", what, do=do)))


def read_sample(where: str, table: str, rows: int, encoding: str = "auto") -> FileTable:
    """The first records of an export; only these enter memory.

    Args:
        where: A file, or a table of a database as URL#TABLE.
        table: What it should hold, for messages.
        rows: The number of rows; fewer of a CSV where rows are long.
        encoding: Of a CSV; auto detects it from the bytes.

    Raises:
        TableError: As `read_table`.
    """
    if not is_url(where):
        return tidy_table(
            _read_rows(Path(where), table, encoding=encoding, rows=rows), table, name=split_sheet(Path(where))[0].name
        )
    from predictor.data.read.database import load_frame  # noqa: PLC0415  files need no database

    frame = load_frame(where, Path(), table, rows=rows + 1)
    return tidy_table(FileTable(frame.head(rows), whole=len(frame) <= rows), table, name=where.rpartition("#")[2])


def read_column_names(path: Path, table: str, encoding: str = "auto") -> list[str]:
    """The names of a file's columns, unchanged.

    Raises:
        TableError: As `read_table`.
    """
    file, sheet = split_sheet(path)
    kind = detect_kind(file, table)
    if kind == "excel":
        return read_excel_names(file, table, sheet)
    if kind == "json":
        return read_json_names(file, table)
    return read_names(file, table) if kind == "parquet" else read_header(file, table, encoding).names


def tidy_table(raw: FileTable, table: str, *, name: str) -> FileTable:
    """The records of a table, each column with a name of its own; what is left out or renamed is in the notes.

    Args:
        raw: As read.
        table: What it should hold, for the codes of findings.
        name: The file or table, for findings.
    """
    frame, columns = shape_columns(raw.frame, table=table, place=f"'{name}'")
    frame, lines = leave_out_lines(frame, table=table, where=name)
    return raw._replace(frame=frame, notes=(*raw.notes, *columns, *lines))


def _read_rows(path: Path, table: str, *, encoding: str = "auto", step: int = 1, rows: int | None = None) -> FileTable:
    """The rows below the header, blank ones included, under the names in it."""
    file, sheet = split_sheet(path)
    kind = detect_kind(file, table)
    if kind == "excel":
        return read_excel(file, table, sheet, rows)
    if sheet:
        raise make_table_error(table, f"'{file.name}' has no sheets.", f"Leave out '#{sheet}'.")
    if kind == "parquet":
        return _read_parquet(file, table, rows)
    if kind == "json":
        return read_json(file, table, step=step, rows=rows)
    return read_csv_rows(file, table, encoding=encoding, step=step, rows=rows)


def _read_parquet(path: Path, table: str, rows: int | None) -> FileTable:
    try:
        with pq.ParquetFile(path) as file:
            whole = rows is None or file.metadata.num_rows <= rows
            cells = file.read() if rows is None else _read_batches(file, rows)
            frame: pd.DataFrame = cells.to_pandas()
    except (OSError, ValueError, NotImplementedError) as error:
        raise _make_parquet_error(path, table, error) from error
    levels = [name for name in frame.index.names if name is not None]  # pandas may have stored a key there
    return FileTable((frame.reset_index(level=levels) if levels else frame).reset_index(drop=True), whole=whole)


def _read_batches(file: pq.ParquetFile, rows: int) -> pa.Table:
    """The first rows of a file; the others do not enter memory."""
    parts, read = [], 0
    for batch in file.iter_batches(batch_size=min(rows, _BATCH_ROWS)):
        parts.append(batch)
        read += batch.num_rows
        if read >= rows:
            break
    return pa.Table.from_batches(parts, file.schema_arrow).slice(0, rows)


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


def compute_row_step(path: Path, most: int) -> int:
    """The n for which every n-th row of a CSV or of JSON lines is read, so that at most `most` rows are; 1 reads all.

    Args:
        path: The file; files of other kinds are read in full.
        most: The maximal number of rows; 0 for no limit.
    """
    if (
        not most
        or path.suffix.casefold() not in CSV | JSON_LINES
        or not path.is_file()
        or path.stat().st_size < most * _SHORTEST_ROW
    ):
        return 1
    with path.open("rb") as file:
        ends = [(part.count(b"\n"), part.count(b"\r")) for part in iter(lambda: file.read(_CHUNK_BYTES), b"")]
    lines: int = max(sum(parts) for parts in zip(*ends, strict=True))  # old files end their lines in a carriage return alone
    return max(1, -(-lines // most))


def write_table(frame: pd.DataFrame, path: Path, *, decimal: Decimal | None = None) -> None:
    """Write a table as CSV, Parquet or Excel, by the suffix; an existing file is replaced only by a complete one.

    Args:
        frame: The table.
        path: The file.
        decimal: Of a CSV that a spreadsheet opens by double click, its decimal sign; None for a CSV that programs read.

    Raises:
        TableError: The suffix is another one, or the file cannot be written.
    """
    temporary = path.with_name(f".writing-{os.getpid()}-{path.name}")
    try:
        if path.suffix.casefold() in PARQUET:
            frame.to_parquet(temporary, index=False)
        elif path.suffix.casefold() == ".csv":
            write_sheet_csv(frame, temporary, decimal) if decimal else frame.to_csv(temporary, index=False)
        elif path.suffix.casefold() == ".xlsx":
            write_workbook(frame, temporary)
        else:
            what = f"'{path.name}' is neither CSV, Parquet nor Excel."
            raise make_table_error("leads", what, "Name a file that ends in .csv, .parquet or .xlsx.")
        temporary.replace(path)
    except OSError as error:
        what = f"'{path}' could not be written: {error.strerror or error}."
        raise make_table_error("leads", what, "Free some space, or name another place.") from error
    finally:
        temporary.unlink(missing_ok=True)
