"""Columns whose value is of later than the moment of decision: dates after `mql_at`, and counters that went on counting."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from predictor.audit.advice import describe_leak
from predictor.audit.bounds import correlate_ranks
from predictor.audit.view import Column, Floats, View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent
from predictor.data.parse import to_days

LATE, COUNTER = "AUDIT004", "AUDIT005"
_GROWS, _SURELY_GROWS = 0.2, 0.1  # rank correlation with age, among leads of equal outcome
_WHOLE = 0.98  # share of the values of a counter that are whole numbers
_FEWEST = 200  # leads with a value
_FEWEST_VALUES = 5


def check_late(view: View) -> Iterator[Finding]:
    """Warnings about dates that lie after the lead became an MQL."""
    if view.times is None or "mql_at" not in view.times:
        return
    moment = to_days(view.times["mql_at"]).to_numpy(dtype=float)
    for column in view.used:
        if column.kind == "date" and column.numbers is not None:
            late = int((column.numbers > moment).sum())
            if late:
                share = format_percent(late / column.filled.sum())
                what = f"Column '{column.name}' holds {count(late, 'date')} after 'mql_at', {share} of those filled in."
                yield Finding(LATE, "warning", what, describe_leak(column), column.name)


def check_counters(view: View) -> Iterator[Finding]:
    """Warnings about counts that are the higher the longer ago a lead became an MQL, whatever came of it: totals at export."""
    if view.order is None:
        return
    for column in view.columns:
        if column.kind == "number" and column.numbers is not None and _counts(column.numbers):
            rho, leads = _grow_with_age(column.numbers, view.order, view.outcome)
            surely = rho - view.z / math.sqrt(max(leads, 1))
            if rho >= _GROWS and surely >= _SURELY_GROWS:
                yield _tell(column, column.numbers, view.order, (rho, surely))


def _counts(numbers: Floats) -> bool:
    """Whether a column may be a counter: whole numbers from 0, and more than a few."""
    known = numbers[~np.isnan(numbers)]
    if len(known) < _FEWEST or known.min() < 0 or len(np.unique(known)) < _FEWEST_VALUES:
        return False
    return bool((known == np.round(known)).mean() >= _WHOLE)


def _grow_with_age(numbers: Floats, order: Floats, outcome: Floats) -> tuple[float, int]:
    """The rank correlation with age among leads of equal outcome, and how many leads it rests on."""
    rhos, sizes = [], []
    for said in (1.0, 0.0):
        held = (outcome == said) & ~np.isnan(numbers)
        rhos.append(correlate_ranks(-order[held], numbers[held]))
        sizes.append(int(held.sum()))
    return (float(np.average(rhos, weights=sizes)) if sum(sizes) else 0.0), sum(sizes)


def _tell(column: Column, numbers: Floats, order: Floats, rho: tuple[float, float]) -> Finding:
    known = ~np.isnan(numbers)
    first, last = np.quantile(order[known], [0.25, 0.75])
    old, new = (float(numbers[known & side].mean()) for side in (order <= first, order >= last))
    what = (
        f"Column '{column.name}' went on counting: the older the lead, the more, also among leads of equal outcome (rank "
        f"correlation {rho[0]:.2f}, surely above {rho[1]:.2f}; on average {old:,.1f} for the oldest quarter, {new:,.1f} for the "
        "newest). That is a total at export, not what was known when the lead became an MQL."
    )
    return Finding(COUNTER, "warning", what, describe_leak(column), column.name)
