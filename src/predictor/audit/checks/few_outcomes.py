"""Leads that cannot be split into training and test, or too few outcomes of one kind to train on or to judge by."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from predictor.audit.view import Codes, View
from predictor.core.errors import Finding, count

CODE = "AUDIT018"
_FEWEST_TESTED = 20  # of either outcome, below which an AUC is known to 0.1 at best


def check_few_outcomes(view: View) -> Iterator[Finding]:
    """An error where no training and test leads can be chosen; a warning where accepted or other leads are too few in either."""
    if view.why_no_split:
        why, _, do = view.why_no_split.rpartition(". ")
        yield Finding(CODE, "error", f"The leads cannot be split into training leads and newer test leads. {why}.", do=do)
    elif view.split is not None:
        few = [*_describe_few(view, "training", view.split.fit, view.split.fewest)]
        few += _describe_few(view, "test", view.split.test, _FEWEST_TESTED)
        if few:
            do = "Export older leads, or wait for more: a model trained on so few is weak, and its metrics are uncertain."
            yield Finding(CODE, "warning", f"There are few outcomes: {'; '.join(few)}.", do=do)


def _describe_few(view: View, name: str, leads: Codes, fewest: int) -> Iterator[str]:
    """How many leads of each outcome there are, where one has too few."""
    outcome = view.outcome[leads]
    outcome = outcome[~np.isnan(outcome)]
    accepted = int(outcome.sum())
    if min(accepted, len(outcome) - accepted) < fewest:
        number = count(len(outcome), f"{name} lead")
        yield f"{accepted:,} of the {number} were accepted, and {fewest} of each outcome are needed"
