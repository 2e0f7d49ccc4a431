"""Leads that change: how well it can be told from a lead's columns alone that it is one of the newest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from predictor.audit.bounds import count_groups, rank_across, rank_groups
from predictor.audit.view import Codes, Column, Floats, View, bin_numbers
from predictor.core.errors import Finding, count

CODE = "AUDIT017"
_OTHERS, _SOMEWHAT = 0.75, 0.60  # AUC by which newer leads are told from older ones, surely
_COLUMN = 0.55  # AUC from which a column is named
_MOST_NAMED = 3
_SHRINK = 5.0
_FEWEST = 50  # leads in either block


def check_drift(view: View) -> Iterator[Finding]:
    """A warning where the test block looks like other leads than those that teach, and which columns tell.

    Newest against older leads by naive Bayes on every column, each half of the leads told by what the other half shows
    (adversarial validation, without a model that would take its time).
    """
    if view.fit is None or view.test is None or min(len(view.fit), len(view.test)) < _FEWEST or not view.used:
        return
    at = np.sort(np.concatenate([view.fit, view.test]))
    newer = np.isin(at, view.test).astype(float)
    halves = np.flatnonzero(_alternate(newer)), np.flatnonzero(~_alternate(newer))
    groups = {column.name: _group(column, view)[at] for column in view.used}
    auc, error = _tell_apart(list(groups.values()), newer, halves)
    surely = auc - view.z * error
    if surely < _SOMEWHAT:
        return
    alone = {name: rank_across(group, newer, halves)[0] for name, group in groups.items()}
    named = [name for name in sorted(alone, key=lambda name: -alone[name])[:_MOST_NAMED] if alone[name] >= _COLUMN]
    told = ", ".join(f"'{name}' (alone {alone[name]:.2f})" for name in named) or "no column alone, but many a little"
    what = (
        f"The newest {count(len(view.test), 'lead')} differ from those before: their columns tell them apart at AUC {auc:.2f} "
        f"(surely above {surely:.2f}; 0.5 is chance). What tells most: {told}."
    )
    do = (
        "Look at these columns over time: a new form, another tool, a value that is filled in later. Ignore what only tells time."
    )
    yield Finding(CODE, "warning" if surely >= _OTHERS else "tip", what, do)


def _alternate(newer: Floats) -> np.ndarray:
    """Every other lead of either block."""
    places = np.where(newer > 0, np.cumsum(newer > 0), np.cumsum(newer == 0))
    return np.asarray(places % 2 == 0)


def _group(column: Column, view: View) -> Codes:
    """The groups of a column; of dates by how long before the moment of decision they lie, since dates always grow."""
    if column.kind == "date" and column.numbers is not None and view.times is not None and view.order is not None:
        return bin_numbers(view.order - column.numbers)
    return column.bins


def _tell_apart(groups: list[Codes], newer: Floats, halves: tuple[Codes, Codes]) -> tuple[float, float]:
    """The AUC of all columns together, and its standard error."""
    aucs, errors = [], []
    for seen, told in (halves, halves[::-1]):
        score = np.zeros(len(told))
        for group in groups:
            leads, hits = count_groups(group[seen], newer[seen], int(group.max(initial=0)) + 1)
            base = hits.sum() / leads.sum()
            share = (hits + _SHRINK * base) / (leads + _SHRINK)
            score += np.log(share / (1 - share))[group[told]]
        ones = np.ones(len(told))
        auc, error = rank_groups(ones, newer[told], score.round(9))
        aucs.append(auc)
        errors.append(error)
    return float(np.mean(aucs)), float(np.hypot(errors[0], errors[1]) / 2)
