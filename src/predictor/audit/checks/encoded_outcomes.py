"""Numbers computed from the very outcomes of their leads: the share accepted of a firm's or a campaign's leads, for example.

A share known beforehand misses what comes of the leads by chance, as a coin does. One that hits it each time was computed
afterwards. It looks harmless, since it ranks leads no better than its groups are small.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from predictor.audit.bounds import count_groups
from predictor.audit.view import Column, View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_number

CODE = "AUDIT020"
_FEWEST_VALUES = 4  # shares between 0 and 1
_FEWEST = 50  # leads with such a share
_TOO_CLOSE = 0.2  # the mean squared miss, in units of what chance makes, below which it is next to none
_SCALES = (1.0, 100.0)  # shares, and percentages


def check_encoded_outcomes(view: View) -> Iterator[Finding]:
    """Errors about numbers that are the share accepted of the leads that have them, closer than chance allows."""
    for column in () if view.has_one_outcome else view.columns:
        if column.kind == "number" and len(column.values) >= _FEWEST_VALUES:
            for scale in _SCALES:
                if (finding := _check_column(column, view, scale)) is not None:
                    yield finding
                    break


def _check_column(column: Column, view: View, scale: float) -> Finding | None:
    """A finding where squared misses are too small for a chi-squared number (its tail by Wilson and Hilferty 1931, PNAS 17)."""
    shares = np.asarray(column.values, dtype=float) / scale
    chosen = view.known & column.filled
    if shares.min() < 0 or shares.max() > 1:
        return None
    leads, accepted = count_groups(column.codes[chosen], view.outcome[chosen], len(shares))
    between = (shares > 0) & (shares < 1) & (leads > 1)
    values, number = int(between.sum()), int(leads[between].sum())
    if values < _FEWEST_VALUES or number < _FEWEST:
        return None
    missed = accepted[between] - leads[between] * shares[between]
    closeness = float((missed**2 / (leads * shares * (1 - shares))[between]).sum()) / values
    spread = 2 / (9 * values)
    if closeness > _TOO_CLOSE or (closeness ** (1 / 3) - (1 - spread)) / math.sqrt(spread) > -view.z:
        return None
    usual = float(np.sqrt((leads * shares * (1 - shares))[between].mean()))
    what = (
        f"Column '{column.name}' is the share accepted of the very leads that have its value: over {values:,} values of "
        f"{count(number, 'lead')} it misses by {format_number(math.sqrt((missed**2).mean()), 1)} leads, where a share known "
        f"beforehand misses by {format_number(usual, 1)}. It was computed from the outcomes."
    )
    return Finding(CODE, "error", what, do=column.leak_advice, column=column.name)
