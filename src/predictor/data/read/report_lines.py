"""Rows of a table that are no records: blank ones, totals, and the closing lines of a report."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count
from predictor.data.read.table_shape import is_typed
from predictor.data.values import list_cells

_FULL = 0.98  # share of rows that fill a column which every record has
_MOST_CLOSING = 200  # rows at the end among which closing lines are looked for
_FEW = 2  # filled cells that a closing line may have in any table
_STUDIED = 2_000  # records from which the usual cells of a column are known
_HELD = r"[^\s\x00-\x1f\u200b\ufeff]"  # a character that is no blank
_WORD = re.compile(r"\w")


@dataclass(frozen=True)
class _Usual:
    """What the cells of a column look like in the records.

    Attributes:
        filled: Whether (nearly) every record fills it.
        is_key: Whether its cells look like keys: hardly ever repeated, without blanks, and no dates or amounts.
        digits: Whether every cell has a digit.
        at: Whether every cell has an @.
        typed: Whether nearly every cell is a number or a date.
        lengths: Characters of the shortest and of the longest cell.
        words: Words of the longest cell, but for the longest in twenty.
        cells: Cells of the studied records.
    """

    filled: bool
    is_key: bool
    digits: bool
    at: bool
    typed: bool
    lengths: tuple[int, int]
    words: int
    cells: frozenset[str]

    def is_like(self, cell: str) -> bool:
        """Whether a cell could be the key of one more record."""
        shortest, longest = self.lengths
        plain = shortest - 3 <= len(cell) <= longest + 3 and not re.search(r"\s", cell) and bool(_WORD.search(cell))
        return plain and (not self.digits or any(map(str.isdigit, cell))) and (not self.at or "@" in cell)

    def has(self, cell: str) -> bool:
        """Whether records have the cell, or another number or date where they have those."""
        return cell in self.cells or (self.typed and is_typed(cell))


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
    >>> kept["id"].tolist(), findings[0].what
    (['a1', 'a2'], '1 row that is no record was left out (row 4): totals, notes, or the end of a report. 1 blank row too.')
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
        texts.append(f"{count(n, 'row')}{place} that {which} left out{first}: totals, notes, or the end of a report.")
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
    filled = np.zeros(len(frame), dtype=np.int64)
    for place in range(frame.shape[1]):
        filled += frame.iloc[:, place].notna().to_numpy()
    _blank_spaces(frame, filled)
    blank, lines = filled == 0, np.zeros(len(frame), dtype=bool)
    if not blank.all():
        reader = _Reader(frame, filled)
        for row in reader.list_totals():
            lines[row] = True
        for row in reader.list_closing(lines):
            lines[row] = True
    return blank, lines


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


class _Reader:
    """The rows of a table beside its records: those that fill about as many cells as most rows do."""

    def __init__(self, frame: pd.DataFrame, filled: np.ndarray) -> None:
        self._frame, self._filled = frame, filled
        most = float(np.median(filled[filled > 0]))
        self._sparse = filled <= max(_FEW, most / 3)
        self._records = np.flatnonzero(filled >= max(most / 2, 1))
        half = _STUDIED // 2
        studied = self._records
        if len(studied) > _STUDIED:
            studied = np.concatenate([studied[:half], studied[-half:]])
        studied = np.array([row for row in studied.tolist() if not (self._sparse[row] and self._is_line(row))], dtype=np.int64)
        self._usual = [_study(frame.iloc[studied, place]) for place in range(frame.shape[1])]
        self._needed = [place for place, usual in enumerate(self._usual) if usual.filled or not len(studied)]

    def list_totals(self) -> list[int]:
        """Rows anywhere that say they are totals, or what a report says at its end."""
        gaps = np.zeros(len(self._frame), dtype=np.int64)
        for place in self._needed:
            gaps += self._frame.iloc[:, place].isna().to_numpy()
        tail = np.zeros(len(gaps), dtype=bool)
        tail[np.flatnonzero(self._filled > 0)[-_MOST_CLOSING:]] = True
        rows = np.flatnonzero((self._filled > 0) & (tail | (2 * gaps >= max(len(self._needed), 1))))
        return [row for row in rows.tolist() if self._is_line(row) and self._lacks(row)]

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
            elif not self._is_record(row) and self._lacks(row) and self._is_note(row, apart=apart):
                closing.append(row)
                apart = True
            else:
                apart = False
        return closing

    def _list_end(self, totals: np.ndarray) -> list[int]:
        """The rows after the last that fills about as many cells as most do, without blank ones."""
        rows: list[int] = []
        for row in np.flatnonzero(self._filled > 0)[::-1].tolist():
            if len(rows) == _MOST_CLOSING or not (self._sparse[row] or totals[row]):
                break
            rows.append(row)
        return rows[::-1]

    def _list_cells(self, row: int) -> list[tuple[int, str]]:
        cells = self._frame.iloc[row]
        return [(place, str(cells.iloc[place]).strip()) for place in np.flatnonzero(cells.notna()).tolist()]

    def _is_line(self, row: int) -> bool:
        """Whether its first cell says that it is a total, or its only cell what reports say at their end."""
        cells = self._list_cells(row)
        return bool(cells) and (_is_total(cells[0][1]) or (len(cells) <= _FEW and _has_phrase(cells[0][1])))

    def _is_record(self, row: int) -> bool:
        """Whether one of its cells could be its key."""
        cells = self._list_cells(row)
        keys = [(place, cell) for place, cell in cells if self._usual[place].is_key and self._usual[place].is_like(cell)]
        is_total = _is_total(cells[0][1])
        return any(not _is_total(cell) and not (is_total and self._sums_up(place, cell)) for place, cell in keys)

    def _sums_up(self, place: int, cell: str) -> bool:
        """Whether a cell is the count, the sum or the mean of the numbers of its column."""
        numbers = pd.to_numeric(self._frame.iloc[self._records, place], errors="coerce")
        number = pd.to_numeric(cell, errors="coerce")
        return bool(np.isclose(number, [numbers.count(), numbers.sum(), numbers.sum() - number, numbers.mean()]).any())

    def _lacks(self, row: int) -> bool:
        """Whether it has no key, and at least half of what every record has is missing or something else."""
        if self._is_record(row):
            return False
        cells = dict(self._list_cells(row))
        missing = [place for place in self._needed if place not in cells or self._is_odd(place, cells[place])]
        return bool(missing) and 2 * len(missing) >= len(self._needed)

    def _is_odd(self, place: int, cell: str) -> bool:
        """Whether a cell is none that its column usually has."""
        usual = self._usual[place]
        if usual.is_key:
            return not usual.is_like(cell) or _is_total(cell)
        return cell not in usual.cells and (_is_total(cell) or _has_phrase(cell))

    def _is_note(self, row: int, *, apart: bool) -> bool:
        """Whether a row of few cells is a note: apart from the records, or longer than what its column usually has."""
        (place, cell), *others = self._list_cells(row)
        known = any(cell in self._usual[place].cells and not self._usual[place].typed for place, cell in others)
        if known or self._usual[place].has(cell):
            return False
        return apart or _has_phrase(cell) or len(re.findall(r"\S+", cell)) > max(self._usual[place].words, 2)


def _study(column: pd.Series) -> _Usual:
    cells = [str(cell).strip() for cell in list_cells(column.dropna().array)]
    plain = [cell for cell in cells if not re.search(r"\s", cell)]
    distinct = frozenset(cells)
    is_key = bool(cells) and len(plain) >= _FULL * len(cells) and 2 * len(distinct) > len(cells) and _are_keys(plain)
    words = sorted(len(re.findall(r"\S+", cell)) for cell in cells)
    return _Usual(
        filled=len(cells) > 0 and len(cells) >= _FULL * len(column),
        is_key=is_key,
        digits=bool(cells) and all(any(map(str.isdigit, cell)) for cell in cells),
        at=bool(cells) and all("@" in cell for cell in cells),
        typed=bool(cells) and sum(map(is_typed, cells)) >= _FULL * len(cells),
        lengths=(min(map(len, cells), default=0), max(map(len, cells), default=0)),
        words=words[int(0.95 * (len(words) - 1))] if words else 0,
        cells=distinct,
    )


def _are_keys(cells: list[str]) -> bool:
    """Whether cells without blanks are neither dates nor amounts: numbers are keys where they are whole and as long as others."""
    numeric = [cell for cell in cells if is_typed(cell)]
    if 2 * len(numeric) < len(cells):
        return True
    whole = [cell for cell in numeric if cell.isdigit()]
    if len(whole) < _FULL * len(numeric):
        return False
    lengths, numbers = [len(cell) for cell in whole], sorted(map(int, whole))
    same = max(map(lengths.count, set(lengths))) >= 0.9 * len(whole)
    return same or numbers[-1] - numbers[0] <= 20 * len(numbers)


def _is_total(text: str) -> bool:
    """Whether a text is a word for totals, maybe with a number or a remark behind it.

    >>> [_is_total(text) for text in ("Grand Totals (900 records)", "Summe: 12", "TOTAL", "Totally Ltd", "Sum of Amount")]
    [True, True, True, False, True]
    """
    return _match_totals().match(text.casefold()) is not None


@cache
def _match_totals() -> re.Pattern[str]:
    words = "|".join(re.escape(word.casefold()) for word in sorted(_read_words()["totals"], key=len, reverse=True))
    return re.compile(rf"[\s*=#-]*(?:{words})(?:\s*[:=(\[–—-].*|\s+\d.*|\s+(?:of|de|von|di|van|av)\s.*|[.:\s]*)$", re.DOTALL)


def _has_phrase(text: str) -> bool:
    folded = text.casefold()
    return any(phrase in folded for phrase in _read_words()["phrases"])


@cache
def _read_words() -> dict[str, list[str]]:
    words: dict[str, list[str]] = tomllib.loads(
        files("predictor.data.read").joinpath("report_lines.toml").read_text(encoding="utf-8")
    )
    return words
