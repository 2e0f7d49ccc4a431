"""Columns that predict the outcome alone, and better than anything known at the moment of decision can."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from predictor.audit.bounds import rank_across
from predictor.audit.view import Codes, Column, View
from predictor.core.errors import Finding, count

CODE = "AUDIT002"
_TOO_GOOD, _SUSPECT = 0.85, 0.75  # lower bounds of the AUC of one column; the best honest one on real leads has 0.74
_FEWEST = 20  # leads of either outcome in each half


def check_single_column(view: View) -> Iterator[Finding]:
    """Findings about single columns that rank the leads too well: a lower bound above 0.85 is an error, above 0.75 a warning."""
    known = np.flatnonzero(view.known)
    halves = _halve(known, view)
    outcome = np.nan_to_num(view.outcome)
    if min(min(outcome[half].sum(), (1 - outcome[half]).sum()) for half in halves) < _FEWEST:
        return
    for column in view.columns:
        auc, error = rank_across(column.bins, outcome, halves)
        if auc - view.z * error >= _SUSPECT:
            yield _make_finding(column, auc, auc - view.z * error, len(known))


def _halve(known: Codes, view: View) -> tuple[Codes, Codes]:
    """The older and the newer half of the leads whose outcome is known; every other one where nothing orders them."""
    if view.order is None:
        return known[::2], known[1::2]
    sorted_ = known[np.argsort(view.order[known], kind="stable")]
    return sorted_[: len(sorted_) // 2], sorted_[len(sorted_) // 2 :]


def _make_finding(column: Column, auc: float, at_least: float, leads: int) -> Finding:
    what = (
        f"Column '{column.name}' alone ranks {count(leads, 'lead')} by outcome at AUC {auc:.2f} (at least {at_least:.2f}), "
        "each half by the rates of the other. A column known when a lead becomes an MQL seldom does so well."
    )
    return Finding(CODE, "error" if at_least >= _TOO_GOOD else "warning", what, do=column.leak_advice, column=column.name)
