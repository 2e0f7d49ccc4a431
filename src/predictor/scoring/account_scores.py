"""The score of an account: the probability that at least one of its open leads is accepted, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd

from predictor.core.errors import count
from predictor.core.wording import format_number, format_percent
from predictor.model.account_score import AccountRule
from predictor.scoring.answer import Decision

NO_ACCOUNTS: Final = "The model does not look at accounts. Set features.accounts to true and train again."
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenLead:
    """A lead that sales has neither accepted nor sent back.

    Attributes:
        lead_id: Its key.
        as_of: The moment of its latest score.
        probability: That score.
        remaining: What is left of it by now, since the lead is still open.
        decision: What was decided by that score.
    """

    lead_id: str
    as_of: datetime
    probability: float
    remaining: float
    decision: Decision


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountScore:
    """The score of an account.

    Attributes:
        account: Its key.
        as_of: The moment of which it speaks.
        probability: That at least one of its open leads is accepted; None without open leads.
        independent: The same as if the leads were independent of each other.
        leads: Its open leads, the likeliest first.
        text: What the probability rests on, in words.
    """

    account: str
    as_of: datetime
    probability: float | None
    independent: float | None
    leads: tuple[OpenLead, ...]
    text: str


def score_account(rule: AccountRule, account: str, leads: pd.DataFrame, *, at: pd.Timestamp) -> AccountScore:
    """The score of an account as of a moment.

    Args:
        rule: Of the model.
        account: Its key.
        leads: The latest score of each open lead: `lead_id`, `as_of` (UTC), `probability`, `decision`. A lead whose horizon has
            passed does not count any more.
        at: The moment, not before `as_of`.

    >>> moments = pd.to_datetime(["2026-05-01", "2026-05-02"], utc=True)
    >>> leads = pd.DataFrame({"lead_id": ["A", "B"], "as_of": moments, "probability": [0.2, 0.5], "decision": "nurture"})
    >>> score = score_account(AccountRule(share=0.5), "acme.example", leads, at=moments[1])
    >>> round(score.probability, 4), score.independent, [lead.lead_id for lead in score.leads]
    (0.5528, 0.6, ['B', 'A'])
    >>> print(score.text)
    2 open leads. The likeliest is B with 50 %; the other counts 0.50 of what it would if leads of a firm were independent.
    """
    days = (at - leads["as_of"]).dt.total_seconds().to_numpy(dtype=float) / _DAY_S
    remaining = rule.waiting.discount(leads["probability"].to_numpy(dtype=float), days)
    columns = (leads[name].tolist() for name in ("lead_id", "probability", "decision"))
    rows = zip(*columns, leads["as_of"].dt.to_pydatetime(), remaining.tolist(), strict=True)
    listed = [
        OpenLead(lead_id=str(lead), as_of=as_of, probability=probability, remaining=left, decision=decision)
        for lead, probability, decision, as_of, left in rows
        if left > 0
    ]
    listed.sort(key=lambda lead: (-lead.remaining, lead.lead_id))
    left = np.array([lead.remaining for lead in listed])
    return AccountScore(
        account=account,
        as_of=at.to_pydatetime(),
        probability=rule.combine(left) if listed else None,
        independent=AccountRule().combine(left) if listed else None,
        leads=tuple(listed),
        text=_describe(rule, listed),
    )


def _describe(rule: AccountRule, leads: list[OpenLead]) -> str:
    if not leads:
        return "No lead of the account is open: sales has decided about each, or its horizon has passed."
    likeliest = f"{leads[0].lead_id} with {format_percent(leads[0].remaining)}"
    if len(leads) == 1:
        return f"1 open lead, {likeliest}."
    others = "the other counts" if len(leads) == 2 else "each of the others counts"
    how = f"{others} {format_number(rule.share, 2)} of what it would if leads of a firm were independent"
    if not rule.leads and rule.share == 1:
        how = "the leads count as independent"
    return f"{count(len(leads), 'open lead')}. The likeliest is {likeliest}; {how}."
