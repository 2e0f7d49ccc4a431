"""Columns that predict the outcome alone, and better than anything known at the moment of decision can."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from predictor.audit.bounds import SUSPECT, TOO_GOOD, bound_auc, format_at_least, rank_across, rank_groups
from predictor.audit.view import Codes, Column, View
from predictor.core.errors import Finding, count

CODE = "AUDIT002"
_FEWEST = 5  # leads of either outcome in each half; the bound allows for how few they are


def check_single_column(view: View) -> Iterator[Finding]:
    """Findings about single columns that rank the leads too well: a lower bound above 0.85 is an error, above 0.78 a warning."""
    known = np.flatnonzero(view.known)
    halves = _halve(known, view)
    outcome = np.nan_to_num(view.outcome)
    if min(min(outcome[half].sum(), (1 - outcome[half]).sum()) for half in halves) < _FEWEST:
        return
    accepted = float(outcome[known].sum())
    for column in view.columns:
        auc = max(rank_across(column.bins, outcome, halves)[0], _rank_values(column, view))
        at_least = bound_auc(auc, accepted=accepted, declined=len(known) - accepted)
        if at_least >= SUSPECT:
            yield _make_finding(column, auc, at_least, len(known))


def _halve(known: Codes, view: View) -> tuple[Codes, Codes]:
    """The older and the newer half of the leads whose outcome is known; every other one where nothing orders them."""
    if view.order is None:
        return known[::2], known[1::2]
    sorted_ = known[np.argsort(view.order[known], kind="stable")]
    return sorted_[: len(sorted_) // 2], sorted_[len(sorted_) // 2 :]


def _rank_values(column: Column, view: View) -> float:
    """The AUC of numbers or ages as they are, whichever way they point; no value counts as the lowest. 0 for a category."""
    numbers = column.numbers if column.ages is None else column.ages
    if numbers is None:
        return 0.0
    outcome, scores = view.outcome[view.known], np.nan_to_num(numbers[view.known], nan=-np.inf)
    auc, _ = rank_groups(np.ones(len(outcome)), outcome, scores)
    return max(auc, 1 - auc)


def _make_finding(column: Column, auc: float, at_least: float, leads: int) -> Finding:
    is_error = at_least >= TOO_GOOD
    limit = TOO_GOOD if is_error else SUSPECT
    what = (
        f"Column '{column.name}' alone ranks {count(leads, 'lead')} by outcome at AUC {auc:.2f} (at least "
        f"{format_at_least(at_least)}, by the 95 % interval). Columns known when a lead becomes an MQL "
        f"{'hardly ever' if is_error else 'rarely'} reach {limit:.2f}."
    )
    return Finding(CODE, "error" if is_error else "warning", what, do=column.leak_advice, column=column.name)
