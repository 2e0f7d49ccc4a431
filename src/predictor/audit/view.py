"""What the audit checks: columns as codes and numbers, outcomes and dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.data.parse import Kind, infer_kind, to_days

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
_BINS = 24  # of numbers, for what a column says about the outcome
_FREQUENT = 0.1  # share of the leads from which one number is a range of its own
_FALSE_ALARM = 0.01  # chance that noise in any column of a table counts as evidence, for each kind of check
_LEAK = "Name it in roles.ignore; if the value was known before the lead became an MQL, accept the finding in [audit]."
_LEFT_OUT = "It is no feature as it is: {reason}. Keep it so; roles.allow would make it one."


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: As in the export.
        kind: What it holds.
        codes: For each lead which distinct value it has, -1 for none.
        values: The distinct values; texts in lower case.
        numbers: Numbers, or dates as days since 1970, NaN for none; None of a category.
        reason_left_out: Why it is no feature; None where it would be one.
        ages: Of dates, days up to the moment of decision, as a model sees them: NaN where there is no date, or a later one. None
            of other kinds, and where no moment is known.
    """

    name: str
    kind: Kind
    codes: Codes
    values: list[Any]
    numbers: Floats | None
    reason_left_out: str | None = None
    ages: Floats | None = None

    @property
    def is_feature(self) -> bool:
        """Whether it would be a feature."""
        return self.reason_left_out is None

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Which leads have a value."""
        return self.codes >= 0

    @cached_property
    def value_counts(self) -> NDArray[np.intp]:
        """How many leads have each of `values`."""
        return np.bincount(self.codes[self.filled], minlength=len(self.values))

    @property
    def leak_advice(self) -> str:
        """What to do where the column reveals the outcome; one that is no feature does no harm until somebody takes it back."""
        return _LEAK if self.reason_left_out is None else _LEFT_OUT.format(reason=self.reason_left_out)

    @cached_property
    def bins(self) -> Codes:
        """A few groups of leads by value, to compare with the outcome: 0 for no value, then values or ranges."""
        if self.ages is not None:
            return bin_numbers(self.ages)
        if self.numbers is None or len(self.values) <= _BINS:
            return self.codes + 1
        return bin_numbers(self.numbers)


@dataclass(frozen=True)
class AuditSplit:
    """The leads of the forward test.

    Attributes:
        fit: Positions of the training leads.
        test: Positions of the test leads.
        keys: The ids of all leads as codes.
        fewest: Leads of either outcome that training needs.
    """

    fit: Codes
    test: Codes
    keys: Codes
    fewest: int = 1


@dataclass(frozen=True)
class View:
    """The leads as the audit sees them.

    Attributes:
        columns: Attributes and points, including those that are left out by name.
        outcome: 1.0 accepted, 0.0 not, NaN not known.
        order: A number that grows with time; None for no order.
        times: `mql_at`, `sql_at` where the leads have them, in UTC.
        until: The moment up to which outcomes are known; None without dates.
        split: The leads of the forward test; None where there is no split.
        why_no_split: Why the leads cannot be split, and what to do; empty where they can, or where no split was tried.
        persons: Columns that say who a lead is, used to find duplicates only.
    """

    columns: tuple[Column, ...]
    outcome: Floats
    order: Floats | None = None
    times: pd.DataFrame | None = None
    until: pd.Timestamp | None = None
    split: AuditSplit | None = None
    why_no_split: str = ""
    persons: tuple[Column, ...] = ()

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Which leads have a known outcome."""
        return ~np.isnan(self.outcome)

    @cached_property
    def rate(self) -> float:
        """The share accepted among leads whose outcome is known."""
        return float(self.outcome[self.known].mean()) if self.known.any() else float("nan")

    @cached_property
    def has_one_outcome(self) -> bool:
        """Whether all known outcomes are the same, or none is known."""
        return not 0 < self.rate < 1

    @cached_property
    def z(self) -> float:
        """How many standard errors are evidence where all columns are tested (Bonferroni)."""
        return NormalDist().inv_cdf(1 - _FALSE_ALARM / max(1, len(self.columns)))

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns that would be features."""
        return tuple(column for column in self.columns if column.is_feature)


def read_columns(
    frame: pd.DataFrame,
    *,
    left_out: Mapping[str, str] | None = None,
    kinds: Mapping[str, Kind] | None = None,
    moments: pd.Series | None = None,
    timezone: str = "UTC",
) -> tuple[Column, ...]:
    """The columns of a frame whose blanks are missing values already.

    Args:
        frame: One row a lead.
        left_out: Column -> why it is no feature; None means that each would be one.
        kinds: Column -> kind, of columns that have their types already; the kind of others is inferred.
        moments: When each lead became an MQL, in UTC; None where that is not known.
        timezone: The zone of dates that have none.

    >>> column = read_columns(pd.DataFrame({"Tags": ["A", "a", None]}))[0]
    >>> column.codes.tolist(), column.values
    ([0, 0, -1], ['a'])
    """
    reasons, typed = left_out or {}, kinds or {}
    days = None if moments is None else to_days(moments).to_numpy(dtype=float)
    columns = []
    for name in map(str, frame.columns):
        kind, cells = (typed[name], frame[name]) if name in typed else infer_kind(frame[name], timezone)
        column = _read_column(name, kind, cells, reasons.get(name))
        columns.append(column if kind != "date" or days is None else replace(column, ages=_compute_ages(column, days)))
    return tuple(columns)


def make_number_column(name: str, numbers: Floats) -> Column:
    """A column of numbers, NaN for none."""
    return _read_column(name, "number", pd.Series(numbers), None)


def bin_numbers(numbers: Floats) -> Codes:
    """Numbers as ranges with about equally many leads, from 1 for the lowest; 0 where there is none.

    A value of many leads, as the 0 of a counter, is a range of its own, and the others are divided as finely as without it.

    >>> bins = bin_numbers(np.array([np.nan, 1.0, 2.0, 2.0]))
    >>> int(bins[0]), bool(0 < bins[1] < bins[2] == bins[3])
    (0, True)
    """
    known = numbers[~np.isnan(numbers)]
    edges = _list_edges(known)
    values, counts = np.unique(known, return_counts=True)
    often = values[counts > _FREQUENT * len(known)]
    if len(often):
        edges = np.unique(np.concatenate([edges, often, np.nextafter(often, np.inf), _list_edges(known[~np.isin(known, often)])]))
    return np.where(np.isnan(numbers), 0, np.searchsorted(edges, numbers, side="right") + 1)


def _list_edges(numbers: Floats) -> Floats:
    """What separates as many groups of numbers of about equal size."""
    return np.unique(np.quantile(numbers, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(numbers) else np.empty(0)


def _compute_ages(column: Column, days: Floats) -> Floats:
    ages = days - (np.nan if column.numbers is None else column.numbers)
    return np.where(ages >= 0, ages, np.nan)


def _read_column(name: str, kind: Kind, cells: pd.Series, reason: str | None) -> Column:
    numbers = None
    if kind == "number":
        numbers = cells.to_numpy(dtype=float, na_value=np.nan)
    elif kind == "date":
        numbers = to_days(cells).to_numpy(dtype=float)
    codes, uniques = pd.factorize(cells if numbers is None else pd.Series(numbers))
    values: list[Any] = list(uniques)
    if numbers is None:
        new_codes, texts = pd.factorize(np.array([str(value).strip().casefold() for value in values], dtype=object))
        codes, values = np.append(new_codes, -1)[codes], list(texts)
    return Column(name=name, kind=kind, codes=codes.astype(np.intp), values=values, numbers=numbers, reason_left_out=reason)
