"""Stray quotes in a CSV file: one that opens a cell swallows the records up to the next quote, or to the end of the file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from predictor.core.errors import Finding, TableError, count
from predictor.data.read.csv_header import Header
from predictor.data.read.table_shape import is_typed

_LONGEST_CELL = 1 << 28  # characters; the csv module refuses more than 131,072 by default
_STUDIED = 200  # rows that say which columns hold dates or numbers
_FEWEST = 3  # cells from which a column is judged
_NEARLY = 0.9  # share of dates and numbers among its cells
_LINE_END = re.compile(r"\r\n|\r|\n")
_DO = "Remove the quote where it is stray, or export the file again."
csv.field_size_limit(_LONGEST_CELL)


class CsvRow(NamedTuple):
    """A row of a CSV file: the lines in which it begins and ends, from 1, and its cells; none of a blank one."""

    first: int
    last: int
    cells: list[str]


def iterate_rows(path: Path, header: Header) -> Iterator[CsvRow]:
    """The rows below the header, one after another, blank ones included.

    Args:
        path: The file.
        header: Its header.
    """
    with path.open(encoding=header.encoding, newline="") as lines:
        for _ in range(header.skip):
            lines.readline()
        rows = csv.reader(lines, delimiter=header.delimiter)
        next(rows, None)
        first = rows.line_num + 1
        for cells in rows:
            yield CsvRow(header.skip + first, last=header.skip + rows.line_num, cells=cells)
            first = rows.line_num + 1


def locate_open_quote(path: Path, header: Header) -> int:
    """The line, from 1, of the quote that opens the last cell of a file which ends within it."""
    line = header.skip + 1
    for row in iterate_rows(path, header):
        line = row.first + sum(len(_LINE_END.findall(cell)) for cell in row.cells[:-1])
    return line


def list_typed(path: Path, header: Header) -> list[int]:
    """The places of the columns that hold dates or numbers, by the first complete rows of one line."""
    full = len(header.names)
    plain = (row.cells for row in iterate_rows(path, header) if row.first == row.last and len(row.cells) == full)
    studied = [[cell.strip() for cell in column if cell.strip()] for column in zip(*islice(plain, _STUDIED), strict=True)]
    return [place for place, cells in enumerate(studied) if len(cells) >= _FEWEST and _are_typed(cells)]


def _are_typed(cells: Sequence[str]) -> bool:
    return sum(map(is_typed, cells)) >= _NEARLY * len(cells)


def fits_types(cells: Sequence[str], typed: Sequence[int]) -> bool:
    """Whether the cells of a row hold dates or numbers, or nothing, where records do."""
    return all(is_typed(cells[at].strip()) or not cells[at].strip() for at in typed if at < len(cells))


def check_quotes(path: Path, table: str, header: Header, rows: int | None = None) -> None:
    """Refuse a file with a cell in quotes that spans lines which look like records, as after a stray quote.

    Notes of several lines are fine: theirs do not have as many delimiters as the header, and dates and numbers in their places.

    Args:
        path: The file.
        table: What it should hold, for the code of the finding.
        header: Its header.
        rows: Only the first rows are looked at; None for all.

    Raises:
        TableError: There is such a cell; the finding names its line.
    """
    typed = list_typed(path, header)
    fewest = 1 if len(typed) > 1 else 2
    for row in islice(iterate_rows(path, header), rows):
        if row.first == row.last:
            continue
        line = row.first
        for place, cell in enumerate(row.cells):
            parts = _LINE_END.split(cell)
            records = sum(_is_record(part.split(header.delimiter), header, typed) for part in parts[1:-1])
            if records >= fewest or (len(parts) > 1 and typed and _holds_two(row.cells, place, header, typed)):
                records = max(records, 1)
                raise _make_quote_error(path, table, line, len(parts), records)
            line += len(parts) - 1


def _holds_two(cells: Sequence[str], place: int, header: Header, typed: Sequence[int]) -> bool:
    """Whether the lines in which a cell begins and ends are a record each, as where a stray quote is closed by the next one.

    A quote that closes in the same column leaves a row as long as any other, in which a record is lost.
    """
    parts = _LINE_END.split(cells[place])
    first = [*cells[:place], *parts[0].split(header.delimiter)]
    last = [*parts[-1].split(header.delimiter), *cells[place + 1 :]]
    return header.delimiter in parts[-1] + parts[0] and all(_is_record(line, header, typed) for line in (first, last))


def _is_record(cells: Sequence[str], header: Header, typed: Sequence[int]) -> bool:
    """Whether a line within a cell has the cells of a record; in words, blanks follow commas."""
    full = len(header.names)
    if len(cells) != full or full == 1 or any(cell.startswith(" ") for cell in cells[1:]):
        return False
    if not typed:
        return full > 2
    return fits_types(cells, typed) and any(cells[at].strip() for at in typed)


def _make_quote_error(path: Path, table: str, line: int, lines: int, records: int) -> TableError:
    verb = "looks like a record" if records == 1 else "look like records"
    what = f"A quote in line {line:,} of '{path.name}' opens a cell that ends only {count(lines - 1, 'line')} further down; "
    what += f"{count(records, 'line')} within it {verb}, and would be lost."
    return TableError(table, [Finding("LEAD000" if table == "leads" else "EVENT002", "error", what, do=_DO)])
