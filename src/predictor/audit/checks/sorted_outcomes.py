"""Leads whose order alone predicts the outcome: a file sorted by it, or outcomes that are not complete yet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from predictor.audit.bounds import rank_groups
from predictor.audit.view import View
from predictor.core.errors import Finding

CODE = "AUDIT019"
_SORTED = 0.70  # lower bound of the AUC of the order itself


def check_sorted_outcomes(view: View) -> Iterator[Finding]:
    """A warning where the order of the leads alone predicts the outcome."""
    if view.order is None or view.has_one_outcome:
        return
    outcome = view.outcome[view.known]
    auc, error = rank_groups(np.ones(len(outcome)), outcome, view.order[view.known])
    if max(auc, 1 - auc) - view.z * error >= _SORTED:
        accepted = "newer" if auc > 0.5 else "older"
        what = (
            f"The order of the leads alone ranks them by outcome at AUC {max(auc, 1 - auc):.2f}: {accepted} leads are accepted "
            "far more often."
        )
        do = "Check that the order is that of time and not of a sorted file, and that the outcomes of all leads are complete."
        yield Finding(CODE, "warning", what, do=do)
