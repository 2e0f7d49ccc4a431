"""What the cells of a column usually look like, by which a row that is no record is recognised."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate

import pandas as pd

from predictor.data.read.table_shape import is_typed
from predictor.data.values import list_cells

_FULL = 0.98  # share of rows that fill a column which every record has, and of cells that are alike
_NEARLY = 0.9  # share of keys with blanks that have one form
_WORD = re.compile(r"\w")
_WORDS, _BLANK = re.compile(r"\S+"), re.compile(r"\s")


@dataclass(frozen=True)
class UsualCells:
    """What the cells of a column look like in the records.

    Attributes:
        filled: Whether (nearly) every record fills it.
        is_key: Whether its cells look like keys: hardly ever repeated, without blanks or all of one form, no dates or amounts.
        form: The form of keys with blanks, as in `find_form`; empty for others.
        digits: Whether every cell has a digit.
        letters: Whether every cell has a letter.
        at: Whether every cell has an @.
        typed: Whether nearly every cell is a number or a date.
        lengths: Characters of the shortest and of the longest cell.
        words: Words of the longest cell, but for the longest in twenty.
        cells: Cells of the studied records.
    """

    filled: bool
    is_key: bool
    form: str
    digits: bool
    letters: bool
    at: bool
    typed: bool
    lengths: tuple[int, int]
    words: int
    cells: frozenset[str]

    @property
    def mostly_digits(self) -> bool:
        """Whether nearly every different cell has a digit."""
        return sum(any(map(str.isdigit, cell)) for cell in self.cells) >= _NEARLY * len(self.cells)

    def is_like(self, cell: str) -> bool:
        """Whether a cell could be the key of one more record."""
        if self.form:
            return find_form(cell) == self.form
        (shortest, longest), slack = self.lengths, 3 if self.letters else 1
        plain = shortest - slack <= len(cell) <= longest + slack and not re.search(r"\s", cell) and bool(_WORD.search(cell))
        digits, letters = any(map(str.isdigit, cell)), any(map(str.isalpha, cell))
        return plain and digits >= self.digits and letters >= self.letters and ("@" in cell) >= self.at

    def has(self, cell: str) -> bool:
        """Whether records have the cell, or another number or date where they have those."""
        return cell in self.cells or (self.typed and is_typed(cell))


def study_cells(column: pd.Series) -> UsualCells:
    """What the cells of a column look like in records.

    Args:
        column: The cells of records, missing ones included.

    >>> keys = study_cells(pd.Series(["L01", "L02", "L03"]))
    >>> keys.is_key, keys.is_like("L17"), keys.is_like("Total"), study_cells(pd.Series(["2026-01-01", "2026-01-02"])).is_key
    (True, True, False, False)
    """
    counts = Counter(str(cell).strip() for cell in list_cells(column.dropna().array))
    total, distinct = counts.total(), frozenset(counts)
    plain = {cell: n for cell, n in counts.items() if not _BLANK.search(cell)}
    form = _find_usual_form(counts) if sum(plain.values()) < _FULL * total else ""
    is_plain = sum(plain.values()) >= _FULL * total
    is_key = 2 * len(distinct) > total and (bool(form) or (is_plain and _are_keys(list(Counter(plain).elements()))))
    words = sorted((len(_WORDS.findall(cell)), n) for cell, n in counts.items())
    return UsualCells(
        filled=total > 0 and total >= _FULL * len(column),
        is_key=is_key,
        form=form,
        digits=bool(distinct) and all(any(map(str.isdigit, cell)) for cell in distinct),
        letters=bool(distinct) and all(any(map(str.isalpha, cell)) for cell in distinct),
        at=bool(distinct) and all("@" in cell for cell in distinct),
        typed=bool(distinct) and sum(n for cell, n in counts.items() if is_typed(cell)) >= _FULL * total,
        lengths=(min(map(len, distinct), default=0), max(map(len, distinct), default=0)),
        words=_find_place(words, int(0.95 * (total - 1))) if words else 0,
        cells=distinct,
    )


def _find_place(values: list[tuple[int, int]], place: int) -> int:
    """The value at a place, from 0, of sorted values that come so many times.

    >>> [_find_place([(1, 3), (4, 2)], place) for place in (2, 3)]
    [1, 4]
    """
    ends = accumulate(n for _, n in values)
    return next(value for (value, _), end in zip(values, ends, strict=True) if end > place)


def read_number(cell: str) -> float:
    """The number that a cell holds, with its unit or currency; NaN for none, or a date.

    Both signs, the last is that of decimals; one sign that comes once before other than three digits is so too.

    >>> [read_number(cell) for cell in ("1.234,50 €", "1,234", "$-3.5", "12", "1 234", "L12", "2026-01-31")]
    [1234.5, 1234.0, -3.5, 12.0, 1234.0, nan, nan]
    """
    digits = re.sub(r"[\s'’$€£¥%]|[A-Z]{3}", "", cell)
    if not re.fullmatch(r"-?\d[\d.,]*", digits):
        return math.nan
    signs = re.findall(r"[.,]", digits)
    last = max(digits.rfind("."), digits.rfind(","))
    is_decimal = len(set(signs)) == 2 or (len(signs) == 1 and len(digits) - last != 4)
    whole, decimals = (digits[:last], digits[last + 1 :]) if is_decimal else (digits, "")
    return float(f"{re.sub('[.,]', '', whole)}.{decimals or 0}")


def find_form(cell: str) -> str:
    """A cell with one letter for each run of letters and one digit for each run of digits.

    >>> find_form("No 17"), find_form("LEAD-0012 b")
    ('a 0', 'a-0 a')
    """
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", cell))


def _find_usual_form(cells: Counter[str]) -> str:
    """The form that nearly all cells have, if it holds a number and they are no dates or amounts; empty for none."""
    forms = Counter[str]()
    for cell, times in cells.items():
        forms[find_form(cell)] += times
    form, n = forms.most_common(1)[0] if forms else ("", 0)
    return form if n >= _NEARLY * cells.total() and "0" in form and "a" in form else ""


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
