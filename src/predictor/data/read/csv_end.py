"""The end of a CSV file: whether it was written to its end, and the closing lines of a report in it."""

from __future__ import annotations

import codecs
import csv
import io
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from predictor.core.errors import Finding
from predictor.data.read.csv_header import Header
from predictor.data.read.report_lines import describe_lines, mark_lines
from predictor.data.read.table_errors import make_table_error

_END_BYTES = 1 << 16
_MARKED = {  # encodings whose mark stands at the start of the file only; of UTF-32 first, since that of UTF-16 is its beginning
    codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be",
}  # fmt: skip
_FEWEST_ROWS = 3  # from which the end of a file is judged
_LONGEST_LINE = 2_000  # characters of a closing line; more come from a quote that the part of the file has opened


class _Rows(NamedTuple):
    """The rows at the end of a file: the cells of each, where each begins in the text, and the text."""

    cells: list[list[str]]
    starts: list[int]
    text: str


def check_end(path: Path, table: str, header: Header, frame: pd.DataFrame) -> None:
    """Refuse a file that was not written to its end: its last line has fewer cells than all before it, and no line end.

    Args:
        path: The file.
        table: What it should hold, for messages.
        header: Its header.
        frame: Its rows; a closing line of a report may be short.

    Raises:
        TableError: The file is cut off.
    """
    rows, _, text = _read_last_rows(path, header)
    widths, full = [len(cells) for cells in rows if cells], len(header.names)
    if len(widths) < _FEWEST_ROWS or widths[-1] >= full or set(widths[:-1]) != {full} or text.endswith(("\n", "\r")):
        return
    if mark_lines(frame)[1][-1]:
        return
    what = f"'{path.name}' is not complete: its last line has {widths[-1]} of {full} cells, and no line end."
    raise make_table_error(table, what, "Export it again, or remove that line.")


def locate_closing_lines(path: Path, table: str, header: Header) -> tuple[int, tuple[Finding, ...]]:
    """Where the closing lines of a report begin in a file in UTF-8, in bytes, and the finding that counts them.

    Args:
        path: The file.
        table: What it should hold, for the code of the finding.
        header: Its header.

    Returns:
        The size of the file and no finding where there are no such lines.
    """
    size, full = path.stat().st_size, len(header.names)
    rows, starts, text = _read_last_rows(path, header)
    if len(rows) < _FEWEST_ROWS:
        return size, ()
    cells = [[cell or None for cell in row[:full]] + [None] * (full - len(row)) for row in rows]
    blank, lines = mark_lines(pd.DataFrame(cells, columns=range(full), dtype="str"))
    first = len(rows)
    while first and (blank[first - 1] or lines[first - 1]):
        first -= 1
    if not lines[first:].any() or max(sum(map(len, row)) for row in rows[first:]) > _LONGEST_LINE:
        return size, ()
    finding = describe_lines(blank[first:] & False, lines[first:], table=table, where=path.name)
    return size - len(text[starts[first] :].encode()), finding


def _read_last_rows(path: Path, header: Header) -> _Rows:
    """The rows at the end of a file, blank ones included, without one that is only partly there; none where they are broken."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(max(size - _END_BYTES, 0) // 4 * 4)
        encoding = next((name for mark, name in _MARKED.items() if start.startswith(mark)), header.encoding)
        text = file.read().decode(encoding, errors="replace")
    lines = list(io.StringIO(text, newline=""))[header.skip if size <= _END_BYTES else 0 :]
    reader, rows, starts = csv.reader(lines, delimiter=header.delimiter), list[list[str]](), [0]
    places = list(accumulate(map(len, lines), initial=0))
    try:
        for cells in reader:
            rows.append(cells)
            starts.append(places[reader.line_num])
    except csv.Error:
        return _Rows([], starts=[], text="")
    return _Rows(rows[1:], starts=starts[1:], text="".join(lines))  # without the header, or the rest of a row
