"""Realised results: what was promised of leads beside what came of them, once that is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from predictor.model.label import compute_outcomes
from predictor.model.metrics.metrics import compute_reliability
from predictor.store.monitor.episodes import ACCEPTING

COLUMNS = ("low", "high", "leads", "promised", "realised", "realised_low", "realised_high", "verdict")
_NAMES = {"n": "leads", "predicted": "promised"} | {f"observed{end}": f"realised{end}" for end in ("", "_low", "_high")}


def compute_realised(
    scores: pd.DataFrame, outcomes: pd.DataFrame, *, horizon_days: float, observed_until: pd.Timestamp
) -> pd.DataFrame:
    """Promised probability beside realised conversion, in groups of like size, of mature scores only.

    A lead counts once, by its first score: a later one was asked for because of what had happened since. A lead that sales
    had accepted before it was scored is left out, since of it nothing was promised.

    Args:
        scores: What `Store.load_scores` gives: `lead_id`, `as_of`, `probability` are used. Take those of one model to judge it.
        outcomes: What `Store.load_outcomes` gives: `lead_id`, `kind`, `occurred_at` are used.
        horizon_days: Days after `as_of` within which acceptance counts; > 0.
        observed_until: The moment up to which outcomes are known.

    Returns:
        A row a group, rising: `low` and `high` (lowest and highest probability), `leads`, `promised` (mean), `realised`,
        `realised_low` and `realised_high` (Wilson, 95 %), `verdict`: `as promised`, or `less` or `more` where the promise lies
        outside. Empty where no score is mature.

    Raises:
        SettingsError: The horizon is not a positive number of days.

    >>> at = lambda *days: pd.to_datetime([f"2026-03-{day:02}" for day in days], utc=True)
    >>> scores = pd.DataFrame({"lead_id": ["A", "B", "C"], "as_of": at(1, 1, 20), "probability": [0.4, 0.4, 0.9]})
    >>> outcomes = pd.DataFrame({"lead_id": ["A"], "kind": ["accepted"], "occurred_at": at(5)})
    >>> realised = compute_realised(scores, outcomes, horizon_days=10, observed_until=at(15)[0])
    >>> realised[["leads", "promised", "realised", "verdict"]]
       leads  promised  realised      verdict
    0      2       0.4       0.5  as promised
    """
    first = scores.sort_values("as_of", kind="stable").drop_duplicates("lead_id")
    accepted = outcomes[outcomes["kind"].isin(ACCEPTING)].groupby("lead_id")["occurred_at"].min()
    sql_at = accepted.reindex(first["lead_id"]).set_axis(first.index)
    promised = first.assign(mql_at=first["as_of"], sql_at=sql_at)[~(sql_at < first["as_of"])]
    known = compute_outcomes(promised, horizon_days=horizon_days, observed_until=observed_until)
    if not known["mature"].any():
        return pd.DataFrame(columns=list(COLUMNS))
    mature = known["mature"]
    table = compute_reliability(known.loc[mature, "outcome"], promised.loc[mature, "probability"]).rename(columns=_NAMES)
    less, more = table["realised_high"] < table["promised"], table["realised_low"] > table["promised"]
    return table.assign(verdict=np.select([less, more], ["less", "more"], "as promised"))
