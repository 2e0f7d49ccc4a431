"""What the audit looks at: the columns of the leads as codes and numbers, their outcomes, and where time stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.data.parse import Kind, infer_kind, to_days

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
_BINS = 24  # of numbers, for what a column tells of the outcome
_FALSE_ALARM = 0.01  # chance that noise in any column of a table is taken for evidence, for each kind of check


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: As in the export.
        kind: What it holds.
        codes: For each lead which distinct value it has, -1 for none.
        values: The distinct values; texts in lower case.
        numbers: Numbers, or dates as days since 1970, NaN for none; None of a category.
        left: Why it is no feature; None where it would be one.
    """

    name: str
    kind: Kind
    codes: Codes
    values: list[Any]
    numbers: Floats | None
    left: str | None = None

    @property
    def used(self) -> bool:
        """Whether it would be a feature."""
        return self.left is None

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Which leads have a value."""
        return self.codes >= 0

    @cached_property
    def bins(self) -> Codes:
        """Few enough groups of leads to tell what the column says of the outcome: 0 for no value, then values or ranges."""
        if self.numbers is None or len(self.values) <= _BINS:
            return self.codes + 1
        return bin_numbers(self.numbers)


@dataclass(frozen=True)
class View:
    """The leads as the audit sees them.

    Attributes:
        columns: Attributes and points, those too that are left out by name.
        outcome: 1.0 accepted, 0.0 not, NaN not known.
        order: Grows with time; None where nothing does.
        times: `mql_at`, `sql_at` where the leads have them, in UTC.
        until: The moment up to which outcomes are known; None where nothing is dated.
        fit: Positions of the leads that teach in the forward test; None where there is no split.
        test: Positions of those that test.
        keys: The leads' ids as codes; None where unknown.
        persons: Columns that tell who a lead is, looked at for duplicates only.
        fewest: Leads of either outcome that learning needs.
    """

    columns: tuple[Column, ...]
    outcome: Floats
    order: Floats | None = None
    times: pd.DataFrame | None = None
    until: pd.Timestamp | None = None
    fit: Codes | None = None
    test: Codes | None = None
    keys: Codes | None = None
    persons: tuple[Column, ...] = ()
    fewest: int = 1

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Whose outcome is known."""
        return ~np.isnan(self.outcome)

    @cached_property
    def rate(self) -> float:
        """The share accepted among leads whose outcome is known."""
        return float(self.outcome[self.known].mean()) if self.known.any() else float("nan")

    @cached_property
    def one_outcome(self) -> bool:
        """Whether there is nothing to tell apart."""
        return not 0 < self.rate < 1

    @cached_property
    def z(self) -> float:
        """Standard errors beyond which a column is no noise, though all columns are looked at (Bonferroni)."""
        return NormalDist().inv_cdf(1 - _FALSE_ALARM / max(1, len(self.columns)))

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that would be features."""
        return tuple(column for column in self.columns if column.used)


def read_columns(
    frame: pd.DataFrame, *, left: Mapping[str, str] | None = None, kinds: Mapping[str, Kind] | None = None, timezone: str = "UTC"
) -> tuple[Column, ...]:
    """The columns of a frame, with blanks made missing already.

    Args:
        frame: One row a lead.
        left: Column -> why it is no feature; None means that each would be one.
        kinds: Column -> kind, of columns that are in their types; others are told from their cells.
        timezone: The zone of dates that carry none.

    >>> column = read_columns(pd.DataFrame({"Tags": ["A", "a", None]}))[0]
    >>> column.codes.tolist(), column.values
    ([0, 0, -1], ['a'])
    """
    why, typed = left or {}, kinds or {}
    made = []
    for name in map(str, frame.columns):
        kind, cells = (typed[name], frame[name]) if name in typed else infer_kind(frame[name], timezone)
        made.append(_read_column(name, kind, cells, why.get(name)))
    return tuple(made)


def bin_numbers(numbers: Floats) -> Codes:
    """Numbers as ranges of about equally many leads, the higher the later, from 1; 0 where there is none.

    >>> bins = bin_numbers(np.array([np.nan, 1.0, 2.0, 2.0]))
    >>> int(bins[0]), bool(0 < bins[1] < bins[2] == bins[3])
    (0, True)
    """
    known = ~np.isnan(numbers)
    edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, _BINS + 1)[1:-1])) if known.any() else np.empty(0)
    return np.where(known, np.searchsorted(edges, numbers, side="right") + 1, 0)


def _read_column(name: str, kind: Kind, cells: pd.Series, left: str | None) -> Column:
    numbers = None
    if kind == "number":
        numbers = cells.to_numpy(dtype=float, na_value=np.nan)
    elif kind == "date":
        numbers = to_days(cells).to_numpy(dtype=float)
    codes, uniques = pd.factorize(cells if numbers is None else pd.Series(numbers))
    values: list[Any] = list(uniques)
    if numbers is None:
        again, plain = pd.factorize(np.array([str(value).strip().casefold() for value in values], dtype=object))
        codes, values = np.append(again, -1)[codes], list(plain)
    return Column(name, kind, codes.astype(np.intp), values, numbers, left)
