"""Files as they are: CSV cells stay texts, Parquet columns keep their types, and what cannot be read says why."""

from __future__ import annotations

import csv
import os
import warnings
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from predictor.errors import Finding, TableError, list_names

CSV = frozenset({".csv", ".tsv", ".txt"})
PARQUET = frozenset({".parquet", ".pq"})
_SNIFFED = 1 << 16


def read_table(path: Path, table: str) -> pd.DataFrame:
    """The rows of a CSV (comma, semicolon, tab or bar; UTF-8) or Parquet file.

    Args:
        path: The file; its ending tells the format.
        table: What the file should hold, for messages.

    Raises:
        TableError: The file is missing, empty, of another format, or broken somewhere.
    """
    if not path.is_file():
        what = f"There is no file '{path.name}' in '{path.parent}'."
        raise refuse(table, what, "Mend the path; it starts at the settings file.")
    if path.suffix.casefold() in PARQUET:
        return _read_parquet(path, table)
    if path.suffix.casefold() in CSV:
        return _read_csv(path, table)
    raise refuse(table, f"'{path.name}' is of a kind that is not read.", "Save it as CSV (UTF-8) or Parquet.")


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


def _read_csv(path: Path, table: str) -> pd.DataFrame:
    delimiter, names = read_header(path, table)
    try:
        frame = _parse_csv(path, delimiter)
    except UnicodeDecodeError as error:
        raise refuse(table, f"'{path.name}' is not UTF-8 ({_find_undecodable(path)}).", "Save it as CSV UTF-8.") from error
    except pd.errors.ParserWarning as error:
        what = f"The rows of '{path.name}' have more cells than its header has names ({len(names)})."
        raise refuse(table, what, "Export it again, or name every column.") from error
    except pd.errors.ParserError as error:
        why = str(error).strip().rstrip(".")
        raise refuse(table, f"'{path.name}' is broken: {why}.", "Export it again, or mend that line.") from error
    if len(frame.columns) == len(names):
        frame.columns = pd.Index(names)
    return frame


def read_header(path: Path, table: str) -> tuple[str, list[str]]:
    """The delimiter of a CSV file and the names in its header, the first line that is not blank.

    Raises:
        TableError: The file is empty, its header is not UTF-8, or the disk refuses.
    """
    try:
        delimiter = _find_delimiter(path)
        with path.open(encoding="utf-8-sig", newline="") as lines:
            names = next(filter(None, csv.reader(lines, delimiter=delimiter)), [])
    except UnicodeDecodeError as error:
        raise refuse(table, f"'{path.name}' is not UTF-8 ({_find_undecodable(path)}).", "Save it as CSV UTF-8.") from error
    except csv.Error as error:
        raise refuse(table, f"'{path.name}' is broken: {error}.", "Export it again, or mend that line.") from error
    except OSError as error:
        what = f"'{path.name}' cannot be read: {error.strerror or error}."
        raise refuse(table, what, "Mend the file or its permissions.") from error
    if not names:
        raise refuse(table, f"'{path.name}' is empty.", "Export it again.")
    return delimiter, [name.strip() for name in names]


def _parse_csv(path: Path, delimiter: str) -> pd.DataFrame:
    """Every cell as text; rows that are longer than the header are refused, since pandas would shift them under other names."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path, sep=delimiter, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig", index_col=False
        )


def _find_undecodable(path: Path) -> str:
    """The place of the first byte that is not UTF-8."""
    before = 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"line {number:,}, byte {before + error.start + 1:,}"
            before += len(line)
    return "it changed while it was read"


def _find_delimiter(path: Path) -> str:
    """The delimiter that the header line, the first that is not blank, holds most of."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        header = next((line for line in iter(lambda: lines.readline(_SNIFFED), "") if line.strip()), "")
    return max(",;\t|", key=header.count)


def refuse(table: str, what: str, do: str) -> TableError:
    """The error that a table cannot be read or written."""
    return TableError(table, [Finding("LEAD000" if table == "leads" else "EVENT000", "error", what, do)])


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
