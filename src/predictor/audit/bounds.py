"""The uncertainty of rankings, so that noise is not taken for evidence."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from predictor.audit.view import Codes, Floats
from predictor.model.metrics.intervals import Z95

TOO_GOOD, SUSPECT = 0.85, 0.78  # lower bounds of the AUC of one column; the best honest one on real leads has 0.77
_SHRINK = 5.0  # leads at the base rate that are added to each group
_CHANCE = 0.5  # the AUC of a column that says nothing
_HALVINGS = 30  # of the range of a bound


def count_groups(groups: Codes, outcome: Floats, size: int) -> tuple[Floats, Floats]:
    """Leads and accepted leads of each group.

    >>> [counts.tolist() for counts in count_groups(np.array([0, 1, 1]), np.array([0.0, 1.0, 0.0]), 2)]
    [[1.0, 2.0], [0.0, 1.0]]
    """
    leads = np.bincount(groups, minlength=size).astype(np.float64)
    return leads, np.bincount(groups, weights=outcome, minlength=size).astype(np.float64)


def rank_groups(leads: Floats, accepted: Floats, score: Floats) -> tuple[float, float]:
    """The AUC of a score with one number per group, and its standard error.

    Args:
        leads: Leads of each group.
        accepted: Accepted leads of each group.
        score: The score of each group.

    Returns:
        Both NaN where only one outcome occurs.

    >>> rank_groups(np.array([10.0, 10.0]), np.array([0.0, 10.0]), np.array([0.1, 0.9]))[0]
    1.0
    """
    declined = leads - accepted
    yes, no = float(accepted.sum()), float(declined.sum())
    if not yes or not no:
        return math.nan, math.nan
    _, places = np.unique(score, return_inverse=True)
    up, down = np.bincount(places, weights=accepted), np.bincount(places, weights=declined)
    auc = float((up * (np.cumsum(down) - down / 2)).sum() / (yes * no))
    return auc, _compute_error(auc, yes, no)


def rank_across(groups: Codes, outcome: Floats, halves: tuple[Codes, Codes]) -> tuple[float, float]:
    """The AUC of a column alone, each half of the leads ranked by the rates of the other half, and its standard error.

    Args:
        groups: The group of each lead, from 0.
        outcome: 1.0 or 0.0 of each lead.
        halves: Positions of the two halves; the older and the newer leads where there is an order.

    >>> groups, outcome = np.arange(400) % 2, (np.arange(400) % 2).astype(float)
    >>> round(rank_across(groups, outcome, (np.arange(200), np.arange(200, 400)))[0], 3)
    1.0
    """
    size = int(groups.max(initial=0)) + 1
    counts = [count_groups(groups[half], outcome[half], size) for half in halves]
    ranks = []
    for (seen, hits), (leads, accepted) in (counts, counts[::-1]):
        base = hits.sum() / max(seen.sum(), 1)
        ranks.append(rank_groups(leads, accepted, (hits + _SHRINK * base) / (seen + _SHRINK)))
    auc = float(np.mean([auc for auc, _ in ranks]))
    return auc, math.sqrt(sum(error * error for _, error in ranks)) / 2


def bound_auc(auc: float, *, accepted: float, declined: float, z: float = Z95) -> float:
    """The lowest true AUC that an AUC allows: the one that lies `z` of its own standard errors below (Newcombe 2006, method 5).

    A standard error at the estimate is 0 where a few leads are ranked without a mistake, which proves little.

    Args:
        auc: The estimate.
        accepted: Accepted leads that it rests on.
        declined: Other leads that it rests on.
        z: Standard errors; those of a 95 % interval unless stated.

    Returns:
        0.5 where the AUC is not surely above chance, or not known.

    >>> [round(bound_auc(1.0, accepted=leads, declined=1000), 2) for leads in (10, 50, 500)]
    [0.85, 0.96, 1.0]
    """
    if not (auc > _CHANCE and accepted and declined):
        return _CHANCE
    low, high = _CHANCE, auc
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if auc - middle > z * _compute_error(middle, accepted, declined) else (low, middle)
    return low


def _compute_error(auc: float, yes: float, no: float) -> float:
    """The standard error of an AUC (Hanley and McNeil 1982, Radiology 143, 29-36)."""
    pairs_yes, pairs_no = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    spread = auc * (1 - auc) + (yes - 1) * (pairs_yes - auc * auc) + (no - 1) * (pairs_no - auc * auc)
    return math.sqrt(max(spread, 0.25 / min(yes, no)) / (yes * no))


def format_at_least(bound: float, digits: int = 2) -> str:
    """A lower bound, rounded down, so that what is printed is as sure as what was computed.

    >>> format_at_least(0.849), format_at_least(0.75)
    ('0.84', '0.75')
    """
    return f"{math.floor(round(bound * 10**digits, 6)) / 10**digits:.{digits}f}"


def correlate_ranks(left: Floats, right: Floats) -> float:
    """Spearman's rank correlation, ties with their mean rank; 0 where one of them does not vary.

    >>> correlate_ranks(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 90.0]))
    1.0
    """
    ranks = [_rank(values) for values in (left, right)]
    spread = ranks[0].std() * ranks[1].std() if len(left) else 0.0
    if not spread:
        return 0.0
    return float(round(((ranks[0] - ranks[0].mean()) * (ranks[1] - ranks[1].mean())).mean() / spread, 12))


def _rank(values: Floats) -> NDArray[np.float64]:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]
