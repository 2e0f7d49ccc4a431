"""Rows of a table that are no records: blank ones, totals, and the closing lines of a report."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count
from predictor.data.columns import base_name
from predictor.data.read.report_words import has_phrase, is_total, names_total
from predictor.data.read.table_shape import is_typed
from predictor.data.read.usual_cells import read_number, study_cells

_MOST_CLOSING = 200  # rows at the end among which closing lines are looked for
_FEW = 2  # filled cells that a closing line may have in any table
_BODY = 0.7  # share of the records that stand before the last blank row, where others after it may be none
_FEWEST = 20  # rows from which most are records rather than lines of a report
_STUDIED = 2_000  # records from which the usual cells of a column are known
_LABEL = re.compile(r"[\d:(]")  # in a word for totals, which then is no name of a firm
_DATE = re.compile(r"\d[-/.:T]\d+[-/.:]\d")
_PLAIN_NUMBER = re.compile(r"\s\d+$")  # at the end of a word for totals, which may be the name of a firm: 'Total 24'
_MOST_DESCRIPTIONS, _FEWEST_TYPED = 3, 2  # rows below the header that describe columns; columns of numbers or dates they need
_FEWEST_SUMMED, _ROUNDED = 3, 1e-6  # numbers above a sum; by how much of it these may differ from it
_HELD = r"[^\s\x00-\x1f\u200b\ufeff]"  # a character that is no blank


def leave_out_lines(frame: pd.DataFrame, *, table: str, where: str = "") -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The records of a table, and a finding that counts the rows that are none.

    A row is left out where it has no cell, or where it lacks what every record has and says that it is a total, or stands at the
    end as the closing lines of a report do. A row with a cell that could be its key is always kept.

    Args:
        frame: The rows as read, blank ones included; its index numbers them from 0.
        table: What it holds, for the code of the finding.
        where: The file, for the finding; empty for none.

    >>> rows = pd.DataFrame({"id": ["a1", "a2", None, "Total: 2 records"], "city": ["Rome", "Bonn", None, None]})
    >>> kept, findings = leave_out_lines(rows, table="leads")
    >>> kept["id"].tolist()
    ['a1', 'a2']
    >>> print(findings[0].what)
    1 row that is no record was left out (row 4): headers, totals, notes, or the end of a report. 1 blank row too.
    """
    blank, lines = mark_lines(frame)
    if not blank.any() and not lines.any():
        return frame, ()
    return frame[~(blank | lines)], describe_lines(blank, lines, rows=frame.index, table=table, where=where)


def describe_lines(
    blank: np.ndarray, lines: np.ndarray, *, rows: pd.Index | None = None, table: str, where: str = ""
) -> tuple[Finding, ...]:
    """The finding that counts the rows left out; none for blank rows at the end.

    Args:
        blank: Whether each row is blank.
        lines: Whether each row is a total or a closing line.
        rows: The number of each row, from 0; None where they are not known.
        table: What the table holds, for the code of the finding.
        where: The file; empty for none.
    """
    records = np.flatnonzero(~blank & ~lines)
    inside = int(blank[: records[-1]].sum()) if len(records) else 0
    n, place = int(lines.sum()), f" of '{where}'" if where else ""
    texts = []
    if n:
        first = "" if rows is None else f" ({'first in ' * (n > 1)}row {int(rows[int(lines.argmax())]) + 1:,})"
        which = "is no record was" if n == 1 else "are no records were"
        texts.append(f"{count(n, 'row')}{place} that {which} left out{first}: headers, totals, notes, or the end of a report.")
    if n and blank.any():
        texts.append(f"{count(int(blank.sum()), 'blank row')} too.")
    elif inside:
        texts.append(f"{count(inside, 'blank row')}{place} {'was' if inside == 1 else 'were'} left out.")
    if not texts:
        return ()
    code = "LEAD039" if table == "leads" else "EVENT039"
    return (Finding(code, "tip", " ".join(texts), do="Nothing, if that is about as many as you expect."),)


def mark_lines(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are blank, and which are totals or closing lines; two arrays as long as the table."""
    if frame.shape[1] == 0:
        return np.ones(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
    filled = np.zeros(len(frame), dtype=np.int64)
    for place in range(frame.shape[1]):
        filled += frame.iloc[:, place].notna().to_numpy()
    _blank_spaces(frame, filled)
    blank, lines = filled == 0, np.zeros(len(frame), dtype=bool)
    if not blank.all():
        reader = _Reader(frame, filled)
        headers = _list_headers(frame)
        for row in [*headers, *reader.list_titles(headers), *reader.list_descriptions(), *reader.list_totals()]:
            lines[row] = True
        for row in reader.list_closing(lines):
            lines[row] = True
    return blank, lines


def _list_headers(frame: pd.DataFrame) -> list[int]:
    """Rows that repeat the header, as where several exports were put into one file."""
    names = [base_name(str(name)) for name in frame.columns]
    rows = np.flatnonzero(frame.iloc[:, 0].astype("str").to_numpy() == names[0]).tolist()
    return [row for row in rows if [str(cell).strip() for cell in frame.iloc[row]] == names]


def _blank_spaces(frame: pd.DataFrame, filled: np.ndarray) -> None:
    """Set the number of cells of rows that hold nothing but blanks to 0."""
    first = frame.iloc[:, 0]
    spaces = first.astype("str").str.strip().eq("").to_numpy(dtype=bool) & first.notna().to_numpy()
    rows = np.flatnonzero((filled > 0) & (spaces | (first.isna().to_numpy() & (filled <= _FEW))))
    part, holds = frame.iloc[rows], np.zeros(len(rows), dtype=bool)
    for place in range(frame.shape[1] if len(rows) else 0):
        cells = part.iloc[:, place]
        holds |= cells.notna().to_numpy() & cells.astype("str").str.contains(_HELD, regex=True).to_numpy(
            dtype=bool, na_value=False
        )
    filled[rows[~holds]] = 0


def _list_records(filled: np.ndarray, most: float) -> np.ndarray:
    """Rows that fill about as many cells as most do, but for a few after the last blank row."""
    records, blank = np.flatnonzero(filled >= max(most / 2, 1)), np.flatnonzero(filled == 0)
    before = records[records < blank[-1]] if len(blank) else records
    return before if len(before) >= _BODY * len(records) else records


class _Reader:
    """The rows of a table beside its records: those that fill about as many cells as most rows do."""

    def __init__(self, frame: pd.DataFrame, filled: np.ndarray) -> None:
        self._frame, self._filled, self._cells = frame, filled, dict[int, list[tuple[int, str]]]()
        cells = filled[filled > 0]
        self._most = float(np.median(cells) if len(cells) >= _FEWEST else cells.max())
        self._sparse = filled <= max(_FEW, self._most / 3)
        half, studied = _STUDIED // 2, _list_records(filled, self._most)
        if len(studied) > _STUDIED:
            studied = np.concatenate([studied[:half], studied[-half:]])
        self._load_cells(studied[self._sparse[studied]])
        studied = np.array([row for row in studied.tolist() if not (self._sparse[row] and self._is_line(row))], dtype=np.int64)
        self._usual = [study_cells(frame.iloc[studied, place]) for place in range(frame.shape[1])]
        keys = [place for place, usual in enumerate(self._usual) if usual.is_key]
        self._keys = [place for place in keys if self._usual[place].letters] or keys  # numbers may be amounts
        self._needed = [place for place, usual in enumerate(self._usual) if usual.filled or not len(studied)]

    def list_titles(self, headers: Sequence[int]) -> list[int]:
        """Rows with the title of a group: one cell above a repeated header."""
        above = [row - 1 for row in headers if row and self._most > _FEW]
        return [row for row in above if self._filled[row] == 1 and not self._is_record(row)]

    def list_descriptions(self) -> list[int]:
        """First rows that describe the columns, as surveys have them below the header: words above all numbers and dates."""
        typed = [place for place, usual in enumerate(self._usual) if usual.typed and usual.filled]
        rows: list[int] = []
        for row in range(min(_MOST_DESCRIPTIONS, len(self._frame)) if len(typed) >= _FEWEST_TYPED else 0):
            cells = dict(self._list_cells(row))
            if self._is_record(row) or any(is_typed(cells.get(place)) or place not in cells for place in typed):
                break
            rows.append(row)
        return rows

    def list_totals(self) -> list[int]:
        """Rows anywhere that say they are totals, or what a report says at its end."""
        gaps = np.zeros(len(self._frame), dtype=np.int64)
        for place in self._needed:
            gaps += self._frame.iloc[:, place].isna().to_numpy()
        tail = np.zeros(len(gaps), dtype=bool)
        tail[np.flatnonzero(self._filled > 0)[-_MOST_CLOSING:]] = True
        keyless = np.full(len(gaps), bool(self._keys))
        for place in self._keys:
            keys = self._frame.iloc[:, place]
            keyless &= keys.isna().to_numpy() | self._mark_totals(keys, gaps > 0)
        rows = np.flatnonzero((self._filled > 0) & (tail | keyless | (2 * gaps >= max(len(self._needed), 1))))
        self._load_cells(rows)
        return [row for row in rows.tolist() if self._is_line(row) and self._lacks(row)]

    def _mark_totals(self, cells: pd.Series, among: np.ndarray) -> np.ndarray:
        """Whether each of some cells begins with a word for totals."""
        found = np.zeros(len(cells), dtype=bool)
        found[among] = [isinstance(cell, str) and is_total(cell) for cell in cells.to_numpy(dtype=object)[among]]
        return found

    def list_closing(self, totals: np.ndarray) -> list[int]:
        """Rows at the end that are no records, in their order."""
        closing, apart, before = [], False, None
        for row in self._list_end(totals):
            apart = (
                apart or (before is not None and row - before > 1) or (before is None and row > 0 and self._filled[row - 1] == 0)
            )
            before = row
            if totals[row]:
                apart = True
            elif (apart and self._is_sum(row)) or (self._lacks(row) and (self._is_note(row, apart=apart) or self._has_sums(row))):
                closing.append(row)
                apart = True
            else:
                apart = False
        return closing

    def _list_end(self, totals: np.ndarray) -> list[int]:
        """The rows after the last that fills about as many cells as most do, without blank ones."""
        rows: list[int] = []
        for row in np.flatnonzero(self._filled > 0)[::-1].tolist():
            if len(rows) == _MOST_CLOSING or not (self._sparse[row] or totals[row] or self._lacks(row)):
                break
            rows.append(row)
        return rows[::-1]

    def _list_cells(self, row: int) -> list[tuple[int, str]]:
        if row not in self._cells:
            self._load_cells(np.array([row]))
        return self._cells[row]

    def _load_cells(self, rows: np.ndarray) -> None:
        """Keep the filled cells of some rows, each with its place; all at once, as one row of a frame takes long to find."""
        part = self._frame.iloc[rows]
        for row, cells, filled in zip(rows.tolist(), part.to_numpy(dtype=object), part.notna().to_numpy(), strict=True):
            self._cells[row] = [(place, str(cells[place]).strip()) for place in np.flatnonzero(filled).tolist()]

    def _is_line(self, row: int) -> bool:
        """Whether its first cell says that it is a total or what reports say at their end; a firm may have a name like that."""
        cells = self._list_cells(row)
        text, few = cells[0][1], len(cells) < self._most or len(cells) == 1
        is_label = is_total(text) and (few or (_LABEL.search(text) is not None and self._confirms(row)))
        return is_label or (few and (self._is_group_total(row) or (len(cells) <= _FEW and has_phrase(text))))

    def _is_group_total(self, row: int) -> bool:
        """Whether its first cell names a total, as 'Total North', before numbers only."""
        (_, word), *others = self._list_cells(row)
        return names_total(word) and bool(others) and all(is_typed(cell) and not _DATE.search(cell) for _, cell in others)

    def _confirms(self, row: int) -> bool:
        """Whether a row with as many cells as a record is a total: by its label, or where it counts or adds up the rows above."""
        text = self._list_cells(row)[0][1]
        if not _PLAIN_NUMBER.search(text):
            return True
        number = read_number(text.rpartition(" ")[2])
        return number == np.count_nonzero(self._filled[:row]) or (bool(sums := self._list_sums(row)) and all(sums))

    def _list_sums(self, row: int) -> list[bool]:
        """Whether each of its numbers, but 0, is the sum of the column above it."""
        numbers = [(place, read_number(cell)) for place, cell in self._list_cells(row)]
        return [self._adds_up(row, place, number) for place, number in numbers if number == number and number]  # noqa: PLR0124  NaN

    def _adds_up(self, row: int, place: int, total: float) -> bool:
        above = self._frame.iloc[:row, place].dropna().astype("str").map(read_number).to_numpy(dtype=float)
        is_summed = np.count_nonzero(np.isfinite(above)) >= _FEWEST_SUMMED
        return bool(is_summed and abs(np.nansum(above) - total) <= _ROUNDED * abs(total))

    def _is_record(self, row: int) -> bool:
        """Whether one of its cells could be its key."""
        cells = [(place, cell) for place, cell in self._list_cells(row) if place in self._keys and not is_total(cell)]
        return any(self._usual[place].is_like(cell) for place, cell in cells)

    def _is_sum(self, row: int) -> bool:
        """Whether a word for totals stands before numbers only."""
        (_, word), *others = self._list_cells(row)
        return is_total(word) and all(is_typed(cell) and not _DATE.search(cell) for _, cell in others)

    def _has_sums(self, row: int) -> bool:
        """Whether it holds nothing but numbers, one of them the sum of its column, as a line of sums without a label."""
        return all(is_typed(cell) for _, cell in self._list_cells(row)) and any(self._list_sums(row))

    def _is_labelled(self, row: int) -> bool:
        """Whether a word for totals stands where the key would be, as no key of such letters and digits is."""
        place, word = self._list_cells(row)[0]
        return place in self._keys and is_total(word) and (_LABEL.search(word) is not None or self._usual[place].mostly_digits)

    def _lacks(self, row: int) -> bool:
        """Whether it has no key, and at least half of what every record has is missing or something else."""
        if self._is_sum(row) and _LABEL.search(self._list_cells(row)[0][1]):
            return True
        if self._is_record(row):
            return False
        if self._keys and (self._is_sum(row) or self._is_labelled(row)):  # the totals of a group
            return True
        cells = dict(self._list_cells(row))
        missing = [place for place in self._needed if place not in cells or self._is_odd(place, cells[place])]
        return bool(missing) and 2 * len(missing) >= len(self._needed)

    def _is_odd(self, place: int, cell: str) -> bool:
        """Whether a cell is none that its column usually has."""
        usual = self._usual[place]
        if usual.is_key:
            return not usual.is_like(cell) or is_total(cell)
        return cell not in usual.cells and (is_total(cell) or has_phrase(cell) or (usual.typed and not is_typed(cell)))

    def _is_note(self, row: int, *, apart: bool) -> bool:
        """Whether a row of few cells is a note: apart from the records, or longer than what its column usually has."""
        (place, cell), *others = self._list_cells(row)
        known = any(cell in self._usual[place].cells and not self._usual[place].typed for place, cell in others)
        if known or self._usual[place].has(cell):
            return False
        return apart or has_phrase(cell) or len(re.findall(r"\S+", cell)) > max(self._usual[place].words, 2)
