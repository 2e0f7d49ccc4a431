"""Columns that are filled in for one outcome and hardly for the other: being filled reveals the outcome.

A field that one form alone asks for is filled for other leads than most, and these may rightly be accepted more often. So
where another column explains which leads have a value, and among its equals being filled says nothing, there is no finding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from predictor.audit.bounds import count_groups, format_at_least, rank_groups
from predictor.audit.view import Codes, Column, View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent
from predictor.model.metrics.intervals import Z95, wilson

CODE = "AUDIT001"
_SURE_ODDS = 20.0  # odds ratio from which being filled nearly equals the outcome; honest columns rarely reach 6
_CERTAIN_ODDS = 8.0  # the same, where nearly all of many leads with a value have one outcome
_EXCEPTIONS = 0.02  # share of these leads that may have the other outcome
_MANY, _OTHERS = 0.05, 0.2  # share of all leads that are many, and that must have the other outcome
_TIMES = 2.0  # how many times as often a column is filled for one outcome as for the other
_SURE_TIMES = 1.5  # lower bound of the same
_FEWEST = 10  # leads with, and leads without, a value
_LEFT = 0.35  # share of the log of the odds ratio that may be left among leads alike in another column, which then explains it
_HALF = 0.5  # added to both sides of a ratio of counts
_ALWAYS = 0.95  # share of the leads that must have a value in a column that explains another
_MOST_GROUPS = 30  # of a column that explains another
_MOST_DETERMINED = 0.82  # AUC of such a column; one that is filled later would explain every other leak


class _Counts(NamedTuple):
    """Leads with and without a value, accepted or not."""

    filled_yes: float
    filled_no: float
    blank_yes: float
    blank_no: float


def check_missing(view: View) -> Iterator[Finding]:
    """Findings about columns whose being filled reveals the outcome: an error where it nearly equals the outcome."""
    for column in () if view.has_one_outcome else view.columns:
        if (finding := _check_filled(column, column.filled, view)) is None and column.ages is not None:
            finding = _check_filled(column, ~np.isnan(column.ages), view)
        if finding is not None:
            yield finding


def _check_filled(column: Column, filled: NDArray[np.bool_], view: View) -> Finding | None:
    """A finding where leads with a value have another outcome than those without."""
    known, outcome = filled[view.known], view.outcome[view.known]
    if min(known.sum(), (~known).sum()) < _FEWEST:
        return None
    counts = _Counts(*(float((outcome[known == has] == value).sum()) for has in (True, False) for value in (1, 0)))
    odds, times = _bound_odds(counts, view.z), _bound_times(counts, view.z)
    is_certain = odds >= _CERTAIN_ODDS and _decides(counts) and not _is_explained(filled, view, column)
    if odds >= _SURE_ODDS or is_certain:
        what = f"{_describe(column, counts, 'almost only')} The odds differ by a factor of at least {math.floor(odds):,}."
        return Finding(CODE, "error", what, do=column.leak_advice, column=column.name)
    if times >= _SURE_TIMES and not _is_explained(filled, view, column):
        what = f"{_describe(column, counts, 'mostly')} It is filled at least {format_at_least(times, 1)} times as often."
        return Finding(CODE, "warning", what, do=column.leak_advice, column=column.name)
    return None


def _decides(counts: _Counts) -> bool:
    """Whether nearly all of many leads with a value have one outcome, as with a note on a refusal, and not most leads do."""
    leads, filled = sum(counts), counts.filled_yes + counts.filled_no
    exceptions, others = min((counts.filled_yes, counts.blank_yes), (counts.filled_no, counts.blank_no))
    return filled >= _MANY * leads and exceptions <= _EXCEPTIONS * filled and exceptions + others >= _OTHERS * leads


def _bound_odds(counts: _Counts, z: float) -> float:
    """The least odds ratio between leads with and without a value that the counts allow, in either direction."""
    yes, no = np.array([counts.filled_yes, counts.blank_yes]), np.array([counts.filled_no, counts.blank_no])
    at_least, at_most = wilson(yes, yes + no, z)
    low, high = float(at_most.min()), float(at_least.max())  # of the group with fewer acceptances, and of the other
    return _odds(high) / _odds(low) if low < high else 1.0


def _odds(share: float) -> float:
    return share / max(1 - share, 1e-9)


def _bound_times(counts: _Counts, z: float) -> float:
    """How many times as often leads of one outcome have a value as the others, at least; 1 where it is less than twice."""
    shares = (counts.filled_yes, counts.filled_yes + counts.blank_yes), (counts.filled_no, counts.filled_no + counts.blank_no)
    (less, m), (more, n) = sorted(shares, key=lambda pair: pair[0] / pair[1])
    if more / n < _TIMES * less / m:
        return 1.0
    error = math.sqrt(max(1 / (more + 0.5) - 1 / (n + 0.5) + 1 / (less + 0.5) - 1 / (m + 0.5), 0.0))  # of the log of the ratio
    return ((more + 0.5) / (n + 0.5)) / ((less + 0.5) / (m + 0.5)) * math.exp(-z * error)


def _is_explained(filled: NDArray[np.bool_], view: View, column: Column) -> bool:
    """Whether being filled says next to nothing of the outcome among leads alike in some other column, as the form that asks.

    A column of two values that equals being filled explains nothing.
    """
    outcome, has = view.outcome[view.known] == 1, filled[view.known]
    whole, _ = _compute_log_odds(np.zeros(len(has), dtype=np.intp), has, outcome)
    for other in view.features:
        codes = other.codes[view.known]
        if other is column or not 2 <= len(other.values) <= _MOST_GROUPS or (codes >= 0).mean() < _ALWAYS:
            continue
        leads, accepted = count_groups(codes + 1, outcome.astype(float), len(other.values) + 1)
        auc, _ = rank_groups(leads, accepted, accepted / np.maximum(leads, 1))
        is_same = len(other.values) == 2 and len(np.unique(codes[has])) == 1 == len(np.unique(codes[~has]))
        within, error = _compute_log_odds(codes + 1, has, outcome)
        if auc <= _MOST_DETERMINED and not is_same and math.copysign(within, whole * within) - Z95 * error <= _LEFT * abs(whole):
            return True
    return False


def _compute_log_odds(groups: Codes, has: NDArray[np.bool_], outcome: NDArray[np.bool_]) -> tuple[float, float]:
    """The log of the odds ratio between leads with and without a value, within groups, and its standard error.

    The ratio is that of Mantel and Haenszel (1959), the error that of Woolf (1955), with half a lead in each cell.
    """
    cells = np.bincount(4 * groups + 2 * has + outcome, minlength=4 * (int(groups.max(initial=0)) + 1)).reshape(-1, 4)
    blank_no, blank_yes, filled_no, filled_yes = cells.T.astype(float)
    leads = np.maximum(cells.sum(axis=1), 1)
    up, down = (filled_yes * blank_no / leads).sum(), (filled_no * blank_yes / leads).sum()
    both = ((blank_no + blank_yes) * (filled_no + filled_yes) * (blank_no + filled_no) * (blank_yes + filled_yes)) > 0
    known = (1 / (1 / (cells[both] + _HALF)).sum(axis=1)).sum()
    return math.log((up + _HALF) / (down + _HALF)), 1 / math.sqrt(known) if known else math.inf


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
