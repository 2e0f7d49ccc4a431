"""The funnel: how many leads were scored, routed, accepted and recycled, week by week."""

from __future__ import annotations

import pandas as pd

from predictor.model.metrics.intervals import wilson
from predictor.store.monitor.episodes import join_episodes

_COUNTS = ["scored", "routed", "accepted", "recycled", "open"]


def compute_funnel(scores: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """What came of the leads of each week, those routed to sales and those left in nurture apart.

    A lead that was accepted stays so whatever happens to it later, so `scored` = `accepted` + `recycled` + `open`. The
    conversion of a young week is what it has come to so far; `open` tells how many may still follow.

    Args:
        scores: What `Store.load_scores` gives: `lead_id`, `as_of`, `decision` are used.
        outcomes: What `Store.load_outcomes` gives: `lead_id`, `kind`, `occurred_at` are used.

    Returns:
        A row for each `week` (its Monday, UTC) and `decision`, rising: `scored`, `routed`, `accepted`, `recycled`, `open`, and
        `conversion` (accepted of scored) with `conversion_low` and `conversion_high` (Wilson, 95 %). Empty without scores.

    >>> at = lambda *days: pd.to_datetime([f"2026-03-{day:02}" for day in days], utc=True)
    >>> scores = pd.DataFrame({"lead_id": ["A", "B", "C"], "as_of": at(2, 8, 9), "decision": ["route_to_sales"] * 3})
    >>> outcomes = pd.DataFrame({"lead_id": ["A", "B"], "kind": ["accepted", "recycled"], "occurred_at": at(5, 10)})
    >>> compute_funnel(scores, outcomes).iloc[:, [0, 2, 4, 5, 6, 7]]
            week  scored  accepted  recycled  open  conversion
    0 2026-03-02       2         1         1     0         0.5
    1 2026-03-09       1         0         0     1         0.0
    """
    episodes = join_episodes(scores, outcomes)
    day = episodes["as_of"].dt.tz_convert("UTC").dt.tz_localize(None).dt.normalize()
    accepted = episodes["accepted_at"].notna()
    recycled = episodes["recycled_at"].notna() & ~accepted
    table = pd.DataFrame({
        "week": day - pd.to_timedelta(day.dt.day_of_week, unit="D"), "decision": episodes["decision"],
        "scored": 1, "routed": episodes["decision"] == "route_to_sales",
        "accepted": accepted, "recycled": recycled, "open": ~accepted & ~recycled,
    })  # fmt: skip
    funnel = table.groupby(["week", "decision"], as_index=False)[_COUNTS].sum().astype(dict.fromkeys(_COUNTS, "int64"))
    low, high = wilson(funnel["accepted"], funnel["scored"])
    return funnel.assign(conversion=funnel["accepted"] / funnel["scored"], conversion_low=low, conversion_high=high)
