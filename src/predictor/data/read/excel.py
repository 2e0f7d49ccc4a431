"""The first sheet of an Excel workbook as texts, where openpyxl is installed."""

from __future__ import annotations

import zipfile
from datetime import datetime, time
from pathlib import Path

import pandas as pd

from predictor.core.errors import list_names
from predictor.data.read.table_errors import make_table_error

EXCEL = frozenset({".xlsx", ".xlsm"})
_HOW = "In Excel choose File, Save As, 'CSV UTF-8 (comma delimited)'"


def read_excel(path: Path, table: str) -> pd.DataFrame:
    """The rows of the first sheet as a CSV would hold them: dates as ISO 8601, whole numbers without a decimal point.

    Raises:
        TableError: openpyxl is not installed, the file is no workbook, or a column has no name.
    """
    try:
        from openpyxl import load_workbook  # noqa: PLC0415  an optional extra
    except ModuleNotFoundError as error:
        do = f"{_HOW}; or install openpyxl (pip install 'lead-conversion-predictor[excel]')."
        raise make_table_error(table, f"'{path.name}' is an Excel file, which needs openpyxl to be read.", do) from error
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise make_table_error(table, f"'{path.name}' is no readable Excel file.", f"{_HOW}.") from error
    try:
        rows = [[_to_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    finally:
        book.close()
    return _make_frame([row for row in rows if any(cell is not None for cell in row)], path, table)


def _to_text(cell: object) -> str | None:
    """A cell as a text; None where it is empty.

    >>> [_to_text(cell) for cell in (datetime(2026, 1, 31), datetime(2026, 1, 31, 9, 5), 3.0, True, None)]
    ['2026-01-31', '2026-01-31T09:05:00', '3', 'true', None]
    """
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return None if cell is None or not str(cell).strip() else str(cell)


def _make_frame(rows: list[list[str | None]], path: Path, table: str) -> pd.DataFrame:
    if not rows:
        raise make_table_error(table, f"The first sheet of '{path.name}' is empty.", "Put the table on the first sheet.")
    names = [(name or "").strip() for name in rows[0]]
    while names and not names[-1]:
        names.pop()
    if "" in names:
        last = list_names(names[: names.index("")][-1:])
        what = f"The first row of '{path.name}' does not name every column{f' (none after {last})' if last else ''}."
        raise make_table_error(table, what, "Put the names of all columns into the first row.")
    return pd.DataFrame([row[: len(names)] for row in rows[1:]], columns=pd.Index(names), dtype="str")
