"""Realised results: predicted probabilities beside what became of the leads, once that is known."""

from __future__ import annotations

import pandas as pd

from predictor.model.metrics.metrics import compute_reliability
from predictor.store.monitor.weeks import judge_promises, label_mature

COLUMNS = ("low", "high", "leads", "promised", "realised", "realised_low", "realised_high", "verdict")
_NAMES = {"n": "leads", "predicted": "promised"} | {f"observed{end}": f"realised{end}" for end in ("", "_low", "_high")}


def compute_realised(joined: pd.DataFrame, *, horizon_days: float, observed_until: pd.Timestamp) -> pd.DataFrame:
    """Predicted probability beside realised conversion, in groups of similar size, of mature scores only.

    An episode counts once, by the score that `choose_scores` gives.

    Args:
        joined: What `join_outcomes` gives, with `probability`. Take the rows of one model to judge it.
        horizon_days: Days after `as_of` within which acceptance counts; > 0.
        observed_until: The moment up to which outcomes are known.

    Returns:
        A row a group, rising: `low` and `high` (lowest and highest probability), `leads`, `promised` (mean), `realised`,
        `realised_low` and `realised_high` (Wilson, 95 %), `verdict`: `as promised`, or `less` or `more` where the promise lies
        outside. Empty where no score is mature.

    Raises:
        SettingsError: The horizon is not a positive number of days.

    >>> from predictor.store.episodes import join_outcomes
    >>> at = lambda *days: pd.to_datetime([f"2026-03-{day:02}" for day in days], utc=True)
    >>> scores = pd.DataFrame({"lead_id": ["A", "B", "C"], "as_of": at(1, 1, 20), "probability": [0.4, 0.4, 0.9]})
    >>> outcomes = pd.DataFrame({"lead_id": ["A"], "kind": ["accepted"], "occurred_at": at(5)})
    >>> joined = join_outcomes(scores.assign(decision="route_to_sales", explore=False), outcomes, timezone="UTC")
    >>> realised = compute_realised(joined, horizon_days=10, observed_until=at(15)[0])
    >>> realised[["leads", "promised", "realised", "verdict"]]
       leads  promised  realised      verdict
    0      2       0.4       0.5  as promised
    """
    mature = label_mature(joined, horizon_days=horizon_days, observed_until=observed_until)
    if mature.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    table = compute_reliability(mature["outcome"], mature["probability"]).rename(columns=_NAMES)
    return table.assign(verdict=judge_promises(table))
