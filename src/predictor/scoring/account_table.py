"""The scores of the accounts in a file of leads."""

from __future__ import annotations

from typing import Final

import pandas as pd

from predictor.core.errors import ScoringError
from predictor.data.lead_keys import as_keys
from predictor.scoring.account_scores import NO_ACCOUNTS, AccountScore, score_account
from predictor.scoring.batch import read_leads, rename_similar
from predictor.scoring.history import EPISODE_TIMES, read_table_accounts
from predictor.scoring.scorer import Scorer

COLUMNS: Final = (
    "account", "as_of", "probability", "independent", "open_leads", "likeliest_lead", "likeliest_probability",
)  # fmt: skip


def score_accounts(scorer: Scorer, raw: pd.DataFrame, answers: pd.DataFrame, *, now: pd.Timestamp) -> pd.DataFrame:
    """The scores of the accounts with open leads in a file, the highest first.

    The moment is the latest date in the file that is not in the future: up to then the file says which leads are open. So the
    same file gives the same scores on any day.

    Args:
        scorer: The bundle.
        raw: The leads, as `score_leads` takes them. Of several rows of a lead the latest counts.
        answers: What `score_leads` gave.
        now: The moment of leads without one.

    Returns:
        The columns of `COLUMNS`, a row an account.

    Raises:
        ScoringError: The model does not look at accounts.
    """
    if not scorer.features.uses_accounts:
        raise ScoringError(NO_ACCOUNTS)
    leads, _ = read_leads(scorer, rename_similar(scorer, raw)[0], now)
    known = answers[["lead_id", "probability", "decision"]].assign(
        account=read_table_accounts(scorer, leads).to_numpy(), as_of=leads["as_of"], key=as_keys(leads["lead_id"])
    )
    dates = leads[[name for name in ("as_of", *EPISODE_TIMES) if name in leads]]
    past = dates.where(dates <= now)
    at = past.max().max()
    closed = past[[name for name in ("sql_at", "opportunity_at", "recycled_at") if name in past]].notna().any(axis=1)
    rows = known[known["as_of"].notna() & (known["as_of"] <= at)].sort_values("as_of", kind="stable")
    latest = rows[~rows["key"].duplicated(keep="last")]
    is_open = ~closed[latest.index] & latest["account"].notna() & latest["probability"].notna()
    grouped = latest[is_open].groupby("account", sort=True)
    scores = [score_account(scorer.account_rule, str(account), group, at=at) for account, group in grouped]
    table = pd.DataFrame([_to_row(score) for score in scores if score.leads], columns=list(COLUMNS))
    return table.sort_values("probability", ascending=False, kind="stable", ignore_index=True)


def _to_row(score: AccountScore) -> tuple[object, ...]:
    first = score.leads[0]
    return (
        score.account, score.as_of, score.probability, score.independent, len(score.leads), first.lead_id, first.remaining,
    )  # fmt: skip
