"""The funnel: how many leads were scored, routed, accepted and recycled, week by week."""

from __future__ import annotations

import pandas as pd

from predictor.model.metrics.intervals import wilson
from predictor.store.episodes import choose_scores
from predictor.store.monitor.weeks import find_weeks

_COUNTS = ["scored", "routed", "accepted", "recycled", "open"]


def compute_funnel(joined: pd.DataFrame) -> pd.DataFrame:
    """What became of the leads of each week, those routed to sales and those left in nurture apart.

    An episode counts once, in the week of the score that `choose_scores` gives. An accepted lead stays accepted whatever
    happens later, so `scored` = `accepted` + `recycled` + `open`. The conversion of a recent week can still rise, by the leads
    that are `open`.

    Args:
        joined: What `join_outcomes` gives.

    Returns:
        A row for each `week` (its Monday, UTC) and `decision`, rising: `scored`, `routed`, `accepted`, `recycled`, `open`, and
        `conversion` (accepted of scored) with `conversion_low` and `conversion_high` (Wilson, 95 %). Empty without scores.

    >>> from predictor.store.episodes import join_outcomes
    >>> at = lambda *days: pd.to_datetime([f"2026-03-{day:02}T12:00" for day in days], utc=True)
    >>> scores = pd.DataFrame({"lead_id": ["A", "B", "C"], "as_of": at(2, 8, 9), "decision": "route_to_sales", "explore": False})
    >>> outcomes = pd.DataFrame({"lead_id": ["A", "B"], "kind": ["accepted", "recycled"], "occurred_at": at(5, 10)})
    >>> compute_funnel(join_outcomes(scores, outcomes, timezone="UTC")).iloc[:, [0, 2, 4, 5, 6, 7]]
            week  scored  accepted  recycled  open  conversion
    0 2026-03-02       2         1         1     0         0.5
    1 2026-03-09       1         0         0     1         0.0
    """
    episodes = choose_scores(joined)
    accepted = episodes["accepted_at"].notna()
    recycled = episodes["recycled"] & ~accepted
    table = pd.DataFrame({
        "week": find_weeks(episodes["as_of"]), "decision": episodes["decision"],
        "scored": 1, "routed": episodes["decision"] == "route_to_sales",
        "accepted": accepted, "recycled": recycled, "open": ~accepted & ~recycled,
    })  # fmt: skip
    funnel = table.groupby(["week", "decision"], as_index=False)[_COUNTS].sum().astype(dict.fromkeys(_COUNTS, "int64"))
    low, high = wilson(funnel["accepted"], funnel["scored"])
    return funnel.assign(conversion=funnel["accepted"] / funnel["scored"], conversion_low=low, conversion_high=high)
