"""How much the leads of one account count together: learned from moments at which accounts had several open leads.

Independent leads (noisy-or) are the rule unless the forward folds prove a learned share surely better.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from predictor.core.errors import count
from predictor.core.wording import format_number, format_percent
from predictor.model.account_score import FloatArray, Waiting, combine_groups, log_none

INDEPENDENT: Final = 1.0
_SHARES: Final = np.linspace(0.0, 1.5, 151)  # that are tried
_SPREAD: Final = 0.5  # standard deviation of the prior around independent leads
_FEWEST_LEARNED: Final = 20  # moments of either outcome that a share must be learned from
_FEWEST_JUDGED: Final = 40  # moments of either outcome that must judge it
_ERRORS: Final = 2.0  # standard errors by which it must do better

IntArray = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class AccountLeads:
    """Leads with predictions from before their outcomes; a row an episode, (n,) each.

    Attributes:
        account: Code of the account; -1 for none.
        lead: Code of the lead.
        at: When it became an MQL, in days.
        closed_at: When sales accepted it or sent it back; inf for neither.
        outcome: 1 accepted within the horizon, 0 not.
        probability: What was predicted; NaN where nothing was, so that moments at which the lead is open are left out.
        fold: The forward fold of the prediction.
    """

    account: IntArray
    lead: IntArray
    at: FloatArray
    closed_at: FloatArray
    outcome: FloatArray
    probability: FloatArray
    fold: IntArray


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Moments at which a lead came in and the account had others open; (m,) each.

    Attributes:
        likeliest: log(1 - p) of the likeliest open lead.
        others: Sum of log(1 - p) of the other open leads.
        outcome: Whether one of them was accepted later, within its horizon.
        account: Code of the account.
        at: The moment, in days.
        fold: The forward fold of the newest lead.
    """

    likeliest: FloatArray
    others: FloatArray
    outcome: FloatArray
    account: IntArray
    at: FloatArray
    fold: IntArray

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def fewest(self) -> int:
        """How many there are of the rarer outcome."""
        return int(min(self.outcome.sum(), len(self) - self.outcome.sum()))

    def take(self, chosen: NDArray[np.bool_]) -> Moments:
        """Some of the moments."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in self.__dataclass_fields__})

    def predict(self, share: float) -> FloatArray:
        """The probabilities with a share."""
        return combine_groups(self.likeliest, self.others, share)

    def compute_losses(self, share: float) -> FloatArray:
        """The log loss of each moment, in nats."""
        p = self.predict(share)
        return np.asarray(-np.where(self.outcome == 1, np.log(p), np.log1p(-p)))


def list_moments(leads: AccountLeads, waiting: Waiting, *, known_until: float) -> Moments:
    """The moments whose outcome is known: each lead that came in while others of its account were open.

    Args:
        leads: Leads with predictions, in any order.
        waiting: What is left of a probability while a lead is open; its horizon is that of the outcomes.
        known_until: The moment up to which outcomes are known, in days.

    >>> ones, day = np.zeros(3, dtype=int), np.array([0.0, 2.0, 9.0])
    >>> leads = AccountLeads(
    ...     account=ones, lead=np.arange(3), at=day, closed_at=np.array([5.0, np.inf, np.inf]), outcome=np.array([1.0, 0.0, 0.0]),
    ...     probability=np.full(3, 0.5), fold=ones,
    ... )
    >>> moments = list_moments(leads, Waiting(horizon_days=10), known_until=50)
    >>> moments.at.tolist(), moments.outcome.tolist(), moments.predict(1.0).tolist()
    ([2.0, 9.0], [1.0, 0.0], [0.75, 0.75])
    """
    order = np.lexsort((leads.at, leads.account))
    order = order[leads.account[order] >= 0]
    ends = np.append(np.flatnonzero(np.diff(leads.account[order])) + 1, len(order))
    starts = np.append(0, ends[:-1])
    horizon = np.inf if waiting.horizon_days is None else waiting.horizon_days
    found = [
        (newest, likeliest, others, outcome)
        for start, end in zip(starts, ends, strict=True)
        if end - start > 1
        for newest, likeliest, others, outcome in _list_of_account(leads, order[start:end], waiting, horizon)
        if leads.at[newest] + horizon <= known_until
    ]
    newest = np.array([row[0] for row in found], dtype=np.intp)
    likeliest, others, outcome = (np.array([row[place] for row in found], dtype=float) for place in (1, 2, 3))
    return Moments(
        likeliest=likeliest,
        others=others,
        outcome=outcome,
        account=leads.account[newest],
        at=leads.at[newest],
        fold=leads.fold[newest],
    )


def _list_of_account(
    leads: AccountLeads, rows: IntArray, waiting: Waiting, horizon: float
) -> Iterator[tuple[int, float, float, float]]:
    """The newest lead of each moment, log(1 - p) of the likeliest and of the others, and the outcome."""
    at = leads.at[rows]
    first = np.searchsorted(at, at - horizon, side="right")
    for place in range(1, len(rows)):
        newest, earlier = rows[place], rows[first[place] : place]
        is_open = (leads.closed_at[earlier] > at[place]) & (leads.lead[earlier] != leads.lead[newest])
        earlier = earlier[is_open]
        known = np.isfinite(leads.probability[np.append(earlier, newest)]).all()
        if not len(earlier) or not known:
            continue
        last = len(earlier) - 1 - np.unique(leads.lead[earlier][::-1], return_index=True)[1]  # the latest row of each lead
        earlier = earlier[last]
        left = waiting.discount(leads.probability[earlier], at[place] - leads.at[earlier])
        none = log_none(np.append(left, leads.probability[newest]))
        outcome = max(leads.outcome[newest], leads.outcome[earlier].max())
        yield int(newest), float(none.min()), float(none.sum() - none.min()), float(outcome)


def fit_share(moments: Moments) -> float:
    """The share that makes the moments likeliest, with a normal prior around 1; independent leads where they are too few.

    >>> rng = np.random.default_rng(0)
    >>> ten = np.zeros(400, dtype=int)
    >>> together = rng.random(400) < 0.3  # the firm decides once for both of its leads
    >>> moments = Moments(
    ...     likeliest=np.full(400, np.log(0.7)), others=np.full(400, np.log(0.7)), outcome=together.astype(float), account=ten,
    ...     at=np.arange(400.0), fold=ten,
    ... )
    >>> fit_share(moments) < 0.3
    True
    """
    if moments.fewest < _FEWEST_LEARNED:
        return INDEPENDENT
    losses = [moments.compute_losses(share).sum() + ((share - INDEPENDENT) / _SPREAD) ** 2 / 2 for share in _SHARES]
    return round(float(_SHARES[int(np.argmin(losses))]), 2)


@dataclass(frozen=True, kw_only=True)
class ShareChoice:
    """Whether a share is learned, and why.

    Attributes:
        learned: Whether the forward folds prove a learned one surely better than independent leads.
        text: Why, in a sentence.
    """

    learned: bool
    text: str


def choose_share(moments: Moments, *, horizon_days: float) -> ShareChoice:
    """Whether learned shares did surely better on the forward folds: each was learned before its fold began.

    Surely: by two standard errors of the difference, where the moments of one account count as one.

    Args:
        moments: With the folds of the training leads.
        horizon_days: Days after which an outcome is known.
    """
    judged, losses = np.zeros(len(moments), dtype=bool), np.zeros((2, len(moments)))
    for fold in np.unique(moments.fold)[1:]:
        now = moments.fold == fold
        share = fit_share(moments.take((moments.fold < fold) & (moments.at + horizon_days <= moments.at[now].min())))
        for row, tried in enumerate((share, INDEPENDENT)):
            losses[row, now] = moments.take(now).compute_losses(tried)
        judged |= now
    seen = moments.take(judged)
    if seen.fewest < _FEWEST_JUDGED:
        text = f"In the forward folds accounts had several open leads at {count(len(seen), 'moment')} only, too few to learn how"
        return ShareChoice(learned=False, text=f"{text} leads of one account depend on each other: they count as independent.")
    own, independent = losses[:, judged]
    gain, error = compute_clustered(independent - own, seen.account)
    figures = f"log loss {own.mean():.4f} against {independent.mean():.4f} at {count(len(seen), 'moment')}"
    if gain > _ERRORS * error:
        text = f"Leads of one account depend on each other: a learned share was surely better on the forward folds, {figures}."
        return ShareChoice(learned=True, text=text)
    text = f"No learned share was surely better than independent leads on the forward folds, {figures}."
    return ShareChoice(learned=False, text=text)


def compute_clustered(values: FloatArray, cluster: IntArray) -> tuple[float, float]:
    """A mean and its standard error, where values of one cluster may say the same (Liang and Zeger 1986, Biometrika 73).

    >>> compute_clustered(np.array([1.0, 1.0, 3.0, 3.0]), np.array([0, 0, 1, 1]))
    (2.0, 0.7071067811865476)
    """
    mean = float(values.mean())
    _, codes = np.unique(cluster, return_inverse=True)
    excess = np.bincount(codes, values - mean)
    return mean, float(np.sqrt((excess**2).sum()) / len(values))


def judge_accounts(moments: Moments, share: float, *, tested: str) -> dict[str, Any]:
    """How the rule did on the test leads, for `metrics.json`.

    `moments`, `accounts`: how many. `accepted`: the share at which a lead was accepted. `promised`, `log_loss`: by the rule;
    `independent`: the same two of independent leads. `text`: the result in words. Figures are None where there are no moments.

    Args:
        moments: Of the test leads.
        share: Of the rule, as known before the test.
        tested: What the test is called.
    """
    figures: dict[str, Any] = {"share": share, "moments": len(moments), "accounts": len(np.unique(moments.account))}
    if not len(moments):
        text = f"Accounts: in the {tested} no account had several open leads at once."
        return figures | {"accepted": None, "promised": None, "log_loss": None, "independent": None, "text": text}
    promised, loss = (float(part.mean()) for part in (moments.predict(share), moments.compute_losses(share)))
    alone, alone_loss = (float(part.mean()) for part in (moments.predict(INDEPENDENT), moments.compute_losses(INDEPENDENT)))
    accepted = float(moments.outcome.mean())
    seen = f"{count(len(moments), 'moment')} ({count(figures['accounts'], 'account')})"
    text = (
        f"Accounts: in the {tested} a lead came in while others of its account were open at {seen}. At least one of them was "
        f"accepted in {format_percent(accepted)}; {format_percent(promised)} was promised"
    )
    if share == INDEPENDENT:
        text += ", as for leads that are independent of each other."
    else:
        text += f", where independent leads would have promised {format_percent(alone)} (log loss {loss:.4f} against "
        text += f"{alone_loss:.4f}). Each lead beside the likeliest counts {format_number(share, 2)}."
    independent = {"promised": alone, "log_loss": alone_loss}
    return figures | {"accepted": accepted, "promised": promised, "log_loss": loss, "independent": independent, "text": text}
