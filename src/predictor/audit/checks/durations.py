"""How long something took, as the difference of two columns, which reveals the outcome though neither does alone.

The length of a call is known after the call. Start and end of it look harmless, but a model that sees both sees the length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np

from predictor.audit.bounds import SUSPECT, bound_auc, format_at_least, rank_groups
from predictor.audit.view import Column, Floats, View
from predictor.core.errors import Finding

CODE = "AUDIT021"
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?(?: ?([ap])\.?m\.?)?")
_MOST = 8  # columns of moments that are compared with each other
_ORDERED = 0.95  # share of the leads for which one column is not before the other
_TOGETHER = 0.5  # share of the leads that have both


class _Moments(NamedTuple):
    """A column of dates, in days, or of times of day, in hours."""

    name: str
    column: Column
    numbers: Floats
    is_clock: bool


def check_durations(view: View) -> Iterator[Finding]:
    """Errors about the end of something where the time up to it ranks the leads too well; of times of day, the start too."""
    moments = [read for column in view.columns if (read := _read_moments(column)) is not None][:_MOST]
    accused: set[str] = set()
    for one, other in () if view.has_one_outcome else combinations(moments, 2):
        pair = _sort(one, other) if one.is_clock == other.is_clock else None
        if pair is None or pair[1].name in accused:
            continue
        auc, at_least = _rank(pair[1].numbers - pair[0].numbers, view)
        if at_least >= SUSPECT:
            named = [pair[1], pair[0]] if one.is_clock else [pair[1]]
            accused |= {moment.name for moment in named}
            yield from (_make_finding(moment.column, pair, auc, at_least) for moment in named)


def _read_moments(column: Column) -> _Moments | None:
    """The column as moments; None where it holds none."""
    if column.kind == "date" and column.numbers is not None:
        return _Moments(column.name, column, -column.ages if column.ages is not None else column.numbers, is_clock=False)
    matches = [_CLOCK.fullmatch(value) for value in column.values] if column.kind == "category" and column.values else [None]
    if any(match is None for match in matches):
        return None
    hours = np.array([_to_hours(match) for match in matches if match is not None] + [np.nan])
    return _Moments(column.name, column, hours[column.codes], is_clock=True)


def _to_hours(match: re.Match[str]) -> float:
    """The hours since midnight of a time of day."""
    hours, minutes, seconds, half = match.groups()
    day_half = int(hours) if half is None else int(hours) % 12 + 12 * (half == "p")
    return day_half + int(minutes) / 60 + int(seconds or 0) / 3600


def _sort(one: _Moments, other: _Moments) -> tuple[_Moments, _Moments] | None:
    """Two columns as start and end of something; None where neither is nearly always the earlier."""
    both = ~np.isnan(one.numbers) & ~np.isnan(other.numbers)
    if both.mean() < _TOGETHER:
        return None
    longer = other.numbers[both] - one.numbers[both]
    if (longer >= 0).mean() >= _ORDERED:
        return one, other
    return (other, one) if (longer <= 0).mean() >= _ORDERED else None


def _rank(numbers: Floats, view: View) -> tuple[float, float]:
    """The AUC of numbers, whichever way they point, and its lower bound; no number counts as the lowest."""
    outcome = view.outcome[view.known]
    auc, _ = rank_groups(np.ones(len(outcome)), outcome, np.nan_to_num(numbers[view.known], nan=-np.inf))
    auc, accepted = max(auc, 1 - auc), float(outcome.sum())
    return auc, bound_auc(auc, accepted=accepted, declined=len(outcome) - accepted)


def _make_finding(column: Column, pair: tuple[_Moments, _Moments], auc: float, at_least: float) -> Finding:
    start, end = pair
    what = (
        f"The time from column '{start.name}' to column '{end.name}' ranks the leads by outcome at AUC {auc:.2f} (at least "
        f"{format_at_least(at_least)}, by the 95 % interval): it is known when something is over, as a call is."
    )
    return Finding(CODE, "error", what, do=column.leak_advice, column=column.name)
