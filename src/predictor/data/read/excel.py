"""The table of an Excel workbook as texts, where openpyxl is installed: one sheet, from its header down."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from predictor.core.errors import Finding, TableError, list_names
from predictor.data.formats import DAY_FORMAT
from predictor.data.read.table_errors import make_table_error
from predictor.data.read.table_shape import MOST_LINES, FileTable, Shape, check_lines_above, locate_table

_HOW = "In Excel choose File, Save As, 'CSV UTF-8 (comma delimited)'"
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    ValueError,
    OSError,
    SyntaxError,
    TypeError,
    AttributeError,
    IndexError,
)
_MOST_BYTES = 1 << 30  # of all sheets and texts, unpacked: read, they take several times as much memory
_CHUNK_ROWS = 10_000
_COUNTED_ROWS = 30  # of a sheet, where the largest table is looked for


class _Sheet(NamedTuple):
    """A sheet that holds a table: its title, the table, and the number of lines above the header that hold anything."""

    title: str
    shape: Shape
    titles: int


def read_excel(path: Path, table: str, sheet: str = "", rows: int | None = None) -> FileTable:
    """The rows of a sheet as a CSV would hold them, and findings about the choice of the sheet and the lines above the header.

    Dates are ISO 8601, whole numbers have no decimal point. `DAY_FORMAT` in the frame's attrs: its day numbers count from 1904.
    Without the name of a sheet it is the visible one with the largest table: columns times rows, of which few count,
    so that a long list of two columns is not taken for it. What a workbook says about the size of its
    sheets is not believed.

    Args:
        path: The workbook.
        table: What it should hold, for messages.
        sheet: The name of the sheet; empty to find it.
        rows: The number of rows to read; None for all.

    Raises:
        TableError: openpyxl is not installed, the file is no workbook, is too large, or has no such sheet, or none with a table.
    """
    with _open_book(path, table) as book:
        found, notes = _choose_sheet(book, path, table, sheet)
        lines, from_1904 = _list_rows(book[found.title]), book.epoch.year == 1904
        for _ in range(found.shape.header + 1):
            next(lines)
        names, texts = found.shape.names, islice(lines, None if rows is None else rows + 1)
        parts = [pd.DataFrame(columns=range(len(names)), dtype="str")]
        while part := list(islice(texts, _CHUNK_ROWS)):
            width = max(len(names), *map(len, part))
            parts.append(pd.DataFrame([row + [None] * (width - len(row)) for row in part], columns=range(width), dtype="str"))
    frame = pd.concat(parts, ignore_index=True)
    named = frame.set_axis([*names, *[""] * (frame.shape[1] - len(names))], axis=1)
    if from_1904:
        named.attrs[DAY_FORMAT] = "excel 1904"
    return FileTable(named.head(rows) if rows is not None else named, notes, whole=rows is None or len(frame) <= rows)


def read_excel_names(path: Path, table: str, sheet: str = "") -> list[str]:
    """The names of the columns of a workbook's table.

    Raises:
        TableError: As `read_excel`.
    """
    with _open_book(path, table) as book:
        return _choose_sheet(book, path, table, sheet)[0].shape.names


@contextmanager
def _open_book(path: Path, table: str) -> Iterator[Any]:
    """The workbook; what goes wrong in it becomes our error."""
    try:
        from openpyxl import load_workbook  # noqa: PLC0415  an optional extra
    except ModuleNotFoundError as error:
        do = f"{_HOW}; or install openpyxl (pip install 'lead-conversion-predictor[excel]')."
        raise make_table_error(table, f"'{path.name}' is an Excel file, which needs openpyxl to be read.", do) from error
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of openpyxl: about filters, styles and validations, which hold no cells
            _check_size(path, table)
            book = load_workbook(file, read_only=True, data_only=True)
            try:
                yield book
            finally:
                book.close()
    except TableError:
        raise
    except _BROKEN as error:
        raise make_table_error(table, f"'{path.name}' is no readable Excel file.", f"{_HOW}.") from error


def _check_size(path: Path, table: str) -> None:
    with zipfile.ZipFile(path) as archive:
        size = sum(part.file_size for part in archive.infolist() if part.filename.startswith("xl/"))
    if size > _MOST_BYTES:
        what = f"'{path.name}' unpacks to {size / 2**30:.1f} GB, more than is read of an Excel file."
        raise make_table_error(table, what, f"{_HOW}: it is read in a fraction of the memory.")


def _choose_sheet(book: Any, path: Path, table: str, sheet: str) -> tuple[_Sheet, tuple[Finding, ...]]:  # noqa: ANN401
    """The sheet with that name, or the visible one with the largest table; with findings."""
    titles = [page.title for page in book.worksheets]
    named = [page for page in book.worksheets if page.title.casefold() == sheet.casefold()]
    if sheet and not named:
        what = f"'{path.name}' has no sheet '{sheet}'; it has {list_names(titles)}."
        raise make_table_error(table, what, "Name one of these sheets.")
    pages = named or [page for page in book.worksheets if page.sheet_state == "visible"] or book.worksheets
    sheets = [found for page in pages if (found := _study_sheet(page)) is not None]
    tables = [found for found in sheets if found.shape.width > 1 and found.shape.rows] or sheets
    if not tables:
        where = f"sheet '{pages[0].title}'" if len(pages) == 1 else "workbook"
        raise make_table_error(table, f"The {where} of '{path.name}' is empty.", "Export the table again.")
    chosen = max(tables, key=lambda found: found.shape.width * min(found.shape.rows, _COUNTED_ROWS))
    place = f"sheet '{chosen.title}' of '{path.name}'" if len(titles) > 1 else f"'{path.name}'"
    above = check_lines_above(chosen.titles, table=table, place=place)
    return chosen, (*(() if sheet else _check_sheets(chosen, tables, titles, path, table)), *above)


def _check_sheets(chosen: _Sheet, tables: Sequence[_Sheet], titles: Sequence[str], path: Path, table: str) -> tuple[Finding, ...]:
    """What is said about the choice among several sheets."""
    if len(titles) == 1:
        return ()
    others = [found.title for found in tables if found is not chosen]
    code = "LEAD060" if table == "leads" else "EVENT060"
    what = f"Of the sheets {list_names(titles)} of '{path.name}', '{chosen.title}' was read"
    do = f"Name another as '{path.name}#SHEET' where that is wrong."
    if others:
        what = f"{what}, which holds the largest table; {list_names(others)} {'holds' if len(others) == 1 else 'hold'} one too."
        return (Finding(code, "warning", what, do=do),)
    return (Finding(code, "tip", f"{what}: the only one that holds a table.", do=do),)


def _study_sheet(page: Any) -> _Sheet | None:  # noqa: ANN401  a worksheet of openpyxl
    first = list(islice(_list_rows(page), 2 * MOST_LINES))
    shape = locate_table(first)
    if shape is None:
        return None
    return _Sheet(page.title, shape=shape, titles=sum(any(row) for row in first[: shape.header]))


def _list_rows(page: Any) -> Iterator[list[str | None]]:  # noqa: ANN401  a worksheet of openpyxl
    """The rows of a sheet as texts, each as long as it is filled."""
    page.reset_dimensions()  # some programs write a wrong size, by which cells would be cut off
    for row in page.iter_rows(values_only=True):
        cells = [_to_text(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        yield cells


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
