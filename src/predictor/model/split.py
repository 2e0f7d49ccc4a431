"""Splits into training and test leads: forward in time and with a gap, or at random where nothing orders the leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictor.core.errors import SettingsError, TrainingError

FloatArray = NDArray[np.float64]
Positions = NDArray[np.intp]
Fold = tuple[Positions, Positions]


@dataclass(frozen=True, slots=True)
class Split:
    """Which leads are for training and which for the test.

    Attributes:
        fit: Positions of the rows to learn from, rising.
        test: Positions of the rows to test on, rising.
        starts: First value of the order among the test leads; None where the split is random.
        leads_per_row: How many leads each test lead represents, where the export is a sample.
    """

    fit: Positions
    test: Positions
    starts: float | None
    leads_per_row: float = 1.0


def split_forward(order: ArrayLike, *, test_share: float, gap: float) -> Split:
    """The newest leads to test on, and the older ones whose outcome was known when the newest began.

    Leads of one moment are never on both sides: the test leads start at the value that brings it nearest to `test_share`.
    Membership depends on the values alone, not on the order of the rows.

    Args:
        order: (n,) a number that grows with time, in any unit.
        test_share: Share of the rows to test on; above 0, below 1.
        gap: Training leads end at `starts - gap`, in the unit of `order`; the horizon, or 0 where outcomes carry no date.

    Raises:
        TrainingError: Nothing is left to fit on, all leads are of one moment, or the order has holes.
        SettingsError: The share or the gap is out of range.

    >>> split = split_forward([1, 2, 3, 4, 5, 6, 7, 8], test_share=0.25, gap=2)
    >>> split.fit.tolist(), split.test.tolist(), split.starts
    ([0, 1, 2, 3, 4], [6, 7], 7.0)
    >>> split_forward([1, 2, 3, 4], test_share=0.25, gap=30)
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: No lead is left to fit on: the newest part starts 3 after the oldest lead, but the gap \
is 30 (in the unit of the column that orders the leads). Add older leads, or lower label.horizon_days, split.gap_days or \
split.test_share.
    """
    values = _check_order(order, gap)
    starts = _find_starts(values, [_check_share("split.test_share", test_share)])[0]
    fit, test = _find_fit(values, starts, gap), np.flatnonzero(values >= starts)
    if not fit.size:
        raise _complain_of_gap(values, starts, gap)
    return Split(fit=fit, test=test, starts=float(starts))


def split_held_out(outcome: ArrayLike, order: ArrayLike, *, test_share: float) -> Split:
    """Test leads held out at random, the same share of either outcome, for data without any time.

    Args:
        outcome: (n,) 1 or 0; at least 2 leads.
        order: (n,) a random place of each lead; those with the lowest are held out.
        test_share: Share of the rows to test on; above 0, below 1. Each side gets one row at least.

    Raises:
        TrainingError: There are fewer than two leads.
        SettingsError: The share is out of range.

    >>> split = split_held_out([0, 0, 0, 0, 1, 1, 1, 1], [5, 6, 7, 8, 1, 2, 3, 4], test_share=0.25)
    >>> split.fit.tolist(), split.test.tolist(), split.starts
    ([1, 2, 3, 5, 6, 7], [0, 4], None)
    >>> split_held_out([1], [0], test_share=0.25)
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: A split needs at least 2 leads, but there is 1. Add leads whose outcome is known.
    """
    place = _spread(np.asarray(outcome, dtype=float), np.asarray(order, dtype=float))
    n = len(place)
    if n < 2:
        verb = "is" if n == 1 else "are"
        raise TrainingError(f"A split needs at least 2 leads, but there {verb} {n}. Add leads whose outcome is known.")
    tested = min(max(round(n * _check_share("split.test_share", test_share)), 1), n - 1)
    drawn = np.argsort(place, kind="stable")
    return Split(fit=np.sort(drawn[tested:]), test=np.sort(drawn[:tested]), starts=None)


def make_shuffled_folds(outcome: ArrayLike, order: ArrayLike, *, folds: int) -> list[Fold]:
    """Folds of leads that nothing orders: each is predicted from all others, and has the same share of either outcome.

    Args:
        outcome: (n,) 1 or 0.
        order: (n,) a random place of each lead.
        folds: Folds wanted, at least 2; fewer where there are fewer leads.

    Returns:
        (positions to fit on, positions to predict) of each fold; empty for fewer than two leads.

    >>> for fit, fold in make_shuffled_folds([0, 0, 0, 0, 1, 1], [5, 6, 7, 8, 1, 2], folds=2):
    ...     print(fit.tolist(), fold.tolist())
    [2, 3, 5] [0, 1, 4]
    [0, 1, 4] [2, 3, 5]
    >>> make_shuffled_folds([0, 1], [1, 2], folds=0)
    Traceback (most recent call last):
    predictor.core.errors.SettingsError: There must be at least 1 fold, but split.folds is 0.
    """
    if folds < 1:
        raise SettingsError(f"There must be at least 1 fold, but split.folds is {folds}.")
    drawn = np.argsort(_spread(np.asarray(outcome, dtype=float), np.asarray(order, dtype=float)), kind="stable")
    parts = [np.sort(part) for part in np.array_split(drawn, min(max(folds, 2), len(drawn)))] if len(drawn) > 1 else []
    return [(np.setdiff1d(drawn, part), part) for part in parts]


def _spread(outcome: FloatArray, order: FloatArray) -> FloatArray:
    """Places from 0 to 1 over which the leads of either outcome are spread evenly, each in its order."""
    place = np.zeros(len(outcome))
    for one in np.unique(outcome):
        at = np.flatnonzero(outcome == one)
        place[at[np.argsort(order[at], kind="stable")]] = (np.arange(len(at)) + 0.5) / len(at)
    return place


def make_folds(order: ArrayLike, *, folds: int, gap: float, validated_share: float = 0.5) -> list[Fold]:
    """Forward folds of the training leads: blocks in time, each predicted from what came before (rolling origin).

    The newest `validated_share` of the rows is cut into `folds` blocks of similar size. Half, because the first block
    is predicted from the other half at most: more would have it learn from too little to resemble the final
    model, less would leave too few predictions to calibrate on. Leads of one moment are in one block.

    Args:
        order: (n,) a number that grows with time, in any unit.
        folds: Blocks wanted; fewer come back where leads of one moment fill several.
        gap: A block starting at T is predicted from rows up to `T - gap`, in the unit of `order`.
        validated_share: Share of the rows that are predicted; above 0, below 1.

    Returns:
        Oldest block first, (positions to fit on, positions to predict). The part to fit on may be empty or of one class
        in early blocks.

    Raises:
        TrainingError: No block has anything to fit on, all leads are of one moment, or the order has holes.
        SettingsError: A share, the gap or the number of folds is out of range.

    >>> [(fit.tolist(), block.tolist()) for fit, block in make_folds([1, 2, 3, 4, 5, 6, 7, 8], folds=2, gap=2)]
    [([0, 1, 2], [4, 5]), ([0, 1, 2, 3, 4], [6, 7])]
    >>> make_folds([1, 2, 3, 4], folds=0, gap=0)
    Traceback (most recent call last):
    predictor.core.errors.SettingsError: There must be at least 1 fold, but split.folds is 0.
    """
    values = _check_order(order, gap)
    if folds < 1:
        raise SettingsError(f"There must be at least 1 fold, but split.folds is {folds}.")
    share = _check_share("validated_share", validated_share)
    starts = np.unique(_find_starts(values, [share * (folds - block) / folds for block in range(folds)]))
    ends = np.append(starts[1:], np.inf)
    made = [
        (_find_fit(values, start, gap), np.flatnonzero((values >= start) & (values < end)))
        for start, end in zip(starts, ends, strict=True)
    ]
    if not any(fit.size for fit, _ in made):
        raise _complain_of_gap(values, starts[-1], gap)
    return made


def _find_starts(values: FloatArray, shares: list[float]) -> FloatArray:
    """For each share the value from which on the rows come nearest to it, at least one row being older."""
    moments, rows = np.unique(values, return_counts=True)
    if len(moments) < 2:
        raise TrainingError(
            "A forward split needs leads of at least two moments, but all are of one. Name 'mql_at', or a column that "
            "grows with time as 'order_by'."
        )
    newer = np.cumsum(rows[::-1])[::-1][1:]
    return np.array([moments[1:][np.argmin(np.abs(newer - share * len(values)))] for share in shares])


def _find_fit(values: FloatArray, starts: float, gap: float) -> Positions:
    return np.flatnonzero((values <= starts - gap) & (values < starts))


def _check_order(order: ArrayLike, gap: float) -> FloatArray:
    values = np.asarray(order, dtype=float)
    unknown = int((~np.isfinite(values)).sum())
    if unknown:
        raise TrainingError(
            f"The column that orders the leads must be filled in, but {unknown} of {len(values)} values are missing. "
            "Fill them in, or leave those rows out."
        )
    if not gap >= 0:
        raise SettingsError(f"split.gap_days must be at least 0, but the gap is {gap:g}. Set it to 'horizon' or to 0.")
    return values


def _check_share(name: str, share: float) -> float:
    if not 0 < share < 1:
        raise SettingsError(f"{name} must be above 0 and below 1, but is {share:g}. Try 0.25.")
    return share


def _complain_of_gap(values: FloatArray, starts: float, gap: float) -> TrainingError:
    return TrainingError(
        f"No lead is left to fit on: the newest part starts {starts - values.min():g} after the oldest lead, but the gap "
        f"is {gap:g} (in the unit of the column that orders the leads). Add older leads, or lower label.horizon_days, "
        "split.gap_days or split.test_share."
    )
