"""The features over the other leads of an account: how many became an MQL, were accepted, and have an opportunity.

`compute_account` says what is computed, for one lead; `compute_account_columns` computes the same for a table, where an account
may have many leads. For both:

- The other leads are those of the same account with another key. The lead's own episodes never count.
- An episode counts from its `mql_at`, which must lie before `as_of`; an acceptance and an opportunity from their moments on.
- An opportunity is open until sales sends the lead back.
- A lead without an account has none of these features. One whose account has no other lead has zeros.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd

from predictor.data.accounts import ACCOUNT
from predictor.data.leads import ACCOUNT_PREFIX

MQLS: Final = f"{ACCOUNT_PREFIX}mqls"
RECENT: Final = f"{ACCOUNT_PREFIX}mqls_30d"
ACCEPTED: Final = f"{ACCOUNT_PREFIX}accepted"
OPPORTUNITIES: Final = f"{ACCOUNT_PREFIX}opportunities"
ACCOUNT_TIMES: Final = ("mql_at", "sql_at", "recycled_at", "opportunity_at")
_GROUP = "Other leads of the account"
ACCOUNT_LABELS: Final[dict[str, tuple[str, str]]] = {  # label and group
    MQLS: (f"{_GROUP}: MQLs ever", _GROUP),
    RECENT: (f"{_GROUP}: MQLs in 30 days", _GROUP),
    ACCEPTED: (f"{_GROUP}: accepted by sales", _GROUP),
    OPPORTUNITIES: (f"{_GROUP}: open opportunities", _GROUP),
}
_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEpisode:
    """An episode of another lead of the same account; a moment carries a zone, and is None for what did not happen.

    Attributes:
        mql_at: When the other lead became an MQL.
        sql_at: When sales accepted it.
        recycled_at: When sales sent it back.
        opportunity_at: When sales opened an opportunity for it.
    """

    mql_at: datetime
    sql_at: datetime | None = None
    recycled_at: datetime | None = None
    opportunity_at: datetime | None = None


def compute_account(episodes: Iterable[AccountEpisode] | None, as_of: datetime) -> dict[str, float | None]:
    """Name of each feature -> its value as of a moment.

    Args:
        episodes: Those of the other leads of the account, in any order; None: they are not known, or there is no account.
        as_of: The moment, with a zone.

    >>> from datetime import UTC
    >>> day = lambda number: datetime(2026, 5, number, tzinfo=UTC)
    >>> other = AccountEpisode(mql_at=day(1), sql_at=day(3), opportunity_at=day(5), recycled_at=day(9))
    >>> [list(compute_account([other], day(number)).values()) for number in (2, 5, 9)]
    [[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.0]]
    """
    if episodes is None:
        return dict.fromkeys(ACCOUNT_LABELS)
    counts = dict.fromkeys(ACCOUNT_LABELS, 0.0)
    for episode in episodes:
        counts[MQLS] += episode.mql_at < as_of
        counts[RECENT] += as_of - _MONTH <= episode.mql_at < as_of
        counts[ACCEPTED] += _is_past(episode.sql_at, as_of)
        closed_at = _find_closed(episode.opportunity_at, episode.recycled_at)
        counts[OPPORTUNITIES] += _is_past(episode.opportunity_at, as_of) - _is_past(closed_at, as_of)
    return dict(counts)


def _is_past(moment: datetime | None, as_of: datetime) -> bool:
    return moment is not None and moment <= as_of


def _find_closed(opportunity_at: datetime | None, recycled_at: datetime | None) -> datetime | None:
    if opportunity_at is None or recycled_at is None or recycled_at < opportunity_at:
        return None
    return recycled_at


def compute_account_columns(leads: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """The features of every row of leads as of its moment, under the index of leads; NaN without an account or a moment.

    Args:
        leads: `lead_id` as keys, `account/key`, `as_of`.
        episodes: A row an episode: `lead_id` as keys, `account/key`, `mql_at`, and where known `sql_at`, `recycled_at` and
            `opportunity_at`; times in UTC. It may be the same table.

    >>> days = pd.to_datetime(["2026-05-01", "2026-05-02", "2026-06-09"], utc=True)
    >>> leads = pd.DataFrame({"lead_id": ["A", "B", "C"], ACCOUNT: ["acme"] * 3, "mql_at": days, "as_of": days})
    >>> compute_account_columns(leads, leads.assign(sql_at=days)).values.tolist()
    [[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0], [2.0, 0.0, 2.0, 0.0]]
    """
    known = episodes.reindex(columns=["lead_id", ACCOUNT, *ACCOUNT_TIMES])
    known = known[known["lead_id"].notna() & known[ACCOUNT].notna()].astype(dict.fromkeys(ACCOUNT_TIMES, _UTC))
    closed_at = known["recycled_at"].where(known["recycled_at"] >= known["opportunity_at"])
    rows = leads[["lead_id", ACCOUNT]].assign(at=leads["as_of"].astype(_UTC), row=np.arange(len(leads)))
    rows = rows[rows["lead_id"].notna() & rows[ACCOUNT].notna() & rows["at"].notna()].sort_values("at", kind="stable")
    month = rows.assign(at=rows["at"] - _MONTH)
    mqls = _count_others(rows, known, known["mql_at"], strict=True)
    counts = {
        MQLS: mqls,
        RECENT: mqls - _count_others(month, known, known["mql_at"], strict=True),
        ACCEPTED: _count_others(rows, known, known["sql_at"]),
        OPPORTUNITIES: _count_others(rows, known, known["opportunity_at"]) - _count_others(rows, known, closed_at),
    }
    columns = {}
    for name, values in counts.items():
        columns[name] = np.full(len(leads), np.nan)
        columns[name][rows["row"].to_numpy()] = values
    return pd.DataFrame(columns, index=leads.index)


_UTC: Final = "datetime64[us, UTC]"


def _count_others(rows: pd.DataFrame, episodes: pd.DataFrame, moments: pd.Series, *, strict: bool = False) -> np.ndarray:
    """For each row, in the order of time, how many moments of other leads of its account are not later, or if strict earlier."""
    dated = episodes[["lead_id", ACCOUNT]].assign(at=moments)
    dated = dated[dated["at"].notna()].sort_values("at", kind="stable")
    of_account, own = (_count_until(rows, dated, keys, strict=strict) for keys in ([ACCOUNT], [ACCOUNT, "lead_id"]))
    others: np.ndarray = of_account - own
    return others


def _count_until(rows: pd.DataFrame, dated: pd.DataFrame, keys: list[str], *, strict: bool) -> np.ndarray:
    if rows.empty or dated.empty:
        return np.zeros(len(rows))
    counted = dated[[*keys, "at"]].assign(number=dated.groupby(keys).cumcount() + 1.0)
    found = pd.merge_asof(rows[[*keys, "at"]], counted, on="at", by=keys, allow_exact_matches=not strict)
    return np.asarray(found["number"].fillna(0.0).to_numpy())
