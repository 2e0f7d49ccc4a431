"""Counters that kept counting after the moment of decision: totals as of the export."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np

from predictor.audit.bounds import correlate_ranks, format_at_least
from predictor.audit.view import Column, Floats, View
from predictor.core.errors import Finding
from predictor.data.parse import to_days

CODE = "AUDIT005"
_CORRELATION, _LEAST_CORRELATION = 0.2, 0.1  # rank correlation with age, among leads of equal outcome: estimate and lower bound
_WHOLE = 0.98  # share of the values of a counter that are whole numbers
_FEWEST = 200  # leads with a value
_FEWEST_VALUES = 5
_USUAL = 0.2  # share of the leads from which one value may stand for 'never' or 'none yet'
_SINCE = re.compile(
    r"\b(?:since|ago|elapsed|passed|recency|pdays|seit|vergangen\w*|depuis|écoulé\w*|desde|hace|transcurrid\w*|decorrid\w*|sinds|geleden)\b"
    r"|\b(?:days?|weeks?|months?)\b.*\b(?:last|first|previous)\b|\b(?:last|first|previous)\b.*\b(?:days?|weeks?|months?)\b"
)
_OF_AGE, _A_DAY = (
    0.6,
    0.3,
)  # from which a duration goes on until the export: rank correlation with age; or days for each day of age


def check_counters(view: View) -> Iterator[Finding]:
    """Warnings about counts that are higher for older leads, whatever their outcome: totals at the time of the export."""
    if view.order is None:
        return
    for column in view.columns:
        if column.kind == "number" and column.numbers is not None and _is_counter(column.numbers):
            correlation, at_least = _correlate_with_age(column.numbers, view)
            if correlation >= _CORRELATION and at_least >= _LEAST_CORRELATION and _keeps_growing(column, column.numbers, view):
                what = _describe(column, column.numbers, view.order, (correlation, at_least))
                yield Finding(CODE, "warning", what, do=column.leak_advice, column=column.name)


def _is_counter(numbers: Floats) -> bool:
    """Whether a column may be a counter: whole numbers from 0, with more than a few distinct values."""
    known = numbers[~np.isnan(numbers)]
    if len(known) < _FEWEST or known.min() < 0 or len(np.unique(known)) < _FEWEST_VALUES:
        return False
    return bool((known == np.round(known)).mean() >= _WHOLE)


def _keeps_growing(column: Column, numbers: Floats, view: View) -> bool:
    """Whether a number grows with the age of the lead itself.

    A number that stands for 'never', as 999 days, may only have become rarer, so the other values must grow too. Days since
    something go on until the export, one a day, or stand still at the moment of decision.
    """
    if _SINCE.search(_plain(column.name)):
        return _correlate_with_age(numbers, view)[0] >= _OF_AGE and _compute_slope(numbers, view) >= _A_DAY
    usual = int(column.value_counts.argmax())
    if column.value_counts[usual] < _USUAL * column.filled.sum():
        return True
    correlation, at_least = _correlate_with_age(np.where(column.codes == usual, np.nan, numbers), view)
    return correlation >= _LEAST_CORRELATION and at_least > 0


def _compute_slope(numbers: Floats, view: View) -> float:
    """By how much a number is higher for each day of age, from the newest to the oldest quarter; infinite without dates."""
    if view.times is None or "mql_at" not in view.times:
        return math.inf
    days = to_days(view.times["mql_at"]).to_numpy(dtype=float)
    chosen = ~np.isnan(numbers)
    first, last = np.quantile(days[chosen], [0.25, 0.75])
    old, new = chosen & (days <= first), chosen & (days >= last)
    return float((np.median(numbers[old]) - np.median(numbers[new])) / max(days[new].mean() - days[old].mean(), 1e-9))


def _plain(name: str) -> str:
    """A name in words: `daysSince_visit` as `days since visit`."""
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).casefold()


def _correlate_with_age(numbers: Floats, view: View) -> tuple[float, float]:
    """The rank correlation with age among leads of equal outcome, and its lower bound; 0 where there is none."""
    correlations, sizes = [], []
    for value in (1.0, 0.0):
        chosen = (view.outcome == value) & ~np.isnan(numbers)
        order = np.zeros(0) if view.order is None else view.order[chosen]
        correlations.append(correlate_ranks(-order, numbers[chosen]))
        sizes.append(int(chosen.sum()))
    correlation = float(np.average(correlations, weights=sizes)) if sum(sizes) else 0.0
    return correlation, correlation - view.z / math.sqrt(max(sum(sizes), 1))


def _describe(column: Column, numbers: Floats, order: Floats, correlation: tuple[float, float]) -> str:
    known = ~np.isnan(numbers)
    first, last = np.quantile(order[known], [0.25, 0.75])
    old, new = (float(numbers[known & side].mean()) for side in (order <= first, order >= last))
    return (
        f"Column '{column.name}' kept counting after the decision: it is higher for older leads, also among leads of equal "
        f"outcome (rank correlation {correlation[0]:.2f}, at least {format_at_least(correlation[1])}; on average {old:,.1f} for "
        f"the oldest quarter, {new:,.1f} for the newest). That is a total at export, not what was known when the lead became "
        "an MQL."
    )
