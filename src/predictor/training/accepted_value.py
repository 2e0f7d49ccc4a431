"""What an accepted lead brings, where leads have opportunities with amounts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from predictor.training.dataset import Dataset


def compute_accepted_value(dataset: Dataset) -> float | None:
    """What an accepted lead brings on average, by the amounts of the opportunities; None where the leads have none.

    Accepted leads without an opportunity count as 0, those without an amount too.
    """
    frame = dataset.leads.frame
    if "amount" not in frame or not pd.api.types.is_numeric_dtype(frame["amount"]):
        return None
    accepted = dataset.outcomes.mature & (dataset.outcomes.outcome == 1)
    amounts = frame["amount"].to_numpy(dtype=float)[accepted]
    return float(np.nan_to_num(amounts).mean()) if np.isfinite(amounts).any() else None
