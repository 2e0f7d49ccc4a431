"""Columns in which nearly every lead has a value of its own: ids, free text, row numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from predictor.audit.bounds import correlate_ranks
from predictor.audit.view import Floats, View
from predictor.core.errors import Finding, count

IDENTIFIER, ROW_NUMBER = "AUDIT007", "AUDIT008"
_OWN_VALUE = 0.95  # share of distinct values from which nearly every lead has its own
_WITH_TIME = 0.95  # rank correlation with the order from which a number is a counter of time
_FEWEST = 50  # leads with a value


def check_identifiers(view: View) -> Iterator[Finding]:
    """Findings about ids, which carry no information about other leads, and numbers that rise with time or with the file."""
    for column in view.features:
        filled = int(column.filled.sum())
        if column.kind in ("date", "set") or filled < _FEWEST or len(column.values) < _OWN_VALUE * filled:
            continue
        if column.numbers is None:
            values = f"{len(column.values):,} values for {count(filled, 'lead')}"
            what = f"Column '{column.name}' is an identifier or free text: {values}."
            do = "Nothing: no value has enough leads to become a category."
            yield Finding(IDENTIFIER, "tip", what, do=do, column=column.name)
        elif (scale := _name_scale(column.numbers, view)) is not None:
            what = f"Column '{column.name}' runs with {scale}: it only says when a lead came or where it is in the file."
            do = "Name it in roles.ignore; where the leads have no date, map it to order_by in [columns]."
            yield Finding(ROW_NUMBER, "warning", what, do=do, column=column.name)


def _name_scale(numbers: Floats, view: View) -> str | None:
    """What whole numbers rise or fall with; None for nothing."""
    known, rows = ~np.isnan(numbers), np.arange(len(numbers), dtype=float)
    if (np.round(numbers[known]) != numbers[known]).any():
        return None
    if view.order is not None and abs(correlate_ranks(numbers[known], view.order[known])) >= _WITH_TIME:
        return "time"
    return "the rows of the file" if abs(correlate_ranks(numbers[known], rows[known])) >= _WITH_TIME else None
