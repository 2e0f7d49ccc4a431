"""Scored leads afterwards: whether probabilities came true, and whether leads are still similar."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from predictor.scoring.bundle.files import Bundle
from predictor.store.database import Database
from predictor.store.episodes import join_outcomes
from predictor.store.monitor.drift import compute_drift
from predictor.store.monitor.funnel import compute_funnel
from predictor.store.monitor.realised import compute_realised


def monitor_store(store: Database, bundle: Bundle, *, now: datetime, timezone: str) -> dict[str, pd.DataFrame]:
    """The tables about a bundle's scores: `funnel`, `realised` (if the bundle has a horizon), `drift`.

    Args:
        store: Scores and outcomes.
        bundle: The bundle that is judged; `realised` and `drift` use its own scores only.
        now: The moment up to which outcomes are known.
        timezone: The timezone of the firm, in which an outcome at midnight means that day.

    Raises:
        StoreError: The database cannot be read.
    """
    scores = store.load_scores()
    joined = join_outcomes(scores, store.load_outcomes(timezone=timezone), timezone=timezone)
    horizon = bundle.read_json("metrics.json")["horizon_days"]
    tables = {"funnel": compute_funnel(joined)}
    if horizon is not None:
        own = joined[joined["model"] == bundle.version]
        tables["realised"] = compute_realised(own, horizon_days=horizon, observed_until=pd.Timestamp(now))
    own_probability = scores.loc[scores["model"] == bundle.version, "probability"]
    return tables | {"drift": compute_drift(bundle.read_json("reference.json"), own_probability)}
