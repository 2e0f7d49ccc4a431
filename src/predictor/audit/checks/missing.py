"""Columns that are filled in for one outcome and hardly for the other: being filled reveals the outcome."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from predictor.audit.view import Column, View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent
from predictor.model.metrics.intervals import wilson

CODE = "AUDIT001"
_SURE_ODDS = 20.0  # odds ratio from which being filled nearly equals the outcome; honest columns rarely reach 6
_TIMES = 2.0  # how many times as often a column is filled for one outcome as for the other
_SURE_TIMES = 1.5  # lower bound of the same
_FEWEST = 10  # leads with, and leads without, a value


class _Counts(NamedTuple):
    """Leads with and without a value, accepted or not."""

    filled_yes: float
    filled_no: float
    blank_yes: float
    blank_no: float


def check_missing(view: View) -> Iterator[Finding]:
    """Findings about columns whose being filled reveals the outcome: an error where it nearly equals the outcome."""
    for column in () if view.has_one_outcome else view.columns:
        filled, outcome = column.filled[view.known], view.outcome[view.known]
        if min(filled.sum(), (~filled).sum()) < _FEWEST:
            continue
        counts = _Counts(*(float((outcome[filled == has] == value).sum()) for has in (True, False) for value in (1, 0)))
        if _bound_odds(counts, view.z) >= _SURE_ODDS:
            yield Finding(CODE, "error", _describe(column, counts, "almost only"), do=column.leak_advice, column=column.name)
        elif _is_uneven(counts, view.z):
            yield Finding(CODE, "warning", _describe(column, counts, "mostly"), do=column.leak_advice, column=column.name)


def _bound_odds(counts: _Counts, z: float) -> float:
    """The least odds ratio between leads with and without a value that the counts allow, in either direction."""
    yes, no = np.array([counts.filled_yes, counts.blank_yes]), np.array([counts.filled_no, counts.blank_no])
    at_least, at_most = wilson(yes, yes + no, z)
    low, high = float(at_most.min()), float(at_least.max())  # of the group with fewer acceptances, and of the other
    return _odds(high) / _odds(low) if low < high else 1.0


def _odds(share: float) -> float:
    return share / max(1 - share, 1e-9)


def _is_uneven(counts: _Counts, z: float) -> bool:
    """Whether leads of one outcome have a value much more often than the others, beyond chance."""
    shares = (counts.filled_yes, counts.filled_yes + counts.blank_yes), (counts.filled_no, counts.filled_no + counts.blank_no)
    (less, m), (more, n) = sorted(shares, key=lambda pair: pair[0] / pair[1])
    if more / n < _TIMES * less / m:
        return False
    error = math.sqrt(max(1 / (more + 0.5) - 1 / (n + 0.5) + 1 / (less + 0.5) - 1 / (m + 0.5), 0.0))  # of the log of the ratio
    return ((more + 0.5) / (n + 0.5)) / ((less + 0.5) / (m + 0.5)) * math.exp(-z * error) >= _SURE_TIMES


def _describe(column: Column, counts: _Counts, how: str) -> str:
    of_yes = counts.filled_yes / (counts.filled_yes + counts.blank_yes)
    of_no = counts.filled_no / (counts.filled_no + counts.blank_no)
    with_value, without = int(counts.filled_yes + counts.filled_no), int(counts.blank_yes + counts.blank_no)
    which = "accepted leads" if of_yes > of_no else "leads that were not accepted"
    return (
        f"Column '{column.name}' is filled {how} for {which}: for {format_percent(of_yes)} of the accepted, "
        f"{format_percent(of_no)} of the others. Of {count(with_value, 'lead')} with a value "
        f"{format_percent(counts.filled_yes / with_value)} were accepted, of {without:,} without "
        f"{format_percent(counts.blank_yes / without)}."
    )
