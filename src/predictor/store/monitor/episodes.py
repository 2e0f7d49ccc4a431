"""Scores beside what came of the leads: the two frames of the store, joined."""

from __future__ import annotations

import pandas as pd

ACCEPTING = ("accepted", "opportunity")  # an opportunity is only opened for a lead that sales has accepted
_UTC = "datetime64[us, UTC]"


def join_episodes(scores: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """One row an episode: a score, and what came of the lead before it was scored anew.

    An outcome belongs to the latest score at or before it; one that comes before every score is nobody's promise and is left
    out. A score that was followed by another before anything came of it is left out too, so that asking twice counts once.

    Args:
        scores: `lead_id`, `as_of`, and whatever else is to be kept.
        outcomes: `lead_id`, `kind`, `occurred_at`.

    Returns:
        The scores that stand, oldest first, with `accepted_at` and `recycled_at`, the first of each; missing where there is none.

    >>> at = lambda *days: pd.to_datetime([f"2026-03-{day:02}" for day in days], utc=True)
    >>> scores = pd.DataFrame({"lead_id": ["A", "A", "B"], "as_of": at(1, 2, 3)})
    >>> outcomes = pd.DataFrame({"lead_id": ["A"], "kind": ["accepted"], "occurred_at": at(9)})
    >>> joined = join_episodes(scores, outcomes)
    >>> joined["lead_id"].tolist(), joined["accepted_at"].dt.day.tolist()
    (['A', 'B'], [9.0, nan])
    """
    ordered = scores.astype({"lead_id": "str", "as_of": _UTC}).sort_values("as_of", kind="stable").reset_index(drop=True)
    told = outcomes.astype({"lead_id": "str", "occurred_at": _UTC}).sort_values("occurred_at", kind="stable")
    moments = ordered[["lead_id", "as_of"]].assign(episode=ordered.index)
    joined = pd.merge_asof(told, moments, left_on="occurred_at", right_on="as_of", by="lead_id").dropna(subset="episode")
    for name, kinds in {"accepted_at": ACCEPTING, "recycled_at": ("recycled",)}.items():
        firsts = joined[joined["kind"].isin(kinds)].groupby("episode")["occurred_at"].min()
        ordered[name] = firsts.reindex(ordered.index)
    stands = ~ordered.duplicated("lead_id", keep="last") | ordered["accepted_at"].notna() | ordered["recycled_at"].notna()
    return ordered[stands].reset_index(drop=True)
