"""The earlier episodes of leads, from the outcomes that the store keeps: for requests that do not send them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pandas as pd

from predictor.data.lead_keys import as_keys, to_key
from predictor.features.earlier_episodes import Episode
from predictor.store.database import Database
from predictor.store.episodes import ACCEPTING
from predictor.store.outcome_history import settle_outcomes


def read_earlier_episodes(database: Database, lead_ids: Iterable[str], *, timezone: str) -> dict[str, tuple[Episode, ...]]:
    """The episodes of leads that sales has decided, by the key of the lead; a lead without one is left out.

    Most leads have no outcome yet, which one query says of all of them.

    Args:
        database: Where outcomes are stored.
        lead_ids: The leads.
        timezone: The timezone of the firm, see `settle_outcomes`.

    Raises:
        StoreError: The database cannot be used now.
    """
    reported = database.list_reported(lead_ids)
    if not reported:
        return {}
    history = database.read_leads(reported)
    outcomes = settle_outcomes(history.reports, history.scores, timezone=timezone)
    keys = as_keys(outcomes["lead_id"])
    return {key: list_episodes(own) for key, own in outcomes.groupby(keys, sort=False)}


def list_episodes(outcomes: pd.DataFrame) -> tuple[Episode, ...]:
    """The episodes of one lead that its outcomes end, oldest first: each ends where sales sends the lead back.

    Args:
        outcomes: Those that count, oldest first: `kind`, `occurred_at` and `reason`.

    >>> day = lambda number: pd.Timestamp(f"2026-05-{number:02}", tz="UTC")
    >>> rows = [("accepted", day(2), None), ("recycled", day(5), "budget"), ("accepted", day(20), None)]
    >>> episodes = list_episodes(pd.DataFrame(rows, columns=["kind", "occurred_at", "reason"]))
    >>> [(bool(one.sql_at), one.recycle_reason) for one in episodes]
    [(True, 'budget'), (True, None)]
    """
    episodes, accepted = list[Episode](), None
    for kind, at, reason in zip(outcomes["kind"], outcomes["occurred_at"], outcomes["reason"], strict=True):
        moment: datetime = at.to_pydatetime()
        if kind in ACCEPTING:
            accepted = accepted or moment
        elif kind == "recycled":
            text = None if pd.isna(reason) else str(reason)
            episodes.append(Episode(sql_at=accepted, recycled_at=moment, recycle_reason=text))
            accepted = None
    return (*episodes, *([] if accepted is None else [Episode(sql_at=accepted)]))


def find_episodes(known: dict[str, tuple[Episode, ...]], lead_id: str) -> tuple[Episode, ...]:
    """Those of one lead, whichever length of a Salesforce id it is asked by."""
    return known.get(to_key(lead_id), ())
