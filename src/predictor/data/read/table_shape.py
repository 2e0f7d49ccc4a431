"""Where a table is in rows of texts: its header below the lines above it, and the names of its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from predictor.core.errors import Finding, count, list_names
from predictor.data.columns import base_name, make_names

_LONGEST_TYPED = 60  # characters
_TYPED = re.compile(r"(?=\D*\d)[\d\s.,:/+€$£%()TZ-]+")
Row = Sequence[str | None]
MOST_LINES = 100  # rows in which the header is looked for
_STUDIED = 30  # rows below a header that say what its columns hold
_NEARLY = 0.8  # share of the widest row that a header fills


class FileTable(NamedTuple):
    """A table as read.

    Attributes:
        frame: Its rows or records; the index numbers the rows below the header from 0, those that were left out included.
        notes: Findings about what was left out or is named otherwise.
        whole: Whether there are no more rows.
    """

    frame: pd.DataFrame
    notes: tuple[Finding, ...] = ()
    whole: bool = True


class Shape(NamedTuple):
    """A table in rows of texts.

    Attributes:
        header: The place of the header among the rows, from 0.
        names: The names in it, trimmed.
        width: The number of names.
        rows: The number of rows below it that hold anything.
    """

    header: int
    names: list[str]
    width: int
    rows: int


def locate_table(rows: Sequence[Row]) -> Shape | None:
    """The table in the first rows of a file or sheet; None where no row holds anything.

    The header is the first row with about as many texts as the rows below have cells; lines above it hold fewer.

    Args:
        rows: The first rows, blank ones included; of different lengths where the file has them so.

    >>> locate_table([["Report of May"], [], ["id", "size"], ["a", "3"], ["b", "4"]]).header
    2
    """
    filled = [place for place, row in enumerate(rows) if _count(row)][:MOST_LINES]
    if not filled:
        return None
    widest = max(_count(rows[place]) for place in filled)
    likely = [place for place in filled if _is_header(rows, place, widest)]
    header = _choose_header(rows, likely, widest) if likely else filled[0]
    names = [(cell or "").strip() for cell in rows[header]]
    return Shape(header, names=names, width=_count(rows[header]), rows=sum(place > header for place in filled))


def _choose_header(rows: Sequence[Row], likely: Sequence[int], widest: int) -> int:
    """The first likely header, unless a later one names more columns, and columns of numbers or dates among them."""
    first = likely[0]
    if _count(rows[first]) >= _NEARLY * widest:
        return first
    for place in likely[1:]:
        more = _count(rows[place]) > _count(rows[first])
        if more and (_count_contrasts(rows, place) or _is_apart(rows, first)):
            return place
    return first


def _is_header(rows: Sequence[Row], place: int, widest: int) -> bool:
    """Whether a row has names of at least half of the columns, and no number or date above numbers or dates."""
    row = rows[place]
    first = next(cell for cell in row if cell and cell.strip())
    if first.strip().endswith(":"):  # a label of what stands beside it
        return False
    if _count(row) < max(widest / 2, min(widest, 2)) or 2 * sum(map(is_typed, row)) > _count(row):
        return False
    return not any(is_typed(cell) and _is_typed_below(rows, place, at) for at, cell in enumerate(row))


def _count_contrasts(rows: Sequence[Row], place: int) -> int:
    """The number of names above columns of numbers or dates."""
    return sum(bool(cell) and not is_typed(cell) and _is_typed_below(rows, place, at) for at, cell in enumerate(rows[place]))


def _is_typed_below(rows: Sequence[Row], place: int, at: int) -> bool:
    below = rows[place + 1 : place + 1 + _STUDIED]
    cells = [row[at] for row in below if at < len(row) and (row[at] or "").strip()]
    return bool(cells) and sum(map(is_typed, cells)) >= _NEARLY * len(cells)


def _is_apart(rows: Sequence[Row], place: int) -> bool:
    """Whether a blank row follows."""
    return place + 1 < len(rows) and not _count(rows[place + 1])


def is_typed(cell: str | None) -> bool:
    """Whether a cell holds a number, an amount or a date rather than words.

    >>> is_typed("1.234,50 €"), is_typed("2026-01-31T09:05:00Z"), is_typed("Q1"), is_typed(None)
    (True, True, False, False)
    """
    return cell is not None and len(cell) <= _LONGEST_TYPED and _TYPED.fullmatch(cell) is not None


def _count(row: Row) -> int:
    return sum(bool(cell and cell.strip()) for cell in row)


def shape_columns(frame: pd.DataFrame, *, table: str, place: str) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The table with a different name for each column and without columns that have none, and findings about both.

    Args:
        frame: The rows, with the names of the header.
        table: What it holds, for the codes of findings.
        place: The file or table, as findings call it.

    >>> frame = pd.DataFrame([["a", "x", "y", None]], columns=["id", "n", "n", ""])
    >>> shaped, findings = shape_columns(frame, table="leads", place="'leads.csv'")
    >>> list(shaped), [finding.code for finding in findings]
    (['id', 'n', 'n (2)'], ['LEAD062'])
    """
    names = [str(name).strip() for name in frame.columns]
    unnamed = [at for at, name in enumerate(names) if not name]
    findings = (*check_repeated(names, table=table, place=place), *_check_unnamed(frame, unnamed, table, place))
    if not unnamed and len(set(names)) == len(names):
        return frame if names == list(frame.columns) else frame.set_axis(names, axis=1), findings
    shaped = frame.set_axis(make_names(names), axis=1)
    return shaped.iloc[:, [at for at in range(len(names)) if at not in set(unnamed)]], findings


def check_repeated(names: Sequence[str], *, table: str, place: str) -> tuple[Finding, ...]:
    """A finding about columns of one label; none where each has a label of its own.

    Args:
        names: The names in the header.
        table: What the table holds, for the code of the finding.
        place: The file or table, as findings call it.
    """
    renamed = [new for name, new in zip(names, make_names(names), strict=True) if new != name]
    if not renamed:
        return ()
    labels = list_names(dict.fromkeys(base_name(name) for name in renamed))
    what = f"{place} has columns of one label: {labels}. The later ones are read as {list_names(renamed)}."
    do = "Rename them before the export, or use these names in the settings."
    return (Finding("LEAD062" if table == "leads" else "EVENT062", "warning", what, do=do),)


def _check_unnamed(frame: pd.DataFrame, unnamed: Sequence[int], table: str, place: str) -> tuple[Finding, ...]:
    cells = {at: int(n) for at in unnamed if (n := frame.iloc[:, at].notna().sum())}
    if not cells:
        return ()
    listed = ", ".join(f"{at + 1} ({count(n, 'cell')})" for at, n in list(cells.items())[:8])
    more = f" and {len(cells) - 8} more" if len(cells) > 8 else ""
    what = f"{place} has columns without a name, which were left out: column {listed}{more}."
    return (
        Finding(
            "LEAD061" if table == "leads" else "EVENT061",
            "warning",
            what,
            do="Write a name into the header where the cells matter.",
        ),
    )


def check_lines_above(lines: int, *, table: str, place: str) -> tuple[Finding, ...]:
    """A finding about the lines above the header; none where there are none.

    Args:
        lines: How many of them hold anything.
        table: What the table holds, for the code of the finding.
        place: The file or sheet, as findings call it.
    """
    if not lines:
        return ()
    what = f"{count(lines, 'line')} above the header of {place} {'was' if lines == 1 else 'were'} left out."
    return (
        Finding("LEAD060" if table == "leads" else "EVENT060", "tip", what, do="Nothing, if the columns have the right names."),
    )
