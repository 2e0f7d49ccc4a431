"""Leads that change: how well the columns of a lead alone predict that it is one of the newest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from predictor.audit.bounds import count_groups, rank_across, rank_groups
from predictor.audit.view import Codes, Column, Floats, View, bin_numbers
from predictor.core.errors import Finding, count

CODE = "AUDIT017"
_STRONG, _WEAK = 0.75, 0.60  # lower bound of the AUC between newer and older leads: for a warning, for a tip
_COLUMN = 0.55  # AUC from which a column is named
_MOST_NAMED = 3
_SHRINK = 5.0
_FEWEST = 50  # leads in either part


def check_drift(view: View) -> Iterator[Finding]:
    """A finding where test leads differ from training leads, with the columns that differ most.

    It separates newest from older leads by naive Bayes on every column, each half of the leads scored by the rates of the other
    half (adversarial validation, without a model that would take longer to fit).
    """
    split = view.split
    if split is None or min(len(split.fit), len(split.test)) < _FEWEST or not view.features:
        return
    leads = np.sort(np.concatenate([split.fit, split.test]))
    newer = np.isin(leads, split.test).astype(float)
    halves = np.flatnonzero(_alternate(newer)), np.flatnonzero(~_alternate(newer))
    groups = {column.name: _group(column, view)[leads] for column in view.features}
    auc, error = _rank_together(list(groups.values()), newer, halves)
    at_least = auc - view.z * error
    if at_least < _WEAK:
        return
    alone = {name: rank_across(group, newer, halves)[0] for name, group in groups.items()}
    named = [name for name in sorted(alone, key=lambda name: -alone[name])[:_MOST_NAMED] if alone[name] >= _COLUMN]
    columns = ", ".join(f"'{name}' (alone {alone[name]:.2f})" for name in named) or "no column alone, but many a little"
    what = (
        f"The newest {count(len(split.test), 'lead')} differ from the older ones: their columns identify them at AUC {auc:.2f} "
        f"(at least {at_least:.2f}; 0.5 is chance). Most different: {columns}."
    )
    do = "Look at these columns over time: a new form, another tool, a value filled in later. Ignore those that only show time."
    yield Finding(CODE, "warning" if at_least >= _STRONG else "tip", what, do=do)


def _alternate(newer: Floats) -> np.ndarray:
    """Every other lead of either part."""
    places = np.where(newer > 0, np.cumsum(newer > 0), np.cumsum(newer == 0))
    return np.asarray(places % 2 == 0)


def _group(column: Column, view: View) -> Codes:
    """The groups of a column; dates by their age at the moment of decision, since dates always grow."""
    if column.kind == "date" and column.numbers is not None and view.times is not None and view.order is not None:
        return bin_numbers(view.order - column.numbers)
    return column.bins


def _rank_together(groups: list[Codes], newer: Floats, halves: tuple[Codes, Codes]) -> tuple[float, float]:
    """The AUC of all columns together, and its standard error."""
    aucs, errors = [], []
    for known, scored in (halves, halves[::-1]):
        score = np.zeros(len(scored))
        for group in groups:
            leads, hits = count_groups(group[known], newer[known], int(group.max(initial=0)) + 1)
            base = hits.sum() / leads.sum()
            share = (hits + _SHRINK * base) / (leads + _SHRINK)
            score += np.log(share / (1 - share))[group[scored]]
        ones = np.ones(len(scored))
        auc, error = rank_groups(ones, newer[scored], score.round(9))
        aucs.append(auc)
        errors.append(error)
    return float(np.mean(aucs)), float(np.hypot(errors[0], errors[1]) / 2)
