"""The leads of an account, from stored scores and outcomes: their episodes, for requests that do not send them; the open ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from predictor.data.lead_keys import as_keys, to_key
from predictor.features.accounts import AccountEpisode
from predictor.store.database import Database
from predictor.store.episodes import ACCEPTING, list_open
from predictor.store.outcome_history import settle_outcomes
from predictor.store.outcome_places import place_outcomes

_OPEN = ["lead_id", "account", "as_of", "probability", "decision", "model"]
AccountLeads = dict[str, dict[str, tuple[AccountEpisode, ...]]]  # account -> key of a lead -> its episodes


def read_accounts(database: Database, accounts: Iterable[str], *, timezone: str) -> AccountLeads:
    """The leads of accounts with their episodes; an account without a stored lead is left out.

    Args:
        database: Where scores and outcomes are stored.
        accounts: Keys of accounts, as the scores of their leads name them.
        timezone: The timezone of the firm, see `settle_outcomes`.

    Raises:
        StoreError: The database cannot be used now.
    """
    by_lead = database.list_account_leads(accounts)
    if not by_lead:
        return {}
    history = database.read_leads(by_lead)
    outcomes = settle_outcomes(history.reports, history.scores, timezone=timezone)
    placed = place_outcomes(outcomes, history.scores, timezone=timezone)
    moments = pd.concat([
        pd.DataFrame({"lead": as_keys(history.scores["lead_id"]), "place": history.scores["as_of"], "kind": "score"}),
        pd.DataFrame({"lead": placed["lead_id"], "place": placed["at"], "kind": outcomes["kind"], "at": outcomes["occurred_at"]}),
    ]).sort_values("place", kind="stable")  # fmt: skip
    found: AccountLeads = {}
    for lead, own in moments.groupby("lead", sort=False):
        rows = zip(own["place"].dt.to_pydatetime(), own["kind"], own["at"].dt.to_pydatetime(), strict=True)
        found.setdefault(by_lead[str(lead)], {})[str(lead)] = list_account_episodes(list(rows))
    return found


def read_open_leads(database: Database, accounts: Iterable[str], *, timezone: str) -> pd.DataFrame | None:
    """The latest score of each open lead of accounts: `lead_id`, `account`, `as_of`, `probability`, `decision`, `model`.

    Args:
        database: Where scores and outcomes are stored.
        accounts: Keys of accounts.
        timezone: The timezone of the firm, see `settle_outcomes`.

    Returns:
        A row a lead; None where no lead of these accounts is stored.

    Raises:
        StoreError: The database cannot be used now.
    """
    by_lead = database.list_account_leads(accounts)
    if not by_lead:
        return None
    history = database.read_leads(by_lead)
    outcomes = settle_outcomes(history.reports, history.scores, timezone=timezone)
    latest = list_open(history.scores, outcomes, timezone=timezone)
    found = latest.assign(lead_id=as_keys(latest["lead_id"]))
    return found.assign(account=found["lead_id"].map(by_lead))[_OPEN]


def list_account_episodes(moments: Sequence[tuple[datetime, str, datetime]]) -> tuple[AccountEpisode, ...]:
    """The episodes of one lead, oldest first: one begins with its first score, and with the first after sales sent it back.

    Args:
        moments: Scores and outcomes in the order of time: their place in it, `score` or the kind of the outcome, and for an
            outcome when it happened.

    >>> rows = [(1, "score"), (2, "score"), (3, "opportunity"), (4, "recycled"), (9, "score")]
    >>> episodes = list_account_episodes([(day, kind, day) for day, kind in rows])
    >>> [(one.mql_at, one.sql_at, one.opportunity_at, one.recycled_at) for one in episodes]
    [(1, 3, 3, 4), (9, None, None, None)]
    """
    drafts = list[dict[str, Any]]()
    for place, kind, at in moments:
        if kind == "score":
            if not drafts or "recycled_at" in drafts[-1]:
                drafts.append({"mql_at": place})
        elif drafts and kind == "recycled":
            drafts[-1].setdefault("recycled_at", at)
        elif drafts and kind in ACCEPTING:
            drafts[-1].setdefault("sql_at", at)
            if kind == "opportunity":
                drafts[-1].setdefault("opportunity_at", at)
    return tuple(AccountEpisode(**draft) for draft in drafts)


def find_others(known: AccountLeads, account: str | None, lead_id: str) -> tuple[AccountEpisode, ...]:
    """The episodes of the other leads of an account; none where there is no account."""
    leads = {} if account is None else known.get(account, {})
    return tuple(episode for key, episodes in leads.items() if key != to_key(lead_id) for episode in episodes)
