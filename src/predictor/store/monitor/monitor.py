"""Results: what became of the leads that were scored, whether promises were kept, and whether leads are still alike."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from predictor.scoring.bundle.files import Bundle
from predictor.store.database import Database
from predictor.store.monitor.drift import compute_drift
from predictor.store.monitor.funnel import compute_funnel
from predictor.store.monitor.realised import compute_realised


def monitor_store(store: Database, bundle: Bundle, *, now: datetime) -> dict[str, pd.DataFrame]:
    """The tables about what a bundle's scores became: `funnel`, `realised` (where it has a horizon), `drift`.

    Args:
        store: Scores and outcomes.
        bundle: The bundle that is judged; `realised` and `drift` look at its own scores only.
        now: The moment up to which outcomes are known.

    Raises:
        StoreError: The database cannot be read.
    """
    scores, outcomes = store.load_scores(), store.load_outcomes()
    own = scores[scores["model"] == bundle.version]
    horizon = bundle.read_json("metrics.json")["horizon_days"]
    tables = {"funnel": compute_funnel(scores, outcomes)}
    if horizon is not None:
        tables["realised"] = compute_realised(own, outcomes, horizon_days=horizon, observed_until=pd.Timestamp(now))
    return tables | {"drift": compute_drift(bundle.read_json("reference.json"), own["probability"])}
