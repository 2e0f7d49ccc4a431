"""Columns that are filled in for one outcome and hardly for the other: that they are filled tells what came of the lead."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from predictor.audit.advice import describe_leak
from predictor.audit.view import Column, View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent
from predictor.model.metrics.intervals import wilson

CODE = "AUDIT001"
_SURE_ODDS = 20.0  # odds ratio from which being filled nearly is the outcome; what is known in time seldom reaches 6
_TIMES = 2.0  # a column is filled so many times as often for one outcome as for the other
_SURE_TIMES = 1.5  # and so many times surely
_FEWEST = 10  # leads that have, and that lack, a value


class _Counts(NamedTuple):
    """Leads with and without a value, accepted or not."""

    have_yes: float
    have_no: float
    lack_yes: float
    lack_no: float


def check_missing(view: View) -> Iterator[Finding]:
    """Findings about columns whose being filled tells the outcome: an error where it nearly is the outcome."""
    for column in () if view.one_outcome else view.columns:
        filled, outcome = column.filled[view.known], view.outcome[view.known]
        if min(filled.sum(), (~filled).sum()) < _FEWEST:
            continue
        counts = _Counts(*(float((outcome[filled == has] == said).sum()) for has in (True, False) for said in (1, 0)))
        if _bound_odds(counts, view.z) >= _SURE_ODDS:
            yield Finding(CODE, "error", _say(column, counts, "almost only"), describe_leak(column), column.name)
        elif _is_uneven(counts, view.z):
            yield Finding(CODE, "warning", _say(column, counts, "mostly"), describe_leak(column), column.name)


def _bound_odds(counts: _Counts, z: float) -> float:
    """The least odds ratio between leads with and without a value that the counts allow, whichever way it goes."""
    yes, no = np.array([counts.have_yes, counts.lack_yes]), np.array([counts.have_no, counts.lack_no])
    at_least, at_most = wilson(yes, yes + no, z)
    low, high = float(at_most.min()), float(at_least.max())  # of the group that is accepted less, and of the other
    return _odds(high) / _odds(low) if low < high else 1.0


def _odds(share: float) -> float:
    return share / max(1 - share, 1e-9)


def _is_uneven(counts: _Counts, z: float) -> bool:
    """Whether leads of one outcome have a value so many times as often as the others, and not by chance."""
    shares = (counts.have_yes, counts.have_yes + counts.lack_yes), (counts.have_no, counts.have_no + counts.lack_no)
    (less, m), (more, n) = sorted(shares, key=lambda pair: pair[0] / pair[1])
    if more / n < _TIMES * less / m:
        return False
    error = math.sqrt(max(1 / (more + 0.5) - 1 / (n + 0.5) + 1 / (less + 0.5) - 1 / (m + 0.5), 0.0))  # of the log of the ratio
    return ((more + 0.5) / (n + 0.5)) / ((less + 0.5) / (m + 0.5)) * math.exp(-z * error) >= _SURE_TIMES


def _say(column: Column, counts: _Counts, how: str) -> str:
    of_yes = counts.have_yes / (counts.have_yes + counts.lack_yes)
    of_no = counts.have_no / (counts.have_no + counts.lack_no)
    have, lack = int(counts.have_yes + counts.have_no), int(counts.lack_yes + counts.lack_no)
    which = "accepted leads" if of_yes > of_no else "leads that were not accepted"
    return (
        f"Column '{column.name}' is filled {how} for {which}: for {format_percent(of_yes)} of the accepted, "
        f"{format_percent(of_no)} of the others. Of {count(have, 'lead')} with a value "
        f"{format_percent(counts.have_yes / have)} were accepted, of {lack:,} without {format_percent(counts.lack_yes / lack)}."
    )
