"""Files as they are: CSV cells stay texts, Parquet columns keep their types, and what cannot be read says why."""

from __future__ import annotations

import csv
import os
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from predictor.core.errors import TableError, list_names
from predictor.data.read.csv_header import Header, read_header, refuse
from predictor.data.read.database import is_url, load_frame
from predictor.data.read.excel import EXCEL, read_excel

CSV = frozenset({".csv", ".tsv", ".txt"})
PARQUET = frozenset({".parquet", ".pq"})
_SHORTEST_ROW = 2  # bytes; a smaller file cannot hold too many rows, and they need not be counted
_ROWS_AT_ONCE, _BYTES_AT_ONCE = 50_000, 1 << 22


def read_table(path: Path, table: str, *, encoding: str = "auto", step: int = 1) -> pd.DataFrame:
    """The rows of a CSV (comma, semicolon, tab or bar), Parquet or Excel file; of the last the first sheet.

    Args:
        path: The file; its ending tells the format.
        table: What the file should hold, for messages.
        encoding: Of a CSV; auto: told from its bytes.
        step: Of a CSV, every how many-th row is kept; the others do not stay in memory.

    Raises:
        TableError: The file is missing, empty, of another format, or broken somewhere.
    """
    if not path.is_file():
        what = f"There is no file '{path.name}' in '{path.parent}'."
        raise refuse(table, what, "Mend the path; it starts at the settings file.")
    if path.suffix.casefold() in PARQUET:
        return _read_parquet(path, table)
    if path.suffix.casefold() in CSV:
        return _read_csv(path, table, encoding, step=step)
    if path.suffix.casefold() in EXCEL:
        return read_excel(path, table)
    raise refuse(table, f"'{path.name}' is of a kind that is not read.", "Save it as CSV (UTF-8) or Parquet.")


def read_sample(where: str, table: str, rows: int) -> tuple[pd.DataFrame, bool]:
    """The first rows of an export, and whether those are all; of a CSV no more than they enter memory.

    Args:
        where: A file, or a table of a database as URL#TABLE.
        table: What it should hold, for messages.
        rows: How many.

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
    twice = _find_repeated(read_names(path, table))
    try:
        frame = None if twice else pd.read_parquet(path)
    except (OSError, ValueError, NotImplementedError) as error:
        raise _refuse_parquet(path, table, error) from error
    if frame is None:
        what = f"Two columns of '{path.name}' bear the same name: {list_names(twice)}."
        raise refuse(table, what, "Rename or remove one of each.")
    kept = [name for name in frame.index.names if name is not None]  # pandas keeps a key there
    whole = (frame.reset_index(level=kept) if kept else frame).reset_index(drop=True)
    return whole.rename(columns=lambda name: str(name).strip())


def read_names(path: Path, table: str) -> list[str]:
    """The names of a Parquet file's columns, as they are.

    Raises:
        TableError: The file is no Parquet, or broken.
    """
    try:
        return list(pq.read_schema(path).names)
    except (OSError, ValueError, NotImplementedError) as error:
        raise _refuse_parquet(path, table, error) from error


def _refuse_parquet(path: Path, table: str, error: Exception) -> TableError:
    why = str(error).strip().rstrip(".")
    return refuse(table, f"'{path.name}' is no readable Parquet file: {why}.", "Export it again.")


def _find_repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _read_csv(path: Path, table: str, encoding: str, rows: int | None = None, *, step: int = 1) -> pd.DataFrame:
    header = read_header(path, table, encoding)
    try:
        frame = _parse_csv(path, header, rows) if step == 1 else _parse_parts(path, header, step)
    except UnicodeDecodeError as error:
        raise refuse(table, f"'{path.name}' is not {encoding}.", "Mend data.encoding, or save it as CSV UTF-8.") from error
    except (pd.errors.ParserWarning, pd.errors.ParserError) as error:
        raise _refuse_rows(path, table, header, error) from error
    if len(frame.columns) == len(header.names):
        frame.columns = pd.Index(header.names)
    return frame


def _refuse_rows(path: Path, table: str, header: Header, error: Exception) -> TableError:
    """What is wrong with the rows of a CSV: the first that is longer than the header, or what pandas says."""
    long = _find_long_row(path, header)
    if long is None:
        why = str(error).strip().rstrip(".")
        return refuse(table, f"'{path.name}' is broken: {why}.", "Export it again, or mend that line.")
    line, cells = long
    what = f"Line {line:,} of '{path.name}' has {cells} cells, more than its header in line {header.skip + 1} has names "
    what += f"({len(header.names)}: {list_names(header.names, most=4)})."
    return refuse(table, what, "Remove lines above the true header; or else mend that line, or name every column.")


def _find_long_row(path: Path, header: Header) -> tuple[int, int] | None:
    """The line where the first row begins that has more cells than the header has names, and how many; None for none."""
    with path.open(encoding=header.encoding, newline="") as lines:
        for _ in range(header.skip):
            lines.readline()
        rows, begins = csv.reader(lines, delimiter=header.delimiter), 1
        try:
            for row in rows:
                if len(row) > len(header.names):
                    return header.skip + begins, len(row)
                begins = rows.line_num + 1
        except (csv.Error, UnicodeDecodeError):
            return None
    return None


def find_step(path: Path, most: int) -> int:
    """Every how many-th row of a CSV is to be read, so that no more than that many are; 1: all of them.

    Args:
        path: The file; of another kind all of it is read.
        most: How many rows; 0 for no limit.
    """
    if not most or path.suffix.casefold() not in CSV or not path.is_file() or path.stat().st_size < most * _SHORTEST_ROW:
        return 1
    with path.open("rb") as file:
        lines = sum(part.count(b"\n") for part in iter(lambda: file.read(_BYTES_AT_ONCE), b""))
    return -(-lines // most)


def _parse_parts(path: Path, header: Header, step: int) -> pd.DataFrame:
    """Every so many-th row, evenly over the file, read a part at a time."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        with _open_csv(path, header, chunksize=_ROWS_AT_ONCE) as parts:
            frame: pd.DataFrame = pd.concat([part[part.index % step == 0] for part in parts], ignore_index=True)
            return frame


def _parse_csv(path: Path, header: Header, rows: int | None = None) -> pd.DataFrame:
    """Every cell as text; rows that are longer than the header are refused, since pandas would shift them under other names."""
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
    """Write a table as CSV or Parquet, by the ending; whole, or the file is as it was.

    Raises:
        TableError: The ending is of another kind, or the disk refuses.
    """
    writing = path.with_name(f".writing-{os.getpid()}-{path.name}")
    try:
        if path.suffix.casefold() in PARQUET:
            frame.to_parquet(writing, index=False)
        elif path.suffix.casefold() == ".csv":
            frame.to_csv(writing, index=False)
        else:
            what = f"'{path.name}' is of a kind that is not written."
            raise refuse("leads", what, "Name a file that ends in .csv or .parquet.")
        writing.replace(path)
    except OSError as error:
        what = f"'{path}' could not be written: {error.strerror or error}."
        raise refuse("leads", what, "Make room, or name another place.") from error
    finally:
        writing.unlink(missing_ok=True)
