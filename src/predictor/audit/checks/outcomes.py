"""Outcomes that cannot carry a verdict: too few of one kind, or sorted by the column that orders the leads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from predictor.audit.bounds import rank_groups
from predictor.audit.view import View
from predictor.core.errors import Finding, count

FEW, SORTED = "AUDIT018", "AUDIT019"
_FEWEST_TESTED = 20  # of either outcome, below which an AUC is known to 0.1 at best
_SORTED = 0.70  # AUC of the order itself, surely


def check_few(view: View) -> Iterator[Finding]:
    """A warning where accepted or other leads are too few to learn from or to judge by."""
    needed = (("that teach", view.fit, view.fewest), ("that test", view.test, _FEWEST_TESTED))
    few = []
    for which, at, fewest in needed:
        outcome = np.empty(0) if at is None else view.outcome[at]
        outcome = outcome[~np.isnan(outcome)]
        accepted = int(outcome.sum())
        if at is not None and min(accepted, len(outcome) - accepted) < fewest:
            told = f"of the {count(len(outcome), 'lead')} {which} {accepted:,} were accepted"
            few.append(f"{told}, and {fewest} of each outcome are needed")
    if few:
        do = "Export older leads, or wait: what is learned of so few says little, and its figures less."
        yield Finding(FEW, "warning", f"There are few outcomes: {'; '.join(few)}.", do)


def check_sorted(view: View) -> Iterator[Finding]:
    """A warning where the order of the leads alone tells the outcome: a file sorted by it, or outcomes that are not all in."""
    if view.order is None or view.one_outcome:
        return
    outcome = view.outcome[view.known]
    auc, error = rank_groups(np.ones(len(outcome)), outcome, view.order[view.known])
    surely = max(auc, 1 - auc) - view.z * error
    if surely >= _SORTED:
        way = "newer leads are accepted far more often" if auc > 0.5 else "older leads are accepted far more often"
        what = f"The order of the leads alone ranks them by outcome at AUC {max(auc, 1 - auc):.2f}: {way}."
        do = "Check that it stands for time and not for a sorted file, and that the outcomes of all leads are in."
        yield Finding(SORTED, "warning", what, do)
