"""The probability that at least one open lead of an account is accepted: from the probabilities of its leads, by one rule.

Leads of one firm are not independent: if the firm has no need, it has none for any of them. So each lead beside the likeliest
counts in part:

    1 - (1 - p of the likeliest) * product over the others of (1 - p) ** share

With a share of 1 the leads are independent (noisy-or: Pearl 1988, "Probabilistic Reasoning in Intelligent Systems", section 4.3);
with 0 the firm decides once, for all of its leads. An account with one open lead has the probability of that lead.

A lead that has been open for days has the probability that is left: those who are accepted are accepted early, and those who are
not are sent back, so both ways to leave are counted, by the days that they took in training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

_CURVE_DAYS: Final = 61  # points of a curve of waiting; between them it is straight
_FEWEST: Final = 20  # leads of either outcome below which nothing is said about how long they wait
_LOWEST: Final = 1e-9  # a probability is never quite 0 or 1


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How long leads stay open, by days since their score.

    Attributes:
        horizon_days: Days after which an acceptance does not count, so that a lead no longer does; None where that is not known.
        days: Rising from 0 to the horizon; empty where nothing is known.
        accepted_later: Of the leads that are accepted within the horizon, the share accepted after each day.
        unaccepted_open: Of the others, the share that sales has not sent back by each day.
    """

    horizon_days: float | None = None
    days: tuple[float, ...] = ()
    accepted_later: tuple[float, ...] = ()
    unaccepted_open: tuple[float, ...] = ()

    def discount(self, probability: ArrayLike, days_open: ArrayLike) -> FloatArray:
        """The probabilities that are left after leads have been open for some days, by Bayes' rule; 0 from the horizon on.

        >>> waiting = Waiting(horizon_days=10, days=(0.0, 10.0), accepted_later=(1.0, 0.0), unaccepted_open=(1.0, 1.0))
        >>> waiting.discount([0.5, 0.5, 0.5], [0, 5, 10]).round(4).tolist()
        [0.5, 0.3333, 0.0]
        """
        p, opened = np.asarray(probability, dtype=float), np.maximum(np.asarray(days_open, dtype=float), 0.0)
        if self.days:
            later, still = (np.interp(opened, self.days, curve) for curve in (self.accepted_later, self.unaccepted_open))
            p = p * later / np.maximum(p * later + (1 - p) * still, _LOWEST)
        return np.where(opened < (np.inf if self.horizon_days is None else self.horizon_days), p, 0.0)


def fit_waiting(outcome: ArrayLike, accepted_after: ArrayLike, recycled_after: ArrayLike, *, horizon_days: float) -> Waiting:
    """How long leads with a known outcome stayed open.

    Args:
        outcome: (n,) 1 or 0.
        accepted_after: (n,) days until sales accepted the lead; inf or NaN for never.
        recycled_after: (n,) days until sales sent it back, likewise.
        horizon_days: Days within which acceptance counts.

    >>> waiting = fit_waiting([1, 0] * 30, [2.0, np.inf] * 30, [np.nan, 6.0] * 30, horizon_days=10)
    >>> waiting.discount([0.5, 0.5], [1, 3]).round(3).tolist()
    [0.5, 0.0]
    """
    accepted = np.asarray(outcome, dtype=float) == 1
    if min(accepted.sum(), (~accepted).sum()) < _FEWEST:
        return Waiting(horizon_days=horizon_days)
    days = np.linspace(0.0, horizon_days, _CURVE_DAYS)
    sql, recycled = (np.nan_to_num(np.asarray(column, dtype=float), nan=np.inf) for column in (accepted_after, recycled_after))
    later, still = _follow(sql[accepted], days), _follow(recycled[~accepted], days)
    return Waiting(
        horizon_days=horizon_days,
        days=tuple(days.tolist()),
        accepted_later=tuple(later.tolist()),
        unaccepted_open=tuple(still.tolist()),
    )


def _follow(waits: FloatArray, days: FloatArray) -> FloatArray:
    """The share of leads that wait for more than each number of days, to six digits."""
    return np.round(1 - np.searchsorted(np.sort(waits), days, side="right") / len(waits), 6)


@dataclass(frozen=True, kw_only=True)
class AccountRule:
    """How the probabilities of the open leads of an account become one.

    Attributes:
        share: How much each lead beside the likeliest counts: 1 as if leads were independent, 0 not at all.
        waiting: What is left of a probability while a lead is open.
        leads: Moments at which accounts had several open leads, that the share was learned from; 0 where it was not learned.
    """

    share: float = 1.0
    waiting: Waiting = field(default_factory=Waiting)
    leads: int = 0

    def combine(self, probability: ArrayLike) -> float:
        """The probability that at least one lead is accepted; 0 for no leads.

        Args:
            probability: Of each lead, what is left of it.

        >>> AccountRule().combine([0.5, 0.2]), AccountRule(share=0.0).combine([0.5, 0.2]), AccountRule(share=0.3).combine([0.5])
        (0.6, 0.5, 0.5)
        """
        p = np.asarray(probability, dtype=float)
        if not p.size:
            return 0.0
        none = log_none(p)
        likeliest = none.min()
        return float(-np.expm1(likeliest + self.share * (none.sum() - likeliest)))

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> AccountRule:
        """The rule that `to_json` wrote.

        >>> AccountRule.from_json(AccountRule(share=0.4).to_json())
        AccountRule(share=0.4, waiting=Waiting(horizon_days=None, days=(), accepted_later=(), unaccepted_open=()), leads=0)
        """
        waiting = content["waiting"]
        curves = {name: tuple(waiting[name]) for name in ("days", "accepted_later", "unaccepted_open")}
        rule = Waiting(horizon_days=waiting["horizon_days"], **curves)
        return cls(share=content["share"], waiting=rule, leads=content["leads"])


def log_none(probability: FloatArray) -> FloatArray:
    """log(1 - p) of each, finite."""
    return np.asarray(np.log1p(-np.clip(probability, 0.0, 1 - _LOWEST)))


def combine_groups(likeliest: FloatArray, others: FloatArray, share: float) -> FloatArray:
    """The same for many accounts at once.

    Args:
        likeliest: log(1 - p) of the likeliest lead of each.
        others: Sum of log(1 - p) of its other leads.
        share: As in `AccountRule`.
    """
    return np.clip(-np.expm1(likeliest + share * others), _LOWEST, 1 - _LOWEST)
