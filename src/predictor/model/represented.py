"""Exports that are samples: how many leads each row represents, and a draw of rows that looks like all leads."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictor.core.errors import Finding, count
from predictor.core.settings import Settings
from predictor.core.wording import format_percent

FloatArray = NDArray[np.float64]

_BALANCED = (0.45, 0.55)  # base rates that balancing leaves behind
_FEWEST = 200  # leads from which an exact balance is noticed
_TOO_EVEN = 0.001  # how often chance alone would make blocks so even
_BLOCKS = 20


def compute_represented(
    outcome: ArrayLike, mature: ArrayLike, *, weight: ArrayLike | None = None, base_rate: float | Literal["as exported"]
) -> FloatArray | None:
    """How many leads each row represents, where accepted or refused leads were sampled before the export.

    The outcome that was sampled less represents one lead a row; the other as many as make the share accepted the base rate.
    Source: Kish 1965, "Survey Sampling"; for samples by outcome, Manski and Lerman 1977, Econometrica 45.

    Args:
        outcome: (n,) 1 accepted, 0 not.
        mature: (n,) whether the outcome is known.
        weight: (n,) leads that each row represents, as the export says, above 0; None: one.
        base_rate: The share of all leads that is accepted; "as exported": that of the rows.

    Returns:
        (n,) leads that each row represents; None where each represents one.

    >>> compute_represented([1, 1, 0, 0], [True] * 4, base_rate=0.2).tolist()
    [1.0, 1.0, 4.0, 4.0]
    >>> compute_represented([1, 0], [True] * 2, base_rate="as exported") is None
    True
    """
    y, known = np.asarray(outcome, dtype=float), np.asarray(mature, dtype=bool)
    rows = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=float)
    if base_rate != "as exported":
        accepted, refused = float(rows[known & (y == 1)].sum()), float(rows[known & (y != 1)].sum())
        if accepted and refused:
            factor = (accepted * (1 - base_rate)) / (refused * base_rate)
            rows = rows * np.where(y == 1, max(1.0, 1 / factor), max(1.0, factor))
    return None if np.all(rows == rows[0]) and rows[0] == 1 else rows


def draw_representative(represented: ArrayLike) -> tuple[NDArray[np.intp], float]:
    """Rows drawn without repetition in proportion to the leads they represent, and how many leads each then represents.

    Rows that represent the most leads all stay. Figures of the drawn rows need no weights, and their intervals are honest, since
    each drawn row is one observed lead. The draw is systematic, so it is even over the weights and over time, and needs no seed.

    Args:
        represented: (n,) above 0, the oldest row first.

    >>> drawn, leads = draw_representative([1, 1, 1, 1, 4, 4])
    >>> len(drawn), leads
    (3, 4.0)
    """
    rows = np.asarray(represented, dtype=float)
    most = rows.max()
    others = np.flatnonzero(rows < most)
    others = others[np.argsort(rows[others], kind="stable")]
    reached = np.cumsum(rows[others] / most) + 0.5
    taken = others[np.diff(np.floor(reached), prepend=0.0) > 0]
    return np.sort(np.append(np.flatnonzero(rows == most), taken)).astype(np.intp), float(most)


def check_represented(represented: FloatArray | None, outcome: FloatArray, mature: NDArray[np.bool_]) -> tuple[Finding, ...]:
    """A finding that says how many leads the rows represent; none where each represents one."""
    if represented is None:
        return ()
    rows, accepted = represented[mature], outcome[mature]
    share, exported = format_percent(float(np.average(accepted, weights=rows))), format_percent(float(accepted.mean()))
    what = f"{count(len(rows), 'row')} represent {count(round(float(rows.sum())), 'lead')}, of which {share} became SQLs "
    what += f"({exported} of the rows). The forward test uses rows drawn in that proportion."
    return (Finding("TRAIN013", "tip", what, do="Nothing, if roles.weight and label.base_rate are right."),)


def check_balance(outcome: FloatArray, mature: NDArray[np.bool_], order: FloatArray, settings: Settings) -> tuple[Finding, ...]:
    """A finding where as many rows are accepted as refused, more exactly than chance leaves them, in all or in blocks.

    The rows are then likely to be a sample, and every probability learned from them too high.
    """
    if settings.roles.weight or settings.label.base_rate != "as exported":
        return ()
    y = outcome[mature][np.argsort(order[mature], kind="stable")]
    n, accepted = len(y), int(y.sum())
    if n < _FEWEST or not _BALANCED[0] <= accepted / n <= _BALANCED[1] or not _is_too_even(y):
        return ()
    what = f"{accepted:,} of {count(n, 'row')} are accepted: so exactly one half that the export was probably balanced."
    do = "If leads were left out, set label.base_rate to the share of all leads that is accepted, or probabilities are wrong."
    return (Finding("TRAIN014", "warning", what, do=do),)


def _is_too_even(y: FloatArray) -> bool:
    """Whether the halves are equal, or blocks in time are nearer to equal halves than chance leaves 999 of 1,000 exports."""
    from scipy.stats import chi2  # noqa: PLC0415  a server needs none of it

    blocks = [(float(part.sum()), len(part)) for part in np.array_split(y, _BLOCKS)]
    spread = sum((2 * accepted - n) ** 2 / n for accepted, n in blocks)
    return abs(2 * y.sum() - len(y)) <= 1 or float(chi2.cdf(spread, _BLOCKS)) < _TOO_EVEN
