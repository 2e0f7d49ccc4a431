"""The features over the earlier episodes of a lead: how many have ended, how the last one ended, and how long ago.

`compute_earlier` is the only definition: a table calls it for each row that has an earlier episode, a request for its lead.

- An episode counts from the moment it ended, which is when sales accepted the lead or sent it back. What ends after `as_of`
  changes nothing, and neither does an episode that sales has not decided by then.
- Of an episode that was accepted and later sent back, the later of both that is known at `as_of` is its end.
- A reason is a word of the list `serve.reasons`, or `other`; of several episodes that ended at the same moment, the first word in
  alphabetical order.
- Without an earlier episode their number is 0.0, and the other two are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from predictor.data.leads import EPISODES_PREFIX
from predictor.data.recycle_reasons import OTHER, find_reason

EARLIER: Final = f"{EPISODES_PREFIX}earlier"
LAST_END: Final = f"{EPISODES_PREFIX}last_end"
DAYS_SINCE: Final = f"{EPISODES_PREFIX}days_since_last"
EPISODE_COLUMNS: Final = ("sql_at", "recycled_at", "recycle_reason")
ACCEPTED: Final = "accepted"
_GROUP = "Earlier episodes"
LABELS: Final[dict[str, tuple[str, str]]] = {  # label and group
    EARLIER: (_GROUP, _GROUP),
    LAST_END: (f"{_GROUP}: how the last one ended", _GROUP),
    DAYS_SINCE: (f"{_GROUP}: days since the last one ended", _GROUP),
}
_MICROSECOND = timedelta(microseconds=1)
_Value = float | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What sales decided in one episode of a lead; a moment carries a zone, and is None for what did not happen.

    Attributes:
        sql_at: When sales accepted the lead.
        recycled_at: When sales sent it back.
        recycle_reason: Why, in any words; None where unknown.
    """

    sql_at: datetime | None = None
    recycled_at: datetime | None = None
    recycle_reason: str | None = None


def compute_earlier(episodes: Iterable[Episode] | None, as_of: datetime, reasons: Sequence[str]) -> dict[str, _Value]:
    """Name of each feature -> its value as of a moment; None where it is missing.

    Args:
        episodes: The lead's earlier episodes in any order, without the one that the score is for; None: they are not known.
        as_of: The moment, with a zone.
        reasons: The firm's list of reasons (`serve.reasons`).

    >>> from datetime import UTC
    >>> day = lambda number: datetime(2026, 5, number, tzinfo=UTC)
    >>> first, second = Episode(recycled_at=day(2), recycle_reason="Bad timing"), Episode(sql_at=day(9))
    >>> list(compute_earlier([second, first], day(4), ["timing", "budget"]).values())
    [1.0, 'timing', 2.0]
    >>> list(compute_earlier([second, first], day(10), ["timing", "budget"]).values())
    [2.0, 'accepted', 1.0]
    >>> list(compute_earlier([], day(4), []).values()), list(compute_earlier(None, day(4), []).values())
    ([0.0, None, None], [None, None, None])
    """
    if episodes is None:
        return dict.fromkeys(LABELS)
    known = tuple(reasons)
    ends = [end for episode in episodes if (end := _find_end(episode, as_of, known)) is not None]
    if not ends:
        return {EARLIER: 0.0, LAST_END: None, DAYS_SINCE: None}
    last = max(at for at, _ in ends)
    reason = min(how for at, how in ends if at == last)
    return {EARLIER: float(len(ends)), LAST_END: reason, DAYS_SINCE: (as_of - last) // _MICROSECOND / 1e6 / 86_400.0}


def _find_end(episode: Episode, as_of: datetime, reasons: tuple[str, ...]) -> tuple[datetime, str] | None:
    """When and how an episode had ended by a moment; None if it had not."""
    accepted, recycled = (
        None if at is None or at > as_of else at for at in (episode.sql_at, episode.recycled_at)
    )  # fmt: skip
    if recycled is not None and (accepted is None or recycled >= accepted):
        return recycled, _map_reason(episode.recycle_reason, reasons)
    return None if accepted is None else (accepted, ACCEPTED)


@lru_cache(maxsize=4096)
def _map_reason(text: str | None, reasons: tuple[str, ...]) -> str:
    return (None if text is None else find_reason(text.strip(), reasons)) or OTHER


def compute_earlier_columns(leads: pd.DataFrame, episodes: pd.DataFrame, reasons: Sequence[str]) -> pd.DataFrame:
    """The features of every row of leads as of its moment, under the index of leads.

    An earlier episode is another row of the same lead that became an MQL before.

    Args:
        leads: `lead_id` as keys, `mql_at` (when the row's own episode began) and `as_of`; a row without one of them has no
            earlier episodes.
        episodes: A row an episode: `lead_id` as keys, `mql_at`, and where known `sql_at`, `recycled_at` (all in UTC) and
            `recycle_reason`. It may be the same table.
        reasons: The firm's list of reasons (`serve.reasons`).

    >>> days = pd.to_datetime(["2026-05-01", "2026-06-01", "2026-06-01"], utc=True)
    >>> back = pd.to_datetime(["2026-05-20", None, None], utc=True)
    >>> leads = pd.DataFrame({"lead_id": ["A", "A", "B"], "mql_at": days, "as_of": days, "recycled_at": back})
    >>> compute_earlier_columns(leads, leads, []).values.tolist()
    [[0.0, None, nan], [1.0, 'other', 12.0], [0.0, None, nan]]
    """
    number, days = np.zeros(len(leads)), np.full(len(leads), np.nan)
    ends = np.full(len(leads), None, dtype=object)
    ended = _choose_ended(episodes)
    began = leads["mql_at"].where(leads["as_of"].notna())
    first = ended.groupby("lead_id")["mql_at"].min().reindex(leads["lead_id"])
    rows = np.flatnonzero((began > first.set_axis(leads.index)).to_numpy())
    chosen = leads.iloc[rows]
    by_lead = _list_by_lead(ended[ended["lead_id"].isin(chosen["lead_id"])])
    moments = zip(rows, chosen["lead_id"], chosen["mql_at"].dt.to_pydatetime(), chosen["as_of"].dt.to_pydatetime(), strict=True)
    for row, lead_id, start, as_of in moments:
        earlier = (episode for at, episode in by_lead[lead_id] if at < start)
        value = compute_earlier(earlier, as_of, reasons)
        number[row], ends[row], days[row] = value[EARLIER], value[LAST_END], value[DAYS_SINCE]
    columns = {EARLIER: number, LAST_END: pd.Series(ends, index=leads.index, dtype=object), DAYS_SINCE: days}
    return pd.DataFrame(columns, index=leads.index)


def _choose_ended(episodes: pd.DataFrame) -> pd.DataFrame:
    """The episodes with an end, all columns there."""
    full = episodes.reindex(columns=["lead_id", "mql_at", *EPISODE_COLUMNS])
    ends = full[["sql_at", "recycled_at"]].notna().any(axis=1)
    return full[ends & full["lead_id"].notna() & full["mql_at"].notna()]


def _list_by_lead(ended: pd.DataFrame) -> dict[str, list[tuple[datetime, Episode]]]:
    """Lead -> when each of its episodes began, and what came of it."""
    columns = [[None if pd.isna(cell) else cell for cell in ended[name]] for name in ("mql_at", *EPISODE_COLUMNS)]
    by_lead: dict[str, list[tuple[datetime, Episode]]] = {}
    for lead_id, began, sql_at, recycled_at, reason in zip(ended["lead_id"], *columns, strict=True):
        text = None if reason is None else str(reason)
        by_lead.setdefault(lead_id, []).append(
            (began, Episode(sql_at=_to_python(sql_at), recycled_at=_to_python(recycled_at), recycle_reason=text))
        )
    return by_lead


def _to_python(moment: pd.Timestamp | None) -> datetime | None:
    return None if moment is None else moment.to_pydatetime()
