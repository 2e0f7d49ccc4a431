"""Counters that kept counting after the moment of decision: totals as of the export."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from predictor.audit.bounds import correlate_ranks
from predictor.audit.view import Column, Floats, View
from predictor.core.errors import Finding

CODE = "AUDIT005"
_CORRELATION, _LEAST_CORRELATION = 0.2, 0.1  # rank correlation with age, among leads of equal outcome: estimate and lower bound
_WHOLE = 0.98  # share of the values of a counter that are whole numbers
_FEWEST = 200  # leads with a value
_FEWEST_VALUES = 5


def check_counters(view: View) -> Iterator[Finding]:
    """Warnings about counts that are higher for older leads, whatever their outcome: totals at the time of the export."""
    if view.order is None:
        return
    for column in view.columns:
        if column.kind == "number" and column.numbers is not None and _is_counter(column.numbers):
            correlation, leads = _correlate_with_age(column.numbers, view.order, view.outcome)
            at_least = correlation - view.z / math.sqrt(max(leads, 1))
            if correlation >= _CORRELATION and at_least >= _LEAST_CORRELATION:
                what = _describe(column, column.numbers, view.order, (correlation, at_least))
                yield Finding(CODE, "warning", what, do=column.leak_advice, column=column.name)


def _is_counter(numbers: Floats) -> bool:
    """Whether a column may be a counter: whole numbers from 0, with more than a few distinct values."""
    known = numbers[~np.isnan(numbers)]
    if len(known) < _FEWEST or known.min() < 0 or len(np.unique(known)) < _FEWEST_VALUES:
        return False
    return bool((known == np.round(known)).mean() >= _WHOLE)


def _correlate_with_age(numbers: Floats, order: Floats, outcome: Floats) -> tuple[float, int]:
    """The rank correlation with age among leads of equal outcome, and the number of leads it is based on."""
    correlations, sizes = [], []
    for value in (1.0, 0.0):
        chosen = (outcome == value) & ~np.isnan(numbers)
        correlations.append(correlate_ranks(-order[chosen], numbers[chosen]))
        sizes.append(int(chosen.sum()))
    return (float(np.average(correlations, weights=sizes)) if sum(sizes) else 0.0), sum(sizes)


def _describe(column: Column, numbers: Floats, order: Floats, correlation: tuple[float, float]) -> str:
    known = ~np.isnan(numbers)
    first, last = np.quantile(order[known], [0.25, 0.75])
    old, new = (float(numbers[known & side].mean()) for side in (order <= first, order >= last))
    return (
        f"Column '{column.name}' kept counting after the decision: it is higher for older leads, also among leads of equal "
        f"outcome (rank correlation {correlation[0]:.2f}, at least {correlation[1]:.2f}; on average {old:,.1f} for the oldest "
        f"quarter, {new:,.1f} for the newest). That is a total at export, not what was known when the lead became an MQL."
    )
