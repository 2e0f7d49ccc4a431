"""Episodes from changes of a lead's stage: when it became an MQL, was accepted or was sent back."""

from __future__ import annotations

import pandas as pd

from predictor.core.settings import StageSettings

_RANKS = {"mql": 0, "sql": 1, "recycled": 2, "reason": 3, "opportunity": 4}
_NAMES = {"sql": "sql_at", "recycled": "recycled_at", "opportunity": "opportunity_at"}


def name_stages(values: pd.Series, stages: StageSettings) -> pd.Series:
    """The stage of each status: mql, sql or recycled; missing for any other status.

    >>> from predictor.core.settings import make_settings
    >>> name_stages(pd.Series(["MQL", "working", "nurture "]), make_settings().stages).tolist()
    ['mql', nan, 'recycled']
    """
    words = {word.strip().casefold(): stage for stage in ("recycled", "sql", "mql") for word in getattr(stages, stage)}
    named: pd.Series = values.map(lambda text: words.get(str(text).strip().casefold()), na_action="ignore")
    return named


def make_episodes(changes: pd.DataFrame) -> pd.DataFrame:
    """One row per episode: lead_id, mql_at, sql_at, recycled_at, opportunity_at, recycle_reason.

    Each change to MQL starts an episode, unless the lead is an MQL already; the first of each later change until the next
    episode belongs to it. A conversion to an opportunity is an acceptance where no other is known.

    Args:
        changes: lead_id, at (with a zone), stage, and value, which is the reason where the stage is `reason`.

    >>> days = pd.to_datetime(["2026-01-01", "2026-01-05", "2026-02-01", "2026-02-03"], utc=True)
    >>> stages = ["mql", "recycled", "mql", "sql"]
    >>> episodes = make_episodes(pd.DataFrame({"lead_id": "A", "at": days, "stage": stages, "value": None}))
    >>> episodes["mql_at"].dt.day.tolist(), episodes["sql_at"].dt.month.tolist(), episodes["recycled_at"].dt.day.tolist()
    ([1, 1], [nan, 2.0], [5.0, nan])
    """
    rows = changes.assign(rank=changes["stage"].map(_RANKS)).sort_values(["lead_id", "at", "rank"], kind="stable")
    states = rows["stage"].where(rows["stage"] != "reason").groupby(rows["lead_id"]).ffill()
    starts = (rows["stage"] == "mql") & (states.groupby(rows["lead_id"]).shift() != "mql")
    rows = rows.assign(episode=starts.groupby(rows["lead_id"]).cumsum())
    rows = rows[rows["episode"] > 0]
    key = ["lead_id", "episode"]
    episodes = rows[rows["stage"] == "mql"].groupby(key)["at"].first().rename("mql_at").to_frame()
    for stage, name in _NAMES.items():
        episodes[name] = rows[rows["stage"] == stage].groupby(key)["at"].first()
    episodes["recycle_reason"] = rows[rows["stage"] == "reason"].groupby(key)["value"].first()
    episodes["sql_at"] = episodes["sql_at"].fillna(episodes["opportunity_at"])
    whole: pd.DataFrame = episodes.reset_index().drop(columns="episode")
    return whole
