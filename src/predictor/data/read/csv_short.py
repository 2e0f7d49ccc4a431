"""Rows of a CSV file with fewer cells than its header has names: their last cells are missing, or all cells are shifted."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pandas as pd

from predictor.core.errors import Finding, count
from predictor.data.read.csv_header import Header
from predictor.data.read.csv_quotes import CsvRow, fits_types, iterate_rows, list_typed
from predictor.data.read.report_lines import mark_lines

_MANY = 0.05  # share of short rows from which the file leaves off empty cells at their ends, as spreadsheets do


def check_short_rows(path: Path, header: Header, frame: pd.DataFrame, rows: int | None = None) -> tuple[Finding, ...]:
    """A finding that counts short rows of a file of leads: a tip where the file leaves off empty cells at the end of many rows.

    Args:
        path: The file.
        header: Its header.
        frame: Its rows as read, blank ones included, numbered from 0; the closing lines of a report may be short.
        rows: Only the first rows are looked at; None for all.
    """
    last = frame.iloc[:, compute_width(header) - 1]
    if not (last.isna() & frame.notna().any(axis=1)).any():
        return ()
    width, total, short = compute_width(header), 0, dict[int, CsvRow]()
    for number, row in enumerate(islice(iterate_rows(path, header), rows)):
        total += any(row.cells)
        if any(row.cells) and len(row.cells) < width:
            short[number] = row
    if not short:
        return ()
    for number in frame.index[mark_lines(frame)[1]]:
        short.pop(number, None)
    return _describe(path, header, list(short.values()), total)


def compute_width(header: Header) -> int:
    """The number of names of a header without empty ones at its end.

    >>> compute_width(Header("utf-8", delimiter=",", names=["id", "", "city", "", ""]))
    3
    """
    return max((place + 1 for place, name in enumerate(header.names) if name), default=1)


def _describe(path: Path, header: Header, short: list[CsvRow], total: int) -> tuple[Finding, ...]:
    if not short:
        return ()
    n, first, typed = len(short), short[0], list_typed(path, header)
    shifted = [row.first for row in short if not fits_types(row.cells, typed)]
    what = f"{count(n, 'row')} of '{path.name}' {'has' if n == 1 else 'have'} fewer cells than the header has names: "
    what += f"{'' if n == 1 else 'the first, '}line {first.first:,}, has {len(first.cells)} of {compute_width(header)}. "
    what += "What is not there is read as empty."
    if shifted:
        what += f" Cells of {count(len(shifted), 'such row')} are in the wrong columns (first in line {shifted[0]:,})."
    if n > _MANY * total and not shifted:
        return (Finding("LEAD064", "tip", what, do="Nothing, where the file leaves off empty cells at the end of a row."),)
    return (Finding("LEAD064", "warning", what, do="Export the file again, or fix these lines."),)
